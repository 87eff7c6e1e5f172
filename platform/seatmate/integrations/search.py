"""`POST /api/search` of a running Seatmate, as the retrievers of other frameworks need it: sync and async.

The server filters by permission, moment and snapshot; this only asks and reads. Knows no framework.
"""

import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, ValidationError

from seatmate.domain.knowledge import Passage

MOST = 50
"""Passages that one search may ask for."""


class SearchFailed(RuntimeError):
    """Seatmate refused or did not answer. `code` is the problem body's; `status` is 0 when there was no answer."""

    def __init__(self, title: str, detail: str, status: int = 0, code: str = "") -> None:
        super().__init__(f"{title}: {detail}")
        self.title = title
        self.detail = detail
        self.status = status
        self.code = code


class FoundPassage(BaseModel):
    """A passage as the server tells it; fields of a newer server are kept."""

    model_config = ConfigDict(extra="allow", frozen=True)

    doc_id: str
    version: str
    title: str
    start: int
    end: int
    text: str
    score: float
    valid_from: str | None
    valid_to: str | None

    @property
    def passage_id(self) -> str:
        return Passage.id_of(self.doc_id, self.version, self.start, self.end)


class _Reply(BaseModel):
    model_config = ConfigDict(extra="ignore")

    snapshot: int | None
    as_of: str
    passages: tuple[FoundPassage, ...]


@dataclass(frozen=True)
class Found:
    """A passage, and beside it all that is known of it but its text: plain JSON values."""

    passage: FoundPassage
    metadata: Mapping[str, Any]


@dataclass(frozen=True)
class Search:
    """Where and how to ask. `as_of` and `snapshot` default to now and the live one, as the server sees them.

    `timeout_s` is for each step: connect, send, wait. `ca_file` is the bank's own certificate authority, in PEM.
    ValueError for options that no server would take.
    """

    base_url: str
    api_key: str = field(repr=False)
    as_of: datetime | None = None
    limit: int = 10
    snapshot: int | None = None
    timeout_s: float = 10.0
    ca_file: Path | None = None

    def __post_init__(self) -> None:
        address = urlsplit(self.base_url)
        if address.scheme not in ("http", "https") or not address.hostname:
            raise ValueError("base_url must be the http or https address of a Seatmate, such as http://seatmate:8600")
        if address.username or address.password:
            raise ValueError("base_url must not hold a name or password: the key goes into api_key")
        if not all("!" <= letter <= "~" for letter in self.api_key):  # the HTTP library would repeat it in its error
            raise ValueError("api_key has characters that no HTTP header can carry")
        if self.as_of is not None and self.as_of.utcoffset() is None:
            raise ValueError("as_of needs a time zone")
        if not 1 <= self.limit <= MOST:
            raise ValueError(f"limit must be between 1 and {MOST}")
        if self.snapshot is not None and self.snapshot < 1:
            raise ValueError("snapshot must be at least 1")
        if self.timeout_s <= 0:
            raise ValueError("timeout_s must be more than 0")

    def find(self, query: str) -> list[Found]:
        """Passages, best first. SearchFailed."""
        try:
            with httpx.Client(**self._client()) as http:
                return self._read(http.post("api/search", json=self._body(query)))
        except httpx.HTTPError as error:
            raise self._unanswered(error) from None

    async def afind(self, query: str) -> list[Found]:
        """The same. A client a search: it belongs to no event loop that may be closed by the next one."""
        try:
            async with httpx.AsyncClient(**self._client()) as http:
                return self._read(await http.post("api/search", json=self._body(query)))
        except httpx.HTTPError as error:
            raise self._unanswered(error) from None

    def _client(self) -> dict[str, Any]:
        """`trust_env=False`: a proxy set for the outside must never see a customer's words."""
        return {
            "base_url": f"{self.base_url.rstrip('/')}/",
            "headers": {"Authorization": f"Bearer {self.api_key}"} if self.api_key else {},
            "timeout": self.timeout_s,
            "verify": _certificates(self.ca_file),
            "trust_env": False,
        }

    def _body(self, query: str) -> dict[str, Any]:
        body: dict[str, Any] = {"query": query, "limit": self.limit}
        if self.as_of is not None:
            body["as_of"] = self.as_of.isoformat()
        if self.snapshot is not None:
            body["snapshot"] = self.snapshot
        return body

    def _read(self, reply: httpx.Response) -> list[Found]:
        if not reply.is_success:
            raise self._refused(reply)
        try:
            told = _Reply.model_validate_json(reply.content)
        except ValidationError:
            raise SearchFailed("No Seatmate", "the address answers something else", reply.status_code) from None
        asked = {"snapshot": told.snapshot, "as_of": told.as_of}
        return [Found(p, p.model_dump(mode="json", exclude={"text"}) | asked) for p in told.passages]

    def _refused(self, reply: httpx.Response) -> SearchFailed:
        try:
            body = reply.json()
            title, detail, code = (str(body[name]) for name in ("title", "detail", "code"))
        except (ValueError, KeyError, TypeError):
            title, detail, code = "Refused", f"HTTP {reply.status_code}", ""
        return SearchFailed(self._without_key(title), self._without_key(detail), reply.status_code, code)

    def _unanswered(self, error: httpx.HTTPError) -> SearchFailed:
        return SearchFailed("No answer", f"no Seatmate answers at {self.base_url} ({type(error).__name__})")

    def _without_key(self, text: str) -> str:
        """Whatever stands between us and Seatmate may repeat what it was sent."""
        return text.replace(self.api_key, "***") if self.api_key else text


@lru_cache(maxsize=8)
def _certificates(ca_file: Path | None) -> ssl.SSLContext:
    """Read once: it takes longer than a search."""
    return ssl.create_default_context(cafile=ca_file)
