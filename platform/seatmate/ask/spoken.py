"""The figures of a text as people say them: 两成五, 五毛, 一千八, 每月15号, T加2, 2026年底.

What domain/figures reads is kept; here comes what only a spoken or a loosely written sentence has. A sentence and a
source line are read alike, so that 两成五 of one is 25% of the other. Knows nothing of what a figure is of.
"""

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from functools import lru_cache

from seatmate.domain.figures import Bound, FoundFigure, RangeEnd, find_figures
from seatmate.domain.numerals import CHINESE, narrow, parse_chinese, plain

_HAN = "一二两三四五六七八九"
_UNITS = "元块角毛分天日年月个周期次笔张份岁倍位级人户成折%点号万亿千百十"
_MONTHLY = r"(?<=每月)|(?<=个月)|(?<=末月)|(?<=月的)|(?<=次月)|(?<=当月)|(?<=上月)|(?<=本月)|(?<=每季)"

_Reading = tuple[re.Pattern[str], Callable[[re.Match[str]], str | None]]


def _number(text: str) -> Decimal | None:
    return Decimal(text) if re.fullmatch(r"\d+(?:\.\d+)?", text) else parse_chinese(text)


def _tenths(m: re.Match[str]) -> str | None:
    """两成五 is 25%."""
    whole, rest = _number(m["n"]), m["rest"]
    if whole is None:
        return None
    part = Decimal(0) if not rest else Decimal(5) if rest == "半" else _number(rest) or Decimal(0)
    return f"pct:{plain(whole * 10 + part)}"


def _amount(m: re.Match[str]) -> str | None:
    value = _number(m["n"])
    return None if value is None else f"amt:{plain(value)}"


def _small_money(m: re.Match[str]) -> str | None:
    """五毛, 3角5分; 3元5角."""
    value = _number(m["n"])
    if value is None:
        return None
    fen = _number(m["fen"]) if m["fen"] else Decimal(0)
    yuan = _number(m["yuan"]) if m["yuan"] else Decimal(0)
    return f"amt:{plain((yuan or Decimal(0)) + value / 10 + (fen or Decimal(0)) / 100)}"


def _day(m: re.Match[str]) -> str | None:
    value = _number(m["n"])
    return f"term:{plain(value)}d" if value is not None and 1 <= value <= 31 else None


def _discount(m: re.Match[str]) -> str | None:
    """八五折 is 8.5折."""
    value = _number(m["n"])
    if value is None:
        return None
    return f"num:{plain(value / 10 if 10 < value < 100 else value)}"


_READINGS: tuple[_Reading, ...] = (
    (
        re.compile(rf"(?P<n>[{_HAN}]|(?<![A-Za-z\d.])\d)成(?P<rest>[一二三四五六七八九半]?)(?![立为交本功员人长])"),
        _tenths,
    ),
    (re.compile(rf"(?P<n>[{_HAN}]{{1,2}}|(?<![\d.])\d{{1,2}}(?:\.\d)?)折(?![算合抵旧])"), _discount),
    (re.compile(r"(?<!\d)(?P<y>\d{4})年年?底"), lambda m: f"date:{m['y']}-12-31"),
    (
        re.compile(
            rf"(?:(?P<yuan>\d{{1,4}}|[{_HAN}十]{{1,3}})[元块])?(?P<n>\d|[{_HAN}])[毛角](?:(?P<fen>\d|[{_HAN}])分)?钱?"
        ),
        _small_money,
    ),
    (re.compile(r"(?<![A-Za-z0-9])[Tt][ ]?加[ ]?(?P<n>\d|[一二两三四五六七八九])"), lambda m: f"t:{_number(m['n'])}"),
    (
        re.compile(rf"(?P<n>\d{{1,3}}|[{CHINESE}]{{1,5}})个(?:BP|bp|Bp)s?"),
        lambda m: None if (n := _number(m["n"])) is None else f"pct:{plain(n / 100)}",
    ),
    (
        re.compile(rf"(?:{_MONTHLY})(?P<n>(?:3[01]|[12]\d|0?[1-9])(?!\d)|[一二三四五六七八九十]{{1,3}})[日号]"),
        _day,
    ),
    (re.compile(r"(?<=[到至])(?P<n>(?:3[01]|[12]\d|0?[1-9])(?!\d)|[一二三四五六七八九十]{1,3})号"), _day),
    (re.compile(rf"(?<![{CHINESE}])(?P<n>[{_HAN}][千百][一二三四五六七八九])(?![{_UNITS}])"), _amount),
    (re.compile(rf"(?<![{CHINESE}])(?P<n>[{_HAN}]千[{_HAN}]百)(?![{_UNITS}{CHINESE}])"), _amount),
    (
        re.compile(rf"(?<=[费额金收付存购取交要为是限送减返满])(?P<n>[{_HAN}][千百])(?![{_UNITS}分位货{CHINESE}])"),
        _amount,
    ),
    (re.compile(r"(?<![另之这那])一半"), lambda _: "pct:50"),
    (re.compile(r"(?<![A-Za-z0-9])PR(?P<n>[1-5])(?![0-9A-Za-z])"), lambda m: f"level:R{m['n']}"),
)
_ANY = re.compile(r"[成折底毛角加个月到至千百半]|PR")
"""Without one of these nothing is spoken."""


