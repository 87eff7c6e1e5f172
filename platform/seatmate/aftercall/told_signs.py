"""Signs around what words told, by name: who is spoken of, how the agent took it, what else was told beside it.

Each sign holds or does not; what it is worth is learned (certainty.py, tests/bench/certain.py). Signs judge nothing by
themselves: a claim that the call makes twice is not wrong, but its second telling is seldom the one to quote.
"""

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from types import MappingProxyType
from typing import Self

from seatmate.aftercall.certainty import Weights, entry_key
from seatmate.aftercall.fields import Catalogue
from seatmate.aftercall.leaning import Grams, Leanings, WordCounts, grams_of
from seatmate.aftercall.telling import AnyTelling, Claim, Match, Turn, claim_of
from seatmate.domain.findings import KycFact, VocItem

_IN_WORDS = (
    ("我", re.compile("我|俺|咱|阿拉|本人")),
    ("你", re.compile("你|您")),
    ("你们", re.compile("你们|贵行|咱们(?:行|银行)|银行")),
    ("an if", re.compile("要是|如果|假如|万一|的话|除非")),
    ("speech", re.compile("说|讲|听|告诉|问")),
    ("the past", re.compile("以前|之前|上次|上回|原来|去年|前年|那时|当时|曾经|过(?:$|的|了)")),
)
_ASKED = re.compile("吗|[?？]|呢|哪|什么|多少|几|是不是|有没有|方便|请问|怎么")
_IN_REPLY = (
    ("is glad", re.compile("谢谢您|感谢您|您客气|过奖|应该的|客气")),
    ("has understood", re.compile("明白|了解|清楚|知道了|好的|记下|嗯")),
)
_UNCOUNTED: Mapping[str, WordCounts] = MappingProxyType({})


def signs_of(telling: AnyTelling, beside: "Beside", catalogue: Catalogue) -> frozenset[str]:
    """All that hold of one telling."""
    one = telling.finding
    own = _of_fact(one, telling, catalogue) if isinstance(one, KycFact) else _of_voice(one, telling)
    match = telling.match
    around = (*signs_of_words(match.turn, match.clause), *_of_match(match), *signs_of_talk(match.turn))
    return frozenset([*own, *around, *beside.signs_of(telling)])


def measures_of(telling: AnyTelling, weights: Weights, words: Leanings) -> dict[str, float]:
    """How its entry did on the talks, and how the words around lean."""
    record = weights.record_of(telling.name, key_of(telling))
    return {"record": record} | leaning_measures(telling, words.counts)


def leaning_measures(
    telling: AnyTelling, counts: Mapping[str, WordCounts], less: Mapping[str, WordCounts] = _UNCOUNTED
) -> dict[str, float]:
    """`counts` of fields, polarities and labels; `less` of the same names is not counted."""
    measures: dict[str, float] = {}
    for what, (name, grams) in _leans(telling).items():
        to, ahead = counts[what].lean(name, grams, less.get(what))
        measures |= {what: to, f"{what} ahead": ahead}
    return measures


def _leans(telling: AnyTelling) -> dict[str, tuple[str, Grams]]:
    """What is looked up: in the words themselves, or in the whole turn with the reply to it."""
    turn, words = telling.match.turn, telling.match.words
    one = telling.finding
    if isinstance(one, KycFact):
        return {"field": (one.field, turn.grams(telling.match.clause))}
    return {
        "polarity": (one.polarity.value, grams_of(turn.text, turn.before, turn.after)),
        "label": (one.label_l1, grams_of(words, turn.before)),
    }


def key_of(telling: AnyTelling) -> str:
    told = telling.told
    return entry_key(tuple(p.pattern for p in (*told.says, *told.unless, *told.unless_turn, *told.after)))


# ── the finding itself ─────────────────────────────────────────────────────────────────────────────────────────────


def _of_fact(fact: KycFact, telling: AnyTelling, catalogue: Catalogue) -> Iterator[str]:
    yield f"field {fact.field}"
    yield f"group {catalogue.fields[fact.field].group}"
    yield f"{fact.modality.value} of {fact.subject.value}"
    yield f"value: {_kind_of_value(fact, telling)}"


