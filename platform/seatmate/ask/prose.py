"""What prose states: a sentence of a model, or a line of a source that is no table row.

A figure belongs to the nearest attribute word of its clause, to the nearest product before it, and holds on the terms,
levels, tiers and days that stand with it. Knows nothing of what was asked.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from seatmate.ask.aspects import aspects_of, named_in, possible
from seatmate.ask.content import content, pieces_of
from seatmate.ask.facets import facets_in, facets_of
from seatmate.ask.names import Mention, Names, masked
from seatmate.ask.spoken import figures_in
from seatmate.ask.stated import (
    KEY_KINDS,
    Asked,
    Aspects,
    Side,
    Stated,
    clauses_of,
    key_kind,
    partner_of,
    unit_of,
    without,
)
from seatmate.domain.attributes import attributes_in
from seatmate.domain.figures import FoundFigure, RangeEnd

_ASIDE = re.compile(r"[（(与和跟同比及]\s*$")
_NUMBERING = re.compile(
    r"(?:(?<=\n)|(?<![\s\S]))\d{1,2}(?:[.．](?!\d)|、)|(?<=[第注])(?:\d{1,2}|[一二三四五六七八九十]{1,3})(?:步|条|章|节|款|项|[：:])|(?<=第二)十|(?<=第三)十"
)
_THIS = re.compile(r"本期|本产品|本款|该产品|本类")
PAST = re.compile(
    r"原(?:来|先|本|定|为|是|按|由|执行|标准|价|(?=[\d每年月费利]))|此前|以前(?!的?号)|之前为|调整前(?![至须应提\d])|变更前|下调前|上调前|旧版?|前已|不再适用|停止使用|废止|曾经?为"
)
_FORMERLY = re.compile(r"原(?:来|先|为|是)|此前|曾经?为")
_FROM_TO = re.compile(
    r"(?:由|从|自)(?P<old>[^，。；由从]{1,24}?)(?:调整|下调|上调|下降|上升|变更|提高|降低|延长|缩短|扩大|放宽|增加|减少|恢复|优惠|降|升|调|改|变|提|增|减|涨)(?:至|为|到|成)"
)
_COMPARED = re.compile(r"(?:高于|低于|不同于|比|较|区别于)[^，。；\d]{1,16}的\s*$")
_EACH = re.compile(r"分别|依次|各自?(?:为|是)")
CURRENT = re.compile(r"调整后|变更后|现行|新标准|活动期|[下上]调后|仍[为按]?|依然|继续|现在|→|现[为按]")
_ARROW = re.compile(r"^[^，；。\d]{0,3}(?:→|⇒|->|—>)")


def stated_in_sentence(text: str, names: Names) -> list[Stated]:
    """Every figure of a sentence; its products are those named before it, else any named, else none."""
    mentions = names.mentions(text)
    return stated_in_prose(masked(text, mentions), mentions, frozenset(), "", "")


def asked_in(question: str, names: Names) -> Asked:
    """Of its figures only terms and counts are conditions: an amount is often just the customer's case."""
    text = masked(question, names.mentions(question))
    figures = figures_in(text)
    return Asked(
        aspects=frozenset(a.attribute for a in attributes_in(text)),
        facets=facets_of(text, 0, "", "", ""),
        words=pieces_of(without(text, figures)),
        keys=tuple(f for f in figures if f.kind in ("term", "num") and not f.direction),
        figures=tuple(figures),
    )


def stated_in_prose(
    text: str, mentions: Sequence[Mention], codes: frozenset[str], heading: str, title: str
) -> list[Stated]:
    figures = [f for f in figures_in(text) if not _NUMBERING.match(text, f.start)]
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
        near, lead = _near(text, figures, number, clauses, here)
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
                near=near,
                lead=lead,
                then=_then(text, figures, figure, clauses, here),
                around=around,
                naming=pieces_of(label),
                keys=each.keys.get(number, _keys(text, figures, number, clauses, here)),
                side=_side(text, figure, start, end, clauses[here - 1] if here else (0, 0)),
                compared=_COMPARED.search(text, max(0, figure.start - 24), figure.start) is not None,
                leads=_leads(text, figures, number, end, aspects),
                inherited=frozenset(facets_in(earlier)) - frozenset(facets_in(text[start:end])),
                names=_names_a_thing(text, figure),
                labelled=text[: figure.start].endswith(("：", ":")),
                moment=_moment(text, figure),
            )
        )
    return stated


