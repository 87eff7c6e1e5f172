"""The pointer to the live snapshot moves, forwards and back, while readers ask and more weeks are built and published.

Every answer must be wholly of one snapshot that was live between question and answer, and the very answer that this
snapshot gives at rest. A model that quotes every line it is given stands in for the real one.
"""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

from seatmate.adapters.dense import DenseEncoder, HashedGrams
from seatmate.adapters.encode import HybridEncoder
from seatmate.adapters.qdrant_edge import QdrantEdgeIndex
from seatmate.adapters.sparse import SparseEncoder
from seatmate.adapters.sql.answers import SqlAnswers
from seatmate.adapters.sql.approved import SqlApproved
from seatmate.adapters.sql.base import open_engine, upgrade
from seatmate.adapters.sql.knowledge import SqlKnowledge
from seatmate.ask.flow import Answered, Ask, AskOptions
from seatmate.ask.retrieve import RankedPassage, Retrieval
from seatmate.ask.rewrite import StandaloneQuery
from seatmate.compliance.answer import Conduct
from seatmate.compliance.pack import load_pack
from seatmate.domain.answers import Answer, Question, Turn
from seatmate.domain.approved import ApprovedAnswer, ApprovedSource
from seatmate.domain.knowledge import BANK_ZONE
from seatmate.domain.ports import ChatRequest, Visible
from seatmate.ingest.flow import Stores, build, publish, rollback
from seatmate.prompts import Prompts
from seatmate.settings import HOME, Settings
from seatmate.testing.drops import drop
from seatmate.testing.models import ScriptedChatModel

NAMES = ("玉兰", "银杏", "青竹", "白杨", "红枫", "水杉", "云松", "丹桂", "海棠", "木棉")
READERS = 50
RETAIL = ("retail",)


def begins(week: int) -> datetime:
    return datetime(2026, 11, 1, tzinfo=BANK_ZONE) + timedelta(days=3 * week)


def write_week(folder: Path, week: int) -> Path:
    """Every document says another figure than in every other week: a figure tells of which week it is."""
    files = {
        f"{n}.md": f"# {name}存款产品说明书\n\n{name}存款的年利率为{week}.{n:02}%。"
        f"\n\n{name}存款的起存金额为{week}{n:02}00元。\n"
        for n, name in enumerate(NAMES)
    }
    files["open.md"] = f"# 开户指引\n\n开户请拨打客服热线95900{week}。\n"
    rows = [
        {"path": path, "doc_id": path.removesuffix(".md"), "scope": "retail", "valid_from": f"{begins(week):%Y-%m-%d}"}
        for path in files
    ]
    return drop(folder, files, rows)


def approved_answer(week: int) -> ApprovedAnswer:
    """Stands in the snapshots of that week's guide alone."""
    return ApprovedAnswer(
        approved_id=f"open-{week}",
        questions=("客户要开户怎么办",),
        text=f"请客户拨打95900{week}开户。",
        sources=(ApprovedSource(doc_id="open", quote=f"开户请拨打客服热线95900{week}"),),
        scope=RETAIL,
        reviewed_by="周敏",
        pinned_at=begins(week),
    )


def questions_of(last_week: int) -> list[Question]:
    """What the rate is, now and on a day of each week; a follow-up; and one that has an approved answer."""
    now = begins(last_week + 2)
    asked = [Question(question="客户要开户怎么办", as_of=now)]
    for number, name in enumerate(NAMES):
        asked += [
            Question(question=f"{name}存款年利率多少", as_of=now),
            Question(question=f"{name}存款年利率多少", as_of=begins(1 + number % last_week) + timedelta(hours=9)),
            Question(
                question="那起存金额呢？",
                history=(
                    Turn(role="user", content=f"{name}存款年利率多少"),
                    Turn(role="assistant", content="请看资料。"),
                ),
                as_of=now,
            ),
        ]
    return asked


@dataclass
class Watched:
    """What happened: who asked what when and was answered what, and when the pointer moved."""

    answers: list[tuple[float, float, int, Answer]] = field(default_factory=list)
    """(asked, answered, number of the question, answer)"""
    searches: list[tuple[int, set[tuple[str, str]]]] = field(default_factory=list)
    moves: list[tuple[float, float, int]] = field(default_factory=list)
    """(before, after, the snapshot that went live)"""
    errors: list[str] = field(default_factory=list)
    answered: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(0))

    async def more_answers(self, count: int) -> None:
        """Wait for so many: what moves while nobody reads shows nothing."""
        while not self.answered.locked():
            await self.answered.acquire()
        for _ in range(count):
            await self.answered.acquire()

    def live_between(self, asked: float, answered: float) -> set[int]:
        ends = [*(after for _, after, _ in self.moves[1:]), float("inf")]
        return {
            snapshot
            for (begun, _, snapshot), end in zip(self.moves, ends, strict=True)
            if begun <= answered and end >= asked
        }


