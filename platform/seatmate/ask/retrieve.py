"""A standalone question to the passages that may answer it: hybrid search, then a cheap, explainable rerank.

What may be seen, snapshot, moment and scopes, is in every query (`Visible`); nothing is filtered afterwards for safety.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from seatmate.ask.rewrite import StandaloneQuery
from seatmate.domain.knowledge import Passage
from seatmate.domain.ports import Encoder, KnowledgeLedger, PassageIndex, Visible
from seatmate.domain.words import coverage, informative

_OVERFETCH = 5
_OTHER_PRODUCT = 0.6
"""Taken off a passage that is about other products than the question."""


@dataclass(frozen=True)
class RankedPassage:
    """`relevance` is the share of the question's informative pieces that the passage and its context contain."""

    passage: Passage
    score: float
    relevance: float


async def retrieve(
    query: StandaloneQuery,
    visible: Visible,
    limit: int,
    *,
    encoder: Encoder,
    index: PassageIndex,
    knowledge: KnowledgeLedger,
) -> list[RankedPassage]:
    """At most `limit` passages, best first."""
    hits = await index.search(encoder.encode_query(query.text), visible, limit * _OVERFETCH)
    passages = await knowledge.passages([hit.passage_id for hit in hits])
    found = [passages[hit.passage_id] for hit in hits if hit.passage_id in passages]
    return rerank(query, found)[:limit]


def rerank(query: StandaloneQuery, passages: Sequence[Passage]) -> list[RankedPassage]:
    """Fused rank, words covered and product, in one sum; ties by passage id, so that every engine gives one order."""
    wanted = informative(query.text)
    codes = {p.code for p in query.products}
    ranked = []
    for rank, passage in enumerate(passages):
        relevance = coverage(wanted, f"{passage.title} {passage.context} {passage.text}")
        score = relevance + 1 / (2 + rank)
        if codes and passage.product_codes and not codes & set(passage.product_codes):
            score -= _OTHER_PRODUCT
        ranked.append(RankedPassage(passage, score, relevance))
    return sorted(ranked, key=lambda r: (-r.score, r.passage.passage_id))
