"""On what a figure holds, and what is no figure at all: tiers, days, and the measures that a sentence counts in.

「5万元以上」 has 8万元; 「10月1日前1.50%，之后1.45%」 has one rate for every day; 一笔 in 「一笔收5元」 is 每笔.
Knows nothing of attributes and products.
"""

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

from seatmate.ask.stated import Side, Stated
from seatmate.domain.bounds import Bound
from seatmate.domain.figures import FoundFigure, RangeEnd

_ONE = re.compile(
    r"[一1]\s?(?P<of>个?月|年|天|日|个?季度|周|次|笔|张|份|户|批|位|名|个|人|克|家|单|期|枚|本|件|台|条|组)"
)
_SECOND = re.compile(r"[二2](?:天|日|年|个?月)")
_A_TERM = re.compile(r"[之以]?[内前后]|期|满|起")
_ORDINAL = re.compile(r"[第头]$")
_COUNTED_BEHIND = re.compile(r"[^，。；]{0,12}?[\d一二两三四五六七八九十百]")
_MONEY_BEHIND = re.compile(r"[^，。；\d]{0,8}[\d,.一二两三四五六七八九十百千万]+[元块万亿]")
_COUNTED_BEFORE = re.compile(r"[\d百千万][元块钱]?[，]?$")
_TOLD_BEHIND = re.compile(r"[是收要为付][^，。；]{0,4}\d|\d")
_SAME_MEASURE = {"天": "[天日]", "日": "[天日]", "季度": "季"}
_PEOPLE_AND_DEEDS = frozenset("次笔张户位名人")
"""一次取20万元: these are said where a document says nothing."""
_SAME_DAY = 24
"""So many characters lie at most between a day and the figure that holds on it."""


def may_measure(figure: FoundFigure) -> bool:
    return _ONE.fullmatch(figure.raw) is not None or _SECOND.fullmatch(figure.raw) is not None


def measured(sentence: str, figure: FoundFigure, line: str) -> bool:
    """Is 一笔 of the sentence what the line calls 每笔, or 第一次 what it calls 首次?"""
    if _SECOND.fullmatch(figure.raw) and sentence[: figure.start].endswith("第"):
        return re.search(rf"次(?:一?(?:工作)?{'日' if figure.raw[-1] in '天日' else figure.raw[-1]})", line) is not None
    found = _ONE.fullmatch(figure.raw)
    if found is None:
        return False
    told = figure.raw == "一年" and not figure.direction and _TOLD_BEHIND.match(sentence, figure.end)
    if told and re.search(r"年化|年费率|年利率|（年）|/年", line):
        return True
    of = _SAME_MEASURE.get(found["of"].removeprefix("个"), found["of"].removeprefix("个"))
    if _ORDINAL.search(sentence[: figure.start]):
        return re.search(rf"首{of}|第[一1]{of}|初次", line) is not None
    if figure.kind == "term" and (figure.raw[0] == "1" or _A_TERM.match(sentence, figure.end)):
        return False
    if figure.direction or not _COUNTED_BEHIND.match(sentence, figure.end):
        if _COUNTED_BEFORE.search(sentence, max(0, figure.start - 12), figure.start):
            return re.search(rf"(?:每|单|/)(?:一|个)?{of}", line) is not None
        counted = "(?:名|位|个)" if found["of"] in ("名", "位", "个", "人") else of
        return figure.kind == "num" and re.search(rf"一次性|[一1][\u4e00-\u9fff]?{counted}(?!月)", line) is not None
    if re.search(rf"(?:每|单|/|各|任一|同一|限|累计|按|当|[一1])(?:一|自然|个)?{of}|{of}(?:度|累计|费|限额)", line):
        return True
    if found["of"] not in _PEOPLE_AND_DEEDS:
        return False
    return bool(_MONEY_BEHIND.match(sentence, figure.end)) or not re.search(rf"[\d二两三四五六七八九十]\s?{of}", line)


def in_tier(amount: FoundFigure, tier: Sequence[FoundFigure]) -> bool:
    """Does a plain amount or count lie within the bounds of a tier?"""
    value = _number(amount)
    bounds = [(k.direction, _number(k)) for k in tier if k.direction]
    if value is None or amount.direction or not bounds or any(limit is None for _, limit in bounds):
        return False
    return all(value >= limit if direction > 0 else value <= limit for direction, limit in bounds if limit is not None)


def held_on(day: date, said: Stated, stated: Stated) -> bool:
    """Does what the source states hold on the day, or does the sentence itself say of which day it speaks?"""
    if said.figure.kind not in ("pct", "amt", "t") or said.side is Side.BEFORE:
        return True
    if any(key.kind == "date" for key in said.keys):
        return True
    if said.side is Side.NOW and stated.side is Side.NOW:
        return True
    return all(_covers(key, day) for key in _days_of(stated))


def side_on(day: date, said: Stated, stated: Stated) -> Side:
    """「自12月1日起由3元降为2元」: until then 3元 is what is, unless the sentence itself speaks of 12月1日."""
    if any(key.kind == "date" for key in said.keys):
        return stated.side
    ahead = any(key.direction > 0 and not _covers(key, day) for key in _days_of(stated))
    return Side.UNSAID if ahead and stated.side is Side.BEFORE else stated.side


def _days_of(stated: Stated) -> list[FoundFigure]:
    """The days close before the figure."""
    return [key for key in stated.keys if key.kind == "date" and 0 <= stated.figure.start - key.end <= _SAME_DAY]


def _covers(key: FoundFigure, day: date) -> bool:
    limit = _day(key, day)
    if limit is None:
        return True
    if key.direction < 0:
        return day < limit if key.bound is Bound.LESS_THAN else day <= limit
    return key.range_end is not RangeEnd.NONE or not key.direction or day >= limit


def _day(figure: FoundFigure, near: date) -> date | None:
    year, rest = figure.value[:4], figure.value[5:]
    month, _, day = rest.partition("-")
    if not (month.isdigit() and day.isdigit()):
        return None
    try:
        return date(int(year) if year.isdigit() else near.year, int(month), int(day))
    except ValueError:
        return None


def _number(figure: FoundFigure) -> Decimal | None:
    if figure.kind not in ("amt", "num"):
        return None
    try:
        return Decimal(figure.value)
    except InvalidOperation:
        return None
