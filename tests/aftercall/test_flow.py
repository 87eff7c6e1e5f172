"""A finished call becomes a record in which every word can be found again, whatever the model says."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from seatmate.aftercall.candidates import kyc_candidates, voc_candidates
from seatmate.aftercall.transcript import candidates_text
from seatmate.domain.attributes import Attribute
from seatmate.domain.calls import Conversation, Customer, RiskTolerance
from seatmate.domain.errors import ModelUnavailable
from seatmate.domain.evidence import Evidence, is_exact
from seatmate.domain.findings import CallRecord, SkipReason, Source
from seatmate.domain.knowledge import Product, Validity
from seatmate.domain.nodes import Standing
from seatmate.domain.ports import ChatRequest, NewKnowledge
from seatmate.domain.redaction import mask_conversation
from seatmate.testing.call_contract import conversation
from seatmate.testing.calls import MemoryCalls
from seatmate.testing.ledger_contract import document as the_document
from seatmate.testing.ledger_contract import fact, report
from seatmate.testing.models import DeadChatModel, Lie, LyingChatModel, ScriptedChatModel
from seatmate.testing.stores import MemoryKnowledge
from seatmate.testing.vault import MemoryVault

from . import world

CALL = conversation(
    "C-1",
    "您好，您有一笔二十万的定期月底到期。",
    "嗯，我打算给女儿攒学费，手机13800138000别打了。",
    "好的，三年期是1.80%。",
    "你们手续费太贵了，密码是123456。",
)


async def closed(model: Any, call: Conversation = CALL) -> CallRecord:
    calls = MemoryCalls()
    await calls.receive(call)
    return await world.aftercall(model, calls).close_call(call)


def all_evidence(record: CallRecord) -> list[Evidence]:
    summary = record.summary
    sections = (
        *summary.situation,
        *summary.action,
        *summary.commitments,
        *summary.follow_ups,
        *summary.objections,
        *summary.risk_notes,
        *summary.intents,
        *([summary.outcome] if summary.outcome else []),
    )
    return [e for found in (*sections, *record.kyc, *record.voc, *record.compliance) for e in found.evidence]


async def test_a_record_holds_what_the_model_picked_with_the_customers_words() -> None:
    model = world.scripted(
        facts=[{"u": 2, "f": "children", "s": "self", "p": "affirmed", "m": "fact"}],
        items=[{"u": 4, "p": "negative", "l": "fees", "v": 2}],
        summary={"action": [{"t": "坐席告知三年期1.80%", "u": [3]}]},
    )
    record = await closed(model)
    assert [fact.evidence[0].quote for fact in record.kyc] == ["我打算给女儿攒学费"]
    assert [item.evidence[0].quote for item in record.voc] == ["你们手续费太贵了"]
    assert [(item.text, item.source) for item in record.summary.action] == [("坐席告知三年期1.80%", Source.MODEL)]
    assert [usage.step for usage in record.usage] == ["summary", "kyc", "voc"]


async def test_a_made_up_sentence_becomes_the_quote_itself() -> None:
    record = await closed(world.scripted(summary={"action": [{"t": "坐席告知三年期2.80%", "u": [3]}]}))
    assert [(item.text, item.source) for item in record.summary.action] == [("好的，三年期是1.80%。", Source.QUOTE)]


@pytest.mark.parametrize("lie", Lie)
async def test_a_lying_model_can_store_no_false_quote(lie: Lie) -> None:
    record = await closed(LyingChatModel(lie))
    assert all(is_exact(evidence, CALL) for evidence in all_evidence(record))
    assert not record.kyc
    assert not record.voc
    assert {skipped.reason for skipped in record.skipped} & {
        SkipReason.UNVERIFIED_EVIDENCE,
        SkipReason.MODEL_OUTPUT_INVALID,
        SkipReason.NOTHING_FOUND,
    }


async def test_the_model_reads_no_personal_number_and_all_tasks_share_one_prefix() -> None:
    model = world.scripted()
    await closed(model)
    read = [request.messages[-1].content for request in model.requests]
    assert len(read) == 3
    assert not any("13800138000" in text or "123456" in text for text in read)
    prefix = read[0][: read[0].index("任务：")]
    assert "⟦PHONE⟧" in prefix
    assert all(text.startswith(prefix) for text in read)


async def test_a_job_that_starts_again_asks_the_model_nothing_twice() -> None:
    calls = MemoryCalls()
    await calls.receive(CALL)
    first = world.scripted(items=[{"u": 4, "p": "negative", "l": "fees", "v": 2}])
    record = await world.aftercall(first, calls).close_call(CALL)
    assert await world.aftercall(DeadChatModel(), calls).close_call(CALL) == record


async def test_a_call_that_is_too_long_is_read_in_parts_and_put_together() -> None:
    def reply(request: ChatRequest) -> str:
        shown = request.messages[-1].content
        facts = [{"u": 2, "f": "children", "s": "self", "p": "affirmed", "m": "fact"}] if "\n2 客户" in shown else []
        items = [{"u": 4, "p": "negative", "l": "fees", "v": 2}] if "\n4 客户" in shown else []
        action = [{"t": "坐席告知三年期", "u": [3]}]
        return world.reply(request, facts, items, {"action": action})

    model = ScriptedChatModel(reply)
    calls = MemoryCalls()
    await calls.receive(CALL)
    record = await world.aftercall(model, calls, part_chars=60).close_call(CALL)
    shown = [request.messages[-1].content.partition("\n\n任务")[0] for request in model.requests]
    assert all(len(text) <= len("通话：\n") + 60 for text in shown)
    assert [fact.evidence[0].utt_id for fact in record.kyc] == ["u2"]
    assert [item.evidence[0].utt_id for item in record.voc] == ["u4"]
    assert [item.evidence[0].utt_id for item in record.summary.action] == ["u3"]
    assert [usage.step for usage in record.usage if usage.step.startswith("summary")] == ["summary", "summary.2"]


async def test_a_model_that_is_down_is_the_jobs_matter() -> None:
    with pytest.raises(ModelUnavailable):
        await closed(DeadChatModel())


async def test_a_silent_call_says_why_nothing_was_analysed_and_rules_still_run() -> None:
    record = await closed(DeadChatModel(), conversation("C-1", "这款肯定保本的。", "嗯。"))
    assert [(s.analysis, s.reason) for s in record.skipped] == [
        (analysis, SkipReason.INSUFFICIENT_CONTENT) for analysis in ("summary", "kyc", "voc")
    ]
    assert [hit.rule.partition("@")[0] for hit in record.compliance] == ["principal_guarantee"]


def test_candidates_are_what_training_shows_the_model() -> None:
    said, catalogue = world.said(CALL), world.catalogue()
    assert "1) 2 children" in candidates_text(kyc_candidates(CALL, said.transcript, catalogue)).split("；")
    assert "1) 4 fees" in candidates_text(voc_candidates(CALL, said.transcript, catalogue)).split("；")
    assert candidates_text([]) == "无"


def test_an_agents_words_propose_nothing() -> None:
    call = conversation("C-1", "您女儿上大学了吧，房贷还清了？", "嗯嗯。")
    assert kyc_candidates(call, world.said(call).transcript, world.catalogue()) == []


async def test_a_record_says_how_the_call_stands_with_its_process_nodes() -> None:
    call = CALL.model_copy(update={"scenario": "outbound_maturity"})
    record = await closed(world.scripted(), call)
    assert {node.node_id: node.standing for node in record.nodes}["opening"] is Standing.ATTEMPTED
    assert all(is_exact(evidence, call) for node in record.nodes for evidence in node.evidence)
    assert "nodes" not in {skipped.analysis for skipped in record.skipped}


async def test_a_record_of_a_call_without_process_nodes_says_so() -> None:
    record = await closed(world.scripted(), CALL.model_copy(update={"scenario": "collection"}))
    assert not record.nodes
    assert SkipReason.NO_NODES_FOR_SCENARIO in {skipped.reason for skipped in record.skipped}


async def test_what_was_masked_for_the_model_can_be_opened_through_the_vault_and_a_secret_nowhere() -> None:
    shown: list[str] = []

    def said(request: ChatRequest) -> str:
        shown.extend(message.content for message in request.messages)
        return world.reply(request, [], [], {})

    vault, calls = MemoryVault(), MemoryCalls()
    await calls.receive(CALL)
    await world.aftercall(ScriptedChatModel(said), calls, vault=vault).close_call(CALL)
    assert shown
    assert not any("13800138000" in text or "123456" in text for text in shown)
    masked = mask_conversation(CALL)
    assert await vault.reveal(masked.conversation, ["⟦PHONE⟧"], "周敏") == {"⟦PHONE⟧": "13800138000"}
    assert "123456" not in masked.values.values()


async def test_a_product_is_held_against_the_customer_by_its_name_and_level_in_the_documents() -> None:
    call = conversation(
        "C-7", "您好，给您介绍一款。", "好，你说。", "我给您推荐稳盈进取一号，您直接买就行。"
    ).model_copy(
        update={"customer": Customer(risk_level=RiskTolerance.C1, assessed_on=date(2026, 10, 1), birth_year=1980)}
    )
    knowledge = MemoryKnowledge()
    document = the_document("sheet", "稳盈进取一号风险等级为R4。")
    snapshot = await knowledge.begin_snapshot("2026-W45")
    level = replace(
        fact(document, "YCWYJQ1", "level:R4"), attribute=Attribute.RISK_LEVEL, validity=Validity(), condition=""
    )
    await knowledge.add_knowledge(snapshot, NewKnowledge([document], [], [level]))
    await knowledge.set_products(snapshot, [Product("YCWYJQ1", "稳盈进取一号", scope=("retail",))])
    await knowledge.finish_build(report(snapshot))
    await knowledge.move_pointer(snapshot)
    calls = MemoryCalls()
    await calls.receive(call)
    record = await world.aftercall(world.scripted(), calls, knowledge=knowledge).close_call(call)
    assert any(hit.rule.startswith("mismatch_sale@") for hit in record.compliance)
