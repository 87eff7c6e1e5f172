"""The model as second reader of compliance adds tips for a person, and changes nothing that a rule said."""

from typing import Any

import pytest

from seatmate.aftercall.flow import Addition
from seatmate.compliance.pack import load_pack
from seatmate.domain.calls import Conversation
from seatmate.domain.compliance import RaisedBy, Severity
from seatmate.domain.findings import CallRecord, SkipReason
from seatmate.testing.call_contract import conversation
from seatmate.testing.calls import MemoryCalls
from seatmate.testing.models import ScriptedChatModel

from . import world

RULES = [rule.id for rule in load_pack(world.RULES / "compliance").rules]
CALL = conversation(
    "C-1", "您好，请问有什么可以帮您？", "我想问问理财。", "这款保本保息的，您放心买。", "那我再想想吧。"
)


async def read(hits: list[dict[str, Any]], call: Conversation = CALL, *, asked: bool = True) -> CallRecord:
    model = ScriptedChatModel(lambda request: world.reply(request, [], [], {}, hits))
    calls = MemoryCalls()
    await calls.receive(call)
    adds: frozenset[Addition] = frozenset({"compliance"}) if asked else frozenset()
    return await world.aftercall(model, calls, model_adds=adds).close_call(call)


def number(rule_id: str) -> int:
    return RULES.index(rule_id) + 1


async def test_what_the_model_adds_is_a_tip_with_the_exact_sentence() -> None:
    record = await read([{"u": 1, "r": number("service_taboo")}])
    (tip,) = [hit for hit in record.compliance if hit.raised_by is RaisedBy.MODEL]
    assert (tip.severity, tip.evidence[0].utt_id) == (Severity.TIP, "u1")
    assert tip.verdict.startswith("模型提示，待人工复核")


async def test_a_hit_of_the_rules_stands_whatever_the_model_says() -> None:
    without = await read([], asked=False)
    assert without.compliance
    assert (await read([])).compliance == without.compliance
    assert (await read([{"u": 3, "r": number("principal_guarantee")}])).compliance == without.compliance


@pytest.mark.parametrize(
    ("hit", "reason"),
    [
        ({"u": 2, "r": number("service_taboo")}, SkipReason.UNVERIFIED_EVIDENCE),
        ({"u": 99, "r": number("service_taboo")}, SkipReason.UNVERIFIED_EVIDENCE),
        ({"u": 1, "r": 99}, SkipReason.MODEL_OUTPUT_INVALID),
        ({"u": "1", "why": "x"}, SkipReason.MODEL_OUTPUT_INVALID),
    ],
)
async def test_what_cannot_be_verified_is_dropped_with_a_reason(hit: dict[str, Any], reason: SkipReason) -> None:
    record = await read([hit])
    assert not [one for one in record.compliance if one.raised_by is RaisedBy.MODEL]
    assert reason in {one.reason for one in record.skipped if one.analysis == "compliance"}
