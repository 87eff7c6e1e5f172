"""A lost index comes back from the records as it was, and goes on where a kill stopped it."""

import asyncio
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from seatmate.adapters.dense import HashedGrams
from seatmate.adapters.encode import HybridEncoder
from seatmate.adapters.qdrant_edge import QdrantEdgeIndex
from seatmate.adapters.sparse import SparseEncoder
from seatmate.adapters.sql.base import open_engine, upgrade
from seatmate.adapters.sql.knowledge import SqlKnowledge
from seatmate.domain.ports import Vectors, Visible
from seatmate.ingest.flow import Stores, build, publish, reindex
from seatmate.testing.drops import drop

AS_OF = datetime(2030, 1, 1, tzinfo=UTC)
PRODUCTS = [f"{a}{b}" for a in "春夏秋冬晨暮星月" for b in ("添益", "稳盈", "聚宝", "安享", "增利", "丰利")]
ASKED = ("利率是多少", "手续费", "起购金额多少万元", "怎么赎回")
QUESTIONS = [f"{product}{ASKED[number % 4]}" for number, product in enumerate(PRODUCTS)] + list(ASKED)
"""Of one product, where there is one best passage; and of all, where many are alike."""

KILLED = """
import asyncio, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from test_reindex import Counting, stores_in
from seatmate.ingest.flow import reindex

async def main():
    folder = Path({folder!r})
    async with stores_in(folder, Counting(folder / "embedded")) as stores:
        await reindex(stores, lambda done, of: print(done, of, flush=True))

asyncio.run(main())
"""


class Counting(HybridEncoder):
    """The encoder, which writes down how many passages it embedded."""

    def __init__(self, record: Path) -> None:
        super().__init__(SparseEncoder(), HashedGrams())
        self._record = record

    async def encode_passages(self, texts: Sequence[str]) -> list[Vectors]:
        with self._record.open("a") as file:
            file.write(f"{len(texts)}\n")
        return await super().encode_passages(texts)


def bank(week: int) -> dict[str, str]:
    """A document for each product; the rates of every third change from week to week."""
    return {f"p{n}.md": _document(name, n, week if n % 3 == 0 else 0) for n, name in enumerate(PRODUCTS)}


def _document(name: str, number: int, week: int) -> str:
    rows = "".join(
        f"| {term}个月 | {100 + number + term + week}元 | {(number % 5) + 1}.{term:02}% |\n" for term in range(1, 25)
    )
    return (
        f"# {name}\n\n## 费率\n\n| 期限 | 手续费 | 年利率 |\n|---|---|---|\n{rows}\n"
        f"## 购买\n\n{name}起购金额{number % 7 + 1}万元，每日递增。\n\n"
        "## 赎回\n\n赎回须在工作日十五时前提交，次日到账。\n"
    )


@asynccontextmanager
async def stores_in(folder: Path, encoder: HybridEncoder | None = None) -> AsyncIterator[Stores]:
    encoder = encoder or HybridEncoder(SparseEncoder(), HashedGrams())
    engine = open_engine(f"sqlite:///{folder / 'seatmate.db'}")
    upgrade(engine)
    index = QdrantEdgeIndex(folder / "index", encoder.dimensions, encoder.fingerprint)
    yield Stores(SqlKnowledge(engine), index, encoder)
    await index.aclose()
    engine.dispose()


async def two_weeks(folder: Path) -> int:
    """Two published snapshots; returns how many passages the records have."""
    async with stores_in(folder) as stores:
        for week in (0, 1):
            report = await build(stores, drop(folder / f"w{week}", bank(week)))
            await publish(stores.ledger, report.snapshot)
        return await stores.ledger.passage_count()


async def top_tens(folder: Path) -> list[list[str]]:
    """The ids of ten passages for each question, in each of the two snapshots."""
    async with stores_in(folder) as stores:
        assert await reindex(stores) == 0
        found = []
        for question in QUESTIONS:
            vectors = await stores.encoder.encode_query(question)
            for snapshot in (1, 2):
                hits = await stores.index.search(vectors, Visible(snapshot, AS_OF, ("retail",)), 10)
                found.append([hit.passage_id for hit in hits])
        return found


def reindex_until_killed(folder: Path) -> int:
    """Another process, killed when it has told of its first page; returns how many passages that had."""
    code = KILLED.format(tests=str(Path(__file__).parent), folder=str(folder))
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        done = int(process.stdout.readline().split()[0])
        process.kill()
    return done


async def test_an_index_made_anew_answers_as_the_lost_one_did(tmp_path: Path) -> None:
    passages = await two_weeks(tmp_path)
    before = await top_tens(tmp_path)
    assert len(before) >= 80
    assert all(len(ids) == 10 for ids in before)
    shutil.rmtree(tmp_path / "index")
    async with stores_in(tmp_path) as stores:
        assert await reindex(stores) == passages
    assert await top_tens(tmp_path) == before


async def test_a_killed_reindex_goes_on_where_it_was(tmp_path: Path) -> None:
    passages = await two_weeks(tmp_path)
    before = await top_tens(tmp_path)
    shutil.rmtree(tmp_path / "index")
    done = await asyncio.to_thread(reindex_until_killed, tmp_path)
    assert 0 < done < passages
    async with stores_in(tmp_path, Counting(tmp_path / "embedded")) as stores:
        assert await stores.index.count() >= done
        assert 0 < await reindex(stores) <= passages - done
    again = sum(map(int, (tmp_path / "embedded").read_text().split())) - passages
    assert again <= 500  # the page that the kill fell into; the same words are embedded once, so it may be fewer
    assert await top_tens(tmp_path) == before
