"""A Word document: styled headings, paragraphs, tables in order. Page headers, footers and text boxes are left out."""

import re
from collections.abc import Iterator
from io import BytesIO

import docx
from docx.oxml.ns import qn
from docx.table import Table
from docx.text.paragraph import Paragraph as WordParagraph

from seatmate.domain.errors import UnreadableDocument
from seatmate.ingest.pieces import Heading, Paragraph, Piece, Row

_HEADING = re.compile(r"(?:heading|标题)\s*(\d)", re.I)
_TITLES = ("title", "标题", "书名")


def read_docx(data: bytes) -> Iterator[Piece]:
    document = docx.Document(BytesIO(data))
    if next(document.element.body.iter(qn("w:ins"), qn("w:del")), None) is not None:
        raise UnreadableDocument("it has tracked changes: accept or reject them, for only one of the two texts is true")
    for block in document.iter_inner_content():
        if isinstance(block, Table):
            yield from _rows(block)
        else:
            yield from _paragraph(block)


def _paragraph(paragraph: WordParagraph) -> Iterator[Piece]:
    name = (paragraph.style.name if paragraph.style else None) or ""
    numbered = _HEADING.match(name)
    if numbered:
        yield Heading(paragraph.text, int(numbered[1]))
    elif name.lower() in _TITLES:
        yield Heading(paragraph.text, 1)
    else:
        yield from (Paragraph(line) for line in paragraph.text.split("\n"))


def _rows(table: Table) -> Iterator[Piece]:
    headers: tuple[str, ...] = ()
    for row in table.rows:
        cells = tuple(cell.text for cell in row.cells)
        if len({cell._tc for cell in row.cells}) == 1:  # merged from side to side: a caption or a note
            yield Paragraph(cells[0])
        elif not headers and len(table.rows) > 1:
            headers = cells
        else:
            yield Row(cells, headers)
