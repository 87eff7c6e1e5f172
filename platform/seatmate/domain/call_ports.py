"""What the flow of finished calls needs from the outside; see ports, which has the rest and says how they are kept."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from seatmate.domain.calls import CallState, Conversation
from seatmate.domain.corrections import KeptCorrection
from seatmate.domain.deliveries import Delivery
from seatmate.domain.findings import CallRecord
from seatmate.domain.reviews import Review, ReviewState
from seatmate.domain.timeline import CustomerCall


@dataclass(frozen=True)
class CallStatus:
    conversation_id: str
    transcript_sha256: str
    state: CallState
    attempts: int
    received_at: datetime
    detail: str = ""
    recorded_releases: tuple[str, ...] = field(default=())


class CallLedger(Protocol):
    """Conversations and their records. `receive` returns only when the conversation is on disk."""

    async def receive(self, conversation: Conversation) -> CallStatus:
        """Store once per (conversation_id, transcript hash); the same again returns the first receipt.

        Raises Conflict when the id is known with another transcript.
        """
        ...

    async def conversation(self, conversation_id: str) -> Conversation: ...

    async def status(self, conversation_id: str) -> CallStatus: ...

    async def waiting(self, limit: int) -> list[str]:
        """Ids of conversations that have no record yet, oldest first."""
        ...

    async def waiting_count(self) -> int: ...

    async def mark(self, conversation_id: str, state: CallState, detail: str = "") -> None: ...

    async def take_over(self, conversation_id: str) -> bool:
        """May the asker go on with a call whose worker shows no life? Of several who ask at once, one may."""
        ...

    async def save_step(self, conversation_id: str, release_id: str, step: str, result: str) -> None:
        """Keep a step's JSON result, by key: a step that runs twice writes once. It is a sign of life, too."""
        ...

    async def load_step(self, conversation_id: str, release_id: str, step: str) -> str | None: ...

    async def save_record(self, record: CallRecord) -> None:
        """Upsert by (conversation_id, transcript hash, release) and mark the call recorded, in one transaction."""
        ...

    async def record(self, conversation_id: str) -> CallRecord: ...

    async def correct(self, conversation_id: str, corrections: Sequence[KeptCorrection]) -> None:
        """Keep what an agent corrected, all or nothing; earlier corrections stay."""
        ...

    async def corrections(self, conversation_id: str) -> list[KeptCorrection]:
        """Every correction of a call's records, the oldest first."""
        ...

    async def calls_of(self, customer_id: str, up_to: datetime) -> list[CustomerCall]:
        """Recorded calls of a customer that began up to then, the oldest first, each with its newest record.

        What its agent confirmed is certain in it (domain.corrections)."""
        ...

    async def calls_between(self, begin: datetime, end: datetime) -> list[CustomerCall]:
        """Recorded calls that began in [begin, end), each with its newest record; the oldest call first."""
        ...

    async def reopen(self, conversation_id: str) -> None:
        """The call waits for a record of the release that runs now; its earlier records stay."""
        ...


class Reviews(Protocol):
    """What people make of hits. `CallLedger.save_record` opens them, once for each hit, however often it is found."""

    async def queue(self, states: Sequence[ReviewState], limit: int) -> list[Review]:
        """Reviews in one of these states, the gravest first, then the oldest."""
        ...

    async def of_call(self, conversation_id: str) -> list[Review]: ...

    async def review(self, conversation_id: str, rule: str, utt_id: str) -> Review:
        """Raises NotFound when no record has that hit."""
        ...

    async def keep(self, review: Review) -> None:
        """A review with one step more than is kept. Raises Conflict when somebody else took a step meanwhile."""
        ...


class Outbox(Protocol):
    """Deliveries of records to webhooks. `CallLedger.save_record` puts them in, once for each record and webhook."""

    async def take_due(self, webhook: str, limit: int) -> list[Delivery]:
        """What is due for a webhook, the longest waiting first. What is taken is not due again before a lease is over:
        several workers do not send the same, and what a dead one took is sent by another."""
        ...

    async def delivered(self, delivery: Delivery) -> None: ...

    async def postpone(self, delivery: Delivery, detail: str, until: datetime) -> None: ...

    async def give_up(self, delivery: Delivery, detail: str) -> None:
        """It stays on record with its reason."""
        ...

    async def waiting_count(self) -> int:
        """Deliveries that are neither taken nor given up."""
        ...


class Webhook(Protocol):
    """Another system that is told of records. Raises WebhookUnavailable or WebhookGone."""

    name: str

    async def send(self, delivery: Delivery) -> None: ...


@dataclass(frozen=True)
class Reveal:
    """Who was shown what some tokens of a conversation stand for, and when."""

    conversation_id: str
    tokens: tuple[str, ...]
    by: str
    at: datetime


class Vault(Protocol):
    """What the tokens of redacted conversations stand for: class C2 of JR/T 0171-2020, encrypted at rest.

    A redacted transcript has its values for ever (its hash is part of the key), so that other recognisers, which number
    the tokens anew, cannot make an old token mean another number. Class C3 is refused. Whether a caller may see a value
    is for the door to decide; that it did is on record here.
    """

    async def keep(self, redacted: Conversation, values: Mapping[str, str]) -> None:
        """Once for each redacted transcript. Conflict when a token has another value; BadInput for a secret."""
        ...

    async def reveal(self, redacted: Conversation, tokens: Sequence[str], by: str) -> dict[str, str]:
        """The values of those of these tokens that are kept, and a record of it, or neither."""
        ...

    async def reveals(self, conversation_id: str) -> list[Reveal]:
        """Oldest first; they outlive the values."""
        ...

    async def forget(self, conversation_id: str) -> None:
        """No token of any of its redacted transcripts stands for anything any more."""
        ...
