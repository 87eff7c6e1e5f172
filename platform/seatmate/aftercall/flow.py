"""A finished call, from its transcript to its record.

    without words to machines, redacted, numbered → rules → summary → KYC and VOC → process nodes → record

Rules, process nodes, the outline of the summary and what customers tell in clear words need no model; where the
settings let it, the model writes summary sentences and adds facts, voices and tips. A call that is too long for the
model is read in parts, and what was found is put together. All model tasks of a part share one prefix, which the engine
reads once, and the summary is written beside the others. What the model said is kept step by step: a job that starts
again repeats nothing. ModelUnavailable and Overloaded rise to the job, which comes back.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from seatmate.aftercall.checks import Said
from seatmate.aftercall.disposition import Dispositions
from seatmate.aftercall.extract import Extracted, extract_kyc, extract_voc, joined, with_told
from seatmate.aftercall.fields import Catalogue
from seatmate.aftercall.node_rules import NodePack
from seatmate.aftercall.nodes import find_nodes
from seatmate.aftercall.orders import Heard, of_the_stored, without_orders
from seatmate.aftercall.outline import Outline
from seatmate.aftercall.outline_rules import OutlineRules
from seatmate.aftercall.second_reader import read_again
from seatmate.aftercall.summary import Summarised, joined_summaries, nothing_said, summarise, unwritten
from seatmate.aftercall.task import Tasks
from seatmate.aftercall.told import tell_facts, tell_voices
from seatmate.aftercall.transcript import number_transcript, parts_of
from seatmate.compliance.match import examine
from seatmate.compliance.rules import RulePack
from seatmate.compliance.shelf import EMPTY, Shelf, shelf_of
from seatmate.domain.call_ports import CallLedger, Vault
from seatmate.domain.calls import Conversation, Speaker
from seatmate.domain.compliance import ComplianceHit
from seatmate.domain.findings import CallRecord, KycFact, Skipped, SkipReason, VocItem
from seatmate.domain.knowledge import Product
from seatmate.domain.ports import ChatModel, KnowledgeLedger
from seatmate.domain.redaction import mask_conversation
from seatmate.domain.words import informative
from seatmate.prompts import Prompts

_LEAST_SAID = 4
"""Pieces of meaning that a customer must have said before there is anything to analyse."""


Addition = Literal["summary", "quotes", "kyc", "voc", "compliance"]
"""What a model may add to; without it words and rules alone tell it. `quotes`: a summary of sentences that the model
chooses and does not write."""


@dataclass(frozen=True)
class _Call:
    """One call at work: what was said, what the rules hold against it, what the bank sold on its day."""

    said: Said
    hits: Sequence[ComplianceHit]
    products: Sequence[Product]
    outline: Outline
    facts: Sequence[KycFact]
    """What words told, and so do `voices`."""
    voices: Sequence[VocItem]


@dataclass(frozen=True)
class _Analysed:
    summary: Summarised
    kyc: Extracted[KycFact]
    voc: Extracted[VocItem]
    tips: Extracted[ComplianceHit]


class Aftercall:
    """The flow with its parts; one instance serves all calls."""

    def __init__(
        self,
        *,
        prompts: Prompts,
        model: ChatModel,
        calls: CallLedger,
        knowledge: KnowledgeLedger,
        catalogue: Catalogue,
        rules: RulePack,
        nodes: NodePack,
        outline: OutlineRules,
        dispositions: Dispositions,
        vault: Vault | None = None,
        model_adds: Set[Addition] = frozenset(),
        release_id: str,
        max_tokens: int,
        part_chars: int,
        now: Callable[[], datetime],
    ) -> None:
        self.release_id = release_id
        self._prompts = prompts
        self._model = model
        self._calls = calls
        self._knowledge = knowledge
        self._catalogue = catalogue
        self._rules = rules
        self._nodes = nodes
        self._outline = outline
        self._dispositions = dispositions
        self._vault = vault
        self._model_adds = model_adds
        self._max_tokens = max_tokens
        self._part_chars = part_chars
        self._now = now

    async def close_call(self, conversation: Conversation) -> CallRecord:
        """The record of a stored conversation. Saves its steps, not the record."""
        heard = await asyncio.to_thread(without_orders, conversation)
        record = await self._record(conversation, heard)
        return of_the_stored(record, heard, conversation) if heard.orders else record

    async def _record(self, stored: Conversation, heard: Heard) -> CallRecord:
        conversation = heard.conversation
        said = await self._prepare(stored, heard)
        products, shelf = await self._sold(conversation.started_at)
        examined = examine(self._rules, conversation, shelf)
        outline = Outline.of(conversation, self._outline, [name for p in products for name in (p.name, *p.aliases)])
        facts = tell_facts(conversation, self._catalogue)
        voices = tell_voices(conversation, self._catalogue)
        call = _Call(said, examined.hits, products, outline, facts, voices)
        analysed = await self._analyse_parts(call) if _has_content(conversation) else _nothing_to_analyse(outline)
        kyc = with_told(facts, analysed.kyc, "kyc")
        voc = with_told(voices, analysed.voc, "voc")
        summary = analysed.summary.summary
        executed = find_nodes(self._nodes, conversation)
        return CallRecord(
            conversation_id=stored.conversation_id,
            transcript_sha256=stored.transcript_sha256,
            release_id=self.release_id,
            recorded_at=self._now(),
            summary=summary.model_copy(update={"disposition": self._dispositions.of(summary)}),
            kyc=kyc.found,
            voc=voc.found,
            compliance=(*examined.hits, *analysed.tips.found),
            nodes=executed.nodes,
            skipped=(
                *analysed.summary.skipped,
                *kyc.skipped,
                *voc.skipped,
                *analysed.tips.skipped,
                *executed.skipped,
                *_left_out(heard),
                *_doubted(examined.doubted),
            ),
            usage=(*analysed.summary.usage, *kyc.usage, *voc.usage, *analysed.tips.usage),
        )

    async def _prepare(self, stored: Conversation, heard: Heard) -> Said:
        """The model reads redacted text; evidence is copied from what was heard."""
        masked = await asyncio.to_thread(mask_conversation, stored)
        if self._vault is not None:
            await self._vault.keep(masked.conversation, masked.values)
        shown = await asyncio.to_thread(without_orders, masked.conversation)
        return Said(heard.conversation, number_transcript(shown.conversation))

    async def _sold(self, at: datetime) -> tuple[Sequence[Product], Shelf]:
        """What is sold by what name, and how risky it is, at the time of the call."""
        snapshot = await self._knowledge.live_snapshot()
        if snapshot is None:
            return (), EMPTY
        products, facts = await self._knowledge.products_at(snapshot), await self._knowledge.facts_at(snapshot)
        return products, shelf_of(products, facts, at)

    async def _analyse_parts(self, call: _Call) -> _Analysed:
        parts = parts_of(call.said.transcript, self._part_chars)
        return _together(
            [
                await self._analyse(replace(call, said=Said(call.said.conversation, part)), number)
                for number, part in enumerate(parts, start=1)
            ],
            call.outline,
        )

    async def _analyse(self, call: _Call, part: int) -> _Analysed:
        said = call.said
        tasks = Tasks(
            prompts=self._prompts,
            model=self._model,
            calls=self._calls,
            conversation_id=said.conversation.conversation_id,
            release_id=self.release_id,
            max_tokens=self._max_tokens,
            part=part,
        )
        summary, (voc, kyc, tips) = await asyncio.gather(self._summarise(call, tasks), self._find(call, tasks))
        return _Analysed(summary, kyc, voc, tips)

    async def _summarise(self, call: _Call, tasks: Tasks) -> Summarised:
        task = next((name for name in ("summary", "quotes") if name in self._model_adds), None)
        if task is None:
            return unwritten(call.said, call.products)
        return await summarise(call.said, tasks, task, call.products, call.outline)

    async def _find(
        self, call: _Call, tasks: Tasks
    ) -> tuple[Extracted[VocItem], Extracted[KycFact], Extracted[ComplianceHit]]:
        """One after another: together they write less than the summary beside them, and an engine on a CPU guesses
        ahead for two requests at a time, not for more."""
        said, adds = call.said, self._model_adds
        return (
            await extract_voc(said, tasks, self._catalogue, call.voices) if "voc" in adds else _not_asked(),
            await extract_kyc(said, tasks, self._catalogue, call.facts) if "kyc" in adds else _not_asked(),
            await read_again(said, tasks, self._rules, call.hits) if "compliance" in adds else _not_asked(),
        )


def _left_out(heard: Heard) -> tuple[Skipped, ...]:
    if not heard.orders:
        return ()
    where = ", ".join(heard.orders)
    return (Skipped(analysis="transcript", reason=SkipReason.ADDRESSED_TO_A_MACHINE, detail=f"words in {where}"[:200]),)


def _doubted(finds: Sequence[ComplianceHit]) -> Iterator[Skipped]:
    for one in finds:
        detail = f"a pattern's find in {one.evidence[-1].utt_id}"
        yield Skipped(analysis=f"compliance.{one.rule}", reason=SkipReason.WORDED_LIKE_NO_BREACH, detail=detail)


def _has_content(conversation: Conversation) -> bool:
    said = " ".join(u.text for u in conversation.utterances if u.speaker is Speaker.CUSTOMER)
    return len(informative(said)) >= _LEAST_SAID


def _together(parts: Sequence[_Analysed], outline: Outline) -> _Analysed:
    """The parts of a call as one: in order, and what the whole call has once is taken from where it belongs."""
    return _Analysed(
        joined_summaries([part.summary for part in parts], outline),
        joined([part.kyc for part in parts]),
        joined([part.voc for part in parts]),
        joined([part.tips for part in parts]),
    )


def _not_asked() -> Extracted[Any]:
    return Extracted((), (), ())


def _nothing_to_analyse(outline: Outline) -> _Analysed:
    detail = "the customer said next to nothing"
    summary, kyc, voc = (
        Skipped(analysis=analysis, reason=SkipReason.INSUFFICIENT_CONTENT, detail=detail)
        for analysis in ("summary", "kyc", "voc")
    )
    return _Analysed(
        nothing_said(outline, summary),
        Extracted((), (kyc,), ()),
        Extracted((), (voc,), ()),
        Extracted((), (), ()),
    )
