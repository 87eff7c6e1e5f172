"""All personal data in a conversation: what a question asks for, numbers in pieces, what is read back, who was named.

Sees the whole conversation at once; a text alone is `text.find_personal`.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from seatmate.domain.calls import Speaker
from seatmate.domain.personal.addresses import asks_address
from seatmate.domain.personal.chains import Turn, chained
from seatmate.domain.personal.checks import is_service_number
from seatmate.domain.personal.digits import Digit, Run, beside_digits
from seatmate.domain.personal.interrupted import interrupted
from seatmate.domain.personal.kinds import Kind, Span, claim
from seatmate.domain.personal.labels import (
    Label,
    is_counted,
    is_glued,
    is_named_otherwise,
    label_around,
    label_before,
    last_label,
)
from seatmate.domain.personal.names import answered_name, asks_name, spelt
from seatmate.domain.personal.recognise import LEAST, Number, is_sure, numbers_of
from seatmate.domain.personal.secret_talk import all_secrets
from seatmate.domain.personal.text import secret_spans, span_of, with_words

_REMEMBERED = 5
"""Utterances for which a label stays in force: question, answer, reading back, correction."""
_NEAR = 8
_MOST_NEAR = 40
_RIGHT_AFTER = 3
_PIECE = 3
_FAR_PIECE = 6
_MISHEARD = 6
_SHORT_PIECE = 5
_FEW_WORDS = 14
_DICTATED = 6
"""Characters that an utterance may have besides digits and still be a piece of a dictated number."""
_NUMBERED = re.compile(
    r"(?:订单|流水|单|编|合同|凭证|批次|受理|参考|快递|运单|取件|回执|申请|序列|设备|交易|业务|工|批)(?:号|编号|码)"
)
_SLIP = re.compile(r"^(?:[，,\s]|嗯|啊|哦|呃|诶|哎)*(?:不对|不是|错|应该是|改成|更正)")
_NUMBERS = frozenset((Kind.ID, Kind.CARD, Kind.PHONE, Kind.ACCOUNT))


@dataclass(frozen=True)
class _Known:
    """A value and the utterances that have it."""

    kind: Kind
    value: str
    places: frozenset[int]

    def distance(self, place: int) -> int:
        return min(abs(place - other) for other in self.places)


class _Values:
    """The values of a conversation: those near an utterance, and any by six of its digits."""

    def __init__(self, known: Sequence[_Known]) -> None:
        self._near: dict[int, list[_Known]] = defaultdict(list)
        self._having: dict[str, list[_Known]] = defaultdict(list)
        for one in known:
            for place in sorted({at + step for at in one.places for step in range(-_NEAR, _NEAR + 1)}):
                if len(self._near[place]) < _MOST_NEAR:
                    self._near[place].append(one)
            for at in range(len(one.value) - _FAR_PIECE + 1):
                self._having[one.value[at : at + _FAR_PIECE]].append(one)

    def near(self, place: int) -> list[_Known]:
        return sorted(self._near.get(place, ()), key=lambda one: one.distance(place))

    def having(self, digits: str) -> list[_Known]:
        return [one for one in self._having.get(digits[:_FAR_PIECE], ()) if digits in one.value]


def find_in_talk(turns: Sequence[Turn]) -> list[tuple[Span, ...]]:
    """The spans of each utterance, left to right, none overlapping."""
    found = [
        secret_spans(turn.text, places)
        for turn, places in zip(turns, all_secrets([(turn.speaker, turn.text) for turn in turns]), strict=True)
    ]
    asked = _Asked(turns)
    for place, turn in enumerate(turns):
        if len(turn.runs) > 1:
            for span in interrupted(turn.text, turn.runs, asked.before(place)):
                claim(found[place], span)
    numbered = [place for place, turn in enumerate(turns) if any(len(run.digits) >= LEAST for run in turn.runs)]
    own = {place: _own_numbers(turns[place], asked.before(place)) for place in numbered}
    for place, numbers in own.items():
        for number in numbers:
            if is_sure(number):
                claim(found[place], span_of(number))
    secret = {place for place, spans in enumerate(found) if any(span.kind is Kind.SECRET for span in spans)}
    for place, span in chained(turns, asked.before, secret):
        claim(found[place], span)
    for place, numbers in own.items():
        for number in numbers:
            claim(found[place], span_of(number))
    known = _known(found)
    if known:
        values = _Values(known)
        for place, turn in enumerate(turns):
            for span in _read_back(turn, place, values):
                claim(found[place], span)
    _words(turns, found)
    return [tuple(sorted(spans, key=lambda span: span.start)) for spans in found]


class _Asked:
    """The label in force as an utterance begins: the last one named, if that was not long ago."""

    def __init__(self, turns: Sequence[Turn]) -> None:
        self._turns = turns
        self._named: dict[int, Label | None] = {}

    def before(self, place: int) -> Label | None:
        for back in range(1, min(place, _REMEMBERED) + 1):
            earlier = place - back
            if earlier not in self._named:
                self._named[earlier] = self._label(self._turns[earlier])
            named = self._named[earlier]
            if named is not None and (named is not Label.OTHER or back == 1):
                return named
        return None

    def _label(self, turn: Turn) -> Label | None:
        named = last_label(turn.text)
        if named in (Label.TAIL, Label.SECRET):
            return None
        if named is Label.OTHER and (turn.runs or not _NUMBERED.search(turn.text)):
            return None  # of nothing that has a number, or its number has been said
        return named


def _own_numbers(turn: Turn, asked: Label | None) -> list[Number]:
    numbers: list[Number] = []
    for run in turn.runs:
        if len(run.digits) < LEAST:
            continue
        label = label_around(turn.text, run)
        other = label is None and asked is Label.OTHER
        found = numbers_of(run, None if other else label or asked, counted=is_counted(turn.text, run.end))
        # Asked for an order's number: one in ten passes Luhn; none looks like a telephone.
        numbers += [number for number in found if not (other and number.kind is Kind.CARD)]
    return numbers


def _known(found: Sequence[Sequence[Span]]) -> list[_Known]:
    places: dict[tuple[Kind, str], set[int]] = {}
    for place, spans in enumerate(found):
        for span in spans:
            if span.kind in _NUMBERS:
                places.setdefault((span.kind, span.value), set()).add(place)
    return [_Known(kind, value, frozenset(at)) for (kind, value), at in places.items()]


# ── read back ──────────────────────────────────────────────────────────────────────────────────────────────────────


def _read_back(turn: Turn, place: int, values: _Values) -> Iterator[Span]:
    text = turn.text
    dictated: bool | None = None
    for run in turn.runs:
        if len(run.digits) < _PIECE or is_counted(text, run.end) or is_service_number(run.digits):
            continue
        if is_named_otherwise(text, run.start) or (len(run.digits) <= _SHORT_PIECE and is_glued(text, run)):
            continue
        label = label_before(text, run.start)
        if label is Label.TAIL and len(run.digits) <= 4:
            continue
        for piece in _pieces(run):
            digits = "".join(digit.value for digit in piece)
            if len(digits) <= _SHORT_PIECE and (text[run.end :].startswith("号") or is_service_number(digits)):
                continue
            if len(digits) <= _SHORT_PIECE and len(beside_digits(text)) > _FEW_WORDS:
                continue
            near = _nearest(digits, place, values, label)
            if near is None and label in (None, Label.TAIL):
                if dictated is None:
                    dictated = len(beside_digits(text)) <= _DICTATED
                near = _put_right(text, place, values) if dictated else None
            if near is not None:
                yield Span(near.kind, piece[0].start, piece[-1].end, near.value)


def _pieces(run: Run) -> Iterator[tuple[Digit, ...]]:
    """The whole run, then its groups."""
    yield tuple(digit for group in run.groups for digit in group)
    if len(run.groups) > 1:
        yield from (group for group in run.groups if len(group) >= _PIECE)


def _nearest(digits: str, place: int, values: _Values, label: Label | None) -> _Known | None:
    if label is not Label.OTHER:
        for one in values.near(place):
            if digits in one.value or _is_alike(digits, one.value):
                return one
    return next(iter(values.having(digits)), None) if len(digits) >= _FAR_PIECE else None


def _is_alike(digits: str, value: str) -> bool:
    """One digit was misheard."""
    size = len(digits)
    if size < _MISHEARD:
        return False
    return any(
        sum(a != b for a, b in zip(digits, value[at : at + size], strict=True)) == 1
        for at in range(len(value) - size + 1)
    )


def _put_right(text: str, place: int, values: _Values) -> _Known | None:
    """Bare digits after a slip, right after a number: 不对，是零零幺八."""
    if not _SLIP.search(text):
        return None
    return next((one for one in values.near(place) if any(0 < place - at <= _RIGHT_AFTER for at in one.places)), None)


# ── words ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _words(turns: Sequence[Turn], found: list[list[Span]]) -> None:
    name_asked = address_asked = 0
    asker: Speaker | None = None
    for place, turn in enumerate(turns):
        answers = turn.speaker is not asker
        if answers and name_asked:
            for start, end in answered_name(turn.text):
                claim(found[place], Span(Kind.NAME, start, end, turn.text[start:end]))
        with_words(turn.text, found[place], asked_address=bool(address_asked and answers))
        if any(span.kind is Kind.NAME for span in found[place]):
            for start, end in spelt(turn.text):
                claim(found[place], Span(Kind.NAME, start, end, turn.text[start:end]))
        name_asked, address_asked = max(name_asked - 1, 0), max(address_asked - 1, 0)
        if asks_name(turn.text):
            name_asked, asker = 3, turn.speaker
        if asks_address(turn.text):
            address_asked, asker = 4, turn.speaker
    named = {span.value for spans in found for span in spans if span.kind in (Kind.NAME, Kind.ADDRESS)}
    for word in sorted((word for word in named if len(word) > 1), key=len, reverse=True):
        kind = next(s.kind for spans in found for s in spans if s.value == word)
        for place, turn in enumerate(turns):
            at = turn.text.find(word)
            while at >= 0:
                claim(found[place], Span(kind, at, at + len(word), word))
                at = turn.text.find(word, at + len(word))
