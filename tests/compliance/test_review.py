"""A hit is open, confirmed or dismissed by a person, and may be appealed once; nothing is overwritten."""

from datetime import UTC, datetime, timedelta

import pytest

from seatmate.compliance.match import find_hits
from seatmate.compliance.rules import RulePack
from seatmate.domain.compliance import Severity
from seatmate.domain.reviews import Review, ReviewRefused, ReviewState, appeal, confirm, dismiss, reviews_of
from seatmate.testing.call_contract import conversation, record

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
LATER = NOON + timedelta(hours=1)
OPEN = Review(conversation_id="C-1", rule="promise_return@2", utt_id="u1", severity=Severity.MAJOR, raised_at=NOON)


def test_a_fresh_hit_is_open(pack: RulePack) -> None:
    call = conversation("C-1", "这款稳赚的。")
    found = record(call).model_copy(update={"compliance": tuple(find_hits(pack, call))})
    [review] = reviews_of(found)
    assert (review.rule.partition("@")[0], review.utt_id, review.state) == ("promise_return", "u1", ReviewState.OPEN)
    assert OPEN.state is ReviewState.OPEN


def test_a_verdict_keeps_who_when_and_why() -> None:
    review = confirm(OPEN, "QA-1", NOON, "原话属实")
    [step] = review.steps
    assert (review.state, step.by, step.at, step.why) == (ReviewState.CONFIRMED, "QA-1", NOON, "原话属实")


def test_an_appeal_is_decided_by_somebody_else_and_every_step_stays() -> None:
    appealed = appeal(confirm(OPEN, "QA-1", NOON, "原话属实"), "A-7", LATER, "是复述客户的话")
    for person in ("QA-1", "A-7"):
        with pytest.raises(ReviewRefused, match="另一人"):
            dismiss(appealed, person, LATER, "同意")
    decided = dismiss(appealed, "QA-2", LATER, "确为复述")
    states = [step.state for step in decided.steps]
    assert states == [ReviewState.CONFIRMED, ReviewState.APPEALED, ReviewState.DISMISSED]


def test_an_appeal_that_failed_is_not_made_again() -> None:
    appealed = appeal(confirm(OPEN, "QA-1", NOON, "属实"), "A-7", LATER, "不服")
    with pytest.raises(ReviewRefused, match="一次"):
        appeal(confirm(appealed, "QA-2", LATER, "维持"), "A-7", LATER, "仍不服")


def test_only_a_confirmed_hit_is_appealed_and_only_an_open_one_judged() -> None:
    with pytest.raises(ReviewRefused, match="待复核"):
        appeal(OPEN, "A-7", NOON, "不服")
    dismissed = dismiss(OPEN, "QA-1", NOON, "误报")
    with pytest.raises(ReviewRefused, match="不成立"):
        appeal(dismissed, "A-7", LATER, "不服")
    with pytest.raises(ReviewRefused, match="已复核"):
        confirm(dismissed, "QA-2", LATER, "属实")


@pytest.mark.parametrize(
    ("by", "why", "at"),
    [("", "属实", NOON), ("QA-1", " ", NOON), ("QA-1", "属实", datetime(2026, 11, 18))],
)
def test_a_step_without_person_reason_or_zone_is_refused(by: str, why: str, at: datetime) -> None:
    with pytest.raises(ReviewRefused):
        confirm(OPEN, by, at, why)


def test_time_does_not_run_backwards() -> None:
    with pytest.raises(ReviewRefused, match="早于"):
        appeal(confirm(OPEN, "QA-1", LATER, "属实"), "A-7", NOON, "不服")
