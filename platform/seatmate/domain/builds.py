"""What a weekly build did or would do, as its knowledge owner reads it before publishing."""

from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime

from seatmate.domain.attributes import Attribute
from seatmate.domain.facts import Disagreement, ProductFact
from seatmate.domain.knowledge import SnapshotState
from seatmate.domain.lint import LintFinding
from seatmate.domain.model import Shape


class Change(StrEnum):
    ADDED = "added"
    CHANGED = "changed"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"
    """Another document says that it takes this one's place."""
    UNCHANGED = "unchanged"


class FigureChange(Shape):
    """A line of a document whose figures changed, old and new beside each other; one side is empty for a new line."""

    place: str
    old: str
    new: str


class DocumentChange(Shape):
    """One line of a plan: what a drop does to a document."""

    doc_id: str
    title: str
    change: Change
    old_version: str | None = None
    new_version: str | None = None
    passages_added: int = 0
    passages_removed: int = 0
    passages_unchanged: int = 0
    figures: tuple[FigureChange, ...] = ()
    superseded_by: str | None = None


class DropFault(Shape):
    """A file or row that could not be used; the rest of the drop is still planned."""

    path: str
    reason: str


class DateFinding(Shape):
    """What a document's own words say of when it holds, for its owner to confirm.

    `conflict` is set where the manifest says otherwise; the manifest's word counts then.
    """

    doc_id: str
    bound: Literal["since", "until"]
    said: AwareDatetime
    quote: str
    conflict: AwareDatetime | None = None


class StatedValue(Shape):
    """One side of a disagreement: `document(doc_id, version).text[start:end] == quote`."""

    value: str
    raw: str
    doc_id: str
    version: str
    start: int
    end: int
    quote: str

    @classmethod
    def of(cls, fact: ProductFact) -> "StatedValue":
        return cls(
            value=fact.value,
            raw=fact.raw,
            doc_id=fact.doc_id,
            version=fact.version,
            start=fact.start,
            end=fact.end,
            quote=fact.quote,
        )


class ReportedDisagreement(Shape):
    """Documents that say different things of a product at the same time; it is withheld until somebody waives it."""

    product_code: str
    attribute: Attribute
    condition: str
    stated: tuple[StatedValue, ...]

    @classmethod
    def of(cls, disagreement: Disagreement) -> "ReportedDisagreement":
        return cls(
            product_code=disagreement.product_code,
            attribute=disagreement.attribute,
            condition=disagreement.condition,
            stated=tuple(StatedValue.of(fact) for fact in disagreement.facts),
        )


class BuildReport(Shape):
    """What `seatmate corpus build` did, or would do."""

    snapshot: int
    drop: str
    state: SnapshotState
    documents: int
    passages: int
    embedded: int
    """Passages whose vectors were computed; all others kept theirs."""
    changes: tuple[DocumentChange, ...]
    faults: tuple[DropFault, ...]
    dates: tuple[DateFinding, ...] = ()
    facts: int = 0
    disagreements: tuple[ReportedDisagreement, ...] = ()
    findings: tuple[LintFinding, ...] = ()
    lint_rules: str = ""
    """Names the rules that found them."""
    withheld: tuple[str, ...] = ()
    seconds: float
