"""What every format is read into: headings, paragraphs and table rows, and the one normalised text made of them.

A table row is written out with its column names (`渠道：手机银行；单笔：20,000元`), and that writing is what stands in
the text, so that a citation of it is exact and can be read alone. Knows no file format.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

UNDER = " › "
"""Between the parts of a path: of headings, and of the headers over a column."""

_BLANKS = re.compile(r"[^\S\n]+")
_INVISIBLE = re.compile(
    r"[\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff\u00ad\u180e\ufe00-\ufe0f\ufff9-\ufffb]"
    r"|[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff]|[\U000e0000-\U000e01ef]"
)
"""What nobody sees: zero width, writing direction, tags and variants, controls; and halves of characters."""
_RADICALS = re.compile(r"[\u2e80-\u2fdf]")
"""Radicals that PDF writers put for the characters they look like: ⾦ for 金."""
_WIDE = r"[\u2e80-\u9fff\uf900-\ufaff\uff01-\uff65\u3000-\u303f]"
_WIDE_BREAK = re.compile(rf"(?<={_WIDE})[^\S\n]*\n\s*(?={_WIDE})")
_ORPHAN = re.compile(rf"(?<={_WIDE})[^\S\n]*\n\s*({_WIDE})$")
"""One character on the last line: broken by the width of the cell, not by its writer (持股比 / 例)."""
_LETTER_SPACED = re.compile(r"[\u4e00-\u9fff](?: [\u4e00-\u9fff])+")
_VALUE_HEADS = frozenset({"内容", "说明", "规则", "规定", "详情", "具体内容", "要素内容", "值", "标准"})
"""Second column names that say nothing: such a table pairs a name with a value."""


@dataclass(frozen=True)
class Heading:
    text: str
    level: int
    page: int | None = None
    sheet: str | None = None


@dataclass(frozen=True)
class Paragraph:
    text: str
    page: int | None = None
    sheet: str | None = None


@dataclass(frozen=True)
class Row:
    """One row of a table.

    `headers` names each column; under a header of several rows it is a path (费用 › 管理费). `group` is the line across
    the table under which the row stands (二、整存整取), empty without one.
    """

    cells: tuple[str, ...]
    headers: tuple[str, ...] = ()
    page: int | None = None
    sheet: str | None = None
    group: str = ""


Piece = Heading | Paragraph | Row


@dataclass(frozen=True)
class Remark:
    """What a reader could not make sense of, in plain English and with its place. It is no part of the text."""

    text: str


@dataclass(frozen=True)
class Block:
    """A piece and its place: `text[start:end]` is how it is written in the normalised text."""

    piece: Piece
    start: int
    end: int

    @property
    def page(self) -> int | None:
        return self.piece.page

    @property
    def sheet(self) -> str | None:
        return self.piece.sheet


@dataclass(frozen=True)
class ReadDocument:
    text: str
    blocks: tuple[Block, ...]
    remarks: tuple[str, ...] = ()
    """Tables that could not be read as their writer meant them: what was found, and where."""

    @property
    def title(self) -> str | None:
        """What the document calls itself, if it begins with a heading."""
        first = self.blocks[0].piece if self.blocks else None
        return first.text if isinstance(first, Heading) else None


def join(pieces: Iterable[Piece | Remark]) -> ReadDocument:
    """Write the pieces under each other; what is empty is left out."""
    written: list[str] = []
    blocks: list[Block] = []
    remarks: dict[str, None] = {}
    at = 0
    for raw in pieces:
        if isinstance(raw, Remark):
            remarks[raw.text] = None
            continue
        piece = _normalised(raw)
        text = _written(piece)
        if not text:
            continue
        blocks.append(Block(piece, at, at + len(text)))
        written.append(text)
        at += len(text) + 1
    return ReadDocument("\n".join(written), tuple(blocks), tuple(remarks))


def tidy(text: str) -> str:
    """One line: no invisible characters, one blank for many, blanks of every width to one."""
    without = _RADICALS.sub(lambda m: unicodedata.normalize("NFKC", m[0]), _INVISIBLE.sub("", text))
    return _BLANKS.sub(" ", without.replace("\n", " ")).strip()


def tidy_name(text: str) -> str:
    """A heading or column name: as `tidy`, and what was only spaced or broken to fill its box is one word (项 目)."""
    line = tidy(_WIDE_BREAK.sub("", text.strip()))
    return line.replace(" ", "") if _LETTER_SPACED.fullmatch(line) else line


def named_columns(row: Row) -> tuple[str, ...]:
    """The column names worth repeating: none for a table of names and values."""
    return () if _pairs(row) else tuple(name for name in row.headers if name)


def _normalised(piece: Piece) -> Piece:
    if isinstance(piece, Row):
        cells = tuple(tidy(_ORPHAN.sub(r"\1", cell.strip())) for cell in piece.cells)
        first = tuple(tidy_name(cell) for cell in piece.cells[:1])
        headers = tuple(map(tidy_name, piece.headers))
        return Row(first + cells[1:], headers, piece.page, piece.sheet, tidy_name(piece.group))
    if isinstance(piece, Heading):
        return Heading(tidy_name(piece.text), piece.level, piece.page, piece.sheet)
    return Paragraph(tidy(piece.text), piece.page, piece.sheet)


def _written(piece: Piece) -> str:
    if not isinstance(piece, Row):
        return piece.text
    if not any(piece.cells):
        return ""
    if _pairs(piece):
        line = "：".join(cell for cell in piece.cells if cell)
    else:
        names = (*piece.headers, *("" for _ in piece.cells))
        pairs = zip(names, piece.cells, strict=False)
        line = "；".join(f"{name}：{cell}" if name else cell for name, cell in pairs if cell)
    return f"{piece.group}；{line}" if piece.group else line


def _pairs(row: Row) -> bool:
    return len(row.cells) == 2 and (not row.headers or row.headers[-1] in _VALUE_HEADS)
