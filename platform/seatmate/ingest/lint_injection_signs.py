"""The kinds of sign that a text is meant for whatever reads, ranks, sums up or answers, and what one looks like here.

A sign is one thing that an order to a machine does, however it is worded: it names its reader, speaks of the answer,
silences other sources, hides itself, takes back rules. No sign is proof, for a bank writes orders to people all day
long: `lint_injection_weigh` adds them up. The words are in `lint_injection_cues` (Chinese) and `.._cues_english`.
"""

import re
from dataclasses import dataclass
from enum import StrEnum


class Sign(StrEnum):
    READER = "reader"
    """Speaks to, or of, whatever reads and answers in place of a person; or turns people away."""
    YOU = "you"
    """A bank says 您 to customers and 坐席 to its people; 你 is said to neither, outside quotation marks."""
    OUTPUT = "output"
    """Speaks of the answer as of a text that is being made."""
    THIS = "this"
    """Speaks of itself: this passage, this line."""
    SOURCES = "sources"
    """Wants to be ranked, trusted or quoted before others, or others not at all."""
    CONCEAL = "conceal"
    """Wants not to be noticed, or not to be named as the source."""
    SUPPRESS = "suppress"
    """Wants risks, fees, doubts or citations left out."""
    OVERRIDE = "override"
    """Takes back what was said or agreed before."""
    LAWLESS = "lawless"
    """Whatever the rules say; without limits; never refuse."""
    FALSIFY = "falsify"
    """Another figure or word than is true."""
    UNCHECKED = "unchecked"
    """To be followed without looking it up."""
    REVEAL = "reveal"
    """Asks for what the reader was told, sees, or heard from others."""
    ROLE = "role"
    """Another part to play."""
    EMIT = "emit"
    """A link, a contact, a fixed sentence to be put into what is written."""
    TRIGGER = "trigger"
    """Only when somebody, or somebody in particular, asks."""
    JUDGE = "judge"
    """Wants to be passed, scored or filed as it says itself."""
    FORGED = "forged"
    """Turns of a dialogue, results of tools, settings: the form of what programs write to each other."""
    RETRIEVAL = "retrieval"
    """Speaks of hits, ranks, chunks, turns of a conversation: of the machinery between a question and its answer."""
    ASKER = "asker"
    """Speaks of whoever asks as of a third person that is neither customer nor agent; or the writer says 我."""
    TALK = "talk"
    """Speaks as people do to each other: 别, 咱, a favour, a reward, a threat."""
    SECRET = "secret"
    """Passwords, numbers of cards, names: to be told rather than kept."""
    FOREIGN = "foreign"
    """A script in which this bank writes nothing."""
    PEOPLE = "people"
    """Honest: the one who is to do it is a person or a department."""
    CARE = "care"
    """Honest: safeguards, drills, warnings of fraud, the running of a model."""


@dataclass(frozen=True)
class Cue:
    sign: Sign
    weight: int
    pattern: re.Pattern[str]
    unless_forbidden: bool = False
    """Does not count behind 不得, 严禁 and the like: there it is the bank that forbids it."""


def cue(sign: Sign, weight: int, *patterns: str, unless_forbidden: bool = False) -> Cue:
    return Cue(sign, weight, re.compile("|".join(patterns)), unless_forbidden)
