"""Does a line state the tier that an amount of the question falls into? 「转八千」: 「5,000以上至10,000」.

The tier is what a line says first of amounts: a range, or one bound. Where tiers meet, 以上 begins above the amount and
及以下 includes it. Knows nothing of what the tier costs.
"""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

from seatmate.domain.figures import FoundFigure, RangeEnd, find_figures

_AMOUNTS = ("amt", "num")
_LEAST = 1_000
"""Below it a bare number is a fee or a count, not a customer's amount."""


def amounts_asked(question: str) -> list[Decimal]:
    """The customer's amounts."""
    amounts = [_amount(figure) for figure in find_figures(question) if figure.kind == "amt"]
    return [amount for amount in amounts if amount is not None and amount >= _LEAST]


def holds_in_tier(line: str, amounts: Sequence[Decimal]) -> bool | None:
    """Whether the line's tier has one of the amounts; None if it states no tier, or nobody asked for an amount."""
    figures = [figure for figure in find_figures(line) if figure.kind in _AMOUNTS]
    if not amounts or not figures:
        return None
    first, second = figures[0], figures[1] if len(figures) > 1 else None
    low, high = _amount(first), None
    if low is None:
        return None
    if first.range_end is RangeEnd.LOW and second is not None and second.range_end is RangeEnd.HIGH:
        high = _amount(second)
        return high is not None and any(low < amount <= high for amount in amounts)
    if first.direction > 0:
        return any(amount > low for amount in amounts)
    if first.direction < 0:
        return any(amount <= low for amount in amounts)
    return None


def _amount(figure: FoundFigure) -> Decimal | None:
    try:
        return Decimal(figure.value)
    except InvalidOperation:
        return None
