"""An adapter on its way into a running vLLM and out of it again, without a request being dropped.

    keep a checked copy → load → smoke test → (a release routes to it) … (no release routes to it) → drain → unload

Immutable: a name that is loaded is never loaded again, and the folder of a loaded adapter is never touched. Adapters
vanish when an engine restarts: `reconcile` loads again what is wanted. One step at a time, each within bounds; what
fails on its way in is taken out again. Does not know of releases: who routes where is told.

    rollout = Rollout(api, store, settings.engine.adapters, smoke, in_flight)
    await rollout.load("bank@39f7ede58e03")
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from seatmate.domain.errors import Conflict, NotFound, SeatmateError
from seatmate.serving.lora_api import LoraApi, RefusedByServer
from seatmate.serving.registry import AdapterFolder, is_adapter_name
from seatmate.serving.smoke import SmokeTest
from seatmate.serving.store import AdapterRefused, AdapterStore

log = logging.getLogger(__name__)


class StillBusy(Conflict):
    """The adapter goes on answering and stays loaded; try again later."""

    code = "ADAPTER_BUSY"


@dataclass(frozen=True)
class RolloutOptions:
    settle_s: float = 2.5
    """After routing has ended, until every process has heard of it."""
    drain_s: float = 90.0
    poll_s: float = 0.2


@dataclass(frozen=True)
class Loaded:
    """An adapter that answers, and how long each step took; zero for what was there already."""

    name: str
    check_s: float = 0.0
    load_s: float = 0.0
    smoke_s: float = 0.0


@dataclass(frozen=True)
class Reconciled:
    """What had to be done; `failed` has the reason by name."""

    loaded: tuple[str, ...] = ()
    unloaded: tuple[str, ...] = ()
    failed: Mapping[str, str] = field(default_factory=dict)
    refused: frozenset[str] = frozenset()
    """Of those that failed: for what they are, not for want of a server that takes them."""


class Rollout:
    """`in_flight` tells how many requests of this process an adapter is answering; the server tells of the others'."""

    def __init__(
        self,
        api: LoraApi,
        store: AdapterStore,
        source: Path,
        smoke: SmokeTest,
        in_flight: Callable[[str], int],
        options: RolloutOptions = RolloutOptions(),
    ) -> None:
        self._api = api
        self._store = store
        self._source = source
        self._smoke = smoke
        self._in_flight = in_flight
        self._options = options
        self._tested: set[str] = set()
        self._one_at_a_time = asyncio.Lock()

    @property
    def is_busy(self) -> bool:
        """A step is under way; another would wait for it."""
        return self._one_at_a_time.locked()

    async def loaded(self) -> frozenset[str]:
        """The adapters that the engine lists now."""
        return frozenset(name for name in await self._api.listed() if is_adapter_name(name))

    async def check(self, name: str) -> AdapterFolder:
        """Keep a checked copy and load nothing. AdapterRefused, NotFound."""
        if not is_adapter_name(name):
            raise AdapterRefused("an adapter's name is task@ and twelve hex digits")
        return await asyncio.to_thread(self._kept, name)

    async def load(self, name: str, *, hold: bool = True, smoke: bool = True) -> Loaded:
        """Checked, loaded and tested; AdapterRefused or ModelUnavailable, and then it is not loaded.

        `hold`: it stays although no release asks for it yet, until it is unloaded by name.
        """
        async with self._one_at_a_time:
            began = time.monotonic()
            kept = await self.check(name)
            check_s = time.monotonic() - began
            loaded = replace(await self._load(kept, smoke=smoke), check_s=check_s)
            if hold:
                await asyncio.to_thread(self._store.hold, name)
            return loaded

    async def bring_in(self, name: str) -> None:
        """For a release that is about to route to it."""
        await self.load(name, hold=False)

    async def unload(self, name: str) -> float:
        """Wait until nobody is being answered by it, then take it out: the seconds that took. StillBusy, NotFound."""
        async with self._one_at_a_time:
            await asyncio.to_thread(self._store.let_go, name)
            return await self._unload(name)

    async def reconcile(self, wanted: Collection[str], may_stay: Collection[str]) -> Reconciled:
        """Load what is wanted or held and missing; unload what neither is, and may not stay.

        What is wanted is or was in traffic: it is loaded without a smoke test, it answered until the engine stopped.
        """
        async with self._one_at_a_time:
            there = await self.loaded()
            needed = set(wanted) | await asyncio.to_thread(self._store.held)
            self._tested |= needed & there
            loaded, unloaded, failed, refused = [], [], {}, set()
            for name in sorted(needed - there):
                try:
                    await self._load(await asyncio.to_thread(self._from_store, name), smoke=False)
                    loaded.append(name)
                except SeatmateError as error:
                    failed[name] = error.detail
                    if isinstance(error, AdapterRefused | NotFound) and not isinstance(error, RefusedByServer):
                        refused.add(name)
            for name in sorted(there - needed - set(may_stay)):
                try:
                    await self._unload(name)
                    unloaded.append(name)
                except SeatmateError as error:
                    failed[name] = error.detail
            return Reconciled(tuple(loaded), tuple(unloaded), failed, frozenset(refused))

    async def _load(self, kept: AdapterFolder, *, smoke: bool) -> Loaded:
        name, began = kept.name, time.monotonic()
        listed = await self._api.listed()
        if name in listed:
            _must_be_ours(name, listed[name], kept.path)
        # One that is there without having been tested came in late, after its load had been given up.
        if name in listed and name in self._tested:
            return Loaded(name)
        try:
            if name not in listed:
                await self._loaded_once(name, kept.path)
            loaded = time.monotonic()
            if smoke:
                await self._smoke.run(name, kept.card.replies_sha256 if kept.card else {})
        except BaseException:
            await asyncio.shield(self._taken_out(name))
            raise
        self._tested.add(name)
        done = Loaded(name, load_s=loaded - began, smoke_s=time.monotonic() - loaded)
        log.info("adapter %s loaded in %.2f s, smoke test %.2f s", name, done.load_s, done.smoke_s)
        return done

    async def _loaded_once(self, name: str, folder: Path) -> None:
        """Another process of ours may have been a moment faster."""
        try:
            await self._api.load(name, folder)
        except RefusedByServer:
            if (await self._api.listed()).get(name) != str(folder):
                raise

    async def _unload(self, name: str) -> float:
        began = time.monotonic()
        if not is_adapter_name(name) or name not in await self._api.listed():
            raise NotFound(f"adapter {name} is not loaded")
        await asyncio.sleep(self._options.settle_s)
        while self._in_flight(name) or name in await self._api.busy():
            if time.monotonic() - began > self._options.drain_s:
                raise StillBusy(f"{name} was still answering after {self._options.drain_s:.0f} s and stays loaded")
            await asyncio.sleep(self._options.poll_s)
        await self._api.unload(name)
        self._tested.discard(name)
        took = time.monotonic() - began
        log.info("adapter %s drained and unloaded in %.2f s", name, took)
        return took

    async def _taken_out(self, name: str) -> None:
        """Nobody was routed to it. Should the server be away now, it is tested before anybody is, or taken out then."""
        with contextlib.suppress(SeatmateError):
            await self._api.unload(name)

    def _kept(self, name: str) -> AdapterFolder:
        """Copied into the store; a source that is still there must be what is kept."""
        source = self._source / name
        return self._store.adopt(source) if source.is_dir() else self._store.kept(name)

    def _from_store(self, name: str) -> AdapterFolder:
        """What is in traffic is served from what was kept, whatever became of its source."""
        return self._store.kept(name) if name in self._store.names() else self._kept(name)


def _must_be_ours(name: str, root: str, kept: Path) -> None:
    if root and Path(root) != kept:
        raise AdapterRefused(f"{name} is loaded from {root} and not from the store: unload it, or restart the engine")
