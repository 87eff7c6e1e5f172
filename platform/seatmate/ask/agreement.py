"""Do two figures state the same, and how near are their words? Of a sentence's figure and a source's (ask/stated).

Value, unit, bound and end of a range are compared as they are; words by how many pieces both have. Knows nothing of
lines, citations and questions.
"""

from decimal import Decimal

from seatmate.ask.flaws import Flaw
from seatmate.ask.stated import Stated
from seatmate.domain.attributes import Attribute
from seatmate.domain.figures import FoundFigure, RangeEnd
from seatmate.domain.figures import same_value as same_figure

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
GENERIC = frozenset(
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
_LEAD = 0.5
"""What the clauses that lead up to a figure are worth beside its own."""
_EXACT_KINDS = frozenset({"pct", "amt", "term", "num"})


def only_led_to(said: Stated, rival: Stated, stated: Stated) -> bool:
    """Where both are told in the same words: is only the other one led up to by what leads up to the sentence's?"""
    near, lead = said.near - GENERIC, said.lead - GENERIC
    return bool(
        near & rival.near == near & stated.near
        and lead & (rival.lead - stated.lead - stated.near)
        and not lead & (stated.lead - rival.lead)
    )


def held(said: Stated, stated: Stated) -> float:
    """How much of the words that are this figure's own in the sentence the source's figure has, 0 to 1."""
    theirs = stated.near | stated.naming
    near, lead = said.near - GENERIC, said.lead - GENERIC
    held = len(near & (theirs | stated.lead)) / len(near) if near else 0.0
    return held + (_LEAD * len(lead & (stated.lead | theirs)) / len(lead) if lead else 0.0)


def nearer(said: Stated, one: Stated, other: Stated) -> bool:
    """Is `one` nearer to what the sentence says, in its clause and the next, than the other?"""
    then = said.then - GENERIC
    if then and one.then and other.then and len(then & one.then) >= len(then & other.then) + 2:
        return True
    mine = (said.words | said.then) - GENERIC
    return len(mine & (one.words | one.then)) > len(mine & (other.words | other.then))


def same_value(said: Stated, stated: Stated) -> bool:
    """The same value of the same unit. A source's bare number is an amount in a table only: its header is there."""
    mine, theirs = said.figure, stated.figure
    if not (same_figure(mine, theirs) or _same_span(mine, theirs)) or not _same_unit(said, stated):
        return False
    return mine.kind == theirs.kind or theirs.kind != "num" or stated.row or stated.labelled


def _same_span(one: FoundFigure, other: FoundFigure) -> bool:
    """半小时 is 30分钟; no other two units of time have one length."""
    if one.kind != "term" or other.kind != "term" or {one.value[-1], other.value[-1]} != {"h", "n"}:
        return False
    minutes = [
        Decimal(f.value[:-1]) * 60 if f.value[-1] == "h" else Decimal(f.value.removesuffix("min")) for f in (one, other)
    ]
    return minutes[0] == minutes[1]


def _same_unit(said: Stated, stated: Stated) -> bool:
    mine, theirs = (_PERSONS.get(s.unit, s.unit) for s in (said, stated))
    return not mine or not theirs or mine == theirs or said.figure.kind != "num"


_PERSONS = dict.fromkeys(("人", "名", "位", "个"), "个")


def same_aspects(mine: frozenset[Attribute], theirs: frozenset[Attribute]) -> bool:
    return bool(mine & theirs) or any(pair & mine and pair & theirs for pair in _SAME)


def comparable(one: FoundFigure, other: FoundFigure) -> bool:
    if one.kind != other.kind:
        return False
    if one.kind == "num":
        return one.raw[-1:] == other.raw[-1:] or one.raw[-1:].isdigit() or other.raw[-1:].isdigit()
    return True


def wrong_end(said: Stated, stated: Stated) -> Flaw | None:
    """The bound or the end of the range is another."""
    mine, theirs = said.figure, stated.figure
    if {said.moment, stated.moment} == {"to", "from"}:
        return Flaw.WRONG_BOUND
    if mine.range_end is not RangeEnd.NONE and theirs.range_end is not RangeEnd.NONE:
        if mine.range_end is not theirs.range_end:
            return Flaw.WRONG_RANGE
        if said.partner is not None and stated.partner is not None and not same_figure(said.partner, stated.partner):
            return Flaw.WRONG_RANGE
        return None
    if mine.direction * theirs.direction < 0:
        return Flaw.WRONG_RANGE if RangeEnd.NONE not in (mine.range_end, theirs.range_end) else Flaw.WRONG_BOUND
    if theirs.range_end is not RangeEnd.NONE and not mine.direction and theirs.kind in _EXACT_KINDS:
        return Flaw.WRONG_RANGE
    if mine.range_end is not RangeEnd.NONE and not theirs.direction and mine.kind in _EXACT_KINDS:
        return Flaw.WRONG_RANGE
    return None


def agreed(said: Stated, stated: Stated) -> int:
    """How many of the conditions that the sentence names the source's figure names too."""
    keys = sum(any(same_figure(k, t) and k.direction == t.direction for t in stated.keys) for k in said.keys)
    return keys + sum(bool(v & stated.facets.get(f, frozenset())) for f, v in said.facets.items() if f != "per")
