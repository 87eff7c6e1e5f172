"""Signs around what words told, by name: who is spoken of, how the agent took it, what else was told beside it.

Each sign holds or does not; what it is worth is learned (certainty.py, tests/bench/certain.py). Signs judge nothing by
themselves: a claim that the call makes twice is not wrong, but its second telling is seldom the one to quote.
"""

import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import Self

from seatmate.aftercall.candidates import has_cue
from seatmate.aftercall.certainty import Weights, entry_key, strength
from seatmate.aftercall.fields import Catalogue
from seatmate.aftercall.telling import AnyTelling, Claim, claim_of
from seatmate.domain.calls import Conversation
from seatmate.domain.findings import KycFact, Polarity, VocItem, VocPolarity

_IN_WORDS = (
    ("我", re.compile("我|俺|咱|阿拉|本人")),
    ("你", re.compile("你|您")),
    ("你们", re.compile("你们|贵行|咱们(?:行|银行)|银行")),
    ("others", re.compile("他|她|人家|别人|大家|有人")),
    ("a hedge", re.compile("可能|大概|好像|应该|估计|也许|说不定|不一定|差不多|或者|看情况|再说|再看|看看")),
    ("a question", re.compile("吗|么|呢|[?？]|多少|怎么|咋|什么|啥|哪|几(?:号|点|天)|是不是|能不能|会不会|有没有")),
    ("an if", re.compile("要是|如果|假如|万一|的话|除非")),
    ("speech", re.compile("说|讲|听|告诉|问")),
    ("a no", re.compile("不|没|未|别|冇|唔")),
    ("thanks", re.compile("谢|辛苦|麻烦[你您]")),
    ("the past", re.compile("以前|之前|上次|上回|原来|去年|前年|那时|当时|曾经|过(?:$|的|了)")),
    ("what is to come", re.compile("要|想|打算|准备|明年|下个?月|以后|将来|等")),
    ("a figure", re.compile(r"\d|[一二两三四五六七八九十百千万]+(?:万|块|个|年|月|点|%)")),
    ("stress", re.compile("太|真|死|透|特别|非常|很|挺")),
    ("a wish", re.compile("建议|希望|能不能|可不可以|最好|应该|要是能|应当")),
    ("a but", re.compile("但|不过|可是|只是")),
)
_ASKED = re.compile("吗|[?？]|呢|哪|什么|多少|几|是不是|有没有|方便|请问|怎么")
_IN_REPLY = (
    ("is sorry", re.compile("抱歉|不好意思|对不起|理解|添麻烦|带来|别生气|着急|心情")),
    ("is glad", re.compile("谢谢您|感谢您|您客气|过奖|应该的|客气")),
    ("makes a note", re.compile("记(?:下|录|一下)|反馈|反映|转达|上报|建议.{0,6}(?:提|报|转)|登记|备注")),
    ("has understood", re.compile("明白|了解|清楚|知道了|好的|记下|嗯")),
)
_LETTERS = re.compile(r"\W+")
_OPPOSITE: Mapping[VocPolarity, VocPolarity] = MappingProxyType(
    {VocPolarity.POSITIVE: VocPolarity.NEGATIVE, VocPolarity.NEGATIVE: VocPolarity.POSITIVE}
)


def signs_of(telling: AnyTelling, beside: "Beside", conversation: Conversation, catalogue: Catalogue) -> frozenset[str]:
    """All that hold of one telling."""
    one = telling.finding
    own = _of_fact(one, telling, catalogue) if isinstance(one, KycFact) else _of_voice(one, telling, catalogue)
    return frozenset([*own, *_of_words(telling), *_of_talk(telling, conversation), *beside.signs_of(telling)])


def strength_of(telling: AnyTelling, weights: Weights) -> frozenset[str]:
    """How the entry that told it did on the talks."""
    return frozenset(strength(weights.counts_of(telling.name, key_of(telling))))


def key_of(telling: AnyTelling) -> str:
    told = telling.told
    return entry_key(tuple(p.pattern for p in (*told.says, *told.unless, *told.unless_turn, *told.after)))


# ── the finding itself ─────────────────────────────────────────────────────────────────────────────────────────────


def _of_fact(fact: KycFact, telling: AnyTelling, catalogue: Catalogue) -> Iterator[str]:
    field = catalogue.fields[fact.field]
    yield f"field {fact.field}"
    yield f"group {field.group}"
    yield f"{fact.modality.value} of {fact.subject.value}"
    if fact.polarity is Polarity.NEGATED:
        yield "negated"
    yield f"value: {_kind_of_value(fact, telling)}"
    if has_cue(field.cues, telling.match.words):
        yield "cue in the words"
    if has_cue(field.cues, telling.match.turn.before):
        yield "cue before"


def _kind_of_value(fact: KycFact, telling: AnyTelling) -> str:
    if getattr(telling.told, "value", ""):
        return "set"
    if telling.match.found.groupdict().get("value"):
        return "named"
    return "words" if fact.value == fact.value_text else "figure"


