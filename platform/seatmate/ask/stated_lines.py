"""What a line of a source states: a clause of prose, or a cell of a table with its column's name and its row's cells.

A figure of a row is of the product that the row names, under the attribute of its column or, where the column says only
标准 or 费率, of the row's own name; the other cells are what it holds on.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from seatmate.ask.aspects import aspects_of, named_in, possible
from seatmate.ask.content import content, pieces_of
from seatmate.ask.facets import facets_of
from seatmate.ask.names import Names, masked
from seatmate.ask.prose import CURRENT, PAST, stated_in_prose
from seatmate.ask.spoken import figures_in
from seatmate.ask.stated import Aspects, Side, Stated, clauses_of, key_kind, partner_of, unit_of, without
from seatmate.domain.attributes import attributes_in
from seatmate.domain.figures import FoundFigure, find_figures
from seatmate.domain.knowledge import Passage

_NOTE = re.compile(r"说明|备注|优惠|方式|条件|要求|机构|状态|单位")
_SERIAL = re.compile(r"序号|行次|项次")
"""A row's place in its table is no figure of it."""
_HEADER_UNIT = re.compile(r"[（(]([^（）()]{1,6})[）)]")


@lru_cache(maxsize=4_096)
def stated_in_line(passage: Passage, start: int, end: int, names: Names) -> tuple[Stated, ...]:
    """Every figure of `document.text[start:end]`, a line of the passage: a cell of a row, or a clause of prose."""
    cells = cells_of(passage)
    heading = " ".join(passage.headings) or passage.title
    codes = frozenset(passage.product_codes)
    if not cells:
        text = passage.text[start - passage.start : end - passage.start]
        mentions = names.mentions(text)
        of_line = codes if not mentions or frozenset(m.code for m in mentions) & codes else frozenset()
        return tuple(stated_in_prose(masked(text, mentions), mentions, of_line or codes, heading, passage.title))
    mentions = names.mentions(passage.text)
    of_row = frozenset(m.code for m in mentions if any(c.start <= m.start < c.end for c in cells)) or codes
    of_column = {  # a table that compares products has a column for each
        c.header: frozenset({m.code})
        for c in cells
        for m in mentions
        if c.start - len(c.header) - 1 <= m.start < c.start
    }
    if of_column:  # a column beside a product's is another product's, known or not
        for c in cells[1:]:
            if not _NOTE.search(c.header) and not attributes_in(c.header):
                of_column.setdefault(c.header, frozenset({f"?{c.header}"}))
    return tuple(
        s
        for s in _stated_in_row(masked(passage.text, mentions), cells, of_row, of_column, heading, passage.title)
        if start - passage.start <= s.figure.start < end - passage.start
    )


@dataclass(frozen=True)
class Cell:
    header: str
    start: int
    end: int


@lru_cache(maxsize=4_096)
def cells_of(passage: Passage) -> tuple[Cell, ...]:
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
        return ()
    ends = [start - 1 for _, start, _ in places[1:]] + [len(passage.text)]
    cells = tuple(Cell(header, begin, end) for (header, _, begin), end in zip(places, ends, strict=True))
    return cells[1:] if cells[1:] and _SERIAL.fullmatch(cells[0].header) else cells


def _stated_in_row(
    text: str,
    cells: Sequence[Cell],
    of_row: frozenset[str],
    of_column: Mapping[str, frozenset[str]],
    heading: str,
    title: str,
) -> list[Stated]:
    read = [(cell, _in_cell(text, cell, _prefix(text, cells, cell))) for cell in cells]
    plain = [text[c.start : c.end] for c, figures in read if not figures]
    row_aspects = frozenset(
        a.attribute for words in (*plain, text[cells[0].start : cells[0].end]) for a in named_in(words)
    )
    spoken_name = _name_of_row(text, read)
    naming = pieces_of(spoken_name)
    around = content(f"{text} {heading} {title}")
    stated: list[Stated] = []
    for cell, figures in read:
        products = of_column.get(cell.header, of_row)
        others = [f for c, found in read if c is not cell and c.header not in of_column for f in found]
        name = "" if cell.header in of_column else cell.header
        headed = _of_header(text, cell)
        for number, figure in enumerate(figures):
            clause = _clause_around(text, cell, figure)
            inner = _stated_inner(text, clause, figure, figures)
            header = frozenset(a.attribute for a in named_in(cell.header))
            aspects = possible(figure, inner or header or row_aspects)
            before = f"{cell.header}：{text[clause[0] : figure.start]}"
            keys = tuple(f for f in (*others, *_before(figures, figure)) if key_kind(f) and f.kind != figure.kind)
            tiers = tuple(
                f for f in others if f.kind == figure.kind == "amt" and f.direction and not _is_attribute(cells, f)
            )
            stated.append(
                Stated(
                    figure=figure,
                    partner=partner_of(figures, number),
                    unit=unit_of(text, figure) or _unit_of_header(cell.header),
                    products=products,
                    aspects=aspects,
                    carried=False,
                    facets=facets_of(text[clause[0] : clause[1]], 0, cell.header, " ".join(plain), heading),
                    words=content(f"{name} {without(text[clause[0] : clause[1]], figures, clause[0])}"),
                    near=pieces_of(
                        f"{cell.header} {without(text[clause[0] : clause[1]], figures, clause[0])} {spoken_name}"
                    ),
                    lead=frozenset(),
                    then=frozenset(),
                    around=around,
                    naming=naming,
                    keys=keys + tiers + tuple(headed),
                    side=_side(before, cells),
                    compared=False,
                    row=True,
                )
            )
        stated += [_heading_figure(f, text, cell, products, around, naming) for f in headed]
    return stated


