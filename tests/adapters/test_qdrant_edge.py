"""What is Qdrant Edge's own: the folder, its one owner, and vectors of another encoder."""

import asyncio
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from seatmate.adapters.qdrant_edge import QdrantEdgeIndex
from seatmate.domain.errors import StoreUnavailable
from seatmate.domain.ports import Vectors
from seatmate.testing.index_contract import ENCODER, passage_id, point, visible

WORDS = ("转账", "手续费", "利率", "年费", "挂失")
QUERY = asyncio.run(ENCODER.encode_query("转账手续费"))


def opened(folder: Path, fingerprint: str = "one") -> QdrantEdgeIndex:
    return QdrantEdgeIndex(folder, ENCODER.dimensions, fingerprint)


async def count_again(folder: Path, fingerprint: str = "one") -> int:
    index = opened(folder, fingerprint)
    try:
        return await index.count()
    finally:
        await index.aclose()


def in_order(folder: Path) -> bool:
    """The engine writes this file of vectors that it has put in order, even for a graph without edges."""
    return any(folder.rglob("graph.bin"))


async def test_what_was_written_is_there_after_reopening(tmp_path: Path) -> None:
    index = opened(tmp_path)
    await index.write([point("p")])
    await index.close_points([passage_id("p")], 7)
    await index.aclose()
    again = opened(tmp_path)
    assert [hit.passage_id for hit in await again.search(QUERY, visible(6), 5)] == [passage_id("p")]
    assert await again.search(QUERY, visible(7), 5) == []
    await again.aclose()


def test_what_was_written_survives_a_kill(tmp_path: Path) -> None:
    writer = (
        "import asyncio, os\n"
        "from pathlib import Path\n"
        "from seatmate.adapters.qdrant_edge import QdrantEdgeIndex\n"
        "from seatmate.testing.index_contract import ENCODER, point\n"
        f"index = QdrantEdgeIndex(Path({str(tmp_path)!r}), ENCODER.dimensions, 'one')\n"
        "asyncio.run(index.write([point('p')]))\n"
        "os._exit(9)\n"
    )
    subprocess.run([sys.executable, "-c", writer], check=False)
    assert asyncio.run(count_again(tmp_path)) == 1


async def test_a_second_process_is_refused_in_plain_words(tmp_path: Path) -> None:
    index = opened(tmp_path)
    for fingerprint in ("one", "two"):
        with pytest.raises(StoreUnavailable, match="belongs to another running process"):
            opened(tmp_path, fingerprint)
    await index.write([point("p")])
    assert await index.count() == 1
    await index.aclose()


def test_vectors_of_another_encoder_are_thrown_away_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "notes").mkdir()
    assert asyncio.run(count_again(tmp_path, "one")) == 0
    [before] = [path for path in tmp_path.iterdir() if path.name != "notes"]
    assert asyncio.run(count_again(tmp_path, "two")) == 0
    [after] = [path for path in tmp_path.iterdir() if path.name != "notes"]
    assert before != after


def test_an_index_that_was_begun_and_not_finished_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / "0123456789ab.begun").mkdir()
    (tmp_path / "0123456789ab.gone").mkdir()
    assert asyncio.run(count_again(tmp_path)) == 0


def test_a_damaged_index_says_that_it_may_be_deleted(tmp_path: Path) -> None:
    asyncio.run(count_again(tmp_path))
    [shard] = tmp_path.iterdir()
    (shard / "edge_config.json").write_text("{", "utf-8")
    with pytest.raises(StoreUnavailable, match="delete the folder"):
        opened(tmp_path)


async def test_a_large_index_is_put_in_order_and_finds_the_same(tmp_path: Path) -> None:
    """What was written lies in the order of writing until the folder is opened again, and is ordered then."""
    wide = 2_048  # so that a few points are much to read
    index = QdrantEdgeIndex(tmp_path, wide, "one")
    rng = random.Random(7)
    meanings = [tuple(rng.gauss(0, 1) for _ in range(wide)) for _ in range(1_000)]
    points = [
        replace(p, vectors=replace(p.vectors, dense=meaning))
        for n, meaning in enumerate(meanings)
        for p in [point(f"p{n}", text=f"{WORDS[n % 5]}{WORDS[n % 3]}第{n}档{n * 7}元", snap_from=n % 4)]
    ]
    await index.write(points)
    await index.close_points([p.passage_id for p in points[::3]], 3)
    asked = [
        Vectors((await ENCODER.encode_query(f"{word}第{n}档")).sparse, meanings[n * 31])
        for n, word in enumerate(WORDS * 4)
    ]
    before = [await index.search(query, visible(snapshot), 10) for query in asked for snapshot in (1, 3)]
    await index.aclose()
    again = QdrantEdgeIndex(tmp_path, wide, "one")
    assert in_order(tmp_path)
    after = [await again.search(query, visible(snapshot), 10) for query in asked for snapshot in (1, 3)]
    assert [[h.passage_id for h in hits] for hits in after] == [[h.passage_id for h in hits] for hits in before]
    assert await again.count() == 1_000
    await again.aclose()
