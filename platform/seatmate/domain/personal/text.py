"""All personal data in one text, whatever else was said before it."""

import re
from collections.abc import Iterable

from seatmate.domain.personal.addresses import addresses_in
from seatmate.domain.personal.digits import Run, read_runs
from seatmate.domain.personal.documents import documents_in
from seatmate.domain.personal.kinds import BLANK, Kind, Span, claim
from seatmate.domain.personal.labels import Label, is_named_otherwise, label_of
from seatmate.domain.personal.names import names_in
from seatmate.domain.personal.recognise import LEAST, Number, numbers_of
from seatmate.domain.personal.secret_codes import secrets_in

_UNIT = re.compile(
    r"\s*(?:多|几|来)?(?:元|块|万|千|百|亿|美元|港币|%|％|个|年|月|日|天|秒|分|小时|期|笔|次|岁|份|股|克|分钱|点|bp|BP)"
)


def find_personal(text: str) -> tuple[Span, ...]:
    """Left to right, none overlapping."""
    found = secret_spans(text, secrets_in(text))
    for run in read_runs(text, LEAST):
        for number in numbers_of(run, label_around(text, run), counted=is_counted(text, run.end)):
            claim(found, span_of(number))
    return tuple(sorted(with_words(text, found), key=lambda span: span.start))


def with_words(text: str, found: list[Span], *, asked_address: bool = False) -> list[Span]:
    """Papers, addresses and names, where no number is."""
    for start, end in documents_in(text):
        claim(found, Span(Kind.ID, start, end, text[start:end]))
    for start, end in addresses_in(text, asked_address):
        claim(found, Span(Kind.ADDRESS, start, end, text[start:end]))
    for start, end in names_in(text):
        claim(found, Span(Kind.NAME, start, end, text[start:end]))
    return found


def secret_spans(text: str, places: Iterable[tuple[int, int]]) -> list[Span]:
    """Secrets that are still there: what was blanked before it was stored has no token."""
    found: list[Span] = []
    for start, end in places:
        if text[start:end].strip(BLANK):
            claim(found, Span(Kind.SECRET, start, end))
    return found


def label_around(text: str, run: Run) -> Label | None:
    """The label of a run; one that is glued to capital letters is a code (YCWY180A)."""
    label = label_of(text, run.start, run.end)
    if label is None and (is_glued(text, run) or is_named_otherwise(text, run.start)):
        return Label.OTHER
    return label


def is_glued(text: str, run: Run) -> bool:
    """Does a capital letter stand right before it?"""
    return run.start > 0 and text[run.start - 1].isascii() and text[run.start - 1].isupper()


def is_counted(text: str, end: int) -> bool:
    """Does a unit follow?"""
    return _UNIT.match(text, end) is not None


def span_of(number: Number) -> Span:
    return Span(number.kind, number.digits[0].start, number.digits[-1].end, number.value)
