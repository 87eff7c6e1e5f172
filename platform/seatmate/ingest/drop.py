"""A weekly drop to document versions: its manifest and every file it names.

A file that was read before, with the same row, is not read again. Knows nothing of what changed.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePath

from seatmate.domain.builds import DateFinding, DropFault
from seatmate.domain.errors import BadInput
from seatmate.domain.knowledge import BANK_ZONE, DocumentVersion
from seatmate.ingest.document import READING, date_findings, read_dates, to_version
from seatmate.ingest.isolate import open_reader, take
from seatmate.ingest.manifest import ManifestRow, find, read_manifest
from seatmate.ingest.pieces import Block


@dataclass(frozen=True)
class Drop:
    name: str
    documents: tuple[DocumentVersion, ...]
    blocks: dict[str, tuple[Block, ...]]
    """The structure of each document that was read now, by doc_id."""
    known: dict[str, DocumentVersion]
    """Of each document that was not read again, by doc_id: what it was read as before."""
    dates: tuple[DateFinding, ...]
    """What the documents that were read now say of when they hold."""
    remarks: dict[str, tuple[str, ...]]
    """What their reader could not make sense of, by doc_id."""
    faults: tuple[DropFault, ...]
    refused: frozenset[str]
    """doc_ids that the manifest names and that could not be used: their old versions stay."""
    published_at: datetime
    """When the drop was published, by its newest row; when it was read, if no row says."""


Known = Mapping[str, DocumentVersion]
"""Documents of earlier drops, by `source_sha256`."""


def read_drop(folder: Path, default_scope: tuple[str, ...], known: Known) -> Drop:
    if not folder.is_dir():
        raise BadInput(f"{folder} is no folder")
    manifest = read_manifest(folder)
    documents: list[DocumentVersion] = []
    blocks: dict[str, tuple[Block, ...]] = {}
    unread: dict[str, DocumentVersion] = {}
    dates: list[DateFinding] = []
    remarks: dict[str, tuple[str, ...]] = {}
    faults = list(manifest.faults)
    refused = set(manifest.refused)
    with open_reader() as reader:
        for row in manifest.rows:
            try:
                data = take(find(folder, row.path))
                source = _source_of(data, row, default_scope)
                if (before := known.get(source)) is not None:
                    published_at = row.published_at or before.published_at
                    documents.append(replace(before, path=row.path, published_at=published_at))
                    unread[row.doc_id] = before
                    dates += date_findings(row.doc_id, read_dates(row, before.text, before.title))
                    continue
                content = reader.read_bytes(data, row.path)
                document = replace(to_version(row, content, default_scope), source_sha256=source)
            except BadInput as fault:
                faults.append(DropFault(path=row.path, reason=fault.detail))
                refused.add(row.doc_id)
                continue
            if not document.scope:
                faults.append(
                    DropFault(path=row.path, reason="it has no scope: it is taken in, but nobody may read it")
                )
            documents.append(document)
            blocks[document.doc_id] = content.blocks
            dates += date_findings(document.doc_id, read_dates(row, content.text, document.title))
            remarks[document.doc_id] = content.remarks
    published = max((row.published_at for row in manifest.rows if row.published_at), default=datetime.now(BANK_ZONE))
    return Drop(
        name=folder.name,
        documents=tuple(documents),
        blocks=blocks,
        known=unread,
        dates=tuple(dates),
        remarks=remarks,
        faults=tuple(faults),
        refused=frozenset(refused),
        published_at=published,
    )


def _source_of(data: bytes, row: ManifestRow, default_scope: tuple[str, ...]) -> str:
    """What a document version is made of: the file, its row but for the place, and the way of reading."""
    made_of = repr((replace(row, path=PurePath(row.path).suffix), default_scope, READING))
    return hashlib.sha256(made_of.encode() + b"\n" + data).hexdigest()
