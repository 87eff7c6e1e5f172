"""What documents state of a product, one value at a time, each with the place that states it (DESIGN §3).

A fact is read from text by code; no model has a hand in it. Two facts of one product and attribute that hold at the
same time under the same condition and differ are a disagreement: the product is withheld from readers until somebody
waives it by name.
"""

from dataclasses import dataclass
from datetime import datetime

from pydantic import AwareDatetime

from seatmate.domain.attributes import Attribute
from seatmate.domain.knowledge import Validity
from seatmate.domain.model import Shape


@dataclass(frozen=True)
class ProductFact:
    """One statement: `document(doc_id, version).text[start:end] == quote`.

    `value` is the normalised spelling of what is stated (`pct:2.3~pct:2.8`, `amt:10000`, `level:R2`; plain words where
    it is no figure), `raw` is the source's own. `unit` is the bank's word for the figure's unit (%, 元, 天, 级 …) or
    empty. `condition` narrows it: 「一年期」, 「5万元以上」; empty when it holds in general.
    """

    product_code: str
    attribute: Attribute
    value: str
    raw: str
    unit: str
    condition: str
    validity: Validity
    scope: tuple[str, ...]
    doc_id: str
    version: str
    start: int
    end: int
    quote: str


@dataclass(frozen=True)
class Disagreement:
    """Documents, or a table and the prose beside it, that say different things of a product at the same time."""

    product_code: str
    attribute: Attribute
    condition: str
    facts: tuple[ProductFact, ...]


class Waiver(Shape):
    """Somebody answers by name for publishing a product although its documents disagree."""

    product_code: str
    by: str
    reason: str
    at: AwareDatetime


def overlap(a: Validity, b: Validity) -> bool:
    """Is there a moment at which both hold?"""
    return _before(a.since, b.until) and _before(b.since, a.until)


def _before(since: datetime | None, until: datetime | None) -> bool:
    return since is None or until is None or since < until
