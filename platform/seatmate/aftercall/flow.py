"""A finished call, from its transcript to its record.

    redact and number → summary → KYC and VOC → rules → process nodes → record

A call that is too long for the model is read in parts, and what was found is put together. All model tasks of a part
share one prefix, so the summary goes first and leaves the transcript prefilled for the other two. What the model said
is kept step by step: a job that starts again repeats nothing. ModelUnavailable and Overloaded rise to the job, which
comes back; rules and process nodes need no model.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from seatmate.aftercall.checks import Said
from seatmate.aftercall.extract import Extracted, extract_kyc, extract_voc, joined
from seatmate.aftercall.fields import Catalogue
from seatmate.aftercall.node_rules import NodePack
from seatmate.aftercall.nodes import find_nodes
from seatmate.aftercall.summary import Summarised, joined_summaries, summarise
from seatmate.aftercall.task import Tasks
from seatmate.aftercall.transcript import number_transcript, parts_of
from seatmate.compliance.match import find_hits
from seatmate.compliance.rules import RulePack
from seatmate.compliance.shelf import EMPTY, Shelf, shelf_of
from seatmate.domain.call_ports import CallLedger, Vault
from seatmate.domain.calls import Conversation, Speaker
from seatmate.domain.findings import CallRecord, KycFact, Skipped, SkipReason, Summary, VocItem
from seatmate.domain.knowledge import Product
from seatmate.domain.ports import ChatModel, KnowledgeLedger
from seatmate.domain.redaction import mask_conversation
from seatmate.domain.words import informative
from seatmate.prompts import Prompts

_LEAST_SAID = 4
"""Pieces of meaning that a customer must have said before there is anything to analyse."""


@dataclass(frozen=True)
class _Analysed:
    summary: Summarised
    kyc: Extracted[KycFact]
    voc: Extracted[VocItem]


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
        vault: Vault | None = None,
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
        self._vault = vault
        self._max_tokens = max_tokens
        self._part_chars = part_chars
        self._now = now

    async def close_call(self, conversation: Conversation) -> CallRecord:
        """The record of a stored conversation. Saves its steps, not the record."""
        said = await self._prepare(conversation)
        analysed = await self._analyse_parts(said) if _has_content(conversation) else _nothing_to_analyse()
        hits = find_hits(self._rules, conversation, await self._shelf(conversation))
        executed = find_nodes(self._nodes, conversation)
        return CallRecord(
            conversation_id=conversation.conversation_id,
            transcript_sha256=conversation.transcript_sha256,
            release_id=self.release_id,
            recorded_at=self._now(),
            summary=analysed.summary.summary,
            kyc=analysed.kyc.found,
            voc=analysed.voc.found,
            compliance=tuple(hits),
            nodes=executed.nodes,
            skipped=(*analysed.summary.skipped, *analysed.kyc.skipped, *analysed.voc.skipped, *executed.skipped),
            usage=(*analysed.summary.usage, *analysed.kyc.usage, *analysed.voc.usage),
        )

    async def _prepare(self, conversation: Conversation) -> Said:
        """The model reads redacted text; evidence is copied from the conversation as stored."""
        masked = await asyncio.to_thread(mask_conversation, conversation)
        if self._vault is not None:
            await self._vault.keep(masked.conversation, masked.values)
        return Said(conversation, number_transcript(masked.conversation))

    async def _shelf(self, conversation: Conversation) -> Shelf:
        """What is sold by what name, and how risky it is, at the time of the call."""
        snapshot = await self._knowledge.live_snapshot()
        if snapshot is None:
            return EMPTY
        products, facts = await self._knowledge.products_at(snapshot), await self._knowledge.facts_at(snapshot)
        return shelf_of(products, facts, conversation.started_at)

    async def _analyse_parts(self, said: Said) -> _Analysed:
        parts = parts_of(said.transcript, self._part_chars)
        return _together([await self._analyse(Said(said.conversation, p), n) for n, p in enumerate(parts, start=1)])

    async def _analyse(self, said: Said, part: int) -> _Analysed:
        tasks = Tasks(
            prompts=self._prompts,
            model=self._model,
            calls=self._calls,
            conversation_id=said.conversation.conversation_id,
            release_id=self.release_id,
            max_tokens=self._max_tokens,
            part=part,
        )
        summary = await summarise(said, tasks, await self._products())
        kyc, voc = await asyncio.gather(
            extract_kyc(said, tasks, self._catalogue), extract_voc(said, tasks, self._catalogue)
        )
        return _Analysed(summary, kyc, voc)

    async def _products(self) -> Sequence[Product]:
        snapshot = await self._knowledge.live_snapshot()
        return () if snapshot is None else await self._knowledge.products_at(snapshot)


def _has_content(conversation: Conversation) -> bool:
    said = " ".join(u.text for u in conversation.utterances if u.speaker is Speaker.CUSTOMER)
    return len(informative(said)) >= _LEAST_SAID


def _together(parts: Sequence[_Analysed]) -> _Analysed:
    """The parts of a call as one: in order, and what the whole call has once is taken from where it belongs."""
    return _Analysed(
        joined_summaries([part.summary for part in parts]),
        joined([part.kyc for part in parts]),
        joined([part.voc for part in parts]),
    )


def _nothing_to_analyse() -> _Analysed:
    detail = "the customer said next to nothing"
    summary, kyc, voc = (
        Skipped(analysis=analysis, reason=SkipReason.INSUFFICIENT_CONTENT, detail=detail)
        for analysis in ("summary", "kyc", "voc")
    )
    return _Analysed(Summarised(Summary(), (summary,), ()), Extracted((), (kyc,), ()), Extracted((), (voc,), ()))
