"""What answers is what was promoted: over HTTP, with real records, a real index and prompts that change on disk."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from seatmate.api.app import create_app
from seatmate.domain.ports import ChatRequest
from seatmate.ingest.flow import BuildsHere, publish
from seatmate.settings import HOME, Settings
from seatmate.testing.models import ScriptedChatModel
from seatmate.testing.releases import verdict_on
from seatmate.wiring import bank_now
from seatmate.wiring.api import Wiring, open_wiring
from seatmate.wiring.releases import gatekeeper_of

QUESTION = {"question": "整存整取一年期年利率是多少？"}
NEW_WORDS = "新版：只引用原文。"


@dataclass
class Bank:
    """An API whose prompts are a copy in the test's folder, and a model that remembers what it was told."""

    settings: Settings
    http: httpx.AsyncClient
    wiring: Wiring
    model: ScriptedChatModel

    def edit_the_prompt(self) -> None:
        path = self.settings.prompts / "ask" / "answer.md"
        path.write_text(path.read_text(encoding="utf-8") + NEW_WORDS + "\n", encoding="utf-8")

    async def ask(self, **more: str) -> tuple[str, bool]:
        """Which release answered, and whether the model had the new words before it."""
        self.model.requests.clear()
        answer = (await self.http.post("/api/ask", json={**QUESTION, **more})).json()
        told = "".join(m.content for request in self.model.requests for m in request.messages)
        return answer["release_id"], NEW_WORDS in told

    async def post(self, path: str, by: str, **more: Any) -> httpx.Response:
        return await self.http.post(f"/api/releases{path}", json={"by": by, "why": "测试版本", **more})

    async def measured(self, release_id: str) -> httpx.Response:
        keeper = gatekeeper_of(self.settings)
        verdict = verdict_on(release_id, bank_now(), suites=keeper.suites_sha256, gates=keeper.gates_sha256)
        body = {"by": "评测机", "verdict": verdict.sealed().model_dump(mode="json")}
        return await self.http.post(f"/api/releases/{release_id}/verdict", json=body)

    async def approved(self) -> str:
        """The edited prompt, proposed by 周敏, measured and approved by 李强."""
        self.edit_the_prompt()
        release_id: str = (await self.post("", "周敏")).json()["release_id"]
        assert (await self.measured(release_id)).status_code == 200
        assert (await self.post(f"/{release_id}/approve", "李强")).status_code == 200
        return release_id


def answered(request: ChatRequest) -> str:
    return "年利率为«F1»。[1]"


@pytest.fixture
def settings(settings: Settings, tmp_path: Path) -> Settings:
    shutil.copytree(HOME / "prompts", tmp_path / "prompts")
    evals = tmp_path / "eval"
    (evals / "suites").mkdir(parents=True)
    (evals / "suites" / "ask.jsonl").write_text("{}\n", encoding="utf-8")
    (evals / "gates.yaml").write_text("floors: []\n", encoding="utf-8")
    return settings.model_copy(update={"prompts": tmp_path / "prompts", "evals": evals})


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Bank]:
    model = ScriptedChatModel(answered)
    async with open_wiring(settings, lambda engine, closing: model) as wiring:

        @asynccontextmanager
        async def given(_: Settings) -> AsyncIterator[Wiring]:
            yield wiring

        if await wiring.knowledge.live_snapshot() is None:
            await BuildsHere(wiring.stores).build(settings.corpus / "drops" / "2026-W45")
            await publish(wiring.knowledge)
        app = create_app(settings, given)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://t") as http,
        ):
            yield Bank(settings, http, wiring, model)


async def looked_up_again() -> None:
    """A process hears of a step within a second."""
    await asyncio.sleep(1.1)


