"""The PassageIndex of another process, over two pipes: a build works beside the API and writes to the index it owns.

Frames of JSON and of vectors in 32-bit floats, as the index keeps them anyway; nothing is unpickled. `PipedIndex` asks,
`answer` does what was asked. Knows nothing of builds.
"""

import asyncio
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, BinaryIO, TypeVar

import numpy as np

from seatmate.domain.errors import SeatmateError, StoreUnavailable, error_of
from seatmate.domain.ports import Hit, IndexPoint, PassageIndex, SparseVector, Vectors, Visible

HEAD = 16
"""Bytes before a frame: the length of its JSON, then that of its vectors."""
_POINTS = 500
"""Points in one frame: the owner makes sure once for each frame that they are on disk."""
_VECTORS = 100
"""Vectors that come back in one frame: putting it together keeps the owner's readers waiting for a millisecond."""
_TURN = 25
"""Vectors taken apart before the owner's readers have their turn."""
_NUMBERS = np.dtype("<u4")
_FLOATS = np.dtype("<f4")

T = TypeVar("T")
Said = dict[str, Any]


class PipedIndex:
    """The asking side. Waits for its answer in the calling thread: the process has nothing else to do."""

    def __init__(self, answers: BinaryIO, calls: BinaryIO) -> None:
        self._answers = answers
        self._calls = calls

    async def write(self, points: Sequence[IndexPoint]) -> None:
        for batch in _batches(points, _POINTS):
            lives = [_without_vectors(point) for point in batch]
            self._ask("write", {"points": lives}, [point.vectors for point in batch])

    async def close_points(self, passage_ids: Sequence[str], snap_to: int) -> None:
        self._ask("close_points", {"passage_ids": list(passage_ids), "snap_to": snap_to})

    async def vectors(self, passage_ids: Sequence[str]) -> dict[str, Vectors]:
        found: dict[str, Vectors] = {}
        for batch in _batches(passage_ids, _VECTORS):
            said, vectors = self._ask("vectors", {"passage_ids": list(batch)})
            found |= dict(zip(said["passage_ids"], vectors, strict=True))
        return found

    async def reopen_points(self, snap_to: int) -> None:
        self._ask("reopen_points", {"snap_to": snap_to})

    async def search(self, vectors: Vectors, visible: Visible, limit: int) -> list[Hit]:
        said, _ = self._ask("search", {"visible": _told(visible), "limit": limit}, [vectors])
        return [Hit(passage_id, score) for passage_id, score in said["hits"]]

    async def count(self, visible: Visible | None = None) -> int:
        said, _ = self._ask("count", {"visible": None if visible is None else _told(visible)})
        return int(said["count"])

    async def wipe(self) -> None:
        self._ask("wipe", {})

    async def aclose(self) -> None:
        """Nothing is let go of: the index belongs to whoever answers."""

    def _ask(self, call: str, wanted: Said, vectors: Sequence[Vectors] = ()) -> tuple[Said, list[Vectors]]:
        try:
            self._calls.write(frame({"call": call, **wanted}, vectors))
            self._calls.flush()
            json_bytes, vector_bytes = lengths(_exactly(self._answers, HEAD))
            said, body = json.loads(_exactly(self._answers, json_bytes)), _exactly(self._answers, vector_bytes)
        except (EOFError, BrokenPipeError) as error:
            raise StoreUnavailable("the process that owns the index has gone") from error
        if "refused" in said:
            raise error_of(said["refused"], said["detail"])
        return said, list(vectors_in(said, body))


async def answer(index: PassageIndex, said: Said, body: bytes) -> bytes:
    """The owner's side: do what a frame asks and frame what came of it, or the error that the asker is to raise."""
    vectors: list[Vectors] = []
    for number, one in enumerate(vectors_in(said, body)):
        vectors.append(one)
        if number % _TURN == 0:
            await asyncio.sleep(0)
    try:
        return frame(*await _done(index, said, vectors))
    except SeatmateError as error:
        return frame({"refused": error.code, "detail": error.detail})


