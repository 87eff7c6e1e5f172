"""Lines of plain text that are the rows of a table: the same number of fields, set apart by blanks or strokes.

Text files lose their tabs when they are read, and their tables come as paragraphs. A line that is a sentence is no row.
"""

import re
from collections.abc import Sequence

from seatmate.ingest.fact_cells import Cell
from seatmate.ingest.fact_labels import label_of
from seatmate.ingest.fact_layout import Line
from seatmate.ingest.pieces import Block, Paragraph

_FIELD, _STROKE_FIELD = re.compile(r"[^\s]+"), re.compile(r"[^|｜\s](?:[^|｜]*[^|｜\s])?")
_SENTENCE = re.compile(r"[。；！？]")
_LONGEST_LINE = 160
_FEWEST_LINES = 3


def columns_after(blocks: Sequence[Block], at: int, text: str) -> tuple[tuple[str, ...], list[Line]]:
    """The headers and rows of the table that begins with block `at`; no rows where none does."""
    first = _fields(blocks[at], text)
    if len(first) < 2:
        return (), []
    run = [first]
    for block in blocks[at + 1 :]:
        fields = _fields(block, text)
        if len(fields) != len(first):
            break
        run.append(fields)
    headers = tuple(text[a:b] for a, b in first)
    labelled = any(label_of(head).attributes for head in headers)
    pairs = sum(bool(label_of(text[fields[0][0] : fields[0][1]]).attributes) for fields in run)
    if len(first) == 2 and 2 * pairs > len(run):
        return (), []  # names and values: each line says itself what it is of
    if len(run) < _FEWEST_LINES or (len(first) == 2 and not labelled) or re.search(r"\d", headers[0]):
        return (), []
    lines = [
        Line(
            fields[0][0],
            fields[-1][1],
            tuple(Cell(headers[n], text[a:b], a, b, a, n) for n, (a, b) in enumerate(fields)),
        )
        for fields in run[1:]
    ]
    return headers, lines


def _fields(block: Block, text: str) -> list[tuple[int, int]]:
    if not isinstance(block.piece, Paragraph) or block.end - block.start > _LONGEST_LINE:
        return []
    line = text[block.start : block.end]
    if _SENTENCE.search(line):
        return []
    wanted = _STROKE_FIELD if re.search(r"[|｜]", line) else _FIELD
    return [(block.start + m.start(), block.start + m.end()) for m in wanted.finditer(line)]