class FollowsThePointer(Retrieval):
    """Looks in what is live by now, not in the snapshot that the question was asked of: what the watching must find."""

    async def find(self, query: StandaloneQuery, visible: Visible, limit: int) -> list[RankedPassage]:
        live = await self.knowledge.live_snapshot() or 0
        return await super().find(query, replace(visible, snapshot=live), limit)


async def switched(
    work: Path,
    seed: int,
    switches: int,
    readers: int = READERS,
    weeks: int = 4,
    retrieval: type[Retrieval] = Retrieval,
) -> dict[str, Any]:
    """The pointer moves, forwards and back, while readers ask and two more weeks are built and published."""
    async with opened(work, HashedGrams(), retrieval) as (ask, approved, stores):
        questions = questions_of(weeks + 2)
        for week in range(1, weeks + 3):
            await approved.pin(approved_answer(week))
        watched = Watched()
        for week in range(1, weeks + 1):
            report = await build(stores, write_week(work / f"w{week}", week))
            await moved(stores, watched, report.snapshot)
        rng, done = Random(seed), asyncio.Event()
        began = time.perf_counter()
        reading = [
            asyncio.create_task(read_on(ask, stores, questions, watched, done, Random(f"{seed} {n}")))
            for n in range(readers)
        ]
        await switch_and_build(work, stores, watched, rng, switches, weeks)
        done.set()
        await asyncio.gather(*reading)
        took = time.perf_counter() - began
        faults = await faults_of(watched, ask, stores, questions)
    per_snapshot = Counter(answer.snapshot for *_, answer in watched.answers)
    return {
        "readers": readers,
        "switches": len(watched.moves) - weeks,
        "builds_meanwhile": max(snapshot for *_, snapshot in watched.moves) - weeks,
        "answers": len(watched.answers),
        "searches": len(watched.searches),
        "reads_per_second": round((len(watched.answers) + len(watched.searches)) / took, 1),
        "answers_by_snapshot": {str(n): per_snapshot[n] for n in sorted(per_snapshot, key=str)},
        "approved": sum(answer.approved_id is not None for *_, answer in watched.answers),
        "citations": sum(len(s.citations) for *_, answer in watched.answers for s in answer.sentences),
        "answered_across_a_switch": sum(
            len(watched.live_between(asked, answered)) > 1 for asked, answered, *_ in watched.answers
        ),
        "went_wrong": len(faults) + len(watched.errors),
        "faults": [*watched.errors[:20], *faults[:20]],
    }


async def read_on(
    ask: Ask, stores: Stores, questions: list[Question], watched: Watched, done: asyncio.Event, rng: Random
) -> None:
    while not done.is_set():
        number = rng.randrange(len(questions))
        question = questions[number]
        try:
            if rng.random() < 0.1:
                watched.searches.append(await searched(ask, stores, question))
                continue
            asked = time.perf_counter()
            answer = await answered(ask, question)
            watched.answers.append((asked, time.perf_counter(), number, answer))
            watched.answered.release()
        except Exception as error:  # noqa: BLE001 whatever a reader gets instead of an answer is what is counted
            watched.errors.append(f"{question.question}: {error!r}")
            watched.answered.release()


async def answered(ask: Ask, question: Question) -> Answer:
    events = [event async for event in ask.answer(question, RETAIL)]
    assert isinstance(events[-1], Answered)
    return events[-1].answer


async def searched(ask: Ask, stores: Stores, question: Question) -> tuple[int, set[tuple[str, str]]]:
    """As the door for people who look for themselves does: the live snapshot first."""
    snapshot = await stores.ledger.live_snapshot()
    assert snapshot is not None
    assert question.as_of is not None
    found = await ask.search(question.question, Visible(snapshot, question.as_of, RETAIL), 5)
    return snapshot, {(ranked.passage.doc_id, ranked.passage.version) for ranked in found}


