"""Is every figure of a sentence stated by a source line, of the same thing? By code, not by trust in a marker.

A figure of a sentence and a figure of a line agree when value, unit, bound and range end agree and both are of the same
product, attribute and condition (ask/stated reads both). When several figures of the source could be meant, the one
whose words are nearest to the sentence's is meant: the rate of the row that the sentence speaks of, not of the row
beneath it. Knows nothing of prompts and citations' numbers.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property

from seatmate.ask.agreement import (
    GENERIC,
    agreed,
    comparable,
    held,
    nearer,
    only_led_to,
    same_aspects,
    same_value,
    wrong_end,
)
from seatmate.ask.compose import SourceLine
from seatmate.ask.conditions import held_on, in_tier, may_measure, measured, side_on
from seatmate.ask.flaws import Flaw
from seatmate.ask.names import Names, masked
from seatmate.ask.prose import asked_in, stated_in_sentence
from seatmate.ask.rewrite import StandaloneQuery
from seatmate.ask.siblings import belongs
from seatmate.ask.stated import Asked, Side, Stated
from seatmate.ask.stated_lines import stated_in_line
from seatmate.domain.figures import FoundFigure
from seatmate.domain.figures import same_value as same_figure
from seatmate.domain.knowledge import BANK_ZONE

# Tuned on the development half of tests/bench/figures.py.
_NEARER = 0.12
"""By how much another figure's words must be nearer to the sentence before that figure is the one meant."""
_NAMED = 0.5
"""How much of a row's or a line's own name must be said where no attribute word tells what it is."""
_CLEAR = 0.5
"""How near the words of a line must be that the model did not cite."""
_NAMING = 0.5
"""What a row's own name is worth beside the words of its cells."""

_OF_MONEY = frozenset({"deposit", "per"})
"""Facets that a term or a day does not have: 按活期利率 says nothing of 3个月."""
_TOLD = frozenset({"pct", "amt", "num", "t", "term", "time"})
"""What is told of a condition, so that the condition is compared with it."""
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
    """A figure of a sentence, and the line that states it or why none does; `said` and `stated` are what both texts
    say of it, where a line states it."""

    figure: FoundFigure
    line: SourceLine | None
    flaw: Flaw | None = None
    said: Stated | None = None
    stated: Stated | None = None


