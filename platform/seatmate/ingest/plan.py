"""What a drop does to a snapshot's documents: added, changed, withdrawn, unchanged. Knows nothing of files or storage.

A document is its doc_id: under another path it is the same document. One that the drop names but that could not be used
is left as it is; one that the drop does not name is withdrawn.
"""

from collections.abc import Iterable, Set
from dataclasses import dataclass, replace
from datetime import datetime

from seatmate.domain.knowledge import Change, DocumentVersion, Validity


@dataclass(frozen=True)
class PlannedDocument:
    change: Change
    old: DocumentVersion | None
    new: DocumentVersion | None

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
    return Plan(tuple(_compare(old.get(doc_id), new.get(doc_id)) for doc_id in sorted(old.keys() | new.keys())))


def history(documents: Iterable[PlannedDocument], withdrawn_at: datetime) -> list[DocumentVersion]:
    """The replaced versions that were true until they were replaced, with that end.

    A new version that begins later than the old one leaves the old one true before it; one that begins no later
    corrects it, and the old one was never true. A withdrawn document was true until `withdrawn_at`.
    """
    ended = []
    for document in documents:
        if document.old is None or document.change is Change.UNCHANGED:
            continue
        end = withdrawn_at if document.new is None else document.new.validity.since
        if end is not None and (kept := _until(document.old, end)):
            ended.append(kept)
    return ended


def _until(document: DocumentVersion, end: datetime) -> DocumentVersion | None:
    since, until = document.validity.since, document.validity.until
    if since is not None and end <= since:
        return None
    return replace(document, validity=Validity(since, end if until is None else min(end, until)), superseded=True)


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


def _compare(old: DocumentVersion | None, new: DocumentVersion | None) -> PlannedDocument:
    if old is None:
        return PlannedDocument(Change.ADDED, None, new)
    if new is None:
        return PlannedDocument(Change.WITHDRAWN, old, None)
    if same_content(old, new):
        return PlannedDocument(Change.UNCHANGED, old, old)
    return PlannedDocument(Change.CHANGED, old, new)
