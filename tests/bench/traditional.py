"""Are questions in traditional characters read as their simplified twins? The questions of three suites, converted by
OpenCC to the standard, Taiwan's and Hong Kong's characters, through rewriting, search and the relevance that decides
whether there is an answer, over the sample bank. No model.

    .venv/bin/python -m tests.bench.traditional
"""

import asyncio
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import opencc
from rich.console import Console
from rich.table import Table

from seatmate.adapters.dense import open_dense
from seatmate.adapters.encode import HybridEncoder
from seatmate.adapters.fuse import Fusion
from seatmate.adapters.qdrant_edge import QdrantEdgeIndex
from seatmate.adapters.sparse import SparseEncoder
from seatmate.adapters.sql.base import open_engine, upgrade
from seatmate.adapters.sql.knowledge import SqlKnowledge
from seatmate.ask.compose import pick_lines
from seatmate.ask.retrieve import Retrieval
from seatmate.ask.rewrite import rewrite
from seatmate.domain.answers import Question
from seatmate.domain.knowledge import Product
from seatmate.domain.ports import Visible
from seatmate.ingest import flow
from seatmate.ingest.stores import Stores
from seatmate.settings import HOME, Settings

WRITTEN = {"simplified": "", "standard": "s2t", "Taiwan": "s2tw", "Hong Kong": "s2hk"}
SUITES = ("ask", "answer", "refusal")
DROPS = ("2026-W45", "2026-W46", "2026-W47")
SCOPES = ("retail", "admin")


@dataclass(frozen=True)
class World:
    retrieval: Retrieval
    snapshot: int
    products: list[Product]
    withheld: tuple[str, ...]


@dataclass(frozen=True)
class Found:
    answered: bool
    """Does a passage speak of enough of the question?"""
    documents: tuple[str, ...]
    line: str
    """Where the first source line stands."""


async def run(work: Path) -> dict[str, dict[str, dict[str, float]]]:
    """By suite and characters: shares of the questions, and of those that find what their simplified twins find."""
    engine = open_engine(f"sqlite:///{work / 'seatmate.db'}")
    upgrade(engine)
    knowledge = SqlKnowledge(engine)
    encoder = HybridEncoder(SparseEncoder(), open_dense(Settings().index.embedder))
    index = QdrantEdgeIndex(work / "index", encoder.dimensions, encoder.fingerprint, Fusion())
    try:
        for drop in DROPS:
            report = await flow.build(Stores(knowledge, index, encoder), Settings().corpus / "drops" / drop)
            await flow.publish(knowledge, report.snapshot)
        live = await knowledge.live_snapshot()
        assert live is not None
        products = await knowledge.products_at(live)
        world = World(Retrieval(encoder, index, knowledge), live, products, await knowledge.withheld(live))
        return {suite: await measured(world, list(cases_of(suite))) for suite in SUITES}
    finally:
        await index.aclose()
        engine.dispose()


def cases_of(suite: str) -> Iterator[dict[str, Any]]:
    lines = (HOME / "eval" / "suites" / f"{suite}.jsonl").read_text(encoding="utf-8").splitlines()
    yield from map(json.loads, lines)


async def measured(world: World, cases: list[dict[str, Any]]) -> dict[str, dict[str, float]]:
    plain = [await find(world, case, "") for case in cases]
    told = {}
    for name, conversion in WRITTEN.items():
        found = [await find(world, case, conversion) for case in cases] if conversion else plain
        right = [(one.documents, case["doc_ids"]) for one, case in zip(found, cases, strict=True) if case["doc_ids"]]
        told[name] = {
            "questions": len(cases),
            "answered": share(one.answered for one in found),
            "right@1": share(bool(set(documents[:1]) & set(wanted)) for documents, wanted in right),
            "right@5": share(bool(set(documents[:5]) & set(wanted)) for documents, wanted in right),
            "answered as its twin": share(a.answered == b.answered for a, b in zip(found, plain, strict=True)),
            "line of its twin": share(a.line == b.line for a, b in zip(found, plain, strict=True)),
        }
    return told


async def find(world: World, case: dict[str, Any], conversion: str) -> Found:
    asked_at = datetime.fromisoformat(case["as_of"])
    history = [turn | {"content": written(turn["content"], conversion)} for turn in case.get("history", ())]
    question = Question(question=written(case["question"], conversion), history=history)
    query = rewrite(question, world.products, asked_at)
    scopes = tuple(case.get("scopes") or SCOPES)
    visible = Visible(world.snapshot, query.as_of or asked_at, scopes, withheld=world.withheld)
    options = Settings().ask
    found = await world.retrieval.find(query, visible, options.passages)
    lines = pick_lines(query.text, [one.passage for one in found], world.products, 1)
    return Found(
        max((one.relevance for one in found), default=0.0) >= options.min_relevance,
        tuple(dict.fromkeys(one.passage.doc_id for one in found)),
        f"{lines[0].passage.doc_id}:{lines[0].start}" if lines else "",
    )


def written(text: str, conversion: str) -> str:
    return str(_converter(conversion).convert(text)) if conversion else text


@cache
def _converter(conversion: str) -> opencc.OpenCC:
    return opencc.OpenCC(conversion)


def share(flags: Any) -> float:
    told = list(flags)
    return round(sum(told) / len(told), 4) if told else 0.0


def main() -> None:
    with tempfile.TemporaryDirectory() as work:
        figures = asyncio.run(run(Path(work)))
    names = list(figures[SUITES[0]]["simplified"])
    table = Table("suite", "characters", *names)
    for suite, rows in figures.items():
        for name, row in rows.items():
            table.add_row(suite, name, *(f"{row[n]:g}" for n in names))
    Console(width=140).print(table)
    print(json.dumps(figures, ensure_ascii=False))


if __name__ == "__main__":
    main()
