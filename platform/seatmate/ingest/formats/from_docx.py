"""A Word document: headings, paragraphs, numbered lists and tables in order.

Page headers, footers, text boxes, tables of contents, hidden and struck-out text are left out. A number that Word
counts by itself is written out as Word shows it; bullets are not.
"""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import docx
from docx.opc.constants import RELATIONSHIP_TYPE
from docx.oxml.ns import qn

from seatmate.domain.errors import UnreadableDocument
from seatmate.ingest.formats.package import refuse_unsafe
from seatmate.ingest.formats.plain_lines import can_be_title, number_level
from seatmate.ingest.formats.table import MAX_FIELDS, Cell, Line, Place, read_table
from seatmate.ingest.formats.word_numbers import Numbers, numbers_of
from seatmate.ingest.formats.word_styles import Styles, styles_of
from seatmate.ingest.pieces import Heading, Paragraph, Piece, Remark

_CHANGES = tuple(qn(f"w:{name}") for name in ("ins", "del", "moveFrom", "moveTo"))
_WRAPPERS = frozenset(qn(f"w:{name}") for name in ("customXml", "smartTag", "sdtContent"))
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_UNREAD = frozenset(
    {_FALLBACK} | {qn(f"w:{name}") for name in ("txbxContent", "rPr", "pPr", "rt", "drawing", "pict", "object", "tbl")}
)
_MATH_TEXT = "{http://schemas.openxmlformats.org/officeDocument/2006/math}t"
_AS_TEXT = {qn("w:tab"): " ", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}
_GONE = ("w:vanish", "w:strike", "w:dstrike")
"""Hidden, and struck out: what is struck out was the price of before."""
_MAX_HEADING = 100
_WIDE_END = tuple("、）】」：．。")


def read_docx(data: bytes) -> Iterator[Piece | Remark]:
    refuse_unsafe(data, "word/document.xml", "DOCX")
    document = docx.Document(BytesIO(data))
    body = document.element.body
    if next(body.iter(*_CHANGES), None) is not None:
        raise UnreadableDocument("it has tracked changes: accept or reject them, for only one of the two texts is true")
    styles = styles_of(document.styles.element)
    reader = _Reader(styles, numbers_of(_numbering(document)), _has_headings(body, styles))
    yield from reader.pieces(body)


def _numbering(document: Any) -> Any | None:
    try:
        return document.part.part_related_by(RELATIONSHIP_TYPE.NUMBERING).element
    except KeyError:
        return None


def _has_headings(body: Any, styles: Styles) -> bool:
    return any(styles.heading_level(paragraph) is not None for paragraph in body.iter(qn("w:p")))


class _Reader:
    """Goes through one document; its lists are counted on the way."""

    def __init__(self, styles: Styles, numbers: Numbers, styled: bool) -> None:
        self._styles, self._numbers, self._styled = styles, numbers, styled
        self._tables = 0
        self._begun = False

    def pieces(self, parent: Any) -> Iterator[Piece | Remark]:
        for child in parent:
            if child.tag == qn("w:p"):
                yield from self._paragraph(child)
            elif child.tag == qn("w:tbl"):
                yield from self._table(child)
            elif child.tag in _WRAPPERS or (child.tag == qn("w:sdt") and not _is_contents(child)):
                yield from self.pieces(child)

    def _paragraph(self, paragraph: Any) -> Iterator[Piece]:
        text = self._text(paragraph)
        if not text.strip() or self._styles.is_contents(paragraph):
            return
        level = self._styles.heading_level(paragraph)
        if not self._styled:
            level = self._level_by_number(text.strip())
        self._begun = True
        if level is not None and len(text) <= _MAX_HEADING:
            yield Heading(text, level)
        else:
            yield from (Paragraph(line) for line in text.split("\n"))

    def _level_by_number(self, line: str) -> int | None:
        """For a document that uses no heading styles: its first line, and lines numbered as chapters are."""
        if not self._begun and can_be_title(line):
            return 1
        return None if line[0].isdigit() or not can_be_title(line) else number_level(line)

    def _text(self, paragraph: Any) -> str:
        text = "".join(_words(paragraph))
        listed = self._styles.list_of(paragraph)
        number = self._numbers.next(*listed) if listed is not None and text.strip() else ""
        if not number:
            return text
        return f"{number}{'' if number.endswith(_WIDE_END) else ' '}{text.lstrip()}"

    def _table(self, table: Any) -> Iterator[Piece | Remark]:
        self._tables += 1
        rows = table.findall(qn("w:tr"))
        marked = [_flag(row, "w:tblHeader") for row in rows]
        header_rows = next((at for at, is_header in enumerate(marked) if not is_header), len(marked))
        yield from read_table(self._grid(rows), Place(f"table {self._tables}"), header_rows or None)
        self._begun = True

    def _grid(self, rows: list[Any]) -> list[Line]:
        grid: list[Line] = []
        fields = 0
        for y, row in enumerate(rows):
            line = [Cell("", (y, -1 - x)) for x in range(_count(row, "w:trPr/w:gridBefore"))]
            for cell in row.iter(qn("w:tc")):
                if next(cell.iterancestors(qn("w:tr"))) is not row:
                    continue  # of a table inside a cell: its words are read with the cell
                span = max(1, _count(cell, "w:tcPr/w:gridSpan"))
                filled = self._cell(cell, (y, len(line)), grid[-1] if grid else ())
                line += [filled] * span
            fields += len(line)
            if fields > MAX_FIELDS:
                raise UnreadableDocument(f"table {self._tables} has more than {MAX_FIELDS:,} fields")
            grid.append(tuple(line))
        return grid

    def _cell(self, cell: Any, place: tuple[int, int], above: Line) -> Cell:
        merged = cell.find(f"{qn('w:tcPr')}/{qn('w:vMerge')}")
        goes_on = merged is not None and merged.get(qn("w:val")) in (None, "continue")
        if goes_on and place[1] < len(above):
            return above[place[1]]
        return Cell("\n".join(filter(None, (self._text(p).strip() for p in cell.iter(qn("w:p"))))), place)


def _words(element: Any) -> Iterator[str]:
    for child in element:
        if child.tag in _UNREAD or (child.tag == qn("w:r") and any(_flag(child, mark, "w:rPr") for mark in _GONE)):
            continue
        if child.tag in (qn("w:t"), _MATH_TEXT):
            yield child.text or ""
        elif child.tag in _AS_TEXT:
            yield _AS_TEXT[child.tag]
        else:
            yield from _words(child)


def _is_contents(control: Any) -> bool:
    return any("Table of Contents" in (part.get(qn("w:val")) or "") for part in control.iter(qn("w:docPartGallery")))


def _flag(element: Any, name: str, properties: str = "w:trPr") -> bool:
    found = element.find(f"{qn(properties)}/{qn(name)}")
    return found is not None and found.get(qn("w:val")) not in ("0", "false", "off")


def _count(element: Any, path: str) -> int:
    found = element.find("/".join(qn(step) for step in path.split("/")))
    value = "" if found is None else found.get(qn("w:val")) or ""
    return min(int(value), 1_000) if value.isascii() and value.isdigit() else 0
