"""`POST /api/feedback`: an agent's thumb on an answer that he was given.

Who gives it says so by name, as everywhere: the bank's front end knows its people. An answer is judged by whoever may
see all that the asker could see.
"""

from typing import Annotated, Any, Self

from fastapi import APIRouter, Body
from pydantic import Field, model_validator

from seatmate.api.deps import ADMIN, QUALITY, Caller, CallerDep, MetricsDep, WiringDep
from seatmate.domain.answers import Answer
from seatmate.domain.errors import NotFound
from seatmate.domain.feedback import MAX_COMMENT_CHARS, AnswerId, DownReason, Feedback, Person, Verdict, thumb
from seatmate.domain.model import Shape

router = APIRouter(tags=["ask"])

_ANSWER = "ans-6f1d0c9a4b7e4d2f8a3c5e1b9d7f2a60"
EXAMPLES: dict[str, Any] = {
    "up": {"summary": "有用", "value": {"answer_id": _ANSWER, "verdict": "up", "by": "A-101"}},
    "down": {
        "summary": "数字不对",
        "value": {
            "answer_id": _ANSWER,
            "verdict": "down",
            "reason": "wrong_figure",
            "comment": "新客专享利率没有说",
            "by": "A-101",
        },
    },
}
_OF_NO_DOCUMENT = {ADMIN, QUALITY}
"""Scopes that let nobody read more."""


class GivenFeedback(Shape):
    """A thumb, but for what the server knows itself. Down without a reason is down for `other`."""

    answer_id: AnswerId
    verdict: Verdict
    reason: DownReason | None = None
    comment: Annotated[str, Field(max_length=MAX_COMMENT_CHARS)] = ""
    by: Person

    @model_validator(mode="after")
    def _only_down_has_a_reason(self) -> Self:
        if self.verdict is Verdict.UP and self.reason is not None:
            raise ValueError("a thumb up has no reason")
        return self


@router.post("/api/feedback", responses={404: {"description": "no such answer, or not one that this key may see"}})
async def give(
    given: Annotated[GivenFeedback, Body(openapi_examples=EXAMPLES)],
    wiring: WiringDep,
    caller: CallerDep,
    metrics: MetricsDep,
) -> Feedback:
    """Keep a thumb on an answer, in the place of what this person thought of it before; returns what is kept.

    Personal numbers in the comment are masked. The same again changes nothing.
    """
    answer = await wiring.answers.answer(given.answer_id)
    if not _may_judge(caller, answer):
        raise NotFound(f"no answer {given.answer_id}")
    kept = thumb(given.answer_id, given.verdict, given.by, wiring.now(), given.reason, given.comment)
    if await wiring.feedback.save(kept):
        metrics.count_feedback(kept)
    return kept


def _may_judge(caller: Caller, answer: Answer) -> bool:
    """Administrators see every answer; of what others were given, only what this key could have been given too."""
    if caller.is_admin:
        return True
    return answer.asked is not None and set(answer.asked.scopes) - _OF_NO_DOCUMENT <= set(caller.scopes)
