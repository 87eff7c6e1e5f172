"""The question flow from end to end over a small bank: what a lying, dead or honest model makes of it."""

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import pytest

from seatmate.adapters.sql.answers import SqlAnswers
from seatmate.adapters.sql.base import open_engine, upgrade
from seatmate.ask.flow import Answered, Ask, AskOptions
from seatmate.domain.answers import AbstainReason, Answer, AnswerStatus, Question, SentenceSource
from seatmate.domain.figures import find_figures, is_supported
from seatmate.domain.knowledge import BANK_ZONE, DocumentVersion, Passage, Product, Validity
from seatmate.domain.ports import ChatModel
from seatmate.ingest.stores import Stores, index_passages
from seatmate.prompts import Prompts
from seatmate.settings import HOME
from seatmate.testing.models import DeadChatModel, Lie, LyingChatModel, ScriptedChatModel
from seatmate.testing.stores import HashEncoder, MemoryIndex, MemoryKnowledge

OLD = Validity.of_days(date(2026, 1, 1), date(2026, 11, 8))
NEW = Validity.of_days(date(2026, 11, 9), None)
ALWAYS = Validity()


def document(doc_id: str, title: str, text: str, validity: Validity, scope: str = "retail") -> DocumentVersion:
    version = DocumentVersion.version_of(text, doc_id)
    return DocumentVersion(
        doc_id, version, f"{doc_id}.md", title, "费率表", (), (scope,), validity, None, None, text
    )  # fmt: skip


DOCUMENTS = (
    document("rate-old", "存款利率表", "整存整取一年期年利率为1.45%。", OLD),
    document("rate-new", "存款利率表", "整存整取一年期年利率为1.40%。", NEW),
    document("loss", "挂失流程", "银行卡口头挂失请拨打客服热线959000，立即生效。", ALWAYS),
    document("secret", "内部额度", "私人银行客户转账限额为9,000万元。", ALWAYS, scope="private_banking"),
)


async def small_bank(documents: Sequence[DocumentVersion] = DOCUMENTS) -> Stores:
    stores = Stores(MemoryKnowledge(), MemoryIndex(), HashEncoder())
    snapshot = await stores.ledger.begin_snapshot("2026-W46")
    passages = [
        Passage(
            Passage.id_of(d.doc_id, d.version, 0, len(d.text)), d.doc_id, d.version, d.title, d.doc_type, (), d.scope,
            d.validity, 0, len(d.text), d.text, context=d.title,
        )
        for d in documents
    ]  # fmt: skip
    await stores.ledger.add_documents(snapshot, documents, passages)
    await stores.ledger.set_products(snapshot, [Product("YCWY090A", "远川稳盈90天A")])
    await index_passages(stores, [(p, snapshot, 2**31 - 1) for p in passages])
    await stores.ledger.finish_build(snapshot, len(documents), len(passages))
    await stores.ledger.move_pointer(snapshot)
    return stores


async def answer(model: ChatModel, question: str, folder: Path, day: str = "2026-11-18", **more: object) -> Answer:
    stores = await small_bank()
    engine = open_engine(f"sqlite:///{folder / 'records.db'}")
    upgrade(engine)
    answers = SqlAnswers(engine)
    ask = Ask(
        prompts=Prompts.load(HOME / "prompts"),
        encoder=stores.encoder,
        index=stores.index,
        knowledge=stores.ledger,
        answers=answers,
        model=model,
        release_id="rel-test",
        options=AskOptions(passages=4, source_lines=4, max_tokens=100, min_relevance=0.3),
        now=lambda: datetime(2026, 11, 18, 10, tzinfo=BANK_ZONE),
    )
    as_of = datetime.fromisoformat(f"{day}T10:00:00+08:00")
    asked = Question.model_validate({"question": question, "as_of": as_of, **more})
    events = [event async for event in ask.answer(asked, ("retail",))]
    last = events[-1]
    assert isinstance(last, Answered)
    assert await answers.answer(last.answer.answer_id) == last.answer  # on record before it is told
    engine.dispose()
    return last.answer


def every_figure_stands_in_a_cited_quote(answer: Answer) -> bool:
    return all(
        is_supported(figure, [f for cited in sentence.citations for f in find_figures(cited.quote)])
        for sentence in answer.sentences
        for figure in find_figures(sentence.text)
    )


async def test_the_models_true_sentence_is_shown(tmp_path: Path) -> None:
    model = ScriptedChatModel(["整存整取一年期年利率为«F1»。[1]"])
    found = await answer(model, "整存整取一年期利率多少", tmp_path)
    assert (found.status, found.text) == (AnswerStatus.GROUNDED, "整存整取一年期年利率为1.40%。")
    assert found.sentences[0].citations[0].valid_from == date(2026, 11, 9)


@pytest.mark.parametrize(("day", "rate"), [("2026-11-08", "1.45%"), ("2026-11-09", "1.40%")])
async def test_the_day_decides_which_rate_is_right(tmp_path: Path, day: str, rate: str) -> None:
    model = ScriptedChatModel(["整存整取一年期年利率为«F1»。[1]"])
    assert rate in (await answer(model, "整存整取一年期利率多少", tmp_path, day)).text


@pytest.mark.parametrize("lie", list(Lie))
async def test_no_lie_reaches_the_agent(tmp_path: Path, lie: Lie) -> None:
    found = await answer(LyingChatModel(lie), "整存整取一年期利率多少", tmp_path)
    assert found.status is AnswerStatus.EXTRACTIVE
    assert {s.source for s in found.sentences} == {SentenceSource.SOURCE_TEXT}
    assert found.text == "整存整取一年期年利率为1.40%。"
    assert found.rejected
    assert every_figure_stands_in_a_cited_quote(found)


async def test_without_the_model_server_the_answer_is_source_text(tmp_path: Path) -> None:
    found = await answer(DeadChatModel(), "银行卡怎么挂失", tmp_path)
    assert found.status is AnswerStatus.DEGRADED
    assert "959000" in found.text


async def test_what_no_document_says_is_not_answered(tmp_path: Path) -> None:
    found = await answer(ScriptedChatModel([]), "明天北京下雨吗", tmp_path)
    assert (found.status, found.reason) == (AnswerStatus.ABSTAINED, AbstainReason.NO_EVIDENCE)
    assert found.text == ""


async def test_a_customers_numbers_reach_neither_model_nor_record(tmp_path: Path) -> None:
    model = ScriptedChatModel(["[1]"])
    found = await answer(model, "客户手机13800138000，验证码483920，银行卡怎么挂失", tmp_path)
    for said in (found.model_dump_json(), model.requests[0].messages[-1].content):
        assert "13800138000" not in said
        assert "483920" not in said


async def test_a_callers_scope_decides_what_is_found(tmp_path: Path) -> None:
    model = ScriptedChatModel(lambda request: "[1]")
    found = await answer(model, "私人银行客户转账限额多少", tmp_path)
    assert "9,000万" not in found.model_dump_json()


async def test_a_question_cannot_widen_its_scope(tmp_path: Path) -> None:
    model = ScriptedChatModel(lambda request: "[1]")
    found = await answer(model, "私人银行客户转账限额多少", tmp_path, scope=["retail", "private_banking"])
    assert "9,000万" not in found.model_dump_json()


async def test_expired_text_is_not_even_read_by_the_model(tmp_path: Path) -> None:
    model = ScriptedChatModel(["[1]"])
    await answer(model, "整存整取一年期利率多少", tmp_path)
    assert len(model.requests) == 1
    sources = model.requests[0].messages[-1].content
    assert sources.count("整存整取一年期年利率") == 1
