"""A weekly update, walk 3: read the drop → plan → split → write the candidate → report; publish moves one pointer.

A candidate is invisible until it is published. One that a kill interrupted, or that nobody published, is discarded by
the next build. Whether to publish is for the evaluation gate to say.
"""

import asyncio
import time
from pathlib import Path

from seatmate.domain.knowledge import BuildReport, SnapshotState, SnapshotStatus
from seatmate.ingest.candidate import Candidate, prepare, report, write
from seatmate.ingest.drop import Drop, read_drop
from seatmate.ingest.publish import publish, rollback
from seatmate.ingest.reindex import reindex
from seatmate.ingest.stores import Stores

__all__ = ["Stores", "build", "diff", "publish", "reindex", "rollback"]


async def build(stores: Stores, folder: Path, default_scope: tuple[str, ...] = ()) -> BuildReport:
    """Build the candidate that a drop makes. `default_scope` is for rows without a scope: by default nobody's."""
    started = time.monotonic()
    drop = await asyncio.to_thread(read_drop, folder, default_scope)
    async with stores.updating:
        await discard_candidates(stores)
        candidate = await _prepare(stores, drop)
        snapshot = await stores.ledger.begin_snapshot(drop.name)
        await write(stores, snapshot, candidate)
    return report(snapshot, candidate, time.monotonic() - started)


async def diff(stores: Stores, folder: Path, default_scope: tuple[str, ...] = ()) -> BuildReport:
    """What `build` would do. Writes nothing; the snapshot it names is 0."""
    started = time.monotonic()
    drop = await asyncio.to_thread(read_drop, folder, default_scope)
    candidate = await _prepare(stores, drop)
    return report(0, candidate, time.monotonic() - started)


async def discard_candidates(stores: Stores) -> None:
    """The index first: as long as the records know of a candidate, what is left of it can be found."""
    for status in await stores.ledger.snapshots():
        if status.state is SnapshotState.CANDIDATE:
            await stores.index.reopen_points(status.snapshot)
            await stores.ledger.discard(status.snapshot)


async def _prepare(stores: Stores, drop: Drop) -> Candidate:
    live = await stores.ledger.live_snapshot() or 0
    newest = max((s.snapshot for s in await stores.ledger.snapshots() if _published(s)), default=0)
    return await asyncio.to_thread(
        prepare,
        drop,
        await stores.ledger.documents_at(live),
        await stores.ledger.documents_at(newest),
        await stores.ledger.passages_at(newest),
    )


def _published(status: SnapshotStatus) -> bool:
    return status.state is not SnapshotState.CANDIDATE
