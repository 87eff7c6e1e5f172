"""Moves the pointer to the live snapshot, forwards and back. Nothing else changes when a snapshot goes live."""

from datetime import UTC, datetime

from seatmate.domain.errors import NotFound
from seatmate.domain.knowledge import SnapshotState, SnapshotStatus
from seatmate.domain.ports import KnowledgeLedger

_NEVER = datetime.min.replace(tzinfo=UTC)


async def publish(ledger: KnowledgeLedger, snapshot: int | None = None) -> SnapshotStatus:
    """Make a built snapshot live: the one named, or the candidate."""
    if snapshot is None:
        waiting = [s.snapshot for s in await ledger.snapshots() if s.state is SnapshotState.CANDIDATE]
        if not waiting:
            raise NotFound("there is no candidate to publish: build one first")
        snapshot = waiting[-1]
    await ledger.move_pointer(snapshot)
    return await _status(ledger, snapshot)


async def rollback(ledger: KnowledgeLedger) -> SnapshotStatus:
    """Back to what was live before the live snapshot was. A second rollback goes further back, never forward."""
    live = await ledger.live_snapshot()
    earlier = [
        s
        for s in await ledger.snapshots()
        if live is not None and s.snapshot < live and s.state is SnapshotState.RETIRED
    ]
    if not earlier:
        raise NotFound("there is no earlier snapshot to go back to")
    before = max(earlier, key=lambda s: s.published_at or _NEVER)
    await ledger.move_pointer(before.snapshot)
    return await _status(ledger, before.snapshot)


async def _status(ledger: KnowledgeLedger, snapshot: int) -> SnapshotStatus:
    found = [s for s in await ledger.snapshots() if s.snapshot == snapshot]
    if not found:
        raise NotFound(f"there is no snapshot {snapshot}")
    return found[0]
