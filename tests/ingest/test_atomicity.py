"""An update that is killed, switched under readers, or fails at any of its steps: readers never see a part of one."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event

from seatmate.adapters.sql.base import open_engine, upgrade
from seatmate.adapters.sql.knowledge import SqlKnowledge
from seatmate.domain.builds import BuildReport
from seatmate.domain.errors import NotFound, StoreUnavailable
from seatmate.domain.knowledge import Product, SnapshotState
from seatmate.domain.ports import IndexPoint, NewKnowledge, Vectors, Visible
from seatmate.ingest.flow import Stores, build, publish
from seatmate.testing.stores import HashEncoder, MemoryIndex, MemoryKnowledge
from tests.bench.atomicity import QUICK_POINTS, killed
from tests.bench.switches import FollowsThePointer, switched
from tests.ingest.update_looks import Look, compared, faults_of_the_index, look, without_numbers
from tests.ingest.update_weeks import EVERYONE, MOMENTS, write_weeks

SEED = 7


@pytest.mark.slow
def test_an_update_killed_at_any_write_is_whole_or_not_there(tmp_path: Path) -> None:
    found = killed(tmp_path / "kills", SEED, len(QUICK_POINTS), products=12)
    assert found["died"] == found["points"] == len(QUICK_POINTS)
    assert found["faults"] == []


async def test_under_switches_every_answer_is_wholly_of_one_snapshot_that_was_live(tmp_path: Path) -> None:
    found = await switched(tmp_path / "bank", SEED, switches=16, readers=8, weeks=3)
    assert found["faults"] == []
    assert found["switches"] >= 16
    assert found["builds_meanwhile"] >= 1
    assert len(found["answers_by_snapshot"]) >= 3
    assert found["approved"]
    assert found["answered_across_a_switch"]


async def test_a_reader_who_follows_the_pointer_would_be_found(tmp_path: Path) -> None:
    found = await switched(tmp_path / "bank", SEED, switches=12, readers=8, weeks=3, retrieval=FollowsThePointer)
    assert found["went_wrong"]


# ── a step that fails ──────────────────────────────────────────────────────────────────────────────────────────────


@dataclass
class Fault:
    """Where the stores fail: before a write has done anything, or when it is done and nobody hears of it."""

    step: str = ""
    when: str = ""

    @contextmanager
    def at(self, step: str) -> Iterator[None]:
        if (step, "before") == (self.step, self.when):
            raise StoreUnavailable("disk full")
        yield
        if (step, "after") == (self.step, self.when):
            raise StoreUnavailable("connection lost")


class FailingKnowledge(MemoryKnowledge):
    def __init__(self, fault: Fault) -> None:
        super().__init__()
        self._fault = fault

    async def begin_snapshot(self, *args: Any, **kwargs: Any) -> int:
        with self._fault.at("begin_snapshot"):
            return await super().begin_snapshot(*args, **kwargs)

    async def add_knowledge(self, snapshot: int, new: NewKnowledge) -> None:
        with self._fault.at("add_knowledge"):
            await super().add_knowledge(snapshot, new)

    async def close_documents(self, *args: Any, **kwargs: Any) -> None:
        with self._fault.at("close_documents"):
            await super().close_documents(*args, **kwargs)

    async def set_products(self, snapshot: int, products: Sequence[Product]) -> None:
        with self._fault.at("set_products"):
            await super().set_products(snapshot, products)

    async def finish_build(self, report: BuildReport) -> None:
        with self._fault.at("finish_build"):
            await super().finish_build(report)

    async def abandon(self, snapshot: int) -> None:
        with self._fault.at("abandon"):
            await super().abandon(snapshot)

    async def discard(self, snapshot: int) -> None:
        with self._fault.at("discard"):
            await super().discard(snapshot)

    async def move_pointer(self, snapshot: int) -> SnapshotState:
        with self._fault.at("move_pointer"):
            return await super().move_pointer(snapshot)


class FailingIndex(MemoryIndex):
    def __init__(self, fault: Fault) -> None:
        super().__init__()
        self._fault = fault

    async def write(self, points: Sequence[IndexPoint]) -> None:
        if (self._fault.step, self._fault.when) == ("index_write", "inside"):
            await super().write(points[: len(points) // 2])
            raise StoreUnavailable("disk full")
        with self._fault.at("index_write"):
            await super().write(points)

    async def close_points(self, passage_ids: Sequence[str], snap_to: int) -> None:
        with self._fault.at("index_close"):
            await super().close_points(passage_ids, snap_to)

    async def reopen_points(self, snap_to: int) -> None:
        with self._fault.at("index_reopen"):
            await super().reopen_points(snap_to)


class FailingEncoder(HashEncoder):
    def __init__(self, fault: Fault) -> None:
        self._fault = fault

    async def encode_passages(self, texts: Sequence[str]) -> list[Vectors]:
        with self._fault.at("encode"):
            return await super().encode_passages(texts)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("bank")
    write_weeks(home, SEED, products=6)
    (home / "seed").write_text(str(SEED))
    return home


async def two_weeks_and_a_candidate(home: Path, stores: Stores) -> dict[int, Look]:
    for name in ("w1", "w2"):
        await build(stores, home / "drops" / name)
        await publish(stores.ledger)
    await build(stores, home / "drops" / "spare")
    return {number: await look(stores, number, home) for number in (1, 2)}


@pytest.fixture
async def third_week(home: Path) -> Look:
    """Of an update that nothing disturbed."""
    stores = Stores(MemoryKnowledge(), MemoryIndex(), HashEncoder())
    await two_weeks_and_a_candidate(home, stores)
    return await published(home, stores)


async def published(home: Path, stores: Stores) -> Look:
    """What the third week's readers can be told, and what every one of them can find on each of three days."""
    snapshot = (await build(stores, home / "drops" / "w3")).snapshot
    await publish(stores.ledger, snapshot)
    found = without_numbers(await look(stores, snapshot, home))
    # This index adds up ranks, and ranks of equals depend on ids, which have the snapshot's number in them.
    del found["hits"]
    for moment in MOMENTS:
        query = await stores.encoder.encode_query("起购金额")
        hits = await stores.index.search(query, Visible(snapshot, moment, EVERYONE), 10_000)
        passages = await stores.ledger.passages([hit.passage_id for hit in hits])
        found[str(moment)] = sorted(f"{passages[h.passage_id].doc_id} {passages[h.passage_id].text}" for h in hits)
    return found


