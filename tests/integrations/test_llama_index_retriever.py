"""The LlamaIndex retriever against a running Seatmate: permission, time and snapshot are the server's, whatever a query
engine does."""

import asyncio
import traceback
from datetime import datetime
from typing import Any

import pytest
from llama_index.core.base.llms.types import CompletionResponse, CompletionResponseGen, LLMMetadata
from llama_index.core.llms import CustomLLM
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.schema import MetadataMode, NodeRelationship, NodeWithScore

from seatmate.integrations.llama_index_retriever import SeatmateRetriever
from seatmate.integrations.search import SearchFailed

from .conftest import ADMIN, NOBODY, RETAIL, Bank, document_text

RATE = "整存整取一年期利率是多少"
LIMIT = "私人银行客户转账限额"


def at(day: str) -> datetime:
    return datetime.fromisoformat(day)


def retriever(bank: Bank, key: str = RETAIL, **options: Any) -> SeatmateRetriever:
    return SeatmateRetriever(bank.url, key, **{"as_of": at("2026-11-18T10:00:00+08:00"), **options})


def texts(nodes: list[NodeWithScore]) -> str:
    return "\n".join(found.text for found in nodes)


def test_a_node_is_a_citation(bank: Bank) -> None:
    found = retriever(bank).retrieve(RATE)[0]
    told = found.metadata
    assert found.text == "整存整取一年期年利率为1.40%。"
    assert (told["doc_id"], told["title"], told["snapshot"]) == ("rate-nov", "存款利率表", 2)
    assert (told["valid_from"], told["valid_to"]) == ("2026-11-01", "2026-11-30")
    assert found.score == told["score"] > 0
    whole = document_text(bank.url, told["doc_id"], told["version"])
    assert whole[told["start"] : told["end"]] == found.text
    assert found.node.relationships[NodeRelationship.SOURCE].node_id == f"rate-nov@{told['version']}"  # type: ignore[union-attr]


def test_a_model_is_shown_what_it_needs_to_understand_the_text(bank: Bank) -> None:
    shown = retriever(bank).retrieve(RATE)[0].get_content(MetadataMode.LLM)
    assert all(words in shown for words in ("存款利率表", "整存整取", "2026-11-30", "1.40%"))
    assert not any(name in shown for name in ("doc_id", "version", "score", "snapshot"))


async def test_sync_and_async_find_the_same(bank: Bank) -> None:
    here = retriever(bank)
    assert await here.aretrieve(RATE) == await asyncio.to_thread(here.retrieve, RATE)


@pytest.mark.parametrize("key", [RETAIL, NOBODY])
async def test_other_scopes_never_come(bank: Bank, key: str) -> None:
    found = [*retriever(bank, key, limit=50).retrieve(LIMIT), *await retriever(bank, key, limit=50).aretrieve(LIMIT)]
    assert "9,000万" not in texts(found)
    assert "vip" not in {node.metadata["doc_id"] for node in found}
    assert "9,000万" in texts(retriever(bank, ADMIN).retrieve(LIMIT))


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
    for found in (retriever(bank, as_of=at(day)).retrieve(RATE), await retriever(bank, as_of=at(day)).aretrieve(RATE)):
        assert rate in texts(found)
        assert sum(other in texts(found) for other in ("1.45%", "1.40%", "1.35%")) == 1


def test_a_pinned_snapshot_is_what_was_published_then(bank: Bank) -> None:
    before, after = retriever(bank, snapshot=1).retrieve(f"银行卡挂失，{RATE}"), retriever(bank).retrieve("银行卡挂失")
    assert "口头挂失" not in texts(before)
    assert {node.metadata["snapshot"] for node in before} == {1}
    assert "口头挂失" in texts(after)


def test_it_works_in_every_event_loop(bank: Bank) -> None:
    here = retriever(bank)
    assert asyncio.run(here.aretrieve(RATE)) == asyncio.run(here.aretrieve(RATE))


class Parrot(CustomLLM):
    """Answers with the prompt itself, so that what a model would have seen can be looked at."""

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(context_window=8_000, num_output=256, model_name="parrot")

    def complete(self, prompt: str, formatted: bool = False, **_: Any) -> CompletionResponse:
        return CompletionResponse(text=prompt)

    def stream_complete(self, prompt: str, formatted: bool = False, **_: Any) -> CompletionResponseGen:
        def once() -> CompletionResponseGen:
            yield CompletionResponse(text=prompt, delta=prompt)

        return once()


async def test_a_query_engine_answers_from_what_the_key_may_read(bank: Bank) -> None:
    for key, secret in ((RETAIL, False), (ADMIN, True)):
        engine = RetrieverQueryEngine.from_args(retriever(bank, key), llm=Parrot())
        for answer in (
            await asyncio.to_thread(engine.query, f"{LIMIT}，{RATE}"),
            await engine.aquery(f"{LIMIT}，{RATE}"),
        ):
            assert "整存整取一年期年利率为1.40%" in str(answer)
            assert ("9,000万" in str(answer)) is secret
            assert {node.metadata["snapshot"] for node in answer.source_nodes} == {2}


# ── trouble ────────────────────────────────────────────────────────────────────────────────────────────────────────

NOBODY_LISTENS = "http://127.0.0.1:1"
WRONG = "key-that-nobody-has-7009"


async def test_a_wrong_key_is_told_in_the_servers_words_and_never_shown(bank: Bank) -> None:
    for raised in await both(retriever(bank, WRONG), RATE):
        assert str(raised) == "Refused: a valid API key is needed"
        assert (raised.status, raised.code) == (401, "UNAUTHENTICATED")
        assert WRONG not in "".join(traceback.format_exception(raised)) + repr(raised)


async def test_a_snapshot_that_was_never_published_is_not_found(bank: Bank) -> None:
    for raised in await both(retriever(bank, snapshot=99), RATE):
        assert str(raised) == "Not found: snapshot 99 was never published"


async def test_a_server_that_is_down_is_told_without_the_key() -> None:
    for raised in await both(SeatmateRetriever(NOBODY_LISTENS, RETAIL), RATE):
        assert str(raised) == f"No answer: no Seatmate answers at {NOBODY_LISTENS} (ConnectError)"
        assert RETAIL not in "".join(traceback.format_exception(raised))


def test_the_key_is_in_no_print_of_the_retriever(bank: Bank) -> None:
    here = retriever(bank)
    assert RETAIL not in repr(here) + str(here) + repr(vars(here))


@pytest.mark.parametrize(
    "wrong",
    [
        {"as_of": datetime(2026, 11, 18)},
        {"limit": 51},
        {"snapshot": 0},
        {"timeout_s": 0},
        {"api_key": "key\r\nX: 7002"},
    ],
)
def test_options_that_cannot_work_are_refused_at_once(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"as_of|limit|snapshot|timeout_s|api_key") as raised:
        SeatmateRetriever(**{"base_url": "http://seatmate:8600", "api_key": RETAIL, **wrong})
    assert "7002" not in str(raised.value)


async def both(here: SeatmateRetriever, question: str) -> list[SearchFailed]:
    """What the retriever raises, sync and async."""
    with pytest.raises(SearchFailed) as sync:
        await asyncio.to_thread(here.retrieve, question)
    with pytest.raises(SearchFailed) as not_sync:
        await here.aretrieve(question)
    return [sync.value, not_sync.value]
