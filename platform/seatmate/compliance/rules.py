"""What a compliance rule is, as a bank writes it down in YAML. Shapes only; pack.py loads them, match.py applies them.

Patterns are regular expressions over folded text (clauses.fold): simplified characters, half width, capital letters.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from seatmate.compliance.signs import Table, table_of
from seatmate.compliance.suitability import Unfit
from seatmate.domain.calls import Channel, RiskTolerance, Speaker
from seatmate.domain.compliance import Severity
from seatmate.domain.model import Shape
from seatmate.domain.redaction import Kind

Patterns = Annotated[tuple[re.Pattern[str], ...], Field(min_length=1)]


class Scoped(Shape):
    """A detector of words that the talk around them may take back."""

    unless: tuple[re.Pattern[str], ...] = ()
    """In the same clause."""
    unless_sentence: tuple[re.Pattern[str], ...] = ()
    """In the same sentence."""
    beside: tuple[re.Pattern[str], ...] = ()
    """Each somewhere in the same sentence, before the match or after it: what is passed over, whom it is said of."""
    about: tuple[str, ...] = ()
    """Topics of the pack: silent unless the talk is about one of them; empty: whatever it is about."""
    not_about: tuple[str, ...] = ()
    """Topics of the pack: silent while the talk is about one of them (a deposit may be promised its rate)."""
    scenarios: tuple[str, ...] = ()
    """Conversations in which the detector is at work; empty: all that its rule applies to."""
    negatable: bool = True
    """False where the pattern itself is a negation: 不用看风险揭示书."""
    askable: bool = True
    """False where a question is as bad as a statement: 验证码是多少?"""
    reportable: bool = True
    """False where telling of others is the very point: a customer who says what a caller told him to do."""
    withdrawable: bool = True
    """False where a word of regret in the same breath changes nothing: an insult, a threat, a customer's distress."""
    supposable: bool = True
    """False where the pattern itself compares or imagines: 打个比方，就像存款."""
    doubtful: bool = True
    """False where the words say it all, whatever the rest of the turn is worded like: 稳赚不赔."""


class Says(Scoped):
    """The speaker says one of `patterns`, and nothing around it takes it back."""

    kind: Literal["says"]
    patterns: Patterns


class Ordered(Scoped):
    """`first` by one speaker, then `then` by the rule's speaker within so many utterances."""

    kind: Literal["ordered"]
    first: Patterns
    first_speaker: Speaker
    first_unless: tuple[re.Pattern[str], ...] = ()
    """In the whole of the first utterance."""
    then: Patterns
    within: Annotated[int, Field(ge=1)] = 3


class Missing(Shape):
    """The speaker says one of `when`, and nobody on his side ever says one of `required` of the same product."""

    kind: Literal["missing"]
    when: Patterns
    unless: tuple[re.Pattern[str], ...] = ()
    """In the same sentence."""
    not_about: tuple[str, ...] = ()
    required: Patterns


class Unsuitable(Shape):
    """A product that does not fit the customer is offered: by its R level as said, or by its name and the shelf."""

    kind: Literal["unsuitable"]
    unfit: Annotated[tuple[Unfit, ...], Field(min_length=1)]
    offers: Patterns
    unless: Patterns
    """In the same sentence."""
    cured: tuple[re.Pattern[str], ...] = ()
    """Anywhere on the speaker's side: 您得先重新测评."""


class ReadsAloud(Shape):
    """The speaker says a whole personal number."""

    kind: Literal["reads_aloud"]
    numbers: Annotated[tuple[Kind, ...], Field(min_length=1)]


class Element(Shape):
    """One thing that a dual recording must hold."""

    name: str
    speaker: Speaker
    patterns: Patterns


class Elements(Shape):
    """A recording that was `completed` must hold every element; one hit names all that it lacks."""

    kind: Literal["elements"]
    completed: Patterns
    aborted: Patterns
    elements: Annotated[tuple[Element, ...], Field(min_length=1)]


class Learned(Shape):
    """The wording is that of the rule's labelled breaches. In YAML only `table`, the file of the signs."""

    kind: Literal["learned"]
    signs: Mapping[str, int]
    words: Mapping[str, re.Pattern[str]]
    """What the signs in brackets stand for: words of the rule, scopes of the pack."""

    @cached_property
    def table(self) -> Table:
        return table_of(self.signs, self.words)


Detector = Annotated[
    Says | Ordered | Missing | Unsuitable | ReadsAloud | Elements | Learned, Field(discriminator="kind")
]


class ShelfItem(Shape):
    """A product as an example needs it."""

    name: str
    risk_level: Annotated[int, Field(ge=1, le=5)]
    private: bool = False


class Example(Shape):
    """A piece of talk: lines 坐席：… and 客户：…; a line without either is the rule's speaker's."""

    said: Annotated[tuple[str, ...], Field(min_length=1)]
    risk_level: RiskTolerance | None = None
    assessed_on: date | None = None
    birth_year: int | None = None
    shelf: tuple[ShelfItem, ...] = ()
    scenario: str | None = None


class Applies(Shape):
    """Empty: always."""

    scenarios: tuple[str, ...] = ()
    channels: tuple[Channel, ...] = ()


class Rule(Shape):
    id: Annotated[str, Field(pattern=r"^[a-z_]+$")]
    version: Annotated[int, Field(ge=1)]
    title: str
    clause: Annotated[str, Field(min_length=1)]
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

    @cached_property
    def table(self) -> Table | None:
        """Which turns are worded like breaches; a rule without a learned detector has none."""
        return next((one.table for one in self.detectors if isinstance(one, Learned)), None)


class Scopes(Shape):
    """What takes a statement back, and what a talk may be about, for every rule of the pack."""

    heard: Mapping[str, str] = Field(default_factory=dict)
    """What a speech recogniser writes, and what was said; of the same length."""
    negated: Patterns
    """Before the match, in its clause: 不是说一定能到."""
    idle: tuple[re.Pattern[str], ...] = ()
    """Words that look like a negation and are none: 不瞒您说, 别担心, 没有不赚的."""
    denied: tuple[re.Pattern[str], ...] = ()
    """After the match, in its sentence: 保本这种话都别信."""
    reported: Patterns
    """Before the match, in its sentence: 有人跟您说保本的都是骗子."""
    asked: Patterns
    """In the clause or at the end of its sentence."""
    supposed: tuple[re.Pattern[str], ...] = ()
    """Before the match, in its sentence: 假设能到4%."""
    withdrawn: Patterns
    """Anywhere in the utterance: 更正一下."""
    topics: Mapping[str, Patterns] = Field(default_factory=dict)
    """The last one that was mentioned is what the talk is about."""

    @model_validator(mode="after")
    def _heard_keeps_every_offset(self) -> Self:
        if odd := [wrote for wrote, said in self.heard.items() if len(wrote) != len(said)]:
            raise ValueError(f"heard: not of the same length: {', '.join(odd)}")
        return self

    def understood(self, folded: str) -> str:
        """A folded text with what was misheard put right, one code point for one."""
        for wrote, said in self.heard.items():
            folded = folded.replace(wrote, said)
        return folded


@dataclass(frozen=True)
class RulePack:
    """Rules that have proved themselves on their own examples. `sha256` is part of the release."""

    id: str
    version: str
    title: str
    sha256: str
    scopes: Scopes
    rules: tuple[Rule, ...]
    notes: Mapping[str, str]
    """Rule id → the words that make it good where Seatmate itself speaks: a risk note beside a benchmark."""
