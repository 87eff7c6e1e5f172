"""Into a running server and out again, over a real socket: tested before it is routed to, and nothing is dropped."""

import asyncio
import hashlib
import json
import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import httpx
import pytest

from seatmate.adapters.chat import OpenAIChat
from seatmate.adapters.in_flight import CountedChat, InFlight
from seatmate.domain.errors import ModelUnavailable, NotFound
from seatmate.domain.ports import ChatModel, ChatRequest, Message
from seatmate.prompts import Prompts
from seatmate.serving.door import KeyedDoor
from seatmate.serving.engine import engine_command
from seatmate.serving.lora_api import LoraApi, busy_adapters
from seatmate.serving.registry import read_adapter
from seatmate.serving.rollout import Rollout, RolloutOptions, StillBusy
from seatmate.serving.smoke import SmokeTest, fault_of, smoke_requests
from seatmate.serving.store import AdapterRefused, AdapterStore
from seatmate.settings import HOME, EngineSettings
from seatmate.testing.chat_contract import REPLY, ChatModelContract
from seatmate.testing.models import ScriptedChatModel
from seatmate.testing.openai_server import Body, OpenAIServer, Trouble
from tests.serving.folders import make_adapter

PROMPTS = Prompts.load(HOME / "prompts")
BASE = "tiny"
QUICK = RolloutOptions(settle_s=0.05, drain_s=2.0, poll_s=0.02)
SUMMARY = (
    '{"intents":[],"situation":[],"action":[],"commitments":[],"follow_ups":[],"objections":[],"risk_notes":[],'
    '"outcome":{"s":"resolved","u":[1]},"begin":"neutral","end":"neutral"}'
)


def replied(body: Body) -> str:
    """What a good adapter says, and what its base says."""
    form = body.get("response_format", {}).get("json_schema", {}).get("name")
    if form == "quotes":
        return SUMMARY if body["model"] == BASE else SUMMARY.replace("resolved", "unresolved")
    return '{"facts":[]}' if form else "年利率为«F1»。[1]"


class Desk:
    """A rollout over a server that a test can spoil."""

    def __init__(self, tmp_path: Path, base: Path, adapters: Path, server: OpenAIServer) -> None:
        self.server = server
        self.base, self.adapters = base, adapters
        self.store = AdapterStore(tmp_path / "store", base, max_rank=16)
        self.in_flight = InFlight()
        self.opened: list[OpenAIChat] = []
        self.api = LoraApi(server.base_url, "k")
        self.rollout = self.another()

    def another(self, options: RolloutOptions = QUICK, smoke_s: float = 20.0) -> Rollout:
        """As a process that has just been started makes one."""
        smoke = SmokeTest(self.api, PROMPTS, BASE, smoke_s)
        return Rollout(self.api, self.store, self.adapters, smoke, self.in_flight.of, options)

    def adapter(self, weights: bytes = b"1", **more: object) -> str:
        return make_adapter(self.adapters, self.base, weights=weights, **more).name  # type: ignore[arg-type]

    @property
    def loaded(self) -> set[str]:
        return set(self.server.loras or {})

    def asked(self, path: str = "lora_name") -> int:
        return sum(path in body for body in self.server.bodies)


@pytest.fixture
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer(replied, api_key="k", models=(BASE,), loras={}) as server:
        yield server


@pytest.fixture
async def desk(tmp_path: Path, base: Path, adapters: Path, server: OpenAIServer) -> AsyncIterator[Desk]:
    desk = Desk(tmp_path, base, adapters, server)
    yield desk
    await asyncio.gather(desk.api.aclose(), *(model.aclose() for model in desk.opened))


async def test_a_good_adapter_is_loaded_from_the_store_and_tested(desk: Desk) -> None:
    name = desk.adapter()
    loaded = await desk.rollout.load(name)
    assert loaded.load_s > 0
    assert loaded.smoke_s > 0
    assert await desk.rollout.loaded() == {name}
    assert Path((desk.server.loras or {})[name]) == desk.store.kept(name).path, "never the folder it came from"
    asked = [body["model"] for body in desk.server.bodies if "messages" in body]
    assert {name, BASE} == set(asked)
    assert all(body["temperature"] == 0 and body["n"] == 1 for body in desk.server.bodies if "messages" in body)


