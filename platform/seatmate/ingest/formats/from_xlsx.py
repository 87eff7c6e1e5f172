"""A workbook: on each visible sheet lines of text and tables, every value written as the reader of the sheet sees it.

A row with one filled cell is a line of text, the first such line the sheet's title. The first row with several is a
table's header. An empty first cell means the one above it. Hidden sheets, rows and columns are left out. Only what is
filled is gone through, whatever size a sheet claims to have.
"""

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from io import BytesIO
from itertools import islice
from zipfile import ZipFile

import openpyxl
from openpyxl.cell.cell import Cell as Filled
from openpyxl.utils import column_index_from_string, range_boundaries
from openpyxl.utils.datetime import from_excel
from openpyxl.workbook import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from seatmate.domain.errors import UnreadableDocument
from seatmate.ingest.formats.number_shown import shown
from seatmate.ingest.formats.package import refuse_unsafe
from seatmate.ingest.formats.table import MAX_FIELDS, Cell, Line, Place, read_table
from seatmate.ingest.pieces import Heading, Paragraph, Piece, Remark

_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
_CELL = re.compile(rb"<(?:\w+:)?c[\s>/]")
_MERGE = re.compile(rb"<(?:\w+:)?mergeCell\s[^>]*?ref=[\"']([A-Z0-9:]{1,24})[\"']")
_OF_CHINA = {
    **dict.fromkeys((27, 36, 50, 52, 57), 'yyyy"年"m"月"'),
    **dict.fromkeys((28, 29, 51, 53, 54, 58), 'm"月"d"日"'),
    **dict.fromkeys((30,), "yyyy-mm-dd"),
    **dict.fromkeys((31,), 'yyyy"年"m"月"d"日"'),
    **dict.fromkeys((32,), 'h"时"mm"分"'),
    **dict.fromkeys((33,), 'h"时"mm"分"ss"秒"'),
    **dict.fromkeys((34, 55), '上午/下午h"时"mm"分"'),
    **dict.fromkeys((35, 56), '上午/下午h"时"mm"分"ss"秒"'),
}
"""Number formats that Chinese spreadsheets have built in, by their number; other readers show plain numbers."""

Fields = dict[tuple[int, int], Cell]
"""By row and column, from 1: every field that a value covers. The origin of a cell is that of its value."""


def read_xlsx(data: bytes) -> Iterator[Piece | Remark]:
    refuse_unsafe(data, "xl/workbook.xml", "XLSX")
    has_formulas = _look_into(data)
    book = openpyxl.load_workbook(BytesIO(data), data_only=True)
    if has_formulas:
        _refuse_uncomputed(book, openpyxl.load_workbook(BytesIO(data)))
    first = True
    for sheet in book.worksheets:
        if sheet.sheet_state == "visible":
            for piece in _sheet(sheet, 1 if first else 2):
                yield piece if isinstance(piece, Remark) else replace(piece, sheet=sheet.title)
                first = False


def _sheet(sheet: Worksheet, level: int) -> Iterator[Piece | Remark]:
    titled = False
    yield from _errors(sheet)
    for number, run in _runs(sheet):
        rows = list(run)
        while rows and _is_text(rows[0]):
            text = next(cell.text for cell in rows.pop(0) if cell.text)
            yield Paragraph(text) if titled else Heading(text, level)
            titled = True
            number += 1
        if rows and not titled:
            yield Heading(sheet.title, level)
            titled = True
        place = Place(f"the table in row {number} of sheet {sheet.title}", sheet=sheet.title)
        yield from read_table(rows, place, carry=True, lone=True)


def _is_text(row: Line) -> bool:
    return len({cell.origin for cell in row if cell.text}) == 1


