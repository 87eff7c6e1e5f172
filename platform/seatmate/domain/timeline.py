"""What a customer has said of himself over all his calls, as of a day: nothing is overwritten, everything has a place.

A later statement of fact takes the place of an earlier one where a field has one value at a time (a job, a marital
status), and a later no takes back the same earlier yes. What was said in one call with two values is a conflict: no
order of sentences decides it. Plans, hypotheses and questions take nobody's place, nor does what is to be confirmed.
Pure; knows no storage.
"""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from seatmate.domain.calls import Channel, Conversation
from seatmate.domain.findings import CallRecord, KycFact, Modality, Polarity, Subject
from seatmate.domain.model import Shape


@dataclass(frozen=True)
class CustomerCall:
    """One call of a customer with its newest record."""

    conversation: Conversation
    record: CallRecord


class Standing(StrEnum):
    CURRENT = "current"
    SUPERSEDED = "superseded"
    CONFLICTING = "conflicting"
    """Said with another value in the same call; a person has to ask."""
    UNCONFIRMED = "unconfirmed"
    """To be confirmed: no fact yet, whatever else was said."""
    EXPIRED = "expired"
    """It held until a day that is over."""


class ClaimKey(Shape):
    """Where a claim was made: `conversation.utterance(utt_id).text[start:end]` is its quote."""

    conversation_id: str
    field: str
    utt_id: str
    start: int


class Claim(Shape):
    """A fact with where it comes from and how it stands on the day asked about."""

    fact: KycFact
    conversation_id: str
    channel: Channel
    standing: Standing
    superseded_by: ClaimKey | None = None
    conflicts_with: tuple[ClaimKey, ...] = ()


def timeline(calls: Iterable[CustomerCall], as_of: datetime, single_valued: Set[str]) -> list[Claim]:
    """Every claim made up to `as_of`, the newest first. `single_valued` are the fields with one value at a time."""
    claims = [_Said(fact, call.conversation) for call in calls for fact in call.record.kyc if fact.said_at <= as_of]
    by_thing: dict[tuple[str, Subject], list[_Said]] = {}
    certain = [claim for claim in claims if claim.fact.certain]
    for claim in sorted(certain, key=lambda c: (c.fact.said_at, c.key.conversation_id, c.key.start)):
        by_thing.setdefault((claim.fact.field, claim.fact.subject), []).append(claim)
    placed = [
        _placed(claim, said[at + 1 :], said, as_of, field in single_valued)
        for (field, _), said in by_thing.items()
        for at, claim in enumerate(said)
    ]
    placed += [_standing(claim, Standing.UNCONFIRMED) for claim in claims if not claim.fact.certain]
    return sorted(placed, key=lambda c: (c.fact.said_at, c.conversation_id, c.fact.field), reverse=True)


@dataclass(frozen=True)
class _Said:
    fact: KycFact
    conversation: Conversation

    @property
    def key(self) -> ClaimKey:
        first = self.fact.evidence[0]
        return ClaimKey(
            conversation_id=self.conversation.conversation_id,
            field=self.fact.field,
            utt_id=first.utt_id,
            start=first.start,
        )


def _placed(claim: _Said, later: Sequence[_Said], all_said: Sequence[_Said], as_of: datetime, single: bool) -> Claim:
    conflicts = tuple(other.key for other in all_said if single and other is not claim and _in_conflict(claim, other))
    successor = next((other for other in later if _takes_the_place_of(other, claim, single)), None)
    standing = Standing.CURRENT
    if claim.fact.valid_until is not None and claim.fact.valid_until < as_of.date().isoformat():
        standing = Standing.EXPIRED
    elif successor is not None:
        standing = Standing.SUPERSEDED
    elif conflicts:
        standing = Standing.CONFLICTING
    placed = {"superseded_by": successor.key if successor is not None else None, "conflicts_with": conflicts}
    return _standing(claim, standing).model_copy(update=placed)


def _standing(claim: _Said, standing: Standing) -> Claim:
    return Claim(
        fact=claim.fact,
        conversation_id=claim.conversation.conversation_id,
        channel=claim.conversation.channel,
        standing=standing,
    )


def _takes_the_place_of(later: _Said, earlier: _Said, single: bool) -> bool:
    if later.conversation.conversation_id == earlier.conversation.conversation_id:
        return False
    if later.fact.modality is not Modality.FACT or earlier.fact.modality is not Modality.FACT:
        return False
    if later.fact.polarity is not earlier.fact.polarity:
        return later.fact.value == earlier.fact.value or single
    return single and later.fact.polarity is Polarity.AFFIRMED


def _in_conflict(one: _Said, other: _Said) -> bool:
    """Two facts of one call that cannot both be true."""
    return (
        one.conversation.conversation_id == other.conversation.conversation_id
        and one.fact.modality is other.fact.modality is Modality.FACT
        and (one.fact.polarity is other.fact.polarity) == (one.fact.value != other.fact.value)
    )
