"""Embeddings and reranking by a server of the bank's own: an OpenAI-style `/v1/embeddings` and a `/v1/rerank`.

bge-m3 or Qwen3-Embedding on vLLM, for example; vLLM, Jina and Cohere speak the same rerank. The sparse vector is always
ours. Answers are checked for number, order and length before they are used.
"""

from collections.abc import Sequence
from typing import Any

import httpx

from seatmate.adapters.sparse import SparseEncoder
from seatmate.domain.errors import Misconfigured, ModelUnavailable
from seatmate.domain.ports import Vectors

_BATCH = 64


class ServerEncoder:
    """The Encoder port with the dense vector from a server. `query_prefix` is what some models want before a query."""

    def __init__(
        self,
        sparse: SparseEncoder,
        http: httpx.AsyncClient,
        model: str,
        dimensions: int,
        query_prefix: str = "",
    ) -> None:
        self._sparse = sparse
        self._http = http
        self._model = model
        self._dimensions = dimensions
        self._query_prefix = query_prefix

    @property
    def dimensions(self) -> int:
        return self._dimensions

    @property
    def fingerprint(self) -> str:
        return f"{self._sparse.fingerprint}+server:{self._model}:{self._dimensions}:{self._query_prefix}"

    async def encode_query(self, text: str) -> Vectors:
        [dense] = await self._embed([self._query_prefix + text])
        return Vectors(self._sparse.encode_query(text), dense)

    async def encode_passages(self, texts: Sequence[str]) -> list[Vectors]:
        found: list[Vectors] = []
        for at in range(0, len(texts), _BATCH):
            batch = texts[at : at + _BATCH]
            dense = await self._embed(batch)
            found += [Vectors(self._sparse.encode_passage(text), d) for text, d in zip(batch, dense, strict=True)]
        return found

    async def aclose(self) -> None:
        await self._http.aclose()

    async def _embed(self, texts: Sequence[str]) -> list[tuple[float, ...]]:
        body = {"model": self._model, "input": list(texts), "encoding_format": "float"}
        rows = (await _post(self._http, "embeddings", body)).get("data")
        by_index = {row.get("index"): row.get("embedding") for row in rows} if isinstance(rows, list) else {}
        vectors = [by_index.get(at) for at in range(len(texts))]
        if len(by_index) != len(texts) or any(v is None for v in vectors):
            raise ModelUnavailable(f"the embeddings server answered {len(by_index)} of {len(texts)} texts")
        if any(len(v) != self._dimensions for v in vectors if v is not None):
            raise Misconfigured(
                f"{self._model} makes vectors of another length than SEATMATE_INDEX__EMBEDDINGS__DIMENSIONS says"
            )
        return [tuple(map(float, v)) for v in vectors if v is not None]


class ServerReranker:
    """The Reranker port over `/v1/rerank`."""

    def __init__(self, http: httpx.AsyncClient, model: str) -> None:
        self._http = http
        self._model = model

    async def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        if not texts:
            return []
        body = {"model": self._model, "query": query, "documents": list(texts), "top_n": len(texts)}
        rows = (await _post(self._http, "rerank", body)).get("results")
        by_index = {row.get("index"): row.get("relevance_score") for row in rows} if isinstance(rows, list) else {}
        scores = [by_index.get(at) for at in range(len(texts))]
        if any(not isinstance(score, int | float) for score in scores):
            raise ModelUnavailable(f"the rerank server scored {len(by_index)} of {len(texts)} texts")
        return [float(score) for score in scores if score is not None]

    async def aclose(self) -> None:
        await self._http.aclose()


def open_server(base_url: str, api_key: str, timeout_s: float) -> httpx.AsyncClient:
    """A client for `base_url`, which ends in /v1; connects with the first request."""
    return httpx.AsyncClient(
        base_url=f"{base_url.rstrip('/')}/", timeout=timeout_s, headers={"Authorization": f"Bearer {api_key}"}
    )


async def _post(http: httpx.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    try:
        reply = await http.post(path, json=body)
        reply.raise_for_status()
        answer = reply.json()
    except (httpx.HTTPError, ValueError) as error:
        raise ModelUnavailable(f"the server for {path} does not answer: {type(error).__name__}") from error
    if not isinstance(answer, dict):
        raise ModelUnavailable(f"the server for {path} answers something else than an object")
    return answer
