"""Calls and their records to drafts: the served prompt over the masked call, and what people let stand as its answer.

    recorded calls → in question? → masked as served → summary (corrected), KYC, VOC → drafts

The prompt is made by the platform's own code and prompts/, so an example cannot differ from what is served. Knows no SQL.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from seatmate.aftercall.candidates import kyc_candidates, untold_facts, untold_voices, voc_candidates
from seatmate.aftercall.fields import Catalogue
from seatmate.aftercall.orders import without_orders
from seatmate.aftercall.picks import written_fact, written_voice
from seatmate.aftercall.told import tell_facts, tell_voices
from seatmate.aftercall.transcript import (
    Candidate,
    NumberedTranscript,
    candidates_text,
    number_transcript,
    parts_of,
    task_request,
)
from seatmate.domain.call_ports import CallLedger, Reviews
from seatmate.domain.calls import Conversation
from seatmate.domain.compliance import Severity
from seatmate.domain.corrections import KeptCorrection
from seatmate.domain.findings import CallRecord, FoundBy, KycFact, VocItem
from seatmate.domain.fits import misfit
from seatmate.domain.redaction import mask_conversation
from seatmate.domain.reviews import Review, ReviewState
from seatmate.domain.timeline import CustomerCall
from seatmate.prompts import Prompts
from seatmate_tune.build_recipe import BuildRecipe
from seatmate_tune.draft import Draft, Gathered, LeftOut, Origin, Reason, Source
from seatmate_tune.example import answered
from seatmate_tune.summary_target import Numbers, Ungrounded, summary_target
from seatmate_tune.target import compact

_GRAVE = (Severity.MAJOR, Severity.TAKEOVER)
_UNDECIDED = (ReviewState.OPEN, ReviewState.APPEALED)


@dataclass(frozen=True)
class Kit:
    """What every call is rendered with."""

    recipe: BuildRecipe
    prompts: Prompts
    catalogue: Catalogue


@dataclass(frozen=True)
class _Read:
    """A call as the model is served it."""

    origin: Origin
    conversation: Conversation
    parts: Sequence[NumberedTranscript]


async def gather_records(calls: CallLedger, reviews: Reviews, kit: Kit) -> Gathered:
    """Drafts of the ledger's calls in the recipe's time, oldest first."""
    drafts: list[Draft] = []
    left_out: list[LeftOut] = []
    for call in await calls.calls_between(kit.recipe.begin, kit.recipe.end):
        key = call.conversation.conversation_id
        corrections = await calls.corrections(key)
        if barred := _barred(call, corrections, await reviews.of_call(key), kit.recipe):
            left_out.append(LeftOut(f"call:{key}", "", barred))
            continue
        sources = kit.recipe.sources
        told = replace(call, record=_told_by_words(call.record)) if Source.WORDS in sources else None
        found = (
            _summary(call, corrections, Source.CORRECTED, kit) if Source.CORRECTED in sources else Gathered((), ()),
            _findings(told, Source.WORDS, kit) if told else Gathered((), ()),
        )
        drafts += [draft for part in found for draft in part.drafts]
        left_out += [out for part in found for out in part.left_out]
    return Gathered(tuple(drafts), tuple(left_out))


def gather_gold(calls: Sequence[CustomerCall], kit: Kit, with_summary: bool) -> Gathered:
    """Drafts of records that a person wrote; nobody needs to approve them."""
    found = [_findings(call, Source.GOLD, kit) for call in calls]
    if with_summary:
        found += [_summary(call, (), Source.GOLD, kit) for call in calls]
    return Gathered(tuple(d for part in found for d in part.drafts), tuple(o for part in found for o in part.left_out))


def _barred(
    call: CustomerCall, corrections: Sequence[KeptCorrection], reviews: Sequence[Review], recipe: BuildRecipe
) -> Reason | None:
    conversation = call.conversation
    if conversation.conversation_id in recipe.without_calls or conversation.customer_id in recipe.without_customers:
        return Reason.EXCLUDED
    if not any(correction.release_id == call.record.release_id for correction in corrections):
        return Reason.NOT_APPROVED
    if any(review.severity in _GRAVE and review.state in _UNDECIDED for review in reviews):
        return Reason.UNDER_REVIEW
    return None


def _told_by_words(record: CallRecord) -> CallRecord:
    facts = tuple(fact for fact in record.kyc if fact.found_by is FoundBy.WORDS)
    return record.model_copy(
        update={"kyc": facts, "voc": tuple(item for item in record.voc if item.found_by is FoundBy.WORDS)}
    )


def _read(conversation: Conversation, kind: str, kit: Kit) -> _Read:
    """Masked and without words to machines, as `aftercall.flow` shows it to the model."""
    masked = mask_conversation(conversation).conversation
    shown = without_orders(masked).conversation
    said = tuple(utterance.text for utterance in shown.utterances)
    origin = Origin(kind, conversation.conversation_id, conversation.customer_id, said)
    return _Read(origin, shown, parts_of(number_transcript(shown), kit.recipe.part_chars))


def _kind(source: Source) -> str:
    return "gold" if source is Source.GOLD else "call"


def _summary(call: CustomerCall, corrections: Sequence[KeptCorrection], source: Source, kit: Kit) -> Gathered:
    read = _read(call.conversation, _kind(source), kit)
    if len(read.parts) > 1:
        return _nothing(read, "summary", Reason.TOO_LONG, f"{len(read.parts)} parts")
    (transcript,) = read.parts
    own = [correction for correction in corrections if correction.release_id == call.record.release_id]
    try:
        wanted = summary_target(call.record, own, Numbers.of(read.conversation, transcript))
    except Ungrounded as error:
        return _nothing(read, "summary", error.reason, error.detail)
    return _example(read, "summary", transcript, wanted, source, kit)


def _findings(call: CustomerCall, source: Source, kit: Kit) -> Gathered:
    """KYC and VOC as picks among the candidates of a part. Serving does not ask of those that words have told, so they
    are left out where a person marked the rest; what words told, taken as the answer, can only be asked of them."""
    read = _read(call.conversation, _kind(source), kit)
    drafts: list[Draft] = []
    left_out: list[LeftOut] = []
    told_facts = tell_facts(read.conversation, kit.catalogue) if source is Source.GOLD else []
    told_voices = tell_voices(read.conversation, kit.catalogue) if source is Source.GOLD else []
    for transcript in read.parts:
        facts = kyc_candidates(read.conversation, transcript, kit.catalogue)
        voices = voc_candidates(read.conversation, transcript, kit.catalogue)
        if source is Source.GOLD:
            facts = untold_facts(facts, transcript, told_facts)
            voices = untold_voices(voices, read.conversation, transcript, told_voices, kit.catalogue)
        for task, candidates, wanted in (
            ("kyc", facts, {"facts": _facts(call.record.kyc, facts, transcript)}),
            ("voc", voices, {"items": _voices(call.record.voc, voices, transcript)}),
        ):
            if not candidates:
                left_out.append(LeftOut(read.origin.key, task, Reason.NOTHING_TO_ASK))
                continue
            made = _example(read, task, transcript, wanted, source, kit, candidates=candidates_text(candidates))
            drafts += made.drafts
            left_out += made.left_out
    return Gathered(tuple(drafts), tuple(left_out))


def _facts(
    facts: Sequence[KycFact], candidates: Sequence[Candidate], transcript: NumberedTranscript
) -> list[dict[str, object]]:
    picks: dict[int, dict[str, object]] = {}
    for fact in facts:
        pick = _pick(fact.evidence[0].utt_id, fact.field, candidates, transcript)
        if pick is not None:
            picks.setdefault(pick, written_fact(pick, fact.subject, fact.polarity, fact.modality))
    return [picks[pick] for pick in sorted(picks)]


def _voices(
    items: Sequence[VocItem], candidates: Sequence[Candidate], transcript: NumberedTranscript
) -> list[dict[str, object]]:
    picks: dict[int, dict[str, object]] = {}
    for item in items:
        pick = _pick(item.evidence[0].utt_id, item.label_l1, candidates, transcript)
        if pick is not None:
            picks.setdefault(pick, written_voice(pick, item.polarity, item.severity))
    return [picks[pick] for pick in sorted(picks)]


def _pick(utt_id: str, key: str, candidates: Sequence[Candidate], transcript: NumberedTranscript) -> int | None:
    number = transcript.number(utt_id)
    found = (n for n, candidate in enumerate(candidates, start=1) if (candidate.number, candidate.key) == (number, key))
    return next(found, None)


def _example(
    read: _Read, task: str, transcript: NumberedTranscript, wanted: Mapping[str, Any], source: Source, kit: Kit,
    **values: str,
) -> Gathered:  # fmt: skip
    schema = kit.prompts[f"aftercall/{task}"].schema
    if schema is not None and (why := misfit(schema, wanted)):
        return _nothing(read, task, Reason.UNFIT_FOR_SCHEMA, why)
    request = task_request(kit.prompts, task, transcript, kit.recipe.max_tokens, **values)
    return Gathered((Draft(read.origin, source, answered(task, request.messages, compact(wanted))),), ())


def _nothing(read: _Read, task: str, reason: Reason, detail: str) -> Gathered:
    return Gathered((), (LeftOut(read.origin.key, task, reason, detail),))