async def test_loaded_again_it_is_not_reloaded(desk: Desk) -> None:
    name = desk.adapter()
    await desk.rollout.load(name)
    again = await desk.rollout.load(name)
    assert again.load_s == again.smoke_s == 0
    assert desk.asked() == 1
    assert not any("load_inplace" in body for body in desk.server.bodies)


async def test_a_name_that_is_loaded_from_elsewhere_is_not_taken_for_ours(desk: Desk) -> None:
    name = desk.adapter()
    assert desk.server.loras is not None
    desk.server.loras[name] = "/tmp/anything"
    with pytest.raises(AdapterRefused, match="not from the store"):
        await desk.rollout.load(name)


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (lambda body: "" if body["model"] != BASE else replied(body), "the reply is empty"),
        (lambda body: "无关的话" if body["model"] != BASE else replied(body), "names no source"),
        (lambda body: "[1]好" * 500, "does not end within 96 tokens"),
        (lambda body: "[1]" if "response_format" not in body else "{", "the reply is not JSON"),
        (lambda body: "[1]" if "response_format" not in body else '{"a":1}', "lacks"),
        (lambda body: replied({**body, "model": BASE}), "every reply is the base model's"),
    ],
)
async def test_an_adapter_that_fails_its_smoke_test_is_taken_out(
    desk: Desk, said: Callable[[Body], str], why: str
) -> None:
    desk.server.reply = said
    with pytest.raises(AdapterRefused, match=why):
        await desk.rollout.load(desk.adapter())
    assert desk.loaded == set()
    assert desk.store.held() == frozenset()


async def test_replies_that_the_card_tells_are_wanted_exactly(desk: Desk) -> None:
    told = {"ask/answer": hashlib.sha256("年利率为«F1»。[1]".encode()).hexdigest()}
    right = desk.adapter(card={"replies_sha256": told})
    wrong = desk.adapter(b"2", card={"replies_sha256": {"ask/answer": "0" * 64}})
    gone = desk.adapter(b"3", card={"replies_sha256": {"ask/unknown": "0" * 64}})
    await desk.rollout.load(right)
    for name in (wrong, gone):
        with pytest.raises(AdapterRefused, match="not the reply that its card tells"):
            await desk.rollout.load(name)
    assert desk.loaded == {right}


async def test_a_refusal_by_the_server_leaves_nothing_and_says_its_words(desk: Desk) -> None:
    refusal = b'{"error":{"message":"LoRA rank 64 is greater than max_lora_rank 16."}}'
    desk.server.fail_with(Trouble(status=500, body=refusal))
    with pytest.raises(AdapterRefused, match="LoRA rank 64 is greater"):
        await desk.rollout.load(desk.adapter())
    assert desk.loaded == set()


async def test_a_server_that_hangs_is_not_waited_for_for_ever(desk: Desk) -> None:
    name, impatient = desk.adapter(), LoraApi(desk.server.base_url, "k", load_s=0.5)
    desk.server.fail_with(Trouble(wait_s=1.5))
    with pytest.raises(ModelUnavailable, match="in time"):
        await impatient.load(name, desk.store.adopt(desk.adapters / name).path)
    await impatient.aclose()


async def test_one_that_came_in_late_is_tested_before_it_counts_as_loaded(desk: Desk) -> None:
    """The server was slow, the load was given up, and then it was loaded after all."""
    name, asked = desk.adapter(), lambda: sum("messages" in body for body in desk.server.bodies)
    assert desk.server.loras is not None
    desk.server.loras[name] = str(desk.store.adopt(desk.adapters / name).path)
    await desk.rollout.load(name)
    before = asked()
    assert before > 0
    await desk.rollout.load(name)
    assert asked() == before, "once is enough"
    late = desk.another()
    await late.reconcile({name}, set())
    await late.load(name)
    assert asked() == before, "what is in traffic was tested before it came there: a rollback must be quick"


async def test_a_smoke_test_that_takes_too_long_is_a_failed_one(desk: Desk) -> None:
    desk.server.fail_with(Trouble(), Trouble(wait_s=1.0))
    with pytest.raises(AdapterRefused, match=r"took more than 0 s"):
        await desk.another(smoke_s=0.3).load(desk.adapter())
    assert desk.loaded == set()


