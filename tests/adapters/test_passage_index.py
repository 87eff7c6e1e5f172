"""Every index keeps the same contract: in memory, Qdrant Edge, and a Qdrant server (SEATMATE_TEST_QDRANT_URL)."""

import os
import warnings
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from qdrant_client import AsyncQdrantClient

from seatmate.adapters.qdrant_edge import QdrantEdgeIndex
from seatmate.adapters.qdrant_points import certain
from seatmate.adapters.qdrant_server import QdrantServerIndex, open_server_index
from seatmate.domain.errors import StoreUnavailable
from seatmate.domain.ports import Hit, PassageIndex
from seatmate.testing.index_contract import ENCODER, PassageIndexContract, passage_id, point, visible
from seatmate.testing.stores import MemoryIndex


class TestInMemory(PassageIndexContract):
    @pytest.fixture
    async def index(self) -> PassageIndex:
        return MemoryIndex()


class TestOnQdrantEdge(PassageIndexContract):
    @pytest.fixture
    async def index(self, tmp_path: Path) -> AsyncIterator[PassageIndex]:
        index = QdrantEdgeIndex(tmp_path, ENCODER.dimensions, ENCODER.fingerprint)
        yield index
        await index.aclose()


class TestOnTheClientOfAServer(PassageIndexContract):
    """The server's adapter against the client's own imitation of a server."""

    @pytest.fixture
    async def index(self) -> AsyncIterator[PassageIndex]:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            index = QdrantServerIndex(AsyncQdrantClient(":memory:"), "contract", ENCODER.dimensions, "one")
            yield index
            await index.aclose()


@pytest.mark.skipif("SEATMATE_TEST_QDRANT_URL" not in os.environ, reason="SEATMATE_TEST_QDRANT_URL is not set")
class TestOnAQdrantServer(PassageIndexContract):
    @pytest.fixture
    async def index(self) -> AsyncIterator[PassageIndex]:
        url = os.environ["SEATMATE_TEST_QDRANT_URL"]
        index = open_server_index(url, None, "contract", ENCODER.dimensions, ENCODER.fingerprint)
        await index.wipe()
        yield index
        await index.wipe()
        await index.aclose()


@pytest.fixture(params=["edge", "server"])
async def engines(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[PassageIndex, PassageIndex]]:
    """Two empty indexes of one kind."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if request.param == "edge":
            pair: list[PassageIndex] = [
                QdrantEdgeIndex(tmp_path / name, ENCODER.dimensions, "one") for name in ("a", "b")
            ]
        else:
            clients = (AsyncQdrantClient(":memory:"), AsyncQdrantClient(":memory:"))
            pair = [QdrantServerIndex(client, "pair", ENCODER.dimensions, "one") for client in clients]
        yield pair[0], pair[1]
        for index in pair:
            await index.aclose()


async def test_which_of_many_equals_are_found_does_not_depend_on_the_order_of_writing(
    engines: tuple[PassageIndex, PassageIndex],
) -> None:
    """More of them than the engine is asked for: a rebuilt index must not answer with others."""
    one, other = engines
    points = [point(f"twin {n}") for n in range(200)] + [point(f"near {n}", text="转账限额") for n in range(200)]
    await one.write(points)
    await other.write(points[::-1])
    query = await ENCODER.encode_query("转账手续费")
    found = [hit.passage_id for hit in await one.search(query, visible(), 10)]
    assert found == [hit.passage_id for hit in await other.search(query, visible(), 10)]
    assert found == sorted(passage_id(f"twin {n}") for n in range(200))[:10]


@given(st.lists(st.integers(0, 6), max_size=40), st.integers(1, 40), st.integers(1, 10))
def test_what_is_certain_is_the_same_whichever_equals_the_engine_gave(
    scores: list[int], depth: int, limit: int
) -> None:
    ranked = sorted(((score, n) for n, score in enumerate(scores)), reverse=True)
    other = sorted(((score, -n) for n, score in enumerate(scores)), reverse=True)
    answers = [
        certain([Hit(str(abs(n)), float(score)) for score, n in order[:depth]], depth, limit)
        for order in (ranked, other)
    ]
    kept = [None if hits is None else sorted((hit.passage_id, hit.score) for hit in hits) for hits in answers]
    assert kept[0] == kept[1]
    assert kept[0] is None or len(scores) < depth or len(kept[0]) >= limit


async def test_a_server_out_of_reach_is_store_unavailable() -> None:
    index = open_server_index("http://127.0.0.1:1", None, "contract", ENCODER.dimensions, "one")
    with pytest.raises(StoreUnavailable):
        await index.count()
    await index.aclose()
