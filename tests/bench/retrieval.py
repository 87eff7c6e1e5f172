"""Does Seatmate find the right passage, beside bm25s and LlamaIndex's BM25Retriever in the same run? (issue 3)

Public reading-comprehension sets: every passage once as the corpus, every question as a query; recall@1, recall@10 and
MRR@10. A peer is run in several settings, with and without jieba and the folding of traditional characters, and is
represented by the one that does best on the set itself: nothing of these sets was used to train or tune Seatmate
(finetune/recipes/embed.yaml refuses them, tests/bench/retrieval_tuning.py reads others). Differences come with a 95 %
interval: bootstrap, paired, resampling passages with all their questions. Then the questions of eval/suites/ask.jsonl
through the ask pipeline over the sample bank: is a right document among the first?

    .venv/bin/python -m tests.bench.retrieval [--quick] [--seed N]
"""

import argparse
import asyncio
import io
import json
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from seatmate.adapters.dense import open_dense
from seatmate.adapters.encode import HybridEncoder
from seatmate.adapters.fold import fold
from seatmate.adapters.fuse import Fusion
from seatmate.adapters.qdrant_edge import QdrantEdgeIndex
from seatmate.adapters.sparse import SparseEncoder
from seatmate.adapters.sql.base import open_engine, upgrade
from seatmate.adapters.sql.knowledge import SqlKnowledge
from seatmate.ask.retrieve import Retrieval
from seatmate.ask.rewrite import rewrite
from seatmate.domain.answers import Question
from seatmate.domain.knowledge import OPEN_SNAPSHOT
from seatmate.domain.ports import Hit, IndexPoint, Visible
from seatmate.ingest import flow
from seatmate.ingest.stores import Stores
from seatmate.settings import HOME, Settings

SETS = (("drcd_dev", "dev.jsonl.zst"), ("cmrc2018_trial", "trial.jsonl.zst"))
DROPS = ("2026-W45", "2026-W46", "2026-W47")
SCOPES = ("retail", "admin")
FIRST = 10
Ranks = NDArray[np.int64]
"""For each query the rank of the right passage, from 1; FIRST + 1 where it is not among the first."""
Find = Callable[[str], Sequence[int]]
"""A question to the places of the passages found, best first."""


@dataclass(frozen=True)
class ReadingSet:
    name: str
    passages: tuple[str, ...]
    questions: tuple[tuple[str, int], ...]
    """Question and the place of its passage."""


async def run(work: Path, seed: int, quick: bool) -> dict[str, object]:
    """Figures by set and system, differences to the peers, and the ask suite. `work` is an empty folder."""
    shared = Path(os.environ.get("SEATMATE_SHARED_DATA", HOME.parent / "shared" / "data"))
    figures: dict[str, object] = {
        "seed": seed,
        "versions": {name: version(name) for name in ("bm25s", "llama-index-retrievers-bm25", "jieba", "opencc")},
        "weights": {"sparse": Fusion().sparse_weight, "dense": Fusion().dense_weight},
    }
    for name, file in SETS:
        if (shared / name / file).is_file():
            figures[name] = await compare(read_set(shared / name / file, quick), work / name, seed, quick)
        else:
            figures[name] = f"not measured: {shared / name / file} is not there (SEATMATE_SHARED_DATA)"
    figures["ask"] = await ask_suite(work / "ask")
    return figures


def read_set(path: Path, quick: bool) -> ReadingSet:
    """Unanswerable questions left out, equal passages one."""
    import zstandard

    places: dict[str, int] = {}
    questions: list[tuple[str, int]] = []
    with path.open("rb") as raw:
        for line in io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(raw), encoding="utf-8"):
            row = json.loads(line)
            place = places.setdefault(row["passage"], len(places))
            questions += [(qa["question"], place) for qa in row["qas"] if not qa["unanswerable"]]
    return ReadingSet(path.parent.name, tuple(places), tuple(questions[:: 10 if quick else 1]))


async def compare(reading: ReadingSet, work: Path, seed: int, quick: bool) -> dict[str, object]:
    """Every system over one set; then Seatmate minus the best setting of each peer."""
    ranks = await seatmate_ranks(reading, work)
    milliseconds = ranks.pop("milliseconds")
    for name, find in (*bm25s_settings(reading.passages), *llama_settings(reading.passages)):
        ranks[name] = ranks_of(find, reading.questions)
    figures: dict[str, object] = {
        "passages": len(reading.passages),
        "questions": len(reading.questions),
        "systems": {name: measures(found) for name, found in ranks.items()},
        "search_ms": milliseconds,
    }
    passage_of = np.array([place for _, place in reading.questions])
    for peer in ("bm25s", "llama-index"):
        best = max((n for n in ranks if n.startswith(peer)), key=lambda n: measures(ranks[n])["mrr@10"])
        figures[f"ahead of {best}"] = differences(ranks["seatmate"], ranks[best], passage_of, seed, quick)
    return figures


