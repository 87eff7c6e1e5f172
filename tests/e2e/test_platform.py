"""The platform as it runs: real vLLM with the shipped adapter, API and worker as processes, and a kill in between."""

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import openai
import pytest
import pytest_asyncio
from pydantic import SecretStr

from seatmate.cli.client import ApiClient, NotRunning, Refused
from seatmate.cli.stack import Stack, running_stack
from seatmate.domain.figures import find_figures, is_supported
from seatmate.serving.engine import Endpoint
from seatmate.settings import HOME, Settings

pytestmark = [pytest.mark.engine, pytest.mark.asyncio(loop_scope="session")]

TASKS = ("summary", "kyc", "voc", "compliance")
API_PORT = 8690
"""Not the default: a platform that runs on this machine keeps its port."""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def platform(
    engine: Endpoint, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Stack, ApiClient, Settings]]:
    settings = Settings.load().in_folder(tmp_path_factory.mktemp("platform"))
    settings = settings.model_copy(
        update={
            "engine": settings.engine.model_copy(
                update={
                    "base_url": engine.base_url,
                    "api_key": SecretStr(engine.api_key),
                    "served_model": engine.model,
                    "sends_priority": engine.sends_priority,
                }
            ),
            "api": settings.api.model_copy(update={"port": API_PORT}),
            # Off as shipped; here every task meets the real model.
            "aftercall": settings.aftercall.model_copy(update={"model_adds": frozenset(TASKS)}),
        }
    )
    stack = await running_stack(settings, lambda *_: None)
    client = ApiClient(settings)
    for drop in ("2026-W45", "2026-W46", "2026-W47"):
        built = await asyncio.to_thread(client.post, "/api/knowledge/builds", {"drop": drop})
        await asyncio.to_thread(client.post, "/api/knowledge/publish", {"snapshot": built["snapshot"]})
    yield stack, client, settings
    client.close()
    await stack.stop()


Platform = tuple[Stack, ApiClient, Settings]


def every_figure_is_cited(answer: dict[str, Any]) -> bool:
    for sentence in answer["sentences"]:
        cited = [figure for c in sentence["citations"] for figure in find_figures(c["quote"])]
        names = " ".join(c["title"] for c in sentence["citations"])
        for figure in find_figures(sentence["text"]):
            if not is_supported(figure, cited) and figure.raw not in names:
                return False
    return True


async def test_every_question_of_the_suite_gets_a_checked_answer(platform: Platform) -> None:
    _, client, _ = platform
    cases = [json.loads(line) for line in (HOME / "eval/suites/ask.jsonl").read_text(encoding="utf-8").splitlines()]
    for case in cases:
        body = {key: case[key] for key in ("question", "history", "as_of") if key in case}
        answer = await asyncio.to_thread(client.post, "/api/ask", body)
        assert every_figure_is_cited(answer), answer
        assert answer["status"] in ("grounded", "extractive", "abstained"), answer
        for sentence in answer["sentences"]:
            for cited in sentence["citations"]:
                day = case["as_of"][:10]
                assert (cited["valid_from"] or "0") <= day <= (cited["valid_to"] or "9"), cited


async def test_last_week_and_today_have_their_own_rates(platform: Platform) -> None:
    _, client, _ = platform
    question = "整存整取一年期利率是多少？"
    before = await asyncio.to_thread(
        client.post, "/api/ask", {"question": question, "as_of": "2026-11-08T23:59:59+08:00"}
    )
    after = await asyncio.to_thread(
        client.post, "/api/ask", {"question": question, "as_of": "2026-11-09T00:00:00+08:00"}
    )
    assert "1.45%" in before["text"]
    assert "1.40%" not in before["text"]
    assert "1.40%" in after["text"]


async def test_the_openai_client_streams_the_same_answer(platform: Platform) -> None:
    _, _, settings = platform
    client = openai.AsyncOpenAI(base_url=f"http://127.0.0.1:{settings.api.port}/v1", api_key="-")
    messages: Any = [{"role": "user", "content": "整存整取一年期利率是多少？"}]
    whole = await client.chat.completions.create(model="seatmate", messages=messages)
    stream = await client.chat.completions.create(model="seatmate", messages=messages, stream=True)
    pieces = [chunk.choices[0].delta.content or "" async for chunk in stream if chunk.choices]
    assert "".join(pieces) == whole.choices[0].message.content
    await client.close()


async def test_a_call_becomes_a_record_with_exact_quotes(platform: Platform) -> None:
    _, client, _ = platform
    for name in ("YC-P-002", "YC-A-010"):
        call = json.loads((HOME / "corpus/calls" / f"{name}.json").read_text(encoding="utf-8"))
        await asyncio.to_thread(client.post, "/api/calls", call)
        record = await _record(client, name)
        said = {u["utt_id"]: (u["speaker"], u["text"]) for u in call["utterances"]}
        quotes = list(_evidence(record))
        assert quotes
        for quote in quotes:
            assert said[quote["utt_id"]][1][quote["start"] : quote["end"]] == quote["quote"]
        for fact in (*record["kyc"], *record["voc"]):
            assert all(said[quote["utt_id"]][0] == "customer" for quote in fact["evidence"])
        used = {step["step"]: step for step in record["usage"]}
        assert {"summary", "kyc", "voc"} <= set(used)
        first = [step for step in ("summary", "kyc", "voc") if not used[step]["cached_tokens"]]
        assert len(first) <= 1, f"the transcript is read once, whoever comes first: {record['usage']}"


async def test_kill_9_of_the_api_after_the_202_loses_nothing(platform: Platform) -> None:
    _, client, settings = platform
    call = json.loads((HOME / "corpus/calls/YC-W-002.json").read_text(encoding="utf-8"))
    await asyncio.to_thread(client.post, "/api/calls", call)
    os.kill(await asyncio.to_thread(_api_pid, settings), signal.SIGKILL)
    record = await _record(client, "YC-W-002")
    again = await asyncio.to_thread(client.post, "/api/calls", call)
    assert record["transcript_sha256"] == again["transcript_sha256"]
    assert again["state"] == "recorded"
    assert len(again["recorded_releases"]) == 1


def _api_pid(settings: Settings) -> int:
    return int((settings.var / "run" / "api.pid").read_text().split()[0])


async def _record(client: ApiClient, conversation_id: str, patience_s: float = 180) -> dict[str, Any]:
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        try:
            receipt = await asyncio.to_thread(client.get, f"/api/calls/{conversation_id}")
            if receipt["state"] == "recorded":
                found: dict[str, Any] = await asyncio.to_thread(client.get, f"/api/calls/{conversation_id}/record")
                return found
            assert receipt["state"] != "failed", receipt
        except (NotRunning, Refused):
            pass  # the API is being started again
        await asyncio.sleep(0.3)
    raise AssertionError(f"{conversation_id}: no record after {patience_s} s")


def _evidence(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if {"utt_id", "start", "end", "quote"} <= set(value):
            yield value
        for inner in value.values():
            yield from _evidence(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _evidence(inner)
