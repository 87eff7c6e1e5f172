"""The weekly update: what changes, when it is seen, and what an interruption leaves."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from seatmate.adapters.dense import HashedGrams
from seatmate.adapters.encode import HybridEncoder
from seatmate.adapters.qdrant_edge import QdrantEdgeIndex
from seatmate.adapters.sparse import SparseEncoder
from seatmate.adapters.sql.base import open_engine, upgrade
from seatmate.adapters.sql.knowledge import SqlKnowledge
from seatmate.domain.builds import BuildReport, Change
from seatmate.domain.errors import BadInput, NotFound, StoreUnavailable
from seatmate.domain.knowledge import BANK_ZONE, SnapshotState
from seatmate.domain.ports import IndexPoint, Visible
from seatmate.ingest.flow import Stores, build, diff, publish, reindex, rollback
from seatmate.testing.drops import FEE_V1, FEE_V2, RATE, drop
from seatmate.testing.stores import HashEncoder, MemoryIndex, MemoryKnowledge

AS_OF = datetime(2030, 1, 1, tzinfo=UTC)
"""After every change of these drops: a drop without dates takes effect when it is read."""


@pytest.fixture
def stores() -> Stores:
    return Stores(MemoryKnowledge(), MemoryIndex(), HashEncoder())


@pytest.fixture(scope="module")
def encoder() -> HybridEncoder:
    return HybridEncoder(SparseEncoder(), HashedGrams())


@pytest.fixture
async def real_stores(tmp_path: Path, encoder: HybridEncoder) -> AsyncIterator[Stores]:
    engine = open_engine(f"sqlite:///{tmp_path / 'seatmate.db'}")
    upgrade(engine)
    index = QdrantEdgeIndex(tmp_path / "index", encoder.dimensions, encoder.fingerprint)
    yield Stores(SqlKnowledge(engine), index, encoder)
    await index.aclose()
    engine.dispose()


async def texts(stores: Stores, snapshot: int, query: str = "手续费 利率") -> set[str]:
    """What a reader of this snapshot finds after all the changes."""
    return await found_on(stores, snapshot, AS_OF, query)


async def found_on(stores: Stores, snapshot: int, day: datetime, query: str = "手续费 利率") -> set[str]:
    visible = Visible(snapshot, day, ("retail",))
    hits = await stores.index.search(await stores.encoder.encode_query(query), visible, 50)
    return {passage.text for passage in (await stores.ledger.passages([hit.passage_id for hit in hits])).values()}


def changes(report: BuildReport) -> dict[str, Change]:
    return {change.doc_id: change.change for change in report.changes}


async def publish_drop(stores: Stores, folder: Path) -> int:
    report = await build(stores, folder)
    return (await publish(stores.ledger, report.snapshot)).snapshot


async def test_a_build_changes_nothing_that_is_read_until_it_is_published(stores: Stores, tmp_path: Path) -> None:
    await publish_drop(stores, drop(tmp_path / "w1", {"fee.md": FEE_V1, "rate.md": RATE}))
    before = await texts(stores, 1)
    report = await build(stores, drop(tmp_path / "w2", {"fee.md": FEE_V2, "new.txt": "公告\n手续费减半。"}))
    assert changes(report) == {"fee": Change.CHANGED, "rate": Change.WITHDRAWN, "new": Change.ADDED}
    assert report.state is SnapshotState.CANDIDATE
    assert await stores.ledger.live_snapshot() == 1
    assert await texts(stores, 1) == before
    await publish(stores.ledger)
    assert await stores.ledger.live_snapshot() == 2
    after = await texts(stores, 2)
    assert "金额：5,000元以下；手续费：0元" in after
    assert not any("利率" in text or "5元" in text.partition("手续费：")[2] for text in after)
    assert await texts(stores, 1) == before


async def test_an_unchanged_document_is_not_written_again(stores: Stores, tmp_path: Path) -> None:
    await publish_drop(stores, drop(tmp_path / "w1", {"fee.md": FEE_V1, "rate.md": RATE}))
    count = await stores.index.count()
    rows = [
        {"path": "moved/fee.md", "doc_id": "fee", "scope": "retail", "published_at": "2026-11-09"},
        {"path": "rate.md", "doc_id": "rate", "scope": "retail"},
    ]
    report = await build(stores, drop(tmp_path / "w2", {"moved/fee.md": FEE_V1, "rate.md": RATE}, rows))
    assert set(changes(report).values()) == {Change.UNCHANGED}
    assert await stores.index.count() == count
    assert report.passages == count


async def test_a_change_of_what_the_manifest_says_is_a_change(stores: Stores, tmp_path: Path) -> None:
    await publish_drop(stores, drop(tmp_path / "w1", {"fee.md": FEE_V1}))
    row = {"path": "fee.md", "doc_id": "fee", "scope": "retail", "valid_to": "2026-11-08"}
    report = await build(stores, drop(tmp_path / "w2", {"fee.md": FEE_V1}, [row]))
    assert changes(report) == {"fee": Change.CHANGED}
    await publish(stores.ledger)
    assert await texts(stores, 2) == set()


async def test_a_fault_leaves_the_rest_and_the_old_version_stays(stores: Stores, tmp_path: Path) -> None:
    await publish_drop(stores, drop(tmp_path / "w1", {"fee.md": FEE_V1, "rate.pdf": RATE.encode()}))
    assert (await stores.ledger.snapshots())[0].documents == 1
    folder = drop(tmp_path / "w2", {"fee.md": "\n", "rate.md": RATE, "orphan.md": "x"}, [
        {"path": "fee.md", "scope": "retail"},
        {"path": "rate.md", "scope": "retail"},
    ])  # fmt: skip
    report = await build(stores, folder)
    assert changes(report) == {"fee": Change.UNCHANGED, "rate": Change.ADDED}
    assert {fault.path for fault in report.faults} == {"fee.md", "orphan.md"}
    await publish(stores.ledger)
    assert "金额：5,000元以下；手续费：5元" in await texts(stores, 2)


async def test_a_document_without_a_scope_is_nobodys_unless_a_scope_is_given(stores: Stores, tmp_path: Path) -> None:
    folder = drop(tmp_path / "w1", {"fee.md": FEE_V1}, [{"path": "fee.md"}])
    report = await build(stores, folder)
    assert "nobody may read it" in report.faults[0].reason
    assert await texts(stores, report.snapshot) == set()
    report = await build(stores, folder, default_scope=("retail",))
    assert report.faults == ()
    assert await texts(stores, report.snapshot) != set()


async def test_a_drop_that_is_no_drop_changes_nothing(stores: Stores, tmp_path: Path) -> None:
    await build(stores, drop(tmp_path / "w1", {"fee.md": FEE_V1}))
    with pytest.raises(BadInput):
        await build(stores, tmp_path / "nowhere")
    assert [s.snapshot for s in await stores.ledger.snapshots()] == [1]


async def test_diff_says_what_build_would_do_and_writes_nothing(stores: Stores, tmp_path: Path) -> None:
    folder = drop(tmp_path / "w1", {"fee.md": FEE_V1})
    told = await diff(stores, folder)
    assert await stores.ledger.snapshots() == []
    assert await stores.index.count() == 0
    done = await build(stores, folder)
    assert told.changes == done.changes
    assert (told.documents, told.passages) == (done.documents, done.passages)


async def test_the_next_build_discards_a_candidate_that_nobody_published(stores: Stores, tmp_path: Path) -> None:
    await publish_drop(stores, drop(tmp_path / "w1", {"fee.md": FEE_V1}))
    await build(stores, drop(tmp_path / "bad", {"fee.md": FEE_V1.replace("5元", "9元")}))
    report = await build(stores, drop(tmp_path / "good", {"fee.md": FEE_V2}))
    assert report.snapshot == 3
    assert [s.snapshot for s in await stores.ledger.snapshots()] == [1, 3]
    await publish(stores.ledger)
    assert not any("9元" in text for text in await texts(stores, 3))


async def test_going_back_and_building_on(stores: Stores, tmp_path: Path) -> None:
    """After a rollback the next drop is compared with what is live; its readers see that drop and nothing else."""
    await publish_drop(stores, drop(tmp_path / "w1", {"fee.md": FEE_V1, "rate.md": RATE}))
    before = await texts(stores, 1)
    await publish_drop(stores, drop(tmp_path / "w2", {"fee.md": FEE_V2, "new.txt": "公告\n手续费减半。"}))
    assert (await rollback(stores.ledger)).snapshot == 1
    assert await texts(stores, 1) == before
    report = await build(stores, drop(tmp_path / "w3", {"fee.md": FEE_V1, "rate.md": RATE}))
    assert set(changes(report).values()) == {Change.UNCHANGED}
    await publish(stores.ledger)
    assert await texts(stores, 3) == before
    assert await texts(stores, 1) == before
    assert (await rollback(stores.ledger)).snapshot == 1
    with pytest.raises(NotFound):
        await rollback(stores.ledger)


async def test_a_text_that_comes_back_lives_again_and_its_first_life_stays(stores: Stores, tmp_path: Path) -> None:
    for week, text in enumerate((FEE_V1, FEE_V2, FEE_V1), start=1):
        await publish_drop(stores, drop(tmp_path / f"w{week}", {"fee.md": text}))
    assert await texts(stores, 1) == await texts(stores, 3) != await texts(stores, 2)
    [first] = await stores.ledger.documents_at(1)
    [third] = [d for d in await stores.ledger.documents_at(3) if not d.superseded]
    assert third.version == f"{first.version}.3"
    report = await build(stores, drop(tmp_path / "w4", {"fee.md": FEE_V1}))
    assert changes(report) == {"fee": Change.UNCHANGED}


async def test_an_earlier_day_finds_what_was_true_then_in_the_newest_snapshot(
    real_stores: Stores, tmp_path: Path
) -> None:
    for week, text in enumerate((FEE_V1, FEE_V2, FEE_V2 + "\n备注。\n"), start=1):
        snapshot = await publish_drop(real_stores, drop(tmp_path / f"w{week}", {"fee.md": text}))
    last_moment = datetime(2026, 11, 8, 23, 59, 59, tzinfo=BANK_ZONE)
    assert "金额：5,000元以下；手续费：5元" in await found_on(real_stores, snapshot, last_moment)
    assert "金额：5,000元以下；手续费：0元" not in await found_on(real_stores, snapshot, last_moment)
    next_moment = datetime(2026, 11, 9, tzinfo=BANK_ZONE)
    assert "金额：5,000元以下；手续费：5元" not in await found_on(real_stores, snapshot, next_moment)
    assert "金额：5,000元以下；手续费：0元" in await found_on(real_stores, snapshot, next_moment)


async def test_a_correction_leaves_nothing_of_what_was_never_true(stores: Stores, tmp_path: Path) -> None:
    await publish_drop(stores, drop(tmp_path / "w1", {"fee.md": FEE_V1}))
    corrected = FEE_V1.replace("5元 |", "6元 |")
    snapshot = await publish_drop(stores, drop(tmp_path / "w2", {"fee.md": corrected}))
    for day in (datetime(2026, 10, 15, tzinfo=UTC), AS_OF):
        assert "金额：5,000元以下；手续费：5元" not in await found_on(stores, snapshot, day)


async def test_a_withdrawn_document_is_found_for_the_days_before_its_withdrawal(stores: Stores, tmp_path: Path) -> None:
    row = {"scope": "retail", "published_at": "2026-11-16T09:00:00+08:00"}
    both = [{"path": "fee.md", "doc_id": "fee", **row}, {"path": "rate.md", "doc_id": "rate", **row}]
    await publish_drop(stores, drop(tmp_path / "w1", {"fee.md": FEE_V1, "rate.md": RATE}, both))
    snapshot = await publish_drop(stores, drop(tmp_path / "w2", {"fee.md": FEE_V1}, both[:1]))
    before, after = datetime(2026, 11, 16, tzinfo=BANK_ZONE), datetime(2026, 11, 16, 9, tzinfo=BANK_ZONE)
    assert any("1.45%" in text for text in await found_on(stores, snapshot, before))
    assert not any("1.45%" in text for text in await found_on(stores, snapshot, after))


async def test_a_refused_document_is_kept_as_it_is_live_even_after_a_rollback(stores: Stores, tmp_path: Path) -> None:
    await publish_drop(stores, drop(tmp_path / "w1", {"fee.md": FEE_V1}))
    await publish_drop(stores, drop(tmp_path / "w2", {"fee.md": FEE_V2}))
    await rollback(stores.ledger)
    await publish_drop(stores, drop(tmp_path / "w3", {"fee.md": " "}))
    assert await texts(stores, 3) == await texts(stores, 1)


async def test_nothing_to_publish_is_said(stores: Stores) -> None:
    with pytest.raises(NotFound):
        await publish(stores.ledger)


class TornIndex(MemoryIndex):
    """An index whose disk is full after the first points."""

    async def write(self, points: list[IndexPoint]) -> None:  # type: ignore[override]
        await super().write(points[:1])
        raise StoreUnavailable("disk full")


async def test_a_build_that_fails_half_way_is_never_seen(stores: Stores, tmp_path: Path) -> None:
    await publish_drop(stores, drop(tmp_path / "w1", {"fee.md": FEE_V1}))
    broken = replace(stores, index=TornIndex())
    with pytest.raises(StoreUnavailable):
        await build(broken, drop(tmp_path / "w2", {"fee.md": FEE_V2}))
    with pytest.raises(NotFound):
        await publish(stores.ledger)
    assert await stores.ledger.live_snapshot() == 1
    assert "金额：5,000元以下；手续费：5元" in await texts(stores, 1)


async def test_a_lost_index_is_made_again_from_the_records(real_stores: Stores, tmp_path: Path) -> None:
    await publish_drop(real_stores, drop(tmp_path / "w1", {"fee.md": FEE_V1, "rate.md": RATE}))
    await publish_drop(real_stores, drop(tmp_path / "w2", {"fee.md": FEE_V2}))
    query, visible = await real_stores.encoder.encode_query("5,000元以下手续费"), Visible(1, AS_OF, ("retail",))
    before = [await real_stores.index.search(query, replace(visible, snapshot=n), 10) for n in (1, 2)]
    assert await reindex(real_stores) == 0
    await real_stores.index.wipe()
    assert await reindex(real_stores) > 0
    assert [await real_stores.index.search(query, replace(visible, snapshot=n), 10) for n in (1, 2)] == before


KILLED = """
import asyncio, os, sys
from pathlib import Path
from seatmate.adapters.dense import HashedGrams
from seatmate.adapters.encode import HybridEncoder
from seatmate.adapters.qdrant_edge import QdrantEdgeIndex
from seatmate.adapters.sparse import SparseEncoder
from seatmate.adapters.sql.base import open_engine
from seatmate.adapters.sql.knowledge import SqlKnowledge
from seatmate.ingest.flow import Stores, build

