"""All personal data in one text, whatever else was said before it, in simplified or traditional characters."""

from collections.abc import Iterable

from seatmate.domain.personal.addresses import addresses_in
from seatmate.domain.personal.digits import read_runs
from seatmate.domain.personal.documents import documents_in
from seatmate.domain.personal.interrupted import interrupted, may_be_interrupted
from seatmate.domain.personal.kinds import BLANK, Kind, Span, as_written, claim
from seatmate.domain.personal.labels import is_counted, label_around
from seatmate.domain.personal.names import names_in
from seatmate.domain.personal.recognise import LEAST, Number, numbers_of
from seatmate.domain.personal.secret_codes import secrets_in
from seatmate.domain.simplified import simplified


def find_personal(text: str) -> tuple[Span, ...]:
    """Left to right, none overlapping."""
    read = simplified(text)
    return tuple(as_written(span, text, read) for span in _find(read))


def _find(text: str) -> list[Span]:
    found = secret_spans(text, secrets_in(text))
    if may_be_interrupted(text):
        for span in interrupted(text, tuple(read_runs(text))):
            claim(found, span)
    for run in read_runs(text, LEAST):
        for number in numbers_of(run, label_around(text, run), counted=is_counted(text, run.end)):
            claim(found, span_of(number))
    return sorted(with_words(text, found), key=lambda span: span.start)


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


def span_of(number: Number) -> Span:
    return Span(number.kind, number.digits[0].start, number.digits[-1].end, number.value)
