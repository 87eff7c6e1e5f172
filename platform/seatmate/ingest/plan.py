"""What a drop does to a snapshot's documents: added, changed, withdrawn, superseded, unchanged.

A document is its doc_id: under another path it is the same document. One that the drop names but that could not be used
is left as it is; one that the drop does not name is withdrawn, or superseded if another document says so. Knows nothing
of files, passages or storage.
"""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime

from seatmate.domain.builds import Change
from seatmate.domain.knowledge import DocumentVersion, Validity


@dataclass(frozen=True)
class PlannedDocument:
    change: Change
    old: DocumentVersion | None
    new: DocumentVersion | None
    successor: DocumentVersion | None = None
    """The document that takes this one's place."""

    @property
    def doc_id(self) -> str:
        return self.document.doc_id

    @property
    def document(self) -> DocumentVersion:
        """The newer of the two."""
        document = self.new or self.old
        assert document is not None
        return document


@dataclass(frozen=True)
class Plan:
    documents: tuple[PlannedDocument, ...]

    @property
    def written(self) -> list[DocumentVersion]:
        """New versions, to be stored and indexed."""
        return [d.new for d in self.documents if d.new is not None and d.change is not Change.UNCHANGED]

    @property
    def closed(self) -> list[DocumentVersion]:
        """Old versions that end."""
        return [d.old for d in self.documents if d.old is not None and d.change is not Change.UNCHANGED]

    @property
    def kept(self) -> list[DocumentVersion]:
        """Every document there is afterwards."""
        return [d.new for d in self.documents if d.new is not None]


def plan(current: Iterable[DocumentVersion], wanted: Iterable[DocumentVersion], refused: Set[str]) -> Plan:
    """In the order of doc_ids."""
    old = {document.doc_id: document for document in current if not document.superseded}
    new = {document.doc_id: document for document in wanted}
    new |= {doc_id: old[doc_id] for doc_id in refused if doc_id in old and doc_id not in new}
    successors = {document.supersedes: document for document in new.values() if document.supersedes}
    return Plan(
        tuple(
            _compare(old.get(doc_id), new.get(doc_id), successors.get(doc_id))
            for doc_id in sorted(old.keys() | new.keys())
        )
    )


def ended_by_successors(documents: Sequence[DocumentVersion], published_at: datetime) -> list[DocumentVersion]:
    """A document that another one of the drop supersedes ends where that one begins, whatever its own end says.

    One that is left no moment by its successor is not there any more. A successor that does not say from when it holds
    does so from its publication.
    """
    successors = {document.supersedes: document for document in documents if document.supersedes}
    ended = (_ended_by(document, successors.get(document.doc_id), published_at) for document in documents)
    return [document for document in ended if document is not None]


def history(documents: Iterable[PlannedDocument], withdrawn_at: datetime) -> list[DocumentVersion]:
    """The replaced versions that were true until they were replaced, with that end.

    A new version that begins later than the old one leaves the old one true before it; one that begins no later
    corrects it, and the old one was never true. A document was true until its successor began, or until it was
    withdrawn. Who may read a document now may read what it said before, and nobody else.
    """
    ended = []
    for document in documents:
        if document.old is None or document.change is Change.UNCHANGED:
            continue
        end = document.new.validity.since if document.new is not None else _end_of(document, withdrawn_at)
        if end is not None and (kept := until(document.old, end)):
            ended.append(kept if document.new is None else replace(kept, scope=document.new.scope))
    return ended


def until(document: DocumentVersion, end: datetime) -> DocumentVersion | None:
    """The document as one that ended then; None if it never held before that."""
    since, own_end = document.validity.since, document.validity.until
    if since is not None and end <= since:
        return None
    return replace(document, validity=Validity(since, end if own_end is None else min(end, own_end)), superseded=True)


def same_content(a: DocumentVersion, b: DocumentVersion) -> bool:
    return content_version(a.version) == content_version(b.version)


def content_version(version: str) -> str:
    """The version without the mark of a return."""
    return version.partition(".")[0]


def returned(version: str, snapshot: int) -> str:
    """The version of a text that comes back after it was replaced.

    A version lives once, from one snapshot to another; the same text later is the same content and another life.
    """
    return f"{content_version(version)}.{snapshot}"


def _end_of(gone: PlannedDocument, withdrawn_at: datetime) -> datetime:
    begins = gone.successor.validity.since if gone.successor else None
    return begins or withdrawn_at


def _ended_by(
    document: DocumentVersion, successor: DocumentVersion | None, published_at: datetime
) -> DocumentVersion | None:
    if successor is None or successor.doc_id == document.doc_id:
        return document
    ended = until(document, successor.validity.since or successor.published_at or published_at)
    if ended is None or ended.validity == document.validity:
        return None if ended is None else document
    version = DocumentVersion.version_of(document.version, str(ended.validity.until))
    return replace(ended, version=version, superseded=False)


def _compare(
    old: DocumentVersion | None, new: DocumentVersion | None, successor: DocumentVersion | None
) -> PlannedDocument:
    if new is None:
        return PlannedDocument(Change.SUPERSEDED if successor else Change.WITHDRAWN, old, None, successor)
    if old is None:
        return PlannedDocument(Change.ADDED, None, new, successor)
    if same_content(old, new):
        return PlannedDocument(Change.UNCHANGED, old, old, successor)
    return PlannedDocument(Change.SUPERSEDED if successor else Change.CHANGED, old, new, successor)
