"""Is what is told right on the day? Over every question of the suites, and over values that change at known minutes.

A model that quotes every line it is given stands in for the real one: what it is not given, no model can cite. Each
citation is held against the records: one that did not hold at the moment that was asked about is a fault.
"""

import asyncio
import json
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from seatmate.adapters.dense import open_dense
from seatmate.adapters.encode import HybridEncoder
from seatmate.adapters.qdrant_edge import QdrantEdgeIndex
from seatmate.adapters.sparse import SparseEncoder
from seatmate.adapters.sql.answers import SqlAnswers
from seatmate.adapters.sql.approved import SqlApproved
from seatmate.adapters.sql.base import open_engine, upgrade
from seatmate.adapters.sql.knowledge import SqlKnowledge
from seatmate.ask.flow import Answered, Ask, AskOptions
from seatmate.ask.retrieve import Retrieval
from seatmate.compliance.answer import Conduct
from seatmate.compliance.pack import load_pack
from seatmate.domain.answers import Answer, Question
from seatmate.domain.knowledge import BANK_ZONE
from seatmate.domain.ports import ChatRequest
from seatmate.ingest.flow import Stores, build, publish
from seatmate.prompts import Prompts
from seatmate.settings import HOME, Settings
from seatmate.testing.drops import drop
from seatmate.testing.models import ScriptedChatModel

SUITES = ("ask.jsonl", "ask-tuning.jsonl")
MOMENTS = (
    "2026-10-20T10:00", "2026-11-05T10:20", "2026-11-08T23:59:59", "2026-11-09T00:00", "2026-11-10T23:59:59",
    "2026-11-11T00:00", "2026-11-15T23:59:59", "2026-11-16T00:00", "2026-11-18T10:00", "2026-12-01T00:00",
)  # fmt: skip
"""Days of the three drops, and the minutes on both sides of what changed."""
EVERYONE = ("retail", "supervisor", "private_banking")


def quotes_every_line(request: ChatRequest) -> str:
    return "".join(f"[{n}]" for n in range(1, 33) if f"[{n}] " in request.messages[-1].content)


@asynccontextmanager
async def opened(work: Path, folders: list[Path]) -> AsyncIterator[tuple[Ask, Stores]]:
    """The real stores over these drops, each built and published in turn."""
    settings = Settings()
    encoder = HybridEncoder(SparseEncoder(), open_dense(settings.index.embedder))
    engine = open_engine(f"sqlite:///{work / 'records.db'}")
    upgrade(engine)
    index = QdrantEdgeIndex(work / "index", encoder.dimensions, encoder.fingerprint)
    stores = Stores(SqlKnowledge(engine), index, encoder)
    for folder in folders:
        report = await build(stores, folder)
        await publish(stores.ledger, report.snapshot)
    ask = Ask(
        prompts=Prompts.load(settings.prompts),
        retrieval=Retrieval(encoder, index, stores.ledger),
        approved=SqlApproved(engine),
        answers=SqlAnswers(engine),
        model=ScriptedChatModel(quotes_every_line),
        conduct=Conduct(load_pack(HOME / "corpus" / "rules" / "compliance")),
        release_id="bench",
        options=AskOptions(
            passages=settings.ask.passages,
            source_lines=settings.ask.source_lines,
            max_tokens=settings.ask.max_tokens,
            min_relevance=settings.ask.min_relevance,
        ),
        now=lambda: datetime.now(BANK_ZONE),
    )
    try:
        yield ask, stores
    finally:
        await index.aclose()
        engine.dispose()


async def answered(ask: Ask, question: Question) -> Answer:
    events = [event async for event in ask.answer(question, EVERYONE)]
    assert isinstance(events[-1], Answered)
    return events[-1].answer


