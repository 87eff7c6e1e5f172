"""Plain text, one paragraph to a line."""

from collections.abc import Iterator

from seatmate.ingest.formats.plain_lines import read_line
from seatmate.ingest.pieces import Piece


def read_txt(text: str) -> Iterator[Piece]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    for number, line in enumerate(lines):
        yield read_line(line, first=number == 0)