async def switch_and_build(
    work: Path, stores: Stores, watched: Watched, rng: Random, switches: int, weeks: int
) -> None:
    """Two more weeks are built, one after the other, while the pointer moves among what is published."""
    published = list(range(1, weeks + 1))
    building: asyncio.Task[int] | None = None
    for n in range(switches):
        if building is None and len(published) < weeks + 2 and n >= switches // 4:
            await moved(stores, watched, max(published))  # a build continues what is live
            building = await begun(stores, write_week(work / f"w{published[-1] + 1}", published[-1] + 1))
        if building is not None and building.done():
            published.append(building.result())
            await moved(stores, watched, published[-1])
            building = None
        elif rng.random() < 0.3 and watched.moves[-1][2] > 1:
            await moved(stores, watched, None)
        else:
            await moved(stores, watched, rng.choice(published))
        await watched.more_answers(5)
    if building is not None:
        await moved(stores, watched, await building)


async def begun(stores: Stores, folder: Path) -> asyncio.Task[int]:
    """A build that has seen what is live: from then on the pointer may move."""
    seen = asyncio.Event()

    async def built() -> int:
        return (await build(stores, folder, told=lambda step: seen.set())).snapshot

    building, waiting = asyncio.create_task(built()), asyncio.create_task(seen.wait())
    await asyncio.wait([building, waiting], return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    return building


async def moved(stores: Stores, watched: Watched, snapshot: int | None) -> None:
    """Publish this one, or go back."""
    before = time.perf_counter()
    status = await (publish(stores.ledger, snapshot) if snapshot else rollback(stores.ledger))
    watched.moves.append((before, time.perf_counter(), status.snapshot))


async def faults_of(watched: Watched, ask: Ask, stores: Stores, questions: list[Question]) -> list[str]:
    """Answers that are not wholly of one snapshot that was live, by the records and by the same asked at rest."""
    faults = []
    at_rest: dict[tuple[int, int], Answer] = {}
    versions: dict[int, set[tuple[str, str]]] = {}
    for snapshot in sorted({move[2] for move in watched.moves}):
        await publish(stores.ledger, snapshot)
        versions[snapshot] = {(d.doc_id, d.version) for d in await stores.ledger.documents_at(snapshot)}
        for number, question in enumerate(questions):
            at_rest[snapshot, number] = await answered(ask, question)
    for asked, at, number, answer in watched.answers:
        snapshot = answer.snapshot or 0
        what = f"snapshot {snapshot}: {answer.question} @ {answer.as_of:%m-%d}: {answer.text}"
        if snapshot not in watched.live_between(asked, at):
            faults.append(f"{what}: it was not live between question and answer")
            continue
        cited = {(c.doc_id, c.version) for s in answer.sentences for c in s.citations}
        if foreign := cited - versions[snapshot]:
            faults.append(f"{what}: cites {foreign}")
        if bare(answer) != bare(at_rest[snapshot, number]):
            faults.append(f"{what}: at rest {at_rest[snapshot, number].text}")
        week = min(snapshot, week_of(answer.as_of))
        if not answer.sentences or any(not of_week(c.quote, week) for s in answer.sentences for c in s.citations):
            faults.append(f"{what}: not of week {week} alone")
    faults += [f"a search of {n}: {found - versions[n]}" for n, found in watched.searches if found - versions[n]]
    return faults


def week_of(moment: datetime) -> int:
    return (moment - begins(0)).days // 3


def of_week(quote: str, week: int) -> bool:
    """Is every figure of it one of that week?"""
    return any(mark in quote for mark in (f"为{week}", f"95900{week}"))


def bare(answer: Answer) -> Answer:
    """Without what differs each time."""
    latency = answer.latency_ms.model_copy(update={"rewrite": 0, "retrieve": 0, "first_sentence": 0, "total": 0})
    return answer.model_copy(update={"answer_id": "", "latency_ms": latency})


def quotes_every_line(request: ChatRequest) -> str:
    return "".join(f"[{n}]" for n in range(1, 33) if f"[{n}] " in request.messages[-1].content)


@asynccontextmanager
async def opened(
    work: Path, dense: DenseEncoder, retrieval: type[Retrieval] = Retrieval
) -> AsyncIterator[tuple[Ask, SqlApproved, Stores]]:
    settings = Settings()
    encoder = HybridEncoder(SparseEncoder(), dense)
    await asyncio.to_thread(work.mkdir, exist_ok=True)
    engine = open_engine(f"sqlite:///{work / 'records.db'}")
    upgrade(engine)
    index = QdrantEdgeIndex(work / "index", encoder.dimensions, encoder.fingerprint)
    stores = Stores(SqlKnowledge(engine), index, encoder)
    approved = SqlApproved(engine)
    ask = Ask(
        prompts=Prompts.load(settings.prompts),
        retrieval=retrieval(encoder, index, stores.ledger),
        approved=approved,
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
        yield ask, approved, stores
    finally:
        await index.aclose()
        engine.dispose()
