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
from functools import lru_cache

from seatmate.domain.attributes import Attribute, attributes_in
from seatmate.domain.figures import COUNTERS, FoundFigure, RangeEnd, find_figures
from seatmate.domain.knowledge import Passage, Product
from seatmate.domain.words import informative

Aspects = frozenset[Attribute]

_CLAUSE = re.compile(r"(?:[^，,；;。！？!?、\n]|(?<=\d),(?=\d))+")
_BRACKETS = re.compile(r"[（(][^（）()]{0,60}[）)]")
_INNER_MARKS = re.compile(r"[，,；;、]")
_ASIDE = re.compile(r"[（(与和跟同比及]\s*$")
_NUMBERING = re.compile(r"(?:(?<=\n)|(?<![\s\S]))\d{1,2}(?:[.．](?!\d)|、)|(?<=[第注])\d{1,2}(?:步|条|章|节|[：:])")
_COUNTS_ON = re.compile(r"[\d.%‰天日年月周个元万亿]")
_THIS = re.compile(r"本期|本产品|本款|该产品|本类")
_AFTER_WORDS = re.compile(
    r"^[\s，]{0,1}(?:内|可|前|后|能|即|就|的)?(?:(确认)|(到账|到帐)|(起购|起投|起买)|(起存)|(追加|递增))"
)
_REDEEMS = re.compile(r"赎回|卖出|取出")
_BUYS = re.compile(r"申购|认购|购买|买入")
_BOTH_CONFIRMATIONS = frozenset({Attribute.PURCHASE_CONFIRMATION, Attribute.REDEMPTION_CONFIRMATION})
_PAST = re.compile(
    r"原(?!因|则|件|卡|号|身|价|封)|此前|以前(?!的?号)|之前为|调整前|变更前|下调前|上调前|旧版?|前已|日前|日之前|前存入|不再适用|停止使用|废止|曾经?为"
)
_FROM_TO = re.compile(
    r"(?:由|从|自)(?P<old>[^，。；由从]{1,24}?)(?:调整|下调|上调|下降|上升|变更|提高|降低|降|升|调|改)(?:至|为|到|成)"
)
_COMPARED = re.compile(r"(?:高于|低于|不同于|比|较|区别于)[^，。；\d]{1,16}的\s*$")
_EACH = re.compile(r"分别|依次|各自?(?:为|是)")
_NOTE = re.compile(r"说明|备注|优惠|方式|条件|要求|机构|状态|单位")
_HEADER_UNIT = re.compile(r"[（(]([^（）()]{1,6})[）)]")
_CURRENT = re.compile(r"调整后|变更后|现行|新标准|活动期")
_SHORT_NAME = re.compile(r"\d+天[A-Z]$")

_FACETS: Mapping[str, re.Pattern[str]] = {
    "channel": re.compile(
        r"(?P<mobile>手机银行|手机App|App)|(?P<web>网上银行|网银)|(?P<video>远程视频柜台|视频柜台)|(?P<phone>电话银行)"
        r"|(?P<counter>柜面|柜台|网点)|(?P<machine>ATM|自助设备|自助机)"
    ),
    "whose_machine": re.compile(r"(?P<own>本行ATM|本行)|(?P<other>他行|跨行)|(?P<abroad>境外)"),
    "card": re.compile(r"(?P<platinum>白金卡)|(?P<diamond>钻石卡)|(?P<gold>金卡)|(?P<standard>普卡)"),
    "holder": re.compile(r"(?P<main>主卡)|(?P<attached>附属卡|附卡)"),
    "per": re.compile(
        r"(?P<each>单笔|每笔)|(?P<day>日累计|单日|每日累计|每天累计|一天|每天|每日|日限额)|(?P<month>月累计|每月累计)"
        r"|(?P<year>年累计|每自然年|每人每年)"
    ),
    "share": re.compile(r"(?P<a>A类)|(?P<c>C类)"),
    "account": re.compile(r"(?P<one>Ⅰ类)|(?P<two>Ⅱ类)|(?P<three>Ⅲ类)"),
    "way": re.compile(r"(?P<out>汇出)|(?P<into>汇入)"),
    "loss": re.compile(r"(?P<oral>口头挂失)|(?P<formal>正式挂失)"),
    "instalment": re.compile(r"(?P<bill>账单分期)|(?P<purchase>消费分期)"),
    "fee_of": re.compile(r"(?P<period>每期费率)|(?P<whole>总费率)|(?P<yearly>折算年化|近似年化)"),
    "trade": re.compile(r"(?P<buy>申购|认购|买入)|(?P<sell>赎回)"),
    "year": re.compile(r"(?P<first>首年|第一年)|(?P<next>次年|第二年)"),
    "prepay": re.compile(r"(?P<part>部分提前)|(?P<all>全部提前|全额提前)"),
    "customer": re.compile(r"(?P<private>私人银行)|(?P<firm>企业客户|对公)"),
}
"""What a bank tells apart within one attribute: 单笔 is not 日累计, 主卡 is not 附属卡."""


