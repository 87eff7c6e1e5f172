"""Lines of plain text to pieces, by how Chinese documents number their headings. For TXT, and for the text of a PDF."""

import re

from seatmate.ingest.pieces import Heading, Paragraph, Piece

MAX_HEADING = 30
MAX_TITLE = 60
_ENDS_SENTENCE = tuple("。；：，！？;:,!?")
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


def can_be_title(line: str) -> bool:
    """Short, and no sentence."""
    return len(line) <= MAX_TITLE and not line.endswith(_ENDS_SENTENCE)


def number_level(line: str) -> int | None:
    """How deep the number is that a line begins with; None without one."""
    return next((level for level, numbered in _NUMBERED if numbered.match(line)), None)
