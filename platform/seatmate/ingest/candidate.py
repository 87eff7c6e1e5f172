"""A candidate snapshot: worked out from a drop and what is known, then written to records and index.

Two comparisons, for a rollback parts them: readers are told what changes against the live snapshot; what is written
changes the newest published one, which the records continue from. Without a rollback they are the same snapshot.
"""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from seatmate.domain.builds import BuildReport, Change, DocumentChange
from seatmate.domain.facts import ProductFact
from seatmate.domain.knowledge import DocumentVersion, Passage, Product
from seatmate.domain.ports import NewKnowledge
from seatmate.ingest.difference import difference
from seatmate.ingest.drop import Drop
from seatmate.ingest.facts import facts_of
from seatmate.ingest.lint import rules
from seatmate.ingest.plan import Plan, PlannedDocument, ended_by_successors, history, plan, returned
from seatmate.ingest.products import products_of
from seatmate.ingest.split import split
from seatmate.ingest.stores import Stores

VersionKey = tuple[str, str]
"""(doc_id, version)"""


@dataclass(frozen=True)
class Before:
    """What the records know when a build begins."""

    live: Sequence[DocumentVersion]
    newest: Sequence[DocumentVersion]
    products: Sequence[Product]
    facts: dict[VersionKey, list[ProductFact]]
    sizes: dict[VersionKey, int]
    """Passages of each version."""
    report: BuildReport | None = None
    """Of the newest snapshot."""

    @classmethod
    def of(
        cls,
        live: Sequence[DocumentVersion],
        newest: Sequence[DocumentVersion],
        products: Sequence[Product],
        facts: Iterable[ProductFact],
        sizes: dict[VersionKey, int],
        report: BuildReport | None,
    ) -> "Before":
        by_version: dict[VersionKey, list[ProductFact]] = {}
        for fact in dict.fromkeys(facts):
            by_version.setdefault((fact.doc_id, fact.version), []).append(fact)
        return cls(live, newest, products, by_version, sizes, report)

    @property
    def same_rules(self) -> bool:
        """Did today's rules of lint look at what the records have?"""
        return self.report is not None and self.report.lint_rules == rules()

    def by_source(self) -> dict[str, DocumentVersion]:
        """Documents that need not be read again: those whose words today's rules have seen."""
        if not self.same_rules:
            return {}
        whole = (d for d in (*self.newest, *self.live) if not d.superseded)
        return {d.source_sha256: d for d in whole if d.source_sha256}


@dataclass(frozen=True)
class Candidate:
    """`for_readers` compares with the live snapshot, `for_records` with the newest one."""

    drop: Drop
    for_readers: Plan
    for_records: Plan
    history: list[DocumentVersion]
    """Versions that readers lose, kept with their end: an earlier day can still be asked about."""
    products: list[Product]
    passages: dict[str, list[Passage]]
    """Of each document to be written, by doc_id."""
    facts: dict[str, list[ProductFact]]
    """Of each document there is afterwards, by doc_id."""
    old_passages: dict[VersionKey, list[Passage]]
    """Of the versions that end or come back."""
    on_record: dict[str, DocumentVersion]
    """The documents that the newest records have just so, by doc_id."""
    before: Before

    def size(self, document: DocumentVersion) -> int:
        """Passages of a document there is afterwards."""
        if document.doc_id in self.passages:
            return len(self.passages[document.doc_id])
        known = self.on_record.get(document.doc_id, document)
        return self.before.sizes.get((known.doc_id, known.version), 0)

    def old(self, document: DocumentVersion) -> list[Passage]:
        return self.old_passages.get((document.doc_id, document.version), [])


async def prepare(stores: Stores, drop: Drop, before: Before) -> Candidate:
    """Everything that can be worked out without writing."""
    wanted = ended_by_successors(drop.documents, drop.published_at)
    for_readers = plan(before.live, wanted, drop.refused)
    for_records = plan(before.newest, for_readers.kept, frozenset())
    on_record = {d.doc_id: d.new for d in for_records.documents if d.change is Change.UNCHANGED and d.new is not None}
    touched = (
        *for_readers.closed,
        *for_records.closed,
        *(on_record.get(d.doc_id) or _source(d, drop) for d in for_readers.written),
        *(_source(d, drop) for d in for_records.written),
    )
    old_passages: dict[VersionKey, list[Passage]] = {}
    for passage in await stores.ledger.passages_of(sorted({(d.doc_id, d.version) for d in touched})):
        old_passages.setdefault((passage.doc_id, passage.version), []).append(passage)
    return await asyncio.to_thread(_candidate, drop, before, for_readers, for_records, old_passages, on_record)


def _candidate(
    drop: Drop,
    before: Before,
    for_readers: Plan,
    for_records: Plan,
    old_passages: dict[VersionKey, list[Passage]],
    on_record: dict[str, DocumentVersion],
) -> Candidate:
    """The work of the processor: cutting and reading facts, away from the readers' loop."""
    products = products_of(for_readers.kept, before.products)
    return Candidate(
        drop,
        for_readers,
        for_records,
        history(for_readers.documents, drop.published_at),
        products,
        {d.doc_id: _passages(d, drop, old_passages) for d in for_records.written},
        {d.doc_id: _facts(d, drop, before, products) for d in for_readers.kept},
        old_passages,
        on_record,
        before,
    )


