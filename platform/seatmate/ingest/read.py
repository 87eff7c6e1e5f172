"""The bytes of one file to its normalised text and structure. Knows nothing of manifests, dates or passages.

MD, HTML, DOCX, XLSX, PDF and TXT; text in UTF-8, UTF-16 or GB18030. What cannot be read says why, in words for whoever
made the file; nothing is read in part.
"""

import re
import zlib
from collections.abc import Callable, Iterator
from io import BytesIO
from zipfile import BadZipFile, ZipFile

from docx.opc.exceptions import PackageNotFoundError
from lxml.etree import LxmlError  # type: ignore[import-untyped]
from openpyxl.utils.exceptions import InvalidFileException
from pypdf.errors import PyPdfError

from seatmate.domain.errors import UnreadableDocument
from seatmate.ingest.formats.from_docx import read_docx
from seatmate.ingest.formats.from_html import read_html
from seatmate.ingest.formats.from_markdown import read_markdown
from seatmate.ingest.formats.from_pdf import read_pdf
from seatmate.ingest.formats.from_txt import read_txt
from seatmate.ingest.formats.from_xlsx import read_xlsx
from seatmate.ingest.pieces import Piece, ReadDocument, join

MAX_BYTES = 20 * 1024 * 1024
_MAX_UNPACKED = 200 * 1024 * 1024
_OLD_OFFICE = b"\xd0\xcf\x11\xe0"

_TEXT: dict[str, Callable[[str], Iterator[Piece]]] = {
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".html": read_html,
    ".htm": read_html,
    ".txt": read_txt,
}
_BINARY: dict[str, tuple[bytes, Callable[[bytes], Iterator[Piece]]]] = {
    ".docx": (b"PK", read_docx),
    ".xlsx": (b"PK", read_xlsx),
    ".pdf": (b"%PDF", read_pdf),
}
FORMATS = frozenset({*_TEXT, *_BINARY})

# What the parsers let out when a file is not what its format promises: none of them has one family of its own.
_BROKEN = (
    PackageNotFoundError,
    InvalidFileException,
    BadZipFile,
    PyPdfError,
    LxmlError,
    zlib.error,
    OSError,
    EOFError,
    LookupError,
    ValueError,
    TypeError,
    AttributeError,
    NotImplementedError,
    RecursionError,
)
_CHARSET = re.compile(rb"charset\s*=\s*[\"']?\s*([A-Za-z0-9_-]+)", re.I)


def read(data: bytes, name: str) -> ReadDocument:
    """Read a file by its name's ending."""
    suffix = "." + name.rpartition(".")[2].lower()
    if len(data) > MAX_BYTES:
        raise UnreadableDocument(f"it has {len(data) / 2**20:.0f} MB; {MAX_BYTES // 2**20} MB is the most")
    if not data.strip():
        raise UnreadableDocument("it is empty")
    if suffix in _TEXT:
        document = join(_TEXT[suffix](decode(data)))
    elif suffix in _BINARY:
        document = _read_binary(data, suffix)
    else:
        raise UnreadableDocument(f"{suffix} is not read; {', '.join(sorted(FORMATS))} are")
    if not document.text:
        raise UnreadableDocument("it has no text (a scan, or pictures only)")
    return document


def decode(data: bytes) -> str:
    """UTF-8 or UTF-16 by its mark, else UTF-8 if it is that, else GB18030."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings = ["utf-16"]
    else:
        declared = _CHARSET.search(data[:2048])
        is_big5 = declared is not None and declared[1].lower() in (b"big5", b"big5-hkscs")
        encodings = ["utf-8-sig", "big5" if is_big5 else "gb18030"]
    for encoding in encodings:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" in text:
            raise UnreadableDocument("it is not text: there are zero bytes in it")
        return text
    raise UnreadableDocument("its characters are neither UTF-8 nor GB18030")


def _read_binary(data: bytes, suffix: str) -> ReadDocument:
    magic, parse = _BINARY[suffix]
    if data.startswith(_OLD_OFFICE):
        raise UnreadableDocument(f"it is encrypted, or an old Office file: save it as {suffix} without a password")
    if not data.startswith(magic):
        raise UnreadableDocument(f"it is not a {suffix.removeprefix('.').upper()} file, whatever its name says")
    try:
        if magic == b"PK":
            _refuse_bomb(data)
        return join(parse(data))
    except _BROKEN as error:
        raise UnreadableDocument(f"it is broken ({type(error).__name__})") from error


def _refuse_bomb(data: bytes) -> None:
    with ZipFile(BytesIO(data)) as archive:
        unpacked = sum(entry.file_size for entry in archive.infolist())
    if unpacked > _MAX_UNPACKED:
        raise UnreadableDocument(f"it unpacks to {unpacked / 2**20:.0f} MB; {_MAX_UNPACKED // 2**20} MB is the most")
