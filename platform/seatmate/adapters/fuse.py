"""Two ranked lists to one: weighted reciprocal rank fusion, the same on every engine.

The engines fuse too, but break ties each in its own way, so that answers would change when a bank moves from Qdrant
Edge to a server. Here a tie is broken by id.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from seatmate.domain.ports import Hit


@dataclass(frozen=True)
class Fusion:
    """How much each list counts, and how fast a rank loses worth (`k`). Part of the release."""

    sparse_weight: float = 1.0
    dense_weight: float = 0.5
    k: int = 60
    depth: int = 60
    """Hits taken from each list before they are fused: more than are asked for, so that ties are settled here."""


def fuse(sparse: Sequence[Hit], dense: Sequence[Hit], fusion: Fusion, limit: int) -> list[Hit]:
    scores: dict[str, float] = {}
    for hits, weight in ((sparse, fusion.sparse_weight), (dense, fusion.dense_weight)):
        for rank, hit in enumerate(_ranked(hits, digits=5), start=1):
            scores[hit.passage_id] = scores.get(hit.passage_id, 0.0) + weight / (fusion.k + rank)
    fused = [Hit(passage_id, score) for passage_id, score in scores.items() if score > 0]
    return _ranked(fused, digits=9)[:limit]


def _ranked(hits: Sequence[Hit], digits: int) -> list[Hit]:
    """Best first, ties by id. Scores are rounded first: engines differ in the last bits of a float."""
    rounded = [Hit(hit.passage_id, round(hit.score, digits)) for hit in hits]
    return sorted(rounded, key=lambda hit: (-hit.score, hit.passage_id))