def _kind_of_value(fact: KycFact, telling: AnyTelling) -> str:
    if getattr(telling.told, "value", ""):
        return "set"
    if telling.match.found.groupdict().get("value"):
        return "named"
    return "words" if fact.value == fact.value_text else "figure"


def _of_voice(voice: VocItem, telling: AnyTelling) -> Iterator[str]:
    yield f"voice {telling.name}"
    yield voice.polarity.value
    yield f"severity {voice.severity}"


# ── the words and the talk around ──────────────────────────────────────────────────────────────────────────────────


def signs_of_words(turn: Turn, clause: tuple[int, int]) -> Iterator[str]:
    start, end = clause
    words = turn.text[start:end]
    for name, pattern in _IN_WORDS:
        if pattern.search(words):
            yield f"{name} in the words"
        elif pattern.search(turn.text):
            yield f"{name} in the turn"
    yield f"words: {_up_to(end - start, (4, 8, 18))} characters"
    said = len(turn.text.replace(" ", ""))  # speech recognisers write spaces
    yield f"turn: {_up_to(said, (8, 20, 40, 80))} characters, {_up_to(len(turn.spans), (1, 2, 4, 8))} clauses"
    if end == turn.spans[-1][1]:
        yield "last of the turn"


def _of_match(match: Match) -> Iterator[str]:
    (first, last), (start, end) = match.found.span(), match.clause
    yield f"{_up_to((last - first) / (end - start), (0.2, 0.4, 0.6, 0.8, 1))} of them matched"


def signs_of_talk(turn: Turn) -> Iterator[str]:
    yield f"{_up_to(turn.place, (0.15, 0.7, 0.85, 1))} of the call"
    if turn.by_phone:
        yield "by phone"
    if _ASKED.search(turn.before):
        yield "agent asked"
    for name, pattern in _IN_REPLY:
        if pattern.search(turn.after):
            yield f"agent {name}"


def _up_to(value: float, steps: Sequence[float]) -> str:
    """The first step that a value does not exceed."""
    return next((f"up to {step}" for step in steps if value <= step), f"over {steps[-1]}")


# ── what else was told ─────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Claims:
    """Of one name: where each was told first and last, and the last places in order."""

    told: Mapping[Claim, tuple[float, float]]
    ends: Sequence[float]

    @classmethod
    def of(cls, told: Mapping[Claim, tuple[float, float]]) -> Self:
        return cls(told, sorted(end for _, end in told.values()))

    def signs_of(self, claim: Claim, place: float) -> Iterator[str]:
        first, last = self.told[claim]
        if len(self.told) == 1:
            yield "the only one of its name"
        if first != last:
            yield "told again"
        if len(self.ends) - bisect_right(self.ends, place) > (last > place):
            yield "another one later"


@dataclass(frozen=True)
class Beside:
    """All tellings of a call, as each of them sees the others."""

    claims: Mapping[str, _Claims]
    """By name."""
    in_clauses: Mapping[tuple[int, int], Set[str]]
    """Turn and clause → the names of what was told there."""

    @classmethod
    def of(cls, tellings: Sequence[AnyTelling]) -> Self:
        told: dict[str, dict[Claim, tuple[float, float]]] = defaultdict(dict)
        in_clauses: dict[tuple[int, int], set[str]] = defaultdict(set)
        for one in tellings:
            place, claim = one.match.turn.place, claim_of(one.finding)
            first, _ = told[one.name].get(claim, (place, place))
            told[one.name][claim] = (first, place)
            for clause in _clauses(one):
                in_clauses[id(one.match.turn), clause].add(one.name)
        return cls({name: _Claims.of(of_name) for name, of_name in told.items()}, in_clauses)

    def signs_of(self, telling: AnyTelling) -> Iterator[str]:
        yield from self.claims[telling.name].signs_of(claim_of(telling.finding), telling.match.turn.place)
        turn = id(telling.match.turn)
        names = {name for at in _clauses(telling) for name in self.in_clauses[turn, at]} - {telling.name}
        yield f"{_up_to(len(names), (0, 1))} other things in the words"


def _clauses(telling: AnyTelling) -> Iterator[int]:
    """The clauses of the turn that a telling is quoted by."""
    (start, end), spans = telling.match.clause, telling.match.turn.spans
    number = bisect_left(spans, (start,))
    while number < len(spans) and spans[number][0] < end:
        yield number
        number += 1
