"""A small world for the after-call flow: one call, a model that says what the test says, ledgers in memory."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from seatmate.aftercall.checks import Said
from seatmate.aftercall.fields import Catalogue, load_catalogue
from seatmate.aftercall.flow import Aftercall
from seatmate.aftercall.transcript import number_transcript
from seatmate.compliance.pack import load_pack
from seatmate.domain.calls import Conversation
from seatmate.domain.ports import CallLedger, ChatModel, ChatRequest
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
    return load_catalogue(RULES / "kyc_fields.yaml", RULES / "voc_labels.yaml")


def said(conversation: Conversation) -> Said:
    return Said(conversation, number_transcript(conversation))


def scripted(
    facts: list[dict[str, Any]] | None = None,
    items: list[dict[str, Any]] | None = None,
    summary: Mapping[str, Any] | None = None,
) -> ScriptedChatModel:
    """A model that answers each task with its own part of the script."""
    answers = {
        "summary": {**EMPTY_SUMMARY, **(summary or {})},
        "kyc": {"facts": facts or []},
        "voc": {"items": items or []},
    }

    def reply(request: ChatRequest) -> str:
        return json.dumps(answers[request.schema_name or ""], ensure_ascii=False)

    return ScriptedChatModel(reply)


def aftercall(model: ChatModel, calls: CallLedger, part_chars: int = 10_000) -> Aftercall:
    return Aftercall(
        prompts=Prompts.load(HOME / "prompts"),
        model=model,
        calls=calls,
        knowledge=MemoryKnowledge(),
        catalogue=catalogue(),
        rules=load_pack(RULES / "compliance.yaml"),
        release_id=RELEASE,
        max_tokens=4_000,
        part_chars=part_chars,
        now=lambda: datetime(2026, 11, 9, 13, tzinfo=UTC),
    )