def _of_header(text: str, cell: Cell) -> list[FoundFigure]:
    """一年 of a column that is called 一年期: what its cells hold on."""
    start = cell.start - len(cell.header) - 1
    return [
        FoundFigure(f.raw, f.start + start, f.end + start, f.normalised, f.bound, f.range_end)
        for f in figures_in(text[start : cell.start - 1])
    ]


def _heading_figure(
    figure: FoundFigure,
    text: str,
    cell: Cell,
    products: frozenset[str],
    around: frozenset[str],
    naming: frozenset[str],
) -> Stated:
    words = content(cell.header)
    return Stated(
        figure=figure,
        partner=None,
        unit=unit_of(text, figure),
        products=products,
        aspects=frozenset(),
        carried=False,
        facets={},
        words=words,
        near=pieces_of(cell.header),
        lead=frozenset(),
        then=frozenset(),
        around=around,
        naming=naming,
        keys=(),
        side=Side.UNSAID,
        compared=False,
        leads=True,
        row=True,
    )


def _before(figures: Sequence[FoundFigure], figure: FoundFigure) -> list[FoundFigure]:
    """The figures of the cell that this one may hold on: 「还满6期免收，未满6期收2%」 has 2% on the second alone."""
    before = [f for f in figures if f.end <= figure.start]
    if not before:
        return [f for f in figures if f is not figure]
    return [
        f
        for n, f in enumerate(before)
        if not any(g.kind == f.kind and (g.value == f.value or g.direction == f.direction) for g in before[n + 1 :])
    ]


def _name_of_row(text: str, read: Sequence[tuple[Cell, list[FoundFigure]]]) -> str:
    """Its first cells without a figure; where the columns are things, the item that they are compared by."""
    first, figures = read[0]
    if _ITEM.search(first.header):
        return without(text[first.start : first.end], figures, first.start)
    return " ".join(text[c.start : c.end] for c, found in read[:3] if not found and not _NOTE.search(c.header))


def _side(before: str, cells: Sequence[Cell]) -> Side:
    """现行 beside 调整后 is what is today: which of the two holds is a question of the day."""
    if PAST.search(before):
        return Side.BEFORE
    if CURRENT.search(before) and not ("现行" in before and any("调整后" in c.header for c in cells)):
        return Side.NOW
    return Side.UNSAID


def _is_attribute(cells: Sequence[Cell], figure: FoundFigure) -> bool:
    """起购金额 in another cell is a fact of its own, not a tier."""
    return any(c.start <= figure.start < c.end and named_in(c.header) for c in cells)


_BOUNDS = re.compile(r"最[高低长短多少]|[上下]限")
_ITEM = re.compile(r"项目|要素|指标|事项|内容|品种|名称")


def _prefix(text: str, cells: Sequence[Cell], cell: Cell) -> str:
    """What a cell is read behind: its header bounds it (单户持有上限), or where columns are things, the row's name."""
    first = cells[0]
    if (
        cell is not first
        and _ITEM.search(first.header)
        and not attributes_in(cell.header)
        and not _BOUNDS.search(cell.header)
    ):
        return f"{text[first.start : first.end]}："
    return f"{cell.header}："


def _in_cell(text: str, cell: Cell, prefix: str) -> list[FoundFigure]:
    """The figures of a cell; a bare number has the unit of its header (金额（元）)."""
    unit = _unit_of_header(cell.header)
    found = []
    for f in figures_in(f"{prefix}{text[cell.start : cell.end]}"):
        start = f.start - len(prefix) + cell.start
        if start < cell.start:
            continue
        normalised = f.normalised
        if f.kind == "num" and unit and not unit_of(text, f):
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


def _clause_around(text: str, cell: Cell, figure: FoundFigure) -> tuple[int, int]:
    around = (span for span in clauses_of(text, cell.start, cell.end) if span[0] <= figure.start < span[1])
    return next(around, (cell.start, cell.end))


def _stated_inner(text: str, clause: tuple[int, int], figure: FoundFigure, figures: Sequence[FoundFigure]) -> Aspects:
    aspects, carried = aspects_of(text, *clause, figure, figures, "", "")
    return frozenset() if carried else aspects
