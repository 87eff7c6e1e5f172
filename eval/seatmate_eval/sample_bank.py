"""The sample bank as the suites see it: every document version of its weekly drops, each with when it was true."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

from seatmate.domain.knowledge import DocumentVersion
from seatmate.ingest.drop import read_drop
from seatmate.ingest.plan import history, plan


def documents_of(drops: Sequence[Path]) -> dict[str, list[DocumentVersion]]:
    """doc_id → its versions through the drops, oldest week first; a replaced one ends where the next begins."""
    current: list[DocumentVersion] = []
    ended: list[DocumentVersion] = []
    for folder in drops:
        drop = read_drop(folder, (), {})
        changes = plan(current, drop.documents, drop.refused)
        ended += history(changes.documents, drop.published_at)
        current = changes.kept
    versions: dict[str, list[DocumentVersion]] = defaultdict(list)
    for version in (*ended, *current):
        versions[version.doc_id].append(version)
    return dict(versions)
