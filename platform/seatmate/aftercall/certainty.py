"""How sure words are of what they told: signs around a finding, weighed by a table that was learned on the talks.

The table, `certain.yaml` beside the catalogue, is made by `.venv/bin/python -m tests.bench.certain` and not to be
edited; only `certain_from` is a bank's to choose: what is less sure than that stays in the record to be confirmed.
Weights are hundredths of log-odds. `seen` says of every entry of the catalogue, by the hash of its words, in how many
talks it was right and in how many false; an entry that was changed or added since has not been seen. Knows no call.
"""

import hashlib
from collections.abc import Iterator, Mapping, Set
from math import exp
from pathlib import Path
from typing import Annotated

from pydantic import Field

from seatmate.aftercall.written import read_written
from seatmate.domain.model import Shape

Share = Annotated[float, Field(ge=0, le=1)]
Counts = tuple[Annotated[int, Field(ge=0)], Annotated[int, Field(ge=0)]]
"""Talks in which an entry was right, and in which it was false."""

UNSEEN: Counts = (0, 0)
_USUAL = 0.85
"""What is expected of an entry that was hardly seen, and in how many talks that expectation is worth."""
_WORTH = 2
_OFTEN = (1, 2, 4, 10)
_SHARES = (0.6, 0.75, 0.87, 0.95)


class Weights(Shape):
    certain_from: Share
    bias: int
    signs: Mapping[str, int]
    seen: Mapping[str, Mapping[str, Counts]]
    """Field or label → entry → talks."""

    def confidence(self, signs: Set[str]) -> float:
        """The share of findings with these signs that are right."""
        return round(1 / (1 + exp(-(self.bias + sum(self.signs.get(sign, 0) for sign in signs)) / 100)), 2)

    def is_certain(self, confidence: float) -> bool:
        return confidence >= self.certain_from

    def counts_of(self, name: str, entry: str) -> Counts:
        return self.seen.get(name, {}).get(entry, UNSEEN)


class Certainty(Shape):
    kyc: Weights
    voc: Weights


_PRIOR = Weights(certain_from=0.0, bias=220, signs={}, seen={})
"""Nine of ten: what such patterns are held to when they are made."""

UNMEASURED = Certainty(kyc=_PRIOR, voc=_PRIOR)
"""For a catalogue without a table: all that words tell is certain."""


def load_certainty(file: Path) -> Certainty:
    """A missing file measures nothing. Raises Misconfigured for one that cannot be read."""
    return read_written(file, Certainty) if file.exists() else UNMEASURED


def entry_key(written: tuple[str, ...]) -> str:
    """An entry of the catalogue by its words."""
    return hashlib.sha256("\n".join(written).encode()).hexdigest()[:8]


def strength(counts: Counts) -> Iterator[str]:
    """The signs of how an entry did on the talks."""
    right, false = counts
    yield f"entry right in {_at_least(right, _OFTEN)} talks"
    yield f"entry right in {_at_least((right + _USUAL * _WORTH) / (right + false + _WORTH), _SHARES)} of them"


def _at_least(value: float, steps: tuple[float, ...]) -> str:
    """The highest step that a value reaches."""
    reached = [step for step in steps if value >= step]
    return f"{reached[-1]}+" if reached else f"under {steps[0]}"
