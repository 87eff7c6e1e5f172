"""What a point carries in Qdrant, Edge or server: the names of its vectors and the fields that filters use."""

import hashlib
from typing import Any

from seatmate.domain.ports import IndexPoint

SPARSE = "sparse"
DENSE = "dense"
KEYWORDS = ("scope", "product_codes")
NUMBERS = ("since", "until", "snap_from", "snap_to")
OPEN = 2**31 - 1
"""`snap_to` of a point that no snapshot has closed: a number that no snapshot reaches."""


def payload_of(point: IndexPoint) -> dict[str, Any]:
    return {
        "scope": list(point.scope),
        "product_codes": list(point.product_codes),
        "since": point.since,
        "until": point.until,
        "snap_from": point.snap_from,
        "snap_to": point.snap_to,
    }


def encoder_key(fingerprint: str, dimensions: int) -> str:
    """Names what belongs to one encoder: vectors of two encoders never meet."""
    return hashlib.sha256(f"{fingerprint}\n{dimensions}".encode()).hexdigest()[:12]
