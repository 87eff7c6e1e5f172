"""An agent's corrections of a summary: kept beside the record, never in its place, with how much he changed.

The record stays what the release made of the call; what people made of it is the training signal.
"""

from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from seatmate.domain.findings import CallRecord
from seatmate.domain.model import Shape

Section = Literal["situation", "action", "commitments", "outcome", "follow_ups", "objections", "risk_notes"]
Line = Annotated[str, Field(min_length=1, max_length=500)]
By = Annotated[str, Field(min_length=2, max_length=64)]


class Correction(Shape):
    """The lines of one section as the agent wants them; none at all when nothing of it is right."""

    section: Section
    lines: Annotated[tuple[Line, ...], Field(max_length=30)]


class KeptCorrection(Correction):
    """`distance` is the edit distance in characters (Levenshtein 1966), `share` of the longer text."""

    release_id: str
    """Of the record that was corrected."""
    by: str
    at: AwareDatetime
    before: tuple[str, ...]
    distance: Annotated[int, Field(ge=0)]
    share: Annotated[float, Field(ge=0, le=1)]


def corrected(record: CallRecord, correction: Correction, by: str, at: AwareDatetime) -> KeptCorrection:
    before = lines_of(record, correction.section)
    old, new = "\n".join(before), "\n".join(correction.lines)
    distance = edit_distance(old, new)
    return KeptCorrection(
        section=correction.section,
        lines=correction.lines,
        release_id=record.release_id,
        by=by,
        at=at,
        before=before,
        distance=distance,
        share=round(distance / max(len(old), len(new), 1), 4),
    )


def lines_of(record: CallRecord, section: Section) -> tuple[str, ...]:
    """What the record has in a section."""
    if section == "outcome":
        outcome = record.summary.outcome
        return () if outcome is None else (outcome.text,)
    return tuple(item.text for item in getattr(record.summary, section))


def edit_distance(a: str, b: str) -> int:
    """Characters to insert, remove or replace to make one of the other."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        above, row[0] = row[0], i
        for j, y in enumerate(b, start=1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (x != y))
    return row[-1]
