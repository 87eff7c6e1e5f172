"""The index, made anew from the records when it was lost, wiped or encoded otherwise.

Goes on where it was interrupted: what the index has already is not embedded again.
"""

from collections.abc import Callable

from seatmate.ingest.stores import Stores, index_passages

_PAGE = 500


async def reindex(stores: Stores, told: Callable[[int, int], None] = lambda done, of: None) -> int:
    """Bring the index to every passage of every snapshot; returns how many were written.

    Called at start, before anyone asks: while it runs the index is incomplete. `told` hears (done, of).
    """
    async with stores.updating:
        wanted = await stores.ledger.passage_count()
        there = await stores.index.count()
        if there == wanted:
            return 0
        if there > wanted:  # points that the records know nothing of: nothing in it can be trusted
            await stores.index.wipe()
        return await _fill(stores, wanted, told)


async def _fill(stores: Stores, wanted: int, told: Callable[[int, int], None]) -> int:
    written = done = 0
    after = ""
    while page := await stores.ledger.passages_after(after, _PAGE):
        after = page[-1].passage.passage_id
        have = await stores.index.vectors([known.passage.passage_id for known in page])
        missing = [known for known in page if known.passage.passage_id not in have]
        await index_passages(stores, missing)
        written += len(missing)
        done += len(page)
        told(done, wanted)
    return written
