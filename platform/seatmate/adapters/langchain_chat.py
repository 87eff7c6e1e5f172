"""The ChatModel of background work, through LangChain: the bank may put any LangChain chat model of its own here.

Costs some ten milliseconds a call more than adapters/chat.py, so live questions do not use it. Knows nothing of chains
and tools, and does not judge an answer.

    model = LangChainChat(open_langchain("http://127.0.0.1:8601/v1", key, "bank@0123456789ab"), "bank@0123456789ab")
    reply = await model.complete(ChatRequest(messages=(Message("user", "你好"),), max_tokens=64))
    await model.aclose()
"""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

from langchain_core.language_models import BaseChatModel
from langchain_core.messages import AIMessage, AIMessageChunk, BaseMessage, HumanMessage, SystemMessage
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from seatmate.adapters.chat import http_client, our_errors, sampling
from seatmate.domain.errors import ModelUnavailable
from seatmate.domain.ports import ChatDelta, ChatReply, ChatRequest, Message, Usage

_MESSAGES: dict[str, type[BaseMessage]] = {"system": SystemMessage, "user": HumanMessage, "assistant": AIMessage}


def open_langchain(base_url: str, api_key: str, model: str, *, total_timeout_s: float = 60.0) -> ChatOpenAI:
    """LangChain's client for an OpenAI-style server."""
    return ChatOpenAI(
        base_url=base_url,
        api_key=SecretStr(api_key or "none"),
        model=model,
        max_retries=0,
        timeout=total_timeout_s,
        stream_usage=True,
        http_async_client=http_client(total_timeout_s),
    )


class LangChainChat:
    """Any LangChain chat model as our port. `aclose` closes the connections of one that `open_langchain` made."""

    def __init__(
        self, model: BaseChatModel, name: str, *, total_timeout_s: float = 60.0, sends_priority: bool = False
    ) -> None:
        self._chat = model
        self._name = name
        self._total_s = total_timeout_s
        self._sends_priority = sends_priority

    @property
    def name(self) -> str:
        return self._name

    async def aclose(self) -> None:
        if isinstance(self._chat, ChatOpenAI) and self._chat.http_async_client is not None:
            await self._chat.http_async_client.aclose()

    async def complete(self, request: ChatRequest) -> ChatReply:
        with our_errors():
            async with asyncio.timeout(self._total_s):
                message = await self._chat.ainvoke(_messages(request.messages), **self._options(request))
        return ChatReply(
            text=message.text,
            model=message.response_metadata.get("model_name", self._name),
            usage=_usage(message),
            finish_reason=message.response_metadata.get("finish_reason") or "stop",
        )

    async def stream(self, request: ChatRequest) -> AsyncIterator[ChatDelta]:
        last_moment = asyncio.get_running_loop().time() + self._total_s
        chunks = aiter(self._chat.astream(_messages(request.messages), **self._options(request)))
        whole: AIMessageChunk | None = None
        while True:
            with our_errors():
                async with asyncio.timeout_at(last_moment):
                    chunk = await anext(chunks, None)
            if chunk is None:
                break
            whole = chunk if whole is None else whole + chunk
            if chunk.text:
                yield ChatDelta(text=chunk.text)
        if whole is None or not whole.response_metadata.get("finish_reason"):
            raise ModelUnavailable("the model server ended its stream in the middle of an answer")
        yield ChatDelta(usage=_usage(whole), finish_reason=whole.response_metadata["finish_reason"])

    def _options(self, request: ChatRequest) -> dict[str, Any]:
        options = sampling(request)
        # As a named argument, the schema would make the client parse the answer, and raise where it was cut.
        extra = {"response_format": options.pop("response_format")} if request.schema is not None else {}
        if self._sends_priority:
            extra["priority"] = request.priority
        return options | {"extra_body": extra}


def _messages(messages: tuple[Message, ...]) -> list[BaseMessage]:
    return [_MESSAGES[message.role](content=message.content) for message in messages]


def _usage(message: AIMessage) -> Usage:
    usage = message.usage_metadata
    if usage is None:
        return Usage()
    cached = usage.get("input_token_details", {}).get("cache_read", 0)
    return Usage(usage["input_tokens"], cached or 0, usage["output_tokens"])
