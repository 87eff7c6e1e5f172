"""How fast the index answers and an update is published: at 100,000 passages, and beside a LlamaIndex refresh.

    python -m tests.bench.speed [--quick] [--seed N] [--part queries|publishing|readers]

Every query carries the whole filter of a live one: scopes, snapshot, moment, sometimes withheld products. The engine
works on two cores at once, so both its wall and its computing time are told; `load` says how busy the machine was.
"""

import argparse
import asyncio
import csv
import json
import os
import random
import resource
import shutil
import tempfile
import time
from collections.abc import AsyncIterator, Coroutine, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from seatmate.adapters.dense import open_dense
from seatmate.adapters.encode import HybridEncoder
from seatmate.adapters.qdrant_edge import QdrantEdgeIndex
from seatmate.adapters.sparse import SparseEncoder
from seatmate.adapters.sql.base import open_engine, upgrade
from seatmate.adapters.sql.knowledge import SqlKnowledge
from seatmate.domain.builds import BuildReport
from seatmate.domain.ports import Builds, IndexPoint, Vectors, Visible
from seatmate.ingest.flow import Stores, publish
from seatmate.settings import Settings
from seatmate.wiring.knowledge import builds_of
from tests.bench import made_bank

EMBEDDER = Path(__file__).parents[2] / "finetune" / "models" / "seatmate-embed"
LIMIT = 50
"""Hits that a live question asks the index for."""
_BATCH = 500


async def run(work: Path, seed: int, quick: bool) -> dict[str, object]:
    """Figures of all three parts. Seconds and milliseconds; MiB."""
    return {
        "queries": await queries(work, seed, 10_000 if quick else 100_000, 100 if quick else 400),
        "publishing": await publishing(work, seed, 100 if quick else 1_000),
        "readers": await readers(work, seed, 100 if quick else 1_000),
    }


# ── queries ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def queries(work: Path, seed: int, live: int, asked: int) -> dict[str, object]:
    """`live` passages in the newest of ten snapshots, and the closed ones of nine earlier weeks."""
    encoder = await an_encoder()
    before = memory_mib()
    folder = work / "queries"
    index = QdrantEdgeIndex(folder, encoder.dimensions, encoder.fingerprint)
    points, encoding, writing = 0, 0.0, 0.0
    for batch in in_batches(made_bank.passages(seed, live), _BATCH):
        began = time.perf_counter()
        vectors = await encoder.encode_passages([p.text for p in batch])
        encoded = time.perf_counter()
        await index.write([_point(p, v) for p, v in zip(batch, vectors, strict=True)])
        encoding, writing = encoding + encoded - began, writing + time.perf_counter() - encoded
        points += len(batch)
    as_written = await _ask_all(encoder, index, seed, live, asked)
    await index.aclose()
    began = time.perf_counter()
    index = QdrantEdgeIndex(folder, encoder.dimensions, encoder.fingerprint)
    opened = time.perf_counter() - began
    reopened = await _ask_all(encoder, index, seed, live, asked)
    figures = {
        "encoder": encoder.fingerprint,
        "live_passages": live,
        "points": points,
        "encode_s": round(encoding, 1),
        "write_s": round(writing, 1),
        "open_s": round(opened, 1),
        "memory_mib": round(memory_mib() - before),
        "disk_mib": round(sum(f.stat().st_blocks * 512 for f in folder.rglob("*") if f.is_file()) / 2**20),
        "as_written": as_written,
        "opened_again": reopened,
    }
    await index.aclose()
    return figures


