"""Where the constants of retrieval come from: development sets, and what other constants would do on them.

None of the benchmark's sets is read. Questions are made from news that the embedder was not trained on (a clause, its
figure turned into a question word, a piece of it lost); patients' questions with the answers given, questions of a
film and travel chat with the facts used in reply, questions over financial reports with the reports; the sample bank's
tuning questions (eval/suites/ask-tuning.jsonl); and the sayings that the embedder was not trained on, among the lines
they mean and the bank's passages. Both legs' lists are worked out once for each sparse encoder, then fused by each
fusion.

    .venv/bin/python -m tests.bench.retrieval_tuning
"""

import asyncio
import io
import json
import math
import os
import re
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from seatmate.adapters.dense import DenseEncoder, open_dense
from seatmate.adapters.encode import HybridEncoder
from seatmate.adapters.fuse import Fusion, fuse
from seatmate.adapters.qdrant_edge import QdrantEdgeIndex
from seatmate.adapters.sparse import SparseEncoder
from seatmate.adapters.sql.base import open_engine, upgrade
from seatmate.adapters.sql.knowledge import SqlKnowledge
from seatmate.ask.rewrite import rewrite
from seatmate.domain.answers import Question
from seatmate.domain.ports import Hit
from seatmate.ingest import flow
from seatmate.ingest.stores import Stores
from seatmate.settings import HOME, Settings
from seatmate_tune.embed_pairs import SENTENCES, as_question
from seatmate_tune.paraphrases import CONCEPTS, held_out

SHARED = Path(os.environ.get("SEATMATE_SHARED_DATA", HOME.parent / "shared" / "data"))
SEED = 11
_QUESTIONS = 800
_FIRST_UNTRAINED = 50_000
"""The recipe of the embedder ends before this row of news_zh."""
_REFERENCE = re.compile(r"参考材料 ?\d+[:：]")
_HEADS = re.compile(r"#+ (?:Instruction|Response):")

SPARSE = (
    SparseEncoder(),
    SparseEncoder(k1=1.2, b=0.75, usual_length=60),
    SparseEncoder(usual_length=120),
    SparseEncoder(usual_length=300),
    SparseEncoder(k1=0.7),
    SparseEncoder(k1=1.4),
    SparseEncoder(b=0.4),
    SparseEncoder(b=0.8),
)
FUSIONS = (
    Fusion(dense_weight=0.0),
    Fusion(),
    Fusion(dense_weight=20.0, sure=math.inf, vague=0.0),
    Fusion(dense_weight=40.0),
    Fusion(dense_weight=90.0),
    Fusion(sure=18.0),
    Fusion(vague=0.0),
    Fusion(vague=0.35),
    Fusion(sparse_weight=0.0),
)


@dataclass(frozen=True)
class Corpus:
    """Texts, and questions with the places of all texts that answer them."""

    texts: tuple[str, ...]
    questions: tuple[tuple[str, frozenset[int]], ...]


def rows(name: str) -> Iterator[dict[str, Any]]:
    import zstandard

    with (SHARED / name).open("rb") as raw:
        for line in io.TextIOWrapper(zstandard.ZstdDecompressor().stream_reader(raw), encoding="utf-8"):
            yield json.loads(line)


def corpus_of(pairs: Sequence[tuple[str, Sequence[str]]], more: Sequence[str] = ()) -> Corpus:
    """Questions with their texts, and texts that nobody asks for."""
    places: dict[str, int] = {}
    questions = []
    for question, right in pairs:
        gold = frozenset(places.setdefault(text, len(places)) for text in right)
        questions.append((question, gold))
    for text in more:
        places.setdefault(text, len(places))
    return Corpus(tuple(places), tuple(Random(SEED).sample(questions, min(_QUESTIONS, len(questions)))))


