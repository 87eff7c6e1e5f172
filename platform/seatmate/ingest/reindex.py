"""The index, made anew from the records when it was lost, wiped or encoded otherwise."""

from collections.abc import Sequence

from seatmate.domain.knowledge import Passage
from seatmate.ingest.stores import Stores, index_passages

_BATCH = 1_000


async def reindex(stores: Stores) -> int:
    """Fill the index with every passage of every snapshot, if it does not hold as many; returns how many were written.

    Called at start, before anyone asks: while it runs the index is incomplete.
    """
    async with stores.updating:
        known = await _all_passages(stores)
        if await stores.index.count() == len(known):
            return 0
        await stores.index.wipe()
        for at in range(0, len(known), _BATCH):
            await index_passages(stores, known[at : at + _BATCH])
        return len(known)


async def _all_passages(stores: Stores) -> Sequence[tuple[Passage, int, int]]:
    snapshots = await stores.ledger.snapshots()
    return await stores.ledger.passages_at(snapshots[-1].snapshot) if snapshots else []
