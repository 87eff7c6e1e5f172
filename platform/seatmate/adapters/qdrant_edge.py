"""The PassageIndex in a folder of this process: Qdrant Edge 0.9, the engine of the server without the server.

One process owns the folder; another is refused in plain words. The folder is derived: vectors of another encoder are
thrown away, an index that was begun and not finished counts as none, and whoever opens it refills it (ingest.reindex).

The engine holds Python's interpreter lock for as long as a call takes, in whatever thread. So writes go in small
batches, and what takes seconds (putting points in order for reading) is done when the folder is opened, or when far
more has been written than was in order. A search is exact: on passages of a bank, which repeat each other's words, a
graph of neighbours found three in four of them and others after every rebuild, and the filter costs more than it saves.
"""

import asyncio
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

from qdrant_edge import (
    CountRequest,
    Distance,
    EdgeConfig,
    EdgeOptimizersConfig,
    EdgeShard,
    EdgeSparseVectorParams,
    EdgeVectorParams,
    FieldCondition,
    Filter,
    HasIdCondition,
    HnswIndexConfig,
    IdfParams,
    MatchAny,
    MatchValue,
    Modifier,
    PayloadSchemaType,
    Point,
    Query,
    QueryBatchRequest,
    QueryRequest,
    RangeFloat,
    ScoredPoint,
    SearchParams,
    SparseVector,
    UpdateOperation,
)

from seatmate.adapters.fuse import Fusion, fuse
from seatmate.adapters.qdrant_points import (
    DEEPER,
    DENSE,
    KEYWORDS,
    NUMBERS,
    OPEN,
    SPARSE,
    certain,
    encoder_key,
    payload_of,
)
from seatmate.domain import ports as domain
from seatmate.domain.errors import StoreUnavailable
from seatmate.domain.ports import Hit, IndexPoint, Vectors, Visible

T = TypeVar("T")

_READ = 500
_WRITTEN = 25
"""Points in one write: some milliseconds, in which nobody reads."""
_CLOSED = 100
_UNFLUSHED = 50_000
"""Points that may be in the log alone. It is read again at the next opening, in two seconds at most; to write them out
takes tenths of a second in which nobody reads, so that no week's update should come to it."""
_UNORDERED = 25_000
"""Points that may lie as they were written: reading them is half as fast, putting them in order takes a second."""
_ORDERED_AT_OPENING_KB = 5_000
_SEGMENT_KB = 50_000
"""Several threads read several segments."""
_PATIENCE = 10
"""Tenths of a second."""
_OURS = re.compile(r"[0-9a-f]{12}(?:\.begun|\.gone)?")
"""What this module names its folders. Nothing else in the folder is touched."""
_OWNED = "WouldBlock"
"""What the engine says of a folder that another process has locked."""


