"""`POST /api/calls` takes a finished conversation, durably; the record follows from the worker."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Path
from pydantic import Field

from seatmate.api.deps import AdminDep, CallerDep, MetricsDep, WiringDep
from seatmate.domain.call_ports import CallStatus
from seatmate.domain.calls import Conversation
from seatmate.domain.corrections import By, Correction, KeptCorrection, corrected, lines_of
from seatmate.domain.errors import Overloaded
from seatmate.domain.findings import CallRecord
from seatmate.domain.model import Shape
from seatmate.domain.redaction import drop_secrets, redact

router = APIRouter(prefix="/api/calls", tags=["calls"])

ConversationId = Annotated[str, Path(min_length=1, max_length=128)]

EXAMPLES: dict[str, Any] = {
    "phone": {
        "summary": "一通到期承接电话",
        "value": {
            "conversation_id": "EX-0001",
            "channel": "phone",
            "direction": "outbound",
            "scenario": "outbound_maturity",
            "started_at": "2026-11-18T10:00:00+08:00",
            "agent_id": "A-101",
            "customer_id": "K-00001",
            "customer": {"risk_level": "C2", "assessed_on": "2026-03-01", "birth_year": 1975},
            "utterances": [
                {"utt_id": "u1", "speaker": "agent", "text": "您好，这里是远川银行，您有一笔定期今天到期。"},
                {"utt_id": "u2", "speaker": "customer", "text": "嗯，孩子明年要上大学，这二十万先不动。"},
            ],
        },
    }
}


class Receipt(Shape):
    """What is known of a submitted conversation."""

    conversation_id: str
    transcript_sha256: str
    state: str
    attempts: int
    received_at: str
    detail: str
    recorded_releases: tuple[str, ...]

    @classmethod
    def of(cls, status: CallStatus) -> "Receipt":
        return cls(
            conversation_id=status.conversation_id,
            transcript_sha256=status.transcript_sha256,
            state=status.state.value,
            attempts=status.attempts,
            received_at=status.received_at.isoformat(),
            detail=status.detail,
            recorded_releases=status.recorded_releases,
        )


@router.post("", status_code=202)
async def submit(
    conversation: Annotated[Conversation, Body(openapi_examples=EXAMPLES)],
    wiring: WiringDep,
    caller: CallerDep,
    metrics: MetricsDep,
) -> Receipt:
    """Acknowledged is kept: 202 means that the conversation is on disk. The same again gets the same receipt."""
    if await wiring.calls.waiting_count() >= wiring.settings.api.max_waiting_calls:
        raise Overloaded("too many conversations wait for their record; send this one again later", retry_after_s=30)
    status = await wiring.calls.receive(drop_secrets(conversation))
    metrics.calls.inc()
    return Receipt.of(status)


@router.get("/{conversation_id}")
async def show(conversation_id: ConversationId, wiring: WiringDep, caller: CallerDep) -> Receipt:
    return Receipt.of(await wiring.calls.status(conversation_id))


@router.post("/{conversation_id}/rerun", status_code=202)
async def rerun(conversation_id: ConversationId, wiring: WiringDep, caller: AdminDep) -> Receipt:
    """Analyse the call again with the release that runs now. Records of earlier releases stay; the newest counts."""
    await wiring.calls.reopen(conversation_id)
    return Receipt.of(await wiring.calls.status(conversation_id))


class Corrections(Shape):
    """What an agent wants changed of a record, section by section. Of `kyc` and `voc` he lets lines stand, or not."""

    by: By
    corrections: Annotated[tuple[Correction, ...], Field(min_length=1, max_length=9)]


@router.patch("/{conversation_id}/record")
async def correct(
    conversation_id: ConversationId, wanted: Corrections, wiring: WiringDep, caller: CallerDep
) -> list[KeptCorrection]:
    """Keep an agent's corrections beside the newest record, each with its edit distance; returns all there are.

    Personal numbers that he writes are masked: a summary is read by more people than the call was meant for. The
    lines of facts and voices that he lets stand are certain in the customer's timeline from then on.
    """
    record = await wiring.calls.record(conversation_id)
    kept = [corrected(record, _masked(correction), wanted.by, wiring.now()) for correction in wanted.corrections]
    await wiring.calls.correct(conversation_id, kept)
    return await wiring.calls.corrections(conversation_id)


@router.get("/{conversation_id}/record/lines")
async def lines(
    conversation_id: ConversationId, wiring: WiringDep, caller: CallerDep
) -> dict[Literal["kyc", "voc"], tuple[str, ...]]:
    """The facts and voices of the newest record as lines, which an agent's corrections let stand or leave out."""
    record = await wiring.calls.record(conversation_id)
    return {"kyc": lines_of(record, "kyc"), "voc": lines_of(record, "voc")}


@router.get("/{conversation_id}/record/corrections")
async def corrections(conversation_id: ConversationId, wiring: WiringDep, caller: CallerDep) -> list[KeptCorrection]:
    """Every correction of the call's records, the oldest first; the newest of a section counts."""
    await wiring.calls.status(conversation_id)
    return await wiring.calls.corrections(conversation_id)


@router.get("/{conversation_id}/record")
async def record(conversation_id: ConversationId, wiring: WiringDep, caller: CallerDep) -> CallRecord:
    """The newest record; 404 while there is none."""
    return await wiring.calls.record(conversation_id)


def _masked(correction: Correction) -> Correction:
    return Correction(section=correction.section, lines=tuple(redact(line).text for line in correction.lines))
