"""Rates are honest: an interval that holds for few calls, nothing out of nothing is not zero, weeks are the bank's."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from seatmate.domain.evidence import Evidence
from seatmate.domain.nodes import NodeReason, ProcessNode, Standing, node_rate, rate_of, week_of, wilson

WORDS = Evidence(utt_id="u1", start=0, end=2, quote="您好", transcript_sha256="0" * 64)


def node(reason: NodeReason, *, in_order: bool = True, node_id: str = "opening") -> ProcessNode:
    standing = reason.standing
    attempted = standing in (Standing.MET, Standing.ATTEMPTED)
    return ProcessNode(
        node_id=node_id,
        label="开场",
        eligible=standing is not Standing.NOT_ELIGIBLE,
        attempted=attempted,
        met=standing is Standing.MET,
        in_order=attempted and in_order,
        evidence=(WORDS,) if attempted else (),
        reason=reason,
    )


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [
        # Newcombe 1998, "Two-sided confidence intervals for the single proportion", table I, method 3 (Wilson).
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (8, 10, 0.4902, 0.9433),
        (10, 10, 0.7225, 1.0000),
    ],
)
def test_wilsons_interval_is_the_published_one(count: int, of: int, low: float, high: float) -> None:
    assert wilson(count, of) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize("of", [1, 7, 250, 100_000])
def test_the_interval_holds_the_share_and_stays_within_zero_and_one(of: int) -> None:
    for count in {0, 1, of // 2, of - 1, of}:
        low, high = wilson(count, of)
        assert 0 <= low <= count / of <= high <= 1


def test_more_calls_make_a_narrower_interval() -> None:
    few, many = rate_of(8, 10), rate_of(80, 100)
    assert few.share == many.share
    assert many.high - many.low < few.high - few.low


def test_nothing_out_of_nothing_is_not_zero() -> None:
    nothing = rate_of(0, 0)
    assert nothing.share is None
    assert (nothing.low, nothing.high) == (0.0, 1.0)


def test_what_is_no_proportion_has_no_interval() -> None:
    for count, of in ((3, 2), (-1, 2)):
        with pytest.raises(ValueError, match="no proportion"):
            wilson(count, of)


def test_what_does_not_apply_is_no_miss() -> None:
    reasons = [NodeReason.MET, NodeReason.ELEMENT_MISSING, NodeReason.NOT_ATTEMPTED, NodeReason.EXCUSED]
    rate = node_rate("outbound_maturity", "A-1", [node(reason) for reason in reasons])
    assert rate.eligible == 3
    assert (rate.attempted.count, rate.attempted.of) == (2, 3)
    assert (rate.met.count, rate.met.of) == (1, 3)


def test_order_is_counted_among_what_was_attempted() -> None:
    nodes = [node(NodeReason.MET), node(NodeReason.MET, in_order=False), node(NodeReason.NOT_ATTEMPTED)]
    rate = node_rate("outbound_maturity", "A-1", nodes)
    assert (rate.in_order.count, rate.in_order.of) == (1, 2)


def test_a_rate_is_of_one_node() -> None:
    with pytest.raises(ValueError, match="one node"):
        node_rate("s", "g", [node(NodeReason.MET), node(NodeReason.MET, node_id="closing")])
    with pytest.raises(ValueError, match="one node"):
        node_rate("s", "g", [])


@pytest.mark.parametrize(
    "wrong",
    [
        {"eligible": False},
        {"attempted": False, "in_order": False},
        {"evidence": ()},
        {"reason": NodeReason.NOT_ATTEMPTED},
        {"met": False},
    ],
)
def test_a_result_that_contradicts_itself_is_none(wrong: dict[str, object]) -> None:
    right = node(NodeReason.MET).model_dump()
    with pytest.raises(ValidationError):
        ProcessNode.model_validate(right | wrong)


def test_a_week_is_the_banks_week() -> None:
    assert week_of(datetime(2026, 11, 15, 15, 59, tzinfo=UTC)) == "2026-W46"
    assert week_of(datetime(2026, 11, 15, 16, 0, tzinfo=UTC)) == "2026-W47"
    assert week_of(datetime(2027, 1, 1, 2, 0, tzinfo=UTC)) == "2026-W53"
