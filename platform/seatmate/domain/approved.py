"""An answer that a knowledge owner has reviewed and pinned to a question; it wins while its sources stand.

A source stands while its document, in the version in force on the day that is asked about, still contains the quoted
words. Nobody has to remember to withdraw an answer whose document changed.
"""

from typing import Annotated, Self

from pydantic import AwareDatetime, Field, model_validator

from seatmate.domain.answers import MAX_QUESTION_CHARS
from seatmate.domain.model import Shape

AskedSo = Annotated[str, Field(min_length=2, max_length=MAX_QUESTION_CHARS)]


class ApprovedSource(Shape):
    """Words of a document that the answer rests on."""

    doc_id: str
    quote: Annotated[str, Field(min_length=4, max_length=2_000)]


class ApprovedAnswer(Shape):
    """`questions` are the ways in which it is asked; `scope` is who may read it, as with a document."""

    approved_id: Annotated[str, Field(pattern=r"^[\w\-]{1,64}$")]
    questions: Annotated[tuple[AskedSo, ...], Field(min_length=1, max_length=20)]
    text: Annotated[str, Field(min_length=1, max_length=2_000)]
    sources: Annotated[tuple[ApprovedSource, ...], Field(min_length=1, max_length=10)]
    scope: Annotated[tuple[str, ...], Field(min_length=1)]
    valid_from: AwareDatetime | None = None
    valid_until: AwareDatetime | None = None
    reviewed_by: Annotated[str, Field(min_length=1, max_length=64)]
    pinned_at: AwareDatetime

    @model_validator(mode="after")
    def _ends_after_it_begins(self) -> Self:
        if self.valid_from and self.valid_until and self.valid_until <= self.valid_from:
            raise ValueError("valid_until is not after valid_from")
        return self
