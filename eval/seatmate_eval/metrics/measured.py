"""What a metric says of one case, before it is known of which case and run. Makes no score where there is nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_MOST = 3
"""So many reasons are told, the rest are counted."""
_LONGEST = 400


@dataclass(frozen=True)
class Measured:
    metric: str
    value: float
    weight: float = 1.0
    evidence: str = ""


def share(metric: str, part: int, whole: int, evidence: Sequence[str] = ()) -> Iterator[Measured]:
    """`part` of `whole`; nothing of nothing is not zero, it is no score."""
    if whole:
        yield Measured(metric, part / whole, whole, _told(evidence))


def verdict(metric: str, holds: bool, evidence: Sequence[str] = ()) -> Measured:
    return Measured(metric, float(holds), evidence=_told(evidence))


def floor(metric: str, breaches: Sequence[str]) -> Measured:
    """1 where there is a breach: the gate lets none pass."""
    return verdict(metric, bool(breaches), breaches)


def _told(reasons: Sequence[str]) -> str:
    more = f"; and {len(reasons) - _MOST} more" if len(reasons) > _MOST else ""
    return "; ".join(reason[:_LONGEST] for reason in reasons[:_MOST]) + more
