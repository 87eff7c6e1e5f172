"""A conversation between an agent and a customer, on whatever channel (DESIGN §4).

Knows nothing of storage or models. Times carry a zone; utterance ids are the sender's own and unique in a conversation.
"""

import hashlib
import json
from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AwareDatetime, Field, model_validator

from seatmate.domain.model import Shape

MAX_UTTERANCES = 2_000
MAX_UTTERANCE_CHARS = 4_000

Identifier = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[\w.:@\-]+$")]


class Channel(StrEnum):
    PHONE = "phone"
    WECOM = "wecom"
    APP_CHAT = "app_chat"
    VIDEO = "video"
    BRANCH = "branch"


class Direction(StrEnum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"


class Speaker(StrEnum):
    AGENT = "agent"
    CUSTOMER = "customer"
    SYSTEM = "system"

    @property
    def label(self) -> str:
        return {"agent": "坐席", "customer": "客户", "system": "系统"}[self.value]


class RiskTolerance(StrEnum):
    """A customer's assessed risk tolerance, C1 (lowest) to C5."""

    C1 = "C1"
    C2 = "C2"
    C3 = "C3"
    C4 = "C4"
    C5 = "C5"


class Customer(Shape):
    """What the bank already knows of the customer and suitability needs."""

    risk_level: RiskTolerance | None = None
    assessed_on: date | None = None
    birth_year: Annotated[int, Field(ge=1900, le=2100)] | None = None


class Utterance(Shape):
    utt_id: Identifier
    speaker: Speaker
    start_ms: Annotated[int, Field(ge=0)] | None = None
    end_ms: Annotated[int, Field(ge=0)] | None = None
    text: Annotated[str, Field(max_length=MAX_UTTERANCE_CHARS)]

    @model_validator(mode="after")
    def _ends_after_start(self) -> Self:
        if self.start_ms is not None and self.end_ms is not None and self.end_ms < self.start_ms:
            raise ValueError(f"utterance {self.utt_id} ends before it starts")
        return self


class Conversation(Shape):
    conversation_id: Identifier
    channel: Channel
    direction: Direction
    scenario: Annotated[str, Field(min_length=1, max_length=64)]
    started_at: AwareDatetime
    ended_at: AwareDatetime | None = None
    agent_id: Identifier
    customer_id: Identifier
    customer: Customer = Customer()
    utterances: Annotated[tuple[Utterance, ...], Field(min_length=1, max_length=MAX_UTTERANCES)]

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.ended_at is not None and self.ended_at < self.started_at:
            raise ValueError("ended_at is before started_at")
        seen: set[str] = set()
        for utterance in self.utterances:
            if utterance.utt_id in seen:
                raise ValueError(f"utt_id {utterance.utt_id} occurs twice")
            seen.add(utterance.utt_id)
        if not any(u.text.strip() for u in self.utterances):
            raise ValueError("no utterance has any text")
        return self

    @property
    def transcript_sha256(self) -> str:
        """Hash of what was said, by whom, in which order: evidence binds to it."""
        said = [[u.utt_id, u.speaker.value, u.text] for u in self.utterances]
        return hashlib.sha256(json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()).hexdigest()


class CallState(StrEnum):
    """Where a submitted conversation stands."""

    QUEUED = "queued"
    RUNNING = "running"
    RECORDED = "recorded"
    FAILED = "failed"
