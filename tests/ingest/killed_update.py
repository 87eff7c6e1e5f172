"""A weekly update in a process of its own, for the tests and measurements of atomicity to kill.

    python -m tests.ingest.killed_update prepare HOME SEED N     N products: two weeks and a candidate not published
    python -m tests.ingest.killed_update update HOME [POINT]     builds and publishes the next week, saying each step
    python -m tests.ingest.killed_update look HOME               what the readers of each snapshot find, as JSON
    python -m tests.ingest.killed_update judge LIVE KNOWN HOME   what is wrong with HOME, one of LIVE (2, 4, 2,4) live

KNOWN is a file with the looks of an update that nobody disturbed. A POINT is `step:n:when`: at the n-th call of a write
of the records or of the index, `before`, `inside` or `after` it, the process kills itself.
"""

import asyncio
import json
import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from seatmate.adapters.dense import HashedGrams
from seatmate.adapters.encode import HybridEncoder
from seatmate.adapters.qdrant_edge import QdrantEdgeIndex
from seatmate.adapters.sparse import SparseEncoder
from seatmate.adapters.sql.base import open_engine, upgrade
from seatmate.adapters.sql.knowledge import SqlKnowledge
from seatmate.domain.builds import BuildReport
from seatmate.domain.knowledge import Product, SnapshotState
from seatmate.domain.ports import IndexPoint, NewKnowledge
from seatmate.ingest.flow import Stores, build, publish
from tests.ingest.update_looks import judge, looks, opened
from tests.ingest.update_weeks import write_weeks


class Dying:
    """Says each write as it begins and ends, and dies at its point."""

    def __init__(self, point: str) -> None:
        self._step, number, self._when = point.split(":") if point else ("", "0", "")
        self._number = int(number)
        self._calls: dict[str, int] = {}
        self._now = ""

    @contextmanager
    def at(self, step: str) -> Iterator[bool]:
        """Around a write; gives whether it has to die inside."""
        self._calls[step] = self._calls.get(step, 0) + 1
        say(f"{step} {self._calls[step]}")
        self._now = step
        self._die(step, "before")
        yield self._dies(step, "inside")
        self._now = ""
        self._die(step, "after")
        say(f"{step} {self._calls[step]} done")

    def at_commit(self, connection: object) -> None:
        """Everything is written, nothing is kept yet."""
        self._die(self._now, "inside")

    def _dies(self, step: str, when: str) -> bool:
        return (step, self._calls.get(step), when) == (self._step, self._number, self._when)

    def _die(self, step: str, when: str) -> None:
        if self._dies(step, when):
            die()


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def say(what: str) -> None:
    os.write(1, f"{what}\n".encode())


class DyingKnowledge(SqlKnowledge):
    def __init__(self, engine: Engine, dying: Dying) -> None:
        super().__init__(engine)
        self._dying = dying
        event.listen(engine, "commit", dying.at_commit)

    async def begin_snapshot(self, *args: Any, **kwargs: Any) -> int:
        with self._dying.at("begin_snapshot"):
            return await super().begin_snapshot(*args, **kwargs)

    async def add_knowledge(self, snapshot: int, new: NewKnowledge) -> None:
        with self._dying.at("add_knowledge"):
            await super().add_knowledge(snapshot, new)

    async def close_documents(self, *args: Any, **kwargs: Any) -> None:
        with self._dying.at("close_documents"):
            await super().close_documents(*args, **kwargs)

    async def set_products(self, snapshot: int, products: Sequence[Product]) -> None:
        with self._dying.at("set_products"):
            await super().set_products(snapshot, products)

    async def finish_build(self, report: BuildReport) -> None:
        with self._dying.at("finish_build"):
            await super().finish_build(report)

    async def abandon(self, snapshot: int) -> None:
        with self._dying.at("abandon"):
            await super().abandon(snapshot)

    async def discard(self, snapshot: int) -> None:
        with self._dying.at("discard"):
            await super().discard(snapshot)

    async def move_pointer(self, snapshot: int) -> SnapshotState:
        with self._dying.at("move_pointer"):
            return await super().move_pointer(snapshot)


class DyingIndex(QdrantEdgeIndex):
    def __init__(self, folder: Path, encoder: HybridEncoder, dying: Dying) -> None:
        super().__init__(folder, encoder.dimensions, encoder.fingerprint)
        self._dying = dying

    async def write(self, points: Sequence[IndexPoint]) -> None:
        with self._dying.at("index_write") as dies:
            await super().write(points[: len(points) // 2] if dies else points)
            if dies:
                die()

    async def close_points(self, passage_ids: Sequence[str], snap_to: int) -> None:
        with self._dying.at("index_close") as dies:
            await super().close_points(passage_ids[: len(passage_ids) // 2] if dies else passage_ids, snap_to)
            if dies:
                die()

    async def reopen_points(self, snap_to: int) -> None:
        with self._dying.at("index_reopen"):
            await super().reopen_points(snap_to)


async def prepare(home: Path, seed: int, products: int) -> None:
    write_weeks(home, seed, products)
    (home / "seed").write_text(str(seed))
    engine = open_engine(f"sqlite:///{home / 'records.db'}")
    upgrade(engine)
    engine.dispose()
    async with opened(home) as stores:
        for name in ("w1", "w2"):
            report = await build(stores, home / "drops" / name)
            await publish(stores.ledger, report.snapshot)
        await build(stores, home / "drops" / "spare")


async def update(home: Path, point: str = "") -> None:
    dying = Dying(point)
    engine = open_engine(f"sqlite:///{home / 'records.db'}")
    encoder = HybridEncoder(SparseEncoder(), HashedGrams())
    index = DyingIndex(home / "index", encoder, dying)
    stores = Stores(DyingKnowledge(engine, dying), index, encoder)
    report = await build(stores, home / "drops" / "w3", told=say)
    say("publish")
    await publish(stores.ledger, report.snapshot)
    say("close")
    await index.aclose()
    say("closed")


def main(verb: str, *more: str) -> None:
    match verb, more:
        case "prepare", (home, seed, products):
            asyncio.run(prepare(Path(home), int(seed), int(products)))
        case "update", (home, *point):
            asyncio.run(update(Path(home), *point))
        case "look", (home,):
            print(json.dumps(asyncio.run(looks(Path(home))), ensure_ascii=False))
        case "judge", (live, known, home):
            wanted = json.loads(Path(known).read_text("utf-8"))
            faults = asyncio.run(judge(Path(home), [int(n) for n in live.split(",")], wanted))
            print(json.dumps(faults, ensure_ascii=False))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(*sys.argv[1:])
