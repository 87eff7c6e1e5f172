"""Adapters of an engine of ours, and what watches over them: the parts of serving/rollout, and the autopilot.

The autopilot looks once a second: a canary whose answers are worse than live's, or whose adapter may not be served, is
ended; adapters that a restarted engine has lost are loaded again; those that no release needs any more are drained and
unloaded. It runs in the API, which alone knows the answers, and only where the engine is ours may it load anything.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from seatmate.adapters.in_flight import InFlight
from seatmate.domain.errors import SeatmateError
from seatmate.domain.release_ports import Releases
from seatmate.domain.releases import ReleaseState
from seatmate.domain.stand_down import AUTOPILOT, StandDownRule
from seatmate.prompts import Prompts
from seatmate.release.breaker import Breaker
from seatmate.release.flow import ReleaseFlow
from seatmate.serving.lora_api import LoraApi
from seatmate.serving.registry import is_adapter_name
from seatmate.serving.rollout import Reconciled, Rollout, RolloutOptions
from seatmate.serving.smoke import SmokeTest
from seatmate.serving.store import AdapterStore
from seatmate.settings import ReleaseSettings, Settings
from seatmate.wiring import bank_now
from seatmate.wiring.model import model_address
from seatmate.wiring.releases import Routes

log = logging.getLogger(__name__)

_AGAIN_S = 10.0
"""To check an adapter reads all of it: what failed is not tried again every second."""
_UNDER_WAY = (
    ReleaseState.DRAFT,
    ReleaseState.EVALUATED,
    ReleaseState.APPROVED,
    ReleaseState.CANARY,
    ReleaseState.LIVE,
)


def open_rollout(
    settings: Settings, in_flight: InFlight, closing: AsyncExitStack, options: RolloutOptions | None = None
) -> Rollout | None:
    """None: the engine is not ours to load anything into."""
    engine = settings.engine
    if not engine.loads_adapters:
        return None
    base_url, key, _ = model_address(engine)
    api = LoraApi(base_url, key, sends_priority=engine.sends_priority)
    closing.push_async_callback(api.aclose)
    return Rollout(
        api,
        store_of(settings),
        engine.adapters,
        SmokeTest(api, Prompts.load(settings.prompts), engine.model.name),
        in_flight.of,
        options or RolloutOptions(),
    )


def breaker_of(wanted: ReleaseSettings) -> Breaker:
    window = timedelta(seconds=wanted.stand_down_window_s)
    return Breaker(bank_now, StandDownRule(window, wanted.stand_down_min_answers, wanted.stand_down_margin))


def store_of(settings: Settings) -> AdapterStore:
    """Where an engine of ours reads adapters (serving/engine)."""
    return AdapterStore(settings.var / "adapter-store", settings.engine.model, settings.engine.max_lora_rank)


@dataclass(frozen=True)
class Needed:
    """Adapters by name. `wanted` must be loaded, `may_stay` need not be taken out, `canary` is among the wanted."""

    wanted: frozenset[str]
    may_stay: frozenset[str]
    canary: str | None = None
    canary_release: str | None = None


async def needed_adapters(flow: ReleaseFlow, releases: Releases, installed: str) -> Needed:
    """Wanted: of live, canary and the release before. May stay: of releases on their way, and what was installed."""
    reach = await flow.within_reach()
    under_way = await releases.releases(*_UNDER_WAY)
    canary = next((record for record in reach if record.state is ReleaseState.CANARY), None)
    return Needed(
        frozenset(r.parts.adapter for r in reach if is_adapter_name(r.parts.adapter)),
        frozenset({installed, *(record.parts.adapter for record in under_way)}),
        canary.parts.adapter if canary else None,
        canary.release_id if canary else None,
    )


@dataclass
class Autopilot:
    """One look after the other; `trouble` says what the last one could not mend."""

    flow: ReleaseFlow
    releases: Releases
    routes: Routes
    installed: str
    """The adapter that this installation was started with."""
    breaker: Breaker
    rollout: Rollout | None
    trouble: str = ""
    _not_before: float = float("-inf")

    async def look_at_answers(self) -> None:
        routing = self.routes.known
        if routing is not None and routing.canary and (why := self.breaker.tripped(routing)):
            await self._end(routing.canary, why)

    async def look_at_adapters(self) -> None:
        if (rollout := self.rollout) is None:
            return
        if rollout.is_busy or time.monotonic() < self._not_before:
            return
        needed = await needed_adapters(self.flow, self.releases, self.installed)
        done = await rollout.reconcile(needed.wanted, needed.may_stay)
        self._tell(done)
        if done.failed:
            self._not_before = time.monotonic() + _AGAIN_S
        if needed.canary in done.refused and needed.canary_release is not None:
            await self._end(needed.canary_release, f"{needed.canary} 无法加载：{done.failed[needed.canary or '']}")

    async def _end(self, release_id: str, why: str) -> None:
        if await self.flow.stand_down(release_id, AUTOPILOT, why[:400]):
            log.error("canary %s was ended: %s", release_id, why)

    def _tell(self, done: Reconciled) -> None:
        trouble = "; ".join(f"{name}: {why}" for name, why in done.failed.items())
        if trouble and trouble != self.trouble:
            log.error("adapters: %s", trouble)
        for name in done.loaded:
            log.warning("adapter %s was missing and is loaded again", name)
        self.trouble = trouble


@asynccontextmanager
async def kept_watch(autopilot: Autopilot, every_s: float = 1.0) -> AsyncIterator[None]:
    """The autopilot at work for as long as this is open: two watches, for to drain an adapter may take long."""
    looks = (autopilot.look_at_answers, autopilot.look_at_adapters)
    watching = [asyncio.create_task(_watch(look, every_s), name=look.__name__) for look in looks]
    try:
        yield
    finally:
        for watch in watching:
            watch.cancel()
        await asyncio.gather(*watching, return_exceptions=True)


async def _watch(look: Callable[[], Awaitable[None]], every_s: float) -> None:
    said = ""
    while True:
        try:
            await look()
            said = ""
        except SeatmateError as error:
            if error.detail != said:
                log.warning("autopilot: %s", error.detail)
            said = error.detail
        except Exception:  # a watch that ends watches nothing
            log.exception("autopilot: %s failed", look.__name__)
        await asyncio.sleep(every_s)
