"""Plain text, one paragraph to a line."""

from collections.abc import Iterator

from seatmate.ingest.formats.plain_lines import read_line, with_lists
from seatmate.ingest.pieces import Piece, Remark


def read_txt(text: str) -> Iterator[Piece | Remark]:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    yield from with_lists(read_line(line, first=number == 0) for number, line in enumerate(lines))
