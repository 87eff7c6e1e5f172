"""The question's doors: JSON, server-sent events, OpenAI; what is refused, and how it is told."""

import json

import openai
import pytest

from seatmate.settings import ApiSettings
from seatmate.testing.models import DeadChatModel

from .conftest import OpenApi

QUESTION = {"question": "整存整取一年期利率是多少？"}


async def test_an_answer_carries_its_exact_source(open_api: OpenApi) -> None:
    async with open_api() as http:
        answer = (await http.post("/api/ask", json=QUESTION)).json()
    assert answer["text"] == "年利率为1.45%。"
    assert answer["status"] == "grounded"
    assert answer["sentences"][0]["citations"][0]["quote"] == "整存整取一年期年利率为1.45%。"
    assert answer["release_id"].startswith("rel-")


async def test_sentences_stream_before_the_answer(open_api: OpenApi) -> None:
    async with open_api() as http:
        reply = await http.post("/api/ask", json=QUESTION, headers={"Accept": "text/event-stream"})
    names = [line.removeprefix("event: ") for line in reply.text.splitlines() if line.startswith("event:")]
    assert names == ["sentence", "answer"]


async def test_the_openai_client_works_as_it_is(open_api: OpenApi) -> None:
    async with open_api() as http:
        client = openai.AsyncOpenAI(base_url="http://t/v1", api_key="-", http_client=_bridge(http))
        whole = await client.chat.completions.create(
            model="seatmate", messages=[{"role": "user", "content": QUESTION["question"]}]
        )
        assert whole.choices[0].message.content == "年利率为1.45%。"
        assert whole.model_extra is not None
        assert whole.model_extra["seatmate"]["sentences"][0]["figures"][0]["normalised"] == "pct:1.45"
        stream = await client.chat.completions.create(
            model="seatmate", messages=[{"role": "user", "content": QUESTION["question"]}], stream=True
        )
        pieces = [chunk.choices[0].delta.content or "" async for chunk in stream]
    assert "".join(pieces) == "年利率为1.45%。"


async def test_without_the_model_server_the_door_stays_open(open_api: OpenApi) -> None:
    async with open_api(model=DeadChatModel()) as http:
        answer = (await http.post("/api/ask", json=QUESTION)).json()
        ready = await http.get("/readyz")
    assert (answer["status"], answer["text"]) == ("degraded", "整存整取一年期年利率为1.45%。")
    assert (ready.status_code, ready.json()["status"]) == (200, "degraded")


async def test_an_abstention_is_told_in_words(open_api: OpenApi) -> None:
    body = {"model": "seatmate", "messages": [{"role": "user", "content": "明天北京下雨吗"}]}
    async with open_api() as http:
        reply = (await http.post("/v1/chat/completions", json=body)).json()
    assert "没有找到依据" in reply["choices"][0]["message"]["content"]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"question": ""},
        {"question": "字" * 2001},
        {"question": "好", "as_of": "2026-11-05"},
        {"question": "好", "as_of": "2026-11-05T10:00:00"},
        {"question": "好", "unknown": 1},
    ],
)
async def test_a_bad_question_gets_a_problem_that_does_not_echo_it(open_api: OpenApi, body: dict[str, object]) -> None:
    async with open_api(publish=False) as http:
        reply = await http.post("/api/ask", json=body)
    assert reply.status_code == 422
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.json()["code"] == "INVALID_REQUEST"
    assert "字字" not in reply.text


async def test_a_body_that_is_not_utf8_or_not_json_gets_a_problem(open_api: OpenApi) -> None:
    async with open_api(publish=False) as http:
        for content in ('{"question": "利率"}'.encode("gb18030"), b"{", b"\xff\xfe"):
            reply = await http.post("/api/ask", content=content, headers={"content-type": "application/json"})
            assert reply.status_code in (400, 422), content
            assert reply.headers["content-type"] == "application/problem+json"


async def test_two_megabytes_are_refused_before_they_are_read(open_api: OpenApi) -> None:
    async def endless() -> object:
        while True:
            yield b"x" * 65536

    async with open_api(publish=False) as http:
        told = await http.post("/api/ask", content=json.dumps({"question": "字" * 2_000_000}))
        chunked = await http.post("/api/ask", content=endless(), headers={"content-type": "application/json"})
    assert (told.status_code, told.json()["code"]) == (413, "BODY_TOO_LARGE")
    assert (chunked.status_code, chunked.json()["code"]) == (413, "BODY_TOO_LARGE")


async def test_nothing_published_is_said(open_api: OpenApi) -> None:
    async with open_api(publish=False) as http:
        answer = (await http.post("/api/ask", json=QUESTION)).json()
        ready = await http.get("/readyz")
    assert (answer["status"], answer["reason"]) == ("abstained", "NOTHING_PUBLISHED")
    assert ready.status_code == 503


async def test_one_question_too_many_is_told_when_to_come_back(open_api: OpenApi) -> None:
    async with open_api(api=ApiSettings(max_live_questions=0)) as http:
        reply = await http.post("/api/ask", json=QUESTION)
    assert (reply.status_code, reply.json()["code"]) == (429, "OVERLOADED")
    assert int(reply.headers["retry-after"]) > 0


async def test_a_key_decides_what_is_found(open_api: OpenApi) -> None:
    api = ApiSettings(keys={"k-admin": ("admin", "retail"), "k-vip": ("private_banking",)})
    body = {"query": "私人银行客户转账限额"}
    async with open_api(api=api) as http:
        nobody = await http.post("/api/search", json=body)
        wrong = await http.post("/api/search", json=body, headers={"Authorization": "Bearer k-wrong"})
        retail = await http.post("/api/search", json=body, headers={"Authorization": "Bearer k-admin"})
        vip = await http.post("/api/search", json=body, headers={"Authorization": "Bearer k-vip"})
        build = await http.post(
            "/api/knowledge/builds", json={"drop": "2026-W45"}, headers={"Authorization": "Bearer k-vip"}
        )
    assert (nobody.status_code, wrong.status_code, build.status_code) == (401, 401, 403)
    assert "9,000万" not in retail.text
    assert "9,000万" in vip.text


async def test_metrics_count_without_ids(open_api: OpenApi) -> None:
    async with open_api() as http:
        answer = (await http.post("/api/ask", json=QUESTION)).json()
        text = (await http.get("/metrics")).text
    assert 'seatmate_questions_total{status="grounded"} 1.0' in text
    assert 'seatmate_sentences_total{source="model"} 1.0' in text
    assert answer["answer_id"] not in text


def _bridge(http: object) -> object:
    """The OpenAI client speaks httpx2; hand its requests to the test's transport."""
    import httpx2

    class Bridge(httpx2.AsyncBaseTransport):
        async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
            await request.aread()
            reply = await http.request(  # type: ignore[attr-defined]
                request.method, request.url.path, content=request.content, headers={"content-type": "application/json"}
            )
            return httpx2.Response(reply.status_code, headers=dict(reply.headers), content=reply.content)

    return httpx2.AsyncClient(transport=Bridge())


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "1899-12-31T00:00:00Z"])
async def test_a_moment_beyond_all_time_is_refused(open_api: OpenApi, moment: str) -> None:
    async with open_api() as client:
        asked = await client.post("/api/ask", json={"question": "利率多少", "as_of": moment})
        searched = await client.post("/api/search", json={"query": "利率", "as_of": moment})
        assert (asked.status_code, searched.status_code) == (422, 422)
