"""Chat models without a model: one that says what it is told, one that lies, one that is down.

For tests, and for trying the platform out without an engine. They count one token per character, know no chat template
and look at the request only where it says so.
"""

import json
import re
from collections.abc import AsyncIterator, Callable, Sequence
from enum import StrEnum
from typing import Any

from seatmate.domain.errors import ModelUnavailable
from seatmate.domain.ports import ChatDelta, ChatReply, ChatRequest, Usage

_PIECE = 4
"""Characters in one delta of a stream: small enough that a marker such as «F12» is cut in two."""


class ScriptedChatModel:
    """Gives replies from a list, one a call, or what a function makes of the request. Keeps the requests it got."""

    def __init__(
        self, replies: Sequence[str] | Callable[[ChatRequest], str], name: str = "scripted@000000000000"
    ) -> None:
        self._replies = replies
        self._name = name
        self.requests: list[ChatRequest] = []

    @property
    def name(self) -> str:
        return self._name

    async def complete(self, request: ChatRequest) -> ChatReply:
        whole = self._next(request)
        text = whole[: request.max_tokens]
        usage = Usage(prompt_tokens=sum(len(m.content) for m in request.messages), completion_tokens=len(text))
        return ChatReply(text, self._name, usage, "stop" if text == whole else "length")

    async def stream(self, request: ChatRequest) -> AsyncIterator[ChatDelta]:
        reply = await self.complete(request)
        for start in range(0, len(reply.text), _PIECE):
            yield ChatDelta(text=reply.text[start : start + _PIECE])
        yield ChatDelta(usage=reply.usage, finish_reason=reply.finish_reason)

    def _next(self, request: ChatRequest) -> str:
        self.requests.append(request)
        if callable(self._replies):
            return self._replies(request)
        if len(self.requests) > len(self._replies):
            raise LookupError(f"the script has {len(self._replies)} replies, this is call {len(self.requests)}")
        return self._replies[len(self.requests) - 1]


class Lie(StrEnum):
    """What LyingChatModel gets wrong."""

    FIGURE = "figure"
    """A figure that no source holds, with a citation that exists."""
    CITATION = "citation"
    """A source number that the prompt does not have."""
    SLOT = "slot"
    """A figure slot that the prompt does not have."""
    QUOTE = "quote"
    """Words in quotation marks that nobody said."""
    UTTERANCE = "utterance"
    """Valid against the schema, with utterance ids far beyond the call's."""
    BROKEN_JSON = "broken_json"
    """JSON that stops in the middle, although it was not cut off."""
    ENDLESS = "endless"
    """Does not stop by itself; max_tokens cuts it."""


class LyingChatModel(ScriptedChatModel):
    """Answers every request with one kind of falsehood, plausible in form.

    With a schema the form is the schema's (but for BROKEN_JSON and ENDLESS); without, that of an answer to an agent.
    """

    def __init__(self, lie: Lie, name: str = "lying@000000000000") -> None:
        super().__init__(self._tell, name)
        self.lie = lie

    def _tell(self, request: ChatRequest) -> str:
        if self.lie is Lie.ENDLESS:
            return "年化利率很高，" * (request.max_tokens // 7 + 2)
        if request.schema is None:
            return _ANSWERS[self.lie]
        whole = json.dumps(_instance(request.schema), ensure_ascii=False, separators=(",", ":"))
        return whole[: len(whole) * 2 // 3] if self.lie is Lie.BROKEN_JSON else whole


_ANSWERS = {
    Lie.FIGURE: "该产品年化收益率为88.88%，起购金额7元[1]。",
    Lie.CITATION: "该产品随时可以赎回[99]。",
    Lie.SLOT: "该产品的年化利率为«F99»[1]。",
    Lie.QUOTE: "客户说“我保证全部买入”，资料写明“本产品保本保息”[1]。",
    Lie.UTTERANCE: "依据第1999句，客户已经同意[1]。",
    Lie.BROKEN_JSON: '{"facts":[{"u":1,"f":',
}


def _instance(schema: dict[str, Any]) -> Any:
    """Something that satisfies one of our schemas: every list filled, every number at its maximum."""
    if "enum" in schema:
        return schema["enum"][0]
    match schema.get("type"):
        case "object":
            return {key: _instance(value) for key, value in schema.get("properties", {}).items()}
        case "array":
            return [_instance(schema["items"])]
        case "integer" | "number":
            return schema.get("maximum", 1999)
        case "boolean":
            return True
        case "string":
            return "客户保证全部买入"[: schema.get("maxLength", 8)]
        case other:
            raise NotImplementedError(f"a schema of type {other!r} is not one of ours")


class DeadChatModel:
    """A model server that is down."""

    name = "dead@000000000000"

    async def complete(self, request: ChatRequest) -> ChatReply:
        raise ModelUnavailable("the model server cannot be reached")

    async def stream(self, request: ChatRequest) -> AsyncIterator[ChatDelta]:
        raise ModelUnavailable("the model server cannot be reached")
        yield ChatDelta()  # never reached: makes this an async generator, as the port wants


def last_user_text(request: ChatRequest) -> str:
    """What a scripted function mostly looks at."""
    return next(message.content for message in reversed(request.messages) if message.role == "user")


def source_numbers(request: ChatRequest) -> list[int]:
    """The [n] that start the lines of a prompt's sources, for scripts that cite what there is."""
    return [int(number) for number in re.findall(r"^\[(\d+)\]", last_user_text(request), re.MULTILINE)]
