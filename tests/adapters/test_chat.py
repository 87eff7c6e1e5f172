"""Both model adapters against a real HTTP server on loopback: the contract, and what each kind of trouble becomes."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import pytest

from seatmate.adapters.chat import OpenAIChat
from seatmate.adapters.langchain_chat import LangChainChat, open_langchain
from seatmate.domain.errors import ModelUnavailable, Overloaded
from seatmate.domain.ports import ChatModel, ChatRequest, Message
from seatmate.testing.chat_contract import REPLY, ChatModelContract
from seatmate.testing.openai_server import OpenAIServer, Trouble

ASK = ChatRequest(messages=(Message("user", "机密的问题"),), max_tokens=64)
SCHEMA = {"type": "object", "properties": {}, "additionalProperties": False}


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer(lambda body: REPLY, api_key="key", models=("bank@0123456789ab",)) as server:
        yield server


@pytest.fixture
async def chat(server: OpenAIServer) -> AsyncIterator[OpenAIChat]:
    chat = OpenAIChat(
        server.base_url, "key", "bank@0123456789ab", total_timeout_s=3, first_token_timeout_s=1, sends_priority=True
    )
    yield chat
    await chat.aclose()


@pytest.fixture
async def langchain(server: OpenAIServer) -> AsyncIterator[LangChainChat]:
    client = open_langchain(server.base_url, "key", "bank@0123456789ab", total_timeout_s=3)
    chat = LangChainChat(client, "bank@0123456789ab", total_timeout_s=3, sends_priority=True)
    yield chat
    await chat.aclose()


class TestOpenAIChat(ChatModelContract):
    """With the usual patience: the first call of a busy machine's process takes its second."""

    @pytest.fixture
    async def model(self, server: OpenAIServer) -> AsyncIterator[ChatModel]:
        chat = OpenAIChat(server.base_url, "key", "bank@0123456789ab", sends_priority=True)
        yield chat
        await chat.aclose()


class TestLangChainChat(ChatModelContract):
    @pytest.fixture
    async def model(self, server: OpenAIServer) -> AsyncIterator[ChatModel]:
        client = open_langchain(server.base_url, "key", "bank@0123456789ab", total_timeout_s=60)
        chat = LangChainChat(client, "bank@0123456789ab", total_timeout_s=60, sends_priority=True)
        yield chat
        await chat.aclose()


@pytest.fixture(params=["openai", "langchain"])
def either(request: pytest.FixtureRequest, chat: OpenAIChat, langchain: LangChainChat) -> ChatModel:
    return chat if request.param == "openai" else langchain


async def drain(model: ChatModel) -> str:
    return "".join([delta.text async for delta in model.stream(ASK)])


async def test_the_body_holds_our_fields_and_no_others(server: OpenAIServer, chat: OpenAIChat) -> None:
    await chat.complete(ChatRequest((Message("user", "问"),), 9, "kyc", SCHEMA, priority=5))
    assert server.bodies == [
        {
            "model": "bank@0123456789ab",
            "messages": [{"role": "user", "content": "问"}],
            "max_tokens": 9,
            "temperature": 0.0,
            "n": 1,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "kyc", "schema": SCHEMA, "strict": True},
            },
            "stream": False,
            "priority": 5,
        }
    ]


async def test_langchain_asks_for_the_same(server: OpenAIServer, chat: OpenAIChat, langchain: LangChainChat) -> None:
    request = ChatRequest((Message("system", "s"), Message("user", "问")), 9, "kyc", SCHEMA, priority=5)
    await chat.complete(request)
    await langchain.complete(request)
    ours, theirs = server.bodies
    # LangChain writes the newer name of max_tokens; vLLM takes both.
    theirs["max_tokens"] = theirs.pop("max_completion_tokens", theirs.get("max_tokens"))
    assert {**theirs, "stream": False} == ours


async def test_priority_is_not_sent_to_a_server_that_may_not_know_it(server: OpenAIServer) -> None:
    chat = OpenAIChat(server.base_url, "key", "bank@0123456789ab")
    await chat.complete(ChatRequest((Message("user", "问"),), 9, priority=5))
    await chat.aclose()
    assert "priority" not in server.bodies[0]


async def test_cached_tokens_are_reported(either: ChatModel) -> None:
    usage = (await either.complete(ASK)).usage
    assert usage.cached_tokens == usage.prompt_tokens // 2 > 0


