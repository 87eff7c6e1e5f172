"""A grid of cells to table rows with their headers, whatever the file it came from.

A spanning cell stands in every field it covers. Headers of several rows become paths (费用 › 管理费); a line across the
table is a caption before it, a note after it, and the group of the rows under it in between. What a table leaves open
is told in a remark. Knows no format, and nothing of what stands around the table.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from seatmate.domain.errors import UnreadableDocument
from seatmate.ingest.pieces import UNDER, Paragraph, Piece, Remark, Row, tidy, tidy_name

MAX_FIELDS = 400_000
"""Columns times rows of one table; a workbook of a bank's whole price list has a tenth of it."""

_MAX_GROUP = 40
_MAX_DEPTH = 3
_NOTE = re.compile(r"(?:附?注|备注|说明|提示|重要提示|温馨提示)\s*(?:\d|[：:（(、.]|$)")
_ENDS_SENTENCE = tuple("。；！？;!?")
_FIGURE = re.compile(r"[-+±]?[¥￥$]?\d[\d,]*(?:\.\d+)?\s*(?:%|‰|元|万元|亿元|美元|BP|bp|天|个?月|年|次|笔)?$")
_DIGIT = re.compile(r"\d")
_NUMBER = re.compile(r"[\d,.]+")
_NAMES_ATTRIBUTE = re.compile(
    r"(?:名称|全称|简称|代码|编号|等级|评级|金额|本金|限额|额度|上限|下限|期限|期|日|日期|时间|费|费率|费用|利率|收益率|率"
    r"|方式|规则|规定|基准|机构|管理人|托管人|类型|类别|性质|范围|对象|客户|币种|渠道|条件|要求|比例|标准|状态|叫法|规模|用途|地区)$"
)
_NAMES_NAMES = frozenset(
    {"项目", "要素", "产品要素", "名称", "事项", "指标", "科目", "条款", "序号", "类别", "内容", "字段"}
)
_VALUE_NAMES = frozenset({"内容", "说明", "规则", "规定", "详情", "具体内容", "要素内容", "值", "标准", "备注", "描述"})


@dataclass(frozen=True)
class Cell:
    text: str
    origin: tuple[int, int]
    """Row and column where it begins: equal for all the fields that one spanning cell covers."""
    page: int | None = None


Line = tuple[Cell, ...]


@dataclass(frozen=True)
class Place:
    """Where a table stands: for its rows, and in words (`the table on page 2`) for what is said of it."""

    said: str
    sheet: str | None = None


def plain_grid(lines: Sequence[Sequence[str]]) -> list[Line]:
    """Cells that span nothing."""
    return [tuple(Cell(text, (y, x)) for x, text in enumerate(line)) for y, line in enumerate(lines)]


def read_table(
    grid: Sequence[Line], place: Place, header_rows: int | None = None, carry: bool = False, lone: bool = False
) -> Iterator[Piece | Remark]:
    """The pieces of one table.

    `header_rows`: as the file marks them, None when it does not. `carry`: an empty first cell means the one above.
    `lone`: a row with nothing but its first cell is a line across the table. Raises UnreadableDocument for more fields
    than any table has.
    """
    if len(grid) * max(map(len, grid), default=0) > MAX_FIELDS:
        raise UnreadableDocument(f"{place.said} has more than {MAX_FIELDS:,} fields")
    lines, ragged = _even([_tidied(line) for line in grid if any(cell.text.strip() for cell in line)])
    if ragged:
        yield Remark(f"{place.said} has {ragged} rows with more cells than the rest: their columns may be wrong")
    lines = _without_doubles(lines)
    if not lines:
        return
    if len(lines[0]) == 1:
        yield from (_paragraph(line, place) for line in lines)
        return
    marked = header_rows
    while lines and _across(lines[0], lone):
        yield _paragraph(lines[0], place)
        lines, marked = lines[1:], None if marked is None else max(0, marked - 1)
    if lines and marked is None and _pairs_side_by_side(lines):
        yield from _side_by_side(lines, place)
    elif lines:
        yield from _rows(lines, place, marked, carry, lone)


def header_paths(lines: Sequence[Line]) -> tuple[str, ...]:
    """What stands over each column, from the top down, nothing twice."""
    paths = []
    for column in zip(*lines, strict=True):
        parts = dict.fromkeys(tidy_name(cell.text) for cell in column)
        paths.append(UNDER.join(part for part in parts if part))
    return tuple(paths)


