"""The ZIP package that a DOCX or XLSX is: refused before a parser sees it when it is a bomb, locked or holds macros."""

from io import BytesIO
from zipfile import BadZipFile, ZipFile

from seatmate.domain.errors import UnreadableDocument

MAX_UNPACKED = 150 * 1024 * 1024
MAX_PARTS = 5_000
_MARKUP = (".xml", ".rels", ".vml")
_PROLOG = 64 * 1024
"""A document type stands before the first element; nothing that long does."""
_LOCKED = 0x1


def refuse_unsafe(data: bytes, main: str, kind: str) -> None:
    """`main` is the part that makes it a `kind` (DOCX, XLSX). Raises UnreadableDocument."""
    try:
        with ZipFile(BytesIO(data)) as archive:
            _refuse(archive, main, kind)
    except BadZipFile as error:
        raise UnreadableDocument(f"it is broken: no complete {kind} file ({error})") from error


def _refuse(archive: ZipFile, main: str, kind: str) -> None:
    parts = archive.infolist()
    if len(parts) > MAX_PARTS:
        raise UnreadableDocument(f"it has {len(parts):,} parts; {MAX_PARTS:,} are the most")
    unpacked = sum(part.file_size for part in parts)
    if unpacked > MAX_UNPACKED:
        raise UnreadableDocument(f"it unpacks to {unpacked / 2**20:,.0f} MB; {MAX_UNPACKED // 2**20} MB is the most")
    names = [part.filename for part in parts]
    if any(part.flag_bits & _LOCKED for part in parts) or "EncryptedPackage" in names:
        raise UnreadableDocument("it is encrypted: hand in a copy without a password")
    if any(name.startswith(("/", "\\")) or ".." in name.replace("\\", "/").split("/") for name in names):
        raise UnreadableDocument("its parts have paths that lead out of it")
    if main not in names:
        raise UnreadableDocument(f"it is not a {kind} file, whatever its name says")
    if any(name.lower().endswith("vbaproject.bin") for name in names) or _declares_macros(archive, names):
        raise UnreadableDocument(f"it holds macros: save it as {kind} without them")
    for part in parts:
        if part.filename.lower().endswith(_MARKUP):
            _refuse_entities(archive, part.filename)


def _declares_macros(archive: ZipFile, names: list[str]) -> bool:
    return "[Content_Types].xml" in names and b"macroEnabled" in archive.read("[Content_Types].xml")


def _refuse_entities(archive: ZipFile, name: str) -> None:
    with archive.open(name) as part:
        prolog = part.read(_PROLOG).replace(b"\x00", b"")  # UTF-16, too
    if b"<!DOCTYPE" in prolog or b"<!ENTITY" in prolog:
        raise UnreadableDocument(f"it declares XML entities, which no Office program writes (in {name})")
