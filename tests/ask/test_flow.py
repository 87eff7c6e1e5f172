"""The question flow from end to end over a small bank: what a lying, dead or honest model makes of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest

from seatmate.adapters.sql.answers import SqlAnswers
from seatmate.adapters.sql.base import open_engine, upgrade
from seatmate.ask.flow import Answered, Ask, AskOptions
from seatmate.ask.retrieve import Retrieval
from seatmate.compliance.answer import Conduct
from seatmate.compliance.pack import load_pack
from seatmate.domain.answers import AbstainReason, Answer, AnswerStatus, Question, SentenceSource
from seatmate.domain.approved import ApprovedAnswer, ApprovedSource
from seatmate.domain.builds import ReportedDisagreement
from seatmate.domain.errors import ModelUnavailable
from seatmate.domain.figures import find_figures, is_supported
from seatmate.domain.knowledge import BANK_ZONE, OPEN_SNAPSHOT, DocumentVersion, Passage, Product, Validity
from seatmate.domain.ports import ApprovedAnswers, ChatModel, KnownPassage, NewKnowledge, Vectors
from seatmate.ingest.stores import Stores, index_passages
from seatmate.prompts import Prompts
from seatmate.settings import HOME
from seatmate.testing.ledger_contract import dispute, report
from seatmate.testing.models import DeadChatModel, Lie, LyingChatModel, ScriptedChatModel
from seatmate.testing.stores import HashEncoder, MemoryApproved, MemoryIndex, MemoryKnowledge

CONDUCT = Conduct(load_pack(HOME / "corpus" / "rules" / "compliance"))
OLD = Validity.of_days(date(2026, 1, 1), date(2026, 11, 8))
NEW = Validity.of_days(date(2026, 11, 9), None)
ALWAYS = Validity()


def document(
    doc_id: str, title: str, text: str, validity: Validity, scope: str = "retail", codes: tuple[str, ...] = ()
) -> DocumentVersion:
    version = DocumentVersion.version_of(text, doc_id)
    return DocumentVersion(
        doc_id, version, f"{doc_id}.md", title, "费率表", codes, (scope,), validity, None, None, text
    )  # fmt: skip


DOCUMENTS = (
    document("rate-old", "存款利率表", "整存整取一年期年利率为1.45%。", OLD),
    document("rate-new", "存款利率表", "整存整取一年期年利率为1.40%。", NEW),
    document("loss", "挂失流程", "银行卡口头挂失请拨打客服热线959000，立即生效。", ALWAYS),
    document("secret", "内部额度", "私人银行客户转账限额为9,000万元。", ALWAYS, scope="private_banking"),
)


A = Product("YCWY090A", "远川稳盈90天A", ("稳盈90A",), ("retail",))
SECRET = Product("YCZX365", "远川尊享365天", ("尊享365",), ("private_banking",))


async def small_bank(
    documents: Sequence[DocumentVersion] = DOCUMENTS, disagreements: Sequence[ReportedDisagreement] = ()
) -> Stores:
    stores = Stores(MemoryKnowledge(), MemoryIndex(), HashEncoder())
    snapshot = await stores.ledger.begin_snapshot("2026-W46")
    passages = [
        Passage(
            Passage.id_of(d.doc_id, d.version, 0, len(d.text)), d.doc_id, d.version, d.title, d.doc_type,
            d.product_codes, d.scope, d.validity, 0, len(d.text), d.text,
        )
        for d in documents
    ]  # fmt: skip
    await stores.ledger.add_knowledge(snapshot, NewKnowledge(documents, passages))
    await stores.ledger.set_products(snapshot, [A, SECRET])
    await index_passages(stores, [KnownPassage(p, snapshot, OPEN_SNAPSHOT) for p in passages])
    await stores.ledger.finish_build(report(snapshot, disagreements))
    await stores.ledger.move_pointer(snapshot)
    return stores


async def answer(
    model: ChatModel,
    question: str,
    folder: Path,
    day: str = "2026-11-18",
    stores: Stores | None = None,
    approved: ApprovedAnswers | None = None,
    **more: object,
) -> Answer:
    stores = stores or await small_bank()
    engine = open_engine(f"sqlite:///{folder / 'records.db'}")
    upgrade(engine)
    answers = SqlAnswers(engine)
    ask = Ask(
        prompts=Prompts.load(HOME / "prompts"),
        retrieval=Retrieval(stores.encoder, stores.index, stores.ledger),
        approved=approved or MemoryApproved(),
        answers=answers,
        model=model,
        conduct=CONDUCT,
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


async def test_a_question_in_traditional_characters_is_kept_as_asked_and_answered_as_its_twin(tmp_path: Path) -> None:
    found = await answer(DeadChatModel(), "銀行卡口頭掛失打哪個電話", tmp_path)
    assert found.question == "銀行卡口頭掛失打哪個電話"
    assert found.standalone_query == "银行卡口头挂失打哪个电话"
    assert [citation.doc_id for citation in found.sentences[0].citations] == ["loss"]


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


async def test_a_question_about_an_earlier_day_is_answered_as_of_it_and_says_so(tmp_path: Path) -> None:
    model = ScriptedChatModel(["整存整取一年期年利率为«F1»。[1]"])
    found = await answer(model, "11月5日那天整存整取一年期利率多少", tmp_path)
    assert found.text == (
        "整存整取一年期年利率为1.45%。（以上为2026年11月5日的口径。"
        "《存款利率表》的相关内容有效期至2026年11月8日，现已失效。）"
    )
    assert found.as_of.date() == date(2026, 11, 5)
    assert found.note in found.text


async def test_a_search_about_an_earlier_day_says_so_beside_the_nearest_passages(tmp_path: Path) -> None:
    found = await answer(ScriptedChatModel(["无答案"]), "11月5日那天一年期贷款利率怎么申请优惠", tmp_path)
    assert found.status is AnswerStatus.ABSTAINED
    assert found.nearest
    assert found.note.startswith("（查的是2026年11月5日的口径。")
    assert all(f"《{cited.title}》" in found.note for cited in found.nearest if cited.valid_to)


async def test_a_model_that_abstains_before_good_evidence_is_helped_out_by_the_source(tmp_path: Path) -> None:
    found = await answer(ScriptedChatModel(["无答案"]), "整存整取一年期利率多少", tmp_path)
    assert (found.status, found.text) == (AnswerStatus.EXTRACTIVE, "整存整取一年期年利率为1.40%。")


async def test_what_is_over_or_not_yet_in_force_is_named_and_not_told(tmp_path: Path) -> None:
    new_year = Validity.of_days(None, date(2026, 1, 3))
    over = document("fair", "跨年活动公告", "跨年活动期间境外取现免手续费。", new_year)
    soon = document("soon", "开门红公告", "开门红贴息百分之一。", Validity.of_days(date(2027, 1, 1), None))
    stores = await small_bank((*DOCUMENTS, over, soon))
    for question, note in (
        ("跨年活动境外取现免手续费", "《跨年活动公告》的相关内容已于2026年1月3日到期。"),
        ("开门红贴息百分之一", "《开门红公告》自2027年1月1日起才生效。"),
    ):
        model = ScriptedChatModel([])
        found = await answer(model, question, tmp_path, stores=stores)
        assert (found.status, found.reason) == (AnswerStatus.ABSTAINED, AbstainReason.NOT_IN_FORCE)
        assert found.text == found.note == note
        assert model.requests == []
        assert {cited.doc_id for cited in found.nearest}.isdisjoint({"fair", "soon", "rate-old"})


async def test_a_product_in_dispute_is_not_spoken_of(tmp_path: Path) -> None:
    sheet = document("sheet", "稳盈说明书", "远川稳盈90天A起购金额10,000元。", ALWAYS, codes=("YCWY090A",))
    stores = await small_bank((*DOCUMENTS, sheet), [dispute("YCWY090A", "amt:1", "amt:2")])
    model = ScriptedChatModel(lambda request: "[1]")
    found = await answer(model, "稳盈90A起购金额多少", tmp_path, stores=stores)
    assert (found.status, found.reason) == (AnswerStatus.ABSTAINED, AbstainReason.PRODUCT_WITHHELD)
    unnamed = await answer(model, "起购金额10,000元的是哪个", tmp_path, stores=stores)
    assert "10,000元" not in unnamed.text
    assert all("10,000" not in message.content for r in model.requests for message in r.messages[:-1])


async def test_the_name_of_a_product_is_known_to_its_readers_only(tmp_path: Path) -> None:
    model = ScriptedChatModel(lambda request: "[1]")
    found = await answer(model, "尊享365怎么挂失银行卡", tmp_path)
    assert "远川尊享365天" not in found.model_dump_json()


def pinned(
    quote: str = "口头挂失请拨打客服热线959000", text: str = "请拨打959000口头挂失，立即生效。"
) -> ApprovedAnswer:
    return ApprovedAnswer(
        approved_id="loss-1",
        questions=("银行卡丢了怎么挂失",),
        text=text,
        sources=(ApprovedSource(doc_id="loss", quote=quote),),
        scope=("retail",),
        reviewed_by="周敏",
        pinned_at=datetime(2026, 11, 1, tzinfo=BANK_ZONE),
    )


async def test_an_approved_answer_wins_over_the_model(tmp_path: Path) -> None:
    approved, model = MemoryApproved(), ScriptedChatModel([])
    await approved.pin(pinned())
    found = await answer(model, "请问银行卡丢了怎么挂失呢", tmp_path, approved=approved)
    assert (found.status, found.approved_id) == (AnswerStatus.GROUNDED, "loss-1")
    assert found.sentences[0].source is SentenceSource.APPROVED
    assert found.sentences[0].citations[0].quote == "口头挂失请拨打客服热线959000"
    assert model.requests == []


@pytest.mark.parametrize(
    "answer_of_yesterday",
    [
        pinned(quote="口头挂失请拨打客服热线959111"),
        pinned(text="请拨打959001口头挂失。"),
        pinned().model_copy(update={"valid_until": datetime(2026, 11, 18, 10, tzinfo=BANK_ZONE)}),
        pinned().model_copy(update={"valid_from": datetime(2026, 11, 18, 10, 0, 1, tzinfo=BANK_ZONE)}),
        pinned().model_copy(update={"scope": ("private_banking",)}),
        pinned().model_copy(update={"questions": ("存折丢了怎么挂失",)}),
    ],
    ids=["source gone", "figure not in its source", "over", "not yet", "for others", "another question"],
)
async def test_an_approved_answer_that_does_not_stand_is_not_given(
    tmp_path: Path, answer_of_yesterday: ApprovedAnswer
) -> None:
    approved = MemoryApproved()
    await approved.pin(answer_of_yesterday)
    found = await answer(ScriptedChatModel(["[1]"]), "银行卡丢了怎么挂失", tmp_path, approved=approved)
    assert found.approved_id is None
    assert all(s.source is not SentenceSource.APPROVED for s in found.sentences)


class SilentEncoder(HashEncoder):
    """An encoder whose embeddings server does not answer."""

    async def encode_query(self, text: str) -> Vectors:
        raise ModelUnavailable("the embeddings server does not answer")


async def test_without_the_embeddings_server_the_search_goes_by_words(tmp_path: Path) -> None:
    stores = replace(await small_bank(), encoder=SilentEncoder())
    found = await answer(ScriptedChatModel(["[1]"]), "银行卡怎么挂失", tmp_path, stores=stores)
    assert "959000" in found.text


async def test_what_an_agent_may_not_say_the_model_may_not_say_either(tmp_path: Path) -> None:
    script = document("taboo", "禁用语", "不得向客户说稳盈90天A保本保息、稳赚不赔。", ALWAYS, codes=("YCWY090A",))
    stores = await small_bank([*DOCUMENTS, script])
    model = ScriptedChatModel(lambda _: "稳盈90天A保本保息、稳赚不赔。[1]")
    given = await answer(model, "稳盈90天A保本保息吗？", tmp_path, stores=stores)
    assert all(sentence.source is not SentenceSource.MODEL for sentence in given.sentences)
    assert given.rejected


async def test_a_benchmark_is_told_with_the_words_that_are_owed(tmp_path: Path) -> None:
    card = document("card", "产品说明书", "稳盈90天A的业绩比较基准为2.40%—2.90%。", ALWAYS, codes=("YCWY090A",))
    stores = await small_bank([*DOCUMENTS, card])
    given = await answer(ScriptedChatModel(lambda _: "[1]"), "稳盈90天A的业绩比较基准是多少？", tmp_path, stores=stores)
    assert "不代表产品的未来表现" in given.note
    assert given.text.endswith(given.note)
    plain = await answer(ScriptedChatModel(lambda _: "[1]"), "整存整取一年期利率是多少？", tmp_path)
    assert plain.note == ""
