"""Which number a run of digits is. Sees the digits, their groups, and the label that the words around give them.

Three grounds, in this order: a check that others fail (GB 11643, Luhn with an issuer's prefix), a shape that few
others have (a mobile number), a label with a length that fits it loosely, for digits that were misheard or left out.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from seatmate.domain.personal.checks import (
    is_card,
    is_citizen_id,
    is_landline,
    is_service_number,
    looks_like_citizen_id,
    mobile,
)
from seatmate.domain.personal.digits import Digit, Run
from seatmate.domain.personal.kinds import Kind
from seatmate.domain.personal.labels import Label

_LOOSE = {
    Label.ID: (Kind.ID, 14, 21),
    Label.CARD: (Kind.CARD, 14, 22),
    Label.ACCOUNT: (Kind.ACCOUNT, 8, 26),
    Label.PHONE: (Kind.PHONE, 9, 14),
    Label.LANDLINE: (Kind.PHONE, 7, 14),
}
USUAL = {
    Label.ID: (15, 18),
    Label.CARD: (16, 17, 18, 19),
    Label.PHONE: (10, 11, 12),
    Label.ACCOUNT: range(10, 20),
    Label.LANDLINE: (10, 11, 12),
}
_WHOLE = {Kind.ID: 18, Kind.CARD: 16, Kind.PHONE: 11, Kind.ACCOUNT: 15}
_DAY = re.compile(r"(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])")
LEAST = min(least for _, least, _ in _LOOSE.values())
"""A shorter run is no number of anybody's."""
_LEAST_ALONE = 10
"""Without a label a shorter one has neither check nor shape: a landline with its area code has ten digits."""
_MOST_DIGITS = 40
_LEFT_OVER = 3
"""So many digits beside a corrected number are a part of it."""


@dataclass(frozen=True)
class Number:
    """A number of a person: the digits it was said with (corrected ones too), and its value."""

    kind: Kind
    digits: tuple[Digit, ...]
    value: str


@dataclass(frozen=True)
class _Window:
    weight: int
    first: int
    last: int
    kind: Kind
    value: str


def numbers_of(run: Run, label: Label | None, *, counted: bool = False) -> list[Number]:
    """The numbers in a run, left to right. `counted`: a unit follows, so what ends here is an amount or a term."""
    if len(run.digits) < LEAST or is_service_number(run.digits) or _are_amounts(run):
        return []
    taken: list[_Window] = []
    used: set[int] = set()
    for window in sorted(_windows(run, label, counted), key=lambda w: (-w.weight, w.first - w.last, w.first)):
        groups = range(window.first, window.last + 1)
        if used.isdisjoint(groups):
            used.update(groups)
            taken.append(window)
    found = [_number(run, window) for window in sorted(taken, key=lambda window: window.first)]
    return [*found, *_left_over(run, taken)] if run.slips else found


def _are_amounts(run: Run) -> bool:
    """5000，3000，20000: round, one and all."""
    return len(run.groups) > 1 and all(group[-1].value == group[-2].value == "0" for group in run.groups if group[1:])


def is_day(digits: str) -> bool:
    """20261128."""
    return _DAY.fullmatch(digits) is not None


def is_sure(number: Number) -> bool:
    """Does its own shape or check say what it is?"""
    return is_citizen_id(number.value) or _shaped(number.value, None, True) is not None


def is_whole(run: Run, label: Label | None) -> bool:
    """Is it a number already, by its own shape or by its label and length?"""
    size = len(run.digits)
    return any(
        len(number.digits) == size and (is_sure(number) or size >= _WHOLE[number.kind])
        for number in numbers_of(run, label)
    )


def _windows(run: Run, label: Label | None, counted: bool) -> Iterator[_Window]:
    texts = ["".join(digit.value for digit in group) for group in run.groups]
    for first in range(len(texts)):
        said, corrected = "", ""
        for last in range(first, len(texts)):
            said += texts[last]
            if len(said) > _MOST_DIGITS:
                break
            # 6228 4804，不对，4802 …: the group before the slip does not count.
            corrected = (
                corrected[: -len(texts[last - 1])] if last in run.slips and last > first else corrected
            ) + texts[last]
            whole = first == 0 and last == len(run.groups) - 1
            for digits in dict.fromkeys((said, corrected)) if run.slips else (said,):
                found = _kind_of(digits, label, whole, counted and last == len(run.groups) - 1)
                if found is not None:
                    weight, kind, value = found
                    yield _Window(weight, first, last, kind, value)


def _kind_of(digits: str, label: Label | None, whole: bool, counted: bool) -> tuple[int, Kind, str] | None:
    """How sure, what kind and which value; None for a number of no person."""
    size = len(digits)
    if size < (LEAST if label else _LEAST_ALONE):
        return None
    if size == 18 and is_citizen_id(digits):
        return 100, Kind.ID, digits
    if label is Label.OTHER or counted or is_service_number(digits):
        return None
    if size == 18 and label is Label.ID and looks_like_citizen_id(digits):
        return 95, Kind.ID, digits
    grounds = (_shaped(digits, label, whole), _loosely(digits, label, whole))
    return max((ground for ground in grounds if ground is not None), default=None)


def _shaped(digits: str, label: Label | None, whole: bool) -> tuple[int, Kind, str] | None:
    """By its check or its shape; a part of what a label names as a whole is less sure than the whole."""
    part = 30 if label in (Label.CARD, Label.ID, Label.ACCOUNT) and not whole else 0
    if is_card(digits):
        return 90 - part // 3, Kind.CARD, digits
    number = mobile(digits)
    if number is not None:
        return 86 - part, Kind.PHONE, number
    if is_landline(digits):
        return 70 - part, Kind.PHONE, digits
    return None


def _loosely(digits: str, label: Label | None, whole: bool) -> tuple[int, Kind, str] | None:
    if label not in _LOOSE:
        return None
    kind, least, most = _LOOSE[label]
    if not least <= len(digits) <= most or not (digits.isdigit() or kind is Kind.ID) or _DAY.fullmatch(digits):
        return None
    usual = USUAL.get(label, ())
    return (75 if len(digits) in usual else 50) + (10 if whole else 0), kind, digits


def _number(run: Run, window: _Window) -> Number:
    digits = tuple(digit for group in run.groups[window.first : window.last + 1] for digit in group)
    return Number(window.kind, digits, window.value)


def _left_over(run: Run, taken: list[_Window]) -> Iterator[Number]:
    """Digits that were taken back, or put right, before or after the number."""
    if not taken:
        return
    used = {group for window in taken for group in range(window.first, window.last + 1)}
    for at, group in enumerate(run.groups):
        if at not in used and len(group) >= _LEFT_OVER:
            near = min(taken, key=lambda window: min(abs(window.first - at), abs(window.last - at)))
            yield replace(_number(run, near), digits=group)