def news() -> Corpus:
    rng = Random(SEED)
    texts: list[str] = []
    for row in islice(rows("news_zh/news.jsonl.zst"), _FIRST_UNTRAINED, _FIRST_UNTRAINED + 1_500):
        piece = ""
        for sentence in SENTENCES.findall(row["text"]):
            if len(piece) + len(sentence) > 450:
                texts.append(piece)
                piece = ""
            piece += sentence
    texts = [text for text in texts if len(text) > 60][:3_000]
    pairs = []
    for text in rng.sample(texts, 1_500):
        sentences = [s for s in SENTENCES.findall(text) if len(s) > 16]
        question = as_question(rng.choice(sentences), rng) if sentences else ""
        if 9 <= len(question) <= 45:
            pairs.append((question, (text,)))
    return corpus_of(pairs, texts)


def medical() -> Corpus:
    pairs = []
    for row in islice(rows("tigerbot_medical_qa/train.jsonl.zst"), 3_000):
        asked, answer = (_HEADS.sub("", row[key]).strip() for key in ("instruction", "output"))
        if 4 < len(asked) < 80 and len(answer) > 20:
            pairs.append((asked, (answer,)))
    return corpus_of(pairs)


def chat() -> Corpus:
    pairs, more = [], []
    for row in rows("kdconv_dev/dev.jsonl.zst"):
        for turn, reply in zip(row["turns"], row["turns"][1:], strict=False):
            known = reply.get("knowledge") or []
            facts = [f"{k['name']} {k['attrname']} {k['attrvalue']}"[:400] for k in known]
            more += facts
            if facts and len(turn["text"]) > 6 and re.search("[？呢什么哪谁几]", turn["text"]):
                name = known[0]["name"].partition("（")[0]
                pairs.append((turn["text"] if name in turn["text"] else f"{name} {turn['text']}", facts))
    return corpus_of(pairs, more)


def finance() -> Corpus:
    pairs = []
    for row in rows("disc_fin_sft/samples.jsonl.zst"):
        found = re.search(r"(?s)(.*)问题[:：](.*)", row["instruction"])
        if found and row["part"] in ("retrieval", "task"):
            references = _REFERENCE.split(found[1])[1:] or [found[1]]
            pairs.append((found[2].strip(), [text.strip() for text in references if len(text) > 30]))
    longer = (row["text"][:300] for row in islice(rows("news_zh/news.jsonl.zst"), 52_000, 54_000))
    return corpus_of([pair for pair in pairs if pair[1]], [t for t in longer if re.search("基金|股|银行", t)])


async def bank(work: Path) -> list[Corpus]:
    """The tuning questions, by moment: each among the passages that are in force then."""
    engine = open_engine(f"sqlite:///{work / 'seatmate.db'}")
    upgrade(engine)
    knowledge = SqlKnowledge(engine)
    encoder = HybridEncoder(SparseEncoder(), open_dense(Path("no such folder")))
    index = QdrantEdgeIndex(work / "index", encoder.dimensions, encoder.fingerprint)
    stores = Stores(knowledge, index, encoder)
    for drop in ("2026-W45", "2026-W46", "2026-W47"):
        await flow.publish(knowledge, (await flow.build(stores, Settings().corpus / "drops" / drop)).snapshot)
    live = await knowledge.live_snapshot() or 0
    products = await knowledge.products_at(live)
    known = await knowledge.passages_after("", await knowledge.passage_count())
    passages = [k.passage for k in known if k.snap_from <= live < k.snap_to]
    await index.aclose()
    engine.dispose()
    lines = (HOME / "eval" / "suites" / "ask-tuning.jsonl").read_text(encoding="utf-8").splitlines()
    by_moment = defaultdict(list)
    for case in map(json.loads, lines):
        if case["doc_ids"]:
            by_moment[datetime.fromisoformat(case["as_of"])].append(case)
    found = []
    for moment, cases in by_moment.items():
        there = [passage for passage in passages if passage.validity.holds_at(moment)]
        asked = []
        for case in cases:
            question = Question(question=case["question"], history=case["history"])
            gold = frozenset(at for at, passage in enumerate(there) if passage.doc_id in case["doc_ids"])
            asked.append((rewrite(question, products, moment).text, gold))
        texts = tuple(f"{passage.context}\n{passage.text}" for passage in there)
        found.append(Corpus(texts, tuple(pair for pair in asked if pair[1])))
    return found


