"""What a text states: every figure with what it is a figure of, for which product, on which condition.

A sentence of a model and a line of a source are read by the same rules, so that what they state can be compared
(ask/figure_check). A figure belongs to the nearest attribute word of its clause, to the nearest product before it, and
holds on the terms, levels, tiers and days that stand with it; a cell of a table has its column's name and its row's
other cells. Knows nothing of what was asked.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from seatmate.ask.content import content
from seatmate.ask.facets import facets_in, facets_of
from seatmate.ask.names import Mention, Names, masked
from seatmate.domain.attributes import Attribute, NamedAttribute, attributes_in
from seatmate.domain.figures import COUNTERS, FoundFigure, RangeEnd, find_figures

Aspects = frozenset[Attribute]

_CLAUSE = re.compile(r"(?:[^，,；;。！？!?、\n]|(?<=\d),(?=\d))+")
_BRACKETS = re.compile(r"[（(][^（）()]{0,60}[）)]")
_INNER_MARKS = re.compile(r"[，,；;、]")
_ASIDE = re.compile(r"[（(与和跟同比及]\s*$")
_NUMBERING = re.compile(r"(?:(?<=\n)|(?<![\s\S]))\d{1,2}(?:[.．](?!\d)|、)|(?<=[第注])\d{1,2}(?:步|条|章|节|[：:])")
_NOT_THE_ATTRIBUTE = re.compile(r"表(?!示)|一览|公告|清单|(?<=年费)率")
_THIS = re.compile(r"本期|本产品|本款|该产品|本类")
_AFTER_WORDS = re.compile(
    r"^[\s，]{0,1}(?:内|可|前|后|能|即|就|的)?(?:(确认)|(到账|到帐)|(起购|起投|起买)|(起存)|(追加|递增))"
)
_REDEEMS = re.compile(r"赎回|卖出|取出")
_BUYS = re.compile(r"申购|认购|购买|买入")
_BOTH_CONFIRMATIONS = frozenset({Attribute.PURCHASE_CONFIRMATION, Attribute.REDEMPTION_CONFIRMATION})
PAST = re.compile(
    r"原(?!因|则|件|卡|号|身|价|封)|此前|以前(?!的?号)|之前为|调整前|变更前|下调前|上调前|旧版?|前已|日前|日之前|前存入|不再适用|停止使用|废止|曾经?为"
)
_FROM_TO = re.compile(
    r"(?:由|从|自)(?P<old>[^，。；由从]{1,24}?)(?:调整|下调|上调|下降|上升|变更|提高|降低|降|升|调|改)(?:至|为|到|成)"
)
_COMPARED = re.compile(r"(?:高于|低于|不同于|比|较|区别于)[^，。；\d]{1,16}的\s*$")
_EACH = re.compile(r"分别|依次|各自?(?:为|是)")
CURRENT = re.compile(r"调整后|变更后|现行|新标准|活动期")


class Side(StrEnum):
    """「由1.45%调整为1.40%」: 1.45% was, 1.40% is."""

    UNSAID = "unsaid"
    BEFORE = "before"
    NOW = "now"


@dataclass(frozen=True)
class Stated:
    """One figure, and what the text says it is.

    `partner` is the other end of a range; `aspects` are empty when no word names one, `carried` says that they stand in
    an earlier clause; `words` are the pieces of its clause or cell, `then` those of the clause
    behind it, `around` those of its row or line, `naming` those of the row's or the line's own name; `keys` are the
    figures it holds on; `leads` says that it is itself what another figure of its clause holds on, `labelled` that a
    colon stands before it, `row` that it is a cell.
    """

    figure: FoundFigure
    partner: FoundFigure | None
    unit: str
    products: frozenset[str]
    aspects: Aspects
    carried: bool
    facets: Mapping[str, frozenset[str]]
    words: frozenset[str]
    then: frozenset[str]
    around: frozenset[str]
    naming: frozenset[str]
    keys: tuple[FoundFigure, ...]
    side: Side
    compared: bool
    leads: bool = False
    labelled: bool = False
    row: bool = False


@dataclass(frozen=True)
class Asked:
    """What a question says of the figure that will answer it: for a sentence that leaves it unsaid."""

    aspects: Aspects
    facets: Mapping[str, frozenset[str]]
    words: frozenset[str]
    keys: tuple[FoundFigure, ...]


def stated_in_sentence(text: str, names: Names) -> list[Stated]:
    """Every figure of a sentence; its products are those named before it, else any named, else none."""
    mentions = names.mentions(text)
    return stated_in_prose(masked(text, mentions), mentions, frozenset(), "", "")


def asked_in(question: str, names: Names) -> Asked:
    """Of its figures only terms and counts are conditions: an amount is often just the customer's case."""
    text = masked(question, names.mentions(question))
    figures = find_figures(text)
    return Asked(
        aspects=frozenset(a.attribute for a in attributes_in(text)),
        facets=facets_of(text, 0, "", "", ""),
        words=content(without(text, figures)),
        keys=tuple(f for f in figures if f.kind in ("term", "num") and not f.direction),
    )


