"""The bytes of one file to its normalised text and structure. Knows nothing of manifests, dates or passages.

MD, HTML, DOCX, XLSX, PDF and TXT; text in UTF-8, UTF-16 or GB18030. What cannot be read says why, in words for whoever
made the file; nothing is read in part. Files from outside are read in a process of their own: see isolate.
"""

from collections.abc import Callable, Iterator

from seatmate.domain.errors import UnreadableDocument
from seatmate.ingest.decode import decode
from seatmate.ingest.pieces import Piece, ReadDocument, Remark, join

__all__ = ["FORMATS", "MAX_BYTES", "MAX_CHARACTERS", "decode", "read"]

MAX_BYTES = 20 * 1024 * 1024
MAX_CHARACTERS = 2_000_000
"""Of normalised text: a book of a thousand pages has half of it."""

_OLD_OFFICE = b"\xd0\xcf\x11\xe0"
_TEXT = frozenset({".md", ".markdown", ".html", ".htm", ".txt"})
_MAGIC = {".docx": b"PK\x03\x04", ".xlsx": b"PK\x03\x04", ".pdf": b"%PDF"}
_PDF_HEAD = 1024
"""A PDF may have other bytes before its mark: so many, as every viewer allows."""
_WITH_MACROS = {".docm": ".docx", ".xlsm": ".xlsx", ".dotm": ".docx", ".xlsb": ".xlsx", ".xltm": ".xlsx"}
FORMATS = frozenset({*_TEXT, *_MAGIC})

Pieces = Iterator[Piece | Remark]


def read(data: bytes, name: str) -> ReadDocument:
    """Read a file by its name's ending. Raises UnreadableDocument; MemoryError is let through."""
    suffix = "." + name.rpartition(".")[2].lower()
    if suffix in _WITH_MACROS:
        raise UnreadableDocument(f"{suffix} may hold macros and is not read: save it as {_WITH_MACROS[suffix]}")
    if suffix not in FORMATS:
        raise UnreadableDocument(f"{suffix} is not read; {', '.join(sorted(FORMATS))} are")
    if len(data) > MAX_BYTES:
        raise UnreadableDocument(f"it has {len(data) / 2**20:.0f} MB; {MAX_BYTES // 2**20} MB is the most")
    if not data.strip() or data in (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"):
        raise UnreadableDocument("it is empty")
    if suffix in _MAGIC:
        _refuse_another_format(data, suffix)
    document = _parse(data, suffix)
    if not document.text:
        raise UnreadableDocument("it has no text (a scan, or pictures only)" if suffix == ".pdf" else "it has no text")
    if len(document.text) > MAX_CHARACTERS:
        raise UnreadableDocument(f"it has {len(document.text):,} characters of text; {MAX_CHARACTERS:,} are the most")
    return document


def _refuse_another_format(data: bytes, suffix: str) -> None:
    if data.startswith(_OLD_OFFICE):
        raise UnreadableDocument(f"it is encrypted, or an old Office file: save it as {suffix} without a password")
    if _MAGIC[suffix] not in data[: _PDF_HEAD if suffix == ".pdf" else len(_MAGIC[suffix])]:
        raise UnreadableDocument(f"it is not a {suffix.removeprefix('.').upper()} file, whatever its name says")


def _parse(data: bytes, suffix: str) -> ReadDocument:
    """Whatever a parser lets out means that the file is not what its format promises: they have no error in common."""
    parse = _reader(suffix)
    try:
        return join(parse(data))
    except (UnreadableDocument, MemoryError):
        raise
    except RecursionError as error:
        raise UnreadableDocument("it is nested too deeply") from error
    except Exception as error:
        raise UnreadableDocument(f"it is broken ({type(error).__name__})") from error


def _reader(suffix: str) -> Callable[[bytes], Pieces]:
    # Imported when a file needs it: the readers of Office and PDF files take half a second, and most drops have text.
    if suffix == ".docx":
        from seatmate.ingest.formats.from_docx import read_docx

        return read_docx
    if suffix == ".xlsx":
        from seatmate.ingest.formats.from_xlsx import read_xlsx

        return read_xlsx
    if suffix == ".pdf":
        from seatmate.ingest.formats.from_pdf import read_pdf

        return read_pdf
    return _text_reader(suffix)


def _text_reader(suffix: str) -> Callable[[bytes], Pieces]:
    if suffix in (".html", ".htm"):
        from seatmate.ingest.formats.from_html import read_html as parse
    elif suffix == ".txt":
        from seatmate.ingest.formats.from_txt import read_txt as parse
    else:
        from seatmate.ingest.formats.from_markdown import read_markdown as parse
    return lambda data: parse(decode(data))
