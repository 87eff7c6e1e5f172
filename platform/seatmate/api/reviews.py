"""Compliance hits and what people make of them: a queue for quality inspectors, verdicts, and an agent's appeal."""

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import Field

from seatmate.api.deps import CallerDep, InspectorDep, WiringDep
from seatmate.domain.corrections import By
from seatmate.domain.model import Shape
from seatmate.domain.redaction import redact
from seatmate.domain.reviews import Review, ReviewState, appeal, confirm, dismiss

router = APIRouter(tags=["reviews"])

ConversationId = Annotated[str, Path(min_length=1, max_length=128)]
_TO_DECIDE = (ReviewState.OPEN, ReviewState.APPEALED)


class Step(Shape):
    """A step on one hit, by its rule and the utterance that it stands at."""

    rule: Annotated[str, Field(min_length=1, max_length=96)]
    utt_id: Annotated[str, Field(min_length=1, max_length=128)]
    by: By
    why: Annotated[str, Field(min_length=1, max_length=500)]


class Verdict(Step):
    verdict: Literal["confirm", "dismiss"]


@router.get("/api/reviews")
async def queue(
    wiring: WiringDep,
    caller: InspectorDep,
    state: Annotated[list[ReviewState] | None, Query(description="default: what waits for a verdict")] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[Review]:
    """Hits in these states, the gravest first, then the oldest."""
    return await wiring.reviews.queue(state or _TO_DECIDE, limit)


@router.get("/api/calls/{conversation_id}/reviews")
async def of_call(conversation_id: ConversationId, wiring: WiringDep, caller: CallerDep) -> list[Review]:
    """Every hit that a record of the call has or had, with its steps."""
    await wiring.calls.status(conversation_id)
    return await wiring.reviews.of_call(conversation_id)


@router.post("/api/calls/{conversation_id}/reviews")
async def decide(conversation_id: ConversationId, step: Verdict, wiring: WiringDep, caller: InspectorDep) -> Review:
    """A verdict on an open hit or on an appeal; 409 when the state or the person does not allow it."""
    review = await wiring.reviews.review(conversation_id, step.rule, step.utt_id)
    take = confirm if step.verdict == "confirm" else dismiss
    return await _kept(wiring, take(review, step.by, wiring.now(), redact(step.why).text))


@router.post("/api/calls/{conversation_id}/appeals")
async def object_to(conversation_id: ConversationId, step: Step, wiring: WiringDep, caller: CallerDep) -> Review:
    """The agent objects to a confirmed hit, once; somebody else than the first inspector decides."""
    review = await wiring.reviews.review(conversation_id, step.rule, step.utt_id)
    return await _kept(wiring, appeal(review, step.by, wiring.now(), redact(step.why).text))


async def _kept(wiring: WiringDep, review: Review) -> Review:
    await wiring.reviews.keep(review)
    return review
