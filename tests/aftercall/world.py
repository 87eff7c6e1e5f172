"""A small world for the after-call flow: one call, a model that says what the test says, ledgers in memory."""

import json
import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from seatmate.aftercall.certainty import UNMEASURED
from seatmate.aftercall.checks import Said
from seatmate.aftercall.disposition import load_dispositions
from seatmate.aftercall.fields import Catalogue, load_catalogue
from seatmate.aftercall.flow import Addition, Aftercall
from seatmate.aftercall.node_pack import load_nodes
from seatmate.aftercall.outline_rules import load_outline
from seatmate.aftercall.summary import intents_of
from seatmate.aftercall.transcript import number_transcript
from seatmate.compliance.pack import load_pack
from seatmate.domain.call_ports import CallLedger, Vault
from seatmate.domain.calls import Conversation
from seatmate.domain.ports import ChatModel, ChatRequest, KnowledgeLedger
from seatmate.prompts import Prompts
from seatmate.settings import HOME
from seatmate.testing.models import ScriptedChatModel
from seatmate.testing.stores import MemoryKnowledge

RULES = HOME / "corpus" / "rules"
RELEASE = "rel-test"
EMPTY_SUMMARY: dict[str, Any] = {
    "intents": [],
    "situation": [],
    "action": [],
    "commitments": [],
    "follow_ups": [],
    "objections": [],
    "risk_notes": [],
    "outcome": {"s": "resolved", "u": [2]},
    "begin": "neutral",
    "end": "neutral",
}


def catalogue() -> Catalogue:
    return load_catalogue(RULES)


def only_cues() -> Catalogue:
    """The sample bank's catalogue without words that tell by themselves: what is found is the model's."""
    whole = catalogue()
    return replace(
        whole,
        fields={name: field.model_copy(update={"told": ()}) for name, field in whole.fields.items()},
        labels={name: label.model_copy(update={"told": ()}) for name, label in whole.labels.items()},
        certainty=UNMEASURED,
    )


def said(conversation: Conversation) -> Said:
    return Said(conversation, number_transcript(conversation))


def scripted(
    facts: list[dict[str, Any]] | None = None,
    items: list[dict[str, Any]] | None = None,
    summary: Mapping[str, Any] | None = None,
) -> ScriptedChatModel:
    """A model that answers each task with its own part of the script; findings name utterance and field."""
    return ScriptedChatModel(lambda request: reply(request, facts or [], items or [], summary or {}))


def reply(
    request: ChatRequest,
    facts: list[dict[str, Any]],
    items: list[dict[str, Any]],
    summary: Mapping[str, Any],
    hits: Sequence[dict[str, Any]] = (),
) -> str:
    answers = {
        "summary": {**EMPTY_SUMMARY, **summary},
        "quotes": {**EMPTY_SUMMARY, **summary},
        "kyc": {"facts": [picked(fact, "f", request) for fact in facts]},
        "voc": {"items": [picked(item, "l", request) for item in items]},
        "compliance": {"hits": list(hits)},
    }
    return json.dumps(answers[request.schema_name or ""], ensure_ascii=False)


def picked(finding: dict[str, Any], name: str, request: ChatRequest) -> dict[str, Any]:
    """The finding as the model writes it: the number of its candidate, 99 when the prompt has no such candidate."""
    shown = f"{finding['u']} {finding[name]}"
    numbered = re.search(rf"(\d+)\) {re.escape(shown)}(?:；|$)", request.messages[-1].content)
    rest = {key: value for key, value in finding.items() if key not in ("u", name)}
    return {"c": int(numbered[1]) if numbered else 99, **rest}


def aftercall(
    model: ChatModel,
    calls: CallLedger,
    part_chars: int = 10_000,
    knowledge: KnowledgeLedger | None = None,
    vault: Vault | None = None,
    model_adds: Set[Addition] = frozenset({"summary", "kyc", "voc"}),
    catalogue: Catalogue | None = None,
) -> Aftercall:
    """Without a catalogue, all that is found is the model's."""
    prompts = Prompts.load(HOME / "prompts")
    return Aftercall(
        prompts=prompts,
        model=model,
        calls=calls,
        knowledge=knowledge or MemoryKnowledge(),
        catalogue=catalogue or only_cues(),
        rules=load_pack(RULES / "compliance"),
        nodes=load_nodes(RULES / "process_nodes.yaml"),
        dispositions=load_dispositions(RULES / "dispositions.yaml", intents_of(prompts)),
        outline=load_outline(RULES / "summary.yaml"),
        vault=vault,
        model_adds=model_adds,
        release_id=RELEASE,
        max_tokens=4_000,
        part_chars=part_chars,
        now=lambda: datetime(2026, 11, 9, 13, tzinfo=UTC),
    )
