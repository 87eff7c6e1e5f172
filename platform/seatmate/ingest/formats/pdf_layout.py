"""The lines of a page in the order in which they are read: column after column, and lines under each other as tables.

A table without ruled lines is known by room that stays empty between its columns over several lines. Knows no
paragraph, no heading and nothing of other pages.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from seatmate.ingest.formats.pdf_page import Page, Segment, Table, TextLine, rejoined
from seatmate.ingest.formats.table import Cell, Line

_FEWEST = 4
"""Lines that two columns of text need on each side; fewer are a table, or nothing."""
_GUTTER = 0.8
"""Room between columns of text or of a table, in the size of its characters."""
_FILLED = 0.8
_MOSTLY = 0.5
_NEAR = 3.0
"""Lines of a table are no farther apart than so many times their size."""
_TIGHT = 1.45
_EVEN = 1.15


@dataclass(frozen=True)
class Region:
    """Lines and tables of one column, from the top down; `right` is where its lines end."""

    items: tuple[TextLine | Table, ...]
    right: float
    alone: bool
    """No other column stands beside it."""


def regions(page: Page) -> Iterator[Region]:
    """In reading order."""
    items: list[TextLine | Table] = sorted((*page.lines, *page.tables), key=lambda item: (item.top, item.x0))
    for band, gutter in _bands(items):
        if gutter is None:
            yield _region(band, page, alone=True)
        else:
            for left, right in ((0.0, gutter), (gutter, float("inf"))):
                yield _region(list(_side(band, left, right)), page, alone=False)


def _region(items: Sequence[TextLine | Table], page: Page, alone: bool) -> Region:
    found = tuple(_with_tables(items, page.rules))
    return Region(found, margin([i for i in found if isinstance(i, TextLine) and len(i.segments) == 1]), alone)


def margin(lines: Sequence[TextLine]) -> float:
    """Where lines are broken: the farthest place at which two end. One alone has let a mark hang over."""
    ends = sorted((line.x1 for line in lines), reverse=True)
    if not ends:
        return 0.0
    room = median(line.size for line in lines)
    return next((a for a, b in pairwise(ends) if a - b <= room), ends[0])


def _side(band: Sequence[TextLine | Table], left: float, right: float) -> Iterator[TextLine | Table]:
    for item in band:
        if isinstance(item, Table):
            if left <= (item.x0 + item.x1) / 2 < right:
                yield item
        elif (part := item.within(left, right)) is not None:
            yield part


def _bands(items: Sequence[TextLine | Table]) -> Iterator[tuple[list[TextLine | Table], float | None]]:
    """Stretches of the page from the top down, each with the middle of the room between its two columns, if it has."""
    gutter = _gutter(items)
    if gutter is None:
        yield list(items), None
        return
    band: list[TextLine | Table] = []
    parted = False
    for item in items:
        is_parted = not _crosses(item, gutter)
        if band and is_parted != parted:
            yield from _band(band, parted, gutter)
            band = []
        parted = is_parted
        band.append(item)
    if band:
        yield from _band(band, parted, gutter)


def _band(
    band: list[TextLine | Table], parted: bool, gutter: float
) -> Iterator[tuple[list[TextLine | Table], float | None]]:
    sides = [list(_side(band, 0.0, gutter)), list(_side(band, gutter, float("inf")))]
    yield band, gutter if parted and all(sides) and min(map(len, sides)) >= 2 else None


def _gutter(items: Sequence[TextLine | Table]) -> float | None:
    """Where two columns of running text part: both are filled from side to side, which no table's columns are."""
    lines = [item for item in items if isinstance(item, TextLine)]
    if len(lines) < _FEWEST:
        return None
    left, right = min(line.x0 for line in lines), max(line.x1 for line in lines)
    size = median(line.size for line in lines)
    candidates = {s.x0 - size * _GUTTER / 2 for line in lines for s in line.segments}
    best: tuple[int, float] | None = None
    for at in sorted(candidates):
        if not left + 0.25 * (right - left) <= at <= left + 0.75 * (right - left):
            continue
        sides = _sides(lines, at)
        if sides is None:
            continue
        if best is None or sides > best[0]:
            best = sides, at
    return None if best is None else best[1]


def _sides(lines: Sequence[TextLine], gutter: float) -> int | None:
    """How many lines the two columns have; None when what stands there is no two columns of text."""
    whole = [line for line in lines if not _crosses(line, gutter)]
    parts = [[p for line in whole if (p := line.within(*side))] for side in ((0.0, gutter), (gutter, float("inf")))]
    if min(map(len, parts)) < _FEWEST:
        return None
    for side in parts:
        if any(len(part.segments) > 1 for part in side) and sum(len(p.segments) > 1 for p in side) * 4 > len(side):
            return None
        width = margin(side) - min(p.x0 for p in side)
        filled = sum(p.x1 - p.x0 >= _FILLED * width for p in side)
        long_enough = sum(p.x1 - p.x0 >= 10 * p.size for p in side)
        if filled < _MOSTLY * len(side) or long_enough < _MOSTLY * len(side):
            return None
    return sum(map(len, parts))


