"""What a process node is, as a bank writes it in YAML. Shapes only; node_pack.py loads them, nodes.py applies them.

Patterns are regular expressions over folded text (compliance.clauses.fold): simplified characters, half width, capital
letters. `unless` is read in the clause of the match.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field, field_validator

from seatmate.domain.calls import Channel, Direction, Speaker
from seatmate.domain.model import Shape
from seatmate.domain.nodes import Standing

Patterns = Annotated[tuple[re.Pattern[str], ...], Field(min_length=1)]
Count = Annotated[int, Field(ge=1)]


class Situation(Shape):
    """Something that happens in a call and that nodes depend on: a product is offered, the customer refuses."""

    label: str
    speaker: Speaker
    patterns: Patterns
    unless: tuple[re.Pattern[str], ...] = ()
    first_turns: Count | None = None
    """Only in so many first turns of the speaker."""
    customer_turns: Count | None = None
    """Only in a call in which the customer spoke so many turns at most."""


class Applies(Shape):
    """When the node is owed. Empty: always."""

    channels: tuple[Channel, ...] = ()
    directions: tuple[Direction, ...] = ()
    when: tuple[str, ...] = ()
    """One of these situations arose."""
    unless: tuple[str, ...] = ()
    """None of these arose before the first attempt: a refusal after it excuses nothing."""


class Attempt(Shape):
    """The agent's words that begin the node."""

    cues: Patterns
    unless: tuple[re.Pattern[str], ...] = ()
    first_turns: Count | None = None
    last_turns: Count | None = None
    answers: str | None = None
    """Only within so many utterances after this situation."""
    within: Count = 4


class Place(StrEnum):
    """Where a required element must stand."""

    ANYWHERE = "anywhere"
    TURN = "turn"
    """In the turn of an attempt."""
    REPLY = "reply"
    """In one of the next turns of its speaker after an attempt."""


class Element(Shape):
    """Something that the standard requires."""

    label: str
    speakers: Annotated[tuple[Speaker, ...], Field(min_length=1)] = (Speaker.AGENT,)
    patterns: Patterns
    unless: tuple[re.Pattern[str], ...] = ()
    place: Place = Place.ANYWHERE
    within: Count = 2
    """Turns of the speakers, of a reply."""
    channels: tuple[Channel, ...] = ()
    """Required there only. Empty: everywhere."""


class Spoil(Shape):
    """What the agent must not say, or the node is not met, unless he takes it back later."""

    label: str
    patterns: Patterns
    unless: tuple[re.Pattern[str], ...] = ()
    mended_by: tuple[re.Pattern[str], ...] = ()


class Example(Shape):
    """A piece of talk, lines 坐席：…, 客户：… and 系统：…, and how the node stands after it."""

    said: Annotated[tuple[str, ...], Field(min_length=1)]
    standing: Standing
    channel: Channel | None = None
    direction: Direction | None = None


class Node(Shape):
    id: Annotated[str, Field(pattern=r"^[a-z_]+$")]
    label: str
    standard: str
    """达标标准, one sentence for the reader."""
    applies: Applies = Applies()
    attempted: Attempt
    met: Annotated[tuple[Element, ...], Field(min_length=1)]
    spoiled_by: tuple[Spoil, ...] = ()
    before: tuple[str, ...] = ()
    """The nodes that it comes before; begun after one of them, it is out of order."""
    positive: Annotated[tuple[Example, ...], Field(min_length=1)]
    near_miss: Annotated[tuple[Example, ...], Field(min_length=1)]

    @field_validator("positive", mode="before")
    @classmethod
    def _written_short(cls, examples: Any) -> Any:
        """A positive example may be its lines alone: it is met."""
        if not isinstance(examples, list):
            return examples
        return [_met(example) for example in examples]

    @field_validator("near_miss")
    @classmethod
    def _misses(cls, examples: tuple[Example, ...]) -> tuple[Example, ...]:
        if any(example.standing is Standing.MET for example in examples):
            raise ValueError("a near miss is not met")
        return examples


def _met(example: Any) -> Any:
    if isinstance(example, list):
        return {"said": example, "standing": Standing.MET}
    return {**example, "standing": Standing.MET} if isinstance(example, dict) else example


class Scenario(Shape):
    """The nodes of one kind of call, in the order in which a record shows them."""

    scenario: str
    title: str
    nodes: Annotated[tuple[Node, ...], Field(min_length=1)]


@dataclass(frozen=True)
class NodePack:
    """Nodes that have proved themselves on their own examples. The file's hash is part of the release."""

    id: str
    version: str
    title: str
    situations: Mapping[str, Situation]
    scenarios: Mapping[str, Scenario]
