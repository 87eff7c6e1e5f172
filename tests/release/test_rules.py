"""Nobody puts into traffic what was not measured, and nobody does it alone."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatmate.domain import releases as rules
from seatmate.domain.releases import Gatekeeper, ReleaseRecord, ReleaseRefused, ReleaseState, Routing
from seatmate.domain.verdicts import Check, GateVerdict, Outcome, Waiver
from seatmate.testing.releases import release, verdict_on

NOON = datetime(2026, 11, 9, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
KEEPER = Gatekeeper({"answer": "2" * 64}, "9" * 64)
WAIVER = Waiver(check="minimum/voc/recall", by="陈总", why="下个版本补题后重测，先灰度", until=date(2026, 11, 12))


def check(outcome: Outcome, waiver: Waiver | None = None) -> Check:
    return Check(id="minimum/voc/recall", kind="minimum", outcome=outcome, waiver=waiver)


def proposed() -> ReleaseRecord:
    return rules.propose(release(), "周敏", NOON, "新的提示词")


def good(record: ReleaseRecord) -> GateVerdict:
    return verdict_on(record.release_id, NOON).sealed()


def evaluated() -> ReleaseRecord:
    return rules.measured(proposed(), good(proposed()), KEEPER, "ci", NOON + MINUTE)


def approved() -> ReleaseRecord:
    return rules.approve(evaluated(), KEEPER, "李强", NOON + 2 * MINUTE, "看过报告")


def test_a_release_goes_live_with_a_verdict_and_by_two_people() -> None:
    live = rules.promote(approved(), KEEPER, "王芳", NOON + 3 * MINUTE, "上线")
    assert [(step.state.value, step.by) for step in live.steps] == [
        ("draft", "周敏"),
        ("evaluated", "ci"),
        ("approved", "李强"),
        ("live", "王芳"),
    ]
    assert live.steps[-1].verdict_sha256 == good(proposed()).sha256


def test_who_proposes_does_not_approve_and_who_approves_does_not_promote() -> None:
    with pytest.raises(ReleaseRefused, match="提出人"):
        rules.approve(evaluated(), KEEPER, "周敏", NOON + 2 * MINUTE, "很好")
    with pytest.raises(ReleaseRefused, match="批准人"):
        rules.promote(approved(), KEEPER, " 李强 ", NOON + 3 * MINUTE, "上线")
    with pytest.raises(ReleaseRefused, match="批准人"):
        rules.start_canary(approved(), KEEPER, 0.1, "李强", NOON + 3 * MINUTE, "灰度")


def test_without_a_verdict_there_is_no_step_forward() -> None:
    for step in (
        lambda r: rules.approve(r, KEEPER, "李强", NOON + MINUTE, "急"),
        lambda r: rules.promote(r, KEEPER, "王芳", NOON + MINUTE, "急"),
        lambda r: rules.start_canary(r, KEEPER, 0.1, "王芳", NOON + MINUTE, "急"),
    ):
        with pytest.raises(ReleaseRefused):
            step(proposed())


@pytest.mark.parametrize("outcome", [Outcome.FAIL, Outcome.INSUFFICIENT])
def test_a_verdict_that_does_not_let_pass_leaves_a_draft(outcome: Outcome) -> None:
    verdict = verdict_on(proposed().release_id, NOON, check(outcome)).sealed()
    kept = rules.measured(proposed(), verdict, KEEPER, "ci", NOON + MINUTE)
    assert kept.state is ReleaseState.DRAFT
    assert kept.verdict == verdict


Tampering = Callable[[GateVerdict], GateVerdict]
LATER = NOON + timedelta(days=20)
FORGED: dict[str, Tampering] = {
    "outcome edited": lambda v: v.model_copy(update={"checks": (check(Outcome.FAIL),)}),
    "another release's": lambda v: v.model_copy(update={"release_id": "rel-other"}).sealed(),
    "seal missing": lambda v: v.model_copy(update={"seal": ""}),
    "seal of another": lambda v: v.model_copy(update={"seal": verdict_on("rel-x", NOON).sealed().seal}),
    "figures edited": lambda v: v.model_copy(update={"run_sha256": "7" * 64}),
}


@pytest.mark.parametrize("how", FORGED)
def test_a_forged_verdict_is_not_taken(how: str) -> None:
    with pytest.raises(ReleaseRefused):
        rules.measured(proposed(), FORGED[how](good(proposed())), KEEPER, "ci", NOON + MINUTE)


BAD: dict[str, tuple[Tampering, Gatekeeper, datetime, str]] = {
    "failed checks under a good name": (
        lambda v: v.model_copy(update={"checks": (check(Outcome.FAIL),)}).sealed(), KEEPER, NOON, "不一致",
    ),
    "suites changed since": (lambda v: v, Gatekeeper({"answer": "8" * 64}, "9" * 64), NOON, "评测题已更新"),
    "suite gone": (lambda v: v, Gatekeeper({}, "9" * 64), NOON, "评测题已更新"),
    "gates changed since": (lambda v: v, Gatekeeper({"answer": "2" * 64}, "8" * 64), NOON, "门限文件已更新"),
    "too old": (lambda v: v, KEEPER, LATER, "超过 14 天"),
    "of the future": (
        lambda v: v.model_copy(update={"made_at": NOON + timedelta(days=1)}).sealed(), KEEPER, NOON, "将来",
    ),
    "waiver over": (
        lambda v: v.model_copy(update={"outcome": Outcome.WAIVED, "checks": (check(Outcome.WAIVED, WAIVER),)}).sealed(),
        KEEPER, NOON + timedelta(days=5), "豁免已到期",
    ),
    "sealed without the gate's key": (
        lambda v: v, Gatekeeper({"answer": "2" * 64}, "9" * 64, key="只有评测机知道"), NOON, "封印",
    ),
}  # fmt: skip


@pytest.mark.parametrize("why", BAD)
def test_a_verdict_that_does_not_hold_any_more_is_no_basis(why: str) -> None:
    forge, keeper, at, told = BAD[why]
    record = evaluated().model_copy(update={"verdict": forge(good(proposed()))})
    with pytest.raises(ReleaseRefused, match=told):
        rules.approve(record, keeper, "李强", at + 5 * MINUTE, "看过报告")
    forged = approved().model_copy(update={"verdict": record.verdict})
    with pytest.raises(ReleaseRefused, match=told):
        rules.promote(forged, keeper, "王芳", at + 5 * MINUTE, "上线")


def test_a_waived_check_lets_pass_until_its_day() -> None:
    verdict = verdict_on(proposed().release_id, NOON, check(Outcome.WAIVED, WAIVER)).sealed()
    record = rules.measured(proposed(), verdict, KEEPER, "ci", NOON + MINUTE)
    assert rules.approve(record, KEEPER, "李强", NOON + 2 * MINUTE, "同意豁免").state is ReleaseState.APPROVED


def test_the_gates_key_makes_a_seal_that_a_hash_does_not() -> None:
    verdict = verdict_on("rel-a", NOON)
    assert verdict.sealed("钥匙").is_whole("钥匙")
    assert not verdict.sealed("钥匙").is_whole("别的")
    assert not verdict.sealed().is_whole("钥匙")
    assert not verdict.sealed("钥匙").model_copy(update={"outcome": Outcome.FAIL}).is_whole("钥匙")


def test_a_canary_takes_half_at_most() -> None:
    for share in (0.0, -0.1, 0.51, float("nan")):
        with pytest.raises(ReleaseRefused, match="灰度比例"):
            rules.start_canary(approved(), KEEPER, share, "王芳", NOON + 3 * MINUTE, "灰度")
    assert rules.start_canary(approved(), KEEPER, 0.5, "王芳", NOON + 3 * MINUTE, "灰度").share == 0.5


def test_only_what_was_live_can_be_restored() -> None:
    canary = rules.start_canary(approved(), KEEPER, 0.1, "王芳", NOON + 3 * MINUTE, "灰度")
    retired = rules.retire(canary, "王芳", NOON + 4 * MINUTE, "不稳")
    with pytest.raises(ReleaseRefused, match="从未在用"):
        rules.restore(retired, "王芳", NOON + 5 * MINUTE, "再试")


def test_steps_have_a_person_a_reason_and_an_order() -> None:
    with pytest.raises(ReleaseRefused, match="操作人"):
        rules.approve(evaluated(), KEEPER, " ", NOON + 2 * MINUTE, "好")
    with pytest.raises(ReleaseRefused, match="理由"):
        rules.approve(evaluated(), KEEPER, "李强", NOON + 2 * MINUTE, "  ")
    with pytest.raises(ReleaseRefused, match="早于"):
        rules.approve(evaluated(), KEEPER, "李强", NOON - MINUTE, "好")


@given(st.lists(st.text(min_size=1), min_size=400, max_size=400, unique=True), st.floats(0.05, 0.5))
def test_a_conversation_stays_with_its_release_and_the_share_is_kept(names: list[str], share: float) -> None:
    routing = Routing("rel-live", "rel-canary", share)
    drawn = [routing.release_for(name) for name in names]
    assert drawn == [routing.release_for(name) for name in names]
    assert abs(drawn.count("rel-canary") / len(drawn) - share) < 0.15
    grown = Routing("rel-live", "rel-canary", min(share + 0.2, 0.7))
    moved = [n for n, d in zip(names, drawn, strict=True) if d == "rel-canary" and grown.release_for(n) == "rel-live"]
    assert not moved, "who is in a canary stays in it when it grows"


def test_a_question_outside_of_a_conversation_is_the_live_releases() -> None:
    assert Routing("rel-live", "rel-canary", 0.5).release_for(None) == "rel-live"
