"""A workbook: on each visible sheet lines of text and tables, numbers written as the reader of the sheet sees them.

A row with one filled cell is a line of text, the first such line the sheet's title. The first row with several is a
table's header. An empty first cell means the one above it. Hidden sheets, rows and columns are left out.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO

import openpyxl
from openpyxl.cell.cell import Cell, MergedCell
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.worksheet import Worksheet

from seatmate.domain.errors import UnreadableDocument
from seatmate.domain.numerals import plain
from seatmate.ingest.pieces import Heading, Paragraph, Piece, Row

_AFTER_POINT = re.compile(r"\.([0#?]+)")


def read_xlsx(data: bytes) -> Iterator[Piece]:
    values = openpyxl.load_workbook(BytesIO(data), data_only=True)
    formulas = openpyxl.load_workbook(BytesIO(data))
    first = True
    for sheet in values.worksheets:
        if sheet.sheet_state != "visible":
            continue
        _refuse_uncomputed(sheet, formulas[sheet.title])
        yield from _sheet(sheet, 1 if first else 2)
        first = False


def _sheet(sheet: Worksheet, level: int) -> Iterator[Piece]:
    titled = False
    headers: tuple[str, ...] = ()
    above = ""
    for cells in _lines(sheet):
        filled = [cell for cell in cells if cell]
        if not filled:
            headers, above = (), ""
        elif len(filled) == 1 and not (headers and not cells[0]):
            yield Paragraph(filled[0]) if titled else Heading(filled[0], level)
            titled = True
        elif not headers:
            if not titled:
                yield Heading(sheet.title, level)
                titled = True
            headers = cells
        else:
            above = cells[0] or above
            yield Row((above, *cells[1:]), headers)


def _lines(sheet: Worksheet) -> Iterator[tuple[str, ...]]:
    """Every visible row. A merged cell stands in all the places it covers; one merged from side to side, once."""
    covered = {
        place: _text(sheet.cell(area.min_row, area.min_col))
        for area in sheet.merged_cells.ranges
        if not (area.min_col == 1 and area.max_col == sheet.max_column)
        for place in area.cells
    }
    hidden = {letter for letter, column in sheet.column_dimensions.items() if column.hidden}
    shown = [at for at in range(1, sheet.max_column + 1) if get_column_letter(at) not in hidden]
    for row in range(1, sheet.max_row + 1):
        if not sheet.row_dimensions[row].hidden:
            yield tuple(covered.get((row, at)) or _text(sheet.cell(row, at)) for at in shown)


def _text(cell: Cell | MergedCell) -> str:
    value = cell.value
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == datetime.min.time() else value.strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, int | float):
        return _number(value, cell.number_format)
    return str(value)


def _number(value: float, shown: str) -> str:
    """0.0145 shown as 0.00% is 1.45%: the digits after the point are those of the format."""
    pattern = shown.split(";")[0]
    if pattern in ("General", "@"):
        return plain(Decimal(repr(value)))
    places = _AFTER_POINT.search(pattern)
    digits = len(places[1]) if places else 0
    if "%" in pattern:
        return f"{value * 100:.{digits}f}%"
    return f"{value:,.{digits}f}" if "," in pattern else f"{value:.{digits}f}"


def _refuse_uncomputed(values: Worksheet, formulas: Worksheet) -> None:
    for row in formulas.iter_rows():
        for cell in row:
            if cell.data_type == "f" and values[cell.coordinate].value is None:
                raise UnreadableDocument(
                    f"the formula in {formulas.title}!{cell.coordinate} has no stored value: open and save the file"
                )