# ── prose ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def stated_in_prose(
    text: str, mentions: Sequence[Mention], codes: frozenset[str], heading: str, title: str
) -> list[Stated]:
    figures = [f for f in find_figures(text) if not _NUMBERING.match(text, f.start)]
    clauses = clauses_of(text)
    label = _label(text)
    around = content(f"{without(text, figures)} {heading} {title}")
    each = _each(text, figures, mentions)
    stated: list[Stated] = []
    for number, figure in enumerate(figures):
        here = next((n for n, (a, b) in enumerate(clauses) if a <= figure.start < b), None)
        if here is None:
            continue
        start, end = clauses[here]
        earlier = text[: clauses[here][0]]
        aspects, carried = aspects_of(text, start, end, figure, figures, label, heading)
        aspects = possible(figure, each.aspects.get(number, aspects))
        stated.append(
            Stated(
                figure=figure,
                partner=partner_of(figures, number),
                unit=unit_of(text, figure),
                products=each.products.get(number, _products(text, figure, mentions, codes, start, end)),
                aspects=aspects,
                carried=carried and number not in each.aspects,
                facets={
                    **facets_of(text[start:end], figure.start - start, label, earlier, heading),
                    **each.facets.get(number, {}),
                },
                words=_words_of(text, figures, (start, end)),
                then=_words_of(text, figures, clauses[here + 1]) if here + 1 < len(clauses) else frozenset(),
                around=around,
                naming=content(label),
                keys=each.keys.get(number, _keys(figures, number, clauses, here)),
                side=_side(text, figure, start, end, clauses[here - 1] if here else (0, 0)),
                compared=_COMPARED.search(text, max(0, figure.start - 24), figure.start) is not None,
                leads=_leads(figures, number, end, aspects),
                labelled=text[: figure.start].endswith(("：", ":")),
            )
        )
    return stated


def _words_of(text: str, figures: Sequence[FoundFigure], clause: tuple[int, int]) -> frozenset[str]:
    start, end = clause
    return content(without(text[start:end], [f for f in figures if start <= f.start < end], start))


