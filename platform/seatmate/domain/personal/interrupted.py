"""A number that its speaker breaks off and goes on with in one utterance: 卡号六二二六零九零零，等会儿，零三四一….

What stands between is talk: no label, no amount. The whole must check, or have the length its label asks for.
"""

import re
from collections.abc import Iterator, Sequence

from seatmate.domain.personal.checks import is_card, is_citizen_id, is_service_number
from seatmate.domain.personal.digits import ANY_DIGIT, Run, joined
from seatmate.domain.personal.kinds import Span
from seatmate.domain.personal.labels import Label, is_counted, is_glued, label_around, last_label
from seatmate.domain.personal.recognise import USUAL, Number, is_day, is_sure, is_whole, numbers_of

_NAMED = (Label.ID, Label.CARD, Label.PHONE)
_DIGIT = re.compile(ANY_DIGIT)
_TALK = 20
_BESIDE = 6
"""Where a label would name what follows: 等等有电话进来，好了，0256… is still the card."""
_LEAST = 11
_MOST_PIECES = 4
_NO_TALK = re.compile(r"[0-9０-９百千万亿元块%％]|[一二两三四五六七八九十][个笔次年月期天]|[转存取汇买贷还]")


def may_be_interrupted(text: str) -> bool:
    """A first look: are there digits enough?"""
    return len(_DIGIT.findall(text)) >= _LEAST


def interrupted(text: str, runs: Sequence[Run], asked: Label | None = None) -> Iterator[Span]:
    """The pieces of each such number; `asked` is the label of a run that has none."""
    if sum(len(run.digits) for run in runs) < _LEAST:
        return
    after = 0
    for first, run in enumerate(runs[:-1]):
        if first < after:
            continue
        named = label_around(text, run)
        label = named or asked
        if not (label in _NAMED or label is None) or is_whole(run, label) or not _is_piece(text, run):
            continue
        pieces = _pieces(text, runs[first : first + _MOST_PIECES])
        for size in range(len(pieces), 1, -1):
            number = _number(pieces[:size], label, by_length=named is not None)
            if number is not None:
                yield from _spans(number, size)
                after = first + size
                break


def _pieces(text: str, runs: Sequence[Run]) -> list[Run]:
    pieces = [runs[0]]
    for run in runs[1:]:
        between = text[pieces[-1].end : run.start]
        if len(between) > _TALK or _NO_TALK.search(between) or last_label(between[-_BESIDE:]) not in (None, Label.TAIL):
            break
        if not _is_piece(text, run):
            break
        pieces.append(run)
    return pieces


def _is_piece(text: str, run: Run) -> bool:
    """No amount, no product's code, no date, no number to call."""
    if is_counted(text, run.end) or is_glued(text, run):
        return False
    return not is_service_number(run.digits) and not is_day(run.digits)


def _number(pieces: Sequence[Run], label: Label | None, *, by_length: bool) -> Number | None:
    """The number that begins in the first piece and ends in the last; only a label beside it lets its length do."""
    for number in numbers_of(joined(pieces), label):
        whole = number.digits[0].piece == 0 and number.digits[-1].piece == len(pieces) - 1
        if whole and (is_sure(number) if label else _checks(number)):
            return number
        if whole and by_length and label in USUAL and _has_length(number, label, pieces):
            return number
    return None


def _checks(number: Number) -> bool:
    return is_card(number.value) or is_citizen_id(number.value)


def _has_length(number: Number, label: Label, pieces: Sequence[Run]) -> bool:
    """No piece is a number of its own."""
    return len(number.digits) in USUAL[label] and not any(is_whole(piece, None) for piece in pieces)


def _spans(number: Number, pieces: int) -> Iterator[Span]:
    for piece in range(pieces):
        mine = [digit for digit in number.digits if digit.piece == piece]
        yield Span(number.kind, mine[0].start, mine[-1].end, number.value)
