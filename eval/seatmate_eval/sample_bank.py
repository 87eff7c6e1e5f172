"""The sample bank as the suites see it: every document version of its weekly drops, each with when it was true, and
its conversations. Knows no release: what a release makes of them is in world.py.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from seatmate.domain.calls import Conversation
from seatmate.domain.knowledge import DocumentVersion
from seatmate.ingest.drop import read_drop
from seatmate.ingest.plan import history, plan
from seatmate.settings import HOME
from seatmate_eval.cases import load_conversations

DROPS = HOME / "corpus" / "drops"
CALLS = HOME / "corpus" / "calls"


@dataclass(frozen=True)
class Bank:
    """What a run is held against."""

    documents: Mapping[str, Sequence[DocumentVersion]]
    """doc_id → its versions, each with when it was true."""
    conversations: Mapping[str, Conversation]
    """conversation_id → the call, as it was said (nothing masked)."""
    corpus_sha256: str
    """Of every file of the drops and of the conversations."""


def load_bank(drops: Path = DROPS, calls: Path = CALLS) -> Bank:
    """The whole sample bank, or another one of the same make."""
    return Bank(documents_of(drops_of(drops)), load_conversations(calls), corpus_sha256(drops, calls))


def drops_of(folder: Path) -> list[Path]:
    """The weekly drops, oldest first."""
    return sorted(path for path in folder.glob("20*") if path.is_dir())


def corpus_sha256(drops: Path = DROPS, calls: Path = CALLS) -> str:
    """One hash over the files of all drops and calls and their places; what a run was held against."""
    digest = hashlib.sha256()
    for name, path in _files(drops_of(drops), calls):
        digest.update(f"{name}\n{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def _files(drops: Sequence[Path], calls: Path) -> Iterator[tuple[str, Path]]:
    for drop in drops:
        yield from (
            (f"drops/{drop.name}/{path.relative_to(drop).as_posix()}", path)
            for path in sorted(drop.rglob("*"))
            if path.is_file()
        )
    yield from ((f"calls/{path.name}", path) for path in sorted(calls.glob("*.json")))


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
