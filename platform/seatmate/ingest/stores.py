"""What an update writes to, and how a passage becomes a point of the index."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from seatmate.domain.knowledge import Passage
from seatmate.domain.ports import Encoder, IndexPoint, KnowledgeLedger, KnownPassage, PassageIndex, Vectors
from seatmate.ingest.difference import words_of

_ALWAYS = -(2**40)
_FOR_EVER = 2**40
"""Seconds beyond every date of a bank, on both sides."""
_BATCH = 500


@dataclass(frozen=True)
class Stores:
    """The records, the index derived from them, and the encoder between. One update at a time in a process."""

    ledger: KnowledgeLedger
    index: PassageIndex
    encoder: Encoder
    updating: asyncio.Lock = field(default_factory=asyncio.Lock, compare=False)


async def index_passages(stores: Stores, known: Sequence[KnownPassage], same_words: Iterable[Passage] = ()) -> int:
    """Write passages, each with its life, to the index; returns how many had to be embedded.

    A passage whose words `same_words` already has in the index takes the vectors from there.
    """
    by_words = {words_of(passage): passage.passage_id for passage in same_words}
    embedded = 0
    for at in range(0, len(known), _BATCH):
        batch = known[at : at + _BATCH]
        vectors, computed = await _vectors(stores, [k.passage for k in batch], by_words)
        await stores.index.write([_point(k, v) for k, v in zip(batch, vectors, strict=True)])
        embedded += computed
    return embedded


async def _vectors(
    stores: Stores, passages: Sequence[Passage], by_words: Mapping[str, str]
) -> tuple[list[Vectors], int]:
    words = [words_of(passage) for passage in passages]
    there = await stores.index.vectors(sorted({by_words[w] for w in words if w in by_words})) if by_words else {}
    known = {w: there[by_words[w]] for w in words if by_words.get(w) in there}
    missing = list(dict.fromkeys(w for w in words if w not in known))
    computed = await stores.encoder.encode_passages(missing) if missing else []
    known |= dict(zip(missing, computed, strict=True))
    return [known[w] for w in words], len(missing)


def _point(known: KnownPassage, vectors: Vectors) -> IndexPoint:
    passage = known.passage
    since, until = passage.validity.since, passage.validity.until
    return IndexPoint(
        passage_id=passage.passage_id,
        vectors=vectors,
        scope=passage.scope,
        product_codes=passage.product_codes,
        since=_ALWAYS if since is None else int(since.timestamp()),
        until=_FOR_EVER if until is None else int(until.timestamp()),
        snap_from=known.snap_from,
        snap_to=known.snap_to,
    )
