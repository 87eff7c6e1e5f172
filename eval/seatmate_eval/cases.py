"""The shapes of the cases in eval/suites, and how a file of them is read. What cannot be right in them: faults.py.

One JSON object a line, one file a suite. A case's id is `suite/name` and never changes its meaning: results of old runs
are compared by it.
"""

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import AwareDatetime, Field

from seatmate.domain.answers import Turn
from seatmate.domain.calls import Conversation, Speaker
from seatmate.domain.findings import Modality, Polarity, Subject, VocPolarity
from seatmate.domain.model import Shape


class Case(Shape):
    id: Annotated[str, Field(pattern=r"^[a-z]+/[\w.\-]+$")]
    slices: tuple[str, ...] = ()
    source: str
    reviewer: str


class SaidBefore(Shape):
    speaker: Speaker
    text: str


AskKind = Literal[
    "lookup",
    "table",
    "compare",
    "procedure",
    "script",
    "multi_document",
    "multi_turn",
    "as_of",
    "boundary",
    "withdrawn",
    "fee_window",
    "refusal",
    "neighbour",
]


class AskCase(Case):
    """A question to the whole flow. Its traps are what a wrong answer would say: last week's rate, the sister's fee."""

    question: str
    history: tuple[Turn, ...] = ()
    as_of: AwareDatetime
    scopes: tuple[str, ...] = ("retail",)
    kind: AskKind
    figures: tuple[str, ...] = ()
    """Each must be in the answer, in any spelling: 1.40% and 百分之一点四 are one."""
    points: tuple[str, ...] = ()
    """What an answer in words must say; spellings of one point are separated by `|`."""
    doc_ids: tuple[str, ...] = ()
    trap_figures: tuple[str, ...] = ()
    """None may be in the answer: another day's, another product's."""
    trap_doc_ids: tuple[str, ...] = ()
    """None may be cited."""
    status: Literal["grounded", "abstained"]


class GoldPassage(Shape):
    doc_id: str
    quote: str
    """Exact words of the document in force. A passage that holds half of them or more counts as found."""


class RetrievalCase(Case):
    """A search, and the places that an expert would open. All of them are in force at `as_of`."""

    query: str
    as_of: AwareDatetime
    scopes: tuple[str, ...] = ("retail",)
    passages: Annotated[tuple[GoldPassage, ...], Field(min_length=1)]
    stale_doc_ids: tuple[str, ...] = ()
    """Documents about the same that are not in force at `as_of`: none may be found."""


class PermissionCase(Case):
    """A question by somebody who may not read what would answer it. Nothing of it may be told, not even its title."""

    question: str
    as_of: AwareDatetime
    scopes: tuple[str, ...]
    forbidden_doc_ids: Annotated[tuple[str, ...], Field(min_length=1)]
    forbidden: tuple[str, ...] = ()
    """Words and figures that stand in those documents alone."""


class InjectionCase(Case):
    """Words to the machine, where they may come in."""

    where: Literal["question", "history", "document", "call"]
    text: str
    question: str = ""
    """For `history`: what is asked after it."""
    as_of: AwareDatetime | None = None
    must_not_say: tuple[str, ...] = ()
    """For `question` and `history`: what only an obeying answer says."""
    attack: bool = True
    """For `document`: False is an honest passage, which must be read."""
    conversation_id: str = ""
    speaker: Speaker = Speaker.CUSTOMER
    after: str = ""
    """For `call`: the utterance after which it is said. The record must be what it is without it."""


class GoldMask(Shape):
    kind: Literal["ID", "CARD", "PHONE", "ACCOUNT", "NAME", "ADDRESS", "SECRET"]
    quote: str


class RedactionCase(Case):
    """A talk with personal data in it, and numbers that are none."""

    talk: Annotated[tuple[SaidBefore, ...], Field(min_length=1)]
    hidden: tuple[GoldMask, ...] = ()
    kept: tuple[str, ...] = ()
    """Amounts, rates, dates, product codes, public numbers: must be readable afterwards."""


class GoldQuote(Shape):
    utt: str
    quote: str


class GoldPoint(Shape):
    section: str
    point: str
    keywords: tuple[str, ...] = ()
    utts: tuple[str, ...] = ()


class GoldIntent(Shape):
    label: str


class GoldKyc(GoldQuote):
    field: str
    value: str = ""
    subject: Subject
    polarity: Polarity
    modality: Modality


class GoldTrap(Shape):
    utt: str
    why: str


class GoldVoc(GoldQuote):
    polarity: VocPolarity
    label_l1: str
    severity: Annotated[int, Field(ge=1, le=4)] | None = None
    """None where only the second reader marked it, who gave none."""


class GoldHit(GoldQuote):
    rule: str


class GoldNearMiss(Shape):
    rule: str
    utt: str


class GoldFigure(Shape):
    utt: str
    figure: str
    doc_id: str
    as_of: date | None = None
    """The day that the agent speaks of, when it is not the day of the call: 「从80元调到60元」."""


class GoldIdentifier(GoldQuote):
    kind: str


class CallCase(Case):
    conversation_id: str
    summary_points: tuple[GoldPoint, ...] = ()
    intents: tuple[GoldIntent, ...] = ()
    kyc: tuple[GoldKyc, ...] = ()
    kyc_traps: tuple[GoldTrap, ...] = ()
    voc: tuple[GoldVoc, ...] = ()
    compliance: tuple[GoldHit, ...] = ()
    compliance_near_misses: tuple[GoldNearMiss, ...] = ()
    figures: tuple[GoldFigure, ...] = ()
    pii: tuple[GoldIdentifier, ...] = ()


class LineCase(Case):
    """One line by the speaker of a rule, for the rule or a near miss of it, with what was said before."""

    rule: str
    breach: bool
    before: tuple[SaidBefore, ...] = ()
    text: str


class Part(StrEnum):
    """What a case of the nodes may be used for. Only the figures of UNREAD are a stranger's."""

    DEVELOPMENT = "development"
    """The cues were written and mended on it."""
    COUNTING = "counting"
    """Read for its gold before the cues were written; nothing was mended on it."""
    READ = "read"
    """As COUNTING, with the gold written after the cues."""
    UNREAD = "unread"
    """Not read by the writer of the cues until they were fixed; gold before the first count, nothing mended since."""
    MENDED = "mended"
    """UNREAD or READ once; what the first count found there was mended, so that it is development now."""


class GoldNode(Shape):
    node_id: str
    eligible: bool
    attempted: bool
    met: bool


class NodesCase(Case):
    conversation_id: str
    part: Part
    nodes: Annotated[tuple[GoldNode, ...], Field(min_length=1)]


_CaseT = TypeVar("_CaseT", bound=Case)


def load_cases(path: Path, shape: type[_CaseT]) -> list[_CaseT]:
    """A suite's cases, in their order. ValidationError for a line that is none."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return [shape.model_validate_json(line) for line in lines if line.strip()]


def load_conversations(folder: Path) -> dict[str, Conversation]:
    """The sample calls, by conversation id."""
    found = [Conversation.model_validate_json(path.read_bytes()) for path in sorted(folder.glob("*.json"))]
    return {conversation.conversation_id: conversation for conversation in found}
