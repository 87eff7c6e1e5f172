"""`POST /api/ask` (JSON, or server-sent events) and `POST /api/search`."""

from collections.abc import AsyncIterator, Callable
from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Body, Header
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import AwareDatetime, Field

from seatmate.api import problems
from seatmate.api.deps import CallerDep, LiveQuestionDep, MetricsDep, WiringDep
from seatmate.api.events import EVENTS, event
from seatmate.api.readable import published_snapshot, readable_now
from seatmate.ask.flow import Answered, AnswerEvent, SentenceChecked
from seatmate.domain.answers import MAX_QUESTION_CHARS, Answer, AsOf, Question
from seatmate.domain.errors import SeatmateError
from seatmate.domain.model import Shape
from seatmate.domain.ports import Visible

router = APIRouter(tags=["ask"])

EXAMPLES: dict[str, Any] = {
    "rate": {"summary": "利率查询", "value": {"question": "一年期定期存款利率是多少？"}},
    "as_of": {
        "summary": "上周的口径",
        "value": {"question": "一年期定期存款利率是多少？", "as_of": "2026-11-05T10:00:00+08:00"},
    },
    "follow_up": {
        "summary": "追问",
        "value": {
            "question": "那起购呢？",
            "history": [{"role": "user", "content": "稳盈90天A的风险等级是多少？"}],
        },
    },
}


@router.post("/api/ask", response_model=Answer)
async def ask(
    question: Annotated[Question, Body(openapi_examples=EXAMPLES)],
    wiring: WiringDep,
    caller: CallerDep,
    metrics: MetricsDep,
    admitted: LiveQuestionDep,
    accept: Annotated[str, Header()] = "application/json",
) -> Response:
    """An answer whose every sentence and figure has been checked against the cited text."""
    flow = await wiring.asks.serving(question.conversation_id)
    if EVENTS in accept:
        return StreamingResponse(_sse(flow.answer(question, caller.scopes), metrics.count), media_type=EVENTS)
    answer = await flow.whole_answer(question, caller.scopes)
    metrics.count(answer)
    return JSONResponse(answer.model_dump(mode="json"))


async def _sse(events: AsyncIterator[AnswerEvent], count: Callable[[Answer], None]) -> AsyncIterator[str]:
    try:
        async for happened in events:
            match happened:
                case SentenceChecked(sentence):
                    yield event("sentence", sentence.model_dump_json())
                case Answered(answer):
                    count(answer)
                    yield event("answer", answer.model_dump_json())
    except SeatmateError as error:  # the status line has gone out: the problem travels as an event
        yield event("problem", bytes(problems.of(error).body).decode())


class SearchRequest(Shape):
    query: Annotated[str, Field(min_length=1, max_length=MAX_QUESTION_CHARS)]
    as_of: AsOf | None = None
    limit: Annotated[int, Field(ge=1, le=50)] = 10
    snapshot: Annotated[int, Field(ge=1)] | None = None
    """What was published then; by default the live one."""


class FoundPassage(Shape):
    doc_id: str
    version: str
    title: str
    doc_type: str
    headings: tuple[str, ...]
    columns: tuple[str, ...]
    product_codes: tuple[str, ...]
    page: int | None
    sheet: str | None
    start: int
    end: int
    text: str
    score: float
    valid_from: date | None
    valid_to: date | None


class SearchResult(Shape):
    snapshot: int | None
    as_of: AwareDatetime
    passages: tuple[FoundPassage, ...]


@router.post("/api/search")
async def search(request: SearchRequest, wiring: WiringDep, caller: CallerDep) -> SearchResult:
    """Passages in force at `as_of` that the caller may see, best first; no model is asked."""
    as_of = request.as_of or wiring.now()
    snapshot = await wiring.knowledge.live_snapshot()
    if snapshot is None:
        return SearchResult(snapshot=None, as_of=as_of, passages=())
    if request.snapshot is not None:
        snapshot = await published_snapshot(wiring, request.snapshot)
    withheld = await wiring.knowledge.withheld(snapshot)
    visible = Visible(snapshot, as_of, caller.scopes, withheld=withheld)
    found = await (await wiring.asks.serving(None)).search(request.query, visible, request.limit)
    readable = await readable_now(wiring, caller, {r.passage.doc_id for r in found})
    return SearchResult(
        snapshot=snapshot,
        as_of=as_of,
        passages=tuple(
            FoundPassage(
                doc_id=r.passage.doc_id,
                version=r.passage.version,
                title=r.passage.title,
                doc_type=r.passage.doc_type,
                headings=r.passage.headings,
                columns=r.passage.columns,
                product_codes=r.passage.product_codes,
                page=r.passage.page,
                sheet=r.passage.sheet,
                start=r.passage.start,
                end=r.passage.end,
                text=r.passage.text,
                score=r.score,
                valid_from=r.passage.validity.first_day,
                valid_to=r.passage.validity.last_day,
            )
            for r in found
            if r.passage.doc_id in readable
        ),
    )
