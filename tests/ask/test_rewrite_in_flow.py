"""A follow-up through the whole flow with a model that rewrites: what it wrote is asked, kept and told to be its."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from seatmate.adapters.sql.answers import SqlAnswers
from seatmate.adapters.sql.base import open_engine, upgrade
from seatmate.ask.flow import Ask, AskOptions
from seatmate.ask.retrieve import Retrieval
from seatmate.domain.answers import Answer, AnswerStatus, Question, RewrittenBy, Turn
from seatmate.domain.errors import ModelUnavailable
from seatmate.domain.knowledge import BANK_ZONE
from seatmate.domain.ports import ChatRequest
from seatmate.prompts import Prompts
from seatmate.settings import HOME, AskSettings
from seatmate.testing.models import ScriptedChatModel
from seatmate.testing.stores import MemoryApproved
from tests.ask.test_flow import ALWAYS, CONDUCT, A, document, small_bank

DOCUMENTS = (
    document("sheet", "远川稳盈90天A产品说明书", "起购金额为1元。托管费为0.05%/年。", ALWAYS, codes=(A.code,)),
    document("loss", "挂失流程", "银行卡口头挂失请拨打客服热线959000，立即生效。", ALWAYS),
)
HISTORY = (
    Turn(role="user", content="客户手机13800138000，稳盈90A的托管费多少"),
    Turn(role="assistant", content="0.05%/年。"),
)


def model_that_rewrites(says: str | Callable[[ChatRequest], str]) -> ScriptedChatModel:
    """It quotes the first line of its sources; asked to rewrite, it says this."""

    def reply(request: ChatRequest) -> str:
        if "追问：" not in request.messages[-1].content:
            return "[1]"
        return says if isinstance(says, str) else says(request)

    return ScriptedChatModel(reply)


async def ask(model: ScriptedChatModel, question: str, folder: Path, **options: object) -> Answer:
    stores = await small_bank(DOCUMENTS)
    engine = open_engine(f"sqlite:///{folder / 'records.db'}")
    upgrade(engine)
    answers = SqlAnswers(engine)
    settings = {"passages": 4, "source_lines": 4, "max_tokens": 100, "min_relevance": 0.3, "model_rewrites": True}
    flow = Ask(
        prompts=Prompts.load(HOME / "prompts"),
        retrieval=Retrieval(stores.encoder, stores.index, stores.ledger),
        approved=MemoryApproved(),
        answers=answers,
        model=model,
        conduct=CONDUCT,
        release_id="rel-test",
        options=AskOptions(**(settings | options)),  # type: ignore[arg-type]
        now=lambda: datetime(2026, 11, 18, 10, tzinfo=BANK_ZONE),
    )
    found = await flow.whole_answer(Question(question=question, history=HISTORY), ("retail",))
    assert await answers.answer(found.answer_id) == found
    engine.dispose()
    return found


async def test_the_models_rewriting_is_asked_and_kept(tmp_path: Path) -> None:
    model = model_that_rewrites("稳盈90A的起购金额是多少？")
    found = await ask(model, "那起购呢", tmp_path)
    assert (found.status, found.rewritten_by) == (AnswerStatus.GROUNDED, RewrittenBy.MODEL)
    assert found.standalone_query == "远川稳盈90天A 稳盈90A的起购金额是多少？"
    assert "1元" in found.text
    rewriting, answering = model.requests
    assert "起购金额是多少" in answering.messages[-1].content
    assert "13800138000" not in rewriting.messages[-1].content, "redacted before anybody reads it"
    assert found.prompt_tokens == sum(len(m.content) for request in model.requests for m in request.messages)


@pytest.mark.parametrize("says", ["远川尊享365天的起购金额是多少？", "稳盈90A的起购金额是5万元吗？", "好" * 500])
async def test_a_lie_is_not_asked(says: str, tmp_path: Path) -> None:
    found = await ask(model_that_rewrites(says), "那起购呢", tmp_path)
    assert (found.rewritten_by, found.standalone_query) == (RewrittenBy.RULE, "远川稳盈90天A 那起购呢")
    assert "1元" in found.text


async def test_a_model_that_is_down_for_it_costs_no_answer(tmp_path: Path) -> None:
    def down(request: ChatRequest) -> str:
        raise ModelUnavailable("the model server cannot be reached")

    found = await ask(model_that_rewrites(down), "那起购呢", tmp_path)
    assert (found.rewritten_by, found.status) == (RewrittenBy.RULE, AnswerStatus.GROUNDED)


async def test_a_release_that_does_not_say_so_asks_the_model_nothing_more(tmp_path: Path) -> None:
    model = model_that_rewrites("稳盈90A的起购金额是多少？")
    found = await ask(model, "那起购呢", tmp_path, model_rewrites=False)
    assert (found.rewritten_by, len(model.requests)) == (RewrittenBy.RULE, 1)
    assert not AskSettings().model_rewrites


async def test_a_question_that_finds_its_evidence_by_itself_is_not_rewritten(tmp_path: Path) -> None:
    model = model_that_rewrites("稳盈90A银行卡怎么口头挂失")
    found = await ask(model, "银行卡怎么口头挂失", tmp_path)
    assert (found.rewritten_by, len(model.requests)) == (RewrittenBy.RULE, 1)
    assert "959000" in found.text


async def test_a_question_that_finds_nothing_by_itself_may_be_rewritten(tmp_path: Path) -> None:
    """It does not look like a follow-up: no 那, no 呢, and not short."""
    model = model_that_rewrites("稳盈90A的托管费是按年收取还是按月收取")
    found = await ask(model, "是按年收取还是按月收取", tmp_path, min_relevance=0.9)
    assert [("追问：" in request.messages[-1].content) for request in model.requests][:1] == [True]
    assert found.rewritten_by is RewrittenBy.MODEL
    assert found.standalone_query.startswith("远川稳盈90天A")
