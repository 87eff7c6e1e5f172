"""A candidate snapshot: worked out from a drop and what is known, then written to records and index.

Two comparisons, for a rollback parts them: readers are told what changes against the live snapshot; what is written
changes the newest published one, which the records continue from. Without a rollback they are the same snapshot.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from seatmate.domain.knowledge import BuildReport, Change, DocumentChange, DocumentVersion, Passage, SnapshotState
from seatmate.ingest.drop import Drop
from seatmate.ingest.plan import Plan, PlannedDocument, content_version, history, plan, returned
from seatmate.ingest.products import products_of
from seatmate.ingest.split import split
from seatmate.ingest.stores import OPEN_SNAPSHOT, Stores, index_passages

Known = Sequence[tuple[Passage, int, int]]
"""Every passage of every published snapshot, with its life."""


@dataclass(frozen=True)
class Candidate:
    drop: Drop
    for_readers: Plan
    for_records: Plan
    history: list[DocumentVersion]
    """Versions that readers lose, kept with their end: an earlier day can still be asked about."""
    passages: dict[str, list[Passage]]
    """Of each document to be written, by doc_id."""
    known: Known


def prepare(drop: Drop, live: Iterable[DocumentVersion], newest: Iterable[DocumentVersion], known: Known) -> Candidate:
    """Everything that can be worked out without writing."""
    for_readers = plan(live, drop.documents, drop.refused)
    for_records = plan(newest, for_readers.kept, frozenset())
    passages = {document.doc_id: _passages(document, drop, known) for document in for_records.written}
    ended = history(for_readers.documents, drop.published_at)
    return Candidate(drop, for_readers, for_records, ended, passages, known)


async def write(stores: Stores, snapshot: int, candidate: Candidate) -> None:
    """Records first, then the index: what a kill leaves of the index is found by the number in the records."""
    documents, passages = _versions(snapshot, candidate)
    ended_documents, ended_passages = _history(snapshot, candidate)
    documents, passages = documents + ended_documents, passages + ended_passages
    closed = candidate.for_records.closed
    ended = {(document.doc_id, document.version) for document in closed}
    kept = candidate.for_records.kept
    before = await stores.ledger.live_snapshot()
    products = products_of(kept, await stores.ledger.products_at(before) if before is not None else ())

    await stores.ledger.add_documents(snapshot, documents, passages)
    await stores.ledger.close_documents(snapshot, [document.doc_id for document in closed])
    await stores.ledger.set_products(snapshot, products)
    await index_passages(stores, [(passage, snapshot, OPEN_SNAPSHOT) for passage in passages])
    await stores.index.close_points(
        [p.passage_id for p, _, _ in candidate.known if (p.doc_id, p.version) in ended], snapshot
    )
    await stores.ledger.finish_build(snapshot, len(kept), passage_count(candidate))


def report(snapshot: int, candidate: Candidate, seconds: float) -> BuildReport:
    sizes = _sizes(candidate)
    return BuildReport(
        snapshot=snapshot,
        drop=candidate.drop.name,
        state=SnapshotState.CANDIDATE,
        documents=len(candidate.for_readers.kept),
        passages=passage_count(candidate),
        changes=tuple(_change(document, sizes) for document in candidate.for_readers.documents),
        faults=candidate.drop.faults,
        seconds=round(seconds, 3),
    )


def passage_count(candidate: Candidate) -> int:
    sizes = _sizes(candidate)
    return sum(sizes[_content(document)] for document in candidate.for_records.kept)


def _passages(document: DocumentVersion, drop: Drop, known: Known) -> list[Passage]:
    """Cut from the drop; or, for one that stays as it was, copied from its earlier life."""
    if document.doc_id in drop.blocks:
        return split(document, drop.blocks[document.doc_id])
    return [p for p, _, _ in known if (p.doc_id, p.version) == (document.doc_id, document.version)]


def _versions(snapshot: int, candidate: Candidate) -> tuple[list[DocumentVersion], list[Passage]]:
    """The documents and passages to write; a version that has lived before gets a new one."""
    lived = {(p.doc_id, p.version) for p, _, _ in candidate.known}
    documents: list[DocumentVersion] = []
    passages: list[Passage] = []
    for document in candidate.for_records.written:
        version = document.version
        if (document.doc_id, version) in lived:
            version = returned(version, snapshot)
        documents.append(replace(document, version=version))
        passages.extend(
            replace(p, version=version, passage_id=Passage.id_of(p.doc_id, version, p.start, p.end))
            for p in candidate.passages[document.doc_id]
        )
    return documents, passages


def _history(snapshot: int, candidate: Candidate) -> tuple[list[DocumentVersion], list[Passage]]:
    """The ended versions under a mark of their own, with their passages as they were cut."""
    documents: list[DocumentVersion] = []
    passages: list[Passage] = []
    for document in candidate.history:
        version = f"{returned(document.version, snapshot)}-ended"
        documents.append(replace(document, version=version))
        passages.extend(
            replace(
                p,
                version=version,
                validity=document.validity,
                passage_id=Passage.id_of(p.doc_id, version, p.start, p.end),
            )
            for p, _, _ in candidate.known
            if (p.doc_id, p.version) == (document.doc_id, document.version)
        )
    return documents, passages


def _sizes(candidate: Candidate) -> Counter[tuple[str, str]]:
    """Passages of each content of a document."""
    lives = Counter((p.doc_id, p.version) for p, _, _ in candidate.known)
    sizes = Counter({(doc_id, content_version(version)): count for (doc_id, version), count in lives.items()})
    for document in candidate.for_records.written:
        sizes[_content(document)] = len(candidate.passages[document.doc_id])
    return sizes


def _content(document: DocumentVersion) -> tuple[str, str]:
    return document.doc_id, content_version(document.version)


def _change(document: PlannedDocument, sizes: Counter[tuple[str, str]]) -> DocumentChange:
    same = document.change is Change.UNCHANGED
    return DocumentChange(
        doc_id=document.doc_id,
        title=document.document.title,
        change=document.change,
        old_version=document.old and document.old.version,
        new_version=document.new and document.new.version,
        passages_added=0 if same or document.new is None else sizes[_content(document.new)],
        passages_removed=0 if same or document.old is None else sizes[_content(document.old)],
    )
