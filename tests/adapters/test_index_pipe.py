"""An index over two pipes keeps the index's contract; the owner answers in a thread, as another process would."""

import asyncio
import json
import os
import threading
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatmate.adapters.index_pipe import HEAD, PipedIndex, answer, frame, lengths, vectors_in
from seatmate.adapters.qdrant_edge import QdrantEdgeIndex
from seatmate.domain.errors import NotFound, StoreUnavailable
from seatmate.domain.ports import PassageIndex, SparseVector, Vectors
from seatmate.testing.index_contract import ENCODER, PassageIndexContract, point
from seatmate.testing.stores import MemoryIndex

FLOATS = st.floats(-1e6, 1e6, width=32)
SPARSE = st.dictionaries(st.integers(0, 2**32 - 1), FLOATS, max_size=5).map(
    lambda terms: SparseVector(tuple(sorted(terms)), tuple(terms[i] for i in sorted(terms)))
)
SEVERAL = st.lists(st.builds(Vectors, SPARSE, st.tuples(*[FLOATS] * 3)), max_size=6)


class Owner:
    """Answers what comes over its pipes until the asker closes them. `index` is not asked for anything but answers."""

    def __init__(self, index: PassageIndex) -> None:
        (self._calls, self._to_owner), (self._from_owner, self._answers) = a_pipe(), a_pipe()
        self.piped = PipedIndex(self._from_owner, self._to_owner)
        self._index = index
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    def __enter__(self) -> PipedIndex:
        self._thread.start()
        return self.piped

    def __exit__(self, *_: object) -> None:
        self._to_owner.close()
        self._thread.join()
        for end in (self._calls, self._answers, self._from_owner):
            end.close()

    async def _serve(self) -> None:
        while head := self._calls.read(HEAD):
            said, body = map(self._calls.read, lengths(head))
            self._answers.write(await answer(self._index, json.loads(said), body))
            self._answers.flush()


def a_pipe() -> tuple[BinaryIO, BinaryIO]:
    out, into = os.pipe()
    return os.fdopen(out, "rb"), os.fdopen(into, "wb")


class TestOverAPipe(PassageIndexContract):
    @pytest.fixture
    async def index(self, tmp_path: Path) -> AsyncIterator[PassageIndex]:
        edge = QdrantEdgeIndex(tmp_path, ENCODER.dimensions, ENCODER.fingerprint)
        with Owner(edge) as piped:
            yield piped
        await edge.aclose()


@given(SEVERAL)
def test_vectors_come_out_of_a_frame_as_they_went_in(vectors: list[Vectors]) -> None:
    framed = frame({"call": "write", "带": "中文"}, vectors)
    json_bytes, vector_bytes = lengths(framed[:HEAD])
    assert len(framed) == HEAD + json_bytes + vector_bytes
    said = json.loads(framed[HEAD : HEAD + json_bytes])
    assert said == {"call": "write", "带": "中文", "sizes": [len(v.sparse.indices) for v in vectors]}
    assert list(vectors_in(said, framed[HEAD + json_bytes :])) == vectors


class Broken(MemoryIndex):
    async def write(self, points: object) -> None:
        raise NotFound("the collection has been dropped")


async def test_what_the_owner_raises_is_raised_by_the_asker() -> None:
    with Owner(Broken()) as piped, pytest.raises(NotFound, match="the collection has been dropped"):
        await piped.write([point("fee")])


async def test_an_owner_that_has_gone_is_a_store_that_cannot_be_reached() -> None:
    (calls, to_owner), (from_owner, answers) = a_pipe(), a_pipe()
    with calls, to_owner, from_owner, answers:
        answers.close()  # its last sign: the asker reads an end where an answer should be
        with pytest.raises(StoreUnavailable, match="has gone"):
            await PipedIndex(from_owner, to_owner).count()


async def test_what_is_more_than_one_frame_arrives_whole() -> None:
    points = [point(f"p{n}", f"第{n}条转账手续费") for n in range(620)]
    with Owner(MemoryIndex()) as piped:
        await piped.write(points)
        assert await piped.count() == 620
        assert set(await piped.vectors([p.passage_id for p in points])) == {p.passage_id for p in points}
