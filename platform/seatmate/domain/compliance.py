"""A breach, or a signal of one, that a rule found in a conversation. Rules raise it; a model may only add."""

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


class ComplianceHit(Shape):
    rule: str
    """`rule_id@version`"""
    severity: Severity
    title: str
    verdict: str
    clause: str
    evidence: Annotated[tuple[Evidence, ...], Field(min_length=1)]
