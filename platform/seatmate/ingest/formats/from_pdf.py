"""The text layer of a PDF: headings, paragraphs and tables over all its pages.

Running headers, footers and page numbers are dropped; a paragraph and a table go on over a page break, the table under
the header it began with. A scan has no text layer and cannot be read here. Scripts, links, attachments and forms of a
PDF are not looked at.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from io import BytesIO
from itertools import pairwise

import pdfplumber
from pdfminer.pdfdocument import PDFPasswordIncorrect
from pdfplumber.utils.exceptions import PdfminerException

from seatmate.domain.errors import UnreadableDocument
from seatmate.ingest.formats.pdf_layout import Region, regions, without
from seatmate.ingest.formats.pdf_page import UNKNOWN, Page, Table, TextLine, draw, rejoined
from seatmate.ingest.formats.plain_lines import MAX_HEADING, can_be_title, number_level, with_lists
from seatmate.ingest.formats.table import Cell, Line, Place, read_table
from seatmate.ingest.pieces import Heading, Paragraph, Piece, Remark, tidy

_PAGE_NUMBER = re.compile(
    r"^[-—–\s]*\d+\s*(?:/\s*\d+)?[-—–\s]*$"
    r"|(?:^|[\s|｜·—–\-（(])第\s*[\d一二三四五六七八九十]+\s*页(?:\s*[，,/／、|]?\s*共\s*[\d一二三四五六七八九十]+\s*页)?[）)]?\s*$"
    r"|(?:^|\s)page\s*\d+(?:\s*(?:of|/)\s*\d+)?$",
    re.I,
)
_DIGITS = re.compile(r"\d+")
_EDGE_LINES = 3
"""So many lines at either end of a page may be running headers or footers."""
_SAME_PLACE = 4.0
_LARGER = 1.12
_ENDS_PARAGRAPH = tuple("。！？：；")
_INDENT = 1.5
_PITCH = 1.12
_DEEP = 3
_UNKNOWN_MOST = 0.1


def read_pdf(data: bytes) -> Iterator[Piece | Remark]:
    yield from with_lists(_pieces(data))


def _pieces(data: bytes) -> Iterator[Piece | Remark]:
    drawn = _pages(data)
    yield from _unknown_characters(drawn)
    pages = _without_running(drawn)
    flow = [(region, item) for page in pages for region in regions(page) for item in region.items]
    style = _style(flow)
    text: list[tuple[Region, TextLine]] = []
    table: list[Table] = []
    for region, item in flow:
        if isinstance(item, TextLine):
            yield from _table(table)
            table = []
            text.append((region, item))
        else:
            yield from _paragraphs(text, style)
            text = []
            if table and not _goes_on(table[-1], item):
                yield from _table(table)
                table = []
            table.append(item)
    yield from _paragraphs(text, style)
    yield from _table(table)


def _pages(data: bytes) -> list[Page]:
    try:
        with pdfplumber.open(BytesIO(data)) as pdf:
            if pdf.doc.encryption is not None:
                raise UnreadableDocument("it is encrypted: hand in a copy without a password")
            pages = []
            for number, page in enumerate(pdf.pages, start=1):
                pages.append(draw(page, number))
                page.close()
            return pages
    except PdfminerException as error:
        if any(isinstance(cause, PDFPasswordIncorrect) for cause in error.args):
            raise UnreadableDocument("it is encrypted: hand in a copy without a password") from error
        if any(isinstance(cause, MemoryError) for cause in error.args):
            raise MemoryError from error
        raise UnreadableDocument("it is broken: no complete PDF file") from error


def _unknown_characters(pages: Sequence[Page]) -> Iterator[Remark]:
    for page in pages:
        text = "".join(_all_text(page))
        unknown = text.count(UNKNOWN)
        if unknown > _UNKNOWN_MOST * len(text):
            raise UnreadableDocument(
                f"its font does not say which characters it draws (on page {page.number}): export it again with fonts"
            )
        if unknown:
            yield Remark(
                f"{unknown} characters on page {page.number} are not named by their font: they show as {UNKNOWN}"
            )


def _all_text(page: Page) -> Iterator[str]:
    yield from (line.text for line in page.lines)
    yield from (cell.text for table in page.tables for line in table.grid for cell in line)


def _without_running(pages: Sequence[Page]) -> list[Page]:
    """Without what stands in the same place on half of the pages, and without page numbers."""
    seen: Counter[tuple[str, int]] = Counter()
    for page in pages:
        seen.update({_mark(line) for line in _at_the_ends(page)})
    needed = max(2, (len(pages) + 1) // 2)
    cleaned = []
    for page in pages:
        ends = _at_the_ends(page)
        outermost = {id(line) for line in (*page.lines[:1], *page.lines[-1:])}
        running = [
            line
            for line in ends
            if any(seen[_mark(line, off)] >= needed for off in (-1, 0, 1))
            or (id(line) in outermost and _PAGE_NUMBER.search(line.text))
        ]
        cleaned.append(without(page, running))
    return cleaned if any(page.lines or page.tables for page in cleaned) else list(pages)


def _at_the_ends(page: Page) -> list[TextLine]:
    """The first and last lines, outside of ruled tables and of what is written like one in the middle of the page."""
    first, last = page.lines[:_EDGE_LINES], page.lines[_EDGE_LINES:][-_EDGE_LINES:]
    high = [line for line in first if line.bottom < 0.15 * page.height]
    low = [line for line in last or first if line.top > 0.85 * page.height]
    outermost = [*page.lines[:1], *page.lines[-1:]]
    return list({id(line): line for line in (*high, *low, *outermost)}.values())


def _mark(line: TextLine, off: int = 0) -> tuple[str, int]:
    return _DIGITS.sub("#", tidy(line.text)), round(line.top / _SAME_PLACE) + off


@dataclass
class _Style:
    """How the document writes: its body, its larger sizes, the margin, and how far apart its lines are."""

    body: float
    sizes: list[float]
    right: float
    pitches: dict[float, float]
    numbered: dict[float, int]
    """Per size, the highest number level that its lines have."""
    bold_body: bool
    titled: bool = field(default=False)


def _style(flow: Sequence[tuple[Region, TextLine | Table]]) -> _Style:
    lines = [item for _, item in flow if isinstance(item, TextLine)]
    written: Counter[float] = Counter()
    pitches: dict[float, Counter[float]] = {}
    for line in lines:
        written[line.size] += len(line.text)
    for (region, above), (other, below) in pairwise(flow):
        if region is other and isinstance(above, TextLine) and isinstance(below, TextLine) and above.size == below.size:
            pitches.setdefault(above.size, Counter())[round(below.top - above.top, 1)] += 1
    body = written.most_common(1)[0][0] if written else 0.0
    sizes = sorted({line.size for line in lines if line.size >= _LARGER * body and _may_head(line)}, reverse=True)
    numbered: dict[float, int] = {}
    for line in lines:
        level = number_level(line.text)
        if level is not None and line.size in sizes:
            numbered[line.size] = min(level, numbered.get(line.size, level))
    return _Style(
        body=body,
        sizes=sizes,
        right=max((region.right for region, _ in flow if region.alone), default=0.0),
        pitches={size: min(p for p in found if p > 0) for size, found in pitches.items() if any(p > 0 for p in found)},
        numbered=numbered,
        bold_body=sum(line.bold for line in lines) * 2 > len(lines),
    )


def _may_head(line: TextLine) -> bool:
    return len(line.segments) == 1 and can_be_title(line.text)


def _paragraphs(text: Sequence[tuple[Region, TextLine]], style: _Style) -> Iterator[Piece]:
    """Lines joined where the margin broke them, also over the end of a column or page."""
    pending: list[tuple[str, bool]] = []
    page = 0
    before: tuple[Region, TextLine] | None = None
    for region, line in text:
        level = _level(line, style)
        joins = before is not None and bool(pending) and level is None and _broken(before, (region, line), style)
        if pending and not joins:
            yield Paragraph(rejoined(pending), page)
            pending = []
        if level is not None:
            style.titled = True
            yield Heading(line.text, level, line.page)
        else:
            page = page if pending else line.page
            pending.append((line.text, _is_full(region, line, style)))
        before = None if level is not None else (region, line)
    if pending:
        yield Paragraph(rejoined(pending), page)


def _level(line: TextLine, style: _Style) -> int | None:
    """How deep a heading is: by the size of its characters first, by its number among lines of one size."""
    if not _may_head(line):
        return None
    first, style.titled = not style.titled, True
    number = number_level(line.text)
    short = len(line.text) <= MAX_HEADING
    if line.size in style.sizes:
        rank = style.sizes.index(line.size) + 1
        deeper = max(0, number - style.numbered[line.size]) if number is not None else 0
        return 1 if first else rank + deeper
    if first:
        return 1
    if not short or (number is None and (style.bold_body or not line.bold)):
        return None
    if len(style.sizes) > 1 and not line.bold:
        return None  # it has larger headings: a numbered line among the text is an item of a list
    deepest = len(style.sizes)
    return max(number or _DEEP, min(deepest + 1, 6)) if number != 2 or deepest > 1 else 2


def _broken(above: tuple[Region, TextLine], below: tuple[Region, TextLine], style: _Style) -> bool:
    """Whether a line goes on in the next."""
    (region, line), (other, following) = above, below
    if not _is_full(region, line, style) or number_level(following.text) is not None:
        return False
    if abs(line.size - following.size) > 0.6 or line.bold != following.bold:
        return False
    pitch = style.pitches.get(line.size)
    if region is other:
        if following.x0 - line.x0 > _INDENT * line.size:
            return False
        step = following.top - line.top
        if pitch is not None and step > _PITCH * pitch:
            return False
        if pitch is not None and _has_room_between_paragraphs(pitch, style):
            return True
    return not line.text.endswith(_ENDS_PARAGRAPH)


def _has_room_between_paragraphs(pitch: float, style: _Style) -> bool:
    """Lines set closely: whoever wrote them parted paragraphs by more room."""
    return pitch <= 1.75 * style.body


def _is_full(region: Region, line: TextLine, style: _Style) -> bool:
    right = max(region.right, style.right) if region.alone else region.right
    return line.x1 >= right - 1.7 * line.size


def _goes_on(above: Table, below: Table) -> bool:
    """A table goes on at the top of the next page, or column, when its columns are the same."""
    if len(above.grid[0]) != len(below.grid[0]) or below.page - above.page not in (0, 1):
        return False
    if below.page == above.page and below.top >= above.bottom:
        return False
    return above.carry != below.carry or _widths_alike(above, below)


def _widths_alike(above: Table, below: Table) -> bool:
    shift = below.x0 - above.x0
    tolerance = 0.06 * (above.x1 - above.x0) if not above.carry else 0.25 * (above.x1 - above.x0)
    return all(abs(b - a - shift) <= tolerance for a, b in zip(above.edges[:-1], below.edges[:-1], strict=True))


def _table(parts: Sequence[Table]) -> Iterator[Piece | Remark]:
    """One table, whatever pages it stands on; each row on its own page."""
    if not parts:
        return
    grid: list[Line] = []
    for part in parts:
        begun = len(grid)
        lines = [tuple(_placed(cell, begun, part.page) for cell in row) for row in part.grid]
        rest = _after_repeated_header(grid, lines)
        if grid and part.page != parts[0].page and len(rest) == len(lines) and _is_rest(grid[-1], rest[0]):
            grid[-1] = tuple(_with_rest(a, b) for a, b in zip(grid[-1], rest.pop(0), strict=True))
        grid += rest
    yield from read_table(grid, Place(f"the table on page {parts[0].page}"), carry=parts[0].carry)


def _placed(cell: Cell, row: int, page: int) -> Cell:
    return Cell(cell.text, (cell.origin[0] + row, cell.origin[1]), page)


def _after_repeated_header(above: Sequence[Line], lines: list[Line]) -> list[Line]:
    """Without the first rows that repeat those the table began with."""
    same = 0
    while same < min(len(above), len(lines)) and _texts(above[same]) == _texts(lines[same]):
        same += 1
    return lines[same:]


def _texts(line: Line) -> list[str]:
    return [tidy(cell.text).replace(" ", "") for cell in line]


def _is_rest(last: Line, line: Line) -> bool:
    """Whether a row at the top of a page is what was left of the last row of the page before."""
    filled = [cell for cell in line if cell.text]
    if line[0].text or not filled or not last[0].text:
        return False
    return len(filled) < len(line) - 1 or len(line) == 2


def _with_rest(cell: Cell, rest: Cell) -> Cell:
    return replace(cell, text=rejoined([(cell.text, True), (rest.text, True)])) if rest.text else cell