async def seatmate_ranks(reading: ReadingSet, work: Path) -> dict[str, Any]:
    """The shipped encoder and fusion through the real index; and the words alone, to see what meaning adds."""
    encoder = HybridEncoder(SparseEncoder(), open_dense(Settings().index.embedder))
    ids = [f"{place:08x}-0000-4000-8000-000000000000" for place in range(len(reading.passages))]
    place_of = {passage_id: place for place, passage_id in enumerate(ids)}
    points = [
        IndexPoint(passage_id, vectors, ("all",), (), 0, 2**40, 1, OPEN_SNAPSHOT)
        for passage_id, vectors in zip(ids, await encoder.encode_passages(reading.passages), strict=True)
    ]
    visible = Visible(1, datetime.now(UTC), ("all",))
    found: dict[str, Any] = {}
    for name, fusion in (("seatmate", Fusion()), ("seatmate, words alone", Fusion(dense_weight=0.0))):
        index = QdrantEdgeIndex(work / name.replace(", ", "-"), encoder.dimensions, encoder.fingerprint, fusion)
        await index.write(points)
        ranks, spent = [], []
        for question, place in reading.questions:
            began = time.perf_counter()
            hits: Sequence[Hit] = await index.search(await encoder.encode_query(question), visible, FIRST)
            spent.append((time.perf_counter() - began) * 1000)
            ranks.append(_rank([place_of[hit.passage_id] for hit in hits], place))
        await index.aclose()
        found[name] = np.array(ranks)
        found.setdefault("milliseconds", {"p50": _p(spent, 50), "p95": _p(spent, 95)})
    return found


def bm25s_settings(passages: Sequence[str]) -> Iterator[tuple[str, Find]]:
    """bm25s with jieba: both cuts, folded or not, its own k1 and b, Lucene's and Anserini's."""
    import bm25s  # type: ignore[import-untyped,unused-ignore]

    for folded in (False, True):
        for cut in ("cut", "cut_for_search"):
            tokens = [_jieba(text, cut, folded) for text in passages]
            for k1, b in ((1.5, 0.75), (1.2, 0.75), (0.9, 0.4)):
                index = bm25s.BM25(k1=k1, b=b)
                index.index(tokens, show_progress=False)

                def find(question: str, index: Any = index, cut: str = cut, folded: bool = folded) -> list[int]:
                    known = [word for word in _jieba(question, cut, folded) if word in index.vocab_dict]
                    if not known:
                        return []
                    return [int(i) for i in index.retrieve([known], k=FIRST, show_progress=False)[0][0]]

                yield f"bm25s, jieba {cut}, k1 {k1}{', folded' if folded else ''}", find


def llama_settings(passages: Sequence[str]) -> Iterator[tuple[str, Find]]:
    """As it comes; and with jieba's words between blanks, since 0.8 ignores the tokenizer it is given."""
    from llama_index.core.schema import TextNode
    from llama_index.retrievers.bm25 import BM25Retriever  # type: ignore[import-untyped,unused-ignore]

    def retriever(prepare: Callable[[str], str], **settings: Any) -> Find:
        nodes = [TextNode(id_=str(place), text=prepare(text)) for place, text in enumerate(passages)]
        built = BM25Retriever.from_defaults(nodes=nodes, similarity_top_k=FIRST, **settings)
        return lambda question: [int(hit.node.node_id) for hit in built.retrieve(prepare(question)) if hit.score]

    yield "llama-index, as it comes", retriever(str)
    words = {"skip_stemming": True, "token_pattern": r"(?u)\b\w+\b"}
    for folded in (False, True):
        for cut in ("cut", "cut_for_search"):
            find = retriever(lambda text, c=cut, f=folded: " ".join(_jieba(text, c, f)), **words)  # type: ignore[misc]
            yield f"llama-index, jieba {cut}{', folded' if folded else ''}", find


def _jieba(text: str, cut: str, folded: bool) -> list[str]:
    import jieba

    words = getattr(jieba, f"l{cut}")((fold(text) if folded else text).lower())
    return [word for word in words if any(c.isalnum() for c in word)]


def ranks_of(find: Find, questions: Sequence[tuple[str, int]]) -> Ranks:
    return np.array([_rank(find(question), place) for question, place in questions])


def _rank(found: Sequence[int], place: int) -> int:
    return found.index(place) + 1 if place in found else FIRST + 1


def measures(ranks: Ranks) -> dict[str, float]:
    return {name: round(float(values.mean()), 4) for name, values in _by_question(ranks).items()}


def _by_question(ranks: Ranks) -> dict[str, NDArray[np.float64]]:
    return {
        "recall@1": (ranks == 1).astype(float),
        "recall@10": (ranks <= FIRST).astype(float),
        "mrr@10": np.where(ranks <= FIRST, 1 / ranks, 0.0),
    }