def _rows(lines: list[Line], place: Place, marked: int | None, carry: bool, lone: bool) -> Iterator[Piece | Remark]:
    depth = _header_depth(lines) if marked is None else min(marked, len(lines))
    if depth == len(lines) > 1:
        depth = 1
    headers = header_paths(_spread(lines[:depth])) if depth else ()
    body = lines[depth:]
    yield from _what_is_missing(headers, body, place)
    if not body:  # a header and nothing under it: its words are kept
        yield Row(tuple(cell.text for cell in lines[0]), (), _page(lines[0]), place.sheet)
    group, above = "", ""
    for at, line in enumerate(body):
        following = body[at + 1] if at + 1 < len(body) else None
        if _across(line, lone):
            text = _said(line)
            if following is not None and at + 2 < len(body) and _begins_anew(body[:at], following, body[at + 2]):
                yield _paragraph(line, place)
                yield from _rows(body[at + 1 :], place, None, carry, lone)
                return
            is_group = following is not None and not _across(following, lone) and _names_a_group(text)
            group, above = (text if is_group else ""), ""
            if not is_group:
                yield _paragraph(line, place)
            continue
        cells = tuple(cell.text for cell in line)
        if headers and cells == tuple(cell.text for cell in lines[depth - 1]):
            continue  # the header, repeated on the next page
        above = cells[0] or above
        whole = Row((above, *cells[1:]) if carry else cells, headers, _page(line), place.sheet, group)
        yield from _halves(whole)


def _halves(row: Row) -> Iterator[Row]:
    """Two rows where the same columns stand twice beside each other, to save room."""
    half = len(row.headers) // 2
    if half < 2 or row.headers[:half] != row.headers[half:]:
        yield row
        return
    for part in (slice(0, half), slice(half, None)):
        if any(row.cells[part]):
            yield replace(row, cells=row.cells[part], headers=row.headers[part])


def _what_is_missing(headers: tuple[str, ...], body: Sequence[Line], place: Place) -> Iterator[Remark]:
    width = len(body[0]) if body else 0
    if width > 2 and not any(headers):
        yield Remark(f"{place.said} has no header: what its columns mean is not known")
        return
    nameless = [
        at + 1
        for at, header in enumerate(headers)
        if at and not header and any(line[at].text and not _across(line, True) for line in body)
    ]
    if nameless:
        yield Remark(f"{place.said} has columns without a name: {', '.join(map(str, nameless))}")


def _tidied(line: Line) -> Line:
    return tuple(cell if cell.text.strip() else replace(cell, text="") for cell in line)


def _even(lines: list[Line]) -> tuple[list[Line], int]:
    """Every line as wide as the widest, and how many lines are wider than what most of them have."""
    widths = [len(line) for line in lines]
    width = max(widths, default=0)
    usual = max(set(widths), key=lambda w: (widths.count(w), w)) if widths else 0
    even = [line + tuple(Cell("", (-1 - y, x)) for x in range(len(line), width)) for y, line in enumerate(lines)]
    return even, sum(w > usual for w in widths)


def _without_doubles(lines: list[Line]) -> list[Line]:
    """Without empty columns, and without columns that in every row are part of the one before."""
    if not lines:
        return []
    kept: list[int] = []
    for x in range(len(lines[0])):
        empty = not any(line[x].text for line in lines)
        double = bool(kept) and all(line[x].origin == line[kept[-1]].origin for line in lines)
        if not empty and not double:
            kept.append(x)
    return [tuple(line[x] for x in kept) for line in lines]


def _across(line: Line, lone: bool) -> bool:
    if len({cell.origin for cell in line}) == 1:
        return True
    filled = {cell.origin for cell in line if cell.text}
    return line[0].origin in filled and len(filled) == 1 and (lone or _NOTE.match(line[0].text) is not None)


def _paragraph(line: Line, place: Place) -> Paragraph:
    return Paragraph(_said(line), _page(line), place.sheet)


def _page(line: Line) -> int | None:
    return max((cell.page for cell in line if cell.page is not None), default=None)


def _said(line: Line) -> str:
    return next(cell.text for cell in line if cell.text)


def _names_a_group(text: str) -> bool:
    line = tidy(text)
    return len(line) <= _MAX_GROUP and not line.endswith(_ENDS_SENTENCE) and not _NOTE.match(line)


