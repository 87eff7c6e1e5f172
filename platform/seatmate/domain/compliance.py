"""A breach, or a signal of one, that a rule found in a conversation, and what people make of it.

Rules raise a hit; a model may only add. A person confirms or dismisses it; the agent may appeal once,
and somebody else than he who gave the verdict decides. Nothing is overwritten: a review is the list of its steps.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from seatmate.domain.evidence import Evidence
from seatmate.domain.model import Shape


class Severity(StrEnum):
    TIP = "tip"
    WARNING = "warning"
    MAJOR = "major"
    TAKEOVER = "takeover"

    @property
    def label(self) -> str:
        return {"tip": "提醒", "warning": "预警", "major": "重大", "takeover": "接管"}[self.value]


class RaisedBy(StrEnum):
    """Who saw it: a rule of the pack, or the model as second reader, whose hits are tips for a person."""

    RULE = "rule"
    MODEL = "model"


class ComplianceHit(Shape):
    rule: str
    """`rule_id@version`"""
    severity: Severity
    title: str
    verdict: str
    clause: str
    raised_by: RaisedBy = RaisedBy.RULE
    evidence: Annotated[tuple[Evidence, ...], Field(min_length=1)]


class ReviewState(StrEnum):
    OPEN = "open"
    CONFIRMED = "confirmed"
    DISMISSED = "dismissed"
    APPEALED = "appealed"

    @property
    def label(self) -> str:
        return {"open": "待复核", "confirmed": "成立", "dismissed": "不成立", "appealed": "申诉中"}[self.value]


class ReviewRefused(ValueError):
    """A step that the state of the review, or the person, does not allow."""


@dataclass(frozen=True)
class ReviewStep:
    """Who did what, when and why."""

    state: ReviewState
    by: str
    at: datetime
    why: str


@dataclass(frozen=True)
class Review:
    """What people made of a hit of a conversation. Open until the first step."""

    conversation_id: str
    rule: str
    utt_id: str
    steps: tuple[ReviewStep, ...] = ()

    @property
    def state(self) -> ReviewState:
        return self.steps[-1].state if self.steps else ReviewState.OPEN


def review_of(conversation_id: str, hit: ComplianceHit) -> Review:
    """The open review of a fresh hit."""
    return Review(conversation_id, hit.rule, hit.evidence[-1].utt_id)


def confirm(review: Review, by: str, at: datetime, why: str) -> Review:
    """The hit stands: the first verdict on an open hit, or the answer to an appeal."""
    return _decided(review, ReviewStep(ReviewState.CONFIRMED, by, at, why))


def dismiss(review: Review, by: str, at: datetime, why: str) -> Review:
    """The hit does not stand. It stays on record: dismissed hits are what a rule's precision is measured with."""
    return _decided(review, ReviewStep(ReviewState.DISMISSED, by, at, why))


def appeal(review: Review, by: str, at: datetime, why: str) -> Review:
    """The agent objects to a confirmed hit, once."""
    if review.state is not ReviewState.CONFIRMED:
        raise ReviewRefused(f"只有已成立的命中可以申诉，当前：{review.state.label}")
    if any(step.state is ReviewState.APPEALED for step in review.steps):
        raise ReviewRefused("同一命中只能申诉一次")
    return _with(review, ReviewStep(ReviewState.APPEALED, by, at, why))


def _decided(review: Review, step: ReviewStep) -> Review:
    if review.state not in (ReviewState.OPEN, ReviewState.APPEALED):
        raise ReviewRefused(f"已复核，当前：{review.state.label}")
    if step.by in {earlier.by for earlier in review.steps}:
        raise ReviewRefused("申诉须由另一人裁定")
    return _with(review, step)


def _with(review: Review, step: ReviewStep) -> Review:
    if not step.by.strip() or not step.why.strip():
        raise ReviewRefused("须写明复核人和理由")
    if step.at.tzinfo is None:
        raise ReviewRefused("时间须带时区")
    if review.steps and step.at < review.steps[-1].at:
        raise ReviewRefused("时间早于上一步")
    return replace(review, steps=(*review.steps, step))
