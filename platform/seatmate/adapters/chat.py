"""The ChatModel of live questions: the `openai` async client against any OpenAI-style server.

The body is built from the fields of ChatRequest alone; nothing that a caller of ours sent passes through. Knows nothing
of prompts, and does not judge an answer: what comes back is untrusted text.

    model = OpenAIChat("http://127.0.0.1:8601/v1", key, "bank@0123456789ab")
    reply = await model.complete(ChatRequest(messages=(Message("user", "你好"),), max_tokens=64))
    await model.aclose()
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any, Literal, overload

import httpx2
import openai
from openai.types import CompletionUsage
from openai.types.chat import ChatCompletion, ChatCompletionChunk

from seatmate.domain.errors import ModelUnavailable, Overloaded
from seatmate.domain.ports import ChatDelta, ChatReply, ChatRequest, Usage

_CONNECT_S = 5.0


class OpenAIChat:
    """`sends_priority`: the server schedules by priority (ours does); another may refuse a field it does not know."""

    def __init__(
        self,
        base_url: str,
        api_key: str,
        model: str,
        *,
        total_timeout_s: float = 60.0,
        first_token_timeout_s: float = 20.0,
        sends_priority: bool = False,
    ) -> None:
        self._model = model
        self._total_s = total_timeout_s
        self._first_s = first_token_timeout_s
        self._sends_priority = sends_priority
        self._client = openai.AsyncOpenAI(
            base_url=base_url,
            api_key=api_key or "none",  # the client wants one even where the server does not
            max_retries=0,
            http_client=http_client(total_timeout_s),
        )

    @property
    def name(self) -> str:
        return self._model

    async def complete(self, request: ChatRequest) -> ChatReply:
        with our_errors():
            async with asyncio.timeout(self._total_s):
                completion = await self._create(request, stream=False)
        if not completion.choices:
            raise ModelUnavailable("the model server answered without a choice")
        choice = completion.choices[0]
        return ChatReply(
            text=choice.message.content or "",
            model=completion.model,
            usage=_usage(completion.usage),
            finish_reason=choice.finish_reason,
        )

    async def stream(self, request: ChatRequest) -> AsyncIterator[ChatDelta]:
        """Deltas as they come. Leaving the loop early closes the connection, and the server stops generating."""
        now = asyncio.get_running_loop().time
        last_moment = now() + self._total_s
        until = min(now() + self._first_s, last_moment)
        with our_errors():
            async with asyncio.timeout_at(until):
                chunks = await self._create(request, stream=True)
        finish_reason, usage = None, None
        try:
            while True:
                with our_errors():
                    # Around the wait alone, never around a yield: a caller may be slow to ask for more.
                    async with asyncio.timeout_at(until):
                        chunk = await anext(chunks, None)
                if chunk is None:
                    break
                usage = chunk.usage or usage
                for choice in chunk.choices:
                    finish_reason = choice.finish_reason or finish_reason
                    if choice.delta.content:
                        until = last_moment
                        yield ChatDelta(text=choice.delta.content)
        finally:
            await chunks.close()
        if finish_reason is None:
            raise ModelUnavailable("the model server ended its stream in the middle of an answer")
        yield ChatDelta(usage=_usage(usage), finish_reason=finish_reason)

    async def aclose(self) -> None:
        await self._client.close()

    @overload
    async def _create(self, request: ChatRequest, *, stream: Literal[False]) -> ChatCompletion: ...
    @overload
    async def _create(
        self, request: ChatRequest, *, stream: Literal[True]
    ) -> openai.AsyncStream[ChatCompletionChunk]: ...
    async def _create(self, request: ChatRequest, *, stream: bool) -> Any:
        body: dict[str, Any] = {
            "model": self._model,
            "messages": [{"role": message.role, "content": message.content} for message in request.messages],
            **sampling(request),
            "stream": stream,
        }
        if stream:
            body["stream_options"] = {"include_usage": True}
        extra = {"priority": request.priority} if self._sends_priority else None
        return await self._client.chat.completions.create(**body, extra_body=extra)


def http_client(total_timeout_s: float) -> openai.DefaultAsyncHttpxClient:
    """One repeated attempt when no connection is made, none once the server has the request: it may be working on it.

    `trust_env=False`: a proxy set for the outside must never see a customer's words on their way to an inner server.
    """
    return openai.DefaultAsyncHttpxClient(
        # Shorter than the five seconds after which uvicorn, and so vLLM, drops an idle connection.
        transport=httpx2.AsyncHTTPTransport(retries=1, limits=httpx2.Limits(keepalive_expiry=4.0)),
        timeout=httpx2.Timeout(total_timeout_s, connect=_CONNECT_S),
        trust_env=False,
    )


def sampling(request: ChatRequest) -> dict[str, Any]:
    """How to decode, in the words of the OpenAI API."""
    body: dict[str, Any] = {"max_tokens": request.max_tokens, "temperature": request.temperature, "n": 1}
    if request.schema is not None:
        schema = {"name": request.schema_name or "output", "schema": request.schema, "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    return body


@contextmanager
def our_errors() -> Iterator[None]:
    """The client's errors as ours. Their messages stay out: a server may quote the prompt in a refusal."""
    try:
        yield
    except (TimeoutError, openai.APITimeoutError, httpx2.TimeoutException) as error:
        raise ModelUnavailable("the model server did not answer in time") from error
    except openai.APIStatusError as error:
        if error.status_code in (429, 503):
            raise Overloaded("the model server has too much to do", _retry_after(error)) from error
        raise ModelUnavailable(f"the model server refused the request with HTTP {error.status_code}") from error
    except (openai.APIConnectionError, httpx2.TransportError) as error:
        raise ModelUnavailable("the model server cannot be reached") from error
    except (openai.OpenAIError, ValueError) as error:
        raise ModelUnavailable("the model server answers in a form that is not the OpenAI API's") from error


def _retry_after(error: openai.APIStatusError) -> int:
    text = error.response.headers.get("retry-after", "")
    return int(text) if text.isdecimal() else 2  # it may also be a date; then our own guess


def _usage(usage: CompletionUsage | None) -> Usage:
    if usage is None:
        return Usage()
    details = usage.prompt_tokens_details
    cached = details.cached_tokens if details else None
    return Usage(usage.prompt_tokens, cached or 0, usage.completion_tokens)
