"""Embeddings and rerank servers over a real socket: what is asked, in what order it is read, what trouble becomes."""

import asyncio
import json
import math
import time
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from random import Random
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatmate.adapters.dense import HashedGrams
from seatmate.adapters.encode import HybridEncoder
from seatmate.adapters.model_servers import ServerEncoder, ServerReranker, open_server
from seatmate.adapters.sparse import SparseEncoder
from seatmate.domain.errors import Misconfigured, ModelUnavailable
from seatmate.domain.ports import Encoder
from seatmate.testing.openai_server import OpenAIServer, Trouble
from seatmate.testing.stores import HashEncoder

KEY = "sk-not-for-the-log-8731"
SECRET = "客户张三的问题"
DIMENSIONS = 8
SPARSE = SparseEncoder()


def letters(text: str) -> list[float]:
    """Another direction for every text of a test; never of length one."""
    return [float(1 + sum(map(ord, text[at::DIMENSIONS])) % 97) for at in range(DIMENSIONS)]


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer(embed=letters, api_key=KEY) as server:
        yield server


@asynccontextmanager
async def open_encoder(base_url: str, key: str = KEY, timeout_s: float = 3.0) -> AsyncIterator[ServerEncoder]:
    encoder = ServerEncoder(SPARSE, open_server(base_url, key, timeout_s), "bge", DIMENSIONS, "查询：")
    yield encoder
    await encoder.aclose()


@asynccontextmanager
async def open_reranker(base_url: str, key: str = KEY, timeout_s: float = 3.0) -> AsyncIterator[ServerReranker]:
    reranker = ServerReranker(open_server(base_url, key, timeout_s), "bge-rerank")
    yield reranker
    await reranker.aclose()


@pytest.fixture
async def encoder(server: OpenAIServer) -> AsyncIterator[ServerEncoder]:
    async with open_encoder(server.base_url) as encoder:
        yield encoder


@pytest.fixture
async def reranker(server: OpenAIServer) -> AsyncIterator[ServerReranker]:
    async with open_reranker(server.base_url) as reranker:
        yield reranker


# ── what every encoder keeps ───────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(params=["hash", "hybrid", "server"])
def any_encoder(request: pytest.FixtureRequest, encoder: ServerEncoder) -> Encoder:
    encoders: dict[str, Encoder] = {
        "hash": HashEncoder(),
        "hybrid": HybridEncoder(SparseEncoder(), HashedGrams()),
        "server": encoder,
    }
    return encoders[request.param]


async def test_vectors_have_the_length_that_is_said_and_length_one(any_encoder: Encoder) -> None:
    found = [await any_encoder.encode_query("起购金额"), *await any_encoder.encode_passages(["年利率为1.45%。"])]
    for vectors in found:
        assert len(vectors.dense) == any_encoder.dimensions
        assert sum(x * x for x in vectors.dense) == pytest.approx(1.0)
        assert vectors.sparse.indices == tuple(sorted(set(vectors.sparse.indices)))
        assert len(vectors.sparse.indices) == len(vectors.sparse.values) > 0


async def test_passages_come_in_their_order_and_the_same_as_one_by_one(any_encoder: Encoder) -> None:
    texts = [f"第{n}条，手续费为{n}元。" for n in range(150)]
    together = await any_encoder.encode_passages(texts)
    for at in (0, 63, 64, 65, 127, 128, 149):
        assert [together[at]] == await any_encoder.encode_passages([texts[at]])
    assert len({v.dense for v in together}) > 100


async def test_no_passages_are_no_vectors(any_encoder: Encoder) -> None:
    assert await any_encoder.encode_passages([]) == []


# ── what is asked ──────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_query_has_its_prefix_and_a_passage_has_none(server: OpenAIServer, encoder: ServerEncoder) -> None:
    await encoder.encode_query("起购")
    await encoder.encode_passages(["起购金额为1万元。"])
    assert server.bodies == [
        {"model": "bge", "input": ["查询：起购"], "encoding_format": "float"},
        {"model": "bge", "input": ["起购金额为1万元。"], "encoding_format": "float"},
    ]


@pytest.mark.parametrize(("count", "batches"), [(1, [1]), (64, [64]), (65, [64, 1]), (200, [64, 64, 64, 8])])
async def test_many_passages_go_in_batches(
    server: OpenAIServer, encoder: ServerEncoder, count: int, batches: list[int]
) -> None:
    vectors = await encoder.encode_passages([f"第{n}条" for n in range(count)])
    assert [len(body["input"]) for body in server.bodies] == batches
    assert len(vectors) == count


async def test_a_rerank_asks_for_every_text(server: OpenAIServer, reranker: ServerReranker) -> None:
    scores = await reranker.scores("起购金额", ["风险等级", "起购金额为1万元", "起购"])
    assert scores == [0.0, 1.0, 0.5]
    assert server.bodies == [
        {
            "model": "bge-rerank",
            "query": "起购金额",
            "documents": ["风险等级", "起购金额为1万元", "起购"],
            "top_n": 3,
        }
    ]


