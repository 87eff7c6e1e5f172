"""One case through the flow that it is about: what came back, as the flow's own JSON, and whether the model answered.

Judges nothing. The shapes are in outputs.py.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from seatmate.aftercall.nodes import find_nodes
from seatmate.compliance.match import find_hits
from seatmate.domain.answers import Answer, AnswerStatus, Question, Turn
from seatmate.domain.calls import Channel, Conversation, Direction, Speaker, Utterance
from seatmate.domain.errors import ModelUnavailable, NotFound, Overloaded
from seatmate.domain.findings import CallRecord
from seatmate.domain.knowledge import BANK_ZONE, DocumentVersion, Validity
from seatmate.domain.lint import LintKind
from seatmate.domain.model import Shape
from seatmate.domain.ports import ChatDelta, ChatModel, ChatReply, ChatRequest, Visible
from seatmate.domain.redaction import drop_secrets, mask_conversation
from seatmate.ingest.lint import ToLint, lint
from seatmate.ingest.read import read
from seatmate.ingest.split import split
from seatmate.testing.calls import MemoryCalls
from seatmate_eval.cases import (
    AskCase,
    CallCase,
    Case,
    InjectionCase,
    LineCase,
    NodesCase,
    PermissionCase,
    RedactionCase,
    RetrievalCase,
    SaidBefore,
)
from seatmate_eval.outputs import (
    INJECTED,
    LINE,
    PASSAGES,
    Executed,
    Fired,
    Found,
    FoundPassage,
    Hidden,
    MaskedTalk,
    MaskedUtterance,
    Permitted,
    Read,
    TwoRecords,
)
from seatmate_eval.world import World

_A_DAY = datetime(2026, 11, 1, tzinfo=BANK_ZONE)


class Contact(StrEnum):
    """Did the model server have a part in it?"""

    NONE = "none"
    ANSWERED = "answered"
    AWAY = "away"
    """It was asked and did not answer: what came back says nothing of the release."""


@dataclass(frozen=True)
class Driven:
    contact: Contact
    output: dict[str, Any] | None
    error: str = ""


async def drive(case: Case, world: World, conversations: Mapping[str, Conversation]) -> Driven:
    """Run the case. Errors of the model server are told, others rise."""
    try:
        output = await _output(case, world, conversations)
    except (ModelUnavailable, Overloaded) as error:
        return Driven(Contact.AWAY, None, f"{error.code}: {error.detail}")
    return Driven(_contact(output, world), output.model_dump(mode="json"))


async def _output(case: Case, world: World, conversations: Mapping[str, Conversation]) -> Shape:
    match case:
        case AskCase():
            return await _answer(world, case.question, case.as_of, case.scopes, case.history)
        case RetrievalCase():
            return Found(passages=await _search(world, case.query, case.as_of, case.scopes))
        case PermissionCase():
            answer = await _answer(world, case.question, case.as_of, case.scopes)
            return Permitted(answer=answer, passages=await _search(world, case.question, case.as_of, case.scopes))
        case InjectionCase():
            return await _injected(case, world, conversations)
        case RedactionCase():
            return _masked(talk(case.talk))
        case CallCase():
            return await _record(world, _call(conversations, case.conversation_id), world.model.calls)
        case NodesCase():
            found = find_nodes(world.nodes, drop_secrets(_call(conversations, case.conversation_id)))
            return Executed(nodes=found.nodes, skipped=found.skipped)
        case LineCase():
            line = Utterance(utt_id=LINE, speaker=_speaker(world, case.rule), text=case.text)
            return Fired(hits=tuple(find_hits(world.rules, talk(case.before, line))))
    raise NotFound(f"nothing drives a {type(case).__name__}")


def _contact(output: Shape, world: World) -> Contact:
    if world.model.health is None:
        return Contact.NONE
    answers = [answer for answer in _parts(output) if isinstance(answer, Answer)]
    records = [record for record in _parts(output) if isinstance(record, CallRecord)]
    if any(answer.status is AnswerStatus.DEGRADED for answer in answers):
        return Contact.AWAY
    asked = any(answer.prompt_tokens for answer in answers) or any(record.usage for record in records)
    return Contact.ANSWERED if asked else Contact.NONE


def _parts(output: Shape) -> list[Shape]:
    match output:
        case Permitted():
            return [output.answer]
        case TwoRecords():
            return [output.without, output.with_line]
    return [output]


async def _answer(
    world: World, question: str, as_of: datetime, scopes: tuple[str, ...], history: tuple[Turn, ...] = ()
) -> Answer:
    return await world.ask.whole_answer(Question(question=question, history=history, as_of=as_of), scopes)


async def _search(world: World, query: str, as_of: datetime, scopes: tuple[str, ...]) -> tuple[FoundPassage, ...]:
    snapshot = await world.knowledge.live_snapshot()
    if snapshot is None:
        return ()
    withheld = await world.knowledge.withheld(snapshot)
    found = await world.ask.search(query, Visible(snapshot, as_of, scopes, withheld=withheld), PASSAGES)
    return tuple(
        FoundPassage(
            doc_id=ranked.passage.doc_id,
            version=ranked.passage.version,
            title=ranked.passage.title,
            start=ranked.passage.start,
            end=ranked.passage.end,
            text=ranked.passage.text,
            score=ranked.score,
            relevance=ranked.relevance,
            valid_from=ranked.passage.validity.first_day,
            valid_to=ranked.passage.validity.last_day,
        )
        for ranked in found
    )


async def _record(world: World, call: Conversation, model: ChatModel) -> CallRecord:
    """As the worker makes it of what the API stores: without secrets, with steps of its own."""
    stored, calls = drop_secrets(call), MemoryCalls()
    await calls.receive(stored)
    return await world.aftercall(model, calls).close_call(stored)


async def _injected(case: InjectionCase, world: World, conversations: Mapping[str, Conversation]) -> Shape:
    as_of = case.as_of or _A_DAY
    match case.where:
        case "question":
            return await _answer(world, case.text, as_of, ("retail",))
        case "history":
            return await _answer(world, case.question, as_of, ("retail",), (Turn(role="user", content=case.text),))
        case "document":
            return _read(case.text)
        case "call":
            call = _call(conversations, case.conversation_id)
            model = _EqualReplies(world.model.calls)
            without = await _record(world, call, model)
            return TwoRecords(without=without, with_line=await _record(world, _with_line(call, case), model))


def _with_line(call: Conversation, case: InjectionCase) -> Conversation:
    said: list[Utterance] = []
    for utterance in call.utterances:
        said.append(utterance)
        if utterance.utt_id == case.after:
            said.append(Utterance(utt_id=INJECTED, speaker=case.speaker, text=case.text))
    return call.model_copy(update={"utterances": tuple(said)})


class _EqualReplies:
    """Asks the model once for each request: two records of one call differ by the line, not by the model's mood."""

    def __init__(self, model: ChatModel) -> None:
        self._model = model
        self._replies: dict[str, ChatReply] = {}

    @property
    def name(self) -> str:
        return self._model.name

    async def complete(self, request: ChatRequest) -> ChatReply:
        asked = repr(request)
        if asked not in self._replies:
            self._replies[asked] = await self._model.complete(request)
        return self._replies[asked]

    def stream(self, request: ChatRequest) -> AsyncIterator[ChatDelta]:
        return self._model.stream(request)


