"""A breach, or a signal of one, that was found in a conversation. Rules raise a hit; a model may only add (tips).

What people make of a hit is domain/reviews.
"""

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
