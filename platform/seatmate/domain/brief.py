"""What the next agent must know before he says hello: what the customer asked, was promised, and is upset about.

Selected from the records of earlier calls on any channel, each item with the call and the words it rests on. What is to
be confirmed says so, and stands after what is certain. Pure.
"""

from collections.abc import Iterator, Sequence, Set

from pydantic import AwareDatetime

from seatmate.domain.calls import Channel
from seatmate.domain.evidence import Evidence
from seatmate.domain.findings import Modality, VocPolarity
from seatmate.domain.model import Shape
from seatmate.domain.timeline import Claim, CustomerCall, Standing, timeline

_CARE = frozenset({"do_not_call", "special_care", "language", "best_time", "channel_pref", "decision_maker"})
"""Fields that say how to speak with this customer."""
_LATEST = 10
"""Calls that are looked at: older ones are history, and an agent has seconds."""


class BriefItem(Shape):
    """One thing, and where it was said. `evidence` may be empty for an intent that the whole call is about."""

    text: str
    conversation_id: str
    channel: Channel
    at: AwareDatetime
    evidence: tuple[Evidence, ...]
    escalation_risk: bool = False
    certain: bool = True
    """False: to be confirmed."""


class Brief(Shape):
    """Newest first in every list. An empty list says that the records have nothing of the kind."""

    customer_id: str
    as_of: AwareDatetime
    calls: int
    last_contact: AwareDatetime | None
    asked: tuple[BriefItem, ...] = ()
    """Intents that were not resolved."""
    promised: tuple[BriefItem, ...] = ()
    """Commitments and follow-ups."""
    upset: tuple[BriefItem, ...] = ()
    care: tuple[Claim, ...] = ()
    """Current claims of how the customer wants to be spoken with."""


def brief(customer_id: str, calls: Sequence[CustomerCall], as_of: AwareDatetime, single_valued: Set[str]) -> Brief:
    """Of calls up to `as_of`, the oldest first."""
    latest = list(reversed(calls))[:_LATEST]
    claims = timeline(calls, as_of, single_valued)
    return Brief(
        customer_id=customer_id,
        as_of=as_of,
        calls=len(calls),
        last_contact=latest[0].conversation.started_at if latest else None,
        asked=tuple(item for call in latest for item in _asked(call)),
        promised=tuple(item for call in latest for item in _promised(call)),
        upset=tuple(item for call in latest for item in _upset(call)),
        care=tuple(
            c
            for c in claims
            if c.fact.field in _CARE and c.standing is Standing.CURRENT and c.fact.modality is Modality.FACT
        ),
    )


def _asked(call: CustomerCall) -> Iterator[BriefItem]:
    for intent in call.record.summary.intents:
        if not intent.resolved:
            yield _item(call, intent.label, intent.evidence)


def _promised(call: CustomerCall) -> Iterator[BriefItem]:
    summary = call.record.summary
    for promise in (*summary.commitments, *summary.follow_ups):
        yield _item(call, promise.text, promise.evidence)


def _upset(call: CustomerCall) -> Iterator[BriefItem]:
    for voice in sorted(call.record.voc, key=lambda v: (not v.certain, -v.severity)):
        if voice.polarity is VocPolarity.NEGATIVE:
            item = _item(call, voice.label, voice.evidence, voice.escalation_risk)
            yield item.model_copy(update={"certain": voice.certain})


def _item(call: CustomerCall, text: str, evidence: Sequence[Evidence], escalation_risk: bool = False) -> BriefItem:
    conversation = call.conversation
    return BriefItem(
        text=text,
        conversation_id=conversation.conversation_id,
        channel=conversation.channel,
        at=conversation.started_at,
        evidence=tuple(evidence),
        escalation_risk=escalation_risk,
    )
