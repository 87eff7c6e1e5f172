"""OpenAI-compatible chat completions, so that any chat client works as it is. Citations are in the field `seatmate`.

The last user message is the question, what precedes it is history. Sampling fields are accepted and ignored: how an
answer is made belongs to the release, not to the caller.
"""

import json
import time
import uuid
from collections.abc import AsyncIterator
from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi.responses import JSONResponse, Response, StreamingResponse
from pydantic import BaseModel, ConfigDict, Field

from seatmate.api import problems
from seatmate.api.deps import CallerDep, LiveQuestionDep, MetricsDep, WiringDep
from seatmate.api.metrics import Metrics
from seatmate.ask.flow import Answered, AnswerEvent, SentenceChecked
from seatmate.domain.answers import MAX_QUESTION_CHARS, Answer, Question, Turn
from seatmate.domain.errors import BadInput, SeatmateError

router = APIRouter(prefix="/v1", tags=["openai"])

MODEL = "seatmate"


class TextPart(BaseModel):
    type: Literal["text"]
    text: str


class ChatMessage(BaseModel):
    model_config = ConfigDict(extra="ignore")

    role: Literal["system", "developer", "user", "assistant"]
    content: str | list[TextPart]

    @property
    def text(self) -> str:
        return self.content if isinstance(self.content, str) else "".join(part.text for part in self.content)


class StreamOptions(BaseModel):
    model_config = ConfigDict(extra="ignore")

    include_usage: bool = False


class ChatCompletionRequest(BaseModel):
    """Fields that other clients send are ignored on purpose."""

    model_config = ConfigDict(
        extra="ignore",
        json_schema_extra={
            "examples": [{"model": MODEL, "messages": [{"role": "user", "content": "稳盈90天A的起购金额是多少？"}]}]
        },
    )

    model: str = MODEL
    messages: Annotated[list[ChatMessage], Field(min_length=1, max_length=41)]
    stream: bool = False
    stream_options: StreamOptions = StreamOptions()


@router.get("/models")
async def models(caller: CallerDep) -> dict[str, Any]:
    """The one model that callers may name; the engine's own models are not theirs to choose."""
    return {"object": "list", "data": [{"id": MODEL, "object": "model", "created": 0, "owned_by": "seatmate"}]}


@router.post("/chat/completions")
async def chat_completions(
    request: ChatCompletionRequest, wiring: WiringDep, caller: CallerDep, metrics: MetricsDep, admitted: LiveQuestionDep
) -> Response:
    """The ask flow behind the OpenAI protocol."""
    ask = await wiring.asks.serving(None)
    question = _question(request)
    if request.stream:
        events, usage = ask.answer(question, caller.scopes), request.stream_options.include_usage
        return StreamingResponse(_chunks(events, metrics, usage), media_type="text/event-stream")
    answer = await ask.whole_answer(question, caller.scopes)
    metrics.count(answer)
    return JSONResponse(_completion(answer))


def _question(request: ChatCompletionRequest) -> Question:
    *earlier, last = request.messages
    if last.role != "user" or not last.text.strip():
        raise BadInput("the last message must be a question of the user")
    if len(last.text) > MAX_QUESTION_CHARS:
        raise BadInput(f"a question may have at most {MAX_QUESTION_CHARS} characters")
    history = [
        Turn(role="user" if m.role == "user" else "assistant", content=m.text[:8000])
        for m in earlier
        if m.role in ("user", "assistant")
    ]
    return Question(question=last.text, history=tuple(history[-20:]))


def _spoken(answer: Answer) -> str:
    """An abstention is told with its reason; what its note says alone would be no answer."""
    return answer.text if answer.sentences else f"{answer.reason.label if answer.reason else ''}{answer.note}"


def _usage(answer: Answer) -> dict[str, int]:
    return {
        "prompt_tokens": answer.prompt_tokens,
        "completion_tokens": answer.completion_tokens,
        "total_tokens": answer.prompt_tokens + answer.completion_tokens,
    }


def _completion(answer: Answer) -> dict[str, Any]:
    return {
        "id": answer.answer_id,
        "object": "chat.completion",
        "created": int(time.time()),
        "model": MODEL,
        "choices": [
            {"index": 0, "message": {"role": "assistant", "content": _spoken(answer)}, "finish_reason": "stop"}
        ],
        "usage": _usage(answer),
        "seatmate": answer.model_dump(mode="json"),
    }


async def _chunks(events: AsyncIterator[AnswerEvent], metrics: Metrics, include_usage: bool) -> AsyncIterator[str]:
    head = {"id": f"chatcmpl-{uuid.uuid4().hex}", "object": "chat.completion.chunk", "created": int(time.time())}

    def chunk(delta: dict[str, str], finish: str | None = None, **more: Any) -> str:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        return _data({**head, "model": MODEL, "choices": [choice], **more})

    yield chunk({"role": "assistant", "content": ""})
    try:
        async for event in events:
            match event:
                case SentenceChecked(sentence):
                    yield chunk({"content": sentence.text})
                case Answered(answer):
                    metrics.count(answer)
                    if not answer.sentences:
                        yield chunk({"content": _spoken(answer)})
                    yield chunk({}, "stop", seatmate=answer.model_dump(mode="json"))
                    if include_usage:
                        yield _data({**head, "model": MODEL, "choices": [], "usage": _usage(answer)})
    except SeatmateError as error:  # the status line has gone out: the problem travels in the stream
        yield _data({"error": json.loads(bytes(problems.of(error).body))})
    yield "data: [DONE]\n\n"


def _data(body: dict[str, Any]) -> str:
    return f"data: {json.dumps(body, ensure_ascii=False)}\n\n"
