"""manifest.csv of a drop: one row per document, and what is wrong with a row. Knows nothing of what files say.

Cells and whole columns may be missing, unknown columns are kept. A row that contradicts itself or another is refused
and listed; the others go on.
"""

import csv
import unicodedata
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from io import StringIO
from pathlib import Path

from seatmate.domain.builds import DropFault
from seatmate.domain.errors import BadInput
from seatmate.domain.knowledge import BANK_ZONE
from seatmate.ingest.dates import parse_day
from seatmate.ingest.decode import decode

NAME = "manifest.csv"
_COLUMNS = frozenset(
    {"path", "doc_id", "title", "doc_type", "product_codes", "scope", "valid_from", "valid_to", "published_at"}
    | {"supersedes"}
)


@dataclass(frozen=True)
class ManifestRow:
    """What the manifest says of one file; what it does not say is empty."""

    path: str
    doc_id: str
    title: str
    doc_type: str
    product_codes: tuple[str, ...]
    scope: tuple[str, ...]
    first_day: date | None
    last_day: date | None
    published_at: datetime | None
    supersedes: str | None
    extra: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Manifest:
    rows: tuple[ManifestRow, ...]
    faults: tuple[DropFault, ...]
    refused: frozenset[str]
    """Documents that are named here but cannot be taken: they stay as they were, they are not withdrawn."""


def read_manifest(drop: Path) -> Manifest:
    """The rows that can be used, each with its file there; everything else as faults."""
    rows: list[ManifestRow] = []
    faults: list[DropFault] = []
    refused: set[str] = set()
    listed: set[str] = set()
    cells = _cells(drop / NAME)
    ids = Counter(_doc_id(row) for row in cells)
    paths = Counter(row["path"] for row in cells)
    for number, row in enumerate(cells, start=2):
        listed.add(row["path"])
        try:
            _refuse_doubles(row, ids, paths)
            rows.append(_row(row))
            find(drop, row["path"])
        except BadInput as fault:
            rows = [r for r in rows if r.path != row["path"]]
            faults.append(DropFault(path=row["path"] or f"{NAME} row {number}", reason=fault.detail))
            refused.add(_doc_id(row))
    faults.extend(
        DropFault(path=path, reason="it has no row in the manifest: not taken in")
        for path in _files(drop)
        if path not in listed
    )
    return Manifest(tuple(rows), tuple(faults), frozenset(refused))


def find(drop: Path, path: str) -> Path:
    """The file of a row: inside the drop, no link on the way."""
    if not path:
        raise BadInput("the row has no path")
    file = drop / path
    if Path(path).is_absolute() or ".." in Path(path).parts:
        raise BadInput("the path leads out of the drop")
    if any(step.is_symlink() for step in (file, *file.parents) if step != drop and drop in step.parents):
        raise BadInput("the path goes over a link")
    if not file.is_file():
        raise BadInput("the row has no file")
    return file


def _cells(file: Path) -> list[dict[str, str]]:
    """Rows by column name; blank rows are skipped, missing cells are empty, what stands beyond the columns is kept."""
    if not file.is_file():
        raise BadInput(f"{file.parent.name} has no {NAME}")
    try:
        lines = list(csv.reader(StringIO(decode(file.read_bytes())), strict=True))
    except csv.Error as error:
        raise BadInput(f"{NAME} is not CSV: {error}") from error
    if not lines:
        raise BadInput(f"{NAME} is empty")
    header = [name.strip() for name in lines[0]]
    if "path" not in header:
        raise BadInput(f"{NAME} has no column named path; it has {', '.join(header)}")
    return [_by_name(header, line) for line in lines[1:] if any(cell.strip() for cell in line)]


def _by_name(header: Sequence[str], line: Sequence[str]) -> dict[str, str]:
    row = dict.fromkeys(_COLUMNS, "")
    for at, cell in enumerate(line):
        name = header[at] if at < len(header) and header[at] else f"column {at + 1}"
        row[name] = cell.strip()
    row["path"] = unicodedata.normalize("NFC", row["path"]).removeprefix("./")
    return row


def _row(row: Mapping[str, str]) -> ManifestRow:
    first, last = _day(row, "valid_from"), _day(row, "valid_to")
    if first is not None and last is not None and last < first:
        raise BadInput(f"valid_to {last} is before valid_from {first}")
    return ManifestRow(
        path=row["path"],
        doc_id=_doc_id(row),
        title=row["title"],
        doc_type=row["doc_type"],
        product_codes=_many(row["product_codes"]),
        scope=_many(row["scope"]),
        first_day=first,
        last_day=last,
        published_at=_moment(row, "published_at"),
        supersedes=row["supersedes"] or None,
        extra=tuple(sorted((name, cell) for name, cell in row.items() if name not in _COLUMNS and cell)),
    )


def _doc_id(row: Mapping[str, str]) -> str:
    """Its own, or the file's name."""
    return row["doc_id"] or Path(row["path"]).stem


def _refuse_doubles(row: Mapping[str, str], ids: Counter[str], paths: Counter[str]) -> None:
    if ids[_doc_id(row)] > 1:
        raise BadInput(f"doc_id {_doc_id(row)} stands in {ids[_doc_id(row)]} rows: none of them is taken")
    if row["path"] and paths[row["path"]] > 1:
        raise BadInput(f"the file stands in {paths[row['path']]} rows: none of them is taken")


def _many(cell: str) -> tuple[str, ...]:
    parts = (part.strip() for part in cell.replace("；", ";").split(";"))
    return tuple(dict.fromkeys(part for part in parts if part))


def _day(row: Mapping[str, str], column: str) -> date | None:
    if not row[column]:
        return None
    try:
        return parse_day(row[column])
    except ValueError as error:
        raise BadInput(f"{column}: {error}") from error


def _moment(row: Mapping[str, str], column: str) -> datetime | None:
    """A day or a time; without a zone it is the bank's."""
    cell = row[column]
    if not cell:
        return None
    try:
        moment = datetime.fromisoformat(cell)
    except ValueError:
        day = _day(row, column)
        return None if day is None else datetime.combine(day, time.min, BANK_ZONE)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=BANK_ZONE)


def _files(drop: Path) -> Iterator[str]:
    """Every file beside the manifest, without the droppings of desktops and editors."""
    for file in sorted(drop.rglob("*")):
        path = file.relative_to(drop)
        if (
            file.is_dir()
            or path == Path(NAME)
            or any(p.startswith((".", "~$")) or p == "Thumbs.db" for p in path.parts)
        ):
            continue
        yield unicodedata.normalize("NFC", path.as_posix())
