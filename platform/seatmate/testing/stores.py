"""The knowledge side in memory: an encoder, an index and a ledger that pass the same contracts as the real ones.

For tests of flows. Nothing is durable, nothing is fast, and a word is a pair of characters.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from seatmate.domain.errors import Conflict, NotFound
from seatmate.domain.knowledge import DocumentVersion, Passage, Product, SnapshotState, SnapshotStatus
from seatmate.domain.ports import Hit, IndexPoint, SparseVector, Vectors, Visible

_OPEN = 2**31 - 1


class HashEncoder:
    """Pairs of characters, hashed: the same text always has the same vectors, and overlapping texts resemble."""

    dimensions = 16
    fingerprint = "hash-encoder"

    def encode_query(self, text: str) -> Vectors:
        return _vectors(dict.fromkeys(_pairs(text), 1.0))

    def encode_passages(self, texts: Sequence[str]) -> list[Vectors]:
        return [_vectors(dict(Counter(_pairs(text)))) for text in texts]


class MemoryIndex:
    """The PassageIndex, searched by looking at every point. IDF is that of the visible points."""

    def __init__(self, sparse_weight: float = 1.0, dense_weight: float = 0.5, k: int = 60) -> None:
        self._weights = (sparse_weight, dense_weight)
        self._k = k
        self._points: dict[str, IndexPoint] = {}

    async def write(self, points: Sequence[IndexPoint]) -> None:
        self._points |= {point.passage_id: point for point in points}

    async def close_points(self, passage_ids: Sequence[str], snap_to: int) -> None:
        for passage_id in passage_ids:
            point = self._points.get(passage_id)
            if point is not None and point.snap_to > snap_to:
                self._points[passage_id] = replace(point, snap_to=snap_to)

    async def reopen_points(self, snap_to: int) -> None:
        self._points = {
            passage_id: replace(point, snap_to=_OPEN) if point.snap_to == snap_to else point
            for passage_id, point in self._points.items()
            if point.snap_from != snap_to
        }

    async def search(self, vectors: Vectors, visible: Visible, limit: int) -> list[Hit]:
        seen = self._seen(visible)
        idf = _idf(seen)
        wanted = dict(zip(vectors.sparse.indices, vectors.sparse.values, strict=True))
        words = {p.passage_id: _overlap(p.vectors.sparse, wanted, idf) for p in seen}
        meanings = {p.passage_id: _cosine(p.vectors.dense, vectors.dense) for p in seen}
        fused: dict[str, float] = {}
        for scores, weight in zip(({i: s for i, s in words.items() if s}, meanings), self._weights, strict=True):
            for rank, passage_id in enumerate(sorted(scores, key=lambda i: (-round(scores[i], 5), i)), start=1):
                fused[passage_id] = fused.get(passage_id, 0.0) + weight / (self._k + rank)
        hits = [Hit(passage_id, round(score, 9)) for passage_id, score in fused.items() if score > 0]
        return sorted(hits, key=lambda hit: (-hit.score, hit.passage_id))[:limit]

    async def count(self, visible: Visible | None = None) -> int:
        return len(self._points) if visible is None else len(self._seen(visible))

    async def wipe(self) -> None:
        self._points = {}

    async def aclose(self) -> None:
        return None

    def _seen(self, visible: Visible) -> list[IndexPoint]:
        moment = visible.as_of.timestamp()
        return [
            p
            for p in self._points.values()
            if set(p.scope) & set(visible.scopes)
            and p.snap_from <= visible.snapshot < p.snap_to
            and (not visible.in_force_only or p.since <= moment < p.until)
        ]


class MemoryKnowledge:
    """The KnowledgeLedger in dictionaries."""

    def __init__(self) -> None:
        self._snapshots: dict[int, SnapshotStatus] = {}
        self._finished: set[int] = set()
        self._used = 0
        self._live: int | None = None
        self._documents: dict[tuple[str, str], tuple[DocumentVersion, int, int]] = {}
        self._passages: dict[str, Passage] = {}
        self._products: dict[int, list[Product]] = {}

    async def live_snapshot(self) -> int | None:
        return self._live

    async def snapshots(self) -> list[SnapshotStatus]:
        return [self._snapshots[number] for number in sorted(self._snapshots)]

    async def begin_snapshot(self, drop: str) -> int:
        if any(s.state is SnapshotState.CANDIDATE for s in self._snapshots.values()):
            raise Conflict("a candidate is there: discard it before another build")
        self._used += 1
        self._snapshots[self._used] = SnapshotStatus(
            snapshot=self._used,
            drop=drop,
            state=SnapshotState.CANDIDATE,
            documents=0,
            passages=0,
            built_at=datetime.now(UTC),
            published_at=None,
        )
        return self._used

    async def documents_at(self, snapshot: int) -> list[DocumentVersion]:
        seen = [document for document, since, to in self._documents.values() if since <= snapshot < to]
        return sorted(seen, key=lambda document: document.doc_id)

    async def add_documents(
        self, snapshot: int, documents: Sequence[DocumentVersion], passages: Sequence[Passage]
    ) -> None:
        self._require_candidate(snapshot)
        for document in documents:
            self._documents[document.doc_id, document.version] = (document, snapshot, _OPEN)
        self._passages |= {passage.passage_id: passage for passage in passages}

    async def close_documents(self, snapshot: int, doc_ids: Sequence[str]) -> None:
        self._require_candidate(snapshot)
        for key, (document, since, to) in self._documents.items():
            if document.doc_id in doc_ids and not document.superseded and since < snapshot < to:
                self._documents[key] = (document, since, snapshot)

    async def finish_build(self, snapshot: int, documents: int, passages: int) -> None:
        self._require_candidate(snapshot)
        self._update(snapshot, documents=documents, passages=passages, built_at=datetime.now(UTC))
        self._finished.add(snapshot)

    async def discard(self, snapshot: int) -> None:
        self._require_candidate(snapshot)
        self._documents = {
            key: (document, since, _OPEN if to == snapshot else to)
            for key, (document, since, to) in self._documents.items()
            if since != snapshot
        }
        self._passages = {i: p for i, p in self._passages.items() if (p.doc_id, p.version) in self._documents}
        self._products.pop(snapshot, None)
        self._finished.discard(snapshot)
        del self._snapshots[snapshot]

    async def move_pointer(self, snapshot: int) -> SnapshotState:
        if snapshot not in self._finished:
            raise NotFound(f"snapshot {snapshot} was never built to its end")
        if self._live is not None:
            self._update(self._live, state=SnapshotState.RETIRED)
        self._live = snapshot
        self._update(snapshot, state=SnapshotState.LIVE, published_at=datetime.now(UTC))
        return SnapshotState.LIVE

    async def passages(self, passage_ids: Sequence[str]) -> dict[str, Passage]:
        return {i: self._passages[i] for i in passage_ids if i in self._passages}

    async def passages_at(self, snapshot: int) -> list[tuple[Passage, int, int]]:
        lives = [(p, *self._documents[p.doc_id, p.version][1:]) for p in self._passages.values()]
        known = [(p, since, to) for p, since, to in lives if since <= snapshot]
        return sorted(known, key=lambda life: (life[0].doc_id, life[0].version, life[0].start))

    async def products_at(self, snapshot: int) -> list[Product]:
        return list(self._products.get(snapshot, []))

    async def set_products(self, snapshot: int, products: Sequence[Product]) -> None:
        self._require_candidate(snapshot)
        self._products[snapshot] = sorted(products, key=lambda product: product.code)

    def _require_candidate(self, snapshot: int) -> None:
        status = self._snapshots.get(snapshot)
        if status is None or status.published_at is not None:
            raise Conflict(f"snapshot {snapshot} is not a candidate")

    def _update(self, snapshot: int, **changes: object) -> None:
        self._snapshots[snapshot] = self._snapshots[snapshot].model_copy(update=changes)


def _pairs(text: str) -> list[str]:
    bare = "".join(text.split())
    return [bare[at : at + 2] for at in range(len(bare) - 1)] or ([bare] if bare else [])


def _vectors(weights: dict[str, float]) -> Vectors:
    sparse = {int.from_bytes(hashlib.sha256(pair.encode()).digest()[:4], "big"): w for pair, w in weights.items()}
    dense = [0.0] * HashEncoder.dimensions
    for number, weight in sparse.items():
        dense[number % HashEncoder.dimensions] += weight
    length = math.sqrt(sum(value * value for value in dense)) or 1.0
    indices = tuple(sorted(sparse))
    return Vectors(SparseVector(indices, tuple(float(sparse[i]) for i in indices)), tuple(v / length for v in dense))


def _idf(points: Sequence[IndexPoint]) -> dict[int, float]:
    frequency = Counter(index for point in points for index in point.vectors.sparse.indices)
    return {index: math.log(1 + (len(points) - n + 0.5) / (n + 0.5)) for index, n in frequency.items()}


def _overlap(sparse: SparseVector, wanted: dict[int, float], idf: dict[int, float]) -> float:
    pairs = zip(sparse.indices, sparse.values, strict=True)
    return sum(value * wanted[index] * idf[index] for index, value in pairs if index in wanted)


def _cosine(a: Sequence[float], b: Sequence[float]) -> float:
    return sum(x * y for x, y in zip(a, b, strict=True))