async def test_who_gives_up_in_the_middle_leaves_nothing_half_loaded(desk: Desk) -> None:
    desk.server.fail_with(Trouble(), Trouble(wait_s=1.0))
    loading = asyncio.create_task(desk.rollout.load(desk.adapter()))
    await until(lambda: bool(desk.loaded))
    loading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await loading
    assert desk.loaded == set()
    assert not desk.rollout.is_busy


async def test_a_bad_folder_never_reaches_the_server(desk: Desk) -> None:
    name = desk.adapter(use_dora=True)
    for bad in (name, "bank@000000000000", "../../etc", "bank"):
        with pytest.raises((AdapterRefused, NotFound)):
            await desk.rollout.load(bad)
    assert desk.server.bodies == []


async def until(holds: Callable[[], bool]) -> None:
    for _ in range(1_000):
        if holds():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came to that")


def chat(desk: Desk, name: str) -> CountedChat:
    return CountedChat(elsewhere_chat(desk, name), desk.in_flight)


def elsewhere_chat(desk: Desk, name: str) -> OpenAIChat:
    """As another process asks: nobody here counts it."""
    model = OpenAIChat(desk.server.base_url, "k", name)
    desk.opened.append(model)
    return model


SLOW = ChatRequest((Message("user", "问"),), 2_000)


async def test_an_adapter_is_unloaded_when_its_last_request_has_ended(desk: Desk) -> None:
    name = desk.adapter()
    await desk.rollout.load(name)
    desk.server.reply, desk.server.chunk_pause_s = lambda body: "答" * 60, 0.01
    model = chat(desk, name)
    streams = [asyncio.create_task(_whole(model)) for _ in range(5)]
    await until(lambda: desk.in_flight.of(name) == 5)
    took = await desk.rollout.unload(name)
    assert all(stream.done() for stream in streams)
    assert [await stream for stream in streams] == ["答" * 60] * 5
    assert took > QUICK.settle_s
    assert desk.loaded == set()
    assert desk.in_flight.of(name) == 0


async def test_requests_of_another_process_are_waited_for_too(desk: Desk) -> None:
    name = desk.adapter()
    await desk.rollout.load(name)
    desk.server.reply, desk.server.chunk_pause_s = lambda body: "答" * 60, 0.01
    elsewhere = asyncio.create_task(_whole(elsewhere_chat(desk, name)))
    await until(lambda: desk.server.answering[name] > 0)
    await desk.rollout.unload(name)
    assert elsewhere.done()
    assert await elsewhere == "答" * 60


async def _whole(model: ChatModel) -> str:
    return "".join([delta.text async for delta in model.stream(SLOW)])


async def test_an_adapter_that_goes_on_answering_stays_loaded(desk: Desk) -> None:
    name = desk.adapter()
    rollout = desk.another(RolloutOptions(settle_s=0.01, drain_s=0.2, poll_s=0.02))
    await rollout.load(name)
    with desk.in_flight.counted(name), pytest.raises(StillBusy, match="stays loaded"):
        await rollout.unload(name)
    assert desk.loaded == {name}
    await rollout.unload(name)
    assert desk.loaded == set()


async def test_a_stream_that_is_left_early_is_counted_to_its_end(desk: Desk) -> None:
    name = desk.adapter()
    await desk.rollout.load(name)
    desk.server.reply, desk.server.chunk_pause_s = lambda body: "答" * 600, 0.005
    deltas = chat(desk, name).stream(SLOW)
    assert (await anext(deltas)).text == "答"
    assert desk.in_flight.of(name) == 1
    await deltas.aclose()  # type: ignore[attr-defined]
    assert desk.in_flight.of(name) == 0


async def test_after_a_restart_of_the_engine_what_is_wanted_is_loaded_again(desk: Desk) -> None:
    live, canary, before = desk.adapter(b"1"), desk.adapter(b"2"), desk.adapter(b"3")
    wanted = {live, canary, before}
    first = await desk.rollout.reconcile(wanted, {live})
    assert set(first.loaded) == wanted
    assert desk.server.loras is not None
    desk.server.loras.clear()
    shutil.rmtree(desk.adapters / live)  # what is in traffic does not depend on where it came from
    done = await desk.another().reconcile(wanted, set())
    assert set(done.loaded) == wanted == desk.loaded
    assert not done.failed


