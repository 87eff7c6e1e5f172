"""A candidate to the records, then to the index derived from them."""

from seatmate.domain.knowledge import OPEN_SNAPSHOT
from seatmate.domain.ports import KnownPassage, NewKnowledge
from seatmate.ingest.candidate import Candidate, ended_versions, written_versions
from seatmate.ingest.inspect import Inspection
from seatmate.ingest.stores import Stores, index_passages


async def write(stores: Stores, snapshot: int, candidate: Candidate, inspection: Inspection) -> int:
    """Records first: what a kill leaves of the index is found by the number in the records. Returns how many passages
    were embedded."""
    lived = await stores.ledger.versions_ever()
    new, ended = written_versions(snapshot, candidate, lived), ended_versions(snapshot, candidate)
    passages = [p for p in (*new.passages, *ended.passages) if not inspection.quarantines(p)]
    closed = candidate.for_records.closed

    await stores.ledger.add_knowledge(
        snapshot, NewKnowledge([*new.documents, *ended.documents], passages, [*new.facts, *ended.facts])
    )
    await stores.ledger.close_documents(snapshot, [document.doc_id for document in closed])
    await stores.ledger.set_products(snapshot, candidate.products)

    old = [p for passages in candidate.old_passages.values() for p in passages]
    embedded = await index_passages(stores, [KnownPassage(p, snapshot, OPEN_SNAPSHOT) for p in passages], old)
    gone = [p.passage_id for document in closed for p in candidate.old(document)]
    await stores.index.close_points(gone, snapshot)
    return embedded
