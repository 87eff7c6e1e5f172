"""What the documents themselves say of a place that was found or cited: is it there, does it hold, who may read it?

Nothing that a flow said of a place is believed here: not its quote, not its dates.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from seatmate.domain.knowledge import DocumentVersion
from seatmate.ingest.plan import content_version

Documents = Mapping[str, Sequence[DocumentVersion]]
"""doc_id → its versions, each with when it was true (sample_bank.Bank)."""


class Place(Protocol):
    """A citation, or a passage."""

    @property
    def doc_id(self) -> str: ...
    @property
    def version(self) -> str: ...


def versions(documents: Documents, place: Place) -> list[DocumentVersion]:
    """The version that a place names; several when the same words held at several times.

    A version that came back, or that ended, is stored under a mark of its own and is the same words.
    """
    words = content_version(place.version)
    return [one for one in documents.get(place.doc_id, ()) if content_version(one.version) == words]


def in_force(documents: Documents, place: Place, at: datetime) -> DocumentVersion | None:
    """The version that a place names, if it held at that moment."""
    return next((one for one in versions(documents, place) if one.validity.holds_at(at)), None)


def is_readable(documents: Documents, place: Place, scopes: Iterable[str]) -> bool:
    """May somebody with these scopes read it? Not what nobody knows."""
    allowed = set(scopes)
    return any(allowed & set(one.scope) for one in versions(documents, place))


def foreign(documents: Documents, places: Iterable[Place], scopes: Iterable[str]) -> list[str]:
    """Every place that the caller may not read, once."""
    allowed = tuple(scopes)
    found = (f"{p.doc_id} {p.version}" for p in places if not is_readable(documents, p, allowed))
    return [f"{place} is not for {'、'.join(allowed) or 'anybody'}" for place in dict.fromkeys(found)]
