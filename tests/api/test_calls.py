"""The call's door: acknowledged is kept, the same twice is one, bad input is told and loses nothing."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from seatmate.adapters.sql.base import open_engine
from seatmate.adapters.sql.calls import SqlCalls
from seatmate.domain.calls import Conversation
from seatmate.domain.findings import VocItem
from seatmate.settings import ApiSettings, Settings
from seatmate.testing.call_contract import record, voice

from .conftest import OpenApi

CALL: dict[str, Any] = {
    "conversation_id": "T-1",
    "channel": "phone",
    "direction": "inbound",
    "scenario": "inbound_service",
    "started_at": "2026-11-18T10:00:00+08:00",
    "agent_id": "A-1",
    "customer_id": "K-1",
    "utterances": [
        {"utt_id": "u1", "speaker": "agent", "text": "您好，请讲。"},
        {"utt_id": "u2", "speaker": "customer", "text": "一年期利率多少？"},
    ],
}


def changed(**more: Any) -> dict[str, Any]:
    return copy.deepcopy(CALL) | more


async def test_a_conversation_is_acknowledged_and_waits(open_api: OpenApi) -> None:
    async with open_api(publish=False) as http:
        receipt = await http.post("/api/calls", json=CALL)
        shown = await http.get("/api/calls/T-1")
        record = await http.get("/api/calls/T-1/record")
    assert (receipt.status_code, receipt.json()["state"]) == (202, "queued")
    assert shown.json()["transcript_sha256"] == receipt.json()["transcript_sha256"]
    assert (record.status_code, record.json()["code"]) == (404, "NOT_FOUND")


async def test_the_same_twice_is_one(open_api: OpenApi) -> None:
    async with open_api(publish=False) as http:
        first = await http.post("/api/calls", json=CALL)
        second = await http.post("/api/calls", json=CALL)
        metrics = (await http.get("/metrics")).text
    assert first.json() == second.json()
    assert "seatmate_calls_waiting 1.0" in metrics


async def test_the_same_id_with_other_words_is_a_conflict(open_api: OpenApi) -> None:
    other = changed(utterances=[{"utt_id": "u1", "speaker": "customer", "text": "别的话"}])
    async with open_api(publish=False) as http:
        await http.post("/api/calls", json=CALL)
        reply = await http.post("/api/calls", json=other)
    assert (reply.status_code, reply.json()["code"]) == (409, "CONFLICT")


@pytest.mark.parametrize(
    "bad",
    [
        changed(utterances=[]),
        changed(utterances=[{"utt_id": "u1", "speaker": "customer", "text": "   "}]),
        changed(utterances=[CALL["utterances"][0], CALL["utterances"][0]]),
        changed(utterances=[{"utt_id": "u1", "speaker": "robot", "text": "你好"}]),
        changed(utterances=[{"utt_id": "u1", "speaker": "customer", "text": "字" * 4001}]),
        changed(utterances=[{"utt_id": "u1", "speaker": "customer", "text": "好", "start_ms": 9, "end_ms": 1}]),
        changed(started_at="2026-11-18T10:00:00"),
        changed(ended_at="2026-11-18T09:00:00+08:00"),
        changed(conversation_id="../../etc"),
        changed(unknown=1),
    ],
)
async def test_bad_input_gets_a_problem_and_stores_nothing(open_api: OpenApi, bad: dict[str, Any]) -> None:
    async with open_api(publish=False) as http:
        reply = await http.post("/api/calls", json=bad)
        waiting = (await http.get("/readyz")).json()["calls_waiting"]
    assert reply.status_code == 422
    assert reply.headers["content-type"] == "application/problem+json"
    assert waiting == 0


async def test_a_password_that_was_said_is_never_stored(open_api: OpenApi, settings: Any) -> None:
    said = changed(utterances=[{"utt_id": "u1", "speaker": "customer", "text": "验证码是483920，你帮我输一下"}])
    async with open_api(publish=False) as http:
        assert (await http.post("/api/calls", json=said)).status_code == 202
    stored = b"".join(p.read_bytes() for p in settings.var.rglob("*") if p.is_file())
    assert b"483920" not in stored


async def test_a_full_queue_is_told_when_to_come_back(open_api: OpenApi) -> None:
    async with open_api(api=ApiSettings(max_waiting_calls=0), publish=False) as http:
        reply = await http.post("/api/calls", json=CALL)
    assert (reply.status_code, reply.headers["retry-after"]) == (429, "30")


async def keep_record(settings: Settings, *voices: Callable[[Conversation], VocItem]) -> Conversation:
    """As a worker does, for the call that was taken in."""
    engine = open_engine(settings.records.url)
    calls = SqlCalls(engine)
    call = await calls.conversation("T-1")
    await calls.save_record(record(call).model_copy(update={"voc": tuple(voice_of(call) for voice_of in voices)}))
    engine.dispose()
    return call


async def test_an_agents_corrections_are_kept_beside_the_record_with_their_distance(
    open_api: OpenApi, settings: Settings
) -> None:
    async with open_api(publish=False) as http:
        await http.post("/api/calls", json=CALL)
        wanted = {"by": "李敏", "corrections": [{"section": "situation", "lines": ["客户咨询利率，电话13800138000"]}]}
        assert (await http.patch("/api/calls/T-1/record", json=wanted)).status_code == 404, "there is no record yet"
        await keep_record(settings)
        before = (await http.get("/api/calls/T-1/record")).json()
        [kept] = (await http.patch("/api/calls/T-1/record", json=wanted)).json()
        after = (await http.get("/api/calls/T-1/record")).json()
        listed = (await http.get("/api/calls/T-1/record/corrections")).json()
    assert before == after
    assert listed == [kept]
    assert kept["share"] == 1.0
    assert "13800138000" not in kept["lines"][0]


async def test_a_complaint_to_be_confirmed_is_certain_when_the_agent_lets_it_stand(
    open_api: OpenApi, settings: Settings
) -> None:
    async with open_api(publish=False) as http:
        await http.post("/api/calls", json=CALL)
        call = await keep_record(settings, lambda call: voice(call).model_copy(update={"certain": False}))
        brief = f"/api/customers/{call.customer_id}/brief"
        [before] = (await http.get(brief)).json()["upset"]
        lines = (await http.get("/api/calls/T-1/record/lines")).json()
        wanted = {"by": "李敏", "corrections": [{"section": "voc", "lines": lines["voc"]}]}
        assert (await http.patch("/api/calls/T-1/record", json=wanted)).status_code == 200
        [after] = (await http.get(brief)).json()["upset"]
    assert (lines["kyc"], before["certain"], after["certain"]) == ([], False, True)


async def test_a_line_that_the_record_does_not_have_is_told_by_number_and_confirms_nothing(
    open_api: OpenApi, settings: Settings
) -> None:
    async with open_api(publish=False) as http:
        await http.post("/api/calls", json=CALL)
        await keep_record(settings, voice)
        [known] = (await http.get("/api/calls/T-1/record/lines")).json()["voc"]
        wanted = {"by": "李敏", "corrections": [{"section": "voc", "lines": [known, "u9 negative fees：太贵了"]}]}
        reply = await http.patch("/api/calls/T-1/record", json=wanted)
        kept = (await http.get("/api/calls/T-1/record/corrections")).json()
    assert (reply.status_code, reply.json()["code"], kept) == (422, "BAD_INPUT", [])
    assert "1 of 2 lines" in reply.json()["detail"]
    assert "by number: [2]" in reply.json()["detail"]
    assert "太贵了" not in reply.text


@pytest.mark.parametrize(
    "wanted",
    [
        {"by": "李敏", "corrections": []},
        {"by": "李敏", "corrections": [{"section": "nodes", "lines": ["x"]}]},
        {"by": "", "corrections": [{"section": "action", "lines": ["x"]}]},
        {"by": "李敏", "corrections": [{"section": "action", "lines": ["字" * 501]}]},
    ],
)
async def test_a_correction_of_nothing_or_by_nobody_is_refused(open_api: OpenApi, wanted: dict[str, Any]) -> None:
    async with open_api(publish=False) as http:
        assert (await http.patch("/api/calls/T-1/record", json=wanted)).status_code == 422
