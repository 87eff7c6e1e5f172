"""A manifest row and the file it names to one document version."""

from datetime import date

from seatmate.domain.errors import BadInput
from seatmate.domain.knowledge import DocumentVersion, Validity
from seatmate.ingest.dates import first_day_in, last_day_in
from seatmate.ingest.manifest import ManifestRow
from seatmate.ingest.pieces import ReadDocument

READING = "2"
"""Raised when files are read or cut otherwise: every document is then a new version, and is read and cut anew."""


def to_version(row: ManifestRow, read: ReadDocument, default_scope: tuple[str, ...]) -> DocumentVersion:
    """The manifest's word first, the document's own where the manifest is silent."""
    first = row.first_day or first_day_in(read.text)
    last = row.last_day or last_day_in(read.text)
    if first is not None and last is not None and last < first:
        raise BadInput(f"by its own words and the manifest it ends on {last}, before it begins on {first}")
    title = row.title or read.title or row.doc_id
    scope = row.scope or default_scope
    return DocumentVersion(
        doc_id=row.doc_id,
        version=DocumentVersion.version_of(read.text, READING, *_metadata(row, title, scope, first, last)),
        path=row.path,
        title=title,
        doc_type=row.doc_type,
        product_codes=row.product_codes,
        scope=scope,
        validity=Validity.of_days(first, last),
        published_at=row.published_at,
        supersedes=row.supersedes,
        text=read.text,
        extra=row.extra,
    )


def _metadata(
    row: ManifestRow, title: str, scope: tuple[str, ...], first: date | None, last: date | None
) -> tuple[str, ...]:
    """What makes a version: not the path, for a file may move; not published_at, which each drop sets anew."""
    return (
        row.doc_id,
        title,
        row.doc_type,
        ";".join(row.product_codes),
        ";".join(scope),
        str(first),
        str(last),
        str(row.supersedes),
        repr(row.extra),
    )
