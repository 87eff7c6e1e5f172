"""The PassageIndex on a Qdrant server, for banks with several API processes.

One collection per encoder, named after its fingerprint: vectors of two encoders never meet. Derived, like the Edge
folder. Filters, fields and fusion are those of qdrant_edge, word for word.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import httpx
from qdrant_client import AsyncQdrantClient
from qdrant_client import models as q
from qdrant_client.http.exceptions import ApiException, ResponseHandlingException, UnexpectedResponse

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
from seatmate.domain.errors import StoreUnavailable
from seatmate.domain.ports import Hit, IndexPoint, SparseVector, Vectors, Visible

_BATCH = 500


class QdrantServerIndex:
    """Connects at the first call; makes its collection when there is none."""

    def __init__(
        self,
        client: AsyncQdrantClient,
        collection: str,
        dimensions: int,
        fingerprint: str,
        fusion: Fusion | None = None,
    ) -> None:
        self._client = client
        self._collection = f"{collection}-{encoder_key(fingerprint, dimensions)}"
        self._dimensions = dimensions
        self._fusion = fusion or Fusion()
        self._ready = False

    async def write(self, points: Sequence[IndexPoint]) -> None:
        async with self._server() as server:
            for at in range(0, len(points), _BATCH):
                batch = [_point(point) for point in points[at : at + _BATCH]]
                await server.upsert(self._collection, batch, wait=True)

    async def close_points(self, passage_ids: Sequence[str], snap_to: int) -> None:
        async with self._server() as server:
            for at in range(0, len(passage_ids), _BATCH):
                still_open = q.Filter(
                    must=[
                        q.HasIdCondition(has_id=list(passage_ids[at : at + _BATCH])),
                        q.FieldCondition(key="snap_to", range=q.Range(gt=snap_to)),
                    ]
                )
                await server.set_payload(self._collection, {"snap_to": snap_to}, still_open, wait=True)

    async def vectors(self, passage_ids: Sequence[str]) -> dict[str, Vectors]:
        found: dict[str, Vectors] = {}
        async with self._server() as server:
            for at in range(0, len(passage_ids), _BATCH):
                batch = list(passage_ids[at : at + _BATCH])
                for record in await server.retrieve(self._collection, batch, with_payload=False, with_vectors=True):
                    found[str(record.id)] = _vectors(record.vector)
        return found

    async def reopen_points(self, snap_to: int) -> None:
        closed = q.Filter(must=[q.FieldCondition(key="snap_to", match=q.MatchValue(value=snap_to))])
        written = q.Filter(must=[q.FieldCondition(key="snap_from", match=q.MatchValue(value=snap_to))])
        async with self._server() as server:
            await server.set_payload(self._collection, {"snap_to": OPEN}, closed, wait=True)
            await server.delete(self._collection, q.FilterSelector(filter=written), wait=True)

    async def search(self, vectors: Vectors, visible: Visible, limit: int) -> list[Hit]:
        if not visible.scopes or limit < 1:
            return []
        allowed = _filter(visible)
        depth = max(self._fusion.depth, 2 * limit)
        while True:
            sparse = q.QueryRequest(
                query=_sparse(vectors),
                using=SPARSE,
                filter=allowed,
                limit=depth,
                params=q.SearchParams(idf=q.IdfCorpusParams(corpus=allowed)),
            )
            dense = q.QueryRequest(
                query=list(vectors.dense),
                using=DENSE,
                filter=allowed,
                limit=depth,
                params=q.SearchParams(exact=True),
            )
            async with self._server() as server:
                found = await server.query_batch_points(self._collection, [sparse, dense])
            by_words, by_meaning = (certain(_hits(response), depth, limit) for response in found)
            if by_words is not None and by_meaning is not None:
                return fuse(by_words, by_meaning, self._fusion, limit)
            depth *= DEEPER

    async def count(self, visible: Visible | None = None) -> int:
        if visible is not None and not visible.scopes:
            return 0
        wanted = None if visible is None else _filter(visible)
        async with self._server() as server:
            return (await server.count(self._collection, count_filter=wanted, exact=True)).count

    async def wipe(self) -> None:
        async with self._server() as server:
            await server.delete_collection(self._collection)
            self._ready = False

    async def aclose(self) -> None:
        await self._client.close()

    @asynccontextmanager
    async def _server(self) -> AsyncIterator[AsyncQdrantClient]:
        """The client, with its collection there; what goes wrong on the way is StoreUnavailable."""
        try:
            if not self._ready:
                await self._make_collection()
                self._ready = True
            yield self._client
        except (ApiException, ResponseHandlingException, UnexpectedResponse, httpx.TransportError) as error:
            raise StoreUnavailable(f"the Qdrant server cannot be used: {error}") from error

    async def _make_collection(self) -> None:
        if await self._client.collection_exists(self._collection):
            return
        await self._client.create_collection(
            self._collection,
            vectors_config={DENSE: q.VectorParams(size=self._dimensions, distance=q.Distance.COSINE)},
            sparse_vectors_config={SPARSE: q.SparseVectorParams(modifier=q.Modifier.IDF)},
            hnsw_config=q.HnswConfigDiff(m=0),  # no graph: a search is exact, as in qdrant_edge
        )
        for name in KEYWORDS:
            await self._client.create_payload_index(self._collection, name, q.PayloadSchemaType.KEYWORD, wait=True)
        for name in NUMBERS:
            await self._client.create_payload_index(self._collection, name, q.PayloadSchemaType.INTEGER, wait=True)


def open_server_index(
    url: str, api_key: str | None, collection: str, dimensions: int, fingerprint: str, fusion: Fusion | None = None
) -> QdrantServerIndex:
    """The index on the server at `url`; connects with the first request, so what fails is that request."""
    client = AsyncQdrantClient(url=url, api_key=api_key, check_compatibility=False)
    return QdrantServerIndex(client, collection, dimensions, fingerprint, fusion)


def _filter(visible: Visible) -> q.Filter:
    """The only place that says what a query may see. The same words as in qdrant_edge."""
    scopes: list[q.Condition] = [q.FieldCondition(key="scope", match=q.MatchValue(value=s)) for s in visible.scopes]
    must: list[q.Condition] = [
        q.Filter(should=scopes),
        q.FieldCondition(key="snap_from", range=q.Range(lte=visible.snapshot)),
        q.FieldCondition(key="snap_to", range=q.Range(gt=visible.snapshot)),
    ]
    if visible.in_force_only:
        moment = int(visible.as_of.timestamp() // 1)
        must.append(q.FieldCondition(key="since", range=q.Range(lte=moment)))
        must.append(q.FieldCondition(key="until", range=q.Range(gt=moment)))
    withheld = q.FieldCondition(key="only_product", match=q.MatchAny(any=list(visible.withheld)))
    return q.Filter(must=must, must_not=[withheld] if visible.withheld else None)


def _point(point: IndexPoint) -> q.PointStruct:
    return q.PointStruct(
        id=point.passage_id,
        vector={SPARSE: _sparse(point.vectors), DENSE: list(point.vectors.dense)},
        payload=payload_of(point),
    )


def _sparse(vectors: Vectors) -> q.SparseVector:
    return q.SparseVector(indices=list(vectors.sparse.indices), values=list(vectors.sparse.values))


def _vectors(vector: object) -> Vectors:
    """As they are kept: the dense one at length one."""
    assert isinstance(vector, dict)
    sparse = vector[SPARSE]
    pairs = sorted(zip(sparse.indices, sparse.values, strict=True))
    return Vectors(SparseVector(tuple(i for i, _ in pairs), tuple(v for _, v in pairs)), tuple(vector[DENSE]))


def _hits(response: q.QueryResponse) -> list[Hit]:
    return [Hit(str(point.id), point.score) for point in response.points]
