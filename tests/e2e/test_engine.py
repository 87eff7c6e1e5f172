"""The shipped model in the real vLLM: what the rest of the platform relies on."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
import pytest_asyncio

from seatmate.adapters.chat import OpenAIChat
from seatmate.domain.errors import ModelUnavailable
from seatmate.domain.ports import ChatRequest, Message
from seatmate.serving.engine import Endpoint

pytestmark = [pytest.mark.engine, pytest.mark.asyncio(loop_scope="session")]

LONG = ChatRequest(messages=(Message("user", "客户问定期存款到期以后怎么办。" * 40),), max_tokens=8)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chat(engine: Endpoint) -> AsyncIterator[OpenAIChat]:
    chat = OpenAIChat(engine.base_url, engine.api_key, engine.model, sends_priority=engine.sends_priority)
    yield chat
    await chat.aclose()


async def test_the_adapter_answers_under_its_name(engine: Endpoint, chat: OpenAIChat) -> None:
    reply = await chat.complete(LONG)
    assert reply.model == engine.model
    assert reply.usage.completion_tokens > 0


async def test_the_same_prompt_is_prefilled_once(chat: OpenAIChat) -> None:
    await chat.complete(LONG)
    usage = (await chat.complete(LONG)).usage
    assert usage.cached_tokens > usage.prompt_tokens // 3, usage


async def test_greedy_decoding_repeats_itself(chat: OpenAIChat) -> None:
    assert (await chat.complete(LONG)).text == (await chat.complete(LONG)).text


async def test_streamed_and_whole_are_the_same(chat: OpenAIChat) -> None:
    whole = await chat.complete(LONG)
    assert "".join([delta.text async for delta in chat.stream(LONG)]) == whole.text


async def test_output_obeys_its_schema_without_a_blank(chat: OpenAIChat) -> None:
    schema = {
        "type": "object",
        "properties": {"u": {"type": "integer", "minimum": 1, "maximum": 9}, "s": {"enum": ["good", "bad"]}},
        "required": ["u", "s"],
        "additionalProperties": False,
    }
    reply = await chat.complete(ChatRequest(LONG.messages, 48, "tiny", schema))
    value = json.loads(reply.text)
    assert set(value) == {"u", "s"}
    assert value["s"] in ("good", "bad")
    assert " " not in reply.text
    assert "\n" not in reply.text


async def test_both_priorities_are_served_together(chat: OpenAIChat) -> None:
    requests = [ChatRequest(LONG.messages, 8, priority=priority) for priority in (0, 5, 0, 5)]
    assert len(await asyncio.gather(*(chat.complete(request) for request in requests))) == 4


async def test_a_prompt_that_is_too_long_is_refused_not_cut(chat: OpenAIChat) -> None:
    with pytest.raises(ModelUnavailable, match="400"):
        await chat.complete(ChatRequest((Message("user", "问" * 20_000),), 8))


async def test_without_the_key_nobody_asks(engine: Endpoint) -> None:
    async with httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(f"{engine.base_url}/models")).status_code == 401


async def test_adapters_cannot_be_loaded_from_outside(engine: Endpoint) -> None:
    """vLLM itself asks for its key below /v1 only; our door before it asks on every route."""
    root = engine.base_url.removesuffix("/v1")
    async with httpx.AsyncClient(trust_env=False) as client:
        for method, path in (
            ("POST", "/adapters"),
            ("DELETE", f"/adapters/{engine.model}"),
            ("POST", "/invocations"),
            ("POST", "/v1/load_lora_adapter"),
            ("POST", "/v1/unload_lora_adapter"),
            ("POST", "/pause"),
            ("POST", "/tokenize"),
            ("GET", "/metrics"),
            ("GET", "/v1/models"),
        ):
            asked = await client.request(
                method, f"{root}{path}", json={"name": "x", "src": "/tmp", "model": engine.model}
            )
            assert asked.status_code == 401, (method, path)
        assert (await client.get(f"{root}/health")).status_code == 200


async def test_the_key_is_in_nobodys_argument_list(engine: Endpoint) -> None:
    assert not await asyncio.to_thread(_in_an_argument_list, engine.api_key)


def _in_an_argument_list(text: str) -> bool:
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if text.encode() in (process / "cmdline").read_bytes():
                return True
        except (FileNotFoundError, ProcessLookupError):
            continue
    return False
