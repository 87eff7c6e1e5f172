"""Is every figure of a sentence stated by a source line, of the same thing? By code, not by trust in a marker.

A figure of a sentence and a figure of a line agree when value, unit, bound and range end agree and both are of the same
product, attribute and condition (ask/stated reads both). When several figures of the source could be meant, the one
whose words are nearest to the sentence's is meant: the rate of the row that the sentence speaks of, not of the row
beneath it. Knows nothing of prompts and citations' numbers.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from seatmate.ask.compose import SourceLine
from seatmate.ask.flaws import Flaw
from seatmate.ask.names import Names
from seatmate.ask.rewrite import StandaloneQuery
from seatmate.ask.stated import Asked, Side, Stated, asked_in, stated_in_sentence
from seatmate.ask.stated_lines import stated_in_line
from seatmate.domain.attributes import Attribute
from seatmate.domain.figures import FoundFigure, RangeEnd, same_value

# Tuned on the development half of tests/bench/figures.py.
_NEARER = 0.12
"""By how much another figure's words must be nearer to the sentence before that figure is the one meant."""
_NAMED = 0.5
"""How much of a row's or a line's own name must be said where no attribute word tells what it is."""
_CLEAR = 0.5
"""How near the words of a line must be that the model did not cite."""
_NAMING = 0.5
"""What a row's own name is worth beside the words of its cells."""

_SAME = (
    frozenset({Attribute.TERM, Attribute.HOLDING_PERIOD}),
    frozenset({Attribute.TERM, Attribute.MATURITY}),
    frozenset({Attribute.START_DATE, Attribute.TERM}),
    frozenset({Attribute.RISK_LEVEL, Attribute.ELIGIBILITY}),
    frozenset({Attribute.REDEMPTION_RULE, Attribute.HOLDING_PERIOD}),
    frozenset({Attribute.REDEMPTION_RULE, Attribute.REDEMPTION_CONFIRMATION}),
    frozenset({Attribute.REDEMPTION_RULE, Attribute.REDEMPTION_ARRIVAL}),
    frozenset({Attribute.OPENING_DAYS, Attribute.HOLDING_PERIOD}),
    frozenset({Attribute.OPENING_DAYS, Attribute.TERM}),
)
"""Attributes that one sentence of a sheet often speaks of together."""
_GENERIC = frozenset(
    [
        "金额",
        "费率",
        "标准",
        "产品",
        "客户",
        "办理",
        "执行",
        "收取",
        "说明",
        "规则",
        "本产",
        "业务",
        "人民",
        "民币",
        "银行",
        "要求",
        "可以",
        "远川",
        "川银",
    ]
)
"""Pieces that are in every other line and say nothing of what a figure is."""
_EXACT_KINDS = frozenset({"pct", "amt", "term", "num"})
_ORDER = (
    Flaw.WRONG_BOUND,
    Flaw.WRONG_RANGE,
    Flaw.FORMER_VALUE,
    Flaw.WRONG_CONDITION,
    Flaw.FIGURE_OF_SOMETHING_ELSE,
    Flaw.OTHER_PRODUCT,
)
"""The flaw that is told: of the source's figure that comes nearest to agreeing."""


@dataclass(frozen=True)
class Evidence:
    """A figure of a source line."""

    line: SourceLine
    stated: Stated


@dataclass(frozen=True)
class Traced:
    """A figure of a sentence, and the line that states it or why none does."""

    figure: FoundFigure
    line: SourceLine | None
    flaw: Flaw | None = None


