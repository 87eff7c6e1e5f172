"""What the flows need from the outside, in the bank's words. Adapters and fakes implement these; wiring joins them.

No framework's types cross a port. Implementations raise the families of `domain.errors`, nothing of their library's.
"""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from seatmate.domain.answers import Answer
from seatmate.domain.calls import CallState, Conversation
from seatmate.domain.findings import CallRecord
from seatmate.domain.knowledge import DocumentVersion, Passage, Product, SnapshotState, SnapshotStatus

# ── model ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Message:
    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True)
class ChatRequest:
    """One call of the model. `schema_name` names the schema for the engine's compiled-grammar cache."""

    messages: tuple[Message, ...]
    max_tokens: int
    schema_name: str | None = None
    schema: dict[str, Any] | None = None
    temperature: float = 0.0
    priority: int = 0
    """Lower is served first: 0 for a live question, 5 for a finished call."""


@dataclass(frozen=True)
class Usage:
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0


@dataclass(frozen=True)
class ChatReply:
    text: str
    model: str
    usage: Usage
    finish_reason: str
    """`stop`, or `length` when the output was cut off."""


@dataclass(frozen=True)
class ChatDelta:
    """A piece of a streamed reply; the last one has `usage` and `finish_reason`."""

    text: str = ""
    usage: Usage | None = None
    finish_reason: str | None = None


class ChatModel(Protocol):
    """A chat model behind an OpenAI-style server. Raises ModelUnavailable or Overloaded."""

    @property
    def name(self) -> str:
        """The served name, `task@sha12` for an adapter."""
        ...

    async def complete(self, request: ChatRequest) -> ChatReply: ...

    def stream(self, request: ChatRequest) -> AsyncIterator[ChatDelta]: ...


# ── knowledge ──────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class SparseVector:
    """Sorted, unique 32-bit term ids and their weights."""

    indices: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True)
class Vectors:
    sparse: SparseVector
    dense: tuple[float, ...]


class Encoder(Protocol):
    """Text to vectors; queries and passages are weighted differently (BM25)."""

    @property
    def dimensions(self) -> int: ...

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same text would give other vectors: part of the release."""
        ...

    def encode_query(self, text: str) -> Vectors: ...

    def encode_passages(self, texts: Sequence[str]) -> list[Vectors]: ...


@dataclass(frozen=True)
class IndexPoint:
    """A passage as the index sees it: vectors and the fields that filters use. Times are POSIX seconds, half-open."""

    passage_id: str
    vectors: Vectors
    scope: tuple[str, ...]
    product_codes: tuple[str, ...]
    since: int
    until: int
    snap_from: int
    snap_to: int


@dataclass(frozen=True)
class Visible:
    """What a query may see: one snapshot, one moment, the caller's scopes. Built in one place, used by every query."""

    snapshot: int
    as_of: datetime
    scopes: tuple[str, ...]
    in_force_only: bool = True


@dataclass(frozen=True)
class Hit:
    passage_id: str
    score: float


class PassageIndex(Protocol):
    """The vector store. Derived: deleted, it is rebuilt from the records. Hits are sorted by (-score, passage_id)."""

    async def write(self, points: Sequence[IndexPoint]) -> None:
        """Insert or replace by passage_id. Durable when it returns."""
        ...

    async def close_points(self, passage_ids: Sequence[str], snap_to: int) -> None:
        """Make passages invisible to snapshots >= snap_to. Unknown ids are ignored."""
        ...

    async def reopen_points(self, snap_to: int) -> None:
        """Undo `close_points(…, snap_to)` and drop points with snap_from == snap_to: a build is being discarded."""
        ...

    async def search(self, vectors: Vectors, visible: Visible, limit: int) -> list[Hit]:
        """Hybrid search: sparse and dense, fused with the weights of the release."""
        ...

    async def count(self, visible: Visible | None = None) -> int: ...

    async def wipe(self) -> None: ...

    async def aclose(self) -> None: ...


class KnowledgeLedger(Protocol):
    """Documents, passages and snapshots in SQL: the truth that the index is derived from."""

    async def live_snapshot(self) -> int | None: ...

    async def snapshots(self) -> list[SnapshotStatus]: ...

    async def begin_snapshot(self, drop: str) -> int:
        """A new candidate's number: the highest ever used, plus one. An older candidate must be discarded first."""
        ...

    async def documents_at(self, snapshot: int) -> list[DocumentVersion]: ...

    async def add_documents(
        self, snapshot: int, documents: Sequence[DocumentVersion], passages: Sequence[Passage]
    ) -> None: ...

    async def close_documents(self, snapshot: int, doc_ids: Sequence[str]) -> None:
        """These documents end with `snapshot` (exclusive); their superseded versions, which ended before, stay."""
        ...

    async def finish_build(self, snapshot: int, documents: int, passages: int) -> None: ...

    async def discard(self, snapshot: int) -> None:
        """Remove a candidate and reopen what it closed."""
        ...

    async def move_pointer(self, snapshot: int) -> SnapshotState:
        """Make a built snapshot the live one, in one transaction. NotFound if it was never finished."""
        ...

    async def passages(self, passage_ids: Sequence[str]) -> dict[str, Passage]: ...

    async def passages_at(self, snapshot: int) -> list[tuple[Passage, int, int]]:
        """All passages of all snapshots up to this one with (snap_from, snap_to), for a rebuild of the index."""
        ...

    async def products_at(self, snapshot: int) -> list[Product]: ...

    async def set_products(self, snapshot: int, products: Sequence[Product]) -> None: ...


# ── calls and answers ──────────────────────────────────────────────────────────────────────────────────────────────


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

    async def save_step(self, conversation_id: str, release_id: str, step: str, result: str) -> None:
        """Keep a step's JSON result, by key: a step that runs twice writes once."""
        ...

    async def load_step(self, conversation_id: str, release_id: str, step: str) -> str | None: ...

    async def save_record(self, record: CallRecord) -> None:
        """Upsert by (conversation_id, transcript hash, release) and mark the call recorded, in one transaction."""
        ...

    async def record(self, conversation_id: str) -> CallRecord: ...


class AnswerLedger(Protocol):
    async def save_answer(self, answer: Answer) -> None: ...

    async def answer(self, answer_id: str) -> Answer: ...
