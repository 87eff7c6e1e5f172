"""Lines of plain text to pieces, by how Chinese documents number their headings. For TXT, and for the text of a PDF."""

import re
from collections.abc import Iterable, Iterator, Sequence

from seatmate.ingest.pieces import Heading, Paragraph, Piece, Remark

MAX_HEADING = 30
MAX_TITLE = 60
_ENDS_SENTENCE = tuple("。；：，！？;:,!?")
_ITEM = re.compile(r"[（(]?\d{1,2}[)）.、．]|[①-⑳]")
_NUMBERED = (
    (2, re.compile(r"第[一二三四五六七八九十百\d]+[章条节部分]")),
    (2, re.compile(r"[一二三四五六七八九十]+、")),
    (3, re.compile(r"[（(][一二三四五六七八九十]+[）)]")),
    (3, re.compile(r"\d{1,2}(?:\.\d{1,2})*(?:[.、．]|\s)")),
)


def read_line(line: str, first: bool, page: int | None = None) -> Piece:
    """A heading or a paragraph; the first line of a document is its title if it can be one."""
    if first and can_be_title(line):
        return Heading(line, 1, page)
    level = number_level(line)
    if level is None or len(line) > MAX_HEADING or line.endswith(_ENDS_SENTENCE):
        return Paragraph(line, page)
    return Heading(line, level, page)


def with_lists(pieces: Iterable[Piece | Remark]) -> Iterator[Piece | Remark]:
    """Numbered lines that follow each other with nothing under them are items of a list, not headings."""
    before: Piece | Remark | None = None
    run: list[Heading] = []
    for piece in pieces:
        if isinstance(piece, Heading) and _ITEM.match(piece.text) and (not run or run[-1].level == piece.level):
            run.append(piece)
            continue
        yield from _items(run, before, piece)
        run, before = [], piece
        yield piece
    yield from _items(run, before, None)


def _items(run: Sequence[Heading], before: Piece | Remark | None, after: Piece | Remark | None) -> Iterator[Piece]:
    introduced = isinstance(before, Paragraph) and before.text.endswith((":", "："))
    is_list = introduced or (len(run) > 1 and (after is None or isinstance(after, Heading)))
    yield from (Paragraph(item.text, item.page) if is_list else item for item in run)


def can_be_title(line: str) -> bool:
    """Short, and no sentence."""
    return len(line) <= MAX_TITLE and not line.endswith(_ENDS_SENTENCE)


def number_level(line: str) -> int | None:
    """How deep the number is that a line begins with; None without one."""
    return next((level for level, numbered in _NUMBERED if numbered.match(line)), None)
