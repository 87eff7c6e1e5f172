"""Pinned answers become exercises in quoting, as long as their sources stand."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from seatmate.aftercall.fields import load_catalogue
from seatmate.domain.approved import ApprovedAnswer, ApprovedSource
from seatmate.domain.builds import BuildReport
from seatmate.domain.knowledge import DocumentVersion, Passage, SnapshotState, Validity
from seatmate.domain.ports import NewKnowledge
from seatmate.prompts import Prompts
from seatmate.settings import HOME
from seatmate.testing.stores import MemoryApproved, MemoryKnowledge
from seatmate_tune.build_recipe import BuildRecipe
from seatmate_tune.draft import Gathered, Reason, Source
from seatmate_tune.pinned import gather_pinned
from seatmate_tune.records import Kit

AT = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
TEXT = "信用卡挂失后七个工作日内补发新卡。补卡工本费每张十元。\n白金卡免收补卡工本费。紧急补卡加收二十元。"
QUOTE = "白金卡免收补卡工本费。"


@pytest.fixture(scope="module")
def kit() -> Kit:
    recipe = BuildRecipe(
        name="trial", begin=AT, end=AT.replace(year=2027), tasks={"answer": 1.0}, licence="none", purpose="a test"
    )
    return Kit(recipe, Prompts.load(HOME / "prompts"), load_catalogue(HOME / "corpus" / "rules"))


ALWAYS = Validity(None, None)


async def knowledge(validity: Validity = ALWAYS) -> MemoryKnowledge:
    ledger = MemoryKnowledge()
    document = DocumentVersion(
        doc_id="card", version="v1", path="card.md", title="补卡规则", doc_type="rule", product_codes=(), scope=("retail",),
        validity=validity, published_at=AT, supersedes=None, text=TEXT,
    )  # fmt: skip
    passage = Passage(
        passage_id="p1", doc_id="card", version="v1", title="补卡规则", doc_type="rule", product_codes=(), scope=("retail",),
        validity=validity, start=0, end=len(TEXT), text=TEXT,
    )  # fmt: skip
    snapshot = await ledger.begin_snapshot("W47")
    await ledger.add_knowledge(snapshot, NewKnowledge([document], [passage]))
    await ledger.finish_build(
        BuildReport(
            snapshot=snapshot, drop="W47", state=SnapshotState.CANDIDATE, documents=1, passages=1, embedded=1, changes=(),
            faults=(), seconds=0,
        )
    )  # fmt: skip
    await ledger.move_pointer(snapshot)
    return ledger


def answer(quote: str = QUOTE, *questions: str) -> ApprovedAnswer:
    return ApprovedAnswer(
        approved_id="a1", questions=questions or ("白金卡补卡要钱吗", "白金卡丢了补一张收不收费"), text="免费。",
        sources=(ApprovedSource(doc_id="card", quote=quote),), scope=("retail",), reviewed_by="knowledge-1", pinned_at=AT,
    )  # fmt: skip


async def gathered(kit: Kit, pinned: ApprovedAnswer, ledger: MemoryKnowledge) -> Gathered:
    answers = MemoryApproved()
    await answers.pin(pinned)
    return await gather_pinned(answers, ledger, kit)


async def test_each_way_of_asking_is_answered_by_the_line_that_the_owner_quoted(kit: Kit) -> None:
    found = await gathered(kit, answer(), await knowledge())
    assert len(found.drafts) == 2
    for draft in found.drafts:
        number = draft.example.target.strip("[]")
        line = next(x for x in draft.example.messages[1].content.split("\n") if x.startswith(f"[{number}] "))
        assert QUOTE in line
        assert draft.source is Source.PINNED
        assert draft.origin.customer == "answer:a1", "all ways of asking are on one side of the split"


async def test_a_quote_over_two_lines_is_two_citations(kit: Kit) -> None:
    found = await gathered(kit, answer("补卡工本费每张十元。\n白金卡免收补卡工本费。"), await knowledge())
    assert all(draft.example.target.count("[") == 2 for draft in found.drafts)


async def test_an_answer_whose_source_is_gone_teaches_nothing(kit: Kit) -> None:
    over = Validity(None, AT.replace(year=2025))
    for quote, validity in (("白金卡补卡收费五十元。", Validity(None, None)), (QUOTE, over)):
        found = await gathered(kit, answer(quote), await knowledge(validity))
        assert not found.drafts
        assert [out.reason for out in found.left_out] == [Reason.SOURCE_GONE]
    nothing_published = await gathered(kit, answer(), MemoryKnowledge())
    assert not nothing_published.drafts


async def test_a_quote_that_no_line_of_the_prompt_holds_is_left_out(kit: Kit) -> None:
    narrow = replace(kit, recipe=kit.recipe.model_copy(update={"max_lines": 1, "out": Path("nowhere")}))
    found = await gathered(narrow, answer(QUOTE, "紧急补卡加收多少"), await knowledge())
    assert [out.detail for out in found.left_out] == ["no line"]