@pytest.mark.parametrize("status", [429, 503])
async def test_a_server_with_too_much_to_do_is_overloaded(server: OpenAIServer, either: ChatModel, status: int) -> None:
    server.fail_with(Trouble(status, {"retry-after": "7"}), Trouble(status))
    with pytest.raises(Overloaded) as first:
        await either.complete(ASK)
    assert first.value.retry_after_s == 7
    with pytest.raises(Overloaded):
        await drain(either)
    assert len(server.bodies) == 2, "it was asked again at once"


@pytest.mark.parametrize("status", [500, 502, 400, 401, 404])
async def test_any_other_refusal_is_unavailable_and_asked_once(
    server: OpenAIServer, either: ChatModel, status: int
) -> None:
    server.fail_with(Trouble(status), Trouble(status))
    with pytest.raises(ModelUnavailable, match=str(status)):
        await either.complete(ASK)
    with pytest.raises(ModelUnavailable, match=str(status)):
        await drain(either)
    assert len(server.bodies) == 2


async def test_an_error_does_not_repeat_what_the_server_says(server: OpenAIServer, either: ChatModel) -> None:
    server.fail_with(Trouble(400, body='{"error":{"message":"bad prompt: 机密的问题"}}'.encode()))
    with pytest.raises(ModelUnavailable) as raised:
        await either.complete(ASK)
    assert "机密" not in raised.value.detail


async def test_a_server_that_is_down_is_unavailable(server: OpenAIServer, either: ChatModel) -> None:
    server.__exit__(None, None, None)
    with pytest.raises(ModelUnavailable, match="cannot be reached"):
        await either.complete(ASK)
    with pytest.raises(ModelUnavailable, match="cannot be reached"):
        await drain(either)


async def test_a_slow_answer_is_unavailable_after_the_total_time(server: OpenAIServer, either: ChatModel) -> None:
    server.fail_with(Trouble(wait_s=3.6))
    began = time.monotonic()
    with pytest.raises(ModelUnavailable, match="in time"):
        await either.complete(ASK)
    assert time.monotonic() - began < 3.5


async def test_a_late_first_token_is_unavailable(server: OpenAIServer, chat: OpenAIChat) -> None:
    server.fail_with(Trouble(wait_s=1.5))
    began = time.monotonic()
    with pytest.raises(ModelUnavailable, match="in time"):
        await drain(chat)
    assert time.monotonic() - began < 1.4


async def test_after_the_first_token_only_the_total_time_counts(server: OpenAIServer, chat: OpenAIChat) -> None:
    server.chunk_pause_s = 0.06  # longer than the first token may take, all chunks together
    assert await drain(chat) == REPLY


async def test_a_stream_that_takes_too_long_ends_at_the_total_time(server: OpenAIServer, chat: OpenAIChat) -> None:
    server.chunk_pause_s = 0.5
    with pytest.raises(ModelUnavailable, match="in time"):
        await drain(chat)


async def test_a_reader_that_is_slow_is_not_a_late_first_token(server: OpenAIServer, chat: OpenAIChat) -> None:
    text = ""
    async for delta in chat.stream(ASK):
        if not text:
            await asyncio.sleep(1.2)
        text += delta.text
    assert text == REPLY


async def test_a_stream_that_breaks_off_is_unavailable_not_an_answer(server: OpenAIServer, either: ChatModel) -> None:
    server.fail_with(Trouble(break_after=3))
    with pytest.raises(ModelUnavailable):
        await drain(either)


async def test_what_is_not_json_is_unavailable(server: OpenAIServer, chat: OpenAIChat) -> None:
    async def nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 6\r\n\r\n<html>")
        await writer.drain()
        writer.close()

    listening = await asyncio.start_server(nonsense, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    model = OpenAIChat(f"http://127.0.0.1:{port}/v1", "key", "m")
    with pytest.raises(ModelUnavailable, match="not the OpenAI API"):
        await model.complete(ASK)
    await model.aclose()
    listening.close()


async def test_a_proxy_in_the_environment_never_sees_a_call(
    server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    chat = OpenAIChat(server.base_url, "key", "bank@0123456789ab")
    langchain = LangChainChat(open_langchain(server.base_url, "key", "bank@0123456789ab"), "bank@0123456789ab")
    assert (await chat.complete(ASK)).text == (await langchain.complete(ASK)).text == REPLY
    await chat.aclose()
    await langchain.aclose()


async def test_many_calls_at_once_are_answered_each(server: OpenAIServer, chat: OpenAIChat) -> None:
    replies = await asyncio.gather(*(chat.complete(ASK) for _ in range(50)))
    assert {reply.text for reply in replies} == {REPLY}
