"""Documents, their versions, the passages cut from them, and when each is true (DESIGN §3, §4).

Bitemporal: a validity says when a text is true, snapshot numbers say when the bank published it. Validity is half-open,
`[since, until)`, with a zone; what a manifest writes as a last day ends at the following midnight in Asia/Shanghai.
"""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from seatmate.domain.model import Shape

BANK_ZONE = ZoneInfo("Asia/Shanghai")

OPEN_SNAPSHOT = 2**31 - 1
"""`snap_to` of what no snapshot has closed: a number that no snapshot reaches."""


@dataclass(frozen=True)
class Validity:
    """When a text is true: from `since` (inclusive) until `until` (exclusive); None is open."""

    since: datetime | None = None
    until: datetime | None = None

    def holds_at(self, moment: datetime) -> bool:
        return (self.since is None or self.since <= moment) and (self.until is None or moment < self.until)

    @property
    def first_day(self) -> date | None:
        return None if self.since is None else self.since.astimezone(BANK_ZONE).date()

    @property
    def last_day(self) -> date | None:
        """The last day on which it holds, inclusive, as a bank writes it."""
        return None if self.until is None else (self.until.astimezone(BANK_ZONE) - timedelta(microseconds=1)).date()

    def until_at_most(self, end: datetime | None) -> "Validity | None":
        """The same, ended no later than this; None if nothing is left of it."""
        if end is None or (self.until is not None and self.until <= end):
            return self
        return None if self.since is not None and end <= self.since else Validity(self.since, end)

    @classmethod
    def of_days(cls, first: date | None, last: date | None) -> "Validity":
        return cls(
            since=None if first is None else datetime.combine(first, time.min, BANK_ZONE),
            until=None if last is None else datetime.combine(last + timedelta(days=1), time.min, BANK_ZONE),
        )


@dataclass(frozen=True)
class DocumentVersion:
    """One version of a document: its normalised text and what the manifest says of it.

    `text` is the normalised text that every offset points into. `version` is the first 12 hex digits of the sha256 over
    text and metadata, so the same content has the same version in every drop.
    """

    doc_id: str
    version: str
    path: str
    title: str
    doc_type: str
    product_codes: tuple[str, ...]
    scope: tuple[str, ...]
    validity: Validity
    published_at: datetime | None
    supersedes: str | None
    text: str
    extra: tuple[tuple[str, str], ...] = ()
    superseded: bool = False
    """A newer version or a withdrawal ended it. It stays in the snapshot with that end: until then it was true."""
    source_sha256: str = ""
    """Of the file's bytes, its manifest row and the way of reading: the same again need not be read again."""

    @staticmethod
    def version_of(text: str, *metadata: str) -> str:
        return hashlib.sha256("\x1f".join((text, *metadata)).encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Passage:
    """A piece of a document version that is retrieved and cited: `document.text[start:end] == text`.

    `headings` is the path above it without the title; `columns` are a table row's headers, themselves paths where a
    header has two lines. `product_codes` are those the passage speaks of: a row of a table may have fewer than its
    document.
    """

    passage_id: str
    doc_id: str
    version: str
    title: str
    doc_type: str
    product_codes: tuple[str, ...]
    scope: tuple[str, ...]
    validity: Validity
    start: int
    end: int
    text: str
    headings: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    page: int | None = None
    sheet: str | None = None

    @property
    def place(self) -> str:
        """Title › headings."""
        return " › ".join((self.title, *self.headings))

    @property
    def context(self) -> str:
        """What the reader of the passage alone would miss: title › headings ｜ columns."""
        return f"{self.place} ｜ {'、'.join(self.columns)}" if self.columns else self.place

    @staticmethod
    def id_of(doc_id: str, version: str, start: int, end: int) -> str:
        """A stable UUID-shaped id: the same passage has the same id in every index."""
        digest = hashlib.sha256(f"{doc_id}\x1f{version}\x1f{start}\x1f{end}".encode()).hexdigest()
        return f"{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"


@dataclass(frozen=True)
class Product:
    """A product as the catalogue knows it: its code, its name and what people call it.

    `scope` is who may know of it: the readers of the document that names it.
    """

    code: str
    name: str
    aliases: tuple[str, ...] = ()
    scope: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """Everything it is called, the longest first."""
        return tuple(sorted({self.name, self.code, *self.aliases}, key=lambda name: (-len(name), name)))


class SnapshotState(StrEnum):
    CANDIDATE = "candidate"
    LIVE = "live"
    RETIRED = "retired"


class SnapshotStatus(Shape):
    snapshot: int
    drop: str
    state: SnapshotState
    documents: int
    passages: int
    built_at: datetime
    published_at: datetime | None
    withheld: tuple[str, ...] = ()
    """Codes of products whose documents disagree: nobody is told anything of them until somebody waives it by name."""
