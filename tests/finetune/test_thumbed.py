"""An answer with thumbs up and none down becomes an example of the words that were served; every other one has a reason."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from seatmate.aftercall.fields import load_catalogue
from seatmate.ask.flow import Ask, AskOptions
from seatmate.ask.retrieve import Retrieval
from seatmate.compliance.answer import Conduct
from seatmate.compliance.pack import load_pack
from seatmate.domain.answers import Answer, AnswerStatus, Question, RewrittenBy, SentenceSource, Turn
from seatmate.domain.feedback import DownReason, FeedbackLedger, Verdict, thumb
from seatmate.domain.knowledge import OPEN_SNAPSHOT, DocumentVersion, Passage, Product, Validity
from seatmate.domain.ports import AnswerLedger, ChatModel, ChatRequest, KnownPassage, NewKnowledge
from seatmate.ingest.stores import Stores, index_passages
from seatmate.prompts import Prompts
from seatmate.settings import HOME, RecordSettings, Settings
from seatmate.testing.call_contract import conversation
from seatmate.testing.calls import MemoryAnswers, MemoryCalls
from seatmate.testing.feedback import MemoryFeedback
from seatmate.testing.ledger_contract import report
from seatmate.testing.models import DeadChatModel, ScriptedChatModel
from seatmate.testing.stores import HashEncoder, MemoryApproved, MemoryIndex, MemoryKnowledge
from seatmate_tune.build import build_dataset
from seatmate_tune.build_recipe import BuildRecipe
from seatmate_tune.dataset_folder import TRAIN, read_dataset, write_dataset
from seatmate_tune.draft import Draft, Gathered, LeftOut, Reason, Source
from seatmate_tune.ledger import open_ledgers
from seatmate_tune.records import Kit
from seatmate_tune.thumbed import gather_thumbed

AT = datetime(2026, 11, 28, 12, tzinfo=UTC)
PROMPTS = Prompts.load(HOME / "prompts")
CATALOGUE = load_catalogue(HOME / "corpus" / "rules")
CONDUCT = Conduct(load_pack(HOME / "corpus" / "rules" / "compliance"))
FUND = Product("LJXJ01", "临江小金1号", ("小金1号",), ("retail",))
RATES = "整存整取一年期年利率为1.35%。\n整存整取三年期年利率为1.55%。"
QUESTION = "整存整取三年期利率是多少？"
PAGES = (
    ("rate", "存款利率表", RATES, ()),
    ("fund", "临江小金1号说明书", "临江小金1号的起购金额为1万元，赎回费为0.1%。", ("LJXJ01",)),
    ("card", "补卡规则", "补卡工本费每张10元。\n白金卡免收补卡工本费。", ()),
)


def document(doc_id: str, title: str, text: str, codes: tuple[str, ...]) -> DocumentVersion:
    version = DocumentVersion.version_of(text, doc_id)
    return DocumentVersion(
        doc_id, version, f"{doc_id}.md", title, "费率表", codes, ("retail",), Validity(), None, None, text
    )  # fmt: skip


@dataclass
class Bank:
    """A small bank whose platform answers, and agents who judge what it says."""

    stores: Stores = field(default_factory=lambda: Stores(MemoryKnowledge(), MemoryIndex(), HashEncoder()))
    calls: MemoryCalls = field(default_factory=MemoryCalls)
    answers: AnswerLedger = field(default_factory=MemoryAnswers)
    feedback: FeedbackLedger | None = None
    recipe: BuildRecipe = field(
        default_factory=lambda: BuildRecipe(
            name="trial", begin=AT - timedelta(days=1), end=AT + timedelta(days=1), tasks={"answer": 1.0},
            passages=4, max_lines=4, licence="none", purpose="a test",
        )
    )  # fmt: skip

    served: list[ChatRequest] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.thumbs = self.feedback or MemoryFeedback(self.answers)

    async def publish(self, pages: tuple[tuple[str, str, str, tuple[str, ...]], ...] = PAGES) -> None:
        ledger = self.stores.ledger
        documents = [document(*page) for page in pages]
        passages = [
            Passage(
                Passage.id_of(d.doc_id, d.version, 0, len(d.text)), d.doc_id, d.version, d.title, d.doc_type,
                d.product_codes, d.scope, d.validity, 0, len(d.text), d.text,
            )
            for d in documents
        ]  # fmt: skip
        snapshot = await ledger.begin_snapshot(f"W{len(await ledger.snapshots())}")
        gone = [d.doc_id for d in await ledger.documents_at(snapshot) if d.doc_id in {one.doc_id for one in documents}]
        await ledger.close_documents(snapshot, gone)
        await ledger.add_knowledge(snapshot, NewKnowledge(documents, passages))
        await ledger.set_products(snapshot, [FUND])
        await index_passages(self.stores, [KnownPassage(p, snapshot, OPEN_SNAPSHOT) for p in passages])
        await ledger.finish_build(report(snapshot, ()))
        await ledger.move_pointer(snapshot)

    async def asks(self, says: str | ChatModel, question: str = QUESTION, **more: object) -> Answer:
        ask = Ask(
            prompts=PROMPTS,
            retrieval=await self.search(),
            approved=MemoryApproved(),
            answers=self.answers,
            model=ScriptedChatModel(partial(self._said, says)) if isinstance(says, str) else says,
            conduct=CONDUCT,
            release_id="rel-test",
            options=AskOptions(passages=4, source_lines=4, max_tokens=100, min_relevance=0.3, trust_source_at=0.99),
            now=lambda: AT,
        )
        return await ask.whole_answer(Question.model_validate({"question": question} | more), ("retail",))

    def _said(self, says: str, request: ChatRequest) -> str:
        self.served.append(request)
        return says

    async def up(self, answer: Answer, by: str = "A-1", at: datetime = AT) -> None:
        await self.thumbs.save(thumb(answer.answer_id, Verdict.UP, by, at))

    async def down(self, answer: Answer, by: str = "A-2", at: datetime = AT) -> None:
        await self.thumbs.save(thumb(answer.answer_id, Verdict.DOWN, by, at, DownReason.WRONG_FIGURE, "不对"))

    async def gathered(self, **changes: object) -> Gathered:
        recipe = BuildRecipe.model_validate(self.recipe.model_dump() | changes)
        kit = Kit(recipe, PROMPTS, CATALOGUE)
        return await gather_thumbed(self.thumbs, self.answers, self.calls, self.search, kit)

    async def search(self) -> Retrieval:
        return Retrieval(self.stores.encoder, self.stores.index, self.stores.ledger)


@pytest.fixture
async def bank() -> Bank:
    made = Bank()
    await made.publish()
    return made


def line_of(draft: Draft, number: str) -> str:
    return next(x for x in draft.example.messages[1].content.split("\n") if x.startswith(f"[{number}] "))


async def test_what_the_model_said_is_learned_in_slots_over_the_lines_that_state_it(bank: Bank) -> None:
    answer = await bank.asks("三年期年利率为«F1»。[1]")
    assert answer.text == "三年期年利率为1.55%。"
    await bank.up(answer)
    found = await bank.gathered()
    [draft] = found.drafts
    assert (draft.source, draft.origin.key) == (Source.THUMBED_UP, f"answer:{answer.answer_id}")
    assert draft.example.target == "三年期年利率为«F1»。[1]"
    assert "三年期年利率为«F1»" in line_of(draft, "1")
    assert draft.example.prompt == bank.served[-1].messages, "the very words that were served"
    assert found.left_out == ()


async def test_names_of_products_and_several_figures_go_back_into_their_slots(bank: Bank) -> None:
    answer = await bank.asks("«P1»的起购金额为«F1»，赎回费为«F2»。[1]", "小金1号起购多少，赎回费多少？")
    assert "临江小金1号的起购金额为1万元" in answer.text
    await bank.up(answer)
    [draft] = (await bank.gathered()).drafts
    assert draft.example.target == "«P1»的起购金额为«F1»，赎回费为«F2»。[1]"


async def test_quoting_is_learned_as_the_lines_numbers(bank: Bank) -> None:
    answer = await bank.asks("[1]", "白金卡补卡工本费收不收？")
    await bank.up(answer)
    [draft] = (await bank.gathered()).drafts
    assert draft.example.target == "[1]"
    assert answer.text.rstrip("。") in line_of(draft, "1")


async def test_an_abstention_that_was_right_is_learned(bank: Bank) -> None:
    answer = await bank.asks("无答案。", "整存整取三年期利率怎么上浮？")
    assert answer.status is AnswerStatus.ABSTAINED
    await bank.up(answer)
    [draft] = (await bank.gathered()).drafts
    assert draft.example.target == "无答案。"
    await bank.answers.save_answer(answer.model_copy(update={"nearest": answer.nearest[1:]}))
    [out] = (await bank.gathered()).left_out
    assert (out.reason, out.detail) == (Reason.NOT_REBUILT, "passages"), "it was given over other ones"


async def test_one_thumb_down_is_enough_and_no_comment_is_repeated(bank: Bank) -> None:
    answer = await bank.asks("三年期年利率为«F1»。[1]")
    await bank.up(answer)
    await bank.down(answer)
    found = await bank.gathered()
    assert found.drafts == ()
    assert found.left_out == (
        LeftOut(f"answer:{answer.answer_id}", "answer", Reason.THUMBED_DOWN, "wrong_figure"),
    )  # fmt: skip


async def test_a_thumb_down_counts_whenever_it_was_given_and_one_that_was_taken_back_does_not(bank: Bank) -> None:
    answer = await bank.asks("三年期年利率为«F1»。[1]")
    await bank.up(answer)
    await bank.down(answer, at=AT + timedelta(days=30))
    assert [out.reason for out in (await bank.gathered()).left_out] == [Reason.THUMBED_DOWN]
    await bank.up(answer, by="A-2", at=AT + timedelta(days=31))
    assert len((await bank.gathered()).drafts) == 1


async def test_only_thumbs_of_the_recipes_time_bring_an_answer_in(bank: Bank) -> None:
    answer = await bank.asks("三年期年利率为«F1»。[1]")
    await bank.up(answer, at=AT - timedelta(days=2))
    assert await bank.gathered() == Gathered((), ())


async def test_what_the_model_did_not_write_teaches_it_nothing(bank: Bank) -> None:
    await bank.up(await bank.asks(DeadChatModel()))
    await bank.up(await bank.asks("三年期年利率为9.99%。[1]"))
    await bank.up(await bank.asks("", "明天北京下雨吗"))
    found = await bank.gathered()
    assert found.drafts == ()
    told = sorted((out.reason, out.detail) for out in found.left_out)
    assert told == [
        (Reason.NOT_THE_MODELS, "degraded, source_text"),
        (Reason.NOT_THE_MODELS, "extractive, source_text"),
        (Reason.NOTHING_TO_ASK, "NO_EVIDENCE"),
    ]


async def test_source_text_beside_the_models_words_leaves_open_which_of_them_is_right(bank: Bank) -> None:
    answer = await bank.asks("三年期年利率为«F1»。[1]")
    beside = answer.sentences[0].model_copy(update={"source": SentenceSource.SOURCE_TEXT})
    await bank.answers.save_answer(answer.model_copy(update={"sentences": (*answer.sentences, beside)}))
    await bank.up(answer)
    [out] = (await bank.gathered()).left_out
    assert (out.reason, out.detail) == (Reason.NOT_THE_MODELS, "grounded, source_text")


async def test_the_prompt_is_that_of_the_answers_own_snapshot(bank: Bank) -> None:
    answer = await bank.asks("三年期年利率为«F1»。[1]")
    await bank.up(answer)
    await bank.publish((("rate", "存款利率表", RATES.replace("三年期年利率为1.55%", "三年期年利率调整为1.25%"), ()),))
    [draft] = (await bank.gathered()).drafts
    assert "三年期年利率为«F1»" in line_of(draft, "1")


async def test_a_prompt_that_does_not_lead_to_what_was_shown_is_left_out(bank: Bank) -> None:
    answer = await bank.asks("三年期年利率为«F1»。[1]")
    await bank.up(answer)
    for changed, detail in (
        (answer.model_copy(update={"asked": None}), "what it was asked with is not kept"),
        (answer.model_copy(update={"standalone_query": "三年期"}), "question"),
        (answer.model_copy(update={"sentences": (_reworded(answer, "三年期年利率为1.65%。"),)}), "sentences"),
    ):
        await bank.answers.save_answer(changed)
        found = await bank.gathered()
        assert [(out.reason, out.detail) for out in found.left_out] == [(Reason.NOT_REBUILT, detail)]
    await bank.answers.save_answer(answer)
    narrow = await bank.gathered(max_lines=1)
    assert len(narrow.drafts) + len(narrow.left_out) == 1


def _reworded(answer: Answer, text: str) -> object:
    return answer.sentences[0].model_copy(update={"text": text})


async def test_a_follow_up_is_learned_as_the_question_that_it_became(bank: Bank) -> None:
    earlier = [Turn(role="user", content="整存整取一年期利率是多少？"), Turn(role="assistant", content="1.35%。")]
    answer = await bank.asks("三年期年利率为«F2»。[2]", "那三年期呢？", history=[turn.model_dump() for turn in earlier])
    await bank.up(answer)
    [draft] = (await bank.gathered()).drafts
    assert draft.origin.said == (answer.standalone_query,)
    assert "整存整取" in draft.example.messages[1].content.partition("问题：")[2]


async def test_a_follow_up_that_the_model_rewrote_is_learned_as_it_wrote_it(bank: Bank) -> None:
    """The rule would make another question of it, and that one was never asked."""
    answer = await bank.asks("三年期年利率为«F1»。[1]", "整存整取三年期利率是多少？")
    history = (Turn(role="user", content="整存整取一年期利率是多少？"),)
    assert answer.asked is not None
    follow_up = {"question": "那三年期呢？", "asked": answer.asked.model_copy(update={"history": history})}
    await bank.up(answer)
    await bank.answers.save_answer(answer.model_copy(update=follow_up))
    assert [out.reason for out in (await bank.gathered()).left_out] == [Reason.NOT_REBUILT]
    await bank.answers.save_answer(answer.model_copy(update=follow_up | {"rewritten_by": RewrittenBy.MODEL}))
    [draft] = (await bank.gathered()).drafts
    assert draft.example.messages[1].content.endswith("问题：整存整取三年期利率是多少？")


async def test_an_answer_goes_with_the_call_and_the_customer_that_it_was_asked_for(bank: Bank) -> None:
    call = conversation("C-7", customer="K-7")
    await bank.calls.receive(call)
    answer = await bank.asks("三年期年利率为«F1»。[1]", conversation_id="C-7")
    await bank.up(answer)
    [draft] = (await bank.gathered()).drafts
    assert (draft.origin.key, draft.origin.customer) == (f"answer:C-7/{answer.answer_id}", "K-7")
    for excluded in ({"without_calls": ["C-7"]}, {"without_customers": ["K-7"]}):
        assert [out.reason for out in (await bank.gathered(**excluded)).left_out] == [Reason.EXCLUDED]


async def test_the_card_of_a_dataset_from_sql_tells_thumbs_apart(tmp_path: Path) -> None:
    (tmp_path / "ask.jsonl").write_text(
        '{"id": "ask/1", "question": "周末能不能去网点预约换外币零钱呀我想问问"}\n', "utf-8"
    )
    async with open_ledgers(Settings(records=RecordSettings(url=f"sqlite:///{tmp_path}/records.db"))) as ledgers:
        stores = Stores(ledgers.knowledge, MemoryIndex(), HashEncoder())
        bank = Bank(stores, answers=ledgers.answers, feedback=ledgers.feedback)
        await bank.publish()
        right = await bank.asks("三年期年利率为«F1»。[1]")
        wrong = await bank.asks("[1]", "白金卡补卡工本费收不收？")
        await bank.up(right)
        await bank.down(wrong)
        changes = {"sources": [Source.THUMBED_UP], "suites": tmp_path, "out": tmp_path / "sets", "held_out": 0.0001}
        recipe = BuildRecipe.model_validate(bank.recipe.model_dump() | changes)
        folder = write_dataset(await build_dataset(Kit(recipe, PROMPTS, CATALOGUE), ledgers), AT)
    read = read_dataset(folder)
    assert read.card["examples"][TRAIN] == {"answer": {"thumbed-up": 1}}
    assert read.card["left_out"] == {"thumbed_down": 1}
    [row] = read.rows("left_out.jsonl")
    assert (row["origin"], row["detail"]) == (f"answer:{wrong.answer_id}", "wrong_figure")
    assert "| thumbed_down | 1 |" in (folder / "CARD.md").read_text(encoding="utf-8")
