"""What people make of a compliance hit: confirmed or dismissed by a person, appealed by the agent at most once.

Somebody else than he who gave the verdict decides an appeal. Nothing is overwritten: a review is the list of its steps.
A hit is the same in every record of a call that has its rule and version at its utterance, so that a call that is
analysed again keeps its verdicts.
"""

from datetime import datetime
from enum import StrEnum

from pydantic import AwareDatetime

from seatmate.domain.compliance import Severity
from seatmate.domain.errors import Conflict
from seatmate.domain.findings import CallRecord
from seatmate.domain.model import Shape


class ReviewState(StrEnum):
    OPEN = "open"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    APPEALED = "appealed"

    @property
    def label(self) -> str:
        return {"open": "待复核", "confirmed": "成立", "dismissed": "不成立", "appealed": "申诉中"}[self.value]


class ReviewRefused(Conflict):
    """A step that the state of the review, or the person, does not allow."""

    code = "REVIEW_REFUSED"


class ReviewStep(Shape):
    """Who did what, when and why."""

    state: ReviewState
    by: str
    at: AwareDatetime
    why: str


class Review(Shape):
    """What people made of a hit of a conversation. Open until the first step."""

    conversation_id: str
    rule: str
    utt_id: str
    severity: Severity
    raised_at: AwareDatetime
    """When the first record that has the hit was made."""
    steps: tuple[ReviewStep, ...] = ()

    @property
    def state(self) -> ReviewState:
        return self.steps[-1].state if self.steps else ReviewState.OPEN


def reviews_of(record: CallRecord) -> list[Review]:
    """The open reviews of a record's hits."""
    return [
        Review(
            conversation_id=record.conversation_id,
            rule=hit.rule,
            utt_id=hit.evidence[-1].utt_id,
            severity=hit.severity,
            raised_at=record.recorded_at,
        )
        for hit in record.compliance
    ]


def confirm(review: Review, by: str, at: datetime, why: str) -> Review:
    """The hit stands: the first verdict on an open hit, or the answer to an appeal."""
    return _decided(review, ReviewState.CONFIRMED, by, at, why)


def dismiss(review: Review, by: str, at: datetime, why: str) -> Review:
    """The hit does not stand. It stays on record: dismissed hits are what a rule's precision is measured with."""
    return _decided(review, ReviewState.DISMISSED, by, at, why)


def appeal(review: Review, by: str, at: datetime, why: str) -> Review:
    """The agent objects to a confirmed hit, once."""
    if review.state is not ReviewState.CONFIRMED:
        raise ReviewRefused(f"只有已成立的命中可以申诉，当前：{review.state.label}")
    if any(step.state is ReviewState.APPEALED for step in review.steps):
        raise ReviewRefused("同一命中只能申诉一次")
    return _with(review, ReviewState.APPEALED, by, at, why)


def _decided(review: Review, state: ReviewState, by: str, at: datetime, why: str) -> Review:
    if review.state not in (ReviewState.OPEN, ReviewState.APPEALED):
        raise ReviewRefused(f"已复核，当前：{review.state.label}")
    if by in {earlier.by for earlier in review.steps}:
        raise ReviewRefused("申诉须由另一人裁定")
    return _with(review, state, by, at, why)


def _with(review: Review, state: ReviewState, by: str, at: datetime, why: str) -> Review:
    if not by.strip() or not why.strip():
        raise ReviewRefused("须写明复核人和理由")
    if at.tzinfo is None:
        raise ReviewRefused("时间须带时区")
    if review.steps and at < review.steps[-1].at:
        raise ReviewRefused("时间早于上一步")
    step = ReviewStep(state=state, by=by.strip(), at=at, why=why.strip())
    return review.model_copy(update={"steps": (*review.steps, step)})
