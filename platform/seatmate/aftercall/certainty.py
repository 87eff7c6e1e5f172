"""How sure words are of what they told: signs around a finding and three measures, weighed by a table learned on talks.

The table, `certain.yaml` beside the catalogue, is made by `.venv/bin/python -m tests.bench.certain` and not to be
edited; only the two thresholds are a bank's to choose: what is less sure than `certain_from` stays in the record to be
confirmed, what is less sure than `told_from` is not told. Weights are hundredths of log-odds, of a sign that holds and
of one unit of a measure. `seen` says how often every entry of the catalogue, by the hash of its words, was right on the
talks and how often false; an entry that was changed or added since has not been seen. Knows no call.
"""

import hashlib
from collections.abc import Mapping, Set
from math import exp, log
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

from pydantic import Field

from seatmate.aftercall.leaning import UNCOUNTED, Leanings, load_leanings
from seatmate.aftercall.written import read_written
from seatmate.domain.model import Shape

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[float, Field(ge=0)]
Counts = tuple[Count, Count]
"""How often right, and how often false."""

UNSEEN: Counts = (0.0, 0.0)
_USUAL = 0.72
"""What is expected of an entry whose field was never seen, and how many tellings that expectation is worth."""
_WORTH = 4
_NOTHING: Mapping[str, float] = MappingProxyType({})


class Weights(Shape):
    certain_from: Share
    told_from: Share
    bias: int
    signs: Mapping[str, int]
    measures: Mapping[str, int]
    seen: Mapping[str, Mapping[str, Counts]]
    """Field or label → entry → how it did."""

    def confidence(self, signs: Set[str], measures: Mapping[str, float] = _NOTHING) -> float:
        """The share of findings like this one that are right."""
        of_signs = sum(self.signs.get(sign, 0) for sign in signs)
        of_measures = sum(self.measures.get(name, 0) * value for name, value in measures.items())
        return round(1 / (1 + exp(-(self.bias + of_signs + of_measures) / 100)), 2)

    def is_certain(self, confidence: float) -> bool:
        return confidence >= self.certain_from

    def is_told(self, confidence: float) -> bool:
        return confidence >= self.told_from

    def counts_of(self, name: str, entry: str) -> Counts:
        return self.seen.get(name, {}).get(entry, UNSEEN)

    def record_of(self, name: str, entry: str) -> float:
        """How an entry did, as log-odds: where it was hardly seen, as its field did."""
        of_field = self.seen.get(name, {}).values()
        whole = sum(right for right, _ in of_field), sum(false for _, false in of_field)
        return record(self.counts_of(name, entry), whole)


def record(entry: Counts, field: Counts) -> float:
    share = _USUAL
    for right, false in (field, entry):
        share = (right + share * _WORTH) / (right + false + _WORTH)
    return log(share / (1 - share))


class _Tables(Shape):
    kyc: Weights
    voc: Weights
    leaned_kyc: Weights
    leaned_voc: Weights
    """Of what no entry tells, and words lean to (leaned_facts.py, leaned_voices.py)."""


class Certainty(_Tables):
    words: Leanings


_PRIOR = Weights(certain_from=0.0, told_from=0.0, bias=220, signs={}, measures={}, seen={})
"""Nine of ten: what such patterns are held to when they are made."""

UNMEASURED = Certainty(kyc=_PRIOR, voc=_PRIOR, leaned_kyc=_PRIOR, leaned_voc=_PRIOR, words=UNCOUNTED)
"""For a catalogue without a table: all that words tell is certain."""


def load_certainty(table: Path, words: Path) -> Certainty:
    """A missing file measures nothing. Raises Misconfigured for one that cannot be read."""
    if not table.exists():
        return UNMEASURED
    tables = read_written(table, _Tables)
    return Certainty(**dict(tables), words=load_leanings(words))


def entry_key(written: tuple[str, ...]) -> str:
    """An entry of the catalogue by its words."""
    return hashlib.sha256("\n".join(written).encode()).hexdigest()[:8]