async def faults_of_readers(stores: Stores, home: Path, before: dict[int, Look]) -> list[str]:
    return [
        fault
        for number, wanted in before.items()
        for fault in compared(f"snapshot {number}", await look(stores, number, home), wanted)
    ]


STEPS = (
    "abandon", "index_reopen", "discard", "begin_snapshot", "add_knowledge", "close_documents", "set_products",
    "encode", "index_write", "index_close", "finish_build",
)  # fmt: skip


@pytest.mark.parametrize(
    ("step", "when"), [*((step, when) for step in STEPS for when in ("before", "after")), ("index_write", "inside")]
)
async def test_a_step_that_fails_says_why_and_leaves_readers_as_they_were(
    home: Path, third_week: Look, step: str, when: str
) -> None:
    fault = Fault()
    stores = Stores(FailingKnowledge(fault), FailingIndex(fault), FailingEncoder(fault))
    before = await two_weeks_and_a_candidate(home, stores)
    fault.step, fault.when = step, when
    with pytest.raises(StoreUnavailable, match="connection lost" if when == "after" else "disk full"):
        await build(stores, home / "drops" / "w3")
    fault.step = ""
    assert await stores.ledger.live_snapshot() == 2
    assert await faults_of_readers(stores, home, before) == []
    assert compared("the third week", await published(home, stores), third_week) == []
    assert await faults_of_readers(stores, home, before) == []
    assert await faults_of_the_index(stores) == []


WRITES = STEPS[STEPS.index("begin_snapshot") :]


@pytest.mark.parametrize("step", WRITES)
async def test_what_a_failure_left_unfinished_cannot_be_published(home: Path, step: str) -> None:
    fault = Fault(step, "before")
    stores = Stores(FailingKnowledge(fault), FailingIndex(fault), FailingEncoder(fault))
    with pytest.raises(StoreUnavailable):
        await build(stores, home / "drops" / "w1")
    with pytest.raises(NotFound):
        await publish(stores.ledger)
    with pytest.raises(NotFound):
        await publish(stores.ledger, 1)
    assert await stores.ledger.live_snapshot() is None


async def test_a_publication_that_fails_leaves_what_was_live(home: Path) -> None:
    fault = Fault()
    stores = Stores(FailingKnowledge(fault), FailingIndex(fault), FailingEncoder(fault))
    before = await two_weeks_and_a_candidate(home, stores)
    fault.step, fault.when = "move_pointer", "before"
    with pytest.raises(StoreUnavailable, match="disk full"):
        await publish(stores.ledger)
    assert await stores.ledger.live_snapshot() == 2
    assert await faults_of_readers(stores, home, before) == []


# ── a real disk that is full ───────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def no_more_pages(engine: Engine) -> Iterator[None]:
    """The database may not grow: the disk is full."""

    def limit(connection: Any, _: object) -> None:
        [pages] = connection.execute("PRAGMA page_count").fetchone()
        connection.execute(f"PRAGMA max_page_count={pages}")

    engine.dispose()
    event.listen(engine, "connect", limit)
    yield
    event.remove(engine, "connect", limit)
    engine.dispose()


async def test_records_on_a_full_disk_say_so_and_stay_as_they_were(home: Path, tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'records.db'}")
    upgrade(engine)
    stores = Stores(SqlKnowledge(engine), MemoryIndex(), HashEncoder())
    before = await two_weeks_and_a_candidate(home, stores)
    with no_more_pages(engine), pytest.raises(StoreUnavailable, match="full"):
        await build(stores, home / "drops" / "w3")
    assert await stores.ledger.live_snapshot() == 2
    assert await faults_of_readers(stores, home, before) == []
    report = await build(stores, home / "drops" / "w3")
    await publish(stores.ledger, report.snapshot)
    assert await faults_of_readers(stores, home, before) == []
    assert await faults_of_the_index(stores) == []
    engine.dispose()