def _crosses(item: TextLine | Table, x: float) -> bool:
    if isinstance(item, Table):
        return item.x0 < x < item.x1
    return any(segment.x0 < x < segment.x1 for segment in item.segments)


def _with_tables(
    items: Sequence[TextLine | Table], rules: Sequence[tuple[float, float, float]]
) -> Iterator[TextLine | Table]:
    """Runs of lines that keep the same room empty are tables."""
    at = 0
    while at < len(items):
        run = _run(items, at)
        if len(run) >= 2:
            yield _aligned(run, rules)
            at += len(run)
        else:
            yield items[at]
            at += 1


def _run(items: Sequence[TextLine | Table], at: int) -> list[TextLine]:
    first = items[at]
    if isinstance(first, Table) or len(first.segments) < 2:
        return []
    run = [first]
    columns = _columns(run)
    for item in items[at + 1 :]:
        if isinstance(item, Table) or item.top - run[-1].bottom > _NEAR * item.size or abs(item.size - first.size) > 2:
            break
        wider = _columns([*run, item])
        if len(item.segments) < 2:
            tight = item.top - run[-1].top <= _TIGHT * item.size
            if not tight or len(wider) < len(columns):
                break
        elif len(wider) < 2 or (len(wider) < len(columns) and len(run) > 2):
            break
        run.append(item)
        columns = wider
    while run and len(run[-1].segments) < 2 and run[-1].segments[0].x0 <= columns[0][1]:
        run.pop()  # a line in the first column after the last row: what follows the table
    return run if sum(len(line.segments) > 1 for line in run) >= 2 else []


def _columns(run: Sequence[TextLine]) -> list[tuple[float, float]]:
    """What is written on, over all lines, with the room between that stays empty."""
    room = _GUTTER * min(line.size for line in run)
    columns: list[tuple[float, float]] = []
    for segment in sorted((s for line in run for s in line.segments), key=lambda s: s.x0):
        if columns and segment.x0 - columns[-1][1] < room:
            columns[-1] = (columns[-1][0], max(columns[-1][1], segment.x1))
        else:
            columns.append((segment.x0, segment.x1))
    return columns


def _aligned(run: Sequence[TextLine], rules: Sequence[tuple[float, float, float]]) -> Table:
    columns = _columns(run)
    rows: list[list[list[Segment]]] = []
    begins = _row_starts(run, columns, rules)
    for line, is_new in zip(run, begins, strict=True):
        if is_new:
            rows.append([[] for _ in columns])
        for segment in line.segments:
            rows[-1][_column_of(segment, columns)].append(segment)
    grid: list[Line] = []
    for y, row in enumerate(rows):
        cells = []
        for x, (cell, (left, right)) in enumerate(zip(row, columns, strict=True)):
            reach = right - left - 2 * run[0].size
            cells.append(Cell(rejoined([(s.text, s.x1 - s.x0 >= reach) for s in cell]), (y, x)))
        grid.append(tuple(cells))
    edges = (*(left for left, _ in columns), columns[-1][1])
    return Table(tuple(grid), edges, run[0].top, run[-1].bottom, run[0].page, carry=True)


def _column_of(segment: Segment, columns: Sequence[tuple[float, float]]) -> int:
    return max(range(len(columns)), key=lambda x: min(segment.x1, columns[x][1]) - max(segment.x0, columns[x][0]))


def _row_starts(
    run: Sequence[TextLine], columns: Sequence[tuple[float, float]], rules: Sequence[tuple[float, float, float]]
) -> list[bool]:
    """Whether each line begins a row: by strokes between the rows, by the room between them, by the first column."""
    filled = [{_column_of(segment, columns) for segment in line.segments} for line in run]
    width = columns[-1][1] - columns[0][0]
    levels = [y for x0, x1, y in rules if x1 - x0 >= _MOSTLY * width and run[0].middle < y < run[-1].middle]
    parted = [any(above.middle < y < below.middle for y in levels) for above, below in pairwise(run)]
    if sum(parted) >= max(2, sum(0 in columns_of for columns_of in filled) // 2):
        return [True, *parted]
    steps = [below.top - above.top for above, below in pairwise(run)]
    is_even = max(steps) <= _EVEN * min(steps)
    starts = [True]
    for columns_of, step in zip(filled[1:], steps, strict=True):
        tight = not is_even and step <= _EVEN * min(steps)
        complete = len(columns_of) == len(columns)
        all_but_first = 0 not in columns_of and len(columns_of) == len(columns) - 1 and len(columns) > 2
        starts.append(complete or (not tight and (0 in columns_of or all_but_first)))
    return starts


def without(page: Page, lines: Sequence[TextLine]) -> Page:
    dropped = {id(line) for line in lines}
    return replace(page, lines=tuple(line for line in page.lines if id(line) not in dropped))