class FigureCheck:
    """The figures of one question's source lines, read once, and sentences compared with them."""

    def __init__(self, query: StandaloneQuery, lines: Sequence[SourceLine], names: Names) -> None:
        self._lines = lines
        self._names = names
        self._asked = frozenset(p.code for p in query.products)
        self._question = query.text

    @cached_property
    def _evidence(self) -> list[Evidence]:
        return [
            Evidence(line, stated)
            for line in self._lines
            for stated in stated_in_line(line.passage, line.start, line.end, self._names)
        ]

    @cached_property
    def _asks(self) -> Asked:
        return asked_in(self._question, self._names)

    def trace(self, sentence: str, cited: Sequence[SourceLine]) -> list[Traced]:
        """Every figure with the line that states it: a cited one if one does, else any that is in the prompt."""
        return [self._trace(said, cited) for said in stated_in_sentence(sentence, self._names)]

    def _trace(self, said: Stated, cited: Sequence[SourceLine]) -> Traced:
        if said.figure.kind == "code":  # of no product that is known: only where a cited line has it
            line = next((line for line in cited if said.figure.raw in line.text), None)
            return Traced(said.figure, line, None if line else Flaw.UNSUPPORTED_FIGURE)
        products = said.products or self._asked
        numbers = {line.number for line in cited}
        flaws: list[tuple[Flaw, Stated]] = []
        for evidence in sorted(self._evidence, key=lambda e: e.line.number not in numbers):
            if not _same_value(said, evidence.stated):
                continue
            is_cited = evidence.line.number in numbers
            flaw = self._disagrees(said, evidence, products)
            if flaw is None and (is_cited or self._may_repair(said, evidence, numbers)):
                better = next((f for f, s in self._turned(said, numbers, products) if _nearer(said, s, evidence)), None)
                return Traced(said.figure, None if better else evidence.line, better)
            if flaw is not None and is_cited:
                flaws.append((flaw, evidence.stated))
        told = min((flaw for flaw, _ in flaws), key=_ORDER.index, default=Flaw.UNSUPPORTED_FIGURE)
        return Traced(said.figure, None, told)

    def _turned(self, said: Stated, cited: set[int], products: frozenset[str]) -> Iterator[tuple[Flaw, Stated]]:
        """The cited figures of this very value that the sentence turns round: 未满一年 for 满一年."""
        for e in self._evidence:
            if e.line.number in cited and _same_value(said, e.stated):
                flaw = self._disagrees(said, e, products)
                if flaw is Flaw.WRONG_BOUND:
                    yield flaw, e.stated

    def _may_repair(self, said: Stated, evidence: Evidence, cited: set[int]) -> bool:
        """Is a line that the model did not cite clearly the one that its sentence speaks of?

        Its words must be near the sentence's, and nearer than those of any figure of the lines that it did cite.
        """
        here = self._nearness(said, evidence.stated)
        if here < _CLEAR and not (said.aspects and said.aspects & evidence.stated.aspects and not said.carried):
            return False
        return not any(
            e.line.number in cited
            and e.stated.figure.kind == evidence.stated.figure.kind
            and _held(said, e.stated) >= _held(said, evidence.stated)
            and self._same_thing(said, e.stated)
            and self._same_condition(said, e.stated)
            for e in self._evidence
        )

    def _disagrees(self, said: Stated, evidence: Evidence, products: frozenset[str]) -> Flaw | None:
        stated = evidence.stated
        if products and stated.products and not products & stated.products:
            return Flaw.OTHER_PRODUCT
        if stated.compared and not said.compared:
            return Flaw.FIGURE_OF_SOMETHING_ELSE
        if flaw := _wrong_end(said, stated):
            return flaw
        if (stated.side is Side.BEFORE) != (said.side is Side.BEFORE) and Side.UNSAID not in (stated.side,):
            return Flaw.FORMER_VALUE
        if not self._same_thing(said, stated):
            return Flaw.FIGURE_OF_SOMETHING_ELSE
        if not self._same_condition(said, stated):
            return Flaw.WRONG_CONDITION
        if self._another_is_meant(said, evidence, products):
            return Flaw.FIGURE_OF_SOMETHING_ELSE
        return None

    def _same_thing(self, said: Stated, stated: Stated) -> bool:
        """The same attribute, by its words or, where no word names one, by the words around."""
        if said.figure.kind == "phone":  # 有疑问请拨打…, 咨询电话…: a number is called what one likes
            return True
        if said.leads and said.figure.kind not in ("pct", "amt", "t"):
            return bool((said.words | said.around) & (stated.words | stated.around) - _GENERIC)
        unsaid = not said.words - _GENERIC and said.figure.kind in ("pct", "amt", "t")
        aspects = said.aspects or (self._asks.aspects if unsaid else frozenset())
        if aspects and stated.aspects:
            if (said.carried or stated.carried) and (said.words & stated.words) - _GENERIC:
                return True
            return _same_aspects(aspects, stated.aspects)
        mine = said.words | said.around
        if stated.naming and _held(said, stated) < _NAMED:
            spoken = mine | self._asks.words
            if len(stated.naming & spoken) < _NAMED * len(stated.naming):
                return False
        if said.aspects and not stated.aspects:
            return bool((said.words & (stated.words | stated.around)) - _GENERIC)
        theirs = stated.words if stated.words - _GENERIC else stated.words | stated.around
        return not mine or bool((mine | self._asks.words) & (theirs | stated.naming) - _GENERIC) or not theirs

    def _same_condition(self, said: Stated, stated: Stated) -> bool:
        for facet, values in said.facets.items():
            if facet in stated.facets and not values & stated.facets[facet]:
                return False
        for facet, values in self._asks.facets.items():
            if facet not in said.facets and facet in stated.facets and not values & stated.facets[facet]:
                return False
        keys = said.keys
        kinds = {key.kind for key in keys}
        keys += tuple(k for k in self._asks.keys if k.kind not in kinds and k.kind != said.figure.kind)
        for key in keys:
            rivals = [k for k in stated.keys if _comparable(k, key)]
            if rivals and not any(same_value(key, k) and key.direction * k.direction >= 0 for k in rivals):
                return False
        return True

    def _another_is_meant(self, said: Stated, evidence: Evidence, products: frozenset[str]) -> bool:
        """Does another figure of the same table or line, with another value, stand nearer to the sentence's words?"""
        if said.leads:
            return False
        here = self._nearness(said, evidence.stated)
        for other in self._evidence:
            rival = other.stated
            if (
                (said.aspects & evidence.stated.aspects and not rival.aspects)
                or (said.aspects and rival.aspects and not _same_aspects(said.aspects, rival.aspects))
                or rival.figure.kind != evidence.stated.figure.kind
                or not _same_family(evidence, other)
                or _same_value(said, rival)
                or (products and rival.products and not products & rival.products)
                or rival.figure.range_end is not evidence.stated.figure.range_end
                or (rival.side is Side.BEFORE) != (said.side is Side.BEFORE)
                or not self._same_condition(said, rival)
            ):
                continue
            if self._nearness(said, rival) > here + _NEARER:
                return True
        return False

    def _nearness(self, said: Stated, stated: Stated) -> float:
        """How much of the clause's words the figure's own words hold, and how much of the row's name is said."""
        held = _held(said, stated)
        spoken = said.words | said.around
        name = stated.naming
        if name and not name & spoken:
            spoken = self._asks.words
        return held + (_NAMING * len(name & spoken) / len(name) if name else 0.0)


