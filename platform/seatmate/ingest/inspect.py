"""What is amiss in a candidate: products whose documents disagree, and what lint finds; before anything is written."""

import asyncio
from dataclasses import dataclass
from datetime import date

from seatmate.domain.facts import Disagreement
from seatmate.domain.knowledge import Passage
from seatmate.domain.lint import LintFinding, LintKind
from seatmate.ingest.candidate import Candidate
from seatmate.ingest.disagreements import disagreements
from seatmate.ingest.lint import Examined, ToLint, lint
from seatmate.ingest.split import split
from seatmate.ingest.stores import Stores


@dataclass(frozen=True)
class Inspection:
    disagreements: tuple[Disagreement, ...]
    findings: tuple[LintFinding, ...]
    quarantined: frozenset[tuple[str, int, int]]
    """(doc_id, start, end) of passages that are withheld from the index: they address a model."""
    to_write_anew: dict[str, list[Passage]]
    """The passages on record of documents whose words are the same, and of which other passages are withheld now."""

    def quarantines(self, passage: Passage) -> bool:
        return _place(passage) in self.quarantined


async def inspect(stores: Stores, candidate: Candidate, today: date) -> Inspection:
    kept = [d for d in candidate.for_readers.kept if d.doc_id not in candidate.passages]
    versions = [candidate.on_record.get(d.doc_id, d) for d in kept]
    on_record: dict[str, list[Passage]] = {d.doc_id: [] for d in kept}
    for passage in await stores.ledger.passages_of([(d.doc_id, d.version) for d in versions]):
        on_record[passage.doc_id].append(passage)
    known = {doc_id for doc_id, _ in await stores.ledger.versions_ever()}
    return await asyncio.to_thread(_inspect, candidate, on_record, known, today)


def _inspect(candidate: Candidate, on_record: dict[str, list[Passage]], known: set[str], today: date) -> Inspection:
    documents = candidate.for_readers.kept
    facts = [fact for document in documents for fact in candidate.facts[document.doc_id]]
    disputes = disagreements(facts, candidate.products)
    read_again = _read_again(candidate)
    passages = candidate.passages | on_record | read_again
    linted = lint(
        ToLint(
            documents,
            [p for d in documents for p in passages[d.doc_id]],
            (),
            candidate.drop.remarks,
            known,
            on_record.keys() if candidate.before.same_rules else frozenset(),
            candidate.before.report.findings if candidate.before.report else (),
            _examined(candidate),
        ),
        today,
    )
    quarantined = frozenset(map(_place, linted.quarantined))
    to_write_anew = {
        doc_id: on_record[doc_id]
        for doc_id, whole in read_again.items()
        if set(map(_place, on_record[doc_id])) != set(map(_place, whole)) - quarantined
    }
    return Inspection(tuple(disputes), linted.findings, quarantined, to_write_anew)


def _read_again(candidate: Candidate) -> dict[str, list[Passage]]:
    """Every passage of the documents that are on record and that other rules look at now, those withheld before too."""
    if candidate.before.same_rules:
        return {}
    blocks = candidate.drop.blocks
    return {doc_id: split(d, blocks[doc_id]) for doc_id, d in candidate.on_record.items() if doc_id in blocks}


def _examined(candidate: Candidate) -> dict[str, Examined]:
    """What these rules have seen of changed documents before, but for those in which they found orders."""
    report = candidate.before.report
    if report is None or not candidate.before.same_rules:
        return {}
    suspect = {doc_id for f in report.findings if f.kind is LintKind.INJECTION for doc_id in f.doc_ids}
    return {
        old.doc_id: Examined.of(candidate.old(old)) for old in candidate.for_records.closed if old.doc_id not in suspect
    }


def _place(passage: Passage) -> tuple[str, int, int]:
    return passage.doc_id, passage.start, passage.end