_COUNTED_TO = re.compile(r"(?<![目此事])前的?第?$")
_COUNTED_FROM = re.compile(r"(?<![此先最])后的?第?$")


def _moment(text: str, figure: FoundFigure) -> str:
    """到期日前3天 is not 到期日后3天; 3天后 is not 3天前."""
    if figure.kind != "term":
        return ""
    for pattern, where in ((_COUNTED_TO, "to"), (_COUNTED_FROM, "from")):
        if pattern.search(text, max(0, figure.start - 4), figure.start):
            return where
    behind = re.match(r"[之以]?([前后])", text[figure.end : figure.end + 2])
    return {"前": "to", "后": "from"}[behind[1]] if behind else ""


def _words_of(text: str, figures: Sequence[FoundFigure], clause: tuple[int, int]) -> frozenset[str]:
    start, end = clause
    return content(without(text[start:end], [f for f in figures if start <= f.start < end], start))


_PART = re.compile(r"或者?|及|和|与|、|，|,|；|;|。|并|但")


def _near(
    text: str, figures: Sequence[FoundFigure], number: int, clauses: Sequence[tuple[int, int]], here: int
) -> tuple[frozenset[str], frozenset[str]]:
    """What is said of this figure and not of its neighbour, in its clause and in those that lead up to it.

    连续逾期 of 3期, 累计逾期 of 6期; 购买第二套住房的 leads up to 25%. A clause that says only 最长 is of what the one
    before it speaks of.
    """
    figure = figures[number]
    start, end = clauses[here]
    first = max((m.end() for m in _STOP.finditer(text, 0, start)), default=0)
    before = [f for f in figures[:number] if f.kind == figure.kind and f.end > first and not _one_range(f, figure)]
    while before and _BECOMES.fullmatch(text, before[-1].end, figure.start):
        before.pop()  # 由1.25%调整为1.20%: both are of the same
    alone = first
    if before:
        last = before[-1]
        if last.start >= start:
            part = _PART.search(text, last.end, figure.start)
            start = alone = part.end() if part else last.end
        else:
            alone = next((b for a, b in clauses if a <= last.start < b), last.end)
    after = next((f for f in figures[number + 1 :] if f.kind == figure.kind and not _one_range(figure, f)), None)
    if after is not None and after.start < end:
        part = _PART.search(text, figure.end, after.start)
        end = part.start() if part else figure.end
    near, lead = _pieces(text, figures, start, end), _pieces(text, figures, alone, start)
    if not near - _BOUND_WORDS:
        near = lead or _pieces(text, figures, first, start)
    return near, lead


_BECOMES = re.compile(
    r"(?:调整|下调|上调|下降|上升|变更|提高|降低|延长|缩短|扩大|增加|减少|恢复|优惠|降|升|调|改|变)(?:至|为|到|成)"
)
_STOP = re.compile("[；;。！？!?]")
_BOUND = re.compile(
    r"最[高低少多长短大小早晚迟快]|至[少多]|不(?:得|能|可|应)?(?:超过|低于|高于|少于|多于)|[上下]限|以[上下内]|[未不]满|不足|起码|封顶|[只仅]?限|只能|还要"
)
_BOUND_WORDS = pieces_of("最高最低最少最多最长最短至少至多不超过上限下限以上以下以内不满起")


def _pieces(text: str, figures: Sequence[FoundFigure], start: int, end: int) -> frozenset[str]:
    inside = [f for f in figures if start <= f.start and f.end <= end]
    return pieces_of(_BOUND.sub(" ", without(text[start:end], inside, start)))


def _one_range(low: FoundFigure, high: FoundFigure) -> bool:
    return low.range_end is RangeEnd.LOW and high.range_end is RangeEnd.HIGH


def _then(
    text: str, figures: Sequence[FoundFigure], figure: FoundFigure, clauses: Sequence[tuple[int, int]], here: int
) -> frozenset[str]:
    """What follows in the next clause, unless that speaks of another figure of its kind."""
    if here + 1 >= len(clauses):
        return frozenset()
    start, end = clauses[here + 1]
    if any(f.kind == figure.kind and start <= f.start < end for f in figures):
        return frozenset()
    return _words_of(text, figures, (start, end))


def _label(text: str) -> str:
    """「申购：每个工作日受理，T+1确认」 speaks of 申购 throughout."""
    found = re.match(r"[^，。；：:]{1,16}[：:]", text)
    return found[0][:-1] if found else ""


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


