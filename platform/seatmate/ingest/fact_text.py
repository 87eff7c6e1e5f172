"""A stretch of text with its figures and product names each drawn together to one sign, so that a pattern can be short.

「首次购买10,000元起」 reads as 「首次购买<A>起」. Every sign keeps its place, so that what a pattern finds is quoted
exactly. Ranges are one sign (2.30%–2.80%), a day with an hour too. Knows nothing of attributes.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from seatmate.domain.figures import FoundFigure, find_figures
from seatmate.domain.numerals import plain
from seatmate.ingest.fact_names import Names

SIGNS = {
    "who": "\ue000",
    "amt": "\ue001",
    "pct": "\ue002",
    "term": "\ue003",
    "date": "\ue004",
    "t": "\ue005",
    "risk": "\ue006",
    "client": "\ue007",
    "num": "\ue008",
    "other": "\ue009",
    "said": "\ue00a",
}
LETTERS = {
    "W": "who",
    "A": "amt",
    "P": "pct",
    "D": "term",
    "Y": "date",
    "T": "t",
    "R": "risk",
    "C": "client",
    "N": "num",
}
_UNITS = {"amt": "元", "pct": "%", "risk": "级", "client": "级"}
_TERM_UNITS = {"d": "天", "m": "个月", "wd": "个工作日", "h": "小时", "min": "分钟"}
_SPEECH = re.compile(r"“[^”]{0,300}”|「[^」]{0,300}」")
_COMPARED = re.compile(r"(?:[比较]|[高低大小多少优异早晚长短同别]于|(?:^|[，,；;。：:])\s*[与同跟和])$")
_LINKED = re.compile(r"[）)]?\s*(?:[、和与及]|以及)?\s*(?:[（(](?:产品)?(?:代码)?[:：]?)?\s*")
_GRADE = re.compile(r"(?<![A-Za-z])PR([1-5])(?:级)?(?![0-9A-Za-z])")
"""Some banks write PR2 for R2."""
_BETWEEN = re.compile(r"\s*(?:至|到|[-—–−~～])\s*")
_DAYS_BETWEEN = re.compile(r"\s*(?:[（(]含[）)])?起?(?:[（(]含[）)])?\s*[，,]?\s*(?:至|到|[-—–−~～])\s*")
_CLOCK_GAP = re.compile(r"\s?")
_HEADER_UNITS = {
    "元": "amt",
    "万元": "wan",
    "‰": "mil",
    "%": "pct",
    "％": "pct",
    "月": "m",
    "个月": "m",
    "年": "y",
    "天": "d",
    "日": "d",
}


_NUMBER = re.compile(r"\d+(?:\.\d+)?")


def pattern(source: str) -> re.Pattern[str]:
    """A pattern over signs: <A> amount, <P> per cent, <D> term, <Y> day, <T> T+n, <R> R level, <C> C level, <N> bare
    number, <W> product."""
    return re.compile(re.sub(r"<([A-Z]+)>", lambda m: "[" + "".join(SIGNS[LETTERS[c]] for c in m[1]) + "]", source))


@dataclass(frozen=True)
class Sign:
    """What one sign stands for: `document.text[start:end]`; `value` is the figure's spelling, `codes` the products."""

    kind: str
    start: int
    end: int
    value: str = ""
    codes: tuple[str, ...] = ()

    @property
    def unit(self) -> str:
        """The bank's word for the unit."""
        if self.kind == "term":
            last = re.search(r"[a-z]+$", self.value)
            return _TERM_UNITS.get(last[0], "") if last else ""
        return _UNITS.get(self.kind, "")

    @property
    def is_range(self) -> bool:
        return "~" in self.value


@dataclass(frozen=True)
class Signed:
    """`text` is the signed writing, `signs` its signs by place, `places` each character's offset in the document."""

    text: str
    places: tuple[int, ...]
    signs: dict[int, Sign] = field(default_factory=dict)

    def start(self, at: int) -> int:
        return self.places[at]

    def end(self, at: int) -> int:
        """The document's offset after the character before `at`."""
        return self.signs[at - 1].end if at - 1 in self.signs else self.places[at - 1] + 1


def signed(text: str, start: int, end: int, names: Names, unit: str = "") -> Signed:
    """`text[start:end]` with signs. `unit` is what a column says of its bare numbers (元, 月, %)."""
    part = text[start:end]
    speech = [m.span() for m in _SPEECH.finditer(part)]
    mentions = [m for m in names.mentions(part) if not _inside(m.start, speech)]
    signs = [Sign("said", a, b) for a, b in speech]
    signs += [Sign("who", m.start, m.end, codes=m.codes) for m in mentions]
    graded = [
        Sign("risk", *m.span(), f"level:R{m[1]}") for m in _GRADE.finditer(part) if not _inside(m.start(), speech)
    ]
    signs += graded
    shown = list(part)
    for sign in signs:
        shown[sign.start : sign.end] = " " * (sign.end - sign.start)
    signs += _figures("".join(shown), unit)
    return _write(part, start, sorted(signs, key=lambda s: s.start))


