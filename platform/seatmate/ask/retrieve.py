"""A standalone question to the passages that may answer it: hybrid search, then a cheap, explainable rerank.

What may be seen, snapshot, moment, scopes and withheld products, is in every query (`Visible`); nothing is filtered
afterwards for safety. A rerank server, where one is configured, has the last word on the order; when it
does not answer the cheap order stands, and without the embeddings server the search goes by words.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from seatmate.ask.relevance import Cut, relevances
from seatmate.ask.rewrite import StandaloneQuery
from seatmate.domain.attributes import Attribute, attributes_in
from seatmate.domain.errors import ModelUnavailable
from seatmate.domain.knowledge import Passage
from seatmate.domain.ports import Encoder, KnowledgeLedger, PassageIndex, Reranker, Vectors, Visible

log = logging.getLogger(__name__)

_OVERFETCH = 5


@dataclass(frozen=True)
class RankWeights:
    """What each sign of a good passage is worth. Tuned on eval/suites/ask-tuning.jsonl; part of a release."""

    words: float = 1.0
    """Share of what the question asks for that the passage and its headings say."""
    rank: float = 0.5
    """1 / (2 + rank) of the fused search."""
    product: float = 0.25
    """It is about a product that the question names, and about few others."""
    other_product: float = -0.6
    """It is about products, and none of them is the one asked about."""
    attribute: float = 0.25
    """It names an attribute that the question asks for."""


@dataclass(frozen=True)
class RankedPassage:
    """`relevance`, 0 to 1: how much of what the question asks for the passage and its headings speak of."""

    passage: Passage
    score: float
    relevance: float


@dataclass(frozen=True)
class Retrieval:
    """What a search works with; one for all questions."""

    encoder: Encoder
    index: PassageIndex
    knowledge: KnowledgeLedger
    weights: RankWeights = RankWeights()
    reranker: Reranker | None = None

    async def find(self, query: StandaloneQuery, visible: Visible, limit: int) -> list[RankedPassage]:
        """At most `limit` passages, best first."""
        hits = await self.index.search(await self._vectors(query.text), visible, limit * _OVERFETCH)
        passages = await self.knowledge.passages([hit.passage_id for hit in hits])
        there = [passages[hit.passage_id] for hit in hits if hit.passage_id in passages]
        found = rerank(query, there, self.encoder.words, self.weights)
        return (await self._reranked(query, found))[:limit]

    async def _vectors(self, text: str) -> Vectors:
        try:
            return await self.encoder.encode_query(text)
        except ModelUnavailable as error:
            log.warning("searching by words alone: %s", error.detail)
            return self.encoder.encode_words(text)

    async def _reranked(self, query: StandaloneQuery, found: list[RankedPassage]) -> list[RankedPassage]:
        if self.reranker is None:
            return found
        try:
            scores = await self.reranker.scores(query.text, [f"{r.passage.context}\n{r.passage.text}" for r in found])
        except ModelUnavailable as error:
            log.warning("not reranked: %s", error.detail)
            return found
        order = sorted(zip(scores, found, strict=True), key=lambda pair: (-pair[0], pair[1].passage.passage_id))
        return [RankedPassage(ranked.passage, score, ranked.relevance) for score, ranked in order]


def rerank(
    query: StandaloneQuery, passages: Sequence[Passage], cut: Cut, weights: RankWeights = RankWeights()
) -> list[RankedPassage]:
    """The signs of each passage in one sum; ties by passage id, so that every engine gives one order."""
    ranked = [
        RankedPassage(passage, _score(query, passage, rank, relevance, weights), relevance)
        for rank, (passage, relevance) in enumerate(zip(passages, relevances(query, passages, cut), strict=True))
    ]
    return sorted(ranked, key=lambda r: (-r.score, r.passage.passage_id))


def _score(query: StandaloneQuery, passage: Passage, rank: int, relevance: float, weights: RankWeights) -> float:
    score = weights.words * relevance + weights.rank / (2 + rank)
    codes = {p.code for p in query.products}
    if codes and passage.product_codes:
        named = codes & set(passage.product_codes)
        score += weights.product / len(passage.product_codes) ** 0.5 if named else weights.other_product
    if query.attributes and _attributes_of(f"{passage.context} {passage.text}") & set(query.attributes):
        score += weights.attribute
    return score


@lru_cache(maxsize=4_096)
def _attributes_of(text: str) -> frozenset[Attribute]:
    """Kept, as relevance keeps figures: a bank's passages come again with every question."""
    return frozenset(found.attribute for found in attributes_in(text))
