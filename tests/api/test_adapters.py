"""Adapters through the platform's door, over a model server on a real socket; and a canary that ends by itself."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from seatmate.api.app import create_app
from seatmate.domain.releases import ReleaseState
from seatmate.ingest.flow import BuildsHere, publish
from seatmate.settings import Settings
from seatmate.testing.openai_server import Body, OpenAIServer
from seatmate.testing.releases import verdict_on
from seatmate.wiring import bank_now
from seatmate.wiring.api import Wiring, open_wiring
from seatmate.wiring.releases import gatekeeper_of
from tests.serving.folders import make_adapter, make_base
from tests.serving.test_rollout import replied

QUESTION = {"question": "整存整取一年期年利率是多少？"}


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer(_reply, api_key="k", models=("tiny",), loras={}) as server:
        yield server


def _reply(body: Body) -> str:
    return replied({**body, "model": "tiny" if body["model"] == "tiny" else "adapter"})


@pytest.fixture
def settings(settings: Settings, tmp_path: Path, server: OpenAIServer) -> Settings:
    base = make_base(tmp_path / "tiny")
    (tmp_path / "adapters").mkdir()
    first = make_adapter(tmp_path / "adapters", base, weights=b"first")
    evals = tmp_path / "eval"
    (evals / "suites").mkdir(parents=True)
    (evals / "suites" / "ask.jsonl").write_text("{}\n", encoding="utf-8")
    (evals / "gates.yaml").write_text("floors: []\n", encoding="utf-8")
    engine = {
        "model": base,
        "adapters": tmp_path / "adapters",
        "base_url": server.base_url,
        "api_key": SecretStr("k"),
        "served_model": first.name,
        "loads_adapters": True,
    }
    return settings.model_copy(
        update={
            "evals": evals,
            "engine": settings.engine.model_copy(update=engine),
            "releases": settings.releases.model_copy(update={"stand_down_min_answers": 8}),
        }
    )


class Bank:
    def __init__(self, settings: Settings, http: httpx.AsyncClient, wiring: Wiring) -> None:
        self.settings, self.http, self.wiring = settings, http, wiring

    async def post(self, path: str, **body: Any) -> httpx.Response:
        return await self.http.post(path, json=body)

    async def step(self, path: str, by: str, **more: Any) -> httpx.Response:
        return await self.post(f"/api/releases{path}", by=by, why="测试适配器", **more)

    async def shown(self) -> dict[str, dict[str, Any]]:
        return {a["name"]: a for a in (await self.http.get("/api/adapters")).json()["adapters"]}

    async def approved(self, adapter: str) -> str:
        release_id: str = (await self.step("", "周敏", adapter=adapter)).json()["release_id"]
        keeper = gatekeeper_of(self.settings)
        verdict = verdict_on(release_id, bank_now(), suites=keeper.suites_sha256, gates=keeper.gates_sha256)
        given = {"by": "评测机", "verdict": verdict.sealed().model_dump(mode="json")}
        assert (await self.http.post(f"/api/releases/{release_id}/verdict", json=given)).status_code == 200
        assert (await self.step(f"/{release_id}/approve", "李强")).status_code == 200
        return release_id

    async def ask(self, conversation_id: str | None = None) -> dict[str, Any]:
        body = QUESTION if conversation_id is None else QUESTION | {"conversation_id": conversation_id}
        answer: dict[str, Any] = (await self.http.post("/api/ask", json=body)).json()
        return answer

    async def answered_by(self, release_id: str) -> None:
        """A process hears of a step within a second, and goes on with the old release while it opens the new one."""
        for _ in range(400):
            if (await self.ask())["release_id"] == release_id:
                return
            await asyncio.sleep(0.05)
        raise AssertionError(f"{release_id} never answered")

    def new_adapter(self) -> str:
        engine = self.settings.engine
        return make_adapter(engine.adapters, engine.model, weights=b"second").name


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Bank]:
    async with open_wiring(settings) as wiring:

        @asynccontextmanager
        async def given(_: Settings) -> AsyncIterator[Wiring]:
            yield wiring

        await BuildsHere(wiring.stores).build(settings.corpus / "drops" / "2026-W45")
        await publish(wiring.knowledge)
        app = create_app(settings, given)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://t", timeout=60) as http,
        ):
            yield Bank(settings, http, wiring)


async def until(holds: Callable[[], bool]) -> None:
    for _ in range(1_500):
        if holds():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never came to that")


async def test_what_answers_is_loaded_after_every_restart_of_the_engine(
    settings: Settings, server: OpenAIServer
) -> None:
    assert server.loras is not None
    async with opened(settings) as bank:
        await until(lambda: bool(server.loras))
        assert (await bank.ask())["status"] == "grounded"
        server.loras.clear()
        await until(lambda: bool(server.loras))
        assert set(server.loras) == {settings.engine.served_model}
        shown = (await bank.shown())[settings.engine.served_model or ""]
        assert shown["is_kept"]
        assert shown["is_loaded"]
        assert shown["is_wanted"]


async def test_an_adapter_goes_into_traffic_with_its_release_and_out_with_it(
    settings: Settings, server: OpenAIServer
) -> None:
    async with opened(settings) as bank:
        await until(lambda: bool(server.loras))
        second = bank.new_adapter()
        loaded = await bank.post(f"/api/adapters/{second}/load")
        assert loaded.status_code == 200, loaded.text
        assert loaded.json()["smoke_s"] > 0
        release_id = await bank.approved(second)
        first = (await bank.ask())["release_id"]
        assert first != release_id
        assert (await bank.step(f"/{release_id}/promote", "王芳")).status_code == 200
        await bank.answered_by(release_id)
        answer = await bank.ask()
        assert (answer["release_id"], answer["status"]) == (release_id, "grounded")
        assert server.bodies[-1]["model"] == second
        refused = await bank.post(f"/api/adapters/{settings.engine.served_model}/unload")
        assert refused.status_code == 409, "a rollback must find it loaded"
        assert (await bank.step("/rollback", "值班")).status_code == 200
        await bank.answered_by(first)
        assert (await bank.post(f"/api/adapters/{second}/unload")).status_code == 200
        assert set(server.loras or {}) == {settings.engine.served_model}


async def test_a_release_whose_adapter_fails_its_smoke_test_gets_no_traffic(
    settings: Settings, server: OpenAIServer
) -> None:
    async with opened(settings) as bank:
        await until(lambda: bool(server.loras))
        second = bank.new_adapter()
        release_id = await bank.approved(second)
        server.reply = lambda body: "" if body["model"] == second else _reply(body)
        for step, more in (("canary", {"share": 0.5}), ("promote", {})):
            refused = await bank.step(f"/{release_id}/{step}", "王芳", **more)
            assert refused.status_code == 409
            assert "the reply is empty" in refused.json()["detail"]
        assert set(server.loras or {}) == {settings.engine.served_model}


async def test_a_canary_that_answers_badly_is_ended_and_its_adapter_leaves(
    settings: Settings, server: OpenAIServer
) -> None:
    async with opened(settings) as bank:
        await until(lambda: bool(server.loras))
        second = bank.new_adapter()
        release_id = await bank.approved(second)
        assert (await bank.step(f"/{release_id}/canary", "王芳", share=0.5)).status_code == 200
        await asyncio.sleep(1.1)
        # From now on it makes figures up: the checks show no agent any of it, and count.
        server.reply = lambda body: "年利率为9.99%。[1]" if body["model"] == second else _reply(body)
        live: str = (await bank.http.get("/api/releases/current")).json()["live"]
        for number in range(60):
            answer = await bank.ask(f"C-{number}")
            assert "9.99" not in answer["text"]
            if (await bank.wiring.releases.release(release_id)).state is ReleaseState.RETIRED:
                break
            await asyncio.sleep(0.05)
        record = await bank.wiring.releases.release(release_id)
        assert record.state is ReleaseState.RETIRED
        assert record.steps[-1].by == "autopilot"
        assert "有句子未通过核对" in record.steps[-1].why
        await asyncio.sleep(1.1)
        assert {(await bank.ask(f"C-{number}"))["release_id"] for number in range(20)} == {live}
        await until(lambda: second not in (server.loras or {}))
        assert set(server.loras or {}) == {settings.engine.served_model}


async def test_a_canary_whose_adapter_was_spoiled_is_ended(settings: Settings, server: OpenAIServer) -> None:
    async with opened(settings) as bank:
        await until(lambda: bool(server.loras))
        second = bank.new_adapter()
        release_id = await bank.approved(second)
        assert (await bank.step(f"/{release_id}/canary", "王芳", share=0.1)).status_code == 200
        (config,) = (settings.var / "adapter-store" / second).glob("*/adapter_config.json")
        config.chmod(0o644)
        config.write_text(config.read_text().replace("16", "17"))
        assert server.loras is not None
        server.loras.clear()  # the engine restarts
        for _ in range(200):
            record = await bank.wiring.releases.release(release_id)
            if record.state is ReleaseState.RETIRED:
                break
            await asyncio.sleep(0.05)
        assert record.state is ReleaseState.RETIRED
        assert "was changed after it was kept" in record.steps[-1].why
        assert set(server.loras) == {settings.engine.served_model}


async def test_a_bad_folder_is_shown_with_its_faults_and_refused(settings: Settings, server: OpenAIServer) -> None:
    engine = settings.engine
    bad = make_adapter(engine.adapters, engine.model, weights=b"bad", use_dora=True).name
    async with opened(settings) as bank:
        assert "DoRA" in (await bank.shown())[bad]["faults"][0]
        for step in ("check", "load"):
            refused = await bank.post(f"/api/adapters/{bad}/{step}")
            assert (refused.status_code, refused.json()["code"]) == (422, "ADAPTER_REFUSED")
        for name in ("..", "bank", "bank@XYZ", "..%2F..%2Fetc", "bank@000000000000%0a", "%2Fetc"):
            assert (await bank.post(f"/api/adapters/{name}/load")).status_code in (404, 422), name
        assert (await bank.post("/api/adapters/bank@000000000000/load")).status_code == 404
    assert bad not in (server.loras or {})


ENGINES_OWN = (
    ("POST", "/adapters"), ("DELETE", "/adapters/bank"), ("GET", "/adapters"), ("POST", "/invocations"),
    ("POST", "/v1/load_lora_adapter"), ("POST", "/v1/unload_lora_adapter"), ("POST", "/pause"), ("POST", "/resume"),
    ("POST", "/tokenize"), ("GET", "/ping"), ("POST", "/v1/completions"), ("POST", "/collective_rpc"),
    ("POST", "/sleep"),
    ("POST", "/v1/embeddings"), ("POST", "/score"), ("GET", "/version"), ("POST", "/inference/v1/generate"),
)  # fmt: skip


async def test_no_route_of_the_engines_own_is_forwarded(settings: Settings, server: OpenAIServer) -> None:
    async with opened(settings) as bank:
        await until(lambda: bool(server.loras))
        before = len(server.bodies)
        for method, path in ENGINES_OWN:
            body = json.dumps({"name": "x", "src": "/tmp", "lora_name": "x", "lora_path": "/tmp", "load_inplace": True})
            reply = await bank.http.request(method, path, content=body)
            assert reply.status_code in (404, 405), (method, path)
        assert len(server.bodies) == before


async def test_adapters_are_for_administrators(settings: Settings) -> None:
    wanted = settings.model_copy(
        update={"api": settings.api.model_copy(update={"keys": {"k": ("retail",), "a": ("admin",)}})}
    )
    async with opened(wanted) as bank:
        agent = {"Authorization": "Bearer k"}
        assert (await bank.http.get("/api/adapters", headers=agent)).status_code == 403
        for step in ("check", "load", "unload"):
            path = f"/api/adapters/{settings.engine.served_model}/{step}"
            assert (await bank.http.post(path, headers=agent)).status_code == 403


async def test_an_engine_of_somebody_elses_is_left_alone(settings: Settings, server: OpenAIServer) -> None:
    theirs = settings.model_copy(update={"engine": settings.engine.model_copy(update={"loads_adapters": False})})
    async with opened(theirs) as bank:
        refused = await bank.post(f"/api/adapters/{settings.engine.served_model}/load")
        assert refused.status_code == 409
        await asyncio.sleep(0.2)
    assert server.loras == {}
    assert not any("lora_name" in body for body in server.bodies)


async def test_an_engine_with_merged_weights_takes_no_other_adapter(settings: Settings, server: OpenAIServer) -> None:
    engine = settings.engine.model_copy(update={"loads_adapters": False, "merged": True})
    async with opened(settings.model_copy(update={"engine": engine})) as bank:
        installed, other = str(engine.served_model), bank.new_adapter()
        refused = await bank.post(f"/api/adapters/{other}/load")
        assert refused.status_code == 409
        assert f"并入基座的 {installed}" in refused.json()["detail"]
        assert "SEATMATE_ENGINE__MERGED" in refused.json()["detail"]
        release_id = await bank.approved(other)
        for step, more in (("canary", {"share": 0.2}), ("promote", {})):
            refused = await bank.step(f"/{release_id}/{step}", "王芳", **more)
            assert refused.status_code == 409
            assert f"不能改用 {other}" in refused.json()["detail"]
        assert (await bank.ask())["release_id"] == bank.wiring.installation.release.release_id
    assert not any("lora_name" in body for body in server.bodies)
