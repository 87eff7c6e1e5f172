"""An agent's corrections of a record: kept beside it, never in its place, with how much he changed.

The record stays what the release made of the call; what people made of it is the training signal. Facts and voices are
sections too: the lines that an agent lets stand are certain from then on, the others are none.
"""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field

from seatmate.domain.errors import BadInput
from seatmate.domain.findings import CallRecord, KycFact, VocItem
from seatmate.domain.model import Shape
from seatmate.domain.redaction import redact

Section = Literal[
    "situation", "action", "commitments", "outcome", "follow_ups", "objections", "risk_notes", "kyc", "voc"
]
CONFIRMED: tuple[Section, ...] = ("kyc", "voc")
"""The sections whose lines an agent lets stand, or not."""
_LONGEST = 500
Line = Annotated[str, Field(min_length=1, max_length=_LONGEST)]
By = Annotated[str, Field(min_length=2, max_length=64)]


class Correction(Shape):
    """The lines of one section as the agent wants them; none at all when nothing of it is right."""

    section: Section
    lines: Annotated[tuple[Line, ...], Field(max_length=100)]


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
    """Raises BadInput for a fact or voice that the record does not have: it would stand for none of them."""
    before = lines_of(record, correction.section)
    if correction.section in CONFIRMED and (
        unknown := [n for n, x in enumerate(correction.lines, 1) if x not in before]
    ):
        raise BadInput(
            f"{correction.section}: {len(unknown)} of {len(correction.lines)} lines are not in the newest record "
            f"(release {record.release_id}), by number: {unknown[:10]}; send lines as GET …/record/lines has them"
        )
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
    if section in CONFIRMED:
        return tuple(line_of(found) for found in getattr(record, section))
    return tuple(item.text for item in getattr(record.summary, section))


def line_of(found: KycFact | VocItem) -> str:
    """A fact or a voice as one line: what it is, and the first words that told it."""
    first = found.evidence[0]
    return redact(f"{first.utt_id} {_what(found)}：{first.quote}").text[:_LONGEST]


def _what(found: KycFact | VocItem) -> str:
    if isinstance(found, KycFact):
        return f"{found.field}＝{found.value}"
    return f"{found.polarity.value} {found.label_l1}"


def confirmed(record: CallRecord, corrections: Sequence[KeptCorrection]) -> CallRecord:
    """The record as its agent confirmed it: what his newest lines have is certain, and what they leave out is gone."""
    newest = {one.section: set(one.lines) for one in corrections if one.release_id == record.release_id}
    told: dict[str, tuple[KycFact | VocItem, ...]] = {"kyc": record.kyc, "voc": record.voc}
    return record.model_copy(
        update={
            name: tuple(one.model_copy(update={"certain": True}) for one in found if line_of(one) in newest[name])
            for name, found in told.items()
            if name in newest
        }
    )


def edit_distance(a: str, b: str) -> int:
    """Characters to insert, remove or replace to make one of the other."""
    row = list(range(len(b) + 1))
    for i, x in enumerate(a, start=1):
        above, row[0] = row[0], i
        for j, y in enumerate(b, start=1):
            above, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, above + (x != y))
    return row[-1]
