"""Embeddings and reranking by a server of the bank's own: an OpenAI-style `/v1/embeddings` and a `/v1/rerank`.

bge-m3 or Qwen3-Embedding on vLLM, for example; vLLM, Jina and Cohere speak the same rerank. The sparse vector is always
ours. Answers are untrusted: they are checked for form, number, order and length before they are used.
"""

import asyncio
import math
from collections.abc import Sequence
from typing import Any

import httpx

from seatmate.adapters.sparse import SparseEncoder
from seatmate.domain.errors import Misconfigured, ModelUnavailable
from seatmate.domain.ports import SparseVector, Vectors

_BATCH = 64
"""Texts in one request: more than that, and servers refuse it or hold up everybody else's."""
_LARGEST = 1e30


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

    def words(self, text: str) -> list[str]:
        return self._sparse.words(text)

    def encode_words(self, text: str) -> Vectors:
        return Vectors(self._sparse.encode_query(text), (0.0,) * self.dimensions)

    async def encode_query(self, text: str) -> Vectors:
        [dense] = await self._embed([self._query_prefix + text])
        return Vectors(self._sparse.encode_query(text), dense)

    async def encode_passages(self, texts: Sequence[str]) -> list[Vectors]:
        """A batch after the other; questions that come meanwhile find the loop free."""
        found: list[Vectors] = []
        for at in range(0, len(texts), _BATCH):
            batch = texts[at : at + _BATCH]
            dense = await self._embed(batch)
            sparse = await asyncio.to_thread(self._sparse_of, batch)
            found += [Vectors(s, d) for s, d in zip(sparse, dense, strict=True)]
        return found

    async def aclose(self) -> None:
        await self._http.aclose()

    def _sparse_of(self, texts: Sequence[str]) -> list[SparseVector]:
        return [self._sparse.encode_passage(text) for text in texts]

    async def _embed(self, texts: Sequence[str]) -> list[tuple[float, ...]]:
        body = {"model": self._model, "input": list(texts), "encoding_format": "float"}
        answer = await _post(self._http, "embeddings", body)
        vectors = _in_order(answer, "data", "embedding", len(texts), "embeddings")
        return [self._checked(vector) for vector in vectors]

    def _checked(self, vector: object) -> tuple[float, ...]:
        """At length one: indexes compare angles, and give vectors back at that length."""
        if not isinstance(vector, list) or not all(map(_is_number, vector)):
            raise ModelUnavailable("the embeddings server answers something else than vectors of numbers")
        if len(vector) != self._dimensions:
            raise Misconfigured(
                f"{self._model} makes vectors of {len(vector)} numbers, "
                f"SEATMATE_INDEX__EMBEDDINGS__DIMENSIONS says {self._dimensions}"
            )
        length = math.hypot(*vector) or 1.0
        return tuple(number / length for number in vector)


class ServerReranker:
    """The Reranker port over `/v1/rerank`."""

    def __init__(self, http: httpx.AsyncClient, model: str) -> None:
        self._http = http
        self._model = model

    async def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        if not texts:
            return []
        body = {"model": self._model, "query": query, "documents": list(texts), "top_n": len(texts)}
        answer = await _post(self._http, "rerank", body)
        scores = _in_order(answer, "results", "relevance_score", len(texts), "rerank")
        if not all(map(_is_number, scores)):
            raise ModelUnavailable("the rerank server answers something else than numbers")
        return [float(score) for score in scores]

    async def aclose(self) -> None:
        await self._http.aclose()


def open_server(base_url: str, api_key: str, timeout_s: float) -> httpx.AsyncClient:
    """A client for `base_url`, which ends in /v1; connects with the first request.

    `timeout_s` is for a whole answer. `trust_env=False`: a proxy set for the outside must never see a customer's words.
    """
    if not all("!" <= letter <= "~" for letter in api_key):  # the HTTP library would repeat the key in its error
        raise Misconfigured("the key of a model server has characters that no HTTP header can carry")
    headers = {"Authorization": f"Bearer {api_key}"} if api_key else {}
    return httpx.AsyncClient(base_url=f"{base_url.rstrip('/')}/", timeout=timeout_s, headers=headers, trust_env=False)


async def _post(http: httpx.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """An object as the server sent it. ModelUnavailable tells neither texts nor address nor key."""
    try:
        async with asyncio.timeout(http.timeout.read):  # the library's own begins anew with every byte
            reply = await http.post(path, json=body)
        answer = reply.json() if reply.is_success else None
    except (httpx.HTTPError, TimeoutError, ValueError, RecursionError) as error:
        raise ModelUnavailable(f"the {path} server does not answer: {type(error).__name__}") from error
    if not reply.is_success:
        raise ModelUnavailable(f"the {path} server refused the request with HTTP {reply.status_code}")
    if not isinstance(answer, dict):
        raise ModelUnavailable(f"the {path} server answers something else than an object")
    return answer


def _in_order(answer: dict[str, Any], rows: str, field: str, count: int, path: str) -> list[Any]:
    """The field of each row in the order of what was sent: servers may answer in the order of their scores."""
    listed = answer.get(rows)
    by_index: dict[int, Any] = {}
    for row in listed if isinstance(listed, list) else []:
        at = row.get("index") if isinstance(row, dict) else None
        if type(at) is not int or at in by_index or field not in row:
            raise ModelUnavailable(f"the {path} server answers in a form that is not the API's")
        by_index[at] = row[field]
    if by_index.keys() != set(range(count)):
        raise ModelUnavailable(f"the {path} server answered {len(by_index)} of {count} texts")
    return [by_index[at] for at in range(count)]


def _is_number(value: object) -> bool:
    """Python's JSON also reads NaN, Infinity and whole numbers that no float holds."""
    return type(value) in (int, float) and -_LARGEST <= value <= _LARGEST  # type: ignore[operator]
