"""Approved answers: pin a reviewed answer to a question, list them, withdraw them. For knowledge owners."""

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from seatmate.api.deps import AdminDep, WiringDep
from seatmate.ask.approved import standing
from seatmate.domain.approved import ApprovedAnswer, ApprovedSource, AskedSo
from seatmate.domain.errors import BadInput
from seatmate.domain.model import Shape

router = APIRouter(prefix="/api/knowledge/approved-answers", tags=["knowledge"])


class PinRequest(Shape):
    """An answer to pin, but for what the server knows itself."""

    approved_id: str
    questions: tuple[AskedSo, ...]
    text: str
    sources: tuple[ApprovedSource, ...]
    scope: tuple[str, ...]
    valid_from: AwareDatetime | None = None
    valid_until: AwareDatetime | None = None
    reviewed_by: str


class PinnedAnswer(Shape):
    """`stands`: its sources say what it says, in the live snapshot, now."""

    answer: ApprovedAnswer
    stands: bool


@router.post("")
async def pin(request: PinRequest, wiring: WiringDep, admin: AdminDep) -> ApprovedAnswer:
    """Pin an answer. Its sources must stand in documents in force, and state every figure of it."""
    try:
        answer = ApprovedAnswer.model_validate(request.model_dump() | {"pinned_at": wiring.now()})
    except ValueError as error:
        raise BadInput(f"this cannot be an approved answer: {error}") from error
    if not await _stands(wiring, answer):
        raise BadInput("a quoted source is in no document in force, or the sources do not state a figure of the answer")
    await wiring.approved.pin(answer)
    return answer


@router.get("")
async def pinned(wiring: WiringDep, admin: AdminDep) -> list[PinnedAnswer]:
    """All that are not withdrawn, and whether they would be given now."""
    answers = await wiring.approved.pinned()
    return [PinnedAnswer(answer=answer, stands=await _stands(wiring, answer)) for answer in answers]


@router.delete("/{approved_id}")
async def withdraw(
    approved_id: str, wiring: WiringDep, admin: AdminDep, by: Annotated[str, Query(min_length=2, max_length=64)]
) -> dict[str, str]:
    await wiring.approved.withdraw(approved_id, by, wiring.now())
    return {"withdrawn": approved_id}


async def _stands(wiring: WiringDep, answer: ApprovedAnswer) -> bool:
    snapshot = await wiring.knowledge.live_snapshot()
    if snapshot is None:
        return False
    documents = await wiring.knowledge.documents_named(snapshot, [source.doc_id for source in answer.sources])
    in_force = [d for d in documents if d.validity.holds_at(wiring.now())]
    return standing(answer, in_force) is not None
