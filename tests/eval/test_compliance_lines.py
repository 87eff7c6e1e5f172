"""A line counts for its own rule: a breach that it fires on is found, a near miss that it fires on is false."""

from seatmate.compliance.pack import load_pack
from seatmate.domain.calls import Speaker
from seatmate.settings import HOME
from seatmate_eval.cases import LineCase, SaidBefore
from seatmate_eval.metrics.compliance import counted_lines


def line(number: int, breach: bool, text: str, before: str = "") -> LineCase:
    said = (SaidBefore(speaker=Speaker.CUSTOMER, text=before),) if before else ()
    return LineCase(
        id=f"compliance/{number}",
        source="test",
        reviewer="test",
        rule="principal_guarantee",
        breach=breach,
        before=said,
        text=text,
    )


def test_breaches_and_near_misses_are_counted_by_their_own_rule() -> None:
    pack = load_pack(HOME / "corpus" / "rules" / "compliance")
    cases = [
        line(1, True, "这款保本保息，写在合同里的。"),
        line(2, True, "天气不错。"),
        line(3, False, "这款不保本，净值会波动。", "会亏吗"),
    ]
    counts = counted_lines(pack, cases).rules["principal_guarantee"]
    assert (counts.right, counts.missed, counts.near_misses, counts.near_misses_fired, counts.false) == (1, 1, 1, 0, 0)
