"""Markdown as banks write it: headings, paragraphs, lists, pipe tables. Marks of emphasis go, words stay.

Every line is a paragraph of its own: such documents put one item to a line. Front matter and comments are dropped.
"""

import re
from collections.abc import Iterator

from seatmate.domain.errors import UnreadableDocument
from seatmate.ingest.formats.table import Place, plain_grid, read_table
from seatmate.ingest.pieces import Heading, Paragraph, Piece, Remark

_FRONT = re.compile(r"\A---\n.*?\n---\n", re.DOTALL)
_HEADING = re.compile(r"(#{1,6})\s+(.*?)\s*#*$")
_UNDERLINE = re.compile(r"(=+|-+)$")
_TABLE_RULE = re.compile(r"\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?$")
_LIST_MARK = re.compile(r"^(?:[-*+]\s+)(?:\[[ xX]\]\s+)?")
_QUOTE_MARK = re.compile(r"^(?:>\s?)+")
_FENCE = re.compile(r"(```|~~~)")
_BOLD_LINE = re.compile(r"\*\*([^*]{1,60})\*\*$")
_QUESTION_LEVEL = 6
_MOST_COLUMNS = 2_000
_LONGEST_MARKED = 5_000


def read_markdown(text: str) -> Iterator[Piece | Remark]:
    lines = _without_comments(_FRONT.sub("", text.replace("\r\n", "\n"))).split("\n")
    at = 0
    while at < len(lines):
        line = _QUOTE_MARK.sub("", lines[at].strip()).strip()
        following = lines[at + 1].strip() if at + 1 < len(lines) else ""
        if "|" in line and "|" in following and _TABLE_RULE.match(following):
            begun = at + 1
            table = [_cells(line)]
            at += 2
            while at < len(lines) and "|" in lines[at]:
                table.append(_cells(lines[at].strip()))
                at += 1
            yield from read_table(plain_grid(table), Place(f"the table in line {begun}"), header_rows=1)
            continue
        heading = _HEADING.match(line)
        if heading:
            yield Heading(_plain(heading[2]), len(heading[1]))
        elif line and following and _UNDERLINE.match(following) and len(following) > 2:
            yield Heading(_plain(line), 1 if following[0] == "=" else 2)
            at += 1
        elif line and not _FENCE.match(line) and not _UNDERLINE.match(line):
            question = _BOLD_LINE.match(line)
            if question and not question[1].endswith(("。", "！", "；")):
                yield Heading(_plain(question[1]), _QUESTION_LEVEL)
            else:
                yield Paragraph(_plain(_LIST_MARK.sub("", line)))
        at += 1


def _without_comments(text: str) -> str:
    """One that is never closed is no comment."""
    kept: list[str] = []
    at = 0
    while (begun := text.find("<!--", at)) >= 0 and (ended := text.find("-->", begun + 4)) >= 0:
        kept.append(text[at:begun])
        at = ended + 3
    return "".join((*kept, text[at:]))


def _cells(line: str) -> tuple[str, ...]:
    if line.count("|") > _MOST_COLUMNS:
        raise UnreadableDocument(f"a table has a line of more than {_MOST_COLUMNS:,} columns")
    bare = line.strip().removeprefix("|").removesuffix("|")
    return tuple(_plain(cell.replace("\\|", "|")) for cell in re.split(r"(?<!\\)\|", bare))


def _plain(text: str) -> str:
    """The words without their marks. No line that a person writes is so long that it is left as it is."""
    if len(text) > _LONGEST_MARKED:
        return text.strip()
    text = re.sub(r"<br\s*/?>", " ", text)
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)", "", text)
    text = re.sub(r"\[([^\]]+)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"(\*\*|__|~~)(.+?)\1", r"\2", text)
    text = re.sub(r"(?<![\w*])\*(\S(?:[^*]*\S)?)\*(?![\w*])", r"\1", text)
    text = re.sub(r"`([^`]+)`", r"\1", text)
    return re.sub(r"\\([\\`*_{}\[\]()#+.!|~>-])", r"\1", text).strip()
