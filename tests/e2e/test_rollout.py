"""A second adapter comes into the real vLLM and leaves it again while people are being answered."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from seatmate.adapters.chat import OpenAIChat
from seatmate.adapters.in_flight import CountedChat, InFlight
from seatmate.domain.errors import ModelUnavailable
from seatmate.domain.ports import ChatRequest, Message
from seatmate.prompts import Prompts
from seatmate.serving.engine import Endpoint
from seatmate.serving.lora_api import LoraApi
from seatmate.serving.rollout import Rollout, RolloutOptions
from seatmate.serving.smoke import SmokeTest
from seatmate.serving.store import AdapterRefused, AdapterStore
from seatmate.settings import HOME, EngineSettings
from tests.serving.folders import perturbed

pytestmark = [pytest.mark.engine, pytest.mark.asyncio(loop_scope="session")]

SETTINGS = EngineSettings()
ASKED = ChatRequest((Message("user", "客户问定期存款到期以后怎么办。" * 8),), 24)


class Desk:
    def __init__(self, engine: Endpoint, folder: Path) -> None:
        self.engine, self.in_flight = engine, InFlight()
        self.opened: list[OpenAIChat] = []
        self.api = LoraApi(engine.base_url, engine.api_key, sends_priority=True)
        store = AdapterStore(folder / "store", SETTINGS.model, SETTINGS.max_lora_rank)
        smoke = SmokeTest(self.api, Prompts.load(HOME / "prompts"), SETTINGS.model.name)
        options = RolloutOptions(settle_s=0.1)
        self.rollout = Rollout(self.api, store, folder / "adapters", smoke, self.in_flight.of, options)
        self.adapters = folder / "adapters"

    def chat(self, name: str) -> CountedChat:
        model = OpenAIChat(self.engine.base_url, self.engine.api_key, name)
        self.opened.append(model)
        return CountedChat(model, self.in_flight)

    async def aclose(self) -> None:
        await asyncio.gather(self.api.aclose(), *(model.aclose() for model in self.opened))


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def desk(engine: Endpoint, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Desk]:
    desk = Desk(engine, tmp_path_factory.mktemp("rollout"))
    yield desk
    await desk.aclose()


async def test_nothing_is_dropped_while_an_adapter_comes_and_goes(engine: Endpoint, desk: Desk) -> None:
    second = (await asyncio.to_thread(perturbed, SETTINGS.adapters / engine.model, desk.adapters)).name
    stop, answered = asyncio.Event(), [0]

    async def keep_asking() -> None:
        model = desk.chat(engine.model)
        while not stop.is_set():
            assert (await model.complete(ASKED)).text  # an error here is a dropped request
            answered[0] += 1

    asking = [asyncio.create_task(keep_asking()) for _ in range(2)]
    began = time.monotonic()
    loaded = await desk.rollout.load(second)
    assert second in await desk.rollout.loaded()
    last = asyncio.create_task(desk.chat(second).complete(ChatRequest(ASKED.messages, 96)))
    while not desk.in_flight.of(second):  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    drained = await desk.rollout.unload(second)
    assert last.done()
    assert (await last).text
    stop.set()
    await asyncio.gather(*asking)
    assert answered[0] >= 2
    assert await desk.rollout.loaded() == {engine.model}
    with pytest.raises(ModelUnavailable, match="404"):
        await desk.chat(second).complete(ASKED)
    print(f"{answered[0]} answered in {time.monotonic() - began:.1f} s; {loaded}; drained in {drained:.2f} s")


async def test_an_adapter_that_changes_nothing_is_found_out(engine: Endpoint, desk: Desk) -> None:
    nothing = await asyncio.to_thread(perturbed, SETTINGS.adapters / engine.model, desk.adapters, zero=True)
    with pytest.raises(AdapterRefused, match="changes nothing"):
        await desk.rollout.load(nothing.name)
    assert nothing.name not in await desk.rollout.loaded()
