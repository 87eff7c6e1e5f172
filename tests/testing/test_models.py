"""The fakes keep the contract of the real thing, and each lie is the lie that it says it is."""

import json
from typing import Any

import pytest

from seatmate.domain.errors import ModelUnavailable
from seatmate.domain.ports import ChatModel, ChatRequest, Message
from seatmate.prompts import Prompts
from seatmate.settings import HOME
from seatmate.testing.chat_contract import REPLY, ChatModelContract
from seatmate.testing.models import (
    DeadChatModel,
    Lie,
    LyingChatModel,
    ScriptedChatModel,
    last_user_text,
    source_numbers,
)

ASK = ChatRequest(messages=(Message("system", "s"), Message("user", "[1] 甲\n[2] 乙")), max_tokens=400)


class TestScriptedChatModel(ChatModelContract):
    @pytest.fixture
    def model(self) -> ChatModel:
        return ScriptedChatModel(lambda request: REPLY)


async def test_a_list_is_said_once_in_its_order() -> None:
    model = ScriptedChatModel(["一", "二"])
    assert [(await model.complete(ASK)).text for _ in range(2)] == ["一", "二"]
    with pytest.raises(LookupError, match="2 replies"):
        await model.complete(ASK)


async def test_a_function_sees_the_request() -> None:
    model = ScriptedChatModel(lambda request: f"{last_user_text(request)[4]}{source_numbers(request)}")
    assert (await model.complete(ASK)).text == "甲[1, 2]"
    assert model.requests == [ASK]


async def test_a_dead_model_is_unavailable_either_way() -> None:
    with pytest.raises(ModelUnavailable):
        await DeadChatModel().complete(ASK)
    with pytest.raises(ModelUnavailable):
        await anext(DeadChatModel().stream(ASK))


async def lie(kind: Lie, schema: dict[str, Any] | None = None, max_tokens: int = 400) -> tuple[str, str]:
    request = ChatRequest(ASK.messages, max_tokens, "s" if schema else None, schema)
    reply = await LyingChatModel(kind).complete(request)
    return reply.text, reply.finish_reason


async def test_an_invented_figure_has_a_citation_that_exists() -> None:
    text, _ = await lie(Lie.FIGURE)
    assert "88.88%" in text
    assert "[1]" in text


async def test_an_invented_citation_is_no_source_of_the_prompt() -> None:
    text, _ = await lie(Lie.CITATION)
    assert "[99]" in text
    assert 99 not in source_numbers(ASK)


async def test_an_endless_output_is_cut_by_max_tokens() -> None:
    for size in (1, 7, 64):
        text, reason = await lie(Lie.ENDLESS, max_tokens=size)
        assert (len(text), reason) == (size, "length")


@pytest.mark.parametrize(
    ("prompt", "beyond"),
    [
        ("aftercall/summary", '"u":[2000]'),
        ("aftercall/quotes", "[2000]"),
        ("aftercall/kyc", '"c":64'),
        ("aftercall/voc", '"c":64'),
    ],
)
async def test_wrong_numbers_come_in_the_right_form(prompt: str, beyond: str) -> None:
    schema = Prompts.load(HOME / "prompts")[prompt].schema
    assert schema is not None
    text, reason = await lie(Lie.UTTERANCE, schema, max_tokens=4000)
    whole = json.loads(text)
    assert set(whole) == set(schema["properties"])
    assert beyond in text
    assert reason == "stop"


@pytest.mark.parametrize("prompt", ["aftercall/summary", "aftercall/quotes", "aftercall/kyc", "aftercall/voc"])
async def test_broken_json_is_broken_although_it_was_not_cut(prompt: str) -> None:
    text, reason = await lie(Lie.BROKEN_JSON, Prompts.load(HOME / "prompts")[prompt].schema, max_tokens=4000)
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)
    assert reason == "stop"


@pytest.mark.parametrize("kind", Lie)
async def test_every_lie_can_be_streamed(kind: Lie) -> None:
    deltas = [delta async for delta in LyingChatModel(kind).stream(ASK)]
    assert "".join(delta.text for delta in deltas)
    assert deltas[-1].finish_reason is not None