def _held(said: Stated, stated: Stated) -> float:
    """How much of the words of the sentence's clause the figure's own words hold, 0 to 1."""
    mine = said.words - _GENERIC
    return len(mine & (stated.words | stated.naming)) / len(mine) if mine else 0.0


def _nearer(said: Stated, one: Stated, evidence: Evidence) -> bool:
    """Is `one` nearer to what the sentence says, in its clause and the next, than the evidence?"""
    mine = (said.words | said.then) - _GENERIC
    return len(mine & (one.words | one.then)) > len(mine & (evidence.stated.words | evidence.stated.then))


def _same_value(said: Stated, stated: Stated) -> bool:
    """The same value of the same unit. A source's bare number is an amount in a table only: its header is there."""
    mine, theirs = said.figure, stated.figure
    if not same_value(mine, theirs) or not _same_unit(said, stated):
        return False
    return mine.kind == theirs.kind or theirs.kind != "num" or stated.row or stated.labelled


def _same_unit(said: Stated, stated: Stated) -> bool:
    return not said.unit or not stated.unit or said.unit == stated.unit or said.figure.kind != "num"


def _same_aspects(mine: frozenset[Attribute], theirs: frozenset[Attribute]) -> bool:
    return bool(mine & theirs) or any(pair & mine and pair & theirs for pair in _SAME)


def _comparable(one: FoundFigure, other: FoundFigure) -> bool:
    if one.kind != other.kind:
        return False
    if one.kind == "num":
        return one.raw[-1:] == other.raw[-1:] or one.raw[-1:].isdigit() or other.raw[-1:].isdigit()
    return True


def _same_family(one: Evidence, other: Evidence) -> bool:
    """One table, one list of named lines, or one line."""
    a, b = one.line.passage, other.line.passage
    if one.stated.row and other.stated.row:
        return (a.doc_id, a.version, a.columns, a.headings) == (b.doc_id, b.version, b.columns, b.headings)
    if one.stated.naming and other.stated.naming and not one.stated.row and not other.stated.row:
        return (a.doc_id, a.version, a.headings) == (b.doc_id, b.version, b.headings)
    return one.line.number == other.line.number


def _wrong_end(said: Stated, stated: Stated) -> Flaw | None:
    """The bound or the end of the range is another."""
    mine, theirs = said.figure, stated.figure
    if mine.range_end is not RangeEnd.NONE and theirs.range_end is not RangeEnd.NONE:
        if mine.range_end is not theirs.range_end:
            return Flaw.WRONG_RANGE
        if said.partner is not None and stated.partner is not None and not same_value(said.partner, stated.partner):
            return Flaw.WRONG_RANGE
        return None
    if mine.direction * theirs.direction < 0:
        return Flaw.WRONG_RANGE if RangeEnd.NONE not in (mine.range_end, theirs.range_end) else Flaw.WRONG_BOUND
    if theirs.range_end is not RangeEnd.NONE and not mine.direction and theirs.kind in _EXACT_KINDS:
        return Flaw.WRONG_RANGE
    if mine.range_end is not RangeEnd.NONE and not theirs.direction and mine.kind in _EXACT_KINDS:
        return Flaw.WRONG_RANGE
    return None
