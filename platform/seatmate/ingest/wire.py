"""What goes between the reading process and its parent: frames of a length and bytes, and a document as JSON.

The child has touched hostile files, so nothing it says is unpickled or trusted: whatever is not a document is refused.
"""

from collections.abc import Sequence
from typing import Any

from seatmate.domain.errors import UnreadableDocument
from seatmate.ingest.pieces import Block, Heading, Paragraph, Piece, ReadDocument, Row

LENGTH = 8
"""Bytes that a frame's length takes, the highest first."""
MOST = 256 * 1024 * 1024
"""No answer is longer: two million characters, each row with its headers."""


OUT_OF_MEMORY = 77
"""How a child ends that has not even the memory left to say so."""


def framed(data: bytes) -> bytes:
    return len(data).to_bytes(LENGTH, "big") + data


def shape_of(document: ReadDocument) -> dict[str, object]:
    """Blocks as `[kind, start, end, page, sheet, ...]`; headers that many rows share are sent once."""
    headers: dict[tuple[str, ...], int] = {}
    blocks = [[*_piece(block.piece, headers), block.start, block.end] for block in document.blocks]
    return {"text": document.text, "headers": list(headers), "blocks": blocks, "remarks": document.remarks}


def document_of(shape: dict[str, Any]) -> ReadDocument:
    """Raises UnreadableDocument when it is no document, or its places are not those of its text."""
    try:
        text, headers = shape["text"], [_words(line) for line in shape["headers"]]
        blocks = tuple(
            Block(_piece_of(*line, headers=headers), _count(start), _count(end))
            for *line, start, end in shape["blocks"]
        )
        document = ReadDocument(text, blocks, _words(shape["remarks"]))
        whole = _follow(blocks, len(_word(text)))
    except (KeyError, TypeError, ValueError, IndexError) as error:
        raise UnreadableDocument("it is broken: its reader gave no document") from error
    if not whole:
        raise UnreadableDocument("it is broken: its reader gave places that are not in its text")
    return document


def _follow(blocks: Sequence[Block], size: int) -> bool:
    """Whether the blocks cover the text from end to end, with one line feed between them."""
    at = 0
    for block in blocks:
        if block.start != at or block.end <= at:
            return False
        at = block.end + 1
    return at == (size + 1 if blocks else size)


def _piece(piece: Piece, headers: dict[tuple[str, ...], int]) -> tuple[object, ...]:
    match piece:
        case Heading(text, level, page, sheet):
            return "h", page, sheet, text, level
        case Paragraph(text, page, sheet):
            return "p", page, sheet, text
        case Row(cells, names, page, sheet, group):
            return "r", page, sheet, cells, headers.setdefault(names, len(headers)), group


def _piece_of(kind: Any, page: Any, sheet: Any, *rest: Any, headers: list[tuple[str, ...]]) -> Piece:
    at = None if page is None else _count(page)
    on = None if sheet is None else _word(sheet)
    match kind, rest:
        case "h", (text, level):
            return Heading(_word(text), _count(level), at, on)
        case "p", (text,):
            return Paragraph(_word(text), at, on)
        case "r", (cells, names, group):
            return Row(_words(cells), headers[_count(names)], at, on, _word(group))
    raise ValueError(f"{kind!r} is no piece")


def _words(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise TypeError("not a list")
    return tuple(map(_word, value))


def _word(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value


def _count(value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise TypeError("not a count")
    return value
