"""Are the passages that an expert would open found, and is nothing found that is over or forbidden?

A passage finds a gold place when it holds half of the gold's words or more, by their places in the version in force. A
gold place is found once, by the first passage that holds it: a second cut of the same words is worth nothing.
"""

import math
from collections.abc import Iterator, Sequence
from datetime import datetime

from seatmate_eval.cases import GoldPassage, RetrievalCase
from seatmate_eval.metrics.documents import Documents, foreign, in_force
from seatmate_eval.metrics.measured import Measured, floor, share
from seatmate_eval.outputs import FoundPassage

DEPTHS = (1, 5, 8)
FIRST = 8
"""As many passages as an answer is written from."""


def measure(case: RetrievalCase, found: Sequence[FoundPassage], documents: Documents) -> Iterator[Measured]:
    ranks = [rank_of(gold, found, documents, case.as_of) for gold in case.passages]
    told = [_told(gold, rank) for gold, rank in zip(case.passages, ranks, strict=True)]
    for depth in DEPTHS:
        there = [rank is not None and rank <= depth for rank in ranks]
        missed = [one for one, held in zip(told, there, strict=True) if not held]
        yield from share(f"recall_at_{depth}", sum(there), len(ranks), missed)
    first = min((rank for rank in ranks if rank is not None), default=None)
    yield Measured("mrr", 0.0 if first is None else 1 / first, evidence="; ".join(told)[:400])
    yield Measured(f"ndcg_at_{FIRST}", ndcg(ranks, FIRST))
    stale = list(_stale(case, found[:FIRST], documents))
    yield from share("stale_passages", len(stale), len(found[:FIRST]), stale)
    yield floor("foreign_passage", foreign(documents, found, case.scopes))


def rank_of(gold: GoldPassage, found: Sequence[FoundPassage], documents: Documents, as_of: datetime) -> int | None:
    """From 1: the first passage that holds the gold place."""
    return next((rank for rank, one in enumerate(found, start=1) if _holds(one, gold, documents, as_of)), None)


def ndcg(ranks: Sequence[int | None], depth: int) -> float:
    """One gold place is worth 1, less the lower it stands. Two in one passage are worth no more than the best order."""
    gained = sum(_worth(rank) for rank in ranks if rank is not None and rank <= depth)
    best = sum(_worth(rank) for rank in range(1, min(len(ranks), depth) + 1))
    return min(gained / best, 1.0) if best else 0.0


def _worth(rank: int) -> float:
    return 1 / math.log2(rank + 1)


def _holds(passage: FoundPassage, gold: GoldPassage, documents: Documents, as_of: datetime) -> bool:
    version = in_force(documents, passage, as_of) if passage.doc_id == gold.doc_id else None
    if version is None:
        return False
    start = version.text.find(gold.quote)
    while start >= 0:
        end = start + len(gold.quote)
        if 2 * (min(end, passage.end) - max(start, passage.start)) >= len(gold.quote):
            return True
        start = version.text.find(gold.quote, start + 1)
    return False


def _stale(case: RetrievalCase, found: Sequence[FoundPassage], documents: Documents) -> Iterator[str]:
    for passage in found:
        if passage.doc_id in case.stale_doc_ids or in_force(documents, passage, case.as_of) is None:
            yield f"{passage.doc_id} {passage.version} is not in force on {case.as_of:%Y-%m-%d}"


def _told(gold: GoldPassage, rank: int | None) -> str:
    return f"{gold.doc_id} 「{gold.quote[:40]}」 {'is not found' if rank is None else f'is found at {rank}'}"
