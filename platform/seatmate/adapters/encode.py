"""The Encoder port: one sparse and one dense vector for each text.

A passage is given with its context, as one text; whoever writes the index joins them. Knows nothing of weights in
retrieval: those are the index's.
"""

import asyncio
from collections.abc import Sequence

from seatmate.adapters.dense import DenseEncoder
from seatmate.adapters.sparse import SparseEncoder
from seatmate.domain.ports import Vectors


class HybridEncoder:
    """Both vectors computed in this process. A query takes a fraction of a millisecond, so it stays on the loop."""

    def __init__(self, sparse: SparseEncoder, dense: DenseEncoder) -> None:
        self._sparse = sparse
        self._dense = dense

    @property
    def dimensions(self) -> int:
        return self._dense.dimensions

    @property
    def fingerprint(self) -> str:
        return f"{self._sparse.fingerprint}+{self._dense.fingerprint}"

    def words(self, text: str) -> list[str]:
        return self._sparse.words(text)

    def encode_words(self, text: str) -> Vectors:
        return Vectors(self._sparse.encode_query(text), (0.0,) * self.dimensions)

    async def encode_query(self, text: str) -> Vectors:
        return Vectors(self._sparse.encode_query(text), self._dense.encode(text))

    async def encode_passages(self, texts: Sequence[str]) -> list[Vectors]:
        return await asyncio.to_thread(self._encode, texts)

    def _encode(self, texts: Sequence[str]) -> list[Vectors]:
        return [Vectors(self._sparse.encode_passage(text), self._dense.encode(text)) for text in texts]
