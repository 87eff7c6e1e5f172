"""A weekly update, walk 3: read the drop → plan → split → facts → inspect → write the candidate → report.

A candidate is invisible until it is published; publishing moves one pointer. One that a kill interrupted, or that
nobody published, is discarded by the next build. Whether to publish is for the evaluation gate to say.
"""

import asyncio
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from seatmate.domain.builds import BuildReport
from seatmate.domain.knowledge import BANK_ZONE, SnapshotState, SnapshotStatus
from seatmate.domain.ports import Told
from seatmate.ingest.candidate import Before, Candidate, prepare, written_anew
from seatmate.ingest.drop import read_drop
from seatmate.ingest.inspect import Inspection, inspect
from seatmate.ingest.publish import publish, rollback
from seatmate.ingest.reindex import reindex
from seatmate.ingest.report import report_of
from seatmate.ingest.stores import Stores
from seatmate.ingest.write import write

__all__ = ["BuildsHere", "Stores", "build", "diff", "publish", "reindex", "rollback"]


async def build(
    stores: Stores, folder: Path, default_scope: tuple[str, ...] = (), told: Told = lambda step: None
) -> BuildReport:
    """Build the candidate that a drop makes. `default_scope` is for rows without a scope: by default nobody's."""
    started = time.monotonic()
    async with stores.updating:
        candidate, inspection = await _work_out(stores, folder, default_scope, told)
        told("write")
        await discard_candidates(stores)
        snapshot = await stores.ledger.begin_snapshot(candidate.drop.name)
        embedded = await write(stores, snapshot, candidate, inspection)
        report = await asyncio.to_thread(report_of, snapshot, candidate, inspection, embedded, 0.0)
        report = report.model_copy(update={"seconds": round(time.monotonic() - started, 3)})
        await stores.ledger.finish_build(report)
    return report.model_copy(update={"withheld": await stores.ledger.withheld(snapshot)})


async def diff(
    stores: Stores, folder: Path, default_scope: tuple[str, ...] = (), told: Told = lambda step: None
) -> BuildReport:
    """What `build` would do. Writes nothing; the snapshot it names is 0."""
    started = time.monotonic()
    candidate, inspection = await _work_out(stores, folder, default_scope, told)
    return await asyncio.to_thread(report_of, 0, candidate, inspection, 0, time.monotonic() - started)


@dataclass(frozen=True)
class BuildsHere:
    """The Builds port in this process: where nobody reads meanwhile, and in tests."""

    stores: Stores

    async def build(self, folder: Path, told: Told = lambda step: None) -> BuildReport:
        return await build(self.stores, folder, told=told)

    async def diff(self, folder: Path) -> BuildReport:
        return await diff(self.stores, folder)


async def discard_candidates(stores: Stores) -> None:
    """First it can no longer be published; then the index: while the records know of it, what is left can be found."""
    for status in await stores.ledger.snapshots():
        if status.state is SnapshotState.CANDIDATE:
            await stores.ledger.abandon(status.snapshot)
            await stores.index.reopen_points(status.snapshot)
            await stores.ledger.discard(status.snapshot)


async def _work_out(
    stores: Stores, folder: Path, default_scope: tuple[str, ...], told: Told
) -> tuple[Candidate, Inspection]:
    before = await _before(stores)
    told("read")
    drop = await asyncio.to_thread(read_drop, folder, default_scope, before.by_source())
    told("plan")
    candidate = await prepare(stores, drop, before)
    told("inspect")
    inspection = await inspect(stores, candidate, datetime.now(BANK_ZONE).date())
    return written_anew(candidate, inspection.to_write_anew), inspection


async def _before(stores: Stores) -> Before:
    live = await stores.ledger.live_snapshot() or 0
    newest = max((s.snapshot for s in await stores.ledger.snapshots() if _published(s)), default=0)
    facts = await stores.ledger.facts_at(newest)
    if live != newest:
        facts += await stores.ledger.facts_at(live)
    return Before.of(
        live=await stores.ledger.documents_at(live),
        newest=await stores.ledger.documents_at(newest),
        products=await stores.ledger.products_at(live),
        facts=facts,
        sizes=await stores.ledger.passage_counts(live) | await stores.ledger.passage_counts(newest),
        report=await stores.ledger.report(newest) if newest else None,
    )


def _published(status: SnapshotStatus) -> bool:
    return status.state is not SnapshotState.CANDIDATE