class QdrantEdgeIndex:
    """Opens the folder, or makes it. `fingerprint` is the encoder's: other vectors than its own are thrown away."""

    def __init__(self, folder: Path, dimensions: int, fingerprint: str, fusion: Fusion | None = None) -> None:
        self._folder = folder
        self._dimensions = dimensions
        self._path = folder / encoder_key(fingerprint, dimensions)
        self._fusion = fusion or Fusion()
        self._writing = asyncio.Lock()
        with _plain_words(folder):
            self._shard = self._open()

    async def write(self, points: Sequence[IndexPoint]) -> None:
        for at in range(0, len(points), _WRITTEN):
            batch = points[at : at + _WRITTEN]
            await self._write(partial(_upsert, batch), len(batch))
        await self._write(self._settle)

    async def close_points(self, passage_ids: Sequence[str], snap_to: int) -> None:
        for at in range(0, len(passage_ids), _CLOSED):
            batch = passage_ids[at : at + _CLOSED]
            await self._write(partial(_close, batch, snap_to), len(batch))
        await self._write(self._settle)

    async def vectors(self, passage_ids: Sequence[str]) -> dict[str, Vectors]:
        def work(shard: EdgeShard) -> dict[str, Vectors]:
            found: dict[str, Vectors] = {}
            for at in range(0, len(passage_ids), _READ):
                for record in shard.retrieve(list(passage_ids[at : at + _READ]), False, True):
                    found[str(record.id)] = _vectors(record.vector)
            return found

        return await self._call(work)

    async def reopen_points(self, snap_to: int) -> None:
        def work(shard: EdgeShard) -> None:
            closed = Filter(must=[FieldCondition("snap_to", match=MatchValue(snap_to))])
            written = Filter(must=[FieldCondition("snap_from", match=MatchValue(snap_to))])
            shard.update(UpdateOperation.set_payload_by_filter(closed, {"snap_to": OPEN}))
            shard.update(UpdateOperation.delete_points_by_filter(written))
            shard.flush()

        await self._write(work)

    async def search(self, vectors: Vectors, visible: Visible, limit: int) -> list[Hit]:
        if not visible.scopes or limit < 1:
            return []
        # Not in a thread: it would hold the interpreter lock all the same, and wait for it twice more.
        with _plain_words(self._folder):
            return self._search(vectors, visible, limit)

    async def count(self, visible: Visible | None = None) -> int:
        if visible is not None and not visible.scopes:
            return 0
        wanted = None if visible is None else _filter(visible)
        return await self._call(lambda shard: shard.count(CountRequest(exact=True, filter=wanted)))

    async def wipe(self) -> None:
        def work(shard: EdgeShard) -> None:
            shard.close()
            _remove(self._path)
            self._shard = self._open()

        await self._write(work)

    async def aclose(self) -> None:
        def work(shard: EdgeShard) -> None:
            shard.flush()
            shard.close()

        await self._write(work)

    def _open(self) -> EdgeShard:
        """Load this encoder's shard, or make an empty one under another name first: a half-made one is never loaded."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for other in sorted(self._folder.iterdir()):
            if other.is_dir() and _OURS.fullmatch(other.name) and other != self._path:
                _refuse_owned(other)
                _remove(other)
        if not self._path.is_dir():
            begun = self._path.with_suffix(".begun")
            begun.mkdir()
            shard = EdgeShard.create(str(begun), _config(self._dimensions))
            for name in KEYWORDS:
                shard.update(UpdateOperation.create_field_index(name, PayloadSchemaType.Keyword))
            for name in NUMBERS:
                shard.update(UpdateOperation.create_field_index(name, PayloadSchemaType.Integer))
            shard.flush()
            shard.close()
            begun.rename(self._path)
        shard = _load(self._path, self._dimensions)
        shard.optimize()
        self._unflushed = self._unordered = 0
        return shard

    def _search(self, vectors: Vectors, visible: Visible, limit: int) -> list[Hit]:
        allowed = _filter(visible)
        depth = max(self._fusion.depth, 2 * limit)
        while True:
            sparse = QueryRequest(
                limit=depth,
                query=Query.Nearest(_sparse(vectors), using=SPARSE),
                filter=allowed,
                params=SearchParams(idf=IdfParams(corpus=allowed)),
            )
            dense = QueryRequest(
                limit=depth,
                query=Query.Nearest(list(vectors.dense), using=DENSE),
                filter=allowed,
                params=SearchParams(exact=True),
            )
            found = self._shard.query_batch(QueryBatchRequest([sparse, dense]))
            by_words, by_meaning = (certain(_hits(points), depth, limit) for points in found)
            if by_words is not None and by_meaning is not None:
                return fuse(by_words, by_meaning, self._fusion, limit)
            depth *= DEEPER

    def _settle(self, shard: EdgeShard) -> None:
        """What was written is on disk, and not too much of it out of order."""
        if self._unordered > _UNORDERED:
            shard.optimize()
            self._unordered = 0
        if self._unflushed > _UNFLUSHED:
            shard.flush()
            self._unflushed = 0
        else:
            _to_disk(self._path / "wal")

    async def _write(self, work: Callable[[EdgeShard], None], points: int = 0) -> None:
        async with self._writing:
            await self._call(work)
            self._unflushed += points
            self._unordered += points

    async def _call(self, work: Callable[[EdgeShard], T]) -> T:
        with _plain_words(self._folder):
            return await asyncio.to_thread(work, self._shard)


def _load(path: Path, dimensions: int | None = None) -> EdgeShard:
    """Wait a little for an owner that is just letting go."""
    config = None if dimensions is None else _config(dimensions)
    for _ in range(_PATIENCE):
        try:
            return EdgeShard.load(str(path), config)
        except Exception as error:
            if _OWNED not in str(error):
                raise
            time.sleep(0.1)
    return EdgeShard.load(str(path), config)


def _refuse_owned(path: Path) -> None:
    """Fail where another process has this shard open; a shard that is merely broken passes."""
    try:
        _load(path).close()
    except Exception as error:
        if _OWNED in str(error):
            raise


def _remove(path: Path) -> None:
    """Away at once under its name; what an interruption leaves of it is removed at the next opening."""
    gone = path.with_suffix(".gone")
    if path != gone:
        shutil.rmtree(gone, ignore_errors=True)
        path.rename(gone)
    shutil.rmtree(gone)


def _to_disk(log: Path) -> None:
    """What the engine's log has, so that a power cut loses nothing. Ten times as fast as its flush, and others run."""
    for file in log.iterdir():
        if file.is_file():
            descriptor = os.open(file, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _config(dimensions: int) -> EdgeConfig:
    """No graph (m = 0); from two segments on that are in order, two threads read at once."""
    return EdgeConfig(
        vectors={DENSE: EdgeVectorParams(size=dimensions, distance=Distance.Cosine)},
        sparse_vectors={SPARSE: EdgeSparseVectorParams(modifier=Modifier.Idf)},
        hnsw_config=HnswIndexConfig(m=0, ef_construct=4, full_scan_threshold=_ORDERED_AT_OPENING_KB),
        optimizers=EdgeOptimizersConfig(
            default_segment_number=3, indexing_threshold=_ORDERED_AT_OPENING_KB, max_segment_size=_SEGMENT_KB
        ),
    )


def _filter(visible: Visible) -> Filter:
    """The only place that says what a query may see. The same words as in qdrant_server."""
    # Each scope by itself: the engine reads their lists one after another, and `MatchAny` looks for doubles in a set.
    scopes = [FieldCondition("scope", match=MatchValue(scope)) for scope in visible.scopes]
    must: list[FieldCondition | Filter] = [
        Filter(should=[*scopes]),
        FieldCondition("snap_from", range=RangeFloat(lte=visible.snapshot)),
        FieldCondition("snap_to", range=RangeFloat(gt=visible.snapshot)),
    ]
    if visible.in_force_only:
        moment = int(visible.as_of.timestamp() // 1)
        must.append(FieldCondition("since", range=RangeFloat(lte=moment)))
        must.append(FieldCondition("until", range=RangeFloat(gt=moment)))
    withheld = [FieldCondition("only_product", match=MatchAny(list(visible.withheld)))] if visible.withheld else []
    return Filter(must=[*must], must_not=[*withheld])


def _upsert(points: Sequence[IndexPoint], shard: EdgeShard) -> None:
    shard.update(UpdateOperation.upsert_points([_point(point) for point in points]))


def _close(passage_ids: Sequence[str], snap_to: int, shard: EdgeShard) -> None:
    # By filter: an id that is not there would fail the whole operation.
    still_open = Filter(
        must=[HasIdCondition(set(passage_ids)), FieldCondition("snap_to", range=RangeFloat(gt=snap_to))]
    )
    shard.update(UpdateOperation.set_payload_by_filter(still_open, {"snap_to": snap_to}))


def _point(point: IndexPoint) -> Point:
    return Point(
        id=point.passage_id,
        vector={SPARSE: _sparse(point.vectors), DENSE: list(point.vectors.dense)},
        payload=payload_of(point),
    )


def _sparse(vectors: Vectors) -> SparseVector:
    return SparseVector(list(vectors.sparse.indices), list(vectors.sparse.values))


def _vectors(vector: object) -> Vectors:
    """As they are kept: the dense one at length one."""
    assert isinstance(vector, dict)
    sparse, dense = vector[SPARSE], vector[DENSE]
    pairs = sorted(zip(sparse.indices, sparse.values, strict=True))
    return Vectors(domain.SparseVector(tuple(i for i, _ in pairs), tuple(v for _, v in pairs)), tuple(dense))


def _hits(points: Sequence[ScoredPoint]) -> list[Hit]:
    return [Hit(str(point.id), point.score) for point in points]


@contextmanager
def _plain_words(folder: Path) -> Iterator[None]:
    """The engine raises bare `Exception`s: say what they mean."""
    try:
        yield
    except OSError as error:
        raise StoreUnavailable(f"the index folder {folder} cannot be used: {error.strerror}") from error
    except Exception as error:
        if type(error) is not Exception:
            raise
        if _OWNED in str(error):
            raise StoreUnavailable(
                f"the index in {folder} belongs to another running process (the API or a build): "
                "ask through its HTTP door, or stop it first"
            ) from error
        raise StoreUnavailable(
            f"the index in {folder} cannot be used ({error}); it is derived: delete the folder to rebuild it"
        ) from error
