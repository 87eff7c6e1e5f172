"""What a figure of a clause is a figure of, by the attribute word that stands nearest. Knows nothing of values."""

import re
from collections.abc import Sequence

from seatmate.ask.stated import Aspects
from seatmate.domain.attributes import Attribute, NamedAttribute, attributes_in
from seatmate.domain.figures import FoundFigure

_NOT_THE_ATTRIBUTE = re.compile(r"表(?!示)|一览|公告|清单|(?<=年费)率")
_AFTER_WORDS = re.compile(
    r"^[\s，]{0,1}(?:内|可|前|后|能|即|就|的)?(?:(确认)|(到账|到帐)|(起购|起投|起买)|(起存)|(追加|递增)|(到期)|(起息|成立))"
)
_REDEEMS = re.compile(r"赎回|卖出|取出")
_BUYS = re.compile(r"申购|认购|购买|买入")
_BOTH_CONFIRMATIONS = frozenset({Attribute.PURCHASE_CONFIRMATION, Attribute.REDEMPTION_CONFIRMATION})


def aspects_of(
    text: str, start: int, end: int, figure: FoundFigure, figures: Sequence[FoundFigure], label: str, heading: str
) -> tuple[Aspects, bool]:
    """What the figure is a figure of, and whether that stands in an earlier clause only."""
    clause = text[start:end]
    named = [(a.attribute, a.start + start, a.end + start) for a in named_in(clause)]
    following = min((f.start for f in figures if f.start >= figure.end), default=len(text))
    after = _AFTER_WORDS.match(text[figure.end : min(end, figure.end + 8)])
    if after and (figure.kind == "date" or not (after[6] or after[7])):
        return _of_after_word(after, text[start : figure.start] + label), False
    before = [attribute for attribute, _, to in named if to <= figure.start]
    if before:
        joined = _joined(text, named, figure)
        return frozenset(joined or before[-1:]), False
    behind = [attribute for attribute, at, _ in named if figure.end <= at < following]
    if behind and following >= end:
        return frozenset(behind[:1]), False
    for whole in (text[:start], label, heading):
        earlier = named_in(whole)
        if earlier and figure.kind in ("pct", "amt", "num", "level", "t"):
            if whole is label:
                return frozenset(a.attribute for a in earlier), True
            return frozenset({earlier[-1].attribute}), True
    return frozenset(), False


def named_in(text: str) -> list[NamedAttribute]:
    """The attributes that are named, but for those in a document's own name (挂牌利率表) and for 年费 in 年费率."""
    return [a for a in attributes_in(text) if not _NOT_THE_ATTRIBUTE.match(text, a.end)]


def _joined(text: str, named: Sequence[tuple[Attribute, int, int]], figure: FoundFigure) -> list[Attribute]:
    """赎回确认及到账 is both."""
    found: list[Attribute] = []
    at = figure.start
    for attribute, start, end in reversed([n for n in named if n[2] <= figure.start]):
        if found and not re.fullmatch(r"[及和与/、]", text[end:at]):
            break
        found.append(attribute)
        at = start
    if Attribute.REDEMPTION_CONFIRMATION in found and re.search(r"到账", text[: figure.start]):
        found.append(Attribute.REDEMPTION_ARRIVAL)
    return found


def _of_after_word(found: re.Match[str], before: str) -> Aspects:
    if found[1]:
        redeems, buys = _last(_REDEEMS, before), _last(_BUYS, before)
        if redeems == buys:
            return _BOTH_CONFIRMATIONS
        return frozenset({Attribute.REDEMPTION_CONFIRMATION if redeems > buys else Attribute.PURCHASE_CONFIRMATION})
    if found[2]:
        return frozenset({Attribute.REDEMPTION_ARRIVAL})
    if found[6] or found[7]:
        return frozenset({Attribute.MATURITY if found[6] else Attribute.START_DATE})
    return frozenset({Attribute.ADDITIONAL_AMOUNT if found[5] else Attribute.MIN_AMOUNT})


def _last(pattern: re.Pattern[str], text: str) -> int:
    return max((m.start() for m in pattern.finditer(text)), default=-1)


_MONEY = frozenset(
    {
        *(
            Attribute.RATE,
            Attribute.BENCHMARK,
            Attribute.MIN_AMOUNT,
            Attribute.ADDITIONAL_AMOUNT,
            Attribute.CREDIT_LIMIT,
        ),
        *(Attribute.FEE, Attribute.FEE_ANNUAL, Attribute.FEE_CUSTODY, Attribute.FEE_MANAGEMENT, Attribute.FEE_PURCHASE),
        *(Attribute.FEE_REDEMPTION, Attribute.FEE_SALES, Attribute.PENALTY),
    }
)


def possible(figure: FoundFigure, aspects: Aspects) -> Aspects:
    """三年 is no rate and no amount: it is what the rate holds on."""
    return aspects if figure.kind in ("pct", "amt", "num") else aspects - _MONEY
