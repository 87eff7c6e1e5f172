"""What a finished call yields: summary, KYC facts, voice of the customer, each with the exact words it rests on.

Evidence is selected, not rewritten (DESIGN §3): a model names utterances, code copies the quote, and
`utterance.text[start:end] == quote` always. Offsets are Unicode code points, half-open.
"""

from enum import StrEnum
from typing import Annotated

from pydantic import AwareDatetime, Field

from seatmate.domain.compliance import ComplianceHit
from seatmate.domain.evidence import Evidence
from seatmate.domain.model import Shape
from seatmate.domain.nodes import ProcessNode


class Subject(StrEnum):
    """Whose fact it is. A friend's house is not the customer's."""

    SELF = "self"
    SPOUSE = "spouse"
    CHILD = "child"
    PARENT = "parent"
    OTHER = "other"


class Polarity(StrEnum):
    AFFIRMED = "affirmed"
    NEGATED = "negated"


class Modality(StrEnum):
    FACT = "fact"
    PLAN = "plan"
    HYPOTHETICAL = "hypothetical"
    QUESTION = "question"


class VocPolarity(StrEnum):
    POSITIVE = "positive"
    NEGATIVE = "negative"
    SUGGESTION = "suggestion"


class Sentiment(StrEnum):
    POSITIVE = "positive"
    NEUTRAL = "neutral"
    NEGATIVE = "negative"


class OutcomeStatus(StrEnum):
    RESOLVED = "resolved"
    PARTLY = "partly"
    UNRESOLVED = "unresolved"
    HANDED_OVER = "handed_over"
    ABANDONED = "abandoned"


class Source(StrEnum):
    """Who wrote a text that is shown: the model, or the source itself because the model's words failed a check."""

    MODEL = "model"
    QUOTE = "quote"


class FoundBy(StrEnum):
    """What found a fact or a voice: words of the catalogue that tell it by themselves, or the model's pick."""

    WORDS = "words"
    MODEL = "model"


class SummaryItem(Shape):
    text: str
    source: Source
    evidence: Annotated[tuple[Evidence, ...], Field(min_length=1)]


class Intent(Shape):
    label: str
    resolved: bool
    evidence: tuple[Evidence, ...] = ()


class Outcome(Shape):
    status: OutcomeStatus
    text: str
    evidence: tuple[Evidence, ...] = ()


class SentimentShift(Shape):
    begin: Sentiment
    end: Sentiment


class CallKind(StrEnum):
    """What kind of call a summary is of; several may hold, so that a record says why it is as short as it is."""

    NORMAL = "normal"
    VERY_SHORT = "very_short"
    SILENT = "silent"
    """The customer says nothing."""
    ABANDONED = "abandoned"
    """Broken off, or ended before anything was dealt with."""
    LONG = "long"
    MULTI_TOPIC = "multi_topic"


class Disposition(Shape):
    """处置码: the bank's own code for what a call was about and how it ended."""

    code: Annotated[str, Field(min_length=1, max_length=32)]
    label: str


class Summary(Shape):
    """通话小结. Sections that the call does not have are empty; `skipped` of the record says what could not be done."""

    situation: tuple[SummaryItem, ...] = ()
    intents: tuple[Intent, ...] = ()
    action: tuple[SummaryItem, ...] = ()
    products: tuple[str, ...] = ()
    commitments: tuple[SummaryItem, ...] = ()
    outcome: Outcome | None = None
    follow_ups: tuple[SummaryItem, ...] = ()
    objections: tuple[SummaryItem, ...] = ()
    sentiment: SentimentShift | None = None
    risk_notes: tuple[SummaryItem, ...] = ()
    kinds: tuple[CallKind, ...] = ()
    """Empty in records made before kinds were told."""
    disposition: Disposition | None = None


class KycFact(Shape):
    """One claim the customer made. Claims are kept over time, never overwritten."""

    field: str
    value: str
    """Normalised: `500000 CNY`, `2027-03`, an enum key; the quoted words where nothing can be normalised."""
    value_text: str
    subject: Subject
    polarity: Polarity
    modality: Modality
    said_at: AwareDatetime
    event_time: str | None = None
    valid_until: str | None = None
    confidence: Annotated[float, Field(ge=0, le=1)]
    certain: bool = True
    """False: to be confirmed. It is shown as that, and counts nowhere as a fact."""
    found_by: FoundBy = FoundBy.MODEL
    evidence: Annotated[tuple[Evidence, ...], Field(min_length=1)]
    supersedes: str | None = None
    conflicts_with: str | None = None


class VocItem(Shape):
    polarity: VocPolarity
    label_l1: str
    label: str
    product_line: str | None = None
    severity: Annotated[int, Field(ge=1, le=4)]
    escalation_risk: bool = False
    confidence: Annotated[float, Field(ge=0, le=1)] | None = None
    """None in records made before it was measured, and of a model's picks."""
    certain: bool = True
    """False: to be confirmed, as of a fact."""
    found_by: FoundBy = FoundBy.MODEL
    evidence: Annotated[tuple[Evidence, ...], Field(min_length=1)]


class SkipReason(StrEnum):
    INSUFFICIENT_CONTENT = "INSUFFICIENT_CONTENT"
    MODEL_UNAVAILABLE = "MODEL_UNAVAILABLE"
    MODEL_OUTPUT_INVALID = "MODEL_OUTPUT_INVALID"
    UNVERIFIED_EVIDENCE = "UNVERIFIED_EVIDENCE"
    UNSUITED_EVIDENCE = "UNSUITED_EVIDENCE"
    """The words are there, but do not carry what they were named for: a customer's 如果 as the bank's promise."""
    NOTHING_FOUND = "NOTHING_FOUND"
    ADDRESSED_TO_A_MACHINE = "ADDRESSED_TO_A_MACHINE"
    """Words of the call that tell whoever analyses it what to write: heard by nobody (aftercall/orders)."""
    WORDED_LIKE_NO_BREACH = "WORDED_LIKE_NO_BREACH"
    """A pattern of a compliance rule found words in a turn that is worded like what agents say all day."""
    NO_NODES_FOR_SCENARIO = "NO_NODES_FOR_SCENARIO"
    """The pack of process nodes does not know this kind of call."""


class Skipped(Shape):
    """An analysis, or a single claim, that is not in the record, and why."""

    analysis: str
    reason: SkipReason
    detail: str = ""


class StepUsage(Shape):
    """What one model call of the bundle cost."""

    step: str
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    seconds: float


class CallRecord(Shape):
    conversation_id: str
    transcript_sha256: str
    release_id: str
    recorded_at: AwareDatetime
    summary: Summary
    kyc: tuple[KycFact, ...] = ()
    voc: tuple[VocItem, ...] = ()
    compliance: tuple[ComplianceHit, ...] = ()
    nodes: tuple[ProcessNode, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    usage: tuple[StepUsage, ...] = ()


def certain_only(record: CallRecord) -> CallRecord:
    """Without the facts and voices that are to be confirmed: what other systems are told."""
    facts = tuple(fact for fact in record.kyc if fact.certain)
    return record.model_copy(update={"kyc": facts, "voc": tuple(voice for voice in record.voc if voice.certain)})