def _keys(
    text: str, figures: Sequence[FoundFigure], number: int, clauses: Sequence[tuple[int, int]], here: int
) -> tuple[FoundFigure, ...]:
    """What it holds on: the nearest figures of every other kind before it, else behind it in its clause.

    Of bounded ones (满半年不满一年的，…) and of plain ones (…按一年期…) each the nearest; a bounded one holds to the
    next semicolon. What names a product (七天通知存款) is a key of a figure of its own kind too.
    """
    figure = figures[number]
    stop = max((m.end() for m in _STOP.finditer(text, 0, figure.start)), default=0)
    own = key_kind(figure) if figure.kind != "amt" else "amt"
    found = [
        f
        for f in figures[:number]
        if f.kind == "pct" and f.direction and stop <= f.start and _CONDITION.match(text, f.end)
    ]
    for kind in KEY_KINDS:
        like = [f for f in figures if f is not figure and key_kind(f) == kind]
        if (
            not like
            or (kind == own and _names_a_thing(text, figure))
            or (kind == own and not any(_names_a_thing(text, f) for f in like))
        ):
            continue
        bounded = [f for f in like if f.direction and stop <= f.start < figure.start and kind != own]
        since = max((f.end for f in figures[:number] if f.kind == figure.kind), default=0)
        nearest = [f for f in bounded if f.start >= since] or bounded
        found += [
            f
            for n, f in enumerate(nearest)
            if all(g.direction != f.direction and g.value != f.value for g in nearest[n + 1 :])
        ][-2:]
        for at in range(here, max(-1, here - 4), -1):
            start, end = clauses[at]
            plain = [
                f
                for f in like
                if start <= f.start < end and not f.direction and (kind != own or _names_a_thing(text, f))
            ]
            before = [f for f in plain if f.end <= figure.start]
            if before:
                found.append(before[-1])
                break
            if at == here and kind not in ("tier", own):
                inside = [f for f in like if figure.end <= f.start < end and (f not in bounded)]
                if inside and not bounded:
                    found.append(inside[0])
                    break
    return tuple(found)


_OF_LPR = re.compile(r"LPR\s?[-−+＋加减]?$")
_NAME_BEHIND = re.compile(r"期?(?:整存|零存|定期|通知(?=存款|和|、|与|[两二三]|品种)|大额|存款|特色)")


def _names_a_thing(text: str, figure: FoundFigure) -> bool:
    if figure.raw.endswith(("BP", "bp")) and _OF_LPR.search(text, 0, figure.start):
        return "%" in text or "百分之" in text  # LPR-40BP names a row where the rate is told too
    return figure.kind == "term" and _NAME_BEHIND.match(text, figure.end) is not None


_CONDITION = re.compile(r"[^，,。；;]{0,14}(?:的|者|时)[，,]|[^，,。；;]{0,4}(?:再|就|才|可以)")
"""持有满180天的，…: the figure says when."""


def _leads(text: str, figures: Sequence[FoundFigure], number: int, end: int, aspects: Aspects) -> bool:
    """一年 of 「一年期年利率1.40%」, of 「一年期，年利率是1.40%」 and of 「1.40%，这是一年期的」."""
    figure = figures[number]
    if _CONDITION.match(text, figure.end) and figure.kind in ("term", "amt", "num", "date") and not aspects:
        return True
    if _CONDITION.match(text, figure.end) and figure.kind == "pct" and figure.direction and number + 1 < len(figures):
        return True
    if not key_kind(figure):
        return False
    others = [f for f in figures if f.kind != figure.kind]
    return any(figure.end <= f.start < end for f in others) or (not aspects and bool(others))


def _side(text: str, figure: FoundFigure, start: int, end: int, previous: tuple[int, int]) -> Side:
    for change in _FROM_TO.finditer(text):
        if change.start("old") <= figure.start < change.end("old"):
            return Side.BEFORE
        if 0 <= figure.start - change.end() <= 12 and not re.search("[，,；;]", text[change.end() : figure.start]):
            return Side.NOW
    if _ARROW.match(text[figure.end : figure.end + 6]):
        return Side.BEFORE
    if CURRENT.search(text, start, figure.start):
        return Side.NOW
    if figure.kind in ("date", "time", "term"):
        return Side.BEFORE if _FORMERLY.search(text, start, figure.start) else Side.UNSAID
    if PAST.search(text, start, figure.start):
        return Side.BEFORE
    if PAST.search(text, *previous) and not re.search(
        "[日号年](?:起|及|以后|之后|后|（含）)|现|^新", text[start : figure.start]
    ):
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
