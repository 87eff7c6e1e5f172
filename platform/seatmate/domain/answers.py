"""A question, and an answer whose every sentence and figure has been checked (DESIGN §3, §4)."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, AwareDatetime, Field

from seatmate.domain.model import Shape

MAX_QUESTION_CHARS = 2_000


def _of_our_time(moment: datetime) -> datetime:
    if not 1900 <= moment.year <= 2200:
        raise ValueError("the moment must lie between 1900 and 2200")
    return moment


AsOf = Annotated[AwareDatetime, AfterValidator(_of_our_time)]
"""A moment that is asked about: with a zone, and of our time, so that it can be converted and reckoned with."""


class Turn(Shape):
    role: Literal["user", "assistant"]
    content: Annotated[str, Field(max_length=8_000)]


class Question(Shape):
    """What an agent asks. `as_of` defaults to now; `scope` may narrow what the caller may see, never widen it."""

    question: Annotated[str, Field(min_length=1, max_length=MAX_QUESTION_CHARS)]
    history: Annotated[tuple[Turn, ...], Field(max_length=20)] = ()
    as_of: AsOf | None = None
    conversation_id: str | None = None
    scope: tuple[str, ...] | None = None


class Citation(Shape):
    """The exact place: `document(doc_id, version).text[start:end] == quote`. `valid_to` is the last day, inclusive."""

    doc_id: str
    version: str
    title: str
    start: int
    end: int
    quote: str
    valid_from: date | None
    valid_to: date | None


class Figure(Shape):
    raw: str
    normalised: str
    supported: bool


class SentenceSource(StrEnum):
    """Who wrote the sentence."""

    MODEL = "model"
    """The model's own words, checked."""
    QUOTE = "quote"
    """Source text that the model chose to quote."""
    APPROVED = "approved"
    """A knowledge owner's reviewed answer, whose sources stand."""
    SOURCE_TEXT = "source_text"
    """Source text: in the place of a sentence that failed a check or of a model's silence, or beside its words."""


class Sentence(Shape):
    text: str
    source: SentenceSource
    citations: Annotated[tuple[Citation, ...], Field(min_length=1)]
    figures: tuple[Figure, ...] = ()


class AnswerStatus(StrEnum):
    GROUNDED = "grounded"
    """Every sentence is the model's and passed its checks, or was replaced by source text."""
    EXTRACTIVE = "extractive"
    """No sentence of the model passed: the answer is source text."""
    ABSTAINED = "abstained"
    DEGRADED = "degraded"
    """The model server did not answer: the answer is source text."""


class AbstainReason(StrEnum):
    NO_EVIDENCE = "NO_EVIDENCE"
    NOT_IN_FORCE = "NOT_IN_FORCE"
    NOTHING_PUBLISHED = "NOTHING_PUBLISHED"
    PRODUCT_WITHHELD = "PRODUCT_WITHHELD"
    """The product's documents disagree and nobody has waived it."""
    MODEL_ABSTAINED = "MODEL_ABSTAINED"

    @property
    def label(self) -> str:
        """What the agent reads."""
        return {
            "NO_EVIDENCE": "资料里没有找到依据，无法回答。请查看最接近的资料，或转知识运营核实。",
            "NOT_IN_FORCE": "只找到已失效或尚未生效的资料，无法回答。",
            "NOTHING_PUBLISHED": "知识库还没有发布任何资料。",
            "PRODUCT_WITHHELD": "该产品的资料互相矛盾，正待知识运营确认，暂不作答。",
            "MODEL_ABSTAINED": "现有资料不足以回答这个问题。请查看最接近的资料。",
        }[self.value]


class RewrittenBy(StrEnum):
    """Who made one question that stands alone of a follow-up and its history."""

    RULE = "rule"
    MODEL = "model"
    """The release's model, checked; where a check fails or it does not answer, it is the rule."""


class Latency(Shape):
    """Milliseconds from the question's arrival."""

    rewrite: float
    retrieve: float
    first_sentence: float | None
    total: float


class Rejected(Shape):
    """A sentence of the model that no agent saw, and the check it failed. Kept for the data scientists."""

    text: str
    reason: str


class Asked(Shape):
    """What was asked beside the words: enough to ask the same again."""

    at: AwareDatetime
    scopes: tuple[str, ...]
    """What the caller could see."""
    history: tuple[Turn, ...] = ()
    conversation_id: str | None = None


class Answer(Shape):
    answer_id: str
    release_id: str
    snapshot: int | None
    as_of: AwareDatetime
    question: str
    asked: Asked | None = None
    """None for answers of before it was kept."""
    standalone_query: str
    rewritten_by: RewrittenBy = RewrittenBy.RULE
    text: str
    sentences: tuple[Sentence, ...]
    status: AnswerStatus
    reason: AbstainReason | None = None
    note: str = ""
    """Written by code: from when until when an answer about an earlier day held, or what is not in force."""
    approved_id: str | None = None
    nearest: tuple[Citation, ...] = ()
    """For an abstention: the nearest passages, so that the agent can look for himself."""
    rejected: tuple[Rejected, ...] = ()
    prompt_tokens: int = 0
    completion_tokens: int = 0
    latency_ms: Latency
