"""Two lists of hits to one: words in BM25 points plus meaning in cosines, the same on every engine.

Scores are added, not ranks, and meaning counts less the more the words have found: a passage with all the words of a
question is not argued away, and where the words find little, meaning decides. Fused by ranks, a weak list outvotes a
sure one: that cost eight first places of a hundred on questions to news. The constants were tuned by
tests/bench/retrieval_tuning.py. The engines fuse too, but break ties each in its own way, so that answers would change
when a bank moves from Qdrant Edge to a server. Here a tie is broken by id.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from seatmate.domain.ports import Hit


@dataclass(frozen=True)
class Fusion:
    """How much each list counts: of the release. Tuned for the embedder that is shipped; another one wants its own."""

    sparse_weight: float = 1.0
    dense_weight: float = 60.0
    """What a whole cosine is worth, in BM25 points, where the words find nothing."""
    sure: float = 12.0
    """The best passage's points at which meaning counts half; at twice as many it counts a ninth."""
    vague: float = 0.25
    """The cosine of any two texts that have nothing to do with each other: what is below hardly counts."""
    depth: int = 60
    """Hits taken from each list before they are fused: more than are asked for, so that ties are settled here."""


def fuse(sparse: Sequence[Hit], dense: Sequence[Hit], fusion: Fusion, limit: int) -> list[Hit]:
    """At most `limit` hits, best first; nothing that is near to nothing.

    A passage missing from the words' list has none of the words, or few. One missing from the meanings' list is taken
    to be as near as the last of it: it is not nearer, and it should not pay for what was not looked up.
    """
    points = {hit.passage_id: hit.score for hit in sparse}
    nearness = {hit.passage_id: max(hit.score - fusion.vague, hit.score / 100, 0.0) for hit in dense}
    least = min(nearness.values(), default=0.0)
    found = max((0.0, *points.values()))
    meaning = fusion.dense_weight / (1 + (found / fusion.sure) ** 3)
    fused = (
        Hit(i, fusion.sparse_weight * points.get(i, 0.0) + meaning * nearness.get(i, least))
        for i in points.keys() | nearness.keys()
    )
    return _ranked([hit for hit in fused if hit.score > 0])[:limit]


def _ranked(hits: Sequence[Hit]) -> list[Hit]:
    """Best first, ties by id. Scores are rounded first: engines differ in the last bits of a float."""
    rounded = [Hit(hit.passage_id, round(hit.score, 4)) for hit in hits]
    return sorted(rounded, key=lambda hit: (-hit.score, hit.passage_id))
