"""A manifest row and the file it names to one document version, and where its first and last day come from."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Literal

from seatmate.domain.builds import DateFinding
from seatmate.domain.errors import BadInput
from seatmate.domain.knowledge import BANK_ZONE, DocumentVersion, Validity
from seatmate.ingest.dates import Said, dates_in
from seatmate.ingest.manifest import ManifestRow
from seatmate.ingest.pieces import ReadDocument

READING = "3"
"""Raised when files are read or cut otherwise: every document is then a new version, and is read and cut anew."""


class DateSource(StrEnum):
    """Whose word counts."""

    MANIFEST = "manifest"
    TEXT = "text"
    NONE = "none"


@dataclass(frozen=True)
class Bound:
    """One end of a validity: the moment that counts, and what the document itself says, if it says anything."""

    moment: datetime | None
    source: DateSource
    said: Said | None
    conflict: bool = False
    """The manifest names another day than the text. The manifest's word counts."""


@dataclass(frozen=True)
class DateReading:
    """When a document holds, `[since, until)`, and who says so."""

    since: Bound
    until: Bound
    published_at: datetime | None

    @property
    def validity(self) -> Validity:
        return Validity(self.since.moment, self.until.moment)


def to_version(row: ManifestRow, read: ReadDocument, default_scope: tuple[str, ...]) -> DocumentVersion:
    """The manifest's word first, the document's own where the manifest is silent."""
    title = row.title or read.title or row.doc_id
    reading = read_dates(row, read.text, title)
    scope = row.scope or default_scope
    return DocumentVersion(
        doc_id=row.doc_id,
        version=DocumentVersion.version_of(read.text, READING, *_metadata(row, title, scope, reading.validity)),
        path=row.path,
        title=title,
        doc_type=row.doc_type,
        product_codes=row.product_codes,
        scope=scope,
        validity=reading.validity,
        published_at=reading.published_at,
        supersedes=row.supersedes,
        text=read.text,
        extra=row.extra,
    )


def read_dates(row: ManifestRow, text: str, title: str = "") -> DateReading:
    """Both bounds of the document's validity. BadInput if it would end before it begins."""
    published = row.published_at.astimezone(BANK_ZONE).date() if row.published_at else None
    words = dates_in(text, title or row.title, published)
    stated = Validity.of_days(row.first_day, row.last_day)
    since = _bound(stated.since, words.since, row.first_day, _first_day(words.since))
    until = _bound(stated.until, words.until, row.last_day, _last_day(words.until))
    if since.moment is not None and until.moment is not None and until.moment <= since.moment:
        last = until.moment - timedelta(microseconds=1)
        raise BadInput(
            f"by its own words and the manifest it ends on {last:%Y-%m-%d}, before it begins on {since.moment:%Y-%m-%d}"
        )
    own_day = None if words.published is None else datetime.combine(words.published, time.min, BANK_ZONE)
    return DateReading(since, until, row.published_at or own_day)


def date_findings(doc_id: str, reading: DateReading) -> tuple[DateFinding, ...]:
    """What an owner is to confirm: bounds that rest on the document's words alone, and those it disputes."""
    found: list[DateFinding] = []
    bounds: tuple[tuple[Literal["since", "until"], Bound], ...] = (("since", reading.since), ("until", reading.until))
    for name, bound in bounds:
        if bound.said is not None and (bound.conflict or bound.source is DateSource.TEXT):
            conflict = bound.moment if bound.conflict else None
            said = bound.said
            found.append(DateFinding(doc_id=doc_id, bound=name, said=said.moment, quote=said.quote, conflict=conflict))
    return tuple(found)


def _bound(stated: datetime | None, said: Said | None, day: date | None, said_day: date | None) -> Bound:
    """A time of day in the text is no conflict: a manifest knows days only."""
    if stated is not None:
        return Bound(stated, DateSource.MANIFEST, said, conflict=said is not None and said_day != day)
    return Bound(said.moment, DateSource.TEXT, said) if said is not None else Bound(None, DateSource.NONE, None)


def _first_day(said: Said | None) -> date | None:
    return None if said is None else Validity(since=said.moment).first_day


def _last_day(said: Said | None) -> date | None:
    return None if said is None else Validity(until=said.moment).last_day


def _metadata(row: ManifestRow, title: str, scope: tuple[str, ...], validity: Validity) -> tuple[str, ...]:
    """What makes a version: not the path, for a file may move; not published_at, which each drop sets anew."""
    return (
        row.doc_id,
        title,
        row.doc_type,
        ";".join(row.product_codes),
        ";".join(scope),
        *_spelled(validity),
        str(row.supersedes),
        repr(row.extra),
    )


def _spelled(validity: Validity) -> tuple[str, str]:
    """Days where they are whole, as they always were spelled, so that a version keeps its name; else moments."""
    whole = Validity.of_days(validity.first_day, validity.last_day)
    first = validity.first_day if validity.since == whole.since else validity.since
    last = validity.last_day if validity.until == whole.until else validity.until
    return str(first), str(last)