async def faults_of_time(answer: Answer, stores: Stores) -> list[str]:
    """Citations whose document did not hold at the moment that the answer is about."""
    cited = [*(c for sentence in answer.sentences for c in sentence.citations), *answer.nearest]
    faults = []
    for citation in cited:
        document = await stores.ledger.document(citation.doc_id, citation.version)
        if not document.validity.holds_at(answer.as_of):
            faults.append(f"{answer.question} @ {answer.as_of}: {citation.doc_id} holds {document.validity}")
        if document.text[citation.start : citation.end] != citation.quote:
            faults.append(f"{answer.question}: {citation.doc_id} does not say what is quoted")
    return faults


async def over_the_suites(work: Path, quick: bool) -> dict[str, Any]:
    rows = [
        json.loads(line) for name in SUITES for line in (HOME / "eval/suites" / name).read_text("utf-8").splitlines()
    ]
    drops = sorted((HOME / "corpus/drops").glob("20*"))
    moments = [datetime.fromisoformat(f"{moment}+08:00") for moment in MOMENTS]
    asked = citations = 0
    faults: list[str] = []
    async with opened(work, drops) as (ask, stores):
        for row in rows[::8] if quick else rows:
            for moment in {*moments, datetime.fromisoformat(row["as_of"])}:
                question = Question(question=row["question"], history=row["history"], as_of=moment)
                answer = await answered(ask, question)
                asked += 1
                citations += sum(len(sentence.citations) for sentence in answer.sentences)
                faults += await faults_of_time(answer, stores)
    return {"asked": asked, "citations": citations, "expired_or_future_cited": len(faults), "faults": faults[:20]}


NAMES = ("玉兰", "银杏", "青竹", "白杨", "红枫", "水杉", "云松", "丹桂", "海棠", "木棉", "紫荆", "腊梅")


async def three_values(work: Path, seed: int, quick: bool) -> dict[str, Any]:
    """Products whose rate changes twice, at minutes drawn at random: asked a minute before, at, and a minute after."""
    rng = Random(seed)
    names = NAMES[:3] if quick else NAMES
    days = {name: sorted(rng.sample(range(2, 27), 2)) for name in names}
    rates = {name: rng.sample([f"{rng.randint(1, 4)}.{n:02}%" for n in rng.sample(range(100), 3)], 3) for name in names}
    folders = []
    for week in range(3):
        files, rows = {}, []
        for n, name in enumerate(names):
            since = "2026-01-01" if week == 0 else f"2026-11-{days[name][week - 1]:02}"
            files[f"{n}.md"] = f"# {name}存款产品说明书\n\n{name}存款的年利率为{rates[name][week]}。\n"
            rows.append({"path": f"{n}.md", "doc_id": f"d{n}", "scope": "retail", "valid_from": since})
        folders.append(drop(work / f"w{week}", files, rows))
    asked, wrong = 0, []
    async with opened(work, folders) as (ask, _):
        for name in names:
            for week, day in enumerate(days[name], start=1):
                boundary = datetime(2026, 11, day, tzinfo=BANK_ZONE)
                for moment, right in (
                    (boundary - timedelta(minutes=1), week - 1),
                    (boundary - timedelta(microseconds=1), week - 1),
                    (boundary, week),
                    (boundary + timedelta(minutes=1), week),
                ):
                    answer = await answered(ask, Question(question=f"{name}存款年利率多少", as_of=moment))
                    asked += 1
                    told = [rate for rate in rates[name] if rate in answer.text]
                    if told != [rates[name][right]]:
                        wrong.append(f"{name} @ {moment}: {told}, not {rates[name][right]}")
    return {"asked": asked, "wrong": len(wrong), "examples": wrong[:10]}


async def run(work: Path, seed: int, quick: bool) -> dict[str, object]:
    (work / "suites").mkdir()
    (work / "values").mkdir()
    return {
        "seed": seed,
        "suites": await over_the_suites(work / "suites", quick),
        "three_values_at_the_minute": await three_values(work / "values", seed, quick),
    }


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(asyncio.run(run(Path(folder), seed=20261124, quick=False)), ensure_ascii=False, indent=2))
