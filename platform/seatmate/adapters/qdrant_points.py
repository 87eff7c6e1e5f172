"""What a point carries in Qdrant, Edge or server: the names of its vectors and the fields that filters use."""

import hashlib
from typing import Any

from seatmate.domain.knowledge import OPEN_SNAPSHOT as OPEN
from seatmate.domain.ports import IndexPoint

SPARSE = "sparse"
DENSE = "dense"
KEYWORDS = ("scope", "only_product")
_LAYOUT = 2
"""Raised when points carry other fields: an index of an older layout is made anew."""
NUMBERS = ("since", "until", "snap_from", "snap_to")

__all__ = ["DENSE", "KEYWORDS", "NUMBERS", "OPEN", "SPARSE", "encoder_key", "payload_of"]


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
