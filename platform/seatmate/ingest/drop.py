"""A weekly drop to document versions: its manifest and every file it names. Knows nothing of earlier weeks."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from seatmate.domain.errors import BadInput
from seatmate.domain.knowledge import BANK_ZONE, DocumentVersion, DropFault
from seatmate.ingest.document import to_version
from seatmate.ingest.manifest import find, read_manifest
from seatmate.ingest.pieces import Block
from seatmate.ingest.read import read


@dataclass(frozen=True)
class Drop:
    name: str
    documents: tuple[DocumentVersion, ...]
    blocks: dict[str, tuple[Block, ...]]
    """The structure of each document, by doc_id."""
    faults: tuple[DropFault, ...]
    refused: frozenset[str]
    """doc_ids that the manifest names and that could not be used: their old versions stay."""
    published_at: datetime
    """When the drop was published, by its newest row; when it was read, if no row says."""


def read_drop(folder: Path, default_scope: tuple[str, ...]) -> Drop:
    if not folder.is_dir():
        raise BadInput(f"{folder} is no folder")
    manifest = read_manifest(folder)
    documents: list[DocumentVersion] = []
    blocks: dict[str, tuple[Block, ...]] = {}
    faults = list(manifest.faults)
    refused = set(manifest.refused)
    for row in manifest.rows:
        try:
            content = read(find(folder, row.path).read_bytes(), row.path)
            document = to_version(row, content, default_scope)
        except BadInput as fault:
            faults.append(DropFault(path=row.path, reason=fault.detail))
            refused.add(row.doc_id)
            continue
        if not document.scope:
            faults.append(DropFault(path=row.path, reason="it has no scope: it is taken in, but nobody may read it"))
        documents.append(document)
        blocks[document.doc_id] = content.blocks
    published = max((d.published_at for d in documents if d.published_at), default=datetime.now(BANK_ZONE))
    return Drop(folder.name, tuple(documents), blocks, tuple(faults), frozenset(refused), published)