def clauses_of(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """The clauses of a text; a comma within brackets ends none."""
    whole = _BRACKETS.sub(lambda m: _INNER_MARKS.sub("\x00", m[0]), text)
    return [found.span() for found in _CLAUSE.finditer(whole, start, len(text) if end is None else end)]


def _label(text: str) -> str:
    """「申购：每个工作日受理，T+1确认」 speaks of 申购 throughout."""
    found = re.match(r"[^，。；：:]{1,16}[：:]", text)
    return found[0][:-1] if found else ""


def aspects_of(
    text: str, start: int, end: int, figure: FoundFigure, figures: Sequence[FoundFigure], label: str, heading: str
) -> tuple[Aspects, bool]:
    """What the figure is a figure of, and whether that stands in an earlier clause only."""
    clause = text[start:end]
    named = [(a.attribute, a.start + start, a.end + start) for a in named_in(clause)]
    following = min((f.start for f in figures if f.start >= figure.end), default=len(text))
    if after := _AFTER_WORDS.match(text[figure.end : min(end, figure.end + 8)]):
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
    return frozenset({Attribute.ADDITIONAL_AMOUNT if found[5] else Attribute.MIN_AMOUNT})


def _last(pattern: re.Pattern[str], text: str) -> int:
    return max((m.start() for m in pattern.finditer(text)), default=-1)


def _products(
    text: str, figure: FoundFigure, mentions: Sequence[Mention], codes: frozenset[str], start: int, end: int
) -> frozenset[str]:
    """Named in the clause, else — unless it speaks of this product — named as a subject before it, else its text's."""
    before = [m for m in mentions if start <= m.start and m.end <= figure.start]
    if before:
        return frozenset({before[-1].code})
    if _THIS.search(text, start, figure.start):
        return codes
    inside = [m for m in mentions if start <= m.start < end]
    if inside:
        return frozenset({inside[0].code})
    earlier = [m for m in mentions if m.end <= start and not _ASIDE.search(text, 0, m.start)]
    if earlier:
        return frozenset({earlier[-1].code})
    return codes or frozenset(
        m.code for m in mentions if m.start >= end and not re.search("[；;]", text[end : m.start])
    )


_KEY_KINDS = ("term", "level", "date", "time", "num", "tier")


def key_kind(figure: FoundFigure) -> str:
    """A bounded amount is a tier: 「5万元以上手续费10元」."""
    if figure.kind in ("amt", "pct"):
        return "tier" if figure.kind == "amt" and figure.direction else ""
    return figure.kind if figure.kind in _KEY_KINDS else ""


def _keys(
    figures: Sequence[FoundFigure], number: int, clauses: Sequence[tuple[int, int]], here: int
) -> tuple[FoundFigure, ...]:
    """The nearest figures of every kind but its own that stand before it, else behind it in its clause."""
    figure = figures[number]
    own = key_kind(figure) if figure.kind != "amt" else "amt"
    found: list[FoundFigure] = []
    for kind in _KEY_KINDS:
        if kind == own or (kind == "tier" and figure.kind not in ("amt", "pct", "num")):
            continue
        for at in range(here, max(-1, here - 4), -1):
            start, end = clauses[at]
            inside = [f for f in figures if start <= f.start < end and key_kind(f) == kind and f is not figure]
            before = [f for f in inside if f.end <= figure.start]
            if before:
                last = before[-1]
                found += [f for f in before if f is last or f.direction or last.range_end is not RangeEnd.NONE][-2:]
                break
            if at == here and inside and kind != "tier":
                found += inside[:1]
                break
    return tuple(found)


def _leads(figures: Sequence[FoundFigure], number: int, end: int, aspects: Aspects) -> bool:
    """一年 of 「一年期年利率1.40%」, of 「一年期，年利率是1.40%」 and of 「1.40%，这是一年期的」."""
    figure = figures[number]
    if not key_kind(figure):
        return False
    others = [f for f in figures if f.kind != figure.kind]
    return any(figure.end <= f.start < end for f in others) or (not aspects and bool(others))


def _side(text: str, figure: FoundFigure, start: int, end: int, previous: tuple[int, int]) -> Side:
    for change in _FROM_TO.finditer(text):
        if change.start("old") <= figure.start < change.end("old"):
            return Side.BEFORE
        if 0 <= figure.start - change.end() <= 12:
            return Side.NOW
    if CURRENT.search(text, start, figure.start):
        return Side.NOW
    if PAST.search(text, start, figure.start) or PAST.search(text, *previous):
        return Side.BEFORE
    return Side.UNSAID


@dataclass(frozen=True)
class _Each:
    """What each of several figures is, by their numbers."""

    aspects: Mapping[int, Aspects] = field(default_factory=dict)
    keys: Mapping[int, tuple[FoundFigure, ...]] = field(default_factory=dict)
    products: Mapping[int, frozenset[str]] = field(default_factory=dict)
    facets: Mapping[int, Mapping[str, frozenset[str]]] = field(default_factory=dict)


def _each(text: str, figures: Sequence[FoundFigure], mentions: Sequence[Mention]) -> _Each:
    """「管理费和托管费分别为0.20%和0.02%」: the first is of the first, the second of the second."""
    found = _EACH.search(text)
    if found is None:
        return _Each()
    before, at = text[: found.start()], found.end()
    after = [n for n, f in enumerate(figures) if f.start >= at and f.range_end is not RangeEnd.HIGH]
    both = {n: low for low in after for n in (low, low + 1) if n == low or _is_high(figures, n)}
    order = {low: place for place, low in enumerate(after)}
    if len(after) < 2:
        return _Each()
    facets: dict[int, dict[str, frozenset[str]]] = {n: {} for n in both}
    for name, said in facets_in(before).items():
        if len(said) == len(after):
            for n, low in both.items():
                facets[n][name] = frozenset({said[order[low]]})
    aspects = [a.attribute for a in named_in(before)]
    keys = [[f for f in figures if f.end <= found.start() and f.kind == kind] for kind in ("term", "num", "level")]
    codes = list(dict.fromkeys(m.code for m in mentions if m.end <= found.start()))
    return _Each(
        {n: frozenset({aspects[order[low] - len(after)]}) for n, low in both.items()}
        if len(aspects) >= len(after)
        else {},
        {n: (k[order[low]],) for k in keys if len(k) == len(after) for n, low in both.items()},
        {n: frozenset({codes[order[low]]}) for n, low in both.items()} if len(codes) == len(after) else {},
        facets,
    )


def _is_high(figures: Sequence[FoundFigure], number: int) -> bool:
    return number < len(figures) and figures[number].range_end is RangeEnd.HIGH


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


# ── both ───────────────────────────────────────────────────────────────────────────────────────────────────────────


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