async def test_nothing_to_rank_asks_nobody(server: OpenAIServer, reranker: ServerReranker) -> None:
    assert await reranker.scores("起购金额", []) == []
    assert server.bodies == []


async def test_the_fingerprint_names_all_that_changes_the_vectors() -> None:
    http = open_server("http://127.0.0.1:1/v1", KEY, 1)
    kinds = [("bge", 8, ""), ("bge", 8, "查询："), ("bge", 16, ""), ("qwen", 8, "")]
    prints = {ServerEncoder(SPARSE, http, model, size, prefix).fingerprint for model, size, prefix in kinds}
    other_sparse = ServerEncoder(SparseEncoder(k1=0.9), http, "bge", 8, "").fingerprint
    assert len(prints | {other_sparse}) == 5
    assert prints & {ServerEncoder(SparseEncoder(), http, "bge", 8).fingerprint}
    assert not any(KEY in fingerprint for fingerprint in prints)
    await http.aclose()


# ── what is read ───────────────────────────────────────────────────────────────────────────────────────────────────


async def test_a_server_that_answers_out_of_order_is_put_right() -> None:
    texts = ["风险等级", "起购金额为1万元", "起购", "起购金"]
    with OpenAIServer(embed=letters, last_first=True) as backwards, OpenAIServer(embed=letters) as straight:
        async with open_encoder(backwards.base_url) as one, open_encoder(straight.base_url) as other:
            assert await one.encode_passages(texts) == await other.encode_passages(texts)
        async with open_reranker(backwards.base_url) as one, open_reranker(straight.base_url) as other:
            assert await one.scores("起购金额", texts) == await other.scores("起购金额", texts) == [0.0, 1.0, 0.5, 0.75]


@settings(deadline=None)
@given(st.lists(st.text("起购金额利率风险", max_size=6), min_size=1, max_size=70), st.randoms(use_true_random=False))
def test_every_text_gets_its_own_vector_in_whatever_order_rows_come(texts: list[str], dice: Random) -> None:
    def shuffled(request: httpx.Request) -> httpx.Response:
        rows = [row(at, embedding=letters(t)) for at, t in enumerate(json.loads(request.content)["input"])]
        dice.shuffle(rows)
        return httpx.Response(200, json={"data": rows})

    async def encoded() -> list[tuple[float, ...]]:
        async with httpx.AsyncClient(base_url="http://t/v1/", transport=httpx.MockTransport(shuffled)) as http:
            return [v.dense for v in await ServerEncoder(SPARSE, http, "bge", DIMENSIONS).encode_passages(texts)]

    for text, dense in zip(texts, asyncio.run(encoded()), strict=True):
        assert dense == pytest.approx([x / math.hypot(*letters(text)) for x in letters(text)])


async def test_vectors_of_another_length_than_set_are_a_misconfiguration() -> None:
    with OpenAIServer(embed=lambda text: [1.0, 2.0, 3.0]) as server:
        async with open_encoder(server.base_url) as encoder:
            with pytest.raises(Misconfigured, match=r"vectors of 3 numbers.*DIMENSIONS says 8"):
                await encoder.encode_query("起购")


# ── trouble ────────────────────────────────────────────────────────────────────────────────────────────────────────

VECTOR = [1.0] * DIMENSIONS


def rows(*rows: object) -> bytes:
    """Wrong rows in the place of two right ones, for both doors."""
    return json.dumps({"data": rows, "results": rows}).encode()


def row(at: object, **more: object) -> dict[str, object]:
    return {"index": at, "embedding": VECTOR, "relevance_score": 0.5, **more}


NONSENSE = {
    "no rows": rows(),
    "one row of two": rows(row(0)),
    "three rows of two": rows(row(0), row(1), row(2)),
    "the same row twice": rows(row(0), row(0)),
    "rows from one on": rows(row(1), row(2)),
    "an index below zero": rows(row(0), row(-1)),
    "an index that is a text": rows(row(0), row("1")),
    "an index that is true": rows(row(0), row(True)),
    "an index that is a list": rows(row(0), row([1])),
    "no index": rows({"embedding": VECTOR}, {"embedding": VECTOR}),
    "no values": rows({"index": 0}, {"index": 1}),
    "values of null": rows(row(0), row(1, embedding=None, relevance_score=None)),
    "values of text": rows(row(0), row(1, embedding="AACAPw==", relevance_score="0.5")),
    "texts in a vector": rows(row(0), row(1, embedding=["1"] * DIMENSIONS, relevance_score=True)),
    "not a number": rows(row(0), row(1, embedding=[float("nan")] * DIMENSIONS, relevance_score=float("nan"))),
    "without end": rows(row(0), row(1, embedding=[float("inf")] * DIMENSIONS, relevance_score=float("-inf"))),
    "more than a float holds": rows(row(0), row(1, embedding=[10**400] * DIMENSIONS, relevance_score=10**400)),
    "rows that are no objects": rows("a", "b"),
    "rows that are an object": b'{"data":{"0":[1]},"results":{"0":1}}',
    "a list": b"[]",
    "null": b"null",
    "not JSON": b"<html>502 Bad Gateway</html>",
    "not UTF-8": b"\xff\xfe\x00",
    "half of it": rows(row(0), row(1))[:-9],
    "nothing": b"",
    "deep": b"[" * 100_000,
}


