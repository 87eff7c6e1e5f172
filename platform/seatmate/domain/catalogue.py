"""A product as a bank's people look it up: what holds on a day, what held before and will hold, and who says so."""

from datetime import datetime

from pydantic import AwareDatetime

from seatmate.domain.answers import Citation
from seatmate.domain.attributes import Attribute
from seatmate.domain.builds import ReportedDisagreement
from seatmate.domain.facts import ProductFact, Waiver
from seatmate.domain.knowledge import DocumentVersion
from seatmate.domain.model import Shape


class StatedFact(Shape):
    """One value of an attribute with its source. `valid_until` is exclusive."""

    attribute: Attribute
    label: str
    value: str
    raw: str
    unit: str
    condition: str
    valid_from: AwareDatetime | None
    valid_until: AwareDatetime | None
    source: Citation

    @classmethod
    def of(cls, fact: ProductFact, document: DocumentVersion) -> "StatedFact":
        return cls(
            attribute=fact.attribute,
            label=fact.attribute.label,
            value=fact.value,
            raw=fact.raw,
            unit=fact.unit,
            condition=fact.condition,
            valid_from=fact.validity.since,
            valid_until=fact.validity.until,
            source=Citation(
                doc_id=fact.doc_id,
                version=fact.version,
                title=document.title,
                start=fact.start,
                end=fact.end,
                quote=fact.quote,
                valid_from=fact.validity.first_day,
                valid_to=fact.validity.last_day,
            ),
        )


class ProductSheet(Shape):
    """`facts` hold at `as_of`; `history` held before it or will hold after it, the earliest first."""

    code: str
    name: str
    aliases: tuple[str, ...]
    snapshot: int
    as_of: AwareDatetime
    withheld: bool
    facts: tuple[StatedFact, ...]
    history: tuple[StatedFact, ...]
    disagreements: tuple[ReportedDisagreement, ...]
    waivers: tuple[Waiver, ...]


def in_order_of_time(facts: list[StatedFact]) -> tuple[StatedFact, ...]:
    """By attribute, then by when it began to hold; what always held comes first."""
    return tuple(sorted(facts, key=lambda f: (f.attribute, f.condition, _seconds(f.valid_from), f.source.doc_id)))


def _seconds(moment: datetime | None) -> float:
    return float("-inf") if moment is None else moment.timestamp()