def written_anew(candidate: Candidate, on_record: dict[str, list[Passage]]) -> Candidate:
    """These documents, whose words have not changed, get another life without the passages that are now withheld.

    `on_record` are the passages that the records have of each, by doc_id.
    """
    planned = tuple(
        replace(d, change=Change.CHANGED) if d.doc_id in on_record else d for d in candidate.for_records.documents
    )
    old = {doc_id: candidate.on_record[doc_id] for doc_id in on_record}
    return replace(
        candidate,
        for_records=Plan(planned),
        passages=candidate.passages | {d.doc_id: split(d, candidate.drop.blocks[d.doc_id]) for d in old.values()},
        old_passages=candidate.old_passages | {(d.doc_id, d.version): on_record[d.doc_id] for d in old.values()},
        on_record={doc_id: d for doc_id, d in candidate.on_record.items() if doc_id not in on_record},
    )


def changes_of(candidate: Candidate) -> tuple[DocumentChange, ...]:
    return tuple(_change(document, candidate) for document in candidate.for_readers.documents)


def written_versions(snapshot: int, candidate: Candidate, lived: set[VersionKey]) -> NewKnowledge:
    """The documents, passages and facts to write; a version that has lived before gets a new one."""
    documents: list[DocumentVersion] = []
    passages: list[Passage] = []
    facts: list[ProductFact] = []
    for document in candidate.for_records.written:
        version = document.version
        if (document.doc_id, version) in lived:
            version = returned(version, snapshot)
        named = replace(document, version=version)
        documents.append(named)
        passages += [_of(named, p) for p in candidate.passages[document.doc_id]]
        facts += [replace(fact, version=version) for fact in candidate.facts[document.doc_id]]
    return NewKnowledge(documents, passages, facts)


def ended_versions(snapshot: int, candidate: Candidate) -> NewKnowledge:
    """The versions that readers lose, under a mark of their own, with their passages and facts as they were."""
    documents: list[DocumentVersion] = []
    passages: list[Passage] = []
    facts: list[ProductFact] = []
    for document in candidate.history:
        named = replace(document, version=f"{returned(document.version, snapshot)}-ended")
        documents.append(named)
        passages += [_of(named, p) for p in candidate.old(document)]
        for fact in candidate.before.facts.get((document.doc_id, document.version), []):
            if ended := fact.validity.until_at_most(named.validity.until):
                facts.append(replace(fact, version=named.version, validity=ended, scope=named.scope))
    return NewKnowledge(documents, passages, facts)


def _source(document: DocumentVersion, drop: Drop) -> DocumentVersion:
    """The version whose passages and facts a document takes over, if it is not read anew."""
    return drop.known.get(document.doc_id, document)


def _passages(document: DocumentVersion, drop: Drop, old_passages: dict[VersionKey, list[Passage]]) -> list[Passage]:
    """Cut from the drop; or, for one that was not read again, copied from its earlier life."""
    if document.doc_id in drop.blocks:
        return split(document, drop.blocks[document.doc_id])
    source = _source(document, drop)
    return [_of(document, p) for p in old_passages.get((source.doc_id, source.version), [])]


def _facts(document: DocumentVersion, drop: Drop, before: Before, products: Sequence[Product]) -> list[ProductFact]:
    if document.doc_id in drop.blocks:
        return facts_of(document, drop.blocks[document.doc_id], products)
    source = _source(document, drop)
    known = before.facts.get((source.doc_id, source.version), [])
    clipped = ((fact, fact.validity.until_at_most(document.validity.until)) for fact in known)
    return [replace(fact, version=document.version, validity=ended) for fact, ended in clipped if ended]


def _of(document: DocumentVersion, passage: Passage) -> Passage:
    """The passage as one of this version."""
    return replace(
        passage,
        version=document.version,
        validity=document.validity,
        scope=document.scope,
        passage_id=Passage.id_of(document.doc_id, document.version, passage.start, passage.end),
    )


def _change(planned: PlannedDocument, candidate: Candidate) -> DocumentChange:
    line = DocumentChange(
        doc_id=planned.doc_id,
        title=planned.document.title,
        change=planned.change,
        old_version=planned.old and planned.old.version,
        new_version=planned.new and planned.new.version,
        superseded_by=planned.successor and planned.successor.doc_id,
    )
    if planned.change is Change.UNCHANGED:
        return line
    new = candidate.passages.get(planned.doc_id)
    if new is None and planned.doc_id in candidate.on_record:
        new = candidate.old(candidate.on_record[planned.doc_id])
    changed = difference(candidate.old(planned.old) if planned.old else [], (planned.new and new) or [])
    return line.model_copy(
        update={
            "passages_added": len(changed.added),
            "passages_removed": len(changed.removed),
            "passages_unchanged": changed.unchanged,
            "figures": changed.figures() if planned.old and planned.new else (),
        }
    )
