"""The text layer of a PDF: lines put together to paragraphs, aligned columns to table rows, page numbers dropped.

A scan has no text layer and cannot be read here. A table is known by its wide gaps: a cell that wraps breaks its row,
and the rest of it is read as text.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from itertools import groupby

from pypdf import PdfReader

from seatmate.domain.errors import UnreadableDocument
from seatmate.ingest.formats.plain_lines import number_level, read_line
from seatmate.ingest.pieces import Heading, Piece, Row

_GAP = re.compile(r" {2,}")
_PAGE_NUMBER = re.compile(r"第\s*\d+\s*页|^[-—\s]*\d+\s*(?:/\s*\d+)?[-—\s]*$")
_ENDS_PARAGRAPH = tuple("。！？：；")
_FULL = 0.9
"""A line this wide, against the widest of its page, was broken by the margin and not by the writer."""


@dataclass(frozen=True)
class _Line:
    cells: tuple[str, ...]
    page: int
    full: bool

    @property
    def text(self) -> str:
        return " ".join(self.cells)


def read_pdf(data: bytes) -> Iterator[Piece]:
    reader = PdfReader(BytesIO(data))
    if reader.is_encrypted:
        raise UnreadableDocument("it is encrypted: hand in a copy without a password")
    lines = [
        line
        for number, page in enumerate(reader.pages, start=1)
        for line in _lines(page.extract_text(extraction_mode="layout"), number)
    ]
    first = True
    for columns, run in groupby(lines, key=lambda line: len(line.cells)):
        alike = list(run)
        if columns > 1 and len(alike) > 1:
            yield from (Row(line.cells, alike[0].cells, line.page) for line in alike[1:])
        else:
            yield from _paragraphs(alike, first)
        first = False


def _lines(layout: str, page: int) -> Iterator[_Line]:
    texts = [text.strip() for text in layout.splitlines() if text.strip() and not _PAGE_NUMBER.search(text.strip())]
    widest = max(map(_width, (text for text in texts if not _GAP.search(text))), default=0)
    for text in texts:
        yield _Line(tuple(_GAP.split(text)), page, full=_width(text) >= _FULL * widest)


def _paragraphs(lines: list[_Line], first: bool) -> Iterator[Piece]:
    """Lines joined where the margin broke them."""
    pending, page, broken = "", 0, False
    for line in lines:
        if broken and number_level(line.text) is None:
            pending += line.text
        else:
            if pending:
                yield read_line(pending, first, page)
                first = False
            pending, page = line.text, line.page
        is_heading = isinstance(read_line(pending, first), Heading)
        broken = line.full and not is_heading and not line.text.endswith(_ENDS_PARAGRAPH)
    if pending:
        yield read_line(pending, first, page)


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
