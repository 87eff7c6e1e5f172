"""What carries a call, as a bank writes it in YAML: cues of the summary's sections, of intents, outcome and mood.

A sentence's weight for a section is the sum of the cues that it holds, plus what figures, products and its place in the
call add. Patterns are read over folded text (compliance.clauses.fold). Shapes and their loader; knows no conversation.
"""

import re
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import Field

from seatmate.aftercall.written import read_written
from seatmate.domain.calls import Speaker
from seatmate.domain.errors import Misconfigured
from seatmate.domain.findings import OutcomeStatus
from seatmate.domain.model import Shape

Section = Literal["situation", "action", "commitments", "follow_ups", "objections", "risk_notes"]
SECTIONS: tuple[Section, ...] = get_args(Section)

Cues = Annotated[tuple[re.Pattern[str], ...], Field(min_length=1)]
Patterns = tuple[re.Pattern[str], ...]
Speakers = Annotated[tuple[Speaker, ...], Field(min_length=1)]
Count = Annotated[int, Field(ge=1)]


class Cue(Shape):
    """Words that carry something, unless the clause around them takes it back."""

    says: Cues
    weight: float
    unless: Patterns = ()
    speaker: Speaker | None = None
    """Only in the mouth of this one; None: of everybody whom the section allows."""
    after: Patterns = ()
    """Only when the other side's turn before says one of these."""


class SectionRule(Shape):
    section: Section
    label: str
    speakers: Speakers
    least: float
    """What a sentence must weigh to be shown."""
    most: Count | None
    """Of a call, twice as many of a long one; null: all of them."""
    needs_cue: bool = False
    """True: what a model puts here must weigh `least` as well. A bank whose model is strong may switch it off."""
    cues: Annotated[tuple[Cue, ...], Field(min_length=1)]
    never: Patterns = ()
    """A sentence that holds one of these is not for this section."""
    figure: float = 0
    """What a figure adds, for two of them at most."""
    product: float = 0
    early: float = 0
    """What is added at the very beginning of the call, falling to nothing at its end."""
    late: float = 0


class Opening(Shape):
    """Where the reason of a call stands."""

    turns: Count
    """Among so many first turns of the one who wants something."""


class IntentRule(Shape):
    label: str
    name: str
    cues: Annotated[tuple[Cue, ...], Field(min_length=1)]


class IntentRules(Shape):
    least: float
    most: Annotated[int, Field(ge=1, le=3)]
    share: Annotated[float, Field(gt=0, le=1)]
    """A second intent must weigh this share of the first."""
    otherwise: str
    """The label of a call that fits none."""
    labels: Annotated[tuple[IntentRule, ...], Field(min_length=1)]


class OutcomeRule(Shape):
    status: OutcomeStatus
    least: float
    cues: Annotated[tuple[Cue, ...], Field(min_length=1)]
    last_turns: Count | None = None
    """Read in so many last turns only."""


class OutcomeRules(Shape):
    """The first status that weighs enough is the call's."""

    statuses: Annotated[tuple[OutcomeRule, ...], Field(min_length=1)]
    otherwise: OutcomeStatus
    farewell: Cues
    """A sentence that says no more than goodbye tells no outcome."""


class MoodRules(Shape):
    positive: Cues
    negative: Cues
    begin_turns: Count
    """The beginning: so many first turns of the customer."""
    end_turns: Count


class KindRules(Shape):
    short_turns: Count
    short_chars: Count
    """Of the customer, in all."""
    long_turns: Count
    nothing: Patterns
    """What is no word: a customer who says no more than this is silent."""
    broken_off: Cues
    """How a call ends that was broken off, in its last turns."""
    another_time: Patterns = ()
    """A clause that holds one of these tells of another call, not of the end of this one."""
    goodbye: Patterns = ()
    """How a customer ends a call himself."""
    other_topic: Cues
    """How a customer turns to another matter."""


class OutlineRules(Shape):
    """`sections` in the order in which they claim a sentence that weighs the same for two of them."""

    version: str
    chatter: Cues
    """A clause that is no more than this says nothing."""
    shown_chars: Count
    """A longer sentence is shown by the clauses around its cue."""
    opening: Opening
    sections: Annotated[tuple[SectionRule, ...], Field(min_length=1)]
    intents: IntentRules
    outcome: OutcomeRules
    mood: MoodRules
    kinds: KindRules

    def rule(self, section: Section) -> SectionRule:
        return next(rule for rule in self.sections if rule.section == section)

    def most(self, section: Section, turns: int) -> int | None:
        """Of a call with so many turns."""
        most = self.rule(section).most
        return most if most is None or turns < self.kinds.long_turns else 2 * most


def load_outline(path: Path) -> OutlineRules:
    """Raises Misconfigured with every fault."""
    rules = read_written(path, OutlineRules)
    named = [rule.section for rule in rules.sections]
    if sorted(named) != sorted(SECTIONS):
        raise Misconfigured(f"{path}: each of {', '.join(SECTIONS)} must be there once, found {', '.join(named)}")
    return rules
