"""The knowledge side in memory: an encoder, an index and a ledger that pass the same contracts as the real ones.

For tests of flows. Nothing is durable, nothing is fast, and a word is a pair of characters.
"""

import hashlib
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime

from seatmate.domain.approved import ApprovedAnswer
from seatmate.domain.builds import BuildReport
from seatmate.domain.errors import Conflict, NotFound
from seatmate.domain.facts import ProductFact, Waiver
from seatmate.domain.knowledge import OPEN_SNAPSHOT, DocumentVersion, Passage, Product, SnapshotState, SnapshotStatus
from seatmate.domain.ports import Hit, IndexPoint, KnownPassage, NewKnowledge, SparseVector, Vectors, Visible


class HashEncoder:
    """Pairs of characters, hashed: the same text always has the same vectors, and overlapping texts resemble."""

    dimensions = 16
    fingerprint = "hash-encoder"

    def words(self, text: str) -> list[str]:
        return [text[at : at + 2] for at in range(len(text) - 1) if not any(c.isspace() for c in text[at : at + 2])]

    def encode_words(self, text: str) -> Vectors:
        return Vectors(_vectors(dict.fromkeys(_pairs(text), 1.0)).sparse, (0.0,) * self.dimensions)

    async def encode_query(self, text: str) -> Vectors:
        return _vectors(dict.fromkeys(_pairs(text), 1.0))

    async def encode_passages(self, texts: Sequence[str]) -> list[Vectors]:
        return [self.vectors_of_passage(text) for text in texts]

    def vectors_of_passage(self, text: str) -> Vectors:
        return _vectors(dict(Counter(_pairs(text))))


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

    async def vectors(self, passage_ids: Sequence[str]) -> dict[str, Vectors]:
        return {i: self._points[i].vectors for i in passage_ids if i in self._points}

    async def reopen_points(self, snap_to: int) -> None:
        self._points = {
            passage_id: replace(point, snap_to=OPEN_SNAPSHOT) if point.snap_to == snap_to else point
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
            and (len(p.product_codes) != 1 or p.product_codes[0] not in visible.withheld)
            and (not visible.in_force_only or p.since <= moment < p.until)
        ]