class Killed(SqlKnowledge):
    async def finish_build(self, report):
        os.kill(os.getpid(), 9)

home = Path(sys.argv[1])
encoder = HybridEncoder(SparseEncoder(), HashedGrams())
index = QdrantEdgeIndex(home / "index", encoder.dimensions, encoder.fingerprint)
stores = Stores(Killed(open_engine(f"sqlite:///{home / 'seatmate.db'}")), index, encoder)
asyncio.run(build(stores, home / "w2"))
"""


def test_a_killed_build_is_discarded_by_the_next_and_was_never_seen(tmp_path: Path, encoder: HybridEncoder) -> None:
    def opened() -> Stores:
        index = QdrantEdgeIndex(tmp_path / "index", encoder.dimensions, encoder.fingerprint)
        return Stores(SqlKnowledge(engine), index, encoder)

    async def first() -> set[str]:
        stores = opened()
        await publish_drop(stores, drop(tmp_path / "w1", {"fee.md": FEE_V1, "rate.md": RATE}))
        found = await texts(stores, 1)
        await stores.index.aclose()
        return found

    async def afterwards() -> None:
        stores = opened()
        assert await stores.ledger.live_snapshot() == 1
        assert await texts(stores, 1) == before
        with pytest.raises(NotFound):
            await publish(stores.ledger)
        report = await build(stores, tmp_path / "w2")
        assert report.snapshot == 3
        await publish(stores.ledger)
        assert await texts(stores, 1) == before
        assert "金额：5,000元以下；手续费：0元" in await texts(stores, 3)
        assert await stores.index.count() == await stores.ledger.passage_count()
        await stores.index.aclose()

    engine = open_engine(f"sqlite:///{tmp_path / 'seatmate.db'}")
    upgrade(engine)
    before = asyncio.run(first())
    drop(tmp_path / "w2", {"fee.md": FEE_V2})
    killed = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path)], check=False)
    assert killed.returncode == -9
    asyncio.run(afterwards())
    engine.dispose()