async def test_an_edited_prompt_answers_nobody_before_it_is_promoted(settings: Settings) -> None:
    async with opened(settings) as bank:
        first, _ = await bank.ask()
        release_id = await bank.approved()
        await looked_up_again()
        assert await bank.ask() == (first, False)
        assert (await bank.post(f"/{release_id}/promote", "王芳")).status_code == 200
        await looked_up_again()
        assert await bank.ask() == (release_id, True)
        assert (await bank.post("/rollback", "值班")).status_code == 200
        await looked_up_again()
        assert await bank.ask() == (first, False), "the old words come from what was kept, not from the edited file"
    async with opened(settings) as again:
        assert await again.ask() == (first, False), "a restart changes nothing of it"


async def test_a_canary_answers_its_share_of_conversations_and_each_stays_with_its_release(settings: Settings) -> None:
    async with opened(settings) as bank:
        first, _ = await bank.ask()
        release_id = await bank.approved()
        assert (await bank.post(f"/{release_id}/canary", "王芳", share=0.5)).status_code == 200
        await looked_up_again()
        names = [f"C-{number}" for number in range(24)]
        drawn = {name: await bank.ask(conversation_id=name) for name in names}
        assert {(first, False), (release_id, True)} == set(drawn.values())
        assert {name: await bank.ask(conversation_id=name) for name in names} == drawn
        assert await bank.ask() == (first, False)


async def test_nothing_is_promoted_without_its_verdict(settings: Settings) -> None:
    async with opened(settings) as bank:
        bank.edit_the_prompt()
        proposed = await bank.post("", "周敏")
        assert proposed.status_code == 201
        current = (await bank.http.get("/api/releases/current")).json()
        release_id = proposed.json()["release_id"]
        assert {r["release_id"]: r["state"] for r in (await bank.http.get("/api/releases")).json()} == {
            release_id: "draft",
            current["live"]: "live",
        }
        for step, more in (("approve", {}), ("promote", {}), ("canary", {"share": 0.1})):
            refused = await bank.post(f"/{release_id}/{step}", "王芳", **more)
            assert (refused.status_code, refused.json()["code"]) == (409, "RELEASE_REFUSED"), step
        forged = verdict_on(release_id, bank_now()).sealed().model_copy(update={"run_sha256": "7" * 64})
        body = {"by": "周敏", "verdict": forged.model_dump(mode="json")}
        assert (await bank.http.post(f"/api/releases/{release_id}/verdict", json=body)).status_code == 409


async def test_a_suite_that_changed_after_the_verdict_stops_the_promotion(settings: Settings) -> None:
    async with opened(settings) as bank:
        release_id = await bank.approved()
        (settings.evals / "suites" / "ask.jsonl").write_text("{}\n{}\n", encoding="utf-8")
        refused = await bank.post(f"/{release_id}/promote", "王芳")
        assert refused.status_code == 409
        assert "评测题已更新" in refused.json()["detail"]


async def test_a_past_answer_is_replayed_with_its_release_and_snapshot(settings: Settings) -> None:
    async with opened(settings) as bank:
        answer = (await bank.http.post("/api/ask", json=QUESTION)).json()
        release_id = await bank.approved()
        await bank.post(f"/{release_id}/promote", "王芳")
        await looked_up_again()
        bank.model.requests.clear()
        found = (await bank.http.post(f"/api/answers/{answer['answer_id']}/replay")).json()
        assert found["evidence_faults"] == []
        assert found["differences"] == []
        assert found["again"]["release_id"] == answer["release_id"] != release_id
        told = "".join(m.content for request in bank.model.requests for m in request.messages)
        assert told
        assert NEW_WORDS not in told
        assert (await bank.http.get(f"/api/answers/{found['again']['answer_id']}")).status_code == 404, "not recorded"


async def test_releases_are_for_administrators(settings: Settings) -> None:
    wanted = settings.model_copy(
        update={"api": settings.api.model_copy(update={"keys": {"k": ("retail",), "a": ("admin",)}})}
    )
    async with opened(wanted) as bank:
        agent = {"Authorization": "Bearer k"}
        for path in ("/api/releases", "/api/releases/current"):
            assert (await bank.http.get(path, headers=agent)).status_code == 403
        body = json.dumps({"by": "坐席", "why": "试试"})
        assert (await bank.http.post("/api/releases/rollback", content=body, headers=agent)).status_code == 403
