"""Two lists of hits to one: words in BM25 points plus meaning in cosines, weighted, the same on every engine.

Scores are added, not ranks: a passage with all the words of a question scores tens of points and meaning only settles
near ties; where the words find little, meaning decides. Fused by ranks, a weak list outvotes a sure one: measured, that
cost ten questions of a hundred (DECISIONS.md). The engines fuse too, but break ties each in its own way, so that
answers would change when a bank moves from Qdrant Edge to a server. Here a tie is broken by id.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from seatmate.domain.ports import Hit


@dataclass(frozen=True)
class Fusion:
    """How much each list counts: of the release. `dense_weight` is what a cosine of 1 is worth in BM25 points."""

    sparse_weight: float = 1.0
    dense_weight: float = 30.0
    depth: int = 60
    """Hits taken from each list before they are fused: more than are asked for, so that ties are settled here."""


def fuse(sparse: Sequence[Hit], dense: Sequence[Hit], fusion: Fusion, limit: int) -> list[Hit]:
    """At most `limit` hits, best first; nothing that neither list finds alike.

    A passage missing from the words' list has none of the words, or few. One missing from the meanings' list is taken
    to be as near as the last of it: it is not nearer, and it should not pay for what was not looked up.
    """
    nearness = {hit.passage_id: max(hit.score, 0.0) for hit in dense}
    least = min(nearness.values(), default=0.0)
    points = {hit.passage_id: hit.score for hit in sparse}
    fused = (
        Hit(
            passage_id,
            fusion.sparse_weight * points.get(passage_id, 0.0) + fusion.dense_weight * nearness.get(passage_id, least),
        )
        for passage_id in points.keys() | nearness.keys()
    )
    return _ranked([hit for hit in fused if hit.score > 0])[:limit]


def _ranked(hits: Sequence[Hit]) -> list[Hit]:
    """Best first, ties by id. Scores are rounded first: engines differ in the last bits of a float."""
    rounded = [Hit(hit.passage_id, round(hit.score, 4)) for hit in hits]
    return sorted(rounded, key=lambda hit: (-hit.score, hit.passage_id))
