"""A hit waits for a verdict, an agent may object once, and only who may judge judges; supervisors see rates."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from seatmate.adapters.sql.base import open_engine
from seatmate.adapters.sql.calls import SqlCalls
from seatmate.domain.compliance import ComplianceHit, Severity
from seatmate.domain.evidence import quote_of
from seatmate.domain.nodes import NodeReason, ProcessNode
from seatmate.settings import ApiSettings, Settings
from seatmate.testing.call_contract import NOON, conversation, record

from .conftest import OpenApi

RULE = "promise_return@2"
KEYS = ApiSettings(keys={"admin-key": ("retail", "admin"), "qa-key": ("quality",), "agent-key": ("retail",)})
QA, AGENT = {"Authorization": "Bearer qa-key"}, {"Authorization": "Bearer agent-key"}


async def recorded(settings: Settings) -> None:
    """One call with a hit at u1, and with one process node that was met."""
    call = conversation("C-1", "这款稳赚的。", "是吗")
    quote = quote_of(call, "u1")
    assert quote is not None
    hit = ComplianceHit(
        rule=RULE, severity=Severity.MAJOR, title="承诺收益", verdict="v", clause="c", evidence=(quote,)
    )
    node = ProcessNode(
        node_id="greeting",
        label="问候",
        eligible=True,
        attempted=True,
        met=True,
        in_order=True,
        evidence=(quote,),
        reason=NodeReason.MET,
    )
    calls = SqlCalls(open_engine(settings.records.url))
    await calls.receive(call)
    await calls.save_record(record(call).model_copy(update={"compliance": (hit,), "nodes": (node,)}))


def step(by: str, **more: Any) -> dict[str, Any]:
    return {"rule": RULE, "utt_id": "u1", "by": by, "why": "原话属实"} | more


async def judge(http: httpx.AsyncClient, by: str, verdict: str, key: dict[str, str] = QA) -> httpx.Response:
    return await http.post("/api/calls/C-1/reviews", json=step(by, verdict=verdict), headers=key)


async def test_a_hit_goes_from_the_queue_through_an_appeal_to_its_last_verdict(
    open_api: OpenApi, settings: Settings
) -> None:
    async with open_api(publish=False, api=KEYS) as http:
        await recorded(settings)
        queue = (await http.get("/api/reviews", headers=QA)).json()
        first = await judge(http, "QA-1", "confirm")
        after = (await http.get("/api/reviews", headers=QA)).json()
        appealed = await http.post("/api/calls/C-1/appeals", json=step("A-7"), headers=AGENT)
        same = await judge(http, "QA-1", "dismiss")
        last = await judge(http, "QA-2", "dismiss")
        shown = (await http.get("/api/calls/C-1/reviews", headers=AGENT)).json()
    assert [(one["rule"], one["utt_id"]) for one in queue] == [(RULE, "u1")]
    assert (first.status_code, after, appealed.status_code) == (200, [], 200)
    assert (same.status_code, same.json()["code"]) == (409, "REVIEW_REFUSED")
    assert last.status_code == 200
    assert [one["state"] for one in shown[0]["steps"]] == ["confirmed", "appealed", "dismissed"]


async def test_who_may_not_judge_is_refused_and_an_unknown_hit_is_not_found(
    open_api: OpenApi, settings: Settings
) -> None:
    async with open_api(publish=False, api=KEYS) as http:
        await recorded(settings)
        refused = [
            await judge(http, "A-7", "dismiss", AGENT),
            await http.get("/api/reviews", headers=AGENT),
            await http.get("/api/rates/nodes?begin=2026-11-09&end=2026-11-09", headers=AGENT),
        ]
        unknown = await http.post(
            "/api/calls/C-1/reviews", json=step("QA-1", verdict="confirm", rule="no_rule@1"), headers=QA
        )
    assert {reply.status_code for reply in refused} == {403}
    assert unknown.status_code == 404


async def test_rates_are_of_the_days_asked_for_and_by_team(open_api: OpenApi, settings: Settings) -> None:
    async with open_api(publish=False, api=KEYS, teams={"一组": ("A-1",)}) as http:
        await recorded(settings)
        day = NOON.date()
        asked = {"begin": day.isoformat(), "end": day.isoformat(), "by": "team"}
        found = (await http.get("/api/rates/nodes", params=asked, headers=QA)).json()
        before = (day - timedelta(days=1)).isoformat()
        none = (await http.get("/api/rates/nodes", params={"begin": before, "end": before}, headers=QA)).json()
    [rate] = found["rates"]
    assert (rate["group"], rate["met"]["count"], rate["met"]["of"]) == ("一组", 1, 1)
    assert (none["calls"], none["rates"]) == (0, [])


@pytest.mark.parametrize(("begin", "end"), [("2026-11-09", "2026-11-08"), ("2026-01-01", "2026-12-31")])
async def test_a_span_that_is_none_or_too_long_is_refused(open_api: OpenApi, begin: str, end: str) -> None:
    async with open_api(publish=False) as http:
        reply = await http.get("/api/rates/nodes", params={"begin": begin, "end": end})
    assert reply.status_code == 422


async def test_a_call_is_analysed_again_when_an_administrator_asks(open_api: OpenApi, settings: Settings) -> None:
    async with open_api(publish=False, api=KEYS) as http:
        await recorded(settings)
        refused = await http.post("/api/calls/C-1/rerun", headers=AGENT)
        asked = await http.post("/api/calls/C-1/rerun", headers={"Authorization": "Bearer admin-key"})
        kept = await http.get("/api/calls/C-1/record", headers=AGENT)
    assert refused.status_code == 403
    assert (asked.status_code, asked.json()["state"]) == (202, "queued")
    assert asked.json()["recorded_releases"] == ["rel-1"]
    assert kept.json()["release_id"] == "rel-1"