def sayings(distractors: Sequence[str]) -> Corpus:
    rng = Random("held-out/sayings")
    lines = {c: [line.replace("{v}", c.value(rng)) for line in c.written] for c in CONCEPTS}
    pairs = [(said, lines[c]) for c in CONCEPTS for said in c.spoken if held_out(said)]
    return corpus_of(pairs, [*(line for written in lines.values() for line in written), *distractors])


Cosines = NDArray[np.float32]
Lists = list[tuple[list[Hit], list[Hit], frozenset[str]]]
"""For each question what the words find, what the meaning finds, and what is right."""


def nearness(corpus: Corpus, dense: DenseEncoder) -> Cosines:
    """Questions × texts."""
    texts, asked = ([dense.encode(t) for t in some] for some in (corpus.texts, [q for q, _ in corpus.questions]))
    return np.array(asked, np.float32) @ np.array(texts, np.float32).T


def lists_of(corpus: Corpus, sparse: SparseEncoder, cosines: Cosines) -> Lists:
    """As the index finds them: scores of both legs, IDF of the corpus, the first of each list."""
    depth = Fusion().depth
    postings: dict[int, list[tuple[int, float]]] = defaultdict(list)
    for at, text in enumerate(corpus.texts):
        vector = sparse.encode_passage(text)
        for term, weight in zip(vector.indices, vector.values, strict=True):
            postings[term].append((at, weight))
    having = {
        term: (np.array([at for at, _ in p]), np.array([weight for _, weight in p])) for term, p in postings.items()
    }
    found: Lists = []
    for (question, gold), near in zip(corpus.questions, cosines, strict=True):
        points = np.zeros(len(corpus.texts))
        vector = sparse.encode_query(question)
        for term, weight in zip(vector.indices, vector.values, strict=True):
            if term in having:
                places, in_passage = having[term]
                idf = math.log(1 + (len(corpus.texts) - len(places) + 0.5) / (len(places) + 0.5))
                points[places] += weight * idf * in_passage
        words, meaning = ([Hit(f"{at:06}", float(s[at])) for at in np.argsort(-s)[:depth]] for s in (points, near))
        found.append(([hit for hit in words if hit.score > 0], meaning, frozenset(f"{at:06}" for at in gold)))
    return found


def figures(lists: Lists, fusion: Fusion) -> str:
    """recall@1, recall@10, MRR@10."""
    ranks = []
    for words, meaning, gold in lists:
        hits = fuse(words, meaning, fusion, 10)
        ranks.append(next((rank for rank, hit in enumerate(hits, start=1) if hit.passage_id in gold), math.inf))
    values = (sum(r == 1 for r in ranks), sum(r <= 10 for r in ranks), sum(1 / r for r in ranks))
    return " ".join(f"{value / len(ranks):.3f}" for value in values)


def main() -> None:
    dense = open_dense(Settings().index.embedder)
    with tempfile.TemporaryDirectory() as work:
        at_the_bank = asyncio.run(bank(Path(work)))
    made: dict[str, Callable[[], list[Corpus]]] = {
        "news": lambda: [news()],
        "medical": lambda: [medical()],
        "chat": lambda: [chat()],
        "finance": lambda: [finance()],
        "bank": lambda: at_the_bank,
        "sayings": lambda: [sayings(at_the_bank[-1].texts)],
    }
    corpora = {name: make() for name, make in made.items()}
    near = {id(corpus): nearness(corpus, dense) for found in corpora.values() for corpus in found}
    table = Table("sparse", "fusion", *corpora, title=f"recall@1, recall@10, MRR@10; seed {SEED}")
    for sparse in SPARSE:
        lists = {name: [x for c in found for x in lists_of(c, sparse, near[id(c)])] for name, found in corpora.items()}
        for fusion in FUSIONS if sparse is SPARSE[0] else FUSIONS[:2]:
            name = f"{fusion.sparse_weight:g} {fusion.dense_weight:g} {fusion.sure:g} {fusion.vague:g}"
            kind = ":".join(sparse.fingerprint.split(":")[1:4])
            table.add_row(kind, name, *(figures(found, fusion) for found in lists.values()))
    Console(width=190).print(table)


if __name__ == "__main__":
    main()