async def _ask_all(
    encoder: HybridEncoder, index: QdrantEdgeIndex, seed: int, live: int, asked: int
) -> dict[str, object]:
    known = made_bank.products(seed, max(20, live // 60))
    texts = made_bank.questions(seed, asked, known)
    encode: list[float] = []
    search: list[float] = []
    computing: list[float] = []
    for text, visible in zip(texts, a_mix_of_readers(seed, asked, [code for code, _, _ in known]), strict=True):
        began = time.perf_counter()
        vectors = await encoder.encode_query(text)
        encoded, computed = time.perf_counter(), time.process_time()
        await index.search(vectors, visible, LIMIT)
        search.append(time.perf_counter() - encoded)
        computing.append(time.process_time() - computed)
        encode.append(encoded - began)
    both = [a + b for a, b in zip(encode, search, strict=True)]
    return {
        "asked": asked,
        "encode_ms": spread(encode),
        "search_ms": spread(search),
        "both_ms": spread(both),
        "search_computing_ms": spread(computing),
        "load": round(os.getloadavg()[0], 1),
    }


def a_mix_of_readers(seed: int, count: int, codes: Sequence[str]) -> list[Visible]:
    """Agents with one scope to supervisors with all; now and then an earlier day, an earlier snapshot, a dispute."""
    rng = random.Random(f"readers {seed}")
    found = []
    for _ in range(count):
        scopes = dict.fromkeys(
            (*rng.choice((("retail",), ())), *rng.sample(made_bank.SCOPES, rng.choice((1, 1, 2, 6))))
        )
        day = made_bank.NOW - timedelta(days=0 if rng.random() < 0.8 else rng.randrange(300))
        snapshot = made_bank.WEEKS if rng.random() < 0.8 else rng.randrange(1, made_bank.WEEKS + 1)
        withheld = tuple(sorted(rng.sample(codes, 5))) if rng.random() < 0.3 else ()
        found.append(Visible(snapshot, day, tuple(scopes), rng.random() > 0.05, withheld))
    return found


# ── publishing ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def publishing(work: Path, seed: int, documents: int) -> dict[str, object]:
    """A twentieth of the passages changes, one in each of half of the documents, and all in a twentieth of them.

    Ours: `build` and `publish`, from the start of the building process and files on disk to the moved pointer: reading,
    dates, facts, lint, report, SQL, index. LlamaIndex: files read as text, `refresh_ref_docs` on a loaded index cut at
    the same headings, `persist`. `wall_ratio` is against that; ours loads what it needs within its time, so
    `wall_ratio_loading` is against theirs with the loading of its index too. Both embed with the same table.
    """
    figures: dict[str, object] = {"documents": documents, "changed_passages": documents // 2}
    for name, spread_over in (("one_in_each", documents // 2), ("all_of_few", documents // 20)):
        drops = work / f"drops-{name}"
        first = made_bank.write_drop(drops / "w0", seed, documents, 0, 0, 1)
        second = made_bank.write_drop(drops / "w1", seed, documents, 1, documents // 2, spread_over)
        ours, theirs = await _ours(work / f"ours-{name}", first, second), await _theirs(work / name, first, second)
        figures[name] = {
            "ours": ours,
            "llama_index": theirs,
            "wall_ratio": round(ours["wall_s"] / theirs["wall_s"], 3),
            "wall_ratio_loading": round(ours["wall_s"] / (theirs["wall_s"] + theirs["load_wall_s"]), 3),
            "computing_ratio": round(ours["computing_s"] / theirs["computing_s"], 3),
            "load": round(os.getloadavg()[0], 1),
        }
    return figures


async def _ours(folder: Path, first: Path, second: Path) -> dict[str, float]:
    async with stores_in(folder) as (stores, builds):
        began = Clock()
        await _update(stores, builds, first)
        whole = Clock() - began
        began = Clock()
        report = await _update(stores, builds, second)
        took = Clock() - began
    return {
        "passages": report.passages,
        "changed": sum(change.passages_added for change in report.changes),
        "embedded": report.embedded,
        "first_wall_s": whole.wall,
        "wall_s": took.wall,
        "computing_s": took.computing,
    }


async def _theirs(folder: Path, first: Path, second: Path) -> dict[str, float]:
    # Imported here: it takes seconds, and the other parts do without.
    from llama_index.core import Document, StorageContext, VectorStoreIndex, load_index_from_storage
    from llama_index.core.embeddings import BaseEmbedding
    from llama_index.core.node_parser import MarkdownNodeParser

    dense = open_dense(EMBEDDER)

    class Embedding(BaseEmbedding):
        def _get_text_embedding(self, text: str) -> list[float]:
            return list(dense.encode(text))

        def _get_query_embedding(self, query: str) -> list[float]:
            return list(dense.encode(query))

        async def _aget_query_embedding(self, query: str) -> list[float]:
            return self._get_query_embedding(query)

    def read(drop: Path) -> list[Document]:
        with (drop / "manifest.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        return [Document(id_=r["doc_id"], text=(drop / r["path"]).read_text("utf-8"), metadata=dict(r)) for r in rows]

    made_with: dict[str, Any] = {"embed_model": Embedding(), "transformations": [MarkdownNodeParser()]}
    began = Clock()
    index = VectorStoreIndex.from_documents(read(first), **made_with)
    index.storage_context.persist(str(folder))
    whole = Clock() - began
    began = Clock()
    kept = StorageContext.from_defaults(persist_dir=str(folder))
    loaded = load_index_from_storage(kept, **made_with)
    loading = Clock() - began
    began = Clock()
    changed = loaded.refresh_ref_docs(read(second))
    refreshed = Clock() - began
    loaded.storage_context.persist(str(folder))
    took = Clock() - began
    return {
        "nodes": len(loaded.docstore.docs),
        "changed_documents": sum(changed),
        "first_wall_s": whole.wall,
        "load_wall_s": loading.wall,
        "refresh_wall_s": refreshed.wall,
        "wall_s": took.wall,
        "computing_s": took.computing,
    }


# ── readers meanwhile ──────────────────────────────────────────────────────────────────────────────────────────────


async def readers(work: Path, seed: int, documents: int) -> dict[str, object]:
    """One asks all the time, question, search and passages, while an update is built and published."""
    first = made_bank.write_drop(work / "readers" / "w0", seed, documents, 0, 0, 1)
    second = made_bank.write_drop(work / "readers" / "w1", seed, documents, 1, documents // 2, documents // 2)
    async with stores_in(work / "readers" / "ours") as (stores, builds):
        await _update(stores, builds, first)
        texts = made_bank.questions(seed, 1_000, made_bank.products(seed, documents))
        quiet = await _read_while(stores, texts, asyncio.sleep(5))
        load = os.getloadavg()[0]
        busy = await _read_while(stores, texts, _update(stores, builds, second))
        again = await _read_while(stores, texts, asyncio.sleep(5))
    before, meanwhile = spread([*quiet, *again]), spread(busy)
    return {
        "quiet_ms": before,
        "quiet_asked": len(quiet) + len(again),
        "meanwhile_ms": meanwhile,
        "meanwhile_asked": len(busy),
        "p95_ratio": round(meanwhile["p95"] / before["p95"], 2),
        "load": round(load, 1),
    }


async def _update(stores: Stores, builds: Builds, drop: Path) -> BuildReport:
    report = await builds.build(drop)
    await publish(stores.ledger, report.snapshot)
    return report


async def _read_while(stores: Stores, texts: Sequence[str], other: Coroutine[Any, Any, object]) -> list[float]:
    """Seconds from a question to its passages. One is asked every 20 ms, late or not: all of a wait counts."""
    task = asyncio.ensure_future(other)
    took: list[float] = []
    due = time.perf_counter()
    while not task.done():
        due += 0.02
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        snapshot = await stores.ledger.live_snapshot() or 0
        vectors = await stores.encoder.encode_query(texts[len(took) % len(texts)])
        hits = await stores.index.search(
            vectors, Visible(snapshot, made_bank.NOW + timedelta(days=30), ("retail",)), 10
        )
        await stores.ledger.passages([hit.passage_id for hit in hits])
        took.append(time.perf_counter() - due)
    await task
    return took


# ── what the parts share ───────────────────────────────────────────────────────────────────────────────────────────


class Clock:
    """Seconds since the machine began: of the wall, and of computing in this process and its ended children."""

    def __init__(self, wall: float | None = None, computing: float | None = None) -> None:
        mine, ended = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
        spent = mine.ru_utime + mine.ru_stime + ended.ru_utime + ended.ru_stime
        self.wall = time.perf_counter() if wall is None else wall
        self.computing = spent if computing is None else computing

    def __sub__(self, other: "Clock") -> "Clock":
        return Clock(round(self.wall - other.wall, 2), round(self.computing - other.computing, 2))


async def an_encoder() -> HybridEncoder:
    encoder = HybridEncoder(SparseEncoder(), open_dense(EMBEDDER))
    await encoder.encode_query("预热")
    return encoder


@asynccontextmanager
async def stores_in(folder: Path) -> AsyncIterator[tuple[Stores, Builds]]:
    """What the API of an installation in this folder has: SQLite, an Edge index, builds in a process of their own."""
    settings = Settings().in_folder(folder)
    encoder = await an_encoder()
    engine = open_engine(settings.records.url)
    upgrade(engine)
    index = QdrantEdgeIndex(settings.index.path, encoder.dimensions, encoder.fingerprint)
    yield Stores(SqlKnowledge(engine), index, encoder), builds_of(settings, index)
    await index.aclose()
    engine.dispose()


def in_batches(passages: Iterable[made_bank.MadePassage], size: int) -> Iterable[list[made_bank.MadePassage]]:
    batch: list[made_bank.MadePassage] = []
    for passage in passages:
        batch.append(passage)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def spread(seconds: Iterable[float]) -> dict[str, float]:
    """Milliseconds."""
    ordered = sorted(seconds)

    def at(share: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1e3, 2)

    return {"p50": at(0.5), "p95": at(0.95), "p99": at(0.99), "max": at(1.0)}


def memory_mib() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


def _point(passage: made_bank.MadePassage, vectors: Vectors) -> IndexPoint:
    return IndexPoint(
        passage.passage_id,
        vectors,
        passage.scope,
        passage.product_codes,
        passage.since,
        passage.until,
        passage.snap_from,
        passage.snap_to,
    )


async def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=20261109)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--part", choices=("queries", "publishing", "readers"))
    given = parser.parse_args()
    work = Path(tempfile.mkdtemp())
    try:
        if given.part == "queries":
            figures = await queries(work, given.seed, 10_000 if given.quick else 100_000, 100 if given.quick else 400)
        elif given.part == "publishing":
            figures = await publishing(work, given.seed, 100 if given.quick else 1_000)
        elif given.part == "readers":
            figures = await readers(work, given.seed, 100 if given.quick else 1_000)
        else:
            figures = await run(work, given.seed, given.quick)
    finally:
        shutil.rmtree(work)
    print(json.dumps(figures, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    asyncio.run(_main())
