"""What a text states: every figure with what it is a figure of, for which product, on which condition.

The shape that a sentence of a model (ask/prose) and a line of a source (ask/prose, ask/stated_lines) are both read
into, so that they can be compared (ask/figure_check), and how a text falls into clauses. Knows nothing of what was
asked.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from seatmate.domain.attributes import Attribute
from seatmate.domain.figures import COUNTERS, FoundFigure, RangeEnd

Aspects = frozenset[Attribute]

_CLAUSE = re.compile(r"(?:[^，,；;。！？!?、\n]|(?<=\d),(?=\d))+")
_BRACKETS = re.compile(r"[（(][^（）()]{0,60}[）)]")
_INNER_MARKS = re.compile(r"[，,；;、]")


class Side(StrEnum):
    """「由1.45%调整为1.40%」: 1.45% was, 1.40% is."""

    UNSAID = "unsaid"
    BEFORE = "before"
    NOW = "now"


@dataclass(frozen=True)
class Stated:
    """One figure, and what the text says it is.

    `partner` is the other end of a range; `aspects` are empty when no word names one, `carried` says that they stand in
    an earlier clause; `words` are the pieces of its clause or cell, `near` those between the figure of its kind before
    it and the one behind it, `lead` those of the clauses that lead up to it, `then` those of the clause behind it,
    `around` those of its row or line, `naming` those of the row's or the line's own name; `keys` are the figures it
    holds on; `inherited` are the facets of an earlier clause; `leads` says that it is itself what another figure of its
    clause holds on, `labelled` that a colon stands before it, `row` that it is a cell, `names` that it is part of a
    name (七天通知存款), `moment` that it is counted to (前) or from (后) a day.
    """

    figure: FoundFigure
    partner: FoundFigure | None
    unit: str
    products: frozenset[str]
    aspects: Aspects
    carried: bool
    facets: Mapping[str, frozenset[str]]
    words: frozenset[str]
    near: frozenset[str]
    lead: frozenset[str]
    then: frozenset[str]
    around: frozenset[str]
    naming: frozenset[str]
    keys: tuple[FoundFigure, ...]
    side: Side
    compared: bool
    leads: bool = False
    labelled: bool = False
    row: bool = False
    names: bool = False
    inherited: frozenset[str] = frozenset()
    moment: str = ""


@dataclass(frozen=True)
class Asked:
    """What a question says of the figure that will answer it: for a sentence that leaves it unsaid."""

    aspects: Aspects
    facets: Mapping[str, frozenset[str]]
    words: frozenset[str]
    keys: tuple[FoundFigure, ...]
    figures: tuple[FoundFigure, ...] = ()


def clauses_of(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """The clauses of a text; a comma within brackets ends none."""
    whole = _BRACKETS.sub(lambda m: _INNER_MARKS.sub("\x00", m[0]), text)
    return [found.span() for found in _CLAUSE.finditer(whole, start, len(text) if end is None else end)]


KEY_KINDS = ("term", "level", "date", "time", "num", "tier")


def key_kind(figure: FoundFigure) -> str:
    """A bounded amount is a tier: 「5万元以上手续费10元」."""
    if figure.kind in ("amt", "pct"):
        return "tier" if figure.kind == "amt" and figure.direction else ""
    return figure.kind if figure.kind in KEY_KINDS else ""


def partner_of(figures: Sequence[FoundFigure], number: int) -> FoundFigure | None:
    """The other end of the range; the ends stand next to each other."""
    figure = figures[number]
    step = {RangeEnd.LOW: 1, RangeEnd.HIGH: -1}.get(figure.range_end, 0)
    other = figures[number + step] if step and 0 <= number + step < len(figures) else None
    return other if other is not None and other.kind == figure.kind else None


def unit_of(text: str, figure: FoundFigure) -> str:
    """What a bare number counts: 次 of 5次."""
    if figure.kind != "num":
        return ""
    found = re.search(rf"(?:{COUNTERS})$", figure.raw)
    return found[0].removeprefix("周") if found else ""


def without(text: str, figures: Sequence[FoundFigure], offset: int = 0) -> str:
    pieces, at = [], 0
    for figure in sorted(figures, key=lambda f: f.start):
        start, end = figure.start - offset, figure.end - offset
        if start < at:
            continue
        pieces.append(text[at:start])
        at = end
    return " ".join([*pieces, text[at:]]).replace("\x00", " ")
