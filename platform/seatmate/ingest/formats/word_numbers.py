"""The numbers that Word counts by itself: 1. 2. 3., 一、二、, （一）, 第一条. Knows lists and counters, no text."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from docx.oxml.ns import qn

_CHINESE = "零一二三四五六七八九"
_ROMAN = ((1000, "M"), (900, "CM"), (500, "D"), (400, "CD"), (100, "C"), (90, "XC"), (50, "L"), (40, "XL"))
_SMALL_ROMAN = ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))
_MOST = 9_999
_LEVELS = 9


@dataclass(frozen=True)
class Level:
    start: int
    shown: str
    text: str
    """With %1 to %9 where the numbers of the levels go."""


@dataclass
class Numbers:
    """Counts through one document; ask for every paragraph's number once, in order."""

    levels: Mapping[str, Mapping[int, Level]]
    """By numId, then by level."""
    counted_with: Mapping[str, str]
    """numIds that share a counter have the same value here."""
    restarts: Mapping[str, Mapping[int, int]]
    _counts: dict[str, dict[int, int]] = field(default_factory=dict)
    _begun: set[str] = field(default_factory=set)

    def next(self, num_id: str, level: int) -> str:
        """The number of the next paragraph of a list, as shown; empty for a bullet or an unknown list."""
        levels = self.levels.get(num_id, {})
        if level not in levels:
            return ""
        counts = self._counts.setdefault(self.counted_with[num_id], {})
        if num_id not in self._begun:
            self._begun.add(num_id)
            for at, start in self.restarts.get(num_id, {}).items():
                counts[at] = start - 1
        counts[level] = counts.get(level, levels[level].start - 1) + 1
        for deeper in [at for at in counts if at > level]:
            del counts[deeper]
        said = levels[level].text
        for at in range(level, -1, -1):
            if at in levels and f"%{at + 1}" in said:
                count = counts.get(at, levels[at].start)
                said = said.replace(f"%{at + 1}", shown(count, levels[at].shown))
        return "" if levels[level].shown in ("bullet", "none") else said.strip()


def numbers_of(numbering: Any | None) -> Numbers:
    """Of the root element of numbering.xml; None when the document has no lists."""
    if numbering is None:
        return Numbers({}, {}, {})
    kinds = {kind.get(qn("w:abstractNumId")): kind for kind in numbering.iter(qn("w:abstractNum"))}
    levels: dict[str, dict[int, Level]] = {}
    counted: dict[str, str] = {}
    restarts: dict[str, dict[int, int]] = {}
    for number in numbering.iter(qn("w:num")):
        num_id, abstract = number.get(qn("w:numId")), number.find(qn("w:abstractNumId"))
        kind = kinds.get(abstract.get(qn("w:val"))) if abstract is not None else None
        if num_id is None or kind is None:
            continue
        levels[num_id] = _levels(kind)
        counted[num_id] = str(kind.get(qn("w:abstractNumId")))
        for override in number.iter(qn("w:lvlOverride")):
            at = _number(override.get(qn("w:ilvl")), 0)
            levels[num_id] |= _levels(override)
            start = override.find(qn("w:startOverride"))
            if start is not None:
                restarts.setdefault(num_id, {})[at] = _number(start.get(qn("w:val")), 1)
    return Numbers(levels, counted, restarts)


def _levels(parent: Any) -> dict[int, Level]:
    found = {}
    for level in parent.iter(qn("w:lvl")):
        at = _number(level.get(qn("w:ilvl")), 0)
        if at < _LEVELS:
            start = _number(_value(level, "w:start"), 1)
            found[at] = Level(start, _value(level, "w:numFmt") or "decimal", _value(level, "w:lvlText") or "")
    return found


def _value(parent: Any, name: str) -> str | None:
    child = parent.find(qn(name))
    return None if child is None else child.get(qn("w:val"))


def _number(value: str | None, otherwise: int) -> int:
    return int(value) if value is not None and value.isascii() and value.isdigit() else otherwise


def shown(count: int, kind: str) -> str:
    """A count as Word writes it; an unknown kind as plain digits."""
    if not 0 < count <= _MOST:
        return str(count)
    return _KINDS.get(kind, str)(count)


def _chinese(count: int) -> str:
    said, rest = "", count
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, rest = divmod(rest, unit)
        if digit:
            said += _CHINESE[digit] + name
        elif said and rest and not said.endswith("零"):
            said += "零"
    return said.removeprefix("一") if 10 <= count < 20 else said


def _roman(count: int) -> str:
    said = ""
    for value, letters in (*_ROMAN, *_SMALL_ROMAN):
        times, count = divmod(count, value)
        said += letters * times
    return said


def _letter(count: int) -> str:
    return chr(ord("A") + (count - 1) % 26) * ((count - 1) // 26 + 1)


def _circled(count: int) -> str:
    return chr(0x2460 + count - 1) if count <= 20 else str(count)


def _one_of(names: str) -> Callable[[int], str]:
    return lambda count: names[count - 1] if count <= len(names) else str(count)


_KINDS: dict[str, Callable[[int], str]] = {
    **dict.fromkeys(
        ("chineseCounting", "chineseCountingThousand", "taiwaneseCounting", "taiwaneseCountingThousand"), _chinese
    ),
    **dict.fromkeys(("japaneseCounting", "ideographDigital", "japaneseDigitalTenThousand"), _chinese),
    **dict.fromkeys(("decimalEnclosedCircle", "decimalEnclosedCircleChinese"), _circled),
    "decimalZero": lambda count: f"{count:02}",
    "decimalFullWidth": lambda count: str(count).translate(str.maketrans("0123456789", "０１２３４５６７８９")),
    "ideographTraditional": _one_of("甲乙丙丁戊己庚辛壬癸"),
    "ideographZodiac": _one_of("子丑寅卯辰巳午未申酉戌亥"),
    "lowerLetter": lambda count: _letter(count).lower(),
    "lowerRoman": lambda count: _roman(count).lower(),
    "upperLetter": _letter,
    "upperRoman": _roman,
}
