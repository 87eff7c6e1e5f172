"""The LangChain retriever against a running Seatmate: permission, time and snapshot are the server's, whatever a chain
does."""

import asyncio
import traceback
from datetime import datetime
from typing import Any

import pytest
from langchain_core.documents import Document
from langchain_core.exceptions import LangChainException
from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
from langchain_core.load import dumps
from langchain_core.messages import AIMessage
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_core.runnables import ConfigurableField, RunnableLambda, RunnablePassthrough
from pydantic import ValidationError

from seatmate.integrations.langchain_retriever import SeatmateRetriever
from seatmate.integrations.search import SearchFailed
from seatmate.testing.openai_server import OpenAIServer, Trouble

from .conftest import ADMIN, NOBODY, RETAIL, Bank, document_text

RATE = "整存整取一年期利率是多少"
LIMIT = "私人银行客户转账限额"


def at(day: str) -> datetime:
    return datetime.fromisoformat(day)


def retriever(bank: Bank, key: str = RETAIL, **options: Any) -> SeatmateRetriever:
    return SeatmateRetriever(base_url=bank.url, api_key=key, **{"as_of": at("2026-11-18T10:00:00+08:00"), **options})


def texts(documents: list[Document]) -> str:
    return "\n".join(document.page_content for document in documents)


def test_a_document_is_a_citation(bank: Bank) -> None:
    found = retriever(bank).invoke(RATE)[0]
    told = found.metadata
    assert found.page_content == "整存整取一年期年利率为1.40%。"
    assert (told["doc_id"], told["title"], told["snapshot"]) == ("rate-nov", "存款利率表", 2)
    assert (told["valid_from"], told["valid_to"]) == ("2026-11-01", "2026-11-30")
    assert told["headings"] == ["整存整取"]
    assert told["score"] > 0
    whole = document_text(bank.url, told["doc_id"], told["version"])
    assert whole[told["start"] : told["end"]] == found.page_content


async def test_sync_and_async_find_the_same(bank: Bank) -> None:
    here = retriever(bank)
    assert await here.ainvoke(RATE) == await asyncio.to_thread(here.invoke, RATE)


@pytest.mark.parametrize("key", [RETAIL, NOBODY])
async def test_other_scopes_never_come(bank: Bank, key: str) -> None:
    found = [*retriever(bank, key, limit=50).invoke(LIMIT), *await retriever(bank, key, limit=50).ainvoke(LIMIT)]
    assert "9,000万" not in texts(found)
    assert "vip" not in {document.metadata["doc_id"] for document in found}
    assert "9,000万" in texts(retriever(bank, ADMIN).invoke(LIMIT))


@pytest.mark.parametrize("more", [{"scope": ["private_banking"]}, {"scopes": ["private_banking"]}, {"filter": "*"}])
def test_nothing_that_a_chain_passes_along_widens_what_is_seen(bank: Bank, more: dict[str, Any]) -> None:
    assert "9,000万" not in texts(retriever(bank).invoke(LIMIT, **more))


@pytest.mark.parametrize(
    ("day", "rate"),
    [
        ("2026-10-31T23:59:00+08:00", "1.45%"),
        ("2026-11-01T00:00:00+08:00", "1.40%"),
        ("2026-11-30T15:59:00+00:00", "1.40%"),
        ("2026-11-30T16:00:00+00:00", "1.35%"),
    ],
)
async def test_the_day_decides_which_rate_is_right(bank: Bank, day: str, rate: str) -> None:
    for found in (retriever(bank, as_of=at(day)).invoke(RATE), await retriever(bank, as_of=at(day)).ainvoke(RATE)):
        assert rate in texts(found)
        assert sum(other in texts(found) for other in ("1.45%", "1.40%", "1.35%")) == 1


def test_a_copy_for_another_day_asks_for_that_day(bank: Bank) -> None:
    december = retriever(bank).model_copy(update={"as_of": at("2026-12-24T10:00:00+08:00")})
    assert "1.35%" in texts(december.invoke(RATE))


def test_the_day_can_be_a_setting_of_the_chain(bank: Bank) -> None:
    chain = retriever(bank).configurable_fields(as_of=ConfigurableField(id="as_of"))
    found = chain.invoke(RATE, {"configurable": {"as_of": at("2026-10-20T10:00:00+08:00")}})
    assert "1.45%" in texts(found)


def test_a_pinned_snapshot_is_what_was_published_then(bank: Bank) -> None:
    before, after = retriever(bank, snapshot=1).invoke(f"银行卡挂失，{RATE}"), retriever(bank).invoke("银行卡挂失")
    assert "口头挂失" not in texts(before)
    assert {document.metadata["snapshot"] for document in before} == {1}
    assert "口头挂失" in texts(after)


def test_the_limit_is_kept(bank: Bank) -> None:
    assert len(retriever(bank, ADMIN, limit=1).invoke("利率限额挂失")) == 1
    assert len(retriever(bank, ADMIN, limit=3).invoke("利率限额挂失")) == 3


async def test_many_questions_at_once_get_their_own_answers(bank: Bank) -> None:
    found = await retriever(bank, limit=1).abatch([RATE, "银行卡挂失"] * 10)
    assert [documents[0].metadata["doc_id"] for documents in found] == ["rate-nov", "loss"] * 10


