"""An agent's thumb is kept once, without personal numbers, and only on an answer that he could have been given."""

from typing import Any

import httpx
import pytest

from seatmate.adapters.sql.base import open_engine
from seatmate.adapters.sql.feedback import SqlFeedback
from seatmate.domain.feedback import DownReason, Feedback, Verdict
from seatmate.settings import ApiSettings, Settings

from .conftest import OpenApi

QUESTION = {"question": "整存整取一年期利率是多少？"}
KEYS = ApiSettings(
    keys={"admin-key": ("retail", "admin"), "agent-key": ("retail",), "vip-key": ("retail", "private_banking")}
)
ADMIN, AGENT, VIP = ({"Authorization": f"Bearer {name}-key"} for name in ("admin", "agent", "vip"))


def given(answer_id: str, verdict: str = "up", by: str = "A-101", **more: str) -> dict[str, str]:
    return {"answer_id": answer_id, "verdict": verdict, "by": by} | more


async def asked(http: httpx.AsyncClient, key: dict[str, str] | None = None, **more: Any) -> str:
    return str((await http.post("/api/ask", json=QUESTION | more, headers=key)).json()["answer_id"])


async def kept(settings: Settings, answer_id: str) -> list[Feedback]:
    return await SqlFeedback(open_engine(settings.records.url)).of_answer(answer_id)


async def test_a_thumb_is_kept_with_its_reason_and_without_personal_numbers(
    open_api: OpenApi, settings: Settings
) -> None:
    async with open_api() as http:
        answer_id = await asked(http)
        reply = await http.post(
            "/api/feedback", json=given(answer_id, "down", reason="wrong_figure", comment="回拨13812345678核实")
        )
        [found] = await kept(settings, answer_id)
    assert reply.status_code == 200
    assert Feedback.model_validate(reply.json()) == found
    assert (found.verdict, found.reason, found.comment) == (
        Verdict.DOWN, DownReason.WRONG_FIGURE, "回拨⟦PHONE⟧核实"
    )  # fmt: skip


async def test_a_second_thumb_of_the_same_person_takes_the_place_of_the_first(
    open_api: OpenApi, settings: Settings
) -> None:
    async with open_api() as http:
        answer_id = await asked(http)
        for body in (given(answer_id, "down"), given(answer_id, "up"), given(answer_id, "up", by="A-102")):
            assert (await http.post("/api/feedback", json=body)).status_code == 200
        found = await kept(settings, answer_id)
    assert [(one.by, one.verdict) for one in found] == [("A-101", Verdict.UP), ("A-102", Verdict.UP)]


async def test_thumbs_are_counted_by_verdict_and_reason_and_the_same_again_is_not(open_api: OpenApi) -> None:
    async with open_api() as http:
        answer_id = await asked(http)
        down = given(answer_id, "down", reason="out_of_date")
        for body in (down, down, given(answer_id, by="A-102")):
            await http.post("/api/feedback", json=body)
        text = (await http.get("/metrics")).text
    assert 'seatmate_feedback_total{reason="out_of_date",verdict="down"} 1.0' in text
    assert 'seatmate_feedback_total{reason="",verdict="up"} 1.0' in text
    assert "A-101" not in text


async def test_an_answer_that_is_not_there_or_not_for_this_key_is_not_found(
    open_api: OpenApi, settings: Settings
) -> None:
    async with open_api(api=KEYS) as http:
        of_vip, of_agent = await asked(http, VIP), await asked(http, AGENT)
        nobodys = await http.post("/api/feedback", json=given("ans-0"), headers=AGENT)
        vips = await http.post("/api/feedback", json=given(of_vip), headers=AGENT)
        keyless = await http.post("/api/feedback", json=given(of_agent))
        allowed = [
            await http.post("/api/feedback", json=given(answer_id), headers=key)
            for answer_id, key in ((of_agent, AGENT), (of_agent, VIP), (of_vip, VIP), (of_vip, ADMIN))
        ]
        found = await kept(settings, of_vip)
    assert (nobodys.status_code, vips.status_code, keyless.status_code) == (404, 404, 401)
    assert nobodys.headers["content-type"] == "application/problem+json"
    assert (nobodys.json()["code"], vips.json()["code"]) == ("NOT_FOUND", "NOT_FOUND")
    assert vips.json()["detail"] == f"no answer {of_vip}", "the same words as for one that is not there"
    assert [reply.status_code for reply in allowed] == [200] * 4
    assert len(found) == 1


async def test_an_answer_that_narrowed_its_scope_may_be_judged_by_whoever_has_that(open_api: OpenApi) -> None:
    async with open_api(api=KEYS) as http:
        answer_id = await asked(http, VIP, scope=["retail"])
        of_admin = await asked(http, ADMIN)
        replies = [await http.post("/api/feedback", json=given(i), headers=AGENT) for i in (answer_id, of_admin)]
    assert [reply.status_code for reply in replies] == [200, 200]


@pytest.mark.parametrize(
    "change",
    [
        {"verdict": "sideways"},
        {"reason": "wrong_figure"},
        {"verdict": "down", "reason": "bad_mood"},
        {"comment": "字" * 501},
        {"by": " "},
        {"by": "A\x00B"},
        {"answer_id": "../x"},
        {"stars": "5"},
    ],
)
async def test_nonsense_is_refused_before_anything_is_looked_up(open_api: OpenApi, change: dict[str, str]) -> None:
    async with open_api(publish=False) as http:
        reply = await http.post("/api/feedback", json=given("ans-1") | change)
    assert (reply.status_code, reply.json()["code"]) == (422, "INVALID_REQUEST")
    assert reply.headers["content-type"] == "application/problem+json"
    assert "字字" not in reply.text
