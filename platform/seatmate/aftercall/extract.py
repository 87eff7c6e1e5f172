"""KYC facts and the voice of the customer as a model sees them: it picks among candidates, every pick is checked.

What the catalogue's words tell by themselves (told.py) stands without it and is not asked again; picks add to that. A
call without a candidate costs no model call: no pick could pass the checks.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import ValidationError

from seatmate.aftercall.candidates import kyc_candidates, untold_facts, untold_voices, voc_candidates
from seatmate.aftercall.checks import FactProposal, Said, VoiceProposal, check_fact, check_voice
from seatmate.aftercall.fields import Catalogue
from seatmate.aftercall.output import items, read_object
from seatmate.aftercall.picks import PickedFact, PickedVoice, among
from seatmate.aftercall.task import Reply, Tasks
from seatmate.aftercall.transcript import Candidate, candidates_text, task_request
from seatmate.domain.compliance import ComplianceHit
from seatmate.domain.findings import KycFact, Skipped, SkipReason, StepUsage, VocItem
from seatmate.domain.model import Shape

T = TypeVar("T", KycFact, VocItem, ComplianceHit)
F = TypeVar("F", KycFact, VocItem)
P = TypeVar("P", bound=Shape)


@dataclass(frozen=True)
class Extracted(Generic[T]):
    """What passed, and what did not and why. Never silently empty."""

    found: tuple[T, ...]
    skipped: tuple[Skipped, ...]
    usage: tuple[StepUsage, ...]


async def extract_kyc(
    said: Said, tasks: Tasks, catalogue: Catalogue, told: Sequence[KycFact] = ()
) -> Extracted[KycFact]:
    """What the customer said of himself beside what words told."""
    possible = kyc_candidates(said.conversation, said.transcript, catalogue)
    candidates = untold_facts(possible, said.transcript, told)
    if not candidates:
        return _no_candidate("kyc")
    named = candidates_text(candidates)
    request = task_request(tasks.prompts, "kyc", said.transcript, tasks.max_tokens, candidates=named)
    reply = await tasks.run("kyc", among(candidates, request))

    def check(picked: PickedFact) -> KycFact | Skipped:
        candidate = _candidate(candidates, picked.c)
        if candidate is None:
            return _unknown("kyc", picked.c)
        proposal = FactProposal(u=candidate.number, f=candidate.key, s=picked.s, p=picked.p, m=picked.m)
        return check_fact(proposal, said, catalogue)

    return _checked("kyc", reply, "facts", PickedFact, check)


async def extract_voc(
    said: Said, tasks: Tasks, catalogue: Catalogue, told: Sequence[VocItem] = ()
) -> Extracted[VocItem]:
    """What the customer praised, blamed or wished for beside what words told."""
    possible = voc_candidates(said.conversation, said.transcript, catalogue)
    candidates = untold_voices(possible, said.conversation, said.transcript, told, catalogue)
    if not candidates:
        return _no_candidate("voc")
    named = candidates_text(candidates)
    request = task_request(tasks.prompts, "voc", said.transcript, tasks.max_tokens, candidates=named)
    reply = await tasks.run("voc", among(candidates, request))

    def check(picked: PickedVoice) -> VocItem | Skipped:
        candidate = _candidate(candidates, picked.c)
        if candidate is None:
            return _unknown("voc", picked.c)
        proposal = VoiceProposal(u=candidate.number, p=picked.p, l=candidate.key, v=picked.severity)
        return check_voice(proposal, said, catalogue)

    return _checked("voc", reply, "items", PickedVoice, check)


def _candidate(candidates: Sequence[Candidate], number: int) -> Candidate | None:
    return candidates[number - 1] if 1 <= number <= len(candidates) else None


def _unknown(analysis: str, number: int) -> Skipped:
    return Skipped(analysis=analysis, reason=SkipReason.UNVERIFIED_EVIDENCE, detail=f"no candidate {number}")


def joined(parts: Sequence[Extracted[T]]) -> Extracted[T]:
    """The parts of a call as one. That one part had nothing says nothing when another had something."""
    found = tuple(one for part in parts for one in part.found)
    skipped = tuple(one for part in parts for one in part.skipped)
    if found:
        skipped = tuple(one for one in skipped if one.reason is not SkipReason.NOTHING_FOUND)
    return Extracted(found, skipped, tuple(one for part in parts for one in part.usage))


def with_told(told: Sequence[F], picked: Extracted[F], analysis: str) -> Extracted[F]:
    """What words told, and what the model picked elsewhere. Where both found something, the words' reading stands.

    Nobody has measured how often a model's picks are right, so they are to be confirmed.
    """
    places = {_place(one) for one in told}
    added: tuple[F, ...] = tuple(
        one.model_copy(update={"certain": False}) for one in picked.found if _place(one) not in places
    )
    found: tuple[F, ...] = tuple(told) + added
    skipped: tuple[Skipped, ...] = tuple(one for one in picked.skipped if one.reason is not SkipReason.NOTHING_FOUND)
    if not found and not skipped:
        skipped = (Skipped(analysis=analysis, reason=SkipReason.NOTHING_FOUND, detail="no words of it"),)
    return Extracted(found, skipped, picked.usage)


def _place(found: KycFact | VocItem) -> tuple[str, str]:
    name = found.field if isinstance(found, KycFact) else f"{found.label_l1} {found.polarity.value}"
    return name, found.evidence[0].utt_id


def _no_candidate(analysis: str) -> Extracted[Any]:
    nothing = Skipped(analysis=analysis, reason=SkipReason.NOTHING_FOUND, detail="no candidate")
    return Extracted((), (nothing,), ())


def _checked(analysis: str, reply: Reply, key: str, shape: type[P], check: Callable[[P], F | Skipped]) -> Extracted[F]:
    """Every pick of a reply against the call."""
    answer = read_object(reply.text)
    if answer is None:
        invalid = Skipped(analysis=analysis, reason=SkipReason.MODEL_OUTPUT_INVALID, detail="no JSON object")
        return Extracted((), (invalid,), (reply.usage,))
    found: dict[tuple[str, str], F] = {}
    skipped: list[Skipped] = []
    for written in items(answer, key):
        checked = _check_one(analysis, written, shape, check)
        if isinstance(checked, Skipped):
            skipped.append(checked)
        else:
            found.setdefault(_identity(checked), checked)
    if not found:
        skipped.append(Skipped(analysis=analysis, reason=SkipReason.NOTHING_FOUND, detail="nothing passed the checks"))
    return Extracted(tuple(found.values()), tuple(skipped), (reply.usage,))


def _check_one(analysis: str, written: Any, shape: type[P], check: Callable[[P], F | Skipped]) -> F | Skipped:
    try:
        proposal = shape.model_validate(written)
    except ValidationError as error:
        # The faulty keys only: a value may be a customer's words.
        keys = sorted({".".join(map(str, fault["loc"])) or "item" for fault in error.errors()})
        detail = f"an item does not fit the schema: {', '.join(keys)[:80]}"
        return Skipped(analysis=analysis, reason=SkipReason.MODEL_OUTPUT_INVALID, detail=detail)
    return check(proposal)


def _identity(found: KycFact | VocItem) -> tuple[str, str]:
    """The same words under the same name are one finding."""
    name = found.field if isinstance(found, KycFact) else f"{found.label_l1} {found.polarity.value}"
    return name, f"{found.evidence[0].utt_id}:{found.evidence[0].start}"
