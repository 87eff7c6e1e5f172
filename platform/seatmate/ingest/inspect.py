"""What is amiss in a candidate: documents that disagree, and what lint finds; before anything of it is written."""

import asyncio
from dataclasses import dataclass
from datetime import datetime

from seatmate.domain.facts import Disagreement
from seatmate.domain.knowledge import Passage
from seatmate.domain.lint import LintFinding
from seatmate.ingest.candidate import Candidate
from seatmate.ingest.disagreements import disagreements
from seatmate.ingest.stores import Stores


@dataclass(frozen=True)
class Inspection:
    disagreements: tuple[Disagreement, ...]
    findings: tuple[LintFinding, ...]
    quarantined: frozenset[tuple[str, int, int]]
    """(doc_id, start, end) of passages that are withheld from the index: they address a model."""

    def quarantines(self, passage: Passage) -> bool:
        return (passage.doc_id, passage.start, passage.end) in self.quarantined


async def inspect(stores: Stores, candidate: Candidate, today: datetime) -> Inspection:
    kept = candidate.for_readers.kept
    facts = [fact for document in kept for fact in candidate.facts[document.doc_id]]
    disputes = await asyncio.to_thread(disagreements, facts, candidate.products)
    return Inspection(tuple(disputes), (), frozenset())
