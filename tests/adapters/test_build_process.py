"""A build in a process of its own: the same candidate, beside the readers; what kills it harms nothing else."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from seatmate.adapters.build_process import BuildProcess
from seatmate.adapters.qdrant_edge import QdrantEdgeIndex
from seatmate.adapters.sql.base import open_engine, upgrade
from seatmate.adapters.sql.knowledge import SqlKnowledge
from seatmate.domain.errors import BadInput, Conflict, StoreUnavailable
from seatmate.domain.knowledge import SnapshotState
from seatmate.ingest.flow import Stores, publish
from seatmate.settings import Settings
from seatmate.testing.drops import FEE_V1, FEE_V2, RATE, drop
from seatmate.wiring.knowledge import builds_of, open_encoder

BUILDER = "seatmate.builder"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings.load().in_folder(tmp_path / "var")


@pytest.fixture
async def stores(settings: Settings) -> AsyncIterator[Stores]:
    """As the API has them."""
    engine = open_engine(settings.records.url)
    upgrade(engine)
    encoder = open_encoder(settings.index, None)  # type: ignore[arg-type]  # the shipped table: nothing to close
    index = QdrantEdgeIndex(settings.index.path, encoder.dimensions, encoder.fingerprint)
    yield Stores(SqlKnowledge(engine), index, encoder)
    await index.aclose()
    engine.dispose()


def week(folder: Path, fee: str = FEE_V1) -> Path:
    rows = [{"path": path, "doc_id": path, "scope": "retail"} for path in ("fee.md", "rate.md")]
    return drop(folder, {"fee.md": fee, "rate.md": RATE}, rows)


def builders() -> list[int]:
    """Running building processes that this process has started."""
    tasks = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    children = {int(child) for task in tasks for child in task.read_text().split()}
    return [c for c in children if BUILDER in Path(f"/proc/{c}/cmdline").read_text()]


async def test_the_candidate_is_the_one_that_a_build_here_makes(
    stores: Stores, settings: Settings, tmp_path: Path
) -> None:
    steps: list[str] = []
    report = await builds_of(settings, stores.index).build(week(tmp_path / "w1"), steps.append)
    assert steps == ["read", "plan", "inspect", "write"]
    assert report.state is SnapshotState.CANDIDATE
    assert await stores.index.count() == await stores.ledger.passage_count() == report.passages
    await publish(stores.ledger, report.snapshot)
    again = await builds_of(settings, stores.index).build(week(tmp_path / "w2", FEE_V2))
    assert [change.doc_id for change in again.changes if change.passages_added] == ["fee.md"]
    assert again.embedded < again.passages
    assert builders() == []


async def test_a_plan_writes_nothing(stores: Stores, settings: Settings, tmp_path: Path) -> None:
    report = await builds_of(settings, stores.index).diff(week(tmp_path / "w1"))
    assert report.passages > 0
    assert await stores.ledger.snapshots() == []
    assert await stores.index.count() == 0


async def test_what_the_build_raises_is_raised_here(stores: Stores, settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="is no folder"):
        await builds_of(settings, stores.index).build(tmp_path / "nowhere")


async def test_there_is_no_plan_while_a_build_is_at_work(stores: Stores, settings: Settings, tmp_path: Path) -> None:
    builds = builds_of(settings, stores.index)
    building = asyncio.create_task(builds.build(week(tmp_path / "w1")))
    await asyncio.sleep(0)
    with pytest.raises(Conflict, match="a build is running"):
        await builds.diff(week(tmp_path / "w2"))
    assert (await building).snapshot == 1


@pytest.mark.parametrize("step", ["read", "plan", "inspect", "write"])
async def test_a_killed_build_is_told_and_the_next_one_is_whole(
    step: str, stores: Stores, settings: Settings, tmp_path: Path
) -> None:
    builds = builds_of(settings, stores.index)
    first = week(tmp_path / "w1")

    def kill(begun: str) -> None:
        if begun == step:
            os.kill(builders()[0], signal.SIGKILL)

    with pytest.raises(StoreUnavailable, match="signal 9"):
        await builds.build(first, kill)
    assert await stores.ledger.live_snapshot() is None
    report = await builds.build(first)
    await publish(stores.ledger, report.snapshot)
    assert await stores.index.count() == await stores.ledger.passage_count() == report.passages


async def test_a_builder_that_prints_or_ends_early_is_a_reason_not_a_hang(tmp_path: Path) -> None:
    early = BuildProcess((sys.executable, "-c", "import sys; sys.exit(3)"), {}, None)  # type: ignore[arg-type]
    with pytest.raises(StoreUnavailable, match="status 3"):
        await early.build(tmp_path)


def test_the_builder_ends_with_the_process_that_started_it(settings: Settings, tmp_path: Path) -> None:
    """Killed as hard as can be, that process cannot end it itself."""
    folder = week(tmp_path / "w1")
    code = f"""
        import asyncio, os, signal
        from pathlib import Path
        from seatmate.adapters.sql.base import open_engine, upgrade
        from seatmate.settings import Settings
        from seatmate.testing.stores import MemoryIndex
        from seatmate.wiring.knowledge import builds_of

        settings = Settings.load().in_folder(Path({str(tmp_path / "var")!r}))
        upgrade(open_engine(settings.records.url))
        builds = builds_of(settings, MemoryIndex())

        def kill(step):
            print(builds._running.pid, flush=True)
            os.kill(os.getpid(), signal.SIGKILL)

        asyncio.run(builds.build(Path({str(folder)!r}), kill))
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True)
    assert done.returncode == -signal.SIGKILL
    builder = Path(f"/proc/{int(done.stdout)}")
    deadline = time.monotonic() + 10
    while builder.exists() and "Z" not in (builder / "stat").read_text().rpartition(")")[2][:3]:
        assert time.monotonic() < deadline
        time.sleep(0.05)