_ORDINARY = "# 网点服务说明\n\n营业网点周一至周五9:00至17:00办理对公和个人业务，周末只办理个人业务。\n\n"


def _read(text: str) -> Read:
    """What lint says of a text that stands under a heading of its own in an ordinary document."""
    content = read(
        f"{_ORDINARY}## 补充说明\n\n{text}\n\n## 联系方式\n\n如有疑问，请致电客服热线。\n".encode(), "notice.md"
    )
    document = DocumentVersion(
        doc_id="notice",
        version=DocumentVersion.version_of(content.text),
        path="notice.md",
        title="网点服务说明",
        doc_type="公告",
        product_codes=(),
        scope=("retail",),
        validity=Validity(_A_DAY, None),
        published_at=_A_DAY,
        supersedes=None,
        text=content.text,
    )
    passages = split(document, content.blocks)
    linted = lint(ToLint([document], passages), date(2026, 11, 2))
    return Read(
        passages=tuple(p.text for p in passages if p not in linted.quarantined),
        withheld=tuple(p.text for p in linted.quarantined),
        findings=tuple(finding for finding in linted.findings if finding.kind is LintKind.INJECTION),
    )


def _masked(conversation: Conversation) -> MaskedTalk:
    masked = mask_conversation(conversation)
    together = list(zip(masked.conversation.utterances, masked.utterances, strict=True))
    return MaskedTalk(
        utterances=tuple(MaskedUtterance(utt_id=u.utt_id, speaker=u.speaker, text=u.text) for u, _ in together),
        hidden=tuple(
            Hidden(utt_id=u.utt_id, start=span.start, end=span.end, kind=span.kind.value, token=token)
            for u, redacted in together
            for span, token in zip(redacted.spans, redacted.tokens, strict=True)
        ),
    )


def talk(said: Iterable[SaidBefore], *more: Utterance) -> Conversation:
    """Some lines as a conversation of nobody in particular; their ids are u1, u2…"""
    utterances = [Utterance(utt_id=f"u{n}", speaker=one.speaker, text=one.text) for n, one in enumerate(said, start=1)]
    return Conversation(
        conversation_id="talk",
        channel=Channel.PHONE,
        direction=Direction.INBOUND,
        scenario="talk",
        started_at=_A_DAY,
        agent_id="agent",
        customer_id="customer",
        utterances=(*utterances, *more),
    )


def _speaker(world: World, rule_id: str) -> Speaker:
    for rule in world.rules.rules:
        if rule.id == rule_id:
            return rule.speaker
    raise NotFound(f"the pack has no rule {rule_id}")


def _call(conversations: Mapping[str, Conversation], conversation_id: str) -> Conversation:
    try:
        return conversations[conversation_id]
    except KeyError:
        raise NotFound(f"there is no conversation {conversation_id}") from None
