"""What every format is read into: headings, paragraphs and table rows, and the one normalised text made of them.

A table row is written out with its column names (`渠道：手机银行；单笔：20,000元`), and that writing is what stands in
the text, so that a citation of it is exact and can be read alone.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

_BLANKS = re.compile(r"[^\S\n]+")
_INVISIBLE = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060\ufeff\u00ad]|[\x00-\x08\x0b-\x1f\x7f]")
_RADICALS = re.compile(r"[\u2e80-\u2fdf]")
"""Radicals that PDF writers put for the characters they look like: ⾦ for 金."""
_VALUE_HEADS = frozenset({"内容", "说明", "规则", "规定", "详情", "具体内容", "要素内容", "值", "标准"})
"""Second column names that say nothing: such a table pairs a name with a value."""


@dataclass(frozen=True)
class Heading:
    text: str
    level: int
    page: int | None = None


@dataclass(frozen=True)
class Paragraph:
    text: str
    page: int | None = None


@dataclass(frozen=True)
class Row:
    cells: tuple[str, ...]
    headers: tuple[str, ...] = ()
    page: int | None = None


Piece = Heading | Paragraph | Row


@dataclass(frozen=True)
class Block:
    """A piece and its place: `text[start:end]` is how it is written in the normalised text."""

    piece: Piece
    start: int
    end: int


@dataclass(frozen=True)
class ReadDocument:
    text: str
    blocks: tuple[Block, ...]

    @property
    def title(self) -> str | None:
        """What the document calls itself, if it begins with a heading."""
        first = self.blocks[0].piece if self.blocks else None
        return first.text if isinstance(first, Heading) else None


def join(pieces: Iterable[Piece]) -> ReadDocument:
    """Write the pieces under each other; what is empty is left out."""
    written: list[str] = []
    blocks: list[Block] = []
    at = 0
    for raw in pieces:
        piece = _normalised(raw)
        text = _written(piece)
        if not text:
            continue
        blocks.append(Block(piece, at, at + len(text)))
        written.append(text)
        at += len(text) + 1
    return ReadDocument("\n".join(written), tuple(blocks))


def tidy(text: str) -> str:
    """One line: no invisible characters, one blank for many, blanks of every width to one."""
    without = _RADICALS.sub(lambda m: unicodedata.normalize("NFKC", m[0]), _INVISIBLE.sub("", text))
    return _BLANKS.sub(" ", without.replace("\n", " ")).strip()


def named_columns(row: Row) -> tuple[str, ...]:
    """The column names worth repeating: none for a table of names and values."""
    return () if _pairs(row) else tuple(name for name in row.headers if name)


def _normalised(piece: Piece) -> Piece:
    if isinstance(piece, Row):
        return Row(tuple(map(tidy, piece.cells)), tuple(map(tidy, piece.headers)), piece.page)
    if isinstance(piece, Heading):
        return Heading(tidy(piece.text), piece.level, piece.page)
    return Paragraph(tidy(piece.text), piece.page)


def _written(piece: Piece) -> str:
    if not isinstance(piece, Row):
        return piece.text
    cells = piece.cells
    if _pairs(piece):
        return "：".join(cell for cell in cells if cell)
    names = (*piece.headers, *("" for _ in cells))
    return "；".join(f"{name}：{cell}" if name else cell for name, cell in zip(names, cells, strict=False) if cell)


def _pairs(row: Row) -> bool:
    return len(row.cells) == 2 and (not row.headers or row.headers[-1] in _VALUE_HEADS)
