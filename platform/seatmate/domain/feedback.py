"""An agent's thumb on an answer: up, or down with a reason, and perhaps a few words.

One person has one opinion of one answer: another one takes the place of the first, and what he thought before is not
kept. Words are redacted before anybody keeps them. Knows nothing of who may see an answer.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Protocol, Self

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from seatmate.domain.model import Shape
from seatmate.domain.redaction import redact

Person = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=2, max_length=64, pattern=r"^[^\x00-\x1f\x7f]+$")
]
AnswerId = Annotated[str, StringConstraints(pattern=r"^[\w\-]{1,64}$")]
MAX_COMMENT_CHARS = 500
"""Of what a person writes. What is kept may be longer: a token can be longer than the number that it hides."""
_MAX_KEPT = 4 * MAX_COMMENT_CHARS


class Verdict(StrEnum):
    UP = "up"
    DOWN = "down"


class DownReason(StrEnum):
    """What is wrong with the answer."""

    WRONG_FIGURE = "wrong_figure"
    WRONG_PRODUCT = "wrong_product"
    OUT_OF_DATE = "out_of_date"
    INCOMPLETE = "incomplete"
    NOT_WHAT_WAS_ASKED = "not_what_was_asked"
    OTHER = "other"

    @property
    def label(self) -> str:
        return {
            "wrong_figure": "数字不对",
            "wrong_product": "产品不对",
            "out_of_date": "口径过时",
            "incomplete": "不完整",
            "not_what_was_asked": "答非所问",
            "other": "其他",
        }[self.value]


class Feedback(Shape):
    """What one person thinks of one answer. A thumb down has a reason, a thumb up has none."""

    answer_id: AnswerId
    verdict: Verdict
    reason: DownReason | None = None
    comment: Annotated[str, Field(max_length=_MAX_KEPT)] = ""
    by: Person
    at: AwareDatetime

    @model_validator(mode="after")
    def _reason_fits_verdict(self) -> Self:
        if (self.reason is None) is (self.verdict is Verdict.DOWN):
            raise ValueError("a thumb down has a reason, a thumb up has none")
        return self

    def says_the_same_as(self, other: "Feedback") -> bool:
        """Whenever it was said."""
        return self == other.model_copy(update={"at": self.at})


def thumb(
    answer_id: str, verdict: Verdict, by: str, at: datetime, reason: DownReason | None = None, comment: str = ""
) -> Feedback:
    """A thumb as it may be kept: without personal data; down without a reason is down for another reason."""
    if verdict is Verdict.DOWN:
        reason = reason or DownReason.OTHER
    return Feedback(
        answer_id=answer_id, verdict=verdict, reason=reason, comment=redact(comment.strip()).text, by=by, at=at
    )


class FeedbackLedger(Protocol):
    """One feedback for each answer and person."""

    async def save(self, feedback: Feedback) -> bool:
        """Keep it in the place of what the person said of the answer before; NotFound without such an answer.

        False, and nothing changes, if he said the same already.
        """
        ...

    async def of_answer(self, answer_id: str) -> list[Feedback]:
        """What everybody thinks of it, the oldest first."""
        ...

    async def between(self, begin: datetime, end: datetime) -> list[Feedback]:
        """Feedback given in [begin, end), the oldest first."""
        ...