class Side(StrEnum):
    """「由1.45%调整为1.40%」: 1.45% was, 1.40% is."""

    UNSAID = "unsaid"
    BEFORE = "before"
    NOW = "now"


@dataclass(frozen=True)
class Stated:
    """One figure, and what the text says it is.

    `partner` is the other end of a range; `aspects` are empty when no word names one, `carried` says that they stand in
    an earlier clause; `words` are the pieces of its clause or cell, `then` those of the clause behind it, `around` those of its row or line; `keys` are the
    figures it holds on, `leads` says that it is itself what another figure of its clause holds on,
    `labelled` that a colon stands before it, `row` that it is a cell.
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


@dataclass(frozen=True)
class Mention:
    code: str
    start: int
    end: int


class Names:
    """The products' names, codes and aliases, the longest first, for finding who a text speaks of."""

    def __init__(self, products: Sequence[Product]) -> None:
        spoken: dict[str, str] = {}
        for product in products:
            short = _SHORT_NAME.search(product.name)
            for name in (product.code, product.name, *product.aliases, *([short[0]] if short else [])):
                if name:
                    spoken.setdefault(name.upper(), product.code)
        self._spoken = sorted(spoken.items(), key=lambda pair: -len(pair[0]))

    def mentions(self, text: str) -> list[Mention]:
        upper = text.upper()
        if len(upper) != len(text):
            upper = text
        found: list[Mention] = []
        for name, code in self._spoken:
            at = upper.find(name)
            while at >= 0:
                end = at + len(name)
                # 稳盈180 is not named in 稳盈180个工作日: there the number is a figure of its own.
                if not (name[-1].isdigit() and _COUNTS_ON.match(upper, end)):
                    found.append(Mention(code, at, end))
                    upper = upper[:at] + "\x00" * len(name) + upper[end:]
                at = upper.find(name, end)
        return sorted(found, key=lambda m: m.start)


def masked(text: str, mentions: Sequence[Mention]) -> str:
    """The text with every product's name blanked out, position for position."""
    for mention in mentions:
        text = text[: mention.start] + "\x00" * (mention.end - mention.start) + text[mention.end :]
    return text


def stated_in_sentence(text: str, names: Names) -> list[Stated]:
    """Every figure of a sentence; its products are those named before it, else any named, else none."""
    mentions = names.mentions(text)
    return _stated(masked(text, mentions), mentions, frozenset(), "", "")


def stated_in_line(passage: Passage, start: int, end: int, names: Names) -> list[Stated]:
    """Every figure of `document.text[start:end]`, a line of the passage: a cell of its row, or a clause of its prose."""
    cells = _cells(passage)
    heading = " ".join(passage.headings) or passage.title
    codes = frozenset(passage.product_codes)
    if not cells:
        text = passage.text[start - passage.start : end - passage.start]
        mentions = names.mentions(text)
        of_line = codes if not mentions or frozenset(m.code for m in mentions) & codes else frozenset()
        return _stated(masked(text, mentions), mentions, of_line or codes, heading, passage.title)
    mentions = names.mentions(passage.text)
    of_row = frozenset(m.code for m in mentions) or codes
    return [
        s
        for s in _stated_in_row(masked(passage.text, mentions), cells, of_row, heading, passage.title)
        if start - passage.start <= s.figure.start < end - passage.start
    ]