def _of_voice(voice: VocItem, telling: AnyTelling, catalogue: Catalogue) -> Iterator[str]:
    yield f"voice {telling.name}"
    yield voice.polarity.value
    yield f"severity {voice.severity}"
    turn = telling.match.turn
    opposite = _OPPOSITE.get(voice.polarity)
    for where, text in (("in the words", telling.match.words), ("in the turn", turn.text), ("before", turn.before)):
        if has_cue(catalogue.labels[voice.label_l1].cues, text):
            yield f"topic {where}"
        if has_cue(catalogue.polarity[voice.polarity], text):
            yield f"feeling {where}"
        if opposite is not None and has_cue(catalogue.polarity[opposite], text):
            yield f"opposite feeling {where}"


# ── the words and the talk around ──────────────────────────────────────────────────────────────────────────────────


def _of_words(telling: AnyTelling) -> Iterator[str]:
    match, turn = telling.match, telling.match.turn
    start, end = match.clause
    for name, pattern in _IN_WORDS:
        if pattern.search(match.words):
            yield f"{name} in the words"
        elif pattern.search(turn.text):
            yield f"{name} in the turn"
    first, last = match.found.span()
    yield f"words: {_up_to(end - start, (4, 8, 12, 18, 30))} characters"
    yield f"{_up_to((last - first) / (end - start), (0.2, 0.4, 0.6, 0.8, 1))} of them matched"
    said = len(turn.text.replace(" ", ""))  # of a sentence that speaks to a machine blanks are left
    yield f"turn: {_up_to(said, (8, 20, 40, 80))} characters, {_up_to(len(turn.spans), (1, 2, 4, 8))} clauses"
    if start == turn.spans[0][0]:
        yield "first of the turn"
    if end == turn.spans[-1][1]:
        yield "last of the turn"
    yield f"entry {_up_to(telling.rank + 1, (1, 2, 4, 7))} of its list"


def _of_talk(telling: AnyTelling, conversation: Conversation) -> Iterator[str]:
    turn, words = telling.match.turn, _pairs(telling.match.words)
    yield f"{conversation.channel.value}, {conversation.direction.value}"
    yield f"{_up_to(turn.place, (0.15, 0.3, 0.7, 0.85, 1))} of the call"
    if _ASKED.search(turn.before):
        yield "agent asked"
    for name, pattern in _IN_REPLY:
        if pattern.search(turn.after):
            yield f"agent {name}"
    if words:
        yield f"{_up_to(len(words & _pairs(turn.before)) / len(words), (0, 0.15, 0.3, 0.5, 1))} said before"
        yield f"{_up_to(len(words & _pairs(turn.after)) / len(words), (0, 0.15, 0.3, 0.5, 1))} said after"


def _pairs(text: str) -> set[str]:
    letters = _LETTERS.sub("", text)
    return {a + b for a, b in pairwise(letters)}


def _up_to(value: float, steps: Sequence[float]) -> str:
    """The first step that a value does not exceed."""
    return next((f"up to {step}" for step in steps if value <= step), f"over {steps[-1]}")


# ── what else was told ─────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Claims:
    """Of one name: where each was told first and last, and all of these places in order."""

    told: Mapping[Claim, tuple[float, float]]
    begins: Sequence[float]
    ends: Sequence[float]

    @classmethod
    def of(cls, told: Mapping[Claim, tuple[float, float]]) -> Self:
        return cls(told, sorted(begin for begin, _ in told.values()), sorted(end for _, end in told.values()))

    def signs_of(self, claim: Claim, place: float) -> Iterator[str]:
        first, last = self.told[claim]
        if len(self.told) == 1:
            yield "the only one of its name"
        if first != last:
            yield "told again"
        earlier = bisect_left(self.begins, place)
        if earlier > (first < place):
            yield "another one earlier"
        if bisect_right(self.begins, place) - earlier > (first == place):
            yield "another one begun in the turn"
        if len(self.ends) - bisect_right(self.ends, place) > (last > place):
            yield "another one later"


@dataclass(frozen=True)
class Beside:
    """All tellings of a call, as each of them sees the others."""

    claims: Mapping[str, _Claims]
    """By name."""
    in_clauses: Mapping[tuple[int, int], Set[str]]
    """Turn and clause → the names of what was told there."""
    in_turns: Mapping[int, int]

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
        claims = {name: _Claims.of(of_name) for name, of_name in told.items()}
        return cls(claims, in_clauses, Counter(id(one.match.turn) for one in tellings))

    def signs_of(self, telling: AnyTelling) -> Iterator[str]:
        yield from self.claims[telling.name].signs_of(claim_of(telling.finding), telling.match.turn.place)
        turn = id(telling.match.turn)
        names = {name for at in _clauses(telling) for name in self.in_clauses[turn, at]} - {telling.name}
        yield f"{_up_to(len(names), (0, 1))} other things in the words"
        yield f"{_up_to(self.in_turns[turn], (1, 2, 3))} things in the turn"


def _clauses(telling: AnyTelling) -> Iterator[int]:
    """The clauses of the turn that a telling is quoted by."""
    (start, end), spans = telling.match.clause, telling.match.turn.spans
    number = bisect_left(spans, (start,))
    while number < len(spans) and spans[number][0] < end:
        yield number
        number += 1
