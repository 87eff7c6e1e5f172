"""What is amiss in a candidate: products whose documents disagree, and what lint finds; before anything is written."""

import asyncio
from dataclasses import dataclass
from datetime import date

from seatmate.domain.facts import Disagreement
from seatmate.domain.knowledge import DocumentVersion, Passage
from seatmate.domain.lint import LintFinding
from seatmate.ingest.candidate import Candidate
from seatmate.ingest.disagreements import disagreements
from seatmate.ingest.lint import ToLint, lint, rules
from seatmate.ingest.stores import Stores


@dataclass(frozen=True)
class Inspection:
    disagreements: tuple[Disagreement, ...]
    findings: tuple[LintFinding, ...]
    quarantined: frozenset[tuple[str, int, int]]
    """(doc_id, start, end) of passages that are withheld from the index: they address a model."""

    def quarantines(self, passage: Passage) -> bool:
        return (passage.doc_id, passage.start, passage.end) in self.quarantined


async def inspect(stores: Stores, candidate: Candidate, today: date) -> Inspection:
    documents = candidate.for_readers.kept
    passages = await _passages(stores, candidate, documents)
    known = {doc_id for doc_id, _ in await stores.ledger.versions_ever()}
    return await asyncio.to_thread(_inspect, candidate, passages, known, today)


def _inspect(candidate: Candidate, passages: list[Passage], known: set[str], today: date) -> Inspection:
    documents = candidate.for_readers.kept
    facts = [fact for document in documents for fact in candidate.facts[document.doc_id]]
    disputes = disagreements(facts, candidate.products)
    before = candidate.before.report
    same_rules = before is not None and before.lint_rules == rules()
    unchanged = {d.doc_id for d in documents if same_rules and d.doc_id not in candidate.passages}
    told = before.findings if before is not None and same_rules else ()
    linted = lint(ToLint(documents, passages, (), candidate.drop.remarks, known, unchanged, told), today)
    quarantined = frozenset((p.doc_id, p.start, p.end) for p in linted.quarantined)
    return Inspection(tuple(disputes), linted.findings, quarantined)


async def _passages(stores: Stores, candidate: Candidate, documents: list[DocumentVersion]) -> list[Passage]:
    """Of every document there will be: those to be written, and those that the records have."""
    written = [p for d in documents for p in candidate.passages.get(d.doc_id, ())]
    kept = [d for d in documents if d.doc_id not in candidate.passages]
    on_record = [candidate.on_record.get(d.doc_id, d) for d in kept]
    return written + await stores.ledger.passages_of([(d.doc_id, d.version) for d in on_record])