def figures_in(text: str) -> list[FoundFigure]:
    """Every figure of a text, spoken ones too, left to right."""
    return list(_read(text))


@lru_cache(maxsize=8_192)
def _read(text: str) -> tuple[FoundFigure, ...]:
    found = [_with_farther_bound(text, f) for f in find_figures(text) if not _A_PART.match(text, f.start)]
    if not _ANY.search(text):
        return tuple(found)
    spoken = _spoken(text)
    if not spoken:
        return tuple(found)
    # A figure is read anew with its bounds: its words are written in digits for domain/figures.
    kept = [f for f in found if not any(s.start < f.end and f.start < s.end for s in spoken)]
    return tuple(sorted((*kept, *(_bounded(text, s) for s in spoken)), key=lambda f: f.start))


_A_PART = re.compile("一部分")
_BEYOND = re.compile(r"(?:高过|突破|多过)$")
_BENEATH = re.compile(r"(?:跌破|低过|少过)$")
_NOT_FULL = re.compile(r"没[满到]$")
_FULL_TERM = re.compile(r"期满$")
_ABOVE = re.compile(
    r"(?:级|[\u4e00-\u9fff]{1,4}型)?(?:[（(][^（）()]{1,8}[）)])?(?:及|或|\(含\)|（含）)以(?P<end>[上下])"
)


def _with_farther_bound(text: str, figure: FoundFigure) -> FoundFigure:
    """存期满3个月 is no less than it; C2稳健型及以上 is C2 and above."""
    if figure.kind in ("term", "amt", "num") and _NOT_FULL.search(text, max(0, figure.start - 2), figure.start):
        return replace(figure, bound=Bound.LESS_THAN)
    if figure.bound is not Bound.EXACTLY or figure.range_end is not RangeEnd.NONE:
        return figure
    if figure.kind == "term" and _FULL_TERM.search(text, max(0, figure.start - 6), figure.start):
        return replace(figure, bound=Bound.AT_LEAST)
    if _BEYOND.search(text, max(0, figure.start - 3), figure.start):
        return replace(figure, bound=Bound.MORE_THAN)
    if _BENEATH.search(text, max(0, figure.start - 3), figure.start):
        return replace(figure, bound=Bound.LESS_THAN)
    if figure.kind == "level" and (found := _ABOVE.match(text, figure.end)):
        return replace(figure, bound=Bound.AT_LEAST if found["end"] == "上" else Bound.AT_MOST)
    return figure


def _spoken(text: str) -> list[FoundFigure]:
    searched = narrow(text)
    found: list[FoundFigure] = []
    for pattern, read in _READINGS:
        for m in pattern.finditer(searched):
            start, end = m.span()
            value = read(m)
            if value is not None and not any(f.start < end and start < f.end for f in found):
                found.append(FoundFigure(text[start:end], start, end, value))
    return found


def _bounded(text: str, figure: FoundFigure) -> FoundFigure:
    """With what is said around it: domain/figures reads the same place with a figure of the kind that it knows."""
    known = {"pct": "1%", "amt": "1元", "term": "1天", "t": "T+1", "date": "2026-12-31", "num": "1次", "level": "R1"}[
        figure.kind
    ]
    again = find_figures(text[: figure.start] + known + text[figure.end :])
    read = next((f for f in again if f.start == figure.start), None)
    if read is None:
        return figure
    return FoundFigure(figure.raw, figure.start, figure.end, figure.normalised, read.bound, read.range_end)
