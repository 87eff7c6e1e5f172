"""What an update writes to, and how a passage becomes a point of the index."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

from seatmate.domain.knowledge import Passage
from seatmate.domain.ports import Encoder, IndexPoint, KnowledgeLedger, PassageIndex

OPEN_SNAPSHOT = 2**31 - 1
"""`snap_to` of what no snapshot has closed: a number that no snapshot reaches."""
_ALWAYS = -(2**40)
_FOR_EVER = 2**40
"""Seconds beyond every date of a bank, on both sides."""


@dataclass(frozen=True)
class Stores:
    """The records, the index derived from them, and the encoder between. One update at a time in a process."""

    ledger: KnowledgeLedger
    index: PassageIndex
    encoder: Encoder
    updating: asyncio.Lock = field(default_factory=asyncio.Lock, compare=False)


async def index_passages(stores: Stores, passages: Sequence[tuple[Passage, int, int]]) -> None:
    """Encode passages, each with its context and its life `[snap_from, snap_to)`, and write them."""
    points = await asyncio.to_thread(_points, stores.encoder, passages)
    await stores.index.write(points)


def _points(encoder: Encoder, passages: Sequence[tuple[Passage, int, int]]) -> list[IndexPoint]:
    vectors = encoder.encode_passages([f"{passage.context}\n{passage.text}" for passage, _, _ in passages])
    return [
        IndexPoint(
            passage_id=passage.passage_id,
            vectors=vector,
            scope=passage.scope,
            product_codes=passage.product_codes,
            since=_ALWAYS if passage.validity.since is None else int(passage.validity.since.timestamp()),
            until=_FOR_EVER if passage.validity.until is None else int(passage.validity.until.timestamp()),
            snap_from=snap_from,
            snap_to=snap_to,
        )
        for (passage, snap_from, snap_to), vector in zip(passages, vectors, strict=True)
    ]
