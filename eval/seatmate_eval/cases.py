"""The suites in eval/suites: load them, and refuse what cannot be right.

Gold is written by hand and checked by code: ids are unique, every quote is an exact substring of its utterance, every
KYC and VOC quote is the customer's, every gold figure stands in the document that the case names, as of the case's day.
Knows nothing of models.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from seatmate.aftercall.node_rules import NodePack
from seatmate.domain.answers import Turn
from seatmate.domain.calls import Conversation, Speaker
from seatmate.domain.figures import find_figures, is_supported
from seatmate.domain.findings import Modality, Polarity, Subject, VocPolarity
from seatmate.domain.knowledge import BANK_ZONE, DocumentVersion
from seatmate.domain.model import Shape


class _Case(Shape):
    id: Annotated[str, Field(pattern=r"^[a-z]+/[\w.\-]+$")]
    slices: tuple[str, ...] = ()
    source: str
    reviewer: str


class AskCase(_Case):
    question: str
    history: tuple[Turn, ...] = ()
    as_of: AwareDatetime
    kind: Literal[
        "lookup",
        "table",
        "procedure",
        "script",
        "as_of",
        "withdrawn",
        "fee_window",
        "refusal",
        "neighbour",
        "multi_turn",
    ]
    figures: tuple[str, ...] = ()
    doc_ids: tuple[str, ...] = ()
    status: Literal["grounded", "abstained"]


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
    severity: Annotated[int, Field(ge=1, le=4)]


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


class CallCase(_Case):
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


class SaidBefore(Shape):
    speaker: Speaker
    text: str


class LineCase(_Case):
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


class NodesCase(_Case):
    conversation_id: str
    part: Part
    nodes: Annotated[tuple[GoldNode, ...], Field(min_length=1)]


def load_asks(path: Path) -> list[AskCase]:
    return [AskCase.model_validate_json(line) for line in _lines(path)]


def load_calls(path: Path) -> list[CallCase]:
    return [CallCase.model_validate_json(line) for line in _lines(path)]


def load_line_cases(path: Path) -> list[LineCase]:
    return [LineCase.model_validate_json(line) for line in _lines(path)]


def load_nodes_cases(path: Path) -> list[NodesCase]:
    return [NodesCase.model_validate_json(line) for line in _lines(path)]


def load_conversations(folder: Path) -> dict[str, Conversation]:
    """The sample calls, by conversation id."""
    found = [Conversation.model_validate_json(path.read_bytes()) for path in sorted(folder.glob("*.json"))]
    return {conversation.conversation_id: conversation for conversation in found}


def faults_of_calls(cases: Iterable[CallCase], conversations: dict[str, Conversation]) -> Iterator[str]:
    """What cannot be right in the gold of finished calls."""
    for case in cases:
        conversation = conversations.get(case.conversation_id)
        if conversation is None:
            yield f"{case.id}: there is no conversation {case.conversation_id}"
            continue
        said = {u.utt_id: u for u in conversation.utterances}
        customer_only = (*case.kyc, *case.voc)
        for gold in (*customer_only, *case.compliance, *case.pii):
            utterance = said.get(gold.utt)
            if utterance is None or gold.quote not in utterance.text:
                yield f"{case.id}: {gold.utt} does not say 「{gold.quote}」"
            elif gold in customer_only and utterance.speaker is not Speaker.CUSTOMER:
                yield f"{case.id}: {gold.utt} is not the customer's"
        named = [trap.utt for trap in case.kyc_traps] + [miss.utt for miss in case.compliance_near_misses]
        named += [utt for point in case.summary_points for utt in point.utts]
        yield from (f"{case.id}: there is no utterance {utt}" for utt in named if utt not in said)


def faults_of_figures(cases: Iterable[AskCase], documents: dict[str, list[DocumentVersion]]) -> Iterator[str]:
    """Gold figures of questions that no named document states on that day."""
    for case in cases:
        texts = [
            version.text
            for doc_id in case.doc_ids
            for version in documents.get(doc_id, [])
            if version.validity.holds_at(case.as_of)
        ]
        if case.doc_ids and not texts:
            yield f"{case.id}: none of {list(case.doc_ids)} is in force at {case.as_of.isoformat()}"
            continue
        stated = [figure for text in texts for figure in find_figures(text)]
        for figure in case.figures:
            wanted = find_figures(figure)
            if not wanted or not all(is_supported(f, stated) for f in wanted):
                yield f"{case.id}: {figure} stands in none of {list(case.doc_ids)}"


def faults_of_call_figures(
    cases: Iterable[CallCase], conversations: dict[str, Conversation], documents: dict[str, list[DocumentVersion]]
) -> Iterator[str]:
    """Figures that an agent quoted from a document, checked against that document on the day of the call."""
    for case in cases:
        conversation = conversations[case.conversation_id]
        said = {u.utt_id: u.text for u in conversation.utterances}
        for gold in case.figures:
            if gold.figure not in said.get(gold.utt, ""):
                yield f"{case.id}: {gold.utt} does not say {gold.figure}"
            day = conversation.started_at
            if gold.as_of is not None:
                day = datetime.combine(gold.as_of, time(12), BANK_ZONE)
            versions = [v for v in documents.get(gold.doc_id, []) if v.validity.holds_at(day)]
            stated = [figure for v in versions for figure in find_figures(v.text)]
            wanted = find_figures(gold.figure)
            if not wanted or not all(is_supported(f, stated) for f in wanted):
                yield f"{case.id}: {gold.figure} does not stand in {gold.doc_id} on {day.date()}"


def faults_of_nodes(
    cases: Iterable[NodesCase], conversations: dict[str, Conversation], pack: NodePack
) -> Iterator[str]:
    """Gold nodes that are not those of the scenario, or that contradict themselves."""
    for case in cases:
        conversation = conversations.get(case.conversation_id)
        if conversation is None:
            yield f"{case.id}: there is no conversation {case.conversation_id}"
            continue
        scenario = pack.scenarios.get(conversation.scenario)
        if scenario is None:
            yield f"{case.id}: {conversation.scenario} has no nodes"
            continue
        if [gold.node_id for gold in case.nodes] != [node.id for node in scenario.nodes]:
            yield f"{case.id}: its nodes are not those of {conversation.scenario}, in their order"
        for gold in case.nodes:
            if (gold.met and not gold.attempted) or (gold.attempted and not gold.eligible):
                yield f"{case.id}: {gold.node_id} is met without an attempt, or attempted without being owed"


def repeated_ids(cases: Iterable[_Case]) -> Iterator[str]:
    seen: set[str] = set()
    for case in cases:
        if case.id in seen:
            yield f"{case.id}: this id occurs twice"
        seen.add(case.id)


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