def _runs(sheet: Worksheet) -> Iterator[tuple[int, Sequence[Line]]]:
    """Rows that follow each other, with the number of the first; an empty row ends a run."""
    fields = _fields(sheet)
    rows = sorted({row for row, _ in fields})
    columns = sorted({column for _, column in fields})
    if len(rows) * len(columns) > MAX_FIELDS:
        raise UnreadableDocument(f"sheet {sheet.title} has more than {MAX_FIELDS:,} fields")
    run: list[Line] = []
    last, begun = 0, 0
    for row in rows:
        if run and row != last + 1 and any(not sheet.row_dimensions[gap].hidden for gap in range(last + 1, row)[:100]):
            yield begun, run
            run = []
        begun = begun if run else row
        run.append(tuple(fields.get((row, column)) or Cell("", (-row, column)) for column in columns))
        last = row
    if run:
        yield begun, run


def _fields(sheet: Worksheet) -> Fields:
    """What is visible and filled. A merged cell stands in every place it covers that lies among the others."""
    hidden = _hidden_columns(sheet)
    fields: Fields = {}
    for (row, column), cell in sorted(sheet._cells.items()):  # the filled ones only: a sheet may claim a million rows
        if cell.value is None or column in hidden or sheet.row_dimensions[row].hidden:
            continue
        text = _shown(cell)
        if text.strip():
            fields[row, column] = Cell(text, (row, column))
    rows = sorted({row for row, _ in fields})
    columns = sorted({column for _, column in fields})
    for area in sheet.merged_cells.ranges:
        value = fields.get((area.min_row, area.min_col))
        if value is not None:
            for row in rows[bisect_left(rows, area.min_row) : bisect_right(rows, area.max_row)]:
                for column in columns[bisect_left(columns, area.min_col) : bisect_right(columns, area.max_col)]:
                    fields[row, column] = value
    return fields


def _shown(cell: Filled) -> str:
    value, number_format = cell.value, cell.number_format
    named = _OF_CHINA.get(getattr(getattr(cell, "_style", None), "numFmtId", 0))
    if named is not None and number_format == "General" and isinstance(value, int | float):
        return shown(from_excel(value, _epoch(cell)), named)
    return shown(value, number_format)


def _epoch(cell: Filled) -> datetime:
    book = cell.parent.parent
    return book.epoch if isinstance(book, Workbook) else datetime(1899, 12, 30)


def _hidden_columns(sheet: Worksheet) -> set[int]:
    """One entry may stand for a range of columns."""
    return {
        at
        for letter, column in sheet.column_dimensions.items()
        if column.hidden
        for at in range(column.min or column_index_from_string(letter), (column.max or column.min or 0) + 1)
    }


def _errors(sheet: Worksheet) -> Iterator[Remark]:
    for cell in sheet._cells.values():
        if cell.data_type == "e":
            yield Remark(f"cell {cell.coordinate} of sheet {sheet.title} shows an error: {cell.value}")


def _look_into(data: bytes) -> bool:
    """Whether any sheet has formulas: a workbook of values alone is read once, not twice. Refuses what is too large."""
    has_formulas = False
    with ZipFile(BytesIO(data)) as archive:
        for name in archive.namelist():
            if not (name.startswith("xl/worksheets/") and name.endswith(".xml")):
                continue
            sheet = archive.read(name)
            if sum(1 for _ in islice(_CELL.finditer(sheet), MAX_FIELDS + 1)) > MAX_FIELDS:
                raise UnreadableDocument(f"a sheet has more than {MAX_FIELDS:,} cells")
            has_formulas = has_formulas or _FORMULA.search(sheet) is not None
            if sum(_size(area[1].decode()) for area in _MERGE.finditer(sheet)) > MAX_FIELDS:
                raise UnreadableDocument(f"a sheet merges more than {MAX_FIELDS:,} cells")
    return has_formulas


def _size(area: str) -> int:
    left, top, right, bottom = range_boundaries(area)
    return ((right or 0) - (left or 0) + 1) * ((bottom or 0) - (top or 0) + 1)


def _refuse_uncomputed(values: Workbook, formulas: Workbook) -> None:
    for sheet in formulas.worksheets:
        computed = values[sheet.title]
        for cell in sheet._cells.values():
            if cell.data_type == "f" and computed[cell.coordinate].value is None:
                raise UnreadableDocument(
                    f"the formula in {sheet.title}!{cell.coordinate} has no stored value: open and save the file"
                )