def spoken_of(s: Signed, at: int) -> tuple[str, ...] | None:
    """The products that the words before `at` speak of: the last that are named, not those they are compared with.

    None where no product is named; empty where one is that cannot be told.
    """
    runs: list[list[int]] = []
    for place in [i for i, char in enumerate(s.text[: at + 1]) if char == SIGNS["who"]]:
        if runs and _LINKED.fullmatch(s.text[runs[-1][-1] + 1 : place]):
            runs[-1].append(place)
        else:
            runs.append([place])
    run = next((run for run in reversed(runs) if not _COMPARED.search(s.text[: run[0]])), None)
    if run is None:
        return None
    signs = [s.signs[place] for place in run]
    if any(not sign.codes for sign in signs):
        return ()
    return tuple(dict.fromkeys(code for sign in signs for code in sign.codes))


def _figures(part: str, unit: str) -> list[Sign]:
    """Single figures, then what belongs together put together."""
    found = [sign for figure in find_figures(part) if (sign := _sign(figure)) is not None]
    found = _joined([_with_unit(sign, unit) for sign in found], part)
    return [sign for sign in found if sign.end > sign.start]


def _sign(figure: FoundFigure) -> Sign | None:
    kind, _, value = figure.normalised.partition(":")
    spelling = figure.normalised
    if kind == "level":
        kind = "client" if value.startswith("C") else "risk"
    elif kind not in SIGNS and kind != "time":
        kind = "other"
    if "~" in value:  # some ranges come as one figure
        low, _, high = value.partition("~")
        prefix = figure.normalised.partition(":")[0]
        spelling = f"{prefix}:{low}~{prefix}:{high.rpartition(':')[2]}"
    return Sign(kind, figure.start, figure.end, spelling)


def _with_unit(sign: Sign, unit: str) -> Sign:
    """A bare number with its column's unit."""
    kind = _HEADER_UNITS.get(unit, "")
    if sign.kind != "num" or not kind:
        return sign
    values = [part.partition(":")[2] for part in sign.value.split("~")]
    scale = {"wan": Decimal(10_000), "mil": Decimal("0.1")}.get(kind)
    if scale is not None:
        values = [plain(Decimal(v) * scale) if _NUMBER.fullmatch(v) else v for v in values]
        kind = "amt" if kind == "wan" else "pct"
    if kind in ("amt", "pct"):
        return Sign(kind, sign.start, sign.end, "~".join(f"{kind}:{v}" for v in values))
    if kind == "y":
        return Sign("term", sign.start, sign.end, "~".join(f"term:{_months(v)}m" for v in values))
    return Sign("term", sign.start, sign.end, "~".join(f"term:{v}{kind}" for v in values))


def _months(years: str) -> str:
    return str(int(years) * 12) if years.isdigit() else years


def _joined(signs: Sequence[Sign], part: str) -> list[Sign]:
    """A day and its hour; the two ends of a range."""
    dated: list[Sign] = []
    for sign in signs:
        last = dated[-1] if dated else None
        if sign.kind == "time":
            if last is not None and last.kind == "date" and _CLOCK_GAP.fullmatch(part[last.end : sign.start]):
                dated[-1] = Sign("date", last.start, sign.end, f"{last.value}T{sign.value.partition(':')[2]}")
                continue
            sign = Sign("other", sign.start, sign.end, sign.value)
        dated.append(sign)
    joined: list[Sign] = []
    for sign in dated:
        last = joined[-1] if joined else None
        if last is not None and not last.is_range and _is_between(last, part[last.end : sign.start]):
            same = last.kind == sign.kind and sign.kind not in ("t", "other")
            if same or (last.kind == "num" and sign.kind in ("pct", "amt", "term")):
                joined[-1] = Sign(sign.kind, last.start, sign.end, f"{_as(last.value, sign.value)}~{sign.value}")
                continue
        joined.append(sign)
    return joined


def _is_between(last: Sign, words: str) -> bool:
    return (_DAYS_BETWEEN if last.kind == "date" else _BETWEEN).fullmatch(words) is not None


def _as(low: str, high: str) -> str:
    """The lower end in the upper one's kind and unit: 3–36个月."""
    kind, _, value = low.partition(":")
    other, _, upper = high.partition(":")
    if kind == other:
        return low
    unit = re.search(r"[a-z]+$", upper) if other == "term" else None
    return f"{other}:{value}{unit[0] if unit else ''}"


def _write(part: str, start: int, signs: Sequence[Sign]) -> Signed:
    text: list[str] = []
    places: list[int] = []
    by_place: dict[int, Sign] = {}
    at = 0
    for sign in signs:
        if sign.start < at:
            continue
        text += part[at : sign.start]
        places += range(start + at, start + sign.start)
        by_place[len(text)] = Sign(sign.kind, start + sign.start, start + sign.end, sign.value, sign.codes)
        text.append(SIGNS[sign.kind])
        places.append(start + sign.start)
        at = sign.end
    text += part[at:]
    places += range(start + at, start + len(part))
    return Signed("".join(text), tuple(places), by_place)


def _inside(at: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(a <= at < b for a, b in spans)
