"""A found figure, and what is said around it: 不超过, 以上, 起, 以内; and which end of a range it is.

5–10万元 is two figures, and the first has the unit of the second; 2026年10月26日9:00至11月6日17:00 is two moments, and
the second has the year of the first. Knows nothing of what figures look like: domain/figures finds them.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise

from seatmate.domain.numerals import CHINESE


class Bound(StrEnum):
    """What a text says of a figure: 「不超过5万元」 is at_most 5万元."""

    EXACTLY = "exactly"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    MORE_THAN = "more_than"
    LESS_THAN = "less_than"

    @property
    def direction(self) -> int:
        """1 from the figure upwards, -1 downwards, 0 neither."""
        return {"exactly": 0, "at_least": 1, "more_than": 1}.get(self.value, -1)


class RangeEnd(StrEnum):
    """Which end of a range a figure is."""

    NONE = "none"
    LOW = "low"
    HIGH = "high"


@dataclass(frozen=True)
class FoundFigure:
    """`text[start:end] == raw`; `normalised` is `kind:value`; `bound` and `range_end` are what stands around it."""

    raw: str
    start: int
    end: int
    normalised: str
    bound: Bound = Bound.EXACTLY
    range_end: RangeEnd = RangeEnd.NONE

    @property
    def kind(self) -> str:
        return self.normalised.partition(":")[0]

    @property
    def value(self) -> str:
        return self.normalised.partition(":")[2]

    @property
    def direction(self) -> int:
        """1 when the figure is a least value or the lower end of a range, -1 for a most value or the upper end."""
        if self.range_end is not RangeEnd.NONE:
            return 1 if self.range_end is RangeEnd.LOW else -1
        return self.bound.direction


_CONNECTOR = r"\s?(?:\(含\))?(?:以上|起)?(?:\(含\))?\s?(?:--?|–|—|~|〜|至|到|\bto\b)\s?"
_BETWEEN = re.compile(_CONNECTOR)
_NUMERAL = rf"[{CHINESE}]{{1,12}}(?:点[零〇一二三四五六七八九]{{1,6}})?"
_SPOKEN_LOW = re.compile(rf"(?P<n>{_NUMERAL})(?:{_CONNECTOR})$")
_SPOKEN_HIGH = re.compile(rf"{_CONNECTOR}(?P<n>{_NUMERAL}|\d{{1,3}}(?:\.\d{{1,4}})?)(?![\d%])")
_HEAD = re.compile(rf"(?:[\d,.]+|[{CHINESE}]+(?:点[零〇一二三四五六七八九]+)?)\s?(?:万亿|千万|百万|亿|万|千|百)?")
_BARE_HEAD = re.compile(rf"[\d,.]+|[{CHINESE.replace('万', '').replace('亿', '')}]+(?:点[零〇一二三四五六七八九]+)?")
_WINDOW = 24
_TIGHT = 2
"""So many characters between a word of bound and its figure; further off, a word behind the figure says more."""
_GLUE = (
    r"(?:为|是|:|：|约|达到?|的|可|仅|有|人民币|等值|金额|额度|限额|总额|标准|不得|单笔|每笔|\([^)]{0,8}\)|\s){0,4}$"
)
# 最高取现金额的50%: the superlatives bind over a few words, the comparatives stand at the figure.
_OVER = r"[^\d,，。；、\n]{0,14}$"
_NEAR = r"[^\d,，。；、\n]{0,8}$"
_SAID_BEFORE = tuple(
    (re.compile(rf"(?P<said>{words}){glue}", re.IGNORECASE), bound)
    for words, glue, bound in (
        (r"至多|最多|最高|最大|最长|最迟|最晚", _OVER, Bound.AT_MOST),
        (r"至少|最低|最少|最小|最短|最快|最早", _OVER, Bound.AT_LEAST),
        (
            r"不(?:得|能|可|应|会)?(?:超过|高于|大于|多于|超|晚于|迟于)|未超过|上限|封顶|控制在"
            r"|up\sto|at\smost|no\smore\sthan|not\s(?:more\sthan|exceed(?:ing)?)|maximum(?:\sof)?|within",
            _NEAR,
            Bound.AT_MOST,
        ),
        (
            r"不(?:得|能|可|应|会)?(?:低于|少于|小于|早于|短于)|下限|起点|(?<![未不期])满|达到"
            r"|at\sleast|(?:no|not)\s(?:less|fewer)\sthan|minimum(?:\sof)?|starting\s(?:from|at)",
            _NEAR,
            Bound.AT_LEAST,
        ),
        (
            r"(?<![不未])(?<!不[得能可应会])(?:超过|高于|大于|多于|逾(?!期)|超出|晚于)|over|(?<!no\s)more\sthan|above|exceeding",
            _NEAR,
            Bound.MORE_THAN,
        ),
        (
            r"(?<!不)(?<!不[得能可应会])(?:不足|未满|不满|低于|少于|小于|不到|未达到?|早于)|under|(?<!no\s)less\sthan|below",
            _NEAR,
            Bound.LESS_THAN,
        ),
    )
)
# What an attribute's name says of its value, where nothing else is said.
_LIMIT = re.compile(rf"限额{_GLUE}")
_MINIMUM = re.compile(rf"(?:起购|起存|起投|起售){_GLUE}")
_INCLUDED = r"\s?(?:\([^)]{0,6}\))?(?:及其?|或|和)?"
_SAID_AFTER = tuple(
    (re.compile(rf"{_INCLUDED}(?:{words})", re.IGNORECASE), bound)
    for words, bound in (
        (r"以上|之上|起(?!息|诉|草)|为起点|为下限|or\s(?:more|above|over)|and\sabove", Bound.AT_LEAST),
        (r"以下|之下|以内|之内|内(?!部|容|地)|封顶|为限|为上限|止|or\s(?:less|below|under)|and\sbelow", Bound.AT_MOST),
        (r"(?:之|以)?前(?!往|述|期|提|端|台)", Bound.LESS_THAN),
        (r"(?:之|以)?后(?!续|台|期|面)", Bound.MORE_THAN),
    )
)

ValueOf = Callable[[str], str | None]
"""A text that is one figure from end to end → `kind:value`."""


def with_bounds(searched: str, text: str, figures: Sequence[FoundFigure], value_of: ValueOf) -> list[FoundFigure]:
    """The figures with what is said around them; ends of spoken ranges (三至五个工作日) are found as well.

    `searched` is the text with its full-width characters narrowed, position for position.
    """
    every = _spoken_ends(searched, text, figures, value_of)
    ranged = _ranges(searched, every, value_of)
    bound = [f if f.range_end is not RangeEnd.NONE else replace(f, bound=_bound(searched, f)) for f in ranged]
    for number, (day, hour) in enumerate(pairwise(bound)):
        if day.kind == "date" and hour.kind == "time" and not searched[day.end : hour.start].strip():
            bound[number] = replace(day, bound=hour.bound)  # 11月17日24:00前 is before that day's end
    return bound


def _bound(searched: str, figure: FoundFigure) -> Bound:
    before = searched[max(0, figure.start - _WINDOW) : figure.start]
    after = searched[figure.end : figure.end + _WINDOW]
    said = [(m.end("said"), bound) for words, bound in _SAID_BEFORE if (m := words.search(before))]
    behind = next((bound for words, bound in _SAID_AFTER if words.match(after)), None)
    at, nearest = max(said, key=lambda pair: pair[0], default=(0, None))
    if nearest is not None and (behind is None or len(before) - at <= _TIGHT):
        return nearest
    if behind is not None:
        return behind
    if _MINIMUM.search(before):
        return Bound.AT_LEAST
    return Bound.AT_MOST if _LIMIT.search(before) else Bound.EXACTLY


def _spoken_ends(searched: str, text: str, figures: Sequence[FoundFigure], value_of: ValueOf) -> list[FoundFigure]:
    """三至五个工作日: 三 alone is no figure. 百分之二点三到二点八: neither is 二点八."""
    found: list[FoundFigure] = []
    at = 0
    for number, figure in enumerate(figures):
        window = max(at, figure.start - _WINDOW)
        low = _SPOKEN_LOW.search(searched, window, figure.start)
        if low is not None and (value := value_of(low["n"] + _unit(searched, figure))) is not None:
            start, end = low.span("n")
            found.append(FoundFigure(text[start:end], start, end, value))
        found.append(figure)
        at = figure.end
        high = _SPOKEN_HIGH.match(searched, figure.end) if figure.raw.startswith(("百分之", "千分之")) else None
        limit = figures[number + 1].start if number + 1 < len(figures) else len(searched)
        if high is not None and high.end() <= limit:
            value = value_of(figure.raw[:3] + high["n"])
            if value is not None:
                start, end = high.span("n")
                found.append(FoundFigure(text[start:end], start, end, value))
                at = end
    return found


def _ranges(searched: str, figures: Sequence[FoundFigure], value_of: ValueOf) -> list[FoundFigure]:
    ranged = list(figures)
    number = 0
    while number + 1 < len(ranged):
        low, high = ranged[number], ranged[number + 1]
        if not _BETWEEN.fullmatch(searched, low.end, high.start):
            number += 1
            continue
        if low.kind == "time" and high.kind == "date":
            number = _moments(searched, ranged, number)
            continue
        pair = _one_unit(searched, low, high, value_of)
        if pair is None:
            number += 1
            continue
        ranged[number] = replace(pair[0], range_end=RangeEnd.LOW)
        ranged[number + 1] = replace(pair[1], range_end=RangeEnd.HIGH)
        number += 2
    return ranged


def _moments(searched: str, ranged: list[FoundFigure], number: int) -> int:
    """A day and an hour to a day and an hour; the number of the figure to go on with."""
    first = ranged[number - 1] if number else None
    if first is not None and first.kind == "date" and not searched[first.end : ranged[number].start].strip():
        ranged[number - 1] = replace(first, range_end=RangeEnd.LOW)
        ranged[number + 1] = _same_year(first, ranged[number + 1])
    ranged[number] = replace(ranged[number], range_end=RangeEnd.LOW)
    ranged[number + 1] = replace(ranged[number + 1], range_end=RangeEnd.HIGH)
    last = ranged[number + 2] if number + 2 < len(ranged) else None
    if last is not None and last.kind == "time" and not searched[ranged[number + 1].end : last.start].strip():
        ranged[number + 2] = replace(last, range_end=RangeEnd.HIGH)
        return number + 3
    return number + 2


def _one_unit(
    searched: str, low: FoundFigure, high: FoundFigure, value_of: ValueOf
) -> tuple[FoundFigure, FoundFigure] | None:
    """Both ends in one unit, or None when they are no range."""
    if low.kind == "date" and high.kind == "date":
        return low, _same_year(low, high)
    if low.kind == "date" and high.normalised.startswith("term:") and high.value.endswith("d") and _is_day(high):
        return low, replace(high, normalised=f"{low.normalised[:-2]}{int(high.value[:-1]):02}")
    if (low.kind == "num" and high.kind != "num") or (
        low.kind == "amt" and low.value.isdigit() and high.value[-1:].isalpha()
    ):
        unit = _unit(searched, high) if low.kind == "num" else _HEAD.sub("", searched[high.start : high.end], count=1)
        value = value_of(searched[low.start : low.end] + unit)
        return None if value is None else (replace(low, normalised=value), high)
    return (low, high) if low.kind == high.kind and low.kind not in ("code", "phone") else None


def _is_day(figure: FoundFigure) -> bool:
    return figure.value[:-1].isdigit() and 1 <= int(figure.value[:-1]) <= 31


def _same_year(first: FoundFigure, second: FoundFigure) -> FoundFigure:
    if second.value.startswith("----") and not first.value.startswith("----"):
        return replace(second, normalised=f"date:{first.value[:4]}{second.value[4:]}")
    return second


def _unit(searched: str, figure: FoundFigure) -> str:
    """What stands after the number itself: 万元 of 10万元."""
    return _BARE_HEAD.sub("", searched[figure.start : figure.end], count=1)