def test_it_works_in_every_event_loop(bank: Bank) -> None:
    here = retriever(bank)
    assert asyncio.run(here.ainvoke(RATE)) == asyncio.run(here.ainvoke(RATE))


async def test_a_chain_of_retriever_prompt_and_model(bank: Bank) -> None:
    prompts: list[str] = []

    def kept(prompt: Any) -> Any:
        prompts.append(prompt.to_string())
        return prompt

    chain = (
        {"context": retriever(bank) | texts, "question": RunnablePassthrough()}
        | ChatPromptTemplate.from_template("资料：{context}\n问题：{question}")
        | RunnableLambda(kept)
        | GenericFakeChatModel(messages=iter([AIMessage("一年期年利率为1.40%。")]))
        | StrOutputParser()
    )
    assert await chain.ainvoke(RATE) == "一年期年利率为1.40%。"
    assert "整存整取一年期年利率为1.40%" in prompts[0]
    assert "9,000万" not in prompts[0]


# ── trouble ────────────────────────────────────────────────────────────────────────────────────────────────────────

NOBODY_LISTENS = "http://127.0.0.1:1"
WRONG = "key-that-nobody-has-7009"


async def test_a_wrong_key_is_told_in_the_servers_words_and_never_shown(bank: Bank) -> None:
    for raised in await both(retriever(bank, WRONG), RATE):
        assert str(raised) == "Refused: a valid API key is needed"
        assert isinstance(raised.__cause__, SearchFailed)
        assert (raised.__cause__.status, raised.__cause__.code) == (401, "UNAUTHENTICATED")
        assert WRONG not in "".join(traceback.format_exception(raised)) + repr(raised)


async def test_a_snapshot_that_was_never_published_is_not_found(bank: Bank) -> None:
    for raised in await both(retriever(bank, snapshot=99), RATE):
        assert str(raised) == "Not found: snapshot 99 was never published"


async def test_a_question_that_the_server_refuses_is_a_plain_exception(bank: Bank) -> None:
    for question in ("", "字" * 2001):
        for raised in await both(retriever(bank), question):
            assert str(raised).startswith("The request is not valid: body.query")
            assert "字字" not in str(raised)


async def test_a_server_that_is_down_is_told_without_the_key() -> None:
    for raised in await both(SeatmateRetriever(base_url=NOBODY_LISTENS, api_key=RETAIL), RATE):
        assert str(raised) == f"No answer: no Seatmate answers at {NOBODY_LISTENS} (ConnectError)"
        assert RETAIL not in "".join(traceback.format_exception(raised))


async def test_what_is_no_seatmate_is_told_so() -> None:
    with OpenAIServer() as stranger:
        here = SeatmateRetriever(base_url=stranger.base_url, api_key=RETAIL)
        bodies = [b"", b"[]", b"{}", b"<html>", b"\xff", b'{"snapshot":1,"as_of":"x","passages":[{}]}']
        for body in bodies:
            stranger.fail_with(Trouble(body=body), Trouble(body=body))
            for raised in await both(here, RATE):
                assert str(raised) == "No Seatmate: the address answers something else"
        stranger.fail_with(*[Trouble(502, body=f"<html>Bearer {RETAIL}</html>".encode())] * 2)
        for raised in await both(here, RATE):
            assert str(raised) == "Refused: HTTP 502"
        echo = f'{{"title":"Refused","detail":"Bearer {RETAIL}","code":"ECHO"}}'.encode()
        stranger.fail_with(*[Trouble(400, body=echo)] * 2)
        for raised in await both(here, RATE):
            assert str(raised) == "Refused: Bearer ***"


async def test_a_server_that_is_silent_is_given_up() -> None:
    with OpenAIServer() as silent:
        silent.fail_with(Trouble(wait_s=1.0), Trouble(wait_s=1.0))
        for raised in await both(SeatmateRetriever(base_url=silent.base_url, timeout_s=0.2), RATE):
            assert "(ReadTimeout)" in str(raised)


def test_the_key_is_in_no_print_of_the_retriever(bank: Bank) -> None:
    here = retriever(bank)
    for told in (
        repr(here),
        str(here),
        dumps(here),
        here.model_dump_json(),
        repr(here | texts),
        repr(here.with_retry()),
    ):
        assert RETAIL not in told


@pytest.mark.parametrize(
    "wrong",
    [
        {"as_of": datetime(2026, 11, 18)},
        {"limit": 0},
        {"limit": 51},
        {"snapshot": 0},
        {"timeout_s": 0},
        {"base_url": "seatmate:8600"},
        {"base_url": "ftp://seatmate"},
        {"base_url": "http://name:word-of-pass@seatmate:8600"},
        {"api_key": "key of\r\nX-Scope: admin"},
        {"api_key": "密钥"},
    ],
)
def test_options_that_cannot_work_are_refused_at_once(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as raised:
        SeatmateRetriever(**{"base_url": "http://seatmate:8600", "api_key": RETAIL, **wrong})
    told = str(raised.value)
    assert RETAIL not in told
    assert "X-Scope" not in told


async def both(here: SeatmateRetriever, question: str) -> list[LangChainException]:
    """What the retriever raises, sync and async."""
    with pytest.raises(LangChainException) as sync:
        await asyncio.to_thread(here.invoke, question)
    with pytest.raises(LangChainException) as not_sync:
        await here.ainvoke(question)
    return [sync.value, not_sync.value]