def _begins_anew(before: Sequence[Line], line: Line, following: Line) -> bool:
    """Whether after a line across the table comes another header: words where rows before and after have figures."""
    last = next((row for row in reversed(before) if not _across(row, True)), None)
    if last is None or not all(cell.text for cell in line):
        return False
    figured = [
        x for x in range(1, len(line)) if _FIGURE.match(tidy(last[x].text)) and _FIGURE.match(tidy(following[x].text))
    ]
    return bool(figured) and not any(_DIGIT.search(cell.text) for cell in line)


def _header_depth(lines: Sequence[Line]) -> int:
    """How many rows name the columns: 0 for names and values, or figures from the first row on."""
    first = [tidy(cell.text) for cell in lines[0]]
    if len(first) == 2 and _names_and_values([(tidy_name(a.text), tidy(b.text)) for a, b in lines]):
        return 0
    if len(lines) > 1 and _goes_on_from(first, [tidy(cell.text) for cell in lines[1]]):
        return 0
    depth = 1
    while depth < min(_MAX_DEPTH, len(lines) - 1) and _goes_under(lines[depth - 1], lines[depth]):
        depth += 1
    return depth


def _goes_on_from(first: Sequence[str], second: Sequence[str]) -> bool:
    """Whether the first row has mostly figures, of the same kind as those under them: 1年 over 1.45% is a name."""
    figures = [(a, b) for a, b in zip(first, second, strict=True) if _FIGURE.match(a)]
    return 2 * len(figures) > sum(map(bool, first)) and all(_kind(a) == _kind(b) for a, b in figures)


def _kind(figure: str) -> str:
    return _NUMBER.sub("#", figure)


def _goes_under(line: Line, below: Line) -> bool:
    """Whether a row divides the columns of the header row before it."""
    spanning = {x for x, cell in enumerate(line) if [c.origin for c in line].count(cell.origin) > 1 and cell.text}
    if not spanning:  # centred over several fields without merging them
        spanning = {x for x, cell in enumerate(line) if x and not cell.text and below[x].text and not below[0].text}
        if not spanning:
            return False
        spanning |= {x - 1 for x in spanning}
    elsewhere = [x for x in range(len(line)) if x not in spanning]
    divides = len({below[x].origin for x in spanning}) > len({line[x].origin for x in spanning if line[x].text})
    if not divides or any(_FIGURE.match(tidy(below[x].text)) for x in spanning):
        return False
    return all(below[x].origin == line[x].origin or not below[x].text for x in elsewhere)


def _spread(lines: Sequence[Line]) -> list[Line]:
    """In all header rows but the last, an unmerged empty field belongs to the name on its left."""
    spread: list[Line] = []
    for y, line in enumerate(lines):
        cells = list(line)
        if y < len(lines) - 1:
            for x in range(1, len(cells)):
                if not cells[x].text and lines[y + 1][x].text:
                    cells[x] = cells[x - 1]
        spread.append(tuple(cells))
    return spread


def _names_and_values(pairs: Sequence[tuple[str, str]]) -> bool:
    """Whether a table of two columns has no header: it begins with an attribute and its value."""
    (name, value), rest = pairs[0], pairs[1:]
    if name in _NAMES_NAMES or value in _VALUE_NAMES or not _NAMES_ATTRIBUTE.search(name):
        return False
    alike = sum(_NAMES_ATTRIBUTE.search(other) is not None for other, _ in rest)
    return not _NAMES_ATTRIBUTE.search(value) and 2 * alike >= len(rest)


def _pairs_side_by_side(lines: Sequence[Line]) -> bool:
    """Four columns of name, value, name, value, as product sheets have them to save room."""
    if len(lines[0]) != 4 or len(lines) < 2:
        return False
    names = [tidy_name(line[x].text) for line in lines for x in (0, 2) if line[x].origin != line[x - 1].origin or not x]
    values = [tidy(line[x].text) for line in lines for x in (1, 3)]
    named = [name for name in names if name]
    like_names = sum(_NAMES_ATTRIBUTE.search(name) is not None for name in named)
    like_values = sum(_NAMES_ATTRIBUTE.search(value) is not None for value in values if value)
    return 3 * like_names >= 2 * len(named) and 4 * like_values <= len(values)


def _side_by_side(lines: Sequence[Line], place: Place) -> Iterator[Piece]:
    for line in lines:
        if _across(line, False):
            yield _paragraph(line, place)
        elif line[1].origin == line[3].origin:
            yield Row((line[0].text, line[1].text), (), _page(line), place.sheet)
        else:
            for name, value in ((line[0], line[1]), (line[2], line[3])):
                if name.text or value.text:
                    yield Row((name.text, value.text), (), _page(line), place.sheet)
