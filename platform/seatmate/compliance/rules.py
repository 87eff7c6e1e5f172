"""What a compliance rule is, as a bank writes it down in YAML. Shapes only; pack.py loads them, match.py applies them.

Patterns are regular expressions over folded text (clauses.fold): simplified characters, half width, capital letters.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import Field

from seatmate.domain.calls import Channel, RiskTolerance, Speaker
from seatmate.domain.compliance import Severity
from seatmate.domain.model import Shape
from seatmate.domain.redaction import Kind

Patterns = Annotated[tuple[re.Pattern[str], ...], Field(min_length=1)]


class Says(Shape):
    """The speaker says one of `patterns`, and nothing in the same clause takes it back."""

    kind: Literal["says"]
    patterns: Patterns
    unless: tuple[re.Pattern[str], ...] = ()
    """In the same clause."""
    unless_sentence: tuple[re.Pattern[str], ...] = ()
    """In the same sentence."""
    negatable: bool = True
    """False where the pattern itself is a negation: 不用看风险揭示书."""
    askable: bool = True
    """False where a question is as bad as a statement: 验证码是多少?"""
    reportable: bool = True
    """False where telling of others is the very point: a customer who says what a caller told him to do."""


class Ordered(Shape):
    """`first` by one speaker, then `then` by the rule's speaker within so many utterances."""

    kind: Literal["ordered"]
    first: Patterns
    first_speaker: Speaker
    then: Patterns
    within: Annotated[int, Field(ge=1)] = 3


class Missing(Shape):
    """The speaker says one of `when`, and nobody on his side ever says one of `required`."""

    kind: Literal["missing"]
    when: Patterns
    required: Patterns


class Mismatch(Shape):
    """A product whose risk level is above the customer's assessed tolerance is offered to him."""

    kind: Literal["mismatch"]
    offers: Patterns
    unless: Patterns


class ReadsAloud(Shape):
    """The speaker says a whole personal number."""

    kind: Literal["reads_aloud"]
    numbers: Annotated[tuple[Kind, ...], Field(min_length=1)]


Detector = Annotated[Says | Ordered | Missing | Mismatch | ReadsAloud, Field(discriminator="kind")]


class Example(Shape):
    """A piece of talk: lines 坐席：… and 客户：…; a line without either is the rule's speaker's."""

    said: Annotated[tuple[str, ...], Field(min_length=1)]
    risk_level: RiskTolerance | None = None


class Applies(Shape):
    """Empty: always."""

    scenarios: tuple[str, ...] = ()
    channels: tuple[Channel, ...] = ()


class Rule(Shape):
    id: Annotated[str, Field(pattern=r"^[a-z_]+$")]
    version: Annotated[int, Field(ge=1)]
    title: str
    clause: str
    """The law or bank policy that the rule rests on."""
    verdict: str
    """One sentence for the reader of a hit."""
    speaker: Speaker
    severity: Severity
    applies_if: Applies = Applies()
    detectors: Annotated[tuple[Detector, ...], Field(min_length=1)]
    positive: tuple[Example, ...]
    near_miss: tuple[Example, ...]

    @property
    def name(self) -> str:
        return f"{self.id}@{self.version}"


class Defuses(Shape):
    """What takes a statement back, for every rule of the pack."""

    negated: Patterns
    """Before the match, in its clause: 不是说一定能到."""
    reported: Patterns
    """Before the match, in its sentence: 有人跟您说保本的都是骗子."""
    asked: Patterns
    """In the clause or at the end of its sentence."""
    withdrawn: Patterns
    """Anywhere in the utterance: 更正一下."""


@dataclass(frozen=True)
class RulePack:
    """Rules that have proved themselves on their own examples. `sha256` is part of the release."""

    id: str
    version: str
    title: str
    sha256: str
    defuses: Defuses
    rules: tuple[Rule, ...]
