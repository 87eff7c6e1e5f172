"""Process nodes: applicability first, then the attempt, then the standard; every attempt has its exact words."""

import pytest

from seatmate.aftercall.node_pack import load_nodes
from seatmate.aftercall.nodes import find_nodes
from seatmate.domain.calls import Channel, Conversation, Direction, Speaker, Utterance
from seatmate.domain.evidence import is_exact
from seatmate.domain.findings import SkipReason
from seatmate.domain.nodes import NodeReason, ProcessNode, Standing
from seatmate.settings import HOME
from seatmate_eval.cases import load_conversations

PACK = load_nodes(HOME / "corpus" / "rules" / "process_nodes.yaml")
SAMPLE = load_conversations(HOME / "corpus" / "calls")
SPEAKERS = {"A": Speaker.AGENT, "C": Speaker.CUSTOMER, "S": Speaker.SYSTEM}


def call(
    *lines: str,
    scenario: str = "outbound_maturity",
    direction: Direction = Direction.OUTBOUND,
    channel: Channel = Channel.PHONE,
) -> Conversation:
    """Lines `A …`, `C …`, `S …`."""
    utterances = tuple(
        Utterance(utt_id=f"u{n}", speaker=SPEAKERS[line[0]], text=line[2:]) for n, line in enumerate(lines, start=1)
    )
    return Conversation.model_validate(
        {
            "conversation_id": "C-1", "channel": channel, "direction": direction, "scenario": scenario,
            "started_at": "2026-11-09T10:00:00+08:00", "agent_id": "A-1", "customer_id": "K-1",
            "utterances": utterances,
        }
    )  # fmt: skip


def nodes(conversation: Conversation) -> dict[str, ProcessNode]:
    return {node.node_id: node for node in find_nodes(PACK, conversation).nodes}


@pytest.mark.parametrize("conversation_id", sorted(SAMPLE))
def test_every_node_of_every_sample_call_quotes_exactly(conversation_id: str) -> None:
    conversation = SAMPLE[conversation_id]
    executed = find_nodes(PACK, conversation)
    assert bool(executed.nodes) is not bool(executed.skipped)
    for node in executed.nodes:
        assert all(is_exact(evidence, conversation) for evidence in node.evidence)
        assert node.evidence or not node.attempted


def test_a_call_of_a_kind_without_nodes_says_so() -> None:
    executed = find_nodes(PACK, call("A 您好", "C 你好", scenario="collection"))
    assert executed.nodes == ()
    assert [(s.analysis, s.reason, s.detail) for s in executed.skipped] == [
        ("nodes", SkipReason.NO_NODES_FOR_SCENARIO, "collection")
    ]


def test_a_wrong_number_owes_nothing_but_courtesy() -> None:
    found = nodes(call("A 您好，远川银行工号202，请问是马先生吧", "C 打错了 我不姓马", "A 打扰您了，再见"))
    owed = {name for name, node in found.items() if node.eligible}
    assert owed == {"opening", "identity", "closing"}
    assert found["needs"].reason is NodeReason.EXCUSED
    assert found["needs"].detail == "接听的不是本人"
    assert [e.quote for e in found["needs"].evidence] == ["打错了"]


def test_a_refusal_after_the_attempt_excuses_nothing() -> None:
    late = nodes(call("A 那我下周三再给您打电话", "C 不买，别再给我打了", "A 好的"))
    early = nodes(call("A 您好", "C 不买，别再给我打了", "A 那我下周三再给您打电话"))
    assert late["next_step"].standing is Standing.MET
    assert early["next_step"].standing is Standing.NOT_ELIGIBLE


def test_what_was_not_offered_needs_no_disclosure() -> None:
    found = nodes(call("A 三年期大额存单百分之二，是存款", "C 行"))
    assert found["risk_disclosure"].reason is NodeReason.NOT_CALLED_FOR
    assert found["suitability"].reason is NodeReason.NOT_CALLED_FOR


def test_a_promise_undoes_a_disclosure_until_it_is_taken_back() -> None:
    lines = ("A 建议您转到封闭2609期，不保本，基准不代表收益", "C 哦", "A 您放一百个心，本金动不了", "C 好")
    spoiled = nodes(call(*lines))["risk_disclosure"]
    assert (spoiled.standing, spoiled.reason) == (Standing.ATTEMPTED, NodeReason.SPOILED)
    assert "您放一百个心" in [e.quote for e in spoiled.evidence]
    assert nodes(call(*lines, "A 对不起，刚才说错了，我更正一下"))["risk_disclosure"].met


def test_an_unfinished_node_says_what_is_missing() -> None:
    fee = nodes(call("A 每期费率百分之零点五五", "C 哦", scenario="card_instalment"))["fee"]
    assert fee.reason is NodeReason.ELEMENT_MISSING
    assert fee.detail == "总费率、折算年化"


def test_a_node_after_one_it_comes_before_is_out_of_order() -> None:
    lines = ("A 12期每期费率0.55%，总费率6.60%，折算年化11.97%", "C 哦", "A 本次通话有录音", "C 好")
    found = nodes(call(*lines, scenario="card_instalment"))
    assert found["recording"].met
    assert not found["recording"].in_order
    assert found["fee"].in_order


def test_an_agent_who_had_no_turn_left_missed_nothing() -> None:
    found = nodes(call("A 您好，想跟您介绍账单分期", "C 天天打，烦不烦", "S (客户挂断)", scenario="card_instalment"))
    assert found["objection"].reason is NodeReason.NO_CHANCE


def test_traditional_characters_are_read_as_simplified_and_quoted_as_said() -> None:
    found = nodes(call("A 您好，遠川銀行客戶經理小王", "C 你說"))
    assert found["opening"].met
    assert "遠川銀行客戶經理小王" in [e.quote for e in found["opening"].evidence]
