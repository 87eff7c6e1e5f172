"""What a point carries in Qdrant, Edge or server: the names of its vectors and the fields that filters use."""

import hashlib
from typing import Any

from seatmate.domain.knowledge import OPEN_SNAPSHOT as OPEN
from seatmate.domain.ports import Hit, IndexPoint

SPARSE = "sparse"
DENSE = "dense"
KEYWORDS = ("scope", "only_product")
_LAYOUT = 2
"""Raised when points carry other fields: an index of an older layout is made anew."""
NUMBERS = ("since", "until", "snap_from", "snap_to")

DEEPER = 4
"""How much deeper a search asks again that met too many equals."""
_DEEPEST = 4_000
"""From here on they are taken as they come: where more passages are alike, no order of them is worth the time."""

__all__ = ["DEEPER", "DENSE", "KEYWORDS", "NUMBERS", "OPEN", "SPARSE", "certain", "encoder_key", "payload_of"]


def payload_of(point: IndexPoint) -> dict[str, Any]:
    return {
        "scope": list(point.scope),
        "only_product": point.product_codes[0] if len(point.product_codes) == 1 else None,
        "since": point.since,
        "until": point.until,
        "snap_from": point.snap_from,
        "snap_to": point.snap_to,
    }


def encoder_key(fingerprint: str, dimensions: int) -> str:
    """Names what belongs to one encoder: vectors of two encoders never meet."""
    return hashlib.sha256(f"{_LAYOUT}\n{fingerprint}\n{dimensions}".encode()).hexdigest()[:12]


def certain(hits: list[Hit], depth: int, limit: int) -> list[Hit] | None:
    """The hits that every engine gives, of one list asked for to `depth`; None if they are fewer than `limit`.

    Where the list ends among equals, it is chance which of them are in it: then none of them is taken.
    """
    if len(hits) < depth:
        return hits
    last = round(hits[-1].score, 5)
    above = [hit for hit in hits if round(hit.score, 5) > last]
    if len(above) >= limit:
        return above
    return hits if depth >= _DEEPEST else None