async def test_what_nobody_needs_is_unloaded_and_what_somebody_holds_stays(desk: Desk) -> None:
    live, held, old = desk.adapter(b"1"), desk.adapter(b"2"), desk.adapter(b"3")
    await desk.rollout.load(held)
    await desk.rollout.reconcile({live, old}, set())
    done = await desk.rollout.reconcile({live}, {"tiny"})
    assert done.unloaded == (old,)
    assert desk.loaded == {live, held}
    assert (desk.store.kept(old)).faults == (), "its folder is never removed"
    await desk.rollout.unload(held)
    assert desk.loaded == {live}


async def test_what_somebody_holds_outlives_a_restart_of_either_side(desk: Desk) -> None:
    held = desk.adapter()
    await desk.rollout.load(held)
    again = desk.another()
    assert not (await again.reconcile(set(), set())).unloaded
    assert desk.server.loras is not None
    desk.server.loras.clear()
    assert (await again.reconcile(set(), set())).loaded == (held,)
    await again.unload(held)
    assert not (await desk.another().reconcile(set(), set())).loaded


async def test_two_processes_that_load_the_same_do_not_take_it_from_each_other(desk: Desk) -> None:
    name, other = desk.adapter(), desk.another()
    done = await asyncio.gather(desk.rollout.reconcile({name}, set()), other.reconcile({name}, set()))
    assert not any(each.failed for each in done)
    assert desk.loaded == {name}


async def test_an_adapter_that_only_the_server_refuses_is_not_a_bad_one(desk: Desk) -> None:
    desk.server.fail_with(Trouble(status=500, body=b'{"error":{"message":"EngineDeadError"}}'))
    name = desk.adapter()
    done = await desk.rollout.reconcile({name}, set())
    assert name in done.failed
    assert done.refused == frozenset()
    assert (await desk.rollout.reconcile({name}, set())).loaded == (name,)


async def test_one_that_fails_does_not_keep_the_others_out(desk: Desk) -> None:
    good, bad = desk.adapter(b"1"), desk.adapter(b"2", use_dora=True)
    done = await desk.rollout.reconcile({good, bad, "bank@000000000000"}, set())
    assert done.loaded == (good,)
    assert set(done.failed) == done.refused == {bad, "bank@000000000000"}


async def test_an_adapter_changed_in_the_store_is_not_loaded_again(desk: Desk) -> None:
    name = desk.adapter()
    kept = desk.store.adopt(desk.adapters / name)
    config = kept.path / "adapter_config.json"
    config.chmod(0o644)
    config.write_text(config.read_text().replace("16", "15"))
    done = await desk.rollout.reconcile({name}, set())
    assert "was changed" in done.failed[name]
    assert desk.loaded == set()


async def test_load_and_unload_take_turns(desk: Desk) -> None:
    names = [desk.adapter(bytes([n])) for n in range(1, 5)]
    await asyncio.gather(*(desk.rollout.load(name) for name in names), *(desk.rollout.load(names[0]) for _ in range(3)))
    assert desk.loaded == set(names)
    assert desk.asked() == 4


def test_the_newest_row_of_the_metrics_tells_who_is_busy() -> None:
    def gauge(running: str, waiting: str, at: float) -> str:
        labels = f'max_lora="3",running_lora_adapters="{running}",waiting_lora_adapters="{waiting}"'
        return f"vllm:lora_requests_info{{{labels}}} {at}\n"

    rows = gauge("bank@a", "", 1.5e9) + gauge("bank@b", "bank@c", 1.6e9)
    assert busy_adapters('vllm:num_requests_running{engine="0"} 1.0\n' + rows) == {"bank@b", "bank@c"}
    assert busy_adapters('vllm:num_requests_running{engine="0"} 0.0\n' + rows) == frozenset()
    assert busy_adapters("") == frozenset()


