"""What the flows need from the outside, in the bank's words. Adapters and fakes implement these; wiring joins them.

No framework's types cross a port. Implementations raise the families of `domain.errors`, nothing of their library's.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal, Protocol

from seatmate.domain.answers import Answer
from seatmate.domain.approved import ApprovedAnswer
from seatmate.domain.builds import BuildReport
from seatmate.domain.facts import ProductFact, Waiver
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

    def plus(self, other: "Usage") -> "Usage":
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.cached_tokens + other.cached_tokens,
            self.completion_tokens + other.completion_tokens,
        )


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
    """Text to vectors; queries and passages are weighted differently (BM25).

    Raises ModelUnavailable where a server does the work.
    """

    @property
    def dimensions(self) -> int: ...

    @property
    def fingerprint(self) -> str:
        """Changes whenever the same text would give other vectors: part of the release."""
        ...

    def words(self, text: str) -> list[str]:
        """The text cut into words, each once in its order; nothing but white space is left out."""
        ...

    def encode_words(self, text: str) -> Vectors:
        """A query without its meaning, for when the server that knows meanings does not answer."""
        ...

    async def encode_query(self, text: str) -> Vectors: ...

    async def encode_passages(self, texts: Sequence[str]) -> list[Vectors]: ...


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
    """What a query may see: one snapshot, one moment, the caller's scopes. Built in one place, used by every query.

    `withheld` are products that nobody is told of: what speaks of one of them alone is not seen.
    """

    snapshot: int
    as_of: datetime
    scopes: tuple[str, ...]
    in_force_only: bool = True
    withheld: tuple[str, ...] = ()


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

    async def vectors(self, passage_ids: Sequence[str]) -> dict[str, Vectors]:
        """Of those of these points that are there: a passage whose words did not change takes its vectors along."""
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


class Reranker(Protocol):
    """A cross-encoder on a server. Raises ModelUnavailable."""

    async def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        """One score per text, higher is better."""
        ...


@dataclass(frozen=True)
class NewKnowledge:
    """What a build writes of its documents, each passage and fact belonging to one of the documents."""

    documents: Sequence[DocumentVersion]
    passages: Sequence[Passage]
    facts: Sequence[ProductFact] = ()


@dataclass(frozen=True)
class KnownPassage:
    """A passage and its life: it belongs to the snapshots `snap_from` ≤ n < `snap_to`."""

    passage: Passage
    snap_from: int
    snap_to: int


class KnowledgeLedger(Protocol):
    """Documents, passages, facts and snapshots in SQL: the truth that the index is derived from."""

    async def live_snapshot(self) -> int | None: ...

    async def snapshots(self) -> list[SnapshotStatus]: ...

    async def withheld(self, snapshot: int) -> tuple[str, ...]:
        """Codes of the products whose documents disagree in this snapshot and that nobody has waived."""
        ...

    async def begin_snapshot(self, drop: str) -> int:
        """A new candidate's number: the highest ever used, plus one. An older candidate must be discarded first."""
        ...

    async def documents_at(self, snapshot: int) -> list[DocumentVersion]: ...

    async def documents_named(self, snapshot: int, doc_ids: Sequence[str]) -> list[DocumentVersion]:
        """Every version of these documents that the snapshot has, ended ones too, by doc_id and version."""
        ...

    async def document(self, doc_id: str, version: str, up_to: int | None = None) -> DocumentVersion:
        """One version, whether it is still in a snapshot or not; of snapshots up to this one only. NotFound."""
        ...

    async def versions_ever(self) -> set[tuple[str, str]]:
        """(doc_id, version) of every document version of every snapshot."""
        ...

    async def add_knowledge(self, snapshot: int, new: NewKnowledge) -> None:
        """Write to a candidate, all or nothing."""
        ...

    async def close_documents(self, snapshot: int, doc_ids: Sequence[str]) -> None:
        """These documents end with `snapshot` (exclusive); their superseded versions, which ended before, stay."""
        ...

    async def finish_build(self, report: BuildReport) -> None:
        """Keep the report; its snapshot can now be published."""
        ...

    async def report(self, snapshot: int) -> BuildReport:
        """NotFound for a snapshot that was never built to its end."""
        ...

    async def abandon(self, snapshot: int) -> None:
        """A candidate is about to be discarded: from now on it cannot be published."""
        ...

    async def discard(self, snapshot: int) -> None:
        """Remove a candidate and reopen what it closed."""
        ...

    async def move_pointer(self, snapshot: int) -> SnapshotState:
        """Make a built snapshot the live one, in one transaction. NotFound if it was never finished."""
        ...

    async def waive(self, snapshot: int, waiver: Waiver) -> None:
        """Let readers see a product although its documents disagree. Conflict if the snapshot does not withhold it."""
        ...

    async def waivers(self, snapshot: int) -> list[Waiver]:
        """Those that hold for this snapshot: given to it, or to an earlier one in which the same values disagreed."""
        ...

    async def passages(self, passage_ids: Sequence[str]) -> dict[str, Passage]: ...

    async def passages_of(self, versions: Sequence[tuple[str, str]]) -> list[Passage]:
        """The passages of these (doc_id, version), in the order of doc_id, version and place."""
        ...

    async def passage_counts(self, snapshot: int) -> dict[tuple[str, str], int]:
        """Passages of each (doc_id, version) that the snapshot has."""
        ...

    async def passages_after(self, passage_id: str, limit: int) -> list[KnownPassage]:
        """The next passages of all snapshots in the order of their ids: pages, for a rebuild of the index."""
        ...

    async def passage_count(self) -> int:
        """Passages of all snapshots."""
        ...

    async def facts_at(self, snapshot: int, product_codes: Sequence[str] | None = None) -> list[ProductFact]:
        """Facts of these products, or of all, in the order of product, attribute, document and place."""
        ...

    async def products_at(self, snapshot: int) -> list[Product]: ...

    async def set_products(self, snapshot: int, products: Sequence[Product]) -> None: ...


Told = Callable[[str], None]
"""Hears the steps of a build as they begin: read, plan, inspect, write."""


class Builds(Protocol):
    """Works a weekly drop out, one at a time (ingest.flow). Raises what that does; StoreUnavailable if it dies."""

    async def build(self, folder: Path, told: Told = ...) -> BuildReport:
        """Write the candidate that the drop makes."""
        ...

    async def diff(self, folder: Path) -> BuildReport:
        """What `build` would do; writes nothing. Conflict while one is at work."""
        ...


class ApprovedAnswers(Protocol):
    """Answers that knowledge owners have pinned. Withdrawn ones stay on record."""

    async def pin(self, answer: ApprovedAnswer) -> None:
        """Keep it, by its id; the same id with other content is a Conflict."""
        ...

    async def withdraw(self, approved_id: str, by: str, at: datetime) -> None: ...

    async def pinned(self) -> list[ApprovedAnswer]:
        """All that are not withdrawn, oldest first."""
        ...


# ── answers ────────────────────────────────────────────────────────────────────────────────────────────────────────


class AnswerLedger(Protocol):
    async def save_answer(self, answer: Answer) -> None: ...

    async def answer(self, answer_id: str) -> Answer: ...