def asked_in(question: str, names: Names) -> Asked:
    """Of its figures only terms and counts are conditions: an amount is often just the customer's case."""
    text = masked(question, names.mentions(question))
    figures = find_figures(text)
    return Asked(
        aspects=frozenset(a.attribute for a in attributes_in(text)),
        facets=_facets(text, 0, "", "", ""),
        words=content(_without(text, figures)),
        keys=tuple(f for f in figures if f.kind in ("term", "num") and not f.direction),
    )


# ── prose ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _stated(text: str, mentions: Sequence[Mention], codes: frozenset[str], heading: str, title: str) -> list[Stated]:
    figures = [f for f in find_figures(text) if not _NUMBERING.match(text, f.start)]
    clauses = _clauses(text)
    label = _label(text)
    around = content(f"{_without(text, figures)} {heading} {title}")
    each = _each(text, figures, mentions)
    stated: list[Stated] = []
    for number, figure in enumerate(figures):
        here = next((n for n, (a, b) in enumerate(clauses) if a <= figure.start < b), None)
        if here is None:
            continue
        start, end = clauses[here]
        earlier = text[: clauses[here][0]]
        aspects, carried = _aspects(text, start, end, figure, figures, label, heading)
        aspects = _possible(figure, each.aspects.get(number, aspects))
        stated.append(
            Stated(
                figure=figure,
                partner=_partner(figures, number),
                unit=_unit(text, figure),
                products=each.products.get(number, _products(text, figure, mentions, codes, start, end)),
                aspects=aspects,
                carried=carried and number not in each.aspects,
                facets={
                    **_facets(text[start:end], figure.start - start, label, earlier, heading),
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
    return content(_without(text[start:end], [f for f in figures if start <= f.start < end], start))


def _clauses(text: str, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """The clauses of a text; a comma within brackets ends none."""
    whole = _BRACKETS.sub(lambda m: _INNER_MARKS.sub("\x00", m[0]), text)
    return [found.span() for found in _CLAUSE.finditer(whole, start, len(text) if end is None else end)]


def _label(text: str) -> str:
    """「申购：每个工作日受理，T+1确认」 speaks of 申购 throughout."""
    found = re.match(r"[^，。；：:]{1,16}[：:]", text)
    return found[0][:-1] if found else ""


def _aspects(
    text: str, start: int, end: int, figure: FoundFigure, figures: Sequence[FoundFigure], label: str, heading: str
) -> tuple[Aspects, bool]:
    """What the figure is a figure of, and whether that stands in an earlier clause only."""
    clause = text[start:end]
    named = [(a.attribute, a.start + start, a.end + start) for a in attributes_in(clause)]
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
        earlier = attributes_in(whole)
        if earlier and figure.kind in ("pct", "amt", "num", "level", "t"):
            if whole is label:
                return frozenset(a.attribute for a in earlier), True
            return frozenset({earlier[-1].attribute}), True
    return frozenset(), False


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


def _key_kind(figure: FoundFigure) -> str:
    """A bounded amount is a tier: 「5万元以上手续费10元」."""
    if figure.kind in ("amt", "pct"):
        return "tier" if figure.kind == "amt" and figure.direction else ""
    return figure.kind if figure.kind in _KEY_KINDS else ""


def _keys(
    figures: Sequence[FoundFigure], number: int, clauses: Sequence[tuple[int, int]], here: int
) -> tuple[FoundFigure, ...]:
    """The nearest figures of every kind but its own that stand before it, else behind it in its clause."""
    figure = figures[number]
    own = _key_kind(figure) if figure.kind != "amt" else "amt"
    found: list[FoundFigure] = []
    for kind in _KEY_KINDS:
        if kind == own or (kind == "tier" and figure.kind not in ("amt", "pct", "num")):
            continue
        for at in range(here, max(-1, here - 4), -1):
            start, end = clauses[at]
            inside = [f for f in figures if start <= f.start < end and _key_kind(f) == kind and f is not figure]
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
    if not _key_kind(figure):
        return False
    others = [f for f in figures if f.kind != figure.kind]
    return any(figure.end <= f.start < end for f in others) or (not aspects and bool(others))


def _side(text: str, figure: FoundFigure, start: int, end: int, previous: tuple[int, int]) -> Side:
    for change in _FROM_TO.finditer(text):
        if change.start("old") <= figure.start < change.end("old"):
            return Side.BEFORE
        if 0 <= figure.start - change.end() <= 12:
            return Side.NOW
    if _CURRENT.search(text, start, figure.start):
        return Side.NOW
    if _PAST.search(text, start, figure.start) or _PAST.search(text, *previous):
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
    for name, said in _facets_in(before).items():
        if len(said) == len(after):
            for n, low in both.items():
                facets[n][name] = frozenset({said[order[low]]})
    aspects = [a.attribute for a in attributes_in(before)]
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


# ── rows ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Cell:
    header: str
    start: int
    end: int


def _cells(passage: Passage) -> list[_Cell]:
    """The cells of a passage that is a table row; empty when it is none."""
    places: list[tuple[str, int, int]] = []
    at = 0
    for header in passage.columns:
        mark = f"{header}："
        found = passage.text.find(mark, at)
        if found < 0 or (found > 0 and passage.text[found - 1] != "；"):
            continue
        places.append((header, found, found + len(mark)))
        at = found + len(mark)
    if not places or places[0][1] != 0:
        return []
    ends = [start - 1 for _, start, _ in places[1:]] + [len(passage.text)]
    return [_Cell(header, begin, end) for (header, _, begin), end in zip(places, ends, strict=True)]


def _stated_in_row(
    text: str, cells: Sequence[_Cell], products: frozenset[str], heading: str, title: str
) -> list[Stated]:
    read = [(cell, _in_cell(text, cell)) for cell in cells]
    plain = [text[c.start : c.end] for c, figures in read if not figures]
    row_aspects = frozenset(a.attribute for words in plain for a in attributes_in(words))
    naming = content(
        " ".join(text[c.start : c.end] for c, found in read[:3] if not found and not _NOTE.search(c.header))
    )
    around = content(f"{text} {heading} {title}")
    stated: list[Stated] = []
    for cell, figures in read:
        others = [f for c, found in read if c is not cell for f in found]
        for number, figure in enumerate(figures):
            clause = _clause_around(text, cell, figure)
            inner = _stated_inner(text, clause, figure, figures)
            header = frozenset(a.attribute for a in attributes_in(cell.header))
            aspects = _possible(figure, inner or header or row_aspects)
            before = f"{cell.header}：{text[clause[0] : figure.start]}"
            keys = tuple(f for f in (*others, *figures) if f is not figure and _key_kind(f) and f.kind != figure.kind)
            tiers = tuple(
                f for f in others if f.kind == figure.kind == "amt" and f.direction and not _is_attribute(cells, f)
            )
            stated.append(
                Stated(
                    figure=figure,
                    partner=_partner(figures, number),
                    unit=_unit(text, figure) or _unit_of_header(cell.header),
                    products=products,
                    aspects=aspects,
                    carried=False,
                    facets=_facets(text[clause[0] : clause[1]], 0, cell.header, " ".join(plain), heading),
                    words=content(f"{cell.header} {_without(text[clause[0] : clause[1]], figures, clause[0])}"),
                    then=frozenset(),
                    around=around,
                    naming=naming,
                    keys=keys + tiers,
                    side=Side.BEFORE if _PAST.search(before) else Side.NOW if _CURRENT.search(before) else Side.UNSAID,
                    compared=False,
                    row=True,
                )
            )
    return stated


def _is_attribute(cells: Sequence[_Cell], figure: FoundFigure) -> bool:
    """起购金额 in another cell is a fact of its own, not a tier."""
    return any(c.start <= figure.start < c.end and attributes_in(c.header) for c in cells)


def _in_cell(text: str, cell: _Cell) -> list[FoundFigure]:
    """The figures of a cell; a bare number has the unit of its header (金额（元）)."""
    unit = _unit_of_header(cell.header)
    prefix = f"{cell.header}："  # its words bound the figure: 单户持有上限：500万元
    found = []
    for f in find_figures(f"{prefix}{text[cell.start : cell.end]}"):
        start = f.start - len(prefix) + cell.start
        if start < cell.start:
            continue
        normalised = f.normalised
        if f.kind == "num" and unit and not _unit(text, f):
            with_unit = find_figures(f"{f.raw}{unit}")
            if len(with_unit) == 1 and with_unit[0].start == 0:
                normalised = with_unit[0].normalised
        found.append(FoundFigure(f.raw, start, start + len(f.raw), normalised, f.bound, f.range_end))
    return found


@lru_cache(maxsize=2_048)
def _unit_of_header(header: str) -> str:
    """元 of 手续费（元/笔）."""
    found = _HEADER_UNIT.search(header)
    if found is None:
        return ""
    unit = re.split(r"[/／]", found[1])[0].removeprefix("人民币")
    return unit if find_figures(f"1{unit}")[:1] and find_figures(f"1{unit}")[0].raw == f"1{unit}" else ""


def _clause_around(text: str, cell: _Cell, figure: FoundFigure) -> tuple[int, int]:
    around = (span for span in _clauses(text, cell.start, cell.end) if span[0] <= figure.start < span[1])
    return next(around, (cell.start, cell.end))


def _stated_inner(text: str, clause: tuple[int, int], figure: FoundFigure, figures: Sequence[FoundFigure]) -> Aspects:
    aspects, carried = _aspects(text, *clause, figure, figures, "", "")
    return frozenset() if carried else aspects


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


def _possible(figure: FoundFigure, aspects: Aspects) -> Aspects:
    """三年 is no rate and no amount: it is what the rate holds on."""
    return aspects if figure.kind in ("pct", "amt", "num") else aspects - _MONEY


# ── both ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _partner(figures: Sequence[FoundFigure], number: int) -> FoundFigure | None:
    """The other end of the range; the ends stand next to each other."""
    figure = figures[number]
    step = {RangeEnd.LOW: 1, RangeEnd.HIGH: -1}.get(figure.range_end, 0)
    other = figures[number + step] if step and 0 <= number + step < len(figures) else None
    return other if other is not None and other.kind == figure.kind else None


def _unit(text: str, figure: FoundFigure) -> str:
    """What a bare number counts: 次 of 5次."""
    if figure.kind != "num":
        return ""
    found = re.search(rf"(?:{COUNTERS})$", figure.raw)
    return found[0].removeprefix("周") if found else ""


def _facets(clause: str, at: int, label: str, earlier: str, heading: str) -> dict[str, frozenset[str]]:
    """Of each facet the nearest that is said: before the figure in its clause, in the clause, before it, above it."""
    found: dict[str, frozenset[str]] = {}
    for name, said in _facets_in(clause[:at]).items():
        found[name] = frozenset(said[-1:])
    for text in (clause, label, earlier, heading):
        for name, said in _facets_in(text).items():
            found.setdefault(name, frozenset(said))
    return found


@lru_cache(maxsize=2_048)
def _facets_in(text: str) -> Mapping[str, Sequence[str]]:
    """Every facet that a text names, with what it says of it, left to right."""
    found: dict[str, list[str]] = {}
    for name, pattern in _FACETS.items() if text else ():
        if said := [m.lastgroup or "" for m in pattern.finditer(text)]:
            found[name] = said
    return found


_FUNCTION = re.compile(r"[的是为了在就也都和与及或把被将这那您我你它请吗呢吧啊其该此按由于]")
_COURTESY = re.compile(
    r"您好|请问|这边|为您|帮您|根据|依据|按照|对于|关于|至于|经查询|查询结果|查询到|查到|核实|确认一下|告知|转告|回复|答复|放心|知悉|留意|参考|以此为准"
    r"|为准|如下|情况|来说|来讲|而言|的话|也就是|就是|即可|注意|温馨提示|提醒|一下|目前|现在|现行|当前|今天|方面|对应|相应|分别|统一"
    r"|另外|同时|此外|还有|其中|规定|标准|执行|资料|文件|显示|结果|客户|可以|需要|介绍|说明"
)
"""What an answer says to be polite, and what it says around any fact: no claim to be found in a source."""


def content(text: str) -> frozenset[str]:
    """The informative pieces of a text without courtesy, and none that runs over a function word."""
    pieces = informative(_FUNCTION.sub(" ", _COURTESY.sub(" ", text)))
    return frozenset(p for p in pieces or informative(text) if len(p) > 1 or p.isascii())


def _without(text: str, figures: Sequence[FoundFigure], offset: int = 0) -> str:
    pieces, at = [], 0
    for figure in sorted(figures, key=lambda f: f.start):
        start, end = figure.start - offset, figure.end - offset
        if start < at:
            continue
        pieces.append(text[at:start])
        at = end
    return " ".join([*pieces, text[at:]]).replace("\x00", " ")
