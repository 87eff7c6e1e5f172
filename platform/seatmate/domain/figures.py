"""Every figure in a text, with its place and one spelling for one value (DESIGN §3).

3.05% = 百分之三点零五 = 305bp → `pct:3.05`; 5万 = 50,000元 → `amt:50000`; 一年期 = 12个月 → `term:12m`; T+1 → `t:1`;
R2 → `level:R2`; 2026年11月9日 → `date:2026-11-09`. Product codes are whole (`code:YCWY090A`), never a run of digits.
Offsets are code points of the text as given. Knows nothing of products or documents.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from seatmate.domain.numerals import narrow, parse_chinese, plain


@dataclass(frozen=True)
class FoundFigure:
    """`text[start:end] == raw`; `normalised` is `kind:value`."""

    raw: str
    start: int
    end: int
    normalised: str

    @property
    def kind(self) -> str:
        return self.normalised.partition(":")[0]

    @property
    def value(self) -> str:
        return self.normalised.partition(":")[2]


_A = r"\d+(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_C = r"[零〇一二两三四五六七八九十百千万亿]+(?:点[零〇一二三四五六七八九]+)?"
_N = rf"(?:{_A}|{_C})"
_SCALE = {"": 1, "百": 100, "千": 1_000, "万": 10_000, "百万": 1_000_000, "千万": 10_000_000, "亿": 100_000_000}


def _number(text: str) -> Decimal | None:
    bare = text.replace(",", "")
    return Decimal(bare) if re.fullmatch(r"\d+(?:\.\d+)?", bare) else parse_chinese(text)


def _percent(m: re.Match[str]) -> str | None:
    value = _number(m["n"])
    if value is None:
        return None
    unit = m.groupdict().get("u") or "%"
    scale = {"%": Decimal(1), "‰": Decimal("0.1"), "bp": Decimal("0.01"), "个基点": Decimal("0.01")}[unit.lower()]
    return f"pct:{plain(value * scale)}"


def _amount(m: re.Match[str]) -> str | None:
    value = _number(m["n"])
    return None if value is None else f"amt:{plain(value * _SCALE[m['s'] or ''])}"


def _scaled(m: re.Match[str]) -> str | None:
    value = _number(m["n"])
    return None if value is None else f"amt:{plain(value * _SCALE[m['s']])}"


def _chinese_large(m: re.Match[str]) -> str | None:
    value = parse_chinese(m["n"])
    return None if value is None else f"amt:{plain(value)}"


def _term(m: re.Match[str]) -> str | None:
    unit = m["u"]
    value = Decimal("0.5") if m["n"] == "半" else _number(m["n"])
    if value is None:
        return None
    if unit in ("年", "年期", "周年"):
        if value > 100:  # 2026年 is a year, not a term
            return f"date:{plain(value)}"
        return f"term:{plain(value * 12)}m"
    if unit in ("个月", "月期"):
        return f"term:{plain(value)}m"
    if unit in ("个工作日", "工作日", "个交易日", "交易日"):
        return f"term:{plain(value)}wd"
    if unit in ("周", "个星期", "星期"):
        return f"term:{plain(value * 7)}d"
    if unit in ("小时", "个小时"):
        return f"term:{plain(value)}h"
    if unit == "分钟":
        return f"term:{plain(value)}min"
    return f"term:{plain(value)}d"


def _date(m: re.Match[str]) -> str | None:
    parts = m.groupdict()
    month, day = _number(parts["m"]), _number(parts["d"])
    if month is None or day is None or not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    year = _number(parts["y"]) if parts.get("y") else None
    return f"date:{'----' if year is None else int(year)}-{int(month):02}-{int(day):02}"


def _month(m: re.Match[str]) -> str | None:
    month, year = _number(m["m"]), _number(m["y"])
    return None if month is None or year is None or month > 12 else f"date:{int(year)}-{int(month):02}"


def _clock(m: re.Match[str]) -> str | None:
    hour, minute = _number(m["h"]), _number(m["mi"] or "0")
    if hour is None or minute is None or hour > 24 or minute > 59:
        return None
    return f"time:{int(hour):02}:{int(minute):02}"


def _count(m: re.Match[str]) -> str | None:
    value = _number(m["n"])
    return None if value is None else f"num:{plain(value)}"


def _digits(m: re.Match[str]) -> str:
    return "phone:" + re.sub(r"\D", "", m[0])


_Y = r"(?P<y>\d{4}|[二〇零一三四五六七八九]{4})"
_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str | None]], ...] = tuple(
    (re.compile(pattern), read)
    for pattern, read in (
        (r"(?<![A-Za-z0-9])[A-Z]{2,}[A-Z0-9]*\d[A-Z0-9]*(?![A-Za-z0-9])", lambda m: f"code:{m[0]}"),
        (r"(?<![A-Za-z])[RC][1-5](?![0-9A-Za-z])", lambda m: f"level:{m[0]}"),
        (r"(?<![A-Za-z])[TD]\s?\+\s?(?P<n>\d{1,3})", lambda m: f"t:{int(m['n'])}"),
        (
            rf"{_Y}年(?P<m>\d{{1,2}}|[一二三四五六七八九十]{{1,2}})月(?P<d>\d{{1,2}}|[一二三四五六七八九十]{{1,3}})[日号]",
            _date,
        ),
        (r"(?<!\d)(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?!\d)", _date),
        (r"(?<!\d)(?P<m>\d{1,2}|[一二三四五六七八九十]{1,2})月(?P<d>\d{1,2}|[一二三四五六七八九十]{1,3})[日号]", _date),
        (rf"{_Y}年(?P<m>\d{{1,2}})月(?!期)", _month),
        (r"(?<!\d)(?:400[- ]?\d{3}[- ]?\d{4}|0\d{2,3}-\d{7,8}|95\d{3}(?!\d)|1[3-9]\d{9}(?!\d))", _digits),
        (r"(?<!\d)(?P<h>\d{1,2})[:：](?P<mi>\d{2})(?!\d)", _clock),
        (rf"(?P<n>{_A})\s*(?P<u>%|‰|[bB][pP]|个基点)", _percent),
        (rf"百分之(?P<n>{_N})", _percent),
        (rf"(?P<n>{_A})\s*(?P<s>千万|百万|亿|万|千|百|)\s*(?:元|块钱|块|人民币)", _amount),
        (rf"(?P<n>{_C})(?P<s>)\s*(?:元|块钱|块|人民币)", _amount),
        (rf"(?P<n>{_A})\s*(?P<s>千万|百万|亿|万)", _scaled),
        (
            rf"(?P<n>{_N}|半)\s?(?P<u>周年|年期|年|个月|月期|个工作日|工作日|个交易日|交易日|个星期|星期|周(?!岁)|个小时|小时"
            r"|分钟|个自然日|自然日|天|日)",
            _term,
        ),
        (rf"(?P<n>{_N})\s?(?:次|笔|张|份|周岁|岁|倍|位|级|人|户|期|成|项|家|步)", _count),
        (r"(?<!\d)(?P<h>\d{1,2})(?:时|点)(?P<mi>\d{2})?分?", _clock),
        (r"(?P<n>[一二两三四五六七八九十百千]+[万亿][零〇一二两三四五六七八九十百千万]*)", _chinese_large),
        (rf"(?<![A-Za-z0-9.])(?P<n>{_A})(?![A-Za-z0-9])", _count),
    )
)


def find_figures(text: str) -> list[FoundFigure]:
    """All figures, left to right, none overlapping: an earlier rule wins its characters."""
    searched = narrow(text)
    taken = [False] * len(text)
    found: list[FoundFigure] = []
    for pattern, read in _RULES:
        for m in pattern.finditer(searched):
            start, end = m.span()
            if start == end or any(taken[start:end]):
                continue
            normalised = read(m)
            if normalised is None:
                continue
            taken[start:end] = [True] * (end - start)
            found.append(FoundFigure(text[start:end], start, end, normalised))
    return sorted(found, key=lambda f: f.start)


def is_supported(figure: FoundFigure, source: Iterable[FoundFigure]) -> bool:
    """Does the source state this figure?

    The same kind and value; or a bare number of the source, whose unit stands in a table header; or, for a day without
    a year, the same day with one.
    """
    for other in source:
        if other.normalised == figure.normalised:
            return True
        kinds = {other.kind, figure.kind}
        if other.value == figure.value and "num" in kinds and kinds <= _BARE:
            return True
        years = (figure.value[:4], other.value[:4])
        if figure.kind == other.kind == "date" and "----" in years and figure.value[4:] == other.value[4:]:
            return True
    return False


_BARE = {"num", "amt", "pct", "phone"}
