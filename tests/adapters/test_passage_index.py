"""Every index keeps the same contract: in memory, Qdrant Edge, and a Qdrant server (SEATMATE_TEST_QDRANT_URL)."""

import os
import warnings
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from qdrant_client import AsyncQdrantClient

from seatmate.adapters.qdrant_edge import QdrantEdgeIndex
from seatmate.adapters.qdrant_server import QdrantServerIndex, open_server_index
from seatmate.domain.errors import StoreUnavailable
from seatmate.domain.ports import PassageIndex
from seatmate.testing.store_contracts import ENCODER, PassageIndexContract
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


async def test_a_server_out_of_reach_is_store_unavailable() -> None:
    index = open_server_index("http://127.0.0.1:1", None, "contract", ENCODER.dimensions, "one")
    with pytest.raises(StoreUnavailable):
        await index.count()
    await index.aclose()
