"""How well the findings of records agree with gold: precision and recall per KYC field and VOC label.

A finding is right when gold has its field (or label and polarity) in the same utterance with overlapping words; of
several findings on one gold each is right, and a gold is found once. `whole` also asks for subject, polarity and
modality. Intervals are bootstrapped over calls: findings of one call stand and fall together. Knows no model.
"""

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import reduce
from operator import add
from typing import Protocol, Self, TypeVar

from seatmate.domain.calls import Conversation
from seatmate.domain.evidence import Evidence
from seatmate.domain.findings import KycFact, VocItem
from seatmate_eval.cases import CallCase

_DRAWS = 1_000


@dataclass(frozen=True)
class Gold:
    """`text[start:end]` of an utterance, under a name; `typing` is what `whole` compares."""

    name: str
    utt_id: str
    start: int
    end: int
    typing: tuple[str, ...]


@dataclass
class Score:
    """Counts of one call or of many."""

    right: int = 0
    false: int = 0
    gold: int = 0
    found: int = 0
    whole: int = 0
    """Of the right ones, those with the gold's typing too."""

    def __add__(self, other: "Score") -> "Score":
        return Score(
            self.right + other.right,
            self.false + other.false,
            self.gold + other.gold,
            self.found + other.found,
            self.whole + other.whole,
        )

    @property
    def precision(self) -> float | None:
        return self.right / (self.right + self.false) if self.right + self.false else None

    @property
    def recall(self) -> float | None:
        return self.found / self.gold if self.gold else None


@dataclass
class Compared:
    """One call: scores per name, and what was wrong or missed."""

    scores: dict[str, Score] = field(default_factory=lambda: defaultdict(Score))
    false: list[tuple[str, Evidence]] = field(default_factory=list)
    missed: list[Gold] = field(default_factory=list)

    @property
    def total(self) -> Score:
        return sum(self.scores.values(), Score())


def compare_facts(facts: Sequence[KycFact], gold: Sequence[Gold]) -> Compared:
    named = [(f.field, f.evidence, (f.subject.value, f.polarity.value, f.modality.value)) for f in facts]
    return _compare(named, gold)


def compare_voices(voices: Sequence[VocItem], gold: Sequence[Gold]) -> Compared:
    return _compare([(f"{v.polarity.value} {v.label_l1}", v.evidence, ()) for v in voices], gold)


def _compare(findings: Iterable[tuple[str, Sequence[Evidence], tuple[str, ...]]], gold: Sequence[Gold]) -> Compared:
    compared, found = Compared(), set[int]()
    for name, evidence, typing in findings:
        hit = [n for n, one in enumerate(gold) if one.name == name and any(_overlap(e, one) for e in evidence)]
        if hit:
            compared.scores[name].right += 1
            compared.scores[name].whole += any(gold[n].typing == typing for n in hit)
        else:
            compared.scores[name].false += 1
            compared.false.append((name, evidence[0]))
        found |= set(hit)
    for n, one in enumerate(gold):
        compared.scores[one.name].gold += 1
        compared.scores[one.name].found += n in found
    compared.missed = [one for n, one in enumerate(gold) if n not in found]
    return compared


def _overlap(evidence: Evidence, gold: Gold) -> bool:
    return evidence.utt_id == gold.utt_id and evidence.start < gold.end and gold.start < evidence.end


@dataclass(frozen=True)
class Interval:
    value: float
    low: float
    high: float


class Counts(Protocol):
    """Counts that add up, with shares as properties."""

    def __add__(self, other: Self, /) -> Self: ...


C = TypeVar("C", bound=Counts)


def interval(calls: Sequence[C], of: str) -> Interval | None:
    """A share over calls, by its name, with a 95 % bootstrap interval; None when it is not defined."""
    value = getattr(reduce(add, calls), of) if calls else None
    if value is None:
        return None
    rng = random.Random(4)
    drawn = sorted(
        one for _ in range(_DRAWS) if (one := getattr(reduce(add, rng.choices(calls, k=len(calls))), of)) is not None
    )
    return Interval(value, drawn[int(0.025 * len(drawn))], drawn[int(0.975 * len(drawn)) - 1])


def facts_of(case: CallCase, conversation: Conversation) -> list[Gold]:
    """The facts that gold names, in their places."""
    return [
        Gold(
            one.field,
            one.utt,
            *gold_place(conversation, one.utt, one.quote),
            (one.subject.value, one.polarity.value, one.modality.value),
        )
        for one in case.kyc
    ]


def voices_of(case: CallCase, conversation: Conversation) -> list[Gold]:
    return [
        Gold(f"{one.polarity.value} {one.label_l1}", one.utt, *gold_place(conversation, one.utt, one.quote), ())
        for one in case.voc
    ]


def gold_place(conversation: Conversation, utt_id: str, quote: str) -> tuple[int, int]:
    """Where the quote stands in its utterance. Raises ValueError when it does not (`seatmate-eval check` finds it)."""
    text = next(u.text for u in conversation.utterances if u.utt_id == utt_id)
    start = text.index(quote)
    return start, start + len(quote)
