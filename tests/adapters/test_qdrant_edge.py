"""What is Qdrant Edge's own: the folder, its one owner, and vectors of another encoder."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from seatmate.adapters.qdrant_edge import QdrantEdgeIndex
from seatmate.domain.errors import StoreUnavailable
from seatmate.testing.store_contracts import ENCODER, passage_id, point, visible

QUERY = asyncio.run(ENCODER.encode_query("转账手续费"))


def opened(folder: Path, fingerprint: str = "one") -> QdrantEdgeIndex:
    return QdrantEdgeIndex(folder, ENCODER.dimensions, fingerprint)


async def count_again(folder: Path, fingerprint: str = "one") -> int:
    index = opened(folder, fingerprint)
    try:
        return await index.count()
    finally:
        await index.aclose()


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
        "from seatmate.testing.store_contracts import ENCODER, point\n"
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