@pytest.mark.parametrize("name", NONSENSE)
async def test_nonsense_is_a_server_that_does_not_answer(server: OpenAIServer, name: str) -> None:
    async with open_encoder(server.base_url) as encoder, open_reranker(server.base_url) as reranker:
        for ask in (encoder.encode_passages, lambda texts: reranker.scores("问", texts)):
            server.fail_with(Trouble(body=NONSENSE[name]))
            with pytest.raises(ModelUnavailable) as raised:
                await ask([SECRET, "乙"])
            keeps_its_secrets(raised.value)
            assert len(await ask([SECRET, "乙"])) == 2  # the next request is none the worse


@pytest.mark.parametrize("status", [301, 400, 401, 404, 413, 429, 500, 503])
async def test_a_refusal_says_its_status_and_repeats_nothing(server: OpenAIServer, status: int) -> None:
    echo = f'{{"error":{{"message":"{SECRET} {KEY}"}}}}'.encode()
    async with open_encoder(server.base_url) as encoder, open_reranker(server.base_url) as reranker:
        for ask in (encoder.encode_passages, lambda texts: reranker.scores("问", texts)):
            server.fail_with(Trouble(status, {"location": "http://127.0.0.1:1/"}, echo))
            with pytest.raises(ModelUnavailable, match=f"HTTP {status}") as raised:
                await ask([SECRET])
            keeps_its_secrets(raised.value)


async def test_a_wrong_key_is_refused_and_never_shown(server: OpenAIServer) -> None:
    async with open_encoder(server.base_url, "sk-wrong-5512") as encoder:
        with pytest.raises(ModelUnavailable, match="HTTP 401") as raised:
            await encoder.encode_query(SECRET)
        keeps_its_secrets(raised.value, "sk-wrong-5512")
        assert "5512" not in repr(vars(encoder))
    assert server.bodies == []


@pytest.mark.parametrize("key", ["sk-5512\n", "sk-\r\nX: 5512", "密钥5512", "sk 5512", "sk-\x005512"])
def test_a_key_that_no_header_can_carry_is_refused_without_repeating_it(key: str) -> None:
    with pytest.raises(Misconfigured) as raised:
        open_server("http://127.0.0.1:1/v1", key, 1)
    keeps_its_secrets(raised.value, "5512")


@pytest.mark.parametrize(
    "trouble", [Trouble(wait_s=1.5), Trouble(body=b" " * 100, drip_s=0.05)], ids=["silent", "drop by drop"]
)
async def test_the_time_limit_is_for_the_whole_answer(server: OpenAIServer, trouble: Trouble) -> None:
    async with (
        open_encoder(server.base_url, timeout_s=0.3) as encoder,
        open_reranker(server.base_url, timeout_s=0.3) as reranker,
    ):
        asks: list[Callable[[], Any]] = [
            lambda: encoder.encode_query(SECRET),
            lambda: reranker.scores("问", [SECRET]),
        ]
        for ask in asks:
            server.fail_with(trouble)
            began = time.perf_counter()
            with pytest.raises(ModelUnavailable, match="does not answer") as raised:
                await ask()
            assert time.perf_counter() - began < 1.2
            keeps_its_secrets(raised.value)


async def test_a_server_out_of_reach_does_not_answer() -> None:
    async with open_encoder("http://127.0.0.1:1/v1") as encoder, open_reranker("http://127.0.0.1:1/v1") as reranker:
        with pytest.raises(ModelUnavailable, match="ConnectError") as raised:
            await encoder.encode_query(SECRET)
        keeps_its_secrets(raised.value)
        with pytest.raises(ModelUnavailable, match="ConnectError"):
            await reranker.scores("问", [SECRET])


async def test_one_bad_batch_fails_the_whole_and_keeps_nothing(server: OpenAIServer, encoder: ServerEncoder) -> None:
    server.fail_with(Trouble(), Trouble(500))
    with pytest.raises(ModelUnavailable, match="HTTP 500"):
        await encoder.encode_passages([f"第{n}条" for n in range(100)])
    assert len(server.bodies) == 2


async def test_a_proxy_of_the_environment_never_sees_a_text(
    server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    async with open_encoder(server.base_url) as encoder:
        assert (await encoder.encode_query("起购")).dense


def keeps_its_secrets(error: BaseException, key: str = KEY) -> None:
    """Neither key nor text stands in the message or in what a log prints of the whole chain."""
    told = "".join(traceback.format_exception(error)) + repr(error)
    assert key not in told
    assert SECRET not in told