def test_a_reply_is_held_against_its_schema() -> None:
    request = smoke_requests(PROMPTS)["aftercall/quotes"]
    assert fault_of(SUMMARY, True, request) == ""
    spoiled: tuple[dict[str, object], ...] = (
        {"outcome": None},
        {"begin": "glad"},
        {"intents": [{}] * 9},
        {"more": 1},
        {"action": ["1"]},
    )
    for spoil in spoiled:
        assert fault_of(json.dumps(json.loads(SUMMARY) | spoil), True, request)


# ── the engine's side ──────────────────────────────────────────────────────────────────────────────────────────────


def test_an_engine_takes_adapters_at_run_time_only_behind_our_door(base: Path, adapters: Path, tmp_path: Path) -> None:
    adapter = read_adapter(make_adapter(adapters, base), base, max_rank=16)
    settings = EngineSettings(model=base, adapters=adapters, python=tmp_path / "bin" / "python")
    without = engine_command(settings, adapter, "key", tmp_path / "log", tmp_path / "pid")
    assert "VLLM_ALLOW_RUNTIME_LORA_UPDATING" not in without.env
    (tmp_path / "lib/python3.11/site-packages/seatmate-0.1.0.dist-info").mkdir(parents=True)
    command = engine_command(settings, adapter, "key", tmp_path / "log", tmp_path / "pid")
    argv = list(command.argv)
    assert command.env["VLLM_ALLOW_RUNTIME_LORA_UPDATING"] == "1"
    assert command.env["VLLM_PLUGINS"] == ""
    assert argv[argv.index("--middleware") + 1] == "seatmate.serving.door.KeyedDoor"
    assert argv[argv.index("--host") + 1] == "127.0.0.1"
    assert (argv[argv.index("--max-loras") + 1], argv[argv.index("--max-cpu-loras") + 1]) == ("3", "6")
    assert not any("resolver" in word for word in (*argv, *command.env))
    alone = engine_command(settings, None, "key", tmp_path / "log", tmp_path / "pid")
    assert "VLLM_ALLOW_RUNTIME_LORA_UPDATING" not in alone.env


def test_loading_is_for_engines_on_loopback() -> None:
    assert EngineSettings(loads_adapters=True, base_url="http://127.0.0.1:8601/v1").loads_adapters
    with pytest.raises(ValueError, match="LOADS_ADAPTERS is for an engine on loopback"):
        EngineSettings(loads_adapters=True, base_url="http://vllm.bank.internal:8000/v1")


ROUTES = (
    ("POST", "/adapters"), ("DELETE", "/adapters/bank"), ("POST", "/invocations"), ("POST", "/v1/load_lora_adapter"),
    ("POST", "/pause"), ("GET", "/metrics"), ("OPTIONS", "/adapters"), ("GET", "/ping"), ("POST", "/health"),
    ("GET", "/health/"), ("GET", "//health"), ("GET", "/v1/models"),
)  # fmt: skip


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_the_door_lets_nobody_in_without_the_key(monkeypatch: pytest.MonkeyPatch, method: str, path: str) -> None:
    monkeypatch.setenv("VLLM_API_KEY", "the-key")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(KeyedDoor(_inside)), base_url="http://t") as http:  # type: ignore[arg-type]
        for headers in (
            {},
            {"Authorization": "the-key"},
            {"Authorization": "Bearer "},
            {"Authorization": "Bearer the-keys"},
            {"Authorization": "bearer the-key"},
            [("Authorization", "Bearer the-key"), ("Authorization", "Bearer x")],
        ):
            assert (await http.request(method, path, headers=headers)).status_code == 401
        assert (await http.request(method, path, headers={"Authorization": "Bearer the-key"})).status_code == 200
        assert (await http.get("/health")).status_code == 200


async def test_a_door_without_a_key_lets_nobody_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VLLM_API_KEY", "")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(KeyedDoor(_inside)), base_url="http://t") as http:  # type: ignore[arg-type]
        for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": ""}):
            assert (await http.post("/adapters", headers=headers)).status_code == 401


async def _inside(scope: object, receive: object, send: Callable[[dict[str, object]], object]) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})  # type: ignore[misc]
    await send({"type": "http.response.body", "body": b""})  # type: ignore[misc]


class TestCountedChat(ChatModelContract):
    @pytest.fixture
    def model(self) -> ChatModel:
        return CountedChat(ScriptedChatModel(lambda _: REPLY), InFlight())
