"""When a canary ends by itself, and when it must not."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatmate.domain.answers import Answer, AnswerStatus, Latency, Rejected
from seatmate.domain.releases import Routing
from seatmate.domain.stand_down import Course, StandDownRule, Tally, course_of, reason_to_stand_down
from seatmate.release.breaker import Breaker, WatchedAnswers

NOON = datetime(2026, 11, 9, 12, tzinfo=UTC)


def tally(*, good: int = 0, rejected: int = 0, degraded: int = 0, at: datetime = NOON) -> Tally:
    seen = Tally()
    for course, count in ((Course.GOOD, good), (Course.REJECTED, rejected), (Course.DEGRADED, degraded)):
        for _ in range(count):
            seen.note(at, course)
    return seen


@pytest.mark.parametrize(
    ("canary", "live", "trips"),
    [
        (tally(good=40), tally(good=100), False),
        (tally(degraded=20), tally(good=100), True),
        (tally(rejected=20), tally(good=100), True),
        (tally(good=10, degraded=6, rejected=6), tally(good=100), True),
        (tally(degraded=19), tally(good=100), False),  # too few to tell
        (tally(good=36, rejected=4), tally(good=100), False),  # four of forty may be chance
        (tally(good=20, rejected=20), tally(good=50, rejected=50), False),  # a model that often fails, as before
        (tally(good=5, rejected=35), tally(good=50, rejected=50), True),
        (tally(degraded=40), tally(degraded=100), False),  # the server is away for everybody
        (tally(good=10, degraded=30), tally(good=10, degraded=90), False),
        (tally(degraded=20), Tally(), True),  # nobody asked live, and the canary cannot answer
    ],
)
def test_a_canary_ends_when_it_is_surely_worse_than_live(canary: Tally, live: Tally, trips: bool) -> None:
    assert bool(reason_to_stand_down(canary, live, NOON)) is trips


def test_the_reason_tells_the_figures() -> None:
    why = reason_to_stand_down(tally(good=10, degraded=20), tally(good=99, degraded=1), NOON)
    assert why == "15 分钟内 30 条答复中 20 条模型没有作答，在用版本为 1%"


def test_what_is_long_past_does_not_count() -> None:
    before = NOON - timedelta(minutes=16)
    assert not reason_to_stand_down(tally(degraded=100, at=before), tally(good=9), NOON)


@given(good=st.integers(0, 200), bad=st.integers(0, 200))
def test_two_that_are_alike_never_trip(good: int, bad: int) -> None:
    assert not reason_to_stand_down(tally(good=good, rejected=bad), tally(good=good, rejected=bad), NOON)


@given(good=st.integers(0, 60), bad=st.integers(0, 60), more=st.integers(1, 60))
def test_more_bad_answers_never_save_a_canary(good: int, bad: int, more: int) -> None:
    live = tally(good=80, rejected=20)
    if reason_to_stand_down(tally(good=good, rejected=bad), live, NOON):
        assert reason_to_stand_down(tally(good=good, rejected=bad + more), live, NOON)


def answer(status: AnswerStatus, *, release_id: str = "rel-b", rejected: int = 0, tokens: int = 9) -> Answer:
    return Answer(
        answer_id="ans-1",
        release_id=release_id,
        snapshot=1,
        as_of=NOON,
        question="q",
        standalone_query="q",
        text="",
        sentences=(),
        status=status,
        rejected=(Rejected(text="t", reason="r"),) * rejected,
        completion_tokens=tokens,
        latency_ms=Latency(rewrite=0, retrieve=0, first_sentence=None, total=0),
    )


@pytest.mark.parametrize(
    ("given_", "course"),
    [
        (answer(AnswerStatus.GROUNDED), Course.GOOD),
        (answer(AnswerStatus.GROUNDED, rejected=1), Course.REJECTED),
        (answer(AnswerStatus.EXTRACTIVE), Course.REJECTED),
        (answer(AnswerStatus.DEGRADED, tokens=0), Course.DEGRADED),
        (answer(AnswerStatus.ABSTAINED), Course.GOOD),
        (answer(AnswerStatus.ABSTAINED, tokens=0), None),
        (answer(AnswerStatus.GROUNDED, tokens=0), None),
    ],
)
def test_only_answers_that_the_model_was_asked_for_count(given_: Answer, course: Course | None) -> None:
    assert course_of(given_) is course


class _Kept:
    def __init__(self) -> None:
        self.answers: list[Answer] = []

    async def save_answer(self, answer: Answer) -> None:
        self.answers.append(answer)

    async def answer(self, answer_id: str) -> Answer:
        return self.answers[0]


async def test_every_kept_answer_is_counted_and_a_new_canary_starts_at_nothing() -> None:
    breaker, kept = Breaker(lambda: NOON, StandDownRule(min_answers=20)), _Kept()
    watched, routing = WatchedAnswers(kept, breaker), Routing("rel-a", "rel-b", 0.2)
    assert not breaker.tripped(routing)
    for _ in range(20):
        await watched.save_answer(answer(AnswerStatus.DEGRADED))
    assert len(kept.answers) == 20
    assert "20 条" in breaker.tripped(routing)
    assert await watched.answer("ans-1") == kept.answers[0]
    assert not breaker.tripped(Routing("rel-a", "rel-b", 0.5)), "another share is another trial"
    for _ in range(20):
        await watched.save_answer(answer(AnswerStatus.DEGRADED, release_id="rel-c"))
    assert not breaker.tripped(Routing("rel-a", "rel-b", 0.5)), "of a release that is no canary"
    assert not breaker.tripped(Routing("rel-a"))