def differences(ours: Ranks, theirs: Ranks, passage_of: Ranks, seed: int, quick: bool) -> dict[str, list[float]]:
    """By measure: the difference, and its 95 % interval."""
    rng = np.random.default_rng(seed)
    passages = np.unique(passage_of)
    asked = np.bincount(passage_of)[passages]
    draws = rng.integers(0, len(passages), (300 if quick else 2_000, len(passages)))
    found = {}
    mine, other = _by_question(ours), _by_question(theirs)
    for name in mine:
        gain = mine[name] - other[name]
        of_passage = np.bincount(passage_of, gain)[passages]
        means = of_passage[draws].sum(axis=1) / asked[draws].sum(axis=1)
        low, high = np.quantile(means, (0.025, 0.975))
        found[name] = [round(float(x), 4) for x in (gain.mean(), low, high)]
    return found


async def ask_suite(work: Path) -> dict[str, object]:
    """Recall of a right document among the first passages, as an answer sees them, and of the search before its rerank.

    The three drops are built and published one after another with the real stores; every question is asked of the last
    snapshot as of its own moment.
    """
    await asyncio.to_thread(work.mkdir, parents=True)
    engine = open_engine(f"sqlite:///{work / 'seatmate.db'}")
    upgrade(engine)
    knowledge = SqlKnowledge(engine)
    encoder = HybridEncoder(SparseEncoder(), open_dense(Settings().index.embedder))
    index = QdrantEdgeIndex(work / "index", encoder.dimensions, encoder.fingerprint, Fusion())
    stores = Stores(knowledge, index, encoder)
    try:
        for drop in DROPS:
            report = await flow.build(stores, Settings().corpus / "drops" / drop)
            await flow.publish(knowledge, report.snapshot)
        return await _ask(Retrieval(encoder, index, knowledge))
    finally:
        await index.aclose()
        engine.dispose()


async def _ask(retrieval: Retrieval) -> dict[str, object]:
    live = await retrieval.knowledge.live_snapshot()
    assert live is not None
    withheld = await retrieval.knowledge.withheld(live)
    products = await retrieval.knowledge.products_at(live)
    lines = (HOME / "eval" / "suites" / "ask.jsonl").read_text(encoding="utf-8").splitlines()
    cases = [case for case in map(json.loads, lines) if case["doc_ids"]]
    answered: dict[str, list[int]] = {}
    searched: list[int] = []
    missed = []
    for case in cases:
        asked_at = datetime.fromisoformat(case["as_of"])
        query = rewrite(Question(question=case["question"], history=case["history"]), products, asked_at)
        visible = Visible(live, query.as_of or asked_at, SCOPES, withheld=withheld)
        found = [ranked.passage.doc_id for ranked in await retrieval.find(query, visible, 40)]
        hits = await retrieval.index.search(await retrieval.encoder.encode_query(query.text), visible, 40)
        passages = await retrieval.knowledge.passages([hit.passage_id for hit in hits])
        searched.append(_first([passages[hit.passage_id].doc_id for hit in hits], case["doc_ids"]))
        rank = _first(found, case["doc_ids"])
        answered.setdefault(case["as_of"][:10], []).append(rank)
        if rank > 1:
            missed.append({"id": case["id"], "rank": rank, "before rerank": searched[-1]})
    everything = [rank for ranks in answered.values() for rank in ranks]
    return {
        "questions": len(cases),
        "reranked": _recalls(everything),
        "before rerank": _recalls(searched),
        "by day": {day: _recalls(ranks) for day, ranks in sorted(answered.items())},
        "not first": missed,
    }


def _first(found: Sequence[str], right: Sequence[str]) -> int:
    return next((rank for rank, doc_id in enumerate(found, start=1) if doc_id in right), 1_000)


def _recalls(ranks: Sequence[int]) -> dict[str, float]:
    return {f"recall@{k}": round(statistics.mean(rank <= k for rank in ranks), 4) for k in (1, 5, 8)}


def _p(values: Sequence[float], percent: int) -> float:
    return round(float(np.percentile(values, percent)), 2)


def show(figures: dict[str, Any]) -> None:
    for name, _ in SETS:
        if isinstance(figures[name], str):
            print(figures[name])
            continue
        table = Table("system", "recall@1", "recall@10", "MRR@10", title=f"{name}, seed {figures['seed']}")
        for system, values in figures[name]["systems"].items():
            table.add_row(system, *(f"{value:.4f}" for value in values.values()))
        for ahead, gains in figures[name].items():
            if ahead.startswith("ahead of"):
                table.add_row(ahead, *(f"{gain:+.4f} [{low:+.4f}, {high:+.4f}]" for gain, low, high in gains.values()))
        Console(width=150).print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--quick", action="store_true", help="a tenth of the questions")
    parser.add_argument("--seed", type=int, default=20261118)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as work:
        figures = asyncio.run(run(Path(work), asked.seed, asked.quick))
    show(figures)
    print(json.dumps(figures, ensure_ascii=False, indent=1))


if __name__ == "__main__":
    main()
