"""One page of a PDF as it is drawn: lines of characters with their places, and tables that are ruled with lines.

Knows no reading order, no paragraph and nothing of other pages. Slanted and upright text, such as a watermark, is left
out. All measures are in points, from the top left corner of the page.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from seatmate.ingest.formats.table import Cell, Line

_WIDE = re.compile(r"[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\u3000-\u303f\u2018-\u201d\u2026\u2014]")
_BOLD = re.compile(r"bold|heavy|black|simhei|heiti|黑", re.I)
_UNMAPPED = re.compile(r"\(cid:\d+\)")
UNKNOWN = "\ufffd"
"""For a character that its font does not name."""
_COLUMN_GAP = 1.2
"""Empty room between characters, in their size, from which on they stand in different columns."""
_WORD_GAP = 0.2
_SAME_LINE = 0.5
_BLANKS_THAT_PART = 3
_EDGE = 2.0
"""Lines this near to each other are one."""


@dataclass(frozen=True)
class Segment:
    """Characters of one line with no wide gap between them."""

    text: str
    x0: float
    x1: float


@dataclass(frozen=True)
class TextLine:
    segments: tuple[Segment, ...]
    top: float
    bottom: float
    size: float
    """Of most of its characters."""
    bold: bool
    page: int

    @property
    def text(self) -> str:
        return " ".join(segment.text for segment in self.segments)

    @property
    def x0(self) -> float:
        return self.segments[0].x0

    @property
    def x1(self) -> float:
        return self.segments[-1].x1

    @property
    def middle(self) -> float:
        return (self.top + self.bottom) / 2

    def within(self, left: float, right: float) -> "TextLine | None":
        """What of it stands there."""
        kept = tuple(s for s in self.segments if left <= (s.x0 + s.x1) / 2 < right)
        return replace(self, segments=kept) if kept else None


@dataclass(frozen=True)
class Table:
    """A grid and where its columns stand. `carry`: an empty first cell means the one above."""

    grid: tuple[Line, ...]
    edges: tuple[float, ...]
    top: float
    bottom: float
    page: int
    carry: bool = False

    @property
    def x0(self) -> float:
        return self.edges[0]

    @property
    def x1(self) -> float:
        return self.edges[-1]


@dataclass(frozen=True)
class Page:
    number: int
    height: float
    lines: tuple[TextLine, ...]
    tables: tuple[Table, ...]
    rules: tuple[tuple[float, float, float], ...]
    """Level strokes outside of ruled tables: left, right, height."""


def draw(page: Any, number: int) -> Page:
    """Of a page as pdfplumber opens it."""
    chars = [_known(c) for c in page.dedupe_chars().chars if c["upright"] and c["text"]]
    tables: list[Table] = []
    for found in page.find_tables():
        inside = [c for c in chars if _is_in(c, found.bbox)]
        table = _ruled(found, inside, number)
        if table is not None:
            tables.append(table)
            taken = {id(c) for c in inside}
            chars = [c for c in chars if id(c) not in taken]
    edges = [e for e in page.edges if e["orientation"] == "h" and not any(_touches(e, table) for table in tables)]
    rules = tuple((float(e["x0"]), float(e["x1"]), float(e["top"])) for e in edges)
    return Page(number, float(page.height), tuple(lines_of(chars, number)), tuple(tables), rules)


def _known(char: dict[str, Any]) -> dict[str, Any]:
    return {**char, "text": UNKNOWN} if _UNMAPPED.fullmatch(char["text"]) else char


def lines_of(chars: Iterable[dict[str, Any]], page: int) -> list[TextLine]:
    """From the top down; characters raised or lowered a little belong to the line."""
    lines: list[list[dict[str, Any]]] = []
    middle = 0.0
    for char in sorted(chars, key=lambda c: ((c["top"] + c["bottom"]) / 2, c["x0"])):
        at = (char["top"] + char["bottom"]) / 2
        if lines and at - middle <= _SAME_LINE * max(lines[-1][0]["size"], 1.0):
            lines[-1].append(char)
        else:
            lines.append([char])
            middle = at
    return [line for line in (_line(sorted(group, key=lambda c: c["x0"]), page) for group in lines) if line]


def rejoined(lines: Sequence[tuple[str, bool]]) -> str:
    """Lines that the margin broke, each with whether it reached the margin: 持股比 / 例 is one word."""
    said, full = "", False
    for text, reached in lines:
        if said and text and not _runs_on(said[-1], text[0], full):
            said += " "
        said, full = said + text, reached
    return said


def _runs_on(before: str, after: str, full: bool) -> bool:
    if _WIDE.match(before) or _WIDE.match(after):
        return True
    return full and (before.isdigit() or before in ".,-–") and (after.isdigit() or after in ".,%-–")


def _line(chars: list[dict[str, Any]], page: int) -> TextLine | None:
    segments: list[Segment] = []
    text, blanks, x0, x1 = "", 0, 0.0, 0.0
    for char in chars:
        said = char["text"]
        if said.isspace() and said != "\u3000":
            blanks += 1
            continue
        gap, size = char["x0"] - x1, max(char["size"], 1.0)
        if text:
            if gap > _COLUMN_GAP * size and not 0 < blanks < _BLANKS_THAT_PART:
                segments.append(Segment(text, x0, x1))
                text = ""
            elif blanks or (gap > _WORD_GAP * size and not (_WIDE.match(said[0]) or _WIDE.match(text[-1]))):
                text += " "
        x0 = x0 if text else char["x0"]
        x1 = max(x1, char["x1"]) if text else char["x1"]
        text, blanks = text + said, 0
    if text:
        segments.append(Segment(text, x0, x1))
    segments = [replace(s, text=s.text.strip()) for s in segments if s.text.strip()]
    if not segments:
        return None
    top, bottom = min(c["top"] for c in chars), max(c["bottom"] for c in chars)
    bold = sum(_BOLD.search(c["fontname"]) is not None for c in chars) > len(chars) / 2
    return TextLine(tuple(segments), top, bottom, round(median(c["size"] for c in chars), 1), bold, page)


def _ruled(found: Any, chars: list[dict[str, Any]], page: int) -> Table | None:
    """None for a frame around text: a table has columns."""
    xs = _edges(x for cell in found.cells for x in (cell[0], cell[2]))
    ys = _edges(y for cell in found.cells for y in (cell[1], cell[3]))
    if len(xs) < 3 or len(ys) < 2:
        return None
    grid = [[Cell("", (y, -1 - x)) for x in range(len(xs) - 1)] for y in range(len(ys) - 1)]
    for left, top, right, bottom in found.cells:
        columns = range(_nearest(xs, left), _nearest(xs, right))
        rows = range(_nearest(ys, top), _nearest(ys, bottom))
        if not columns or not rows:
            continue
        inside = [c for c in chars if _is_in(c, (left, top, right, bottom))]
        cell = Cell(_cell_text(lines_of(inside, page), right - left), (rows[0], columns[0]))
        for y in rows:
            for x in columns:
                grid[y][x] = cell
    return Table(tuple(map(tuple, grid)), tuple(xs), float(found.bbox[1]), float(found.bbox[3]), page)


def _cell_text(lines: Sequence[TextLine], width: float) -> str:
    if not lines:
        return ""
    reach = max(line.x1 - line.x0 for line in lines)
    return rejoined([(line.text, line.x1 - line.x0 >= max(0.6 * width, reach - 2 * line.size)) for line in lines])


def _is_in(char: dict[str, Any], box: Sequence[float]) -> bool:
    x, y = (char["x0"] + char["x1"]) / 2, (char["top"] + char["bottom"]) / 2
    return bool(box[0] <= x < box[2] and box[1] <= y < box[3])


def _touches(edge: dict[str, Any], table: Table) -> bool:
    return bool(
        table.top - _EDGE <= edge["top"] <= table.bottom + _EDGE and edge["x0"] < table.x1 and edge["x1"] > table.x0
    )


def _edges(places: Iterable[float]) -> list[float]:
    edges: list[float] = []
    for place in sorted(places):
        if not edges or place - edges[-1] > _EDGE:
            edges.append(float(place))
    return edges


def _nearest(edges: Sequence[float], place: float) -> int:
    return min(range(len(edges)), key=lambda at: abs(edges[at] - place))