def frame(said: Said, vectors: Sequence[Vectors] = ()) -> bytes:
    sizes = [len(v.sparse.indices) for v in vectors]
    body = b"".join(
        [
            np.array([v.dense for v in vectors], _FLOATS).tobytes(),
            np.array([i for v in vectors for i in v.sparse.indices], _NUMBERS).tobytes(),
            np.array([x for v in vectors for x in v.sparse.values], _FLOATS).tobytes(),
        ]
    )
    head = json.dumps({**said, "sizes": sizes}, ensure_ascii=False).encode()
    return len(head).to_bytes(HEAD // 2, "big") + len(body).to_bytes(HEAD // 2, "big") + head + body


def lengths(head: bytes) -> tuple[int, int]:
    """Of the JSON and of the vectors that follow."""
    return int.from_bytes(head[: HEAD // 2], "big"), int.from_bytes(head[HEAD // 2 :], "big")


def vectors_in(said: Said, body: bytes) -> Iterator[Vectors]:
    """Those that came with a frame, one after another."""
    sizes = said["sizes"]
    terms = sum(sizes)
    dense_bytes = len(body) - terms * (_NUMBERS.itemsize + _FLOATS.itemsize)
    dense = np.frombuffer(body, _FLOATS, dense_bytes // _FLOATS.itemsize).reshape(len(sizes), -1) if sizes else ()
    indices = np.frombuffer(body, _NUMBERS, terms, dense_bytes)
    values = np.frombuffer(body, _FLOATS, terms, dense_bytes + terms * _NUMBERS.itemsize)
    at = 0
    for size, meaning in zip(sizes, dense, strict=True):
        sparse = SparseVector(tuple(indices[at : at + size].tolist()), tuple(values[at : at + size].tolist()))
        yield Vectors(sparse, tuple(meaning.tolist()))
        at += size


async def _done(index: PassageIndex, said: Said, vectors: Sequence[Vectors]) -> tuple[Said, Sequence[Vectors]]:
    match said["call"]:
        case "write":
            await index.write([_with_vectors(life, v) for life, v in zip(said["points"], vectors, strict=True)])
        case "close_points":
            await index.close_points(said["passage_ids"], said["snap_to"])
        case "vectors":
            there = await index.vectors(said["passage_ids"])
            return {"passage_ids": list(there)}, list(there.values())
        case "reopen_points":
            await index.reopen_points(said["snap_to"])
        case "search":
            hits = await index.search(vectors[0], _visible(said["visible"]), said["limit"])
            return {"hits": [(hit.passage_id, hit.score) for hit in hits]}, ()
        case "count":
            visible = said["visible"]
            return {"count": await index.count(None if visible is None else _visible(visible))}, ()
        case "wipe":
            await index.wipe()
    return {}, ()


def _without_vectors(point: IndexPoint) -> Said:
    return {name: getattr(point, name) for name in IndexPoint.__dataclass_fields__ if name != "vectors"}


def _with_vectors(life: Said, vectors: Vectors) -> IndexPoint:
    scope, codes = tuple(life.pop("scope")), tuple(life.pop("product_codes"))
    return IndexPoint(vectors=vectors, scope=scope, product_codes=codes, **life)


def _told(visible: Visible) -> Said:
    return asdict(visible) | {"as_of": visible.as_of.isoformat()}


def _visible(told: Said) -> Visible:
    return Visible(
        told["snapshot"],
        datetime.fromisoformat(told["as_of"]),
        tuple(told["scopes"]),
        told["in_force_only"],
        tuple(told["withheld"]),
    )


def _batches(items: Sequence[T], size: int) -> list[Sequence[T]]:
    return [items[at : at + size] for at in range(0, len(items), size)]


def _exactly(pipe: BinaryIO, size: int) -> bytes:
    data = pipe.read(size)
    if len(data) < size:
        raise EOFError
    return data