class FigureCheck:
    """The figures of one question's source lines, read once, and sentences compared with them."""

    def __init__(
        self, query: StandaloneQuery, lines: Sequence[SourceLine], names: Names, as_of: datetime | None = None
    ) -> None:
        self._day = None if as_of is None else as_of.astimezone(BANK_ZONE).date()
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
        said = stated_in_sentence(sentence, self._names)
        measures = [s.figure for s in said if self._is_measure(sentence, s, cited)]
        holds_on = {key for s in said for key in s.keys if s.figure.kind in _TOLD}
        cases = tuple(s.figure for s in said if len(said) > 1 and self._is_case(s, cited))
        traced = []
        for s in said:
            if s.figure in measures or s.figure in cases:
                traced.append(Traced(s.figure, None))
                continue
            leads = s.leads or (s.figure in holds_on and bool(s.figure.direction) and (s.carried or not s.aspects))
            keys = (*(k for k in s.keys if k not in measures), *cases)
            whole = replace(s, keys=keys, leads=leads or s.names)
            traced.append(self._trace(whole, cited, sentence, s.figure in holds_on))
        return traced

    def _is_case(self, said: Stated, cited: Sequence[SourceLine]) -> bool:
        """Is it the customer's own amount, which the question names, and a cited line has a tier for it?"""
        numbers = {line.number for line in cited}
        if said.figure.kind != "amt" or said.figure.direction:
            return False
        if not any(same_figure(said.figure, f) for f in self._asks.figures):
            return False
        mine = [e.stated for e in self._evidence if e.line.number in numbers]
        return not any(same_value(said, s) for s in mine) and any(in_tier(said.figure, s.keys) for s in mine)

    def _is_measure(self, sentence: str, said: Stated, cited: Sequence[SourceLine]) -> bool:
        """Is it no figure but a measure or an ordinal — 一笔 for 每笔, 第一次 for 首次 — that a cited line has?"""
        if not may_measure(said.figure):
            return False
        numbers = {line.number for line in cited}
        if any(e.line.number in numbers and same_value(said, e.stated) for e in self._evidence):
            return False
        return any(measured(sentence, said.figure, line.text) for line in cited)

    def _trace(self, said: Stated, cited: Sequence[SourceLine], sentence: str, holds_on: bool = False) -> Traced:
        if said.figure.kind == "code":  # of no product that is known: only where a cited line has it
            line = next((line for line in cited if said.figure.raw in line.text), None)
            return Traced(said.figure, line, None if line else Flaw.UNSUPPORTED_FIGURE)
        products = said.products or self._asked
        numbers = {line.number for line in cited}
        documents = {line.passage.doc_id for line in cited}  # 自1月1日起 stands above a notice's table
        flaws: list[tuple[Flaw, Stated]] = []
        for evidence in sorted(self._evidence, key=lambda e: e.line.number not in numbers):
            if not same_value(said, evidence.stated):
                continue
            is_cited = evidence.line.number in numbers or (
                holds_on and said.figure.kind == "date" and evidence.line.passage.doc_id in documents
            )
            flaw = self._disagrees(said, evidence, products, sentence)
            if flaw is None and (is_cited or self._may_repair(said, evidence, numbers)):
                turned = () if holds_on else self._turned(said, numbers, products, sentence)
                better = next((f for f, s in turned if nearer(said, s, evidence.stated)), None)
                if better is not None:
                    return Traced(said.figure, None, better)
                return Traced(said.figure, evidence.line, None, said, evidence.stated)
            if flaw is not None and is_cited:
                flaws.append((flaw, evidence.stated))
        told = min((flaw for flaw, _ in flaws), key=_ORDER.index, default=Flaw.UNSUPPORTED_FIGURE)
        return Traced(said.figure, None, told)

    def _turned(
        self, said: Stated, cited: set[int], products: frozenset[str], sentence: str
    ) -> Iterator[tuple[Flaw, Stated]]:
        """The cited figures of this very value that the sentence turns round: 未满一年 for 满一年."""
        for e in self._evidence:
            if e.line.number in cited and same_value(said, e.stated):
                flaw = self._disagrees(said, e, products, sentence)
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
            and held(said, e.stated) >= held(said, evidence.stated)
            and self._same_thing(said, e.stated)
            and self._same_condition(said, e.stated)
            for e in self._evidence
        )

    def _disagrees(self, said: Stated, evidence: Evidence, products: frozenset[str], sentence: str) -> Flaw | None:
        stated = evidence.stated
        if products and stated.products and not products & stated.products:
            return Flaw.OTHER_PRODUCT
        if stated.compared and not said.compared:
            return Flaw.FIGURE_OF_SOMETHING_ELSE
        if flaw := wrong_end(said, stated):
            return flaw
        if self._day is not None and not held_on(self._day, said, stated):
            return Flaw.FORMER_VALUE
        side = stated.side if self._day is None else side_on(self._day, said, stated)
        if side is not Side.UNSAID and (side is Side.BEFORE) != (said.side is Side.BEFORE):
            return Flaw.FORMER_VALUE
        if not self._same_thing(said, stated):
            alike = self._same_condition(said, stated)
            return Flaw.FIGURE_OF_SOMETHING_ELSE if alike else Flaw.WRONG_CONDITION
        if not self._same_condition(said, stated):
            return Flaw.WRONG_CONDITION
        if self._another_is_meant(said, evidence, products):
            line = evidence.line
            if not belongs(
                masked(sentence, self._names.mentions(sentence)), said.figure, (line.passage, line.start, line.end)
            ):
                return Flaw.FIGURE_OF_SOMETHING_ELSE
        return None

    def _same_thing(self, said: Stated, stated: Stated) -> bool:
        """The same attribute, by its words or, where no word names one, by the words around."""
        if said.figure.kind == "phone":  # 有疑问请拨打…, 咨询电话…: a number is called what one likes
            return True
        mine = said.words | said.near | said.around
        theirs = stated.words | stated.near | stated.naming | stated.around
        if said.leads and said.figure.kind not in ("pct", "amt", "t"):
            bare = said.figure.kind in ("date", "time") and not said.words - GENERIC
            return bare or bool((mine | self._asks.words) & theirs - GENERIC)
        unsaid = not said.words - GENERIC and said.figure.kind in ("pct", "amt", "t")
        aspects = said.aspects or (self._asks.aspects if unsaid else frozenset())
        if aspects and stated.aspects and not same_aspects(aspects, stated.aspects):
            if not (said.carried or stated.carried):
                return False
            return bool(said.words & (stated.words | stated.near) - GENERIC)
        if aspects and stated.aspects:
            return True
        if stated.naming and held(said, stated) < _NAMED:
            spoken = mine | self._asks.words
            if len(stated.naming & spoken) < _NAMED * len(stated.naming):
                return False
        return not mine or bool((mine | self._asks.words) & theirs - GENERIC)

    def _same_condition(self, said: Stated, stated: Stated) -> bool:
        for facet, values in said.facets.items():
            if facet in _OF_MONEY and said.figure.kind not in ("pct", "amt", "num"):
                continue
            if facet in said.inherited and (facet in stated.inherited or facet.startswith("of:")):
                continue
            if facet in stated.facets and not values & stated.facets[facet]:
                return False
        for facet, values in self._asks.facets.items():
            if (
                facet != "deposit"
                and facet not in said.facets
                and facet in stated.facets
                and not values & stated.facets[facet]
            ):
                return False
        if stated.names and any(k.kind == said.figure.kind and not k.direction for k in said.keys):
            return False  # 七天通知存款 is not what 1天 of 「七天通知存款提前1天」 is
        keys = said.keys
        kinds = {key.kind for key in keys}
        keys += tuple(k for k in self._asks.keys if k.kind not in kinds and k.kind != said.figure.kind)
        for key in keys:
            rivals = [k for k in stated.keys if comparable(k, key)]
            alike = [k for k in rivals if bool(k.direction) is bool(key.direction)]
            met = any(same_figure(key, k) and key.direction * k.direction >= 0 for k in alike or rivals)
            if rivals and not met and (alike or not in_tier(key, rivals)):
                return False
        return True

    def _another_is_meant(self, said: Stated, evidence: Evidence, products: frozenset[str]) -> bool:
        """Does another figure of the same table or line, with another value, stand nearer to the sentence's words?"""
        if said.leads and said.figure.direction in (0, evidence.stated.figure.direction):
            return False
        here = self._nearness(said, evidence.stated)
        for other in self._evidence:
            rival = other.stated
            if (
                (said.aspects & evidence.stated.aspects and not rival.aspects)
                or (said.aspects and rival.aspects and not same_aspects(said.aspects, rival.aspects))
                or rival.figure.kind != evidence.stated.figure.kind
                or rival.names
                or (rival.figure.kind == "level" and rival.figure.value[0] != said.figure.value[0])
                or not _same_family(evidence, other)
                or same_value(said, rival)
                or (products and rival.products and not products & rival.products)
                or rival.figure.range_end is not evidence.stated.figure.range_end
                or (rival.side is Side.BEFORE) != (said.side is Side.BEFORE)
                or said.figure.direction * rival.figure.direction < 0
                or not self._same_condition(said, rival)
            ):
                continue
            there = self._nearness(said, rival)
            if there > here - _NEARER and agreed(said, rival) > agreed(said, evidence.stated):
                return True
            if there > here + _NEARER or only_led_to(said, rival, evidence.stated):
                return True
        return False

    def _nearness(self, said: Stated, stated: Stated) -> float:
        """How much of the clause's words the figure's own words hold, and how much of the row's name is said."""
        share = held(said, stated)
        spoken = said.near | said.lead | said.words | said.around
        name = stated.naming
        if name and not name & spoken:
            spoken = self._asks.words
        return share + (_NAMING * len(name & spoken) / len(name) if name else 0.0)


def _same_family(one: Evidence, other: Evidence) -> bool:
    """One table, one list of named lines, or one line."""
    a, b = one.line.passage, other.line.passage
    if one.stated.row and other.stated.row:
        return (a.doc_id, a.version, a.columns, a.headings) == (b.doc_id, b.version, b.columns, b.headings)
    if one.stated.naming and other.stated.naming and not one.stated.row and not other.stated.row:
        return (a.doc_id, a.version, a.headings) == (b.doc_id, b.version, b.headings)
    return one.line.number == other.line.number