class MemoryKnowledge:
    """The KnowledgeLedger in dictionaries."""

    def __init__(self) -> None:
        self._snapshots: dict[int, SnapshotStatus] = {}
        self._reports: dict[int, BuildReport] = {}
        self._waivers: dict[tuple[str, str], Waiver] = {}
        self._used = 0
        self._live: int | None = None
        self._documents: dict[tuple[str, str], tuple[DocumentVersion, int, int]] = {}
        self._passages: dict[str, Passage] = {}
        self._facts: list[ProductFact] = []
        self._products: dict[int, list[Product]] = {}

    async def live_snapshot(self) -> int | None:
        return self._live

    async def snapshots(self) -> list[SnapshotStatus]:
        return [
            self._snapshots[number].model_copy(update={"withheld": await self.withheld(number)})
            for number in sorted(self._snapshots)
        ]

    async def withheld(self, snapshot: int) -> tuple[str, ...]:
        waived = {waiver.product_code for waiver in self._waived(snapshot)}
        return tuple(sorted(self._disputed(snapshot).keys() - waived))

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

    async def documents_named(self, snapshot: int, doc_ids: Sequence[str]) -> list[DocumentVersion]:
        seen = [d for d in await self.documents_at(snapshot) if d.doc_id in doc_ids]
        return sorted(seen, key=lambda d: (d.doc_id, d.version))

    async def document(self, doc_id: str, version: str, up_to: int | None = None) -> DocumentVersion:
        found, since, _ = self._documents.get((doc_id, version), (None, 0, 0))
        if found is None or (up_to is not None and since > up_to):
            raise NotFound(f"there is no document {doc_id} in version {version}")
        return found

    async def versions_ever(self) -> set[tuple[str, str]]:
        return set(self._documents)

    async def add_knowledge(self, snapshot: int, new: NewKnowledge) -> None:
        self._require_candidate(snapshot)
        for document in new.documents:
            self._documents[document.doc_id, document.version] = (document, snapshot, OPEN_SNAPSHOT)
        self._passages |= {passage.passage_id: passage for passage in new.passages}
        self._facts += new.facts

    async def close_documents(self, snapshot: int, doc_ids: Sequence[str]) -> None:
        self._require_candidate(snapshot)
        for key, (document, since, to) in self._documents.items():
            if document.doc_id in doc_ids and not document.superseded and since < snapshot < to:
                self._documents[key] = (document, since, snapshot)

    async def finish_build(self, report: BuildReport) -> None:
        self._require_candidate(report.snapshot)
        self._update(report.snapshot, documents=report.documents, passages=report.passages, built_at=datetime.now(UTC))
        self._reports[report.snapshot] = report

    async def report(self, snapshot: int) -> BuildReport:
        if snapshot not in self._reports:
            raise NotFound(f"snapshot {snapshot} was never built to its end")
        return self._reports[snapshot]

    async def abandon(self, snapshot: int) -> None:
        self._require_candidate(snapshot)
        self._reports.pop(snapshot, None)

    async def discard(self, snapshot: int) -> None:
        self._require_candidate(snapshot)
        self._documents = {
            key: (document, since, OPEN_SNAPSHOT if to == snapshot else to)
            for key, (document, since, to) in self._documents.items()
            if since != snapshot
        }
        self._passages = {i: p for i, p in self._passages.items() if (p.doc_id, p.version) in self._documents}
        self._facts = [f for f in self._facts if (f.doc_id, f.version) in self._documents]
        self._products.pop(snapshot, None)
        self._reports.pop(snapshot, None)
        del self._snapshots[snapshot]

    async def move_pointer(self, snapshot: int) -> SnapshotState:
        if snapshot not in self._reports:
            raise NotFound(f"snapshot {snapshot} was never built to its end")
        if self._live is not None:
            self._update(self._live, state=SnapshotState.RETIRED)
        self._live = snapshot
        self._update(snapshot, state=SnapshotState.LIVE, published_at=datetime.now(UTC))
        return SnapshotState.LIVE

    async def waive(self, snapshot: int, waiver: Waiver) -> None:
        disputed = self._disputed(snapshot)
        if waiver.product_code not in disputed:
            raise Conflict(f"snapshot {snapshot} has no disagreement about {waiver.product_code}")
        self._waivers[waiver.product_code, disputed[waiver.product_code]] = waiver

    async def waivers(self, snapshot: int) -> list[Waiver]:
        return self._waived(snapshot)

    async def passages(self, passage_ids: Sequence[str]) -> dict[str, Passage]:
        return {i: self._passages[i] for i in passage_ids if i in self._passages}

    async def passages_of(self, versions: Sequence[tuple[str, str]]) -> list[Passage]:
        found = [p for p in self._passages.values() if (p.doc_id, p.version) in versions]
        return sorted(found, key=lambda p: (p.doc_id, p.version, p.start))

    async def passage_counts(self, snapshot: int) -> dict[tuple[str, str], int]:
        seen = {key for key, (_, since, to) in self._documents.items() if since <= snapshot < to}
        return dict(Counter((p.doc_id, p.version) for p in self._passages.values() if (p.doc_id, p.version) in seen))

    async def passages_after(self, passage_id: str, limit: int) -> list[KnownPassage]:
        following = sorted(i for i in self._passages if i > passage_id)[:limit]
        found = (self._passages[i] for i in following)
        return [KnownPassage(p, *self._documents[p.doc_id, p.version][1:]) for p in found]

    async def passage_count(self) -> int:
        return len(self._passages)

    async def facts_at(self, snapshot: int, product_codes: Sequence[str] | None = None) -> list[ProductFact]:
        seen = {key for key, (_, since, to) in self._documents.items() if since <= snapshot < to}
        found = [
            f
            for f in self._facts
            if (f.doc_id, f.version) in seen and (product_codes is None or f.product_code in product_codes)
        ]
        return sorted(found, key=lambda f: (f.product_code, f.attribute, f.doc_id, f.version, f.start))

    async def products_at(self, snapshot: int) -> list[Product]:
        return list(self._products.get(snapshot, []))

    async def set_products(self, snapshot: int, products: Sequence[Product]) -> None:
        self._require_candidate(snapshot)
        self._products[snapshot] = sorted(products, key=lambda product: product.code)

    def _disputed(self, snapshot: int) -> dict[str, str]:
        """Product codes and what of them is in dispute."""
        found: dict[str, str] = {}
        for d in self._reports[snapshot].disagreements if snapshot in self._reports else ():
            values = sorted({stated.value for stated in d.stated})
            found[d.product_code] = found.get(d.product_code, "") + repr((d.attribute, d.condition, values))
        return found

    def _waived(self, snapshot: int) -> list[Waiver]:
        keys = sorted(self._disputed(snapshot).items())
        return [self._waivers[key] for key in keys if key in self._waivers]

    def _require_candidate(self, snapshot: int) -> None:
        status = self._snapshots.get(snapshot)
        if status is None or status.published_at is not None:
            raise Conflict(f"snapshot {snapshot} is not a candidate")

    def _update(self, snapshot: int, **changes: object) -> None:
        self._snapshots[snapshot] = self._snapshots[snapshot].model_copy(update=changes)


class MemoryApproved:
    """ApprovedAnswers in a dictionary."""

    def __init__(self) -> None:
        self._answers: dict[str, ApprovedAnswer] = {}
        self._withdrawn: set[str] = set()

    async def pin(self, answer: ApprovedAnswer) -> None:
        known = self._answers.get(answer.approved_id)
        if known is not None and known != answer:
            raise Conflict(f"{answer.approved_id} is another approved answer already")
        self._answers[answer.approved_id] = answer

    async def withdraw(self, approved_id: str, by: str, at: datetime) -> None:
        if approved_id not in self._answers:
            raise NotFound(f"there is no approved answer {approved_id}")
        self._withdrawn.add(approved_id)

    async def pinned(self) -> list[ApprovedAnswer]:
        there = [a for i, a in self._answers.items() if i not in self._withdrawn]
        return sorted(there, key=lambda a: (a.pinned_at, a.approved_id))


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
