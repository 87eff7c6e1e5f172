"""One run: every case through the real flows, each output on disk as it comes, and what it is worth.

    plan → a folder, new or of the same run that was killed → what the cache knows → drive the rest → score → complete

A run that is killed, or that stops because the model server is away, goes on with the same command. Outputs are never
judged here; scores are made at the end from all items, so that they are the same bytes however often a run went on.
"""

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from seatmate.domain.calls import Conversation
from seatmate.domain.errors import Misconfigured
from seatmate.domain.releases import Release
from seatmate.settings import Settings
from seatmate.wiring import bank_now
from seatmate_eval.breaker import Breaker, ModelAway
from seatmate_eval.cache import Cache
from seatmate_eval.cases import Case, load_conversations
from seatmate_eval.drive import Contact, Driven, drive
from seatmate_eval.model_server import planned, served
from seatmate_eval.plan import Options, Work, plan
from seatmate_eval.results import BadRun, Item, Manifest, RunState, Score
from seatmate_eval.run_folder import RunFolder, open_run, unfinished
from seatmate_eval.sample_bank import Bank, load_bank
from seatmate_eval.world import World, open_world, release_by

_LOOKS = 30
"""So often a server that is away is looked for while patience lasts."""

ScoresOf = Callable[[Case, Item, Bank], Iterable[Score]]


@dataclass(frozen=True)
class Watch:
    """Who looks on."""

    told: Callable[[str], None] = lambda step: None
    begins: Callable[[int, int], None] = lambda done, of: None
    item: Callable[[Item], None] = lambda item: None


async def run(
    options: Options,
    settings: Settings,
    scores_of: ScoresOf,
    watch: Watch = Watch(),
    now: Callable[[], datetime] = bank_now,
) -> Path:
    """The folder of the whole run; one that is complete already is left as it is.

    ModelAway: it stopped, and goes on with the same options. BadRun and SeatmateError: it cannot.
    """
    settings = await planned(settings) if options.has_model else _without_model(settings)
    release = await release_by(settings)
    manifest, works = plan(options, release, now())
    var = settings.var / "eval"
    folder = options.out or unfinished(var / "runs", manifest) or _new_folder(var / "runs", manifest.run_id)
    with open_run(folder, manifest.model_copy(update={"run_id": folder.name})) as kept:
        if kept.manifest.state is RunState.COMPLETE:
            return folder
        bank = asyncio.create_task(asyncio.to_thread(load_bank, options.drops, options.calls))
        cache = Cache(var / "cache")
        await asyncio.to_thread(cache.forget_old)
        if options.reads_cache and options.failed_of is None:
            kept.append(_known(works, kept, cache))
        todo = [work for work in works if (work.suite, work.case.id, work.repeat) not in kept.items]
        watch.begins(len(works) - len(todo), len(works))
        if todo:
            async with _opened(options, settings, release, kept, todo, watch) as world:
                conversations = await asyncio.to_thread(load_conversations, options.calls)
                await _Driver(options, world, conversations, kept, cache, watch).drive_all(todo)
        watch.told("scoring")
        scores = list(_scores(works, kept.items, await bank, scores_of))
        kept.finish(scores, _complete(kept.manifest, now()))
    return folder


def _new_folder(runs: Path, run_id: str) -> Path:
    """Two runs of one second have two folders."""
    others = (runs / f"{run_id}-{number}" for number in itertools.count(2))
    return next(folder for folder in itertools.chain([runs / run_id], others) if not folder.exists())


def _without_model(settings: Settings) -> Settings:
    return settings.model_copy(update={"engine": settings.engine.model_copy(update={"served_model": None})})


def _known(works: Iterable[Work], kept: RunFolder, cache: Cache) -> Iterator[Item]:
    for work in works:
        if (work.suite, work.case.id, work.repeat) not in kept.items and (item := cache.item(work.key, work.suite)):
            yield item


@asynccontextmanager
async def _opened(
    options: Options, settings: Settings, release: Release, kept: RunFolder, todo: list[Work], watch: Watch
) -> AsyncIterator[World]:
    """The world of the release; a model server is started only for cases that ask it."""
    var = settings.var / "eval"
    async with AsyncExitStack() as closing:
        if options.has_model and any(work.asks_model for work in todo):
            server = served(settings, kept.folder / "engine", lambda stage, _: watch.told(f"model server: {stage}"))
            settings = await closing.enter_async_context(server)
        world = await closing.enter_async_context(
            open_world(
                settings,
                options.drops,
                kept=var / "worlds",
                work=kept.folder / "world",
                has_model=options.has_model,
                told=watch.told,
            )
        )
        if world.release != release:
            raise Misconfigured(f"the release that answers, {world.release.release_id}, is not {release.release_id}")
        yield world


class _Driver:
    """Runs the works, so many at a time, and appends each item as soon as it may be written."""

    def __init__(
        self,
        options: Options,
        world: World,
        conversations: Mapping[str, Conversation],
        kept: RunFolder,
        cache: Cache,
        watch: Watch,
    ) -> None:
        self._options = options
        self._world = world
        self._conversations = conversations
        self._kept = kept
        self._cache = cache
        self._watch = watch
        self._breaker = Breaker(options.away_in_a_row)

    async def drive_all(self, todo: list[Work]) -> None:
        waiting = iter(todo)
        async with asyncio.TaskGroup() as group:
            for _ in range(self._options.concurrency):
                group.create_task(self._drive_some(waiting))
        if self._breaker.has_waiting and await self._server_answers_in_time():
            self._write(self._breaker.take_waiting())
        self._kept.sync()
        if self._breaker.has_waiting:
            raise ModelAway(
                f"the model server does not answer; {len(self._kept.items)} items are kept in {self._kept.folder}, "
                "the same command goes on with the rest"
            )

    async def _drive_some(self, waiting: Iterator[Work]) -> None:
        while not self._breaker.is_open and (work := next(waiting, None)) is not None:
            item, contact = await self._item(work)
            if contact is not Contact.AWAY and item.output is not None:
                self._cache.keep(item)
            self._write(self._breaker.saw(item, contact))

    async def _item(self, work: Work) -> tuple[Item, Contact]:
        began = time.perf_counter()
        driven = await self._driven(work)
        if driven.contact is Contact.AWAY:
            await self._server_answers_in_time()
            began = time.perf_counter()
            driven = await self._driven(work)
        seconds = round(time.perf_counter() - began, 3)
        item = Item(
            key=work.key,
            suite=work.suite,
            case_id=work.case.id,
            repeat=work.repeat,
            output=driven.output,
            error=driven.error,
            seconds=seconds,
        )
        return item, driven.contact

    async def _driven(self, work: Work) -> Driven:
        try:
            return await drive(work.case, self._world, self._conversations)
        except Exception as error:  # noqa: BLE001  one case that breaks a flow is a result, not the end of the run
            return Driven(Contact.NONE, None, f"{type(error).__name__}: {error}"[:500])

    async def _server_answers_in_time(self) -> bool:
        """False when patience is at its end, or when the run stops anyway."""
        health = self._world.model.health
        for _ in range(_LOOKS):
            if health is None or self._breaker.is_open:
                return False
            if await health.answers():
                return True
            await asyncio.sleep(self._options.patience_s / _LOOKS)
        return False

    def _write(self, items: list[Item]) -> None:
        self._kept.append(items)
        for item in items:
            self._watch.item(item)


def _scores(
    works: Iterable[Work], items: Mapping[tuple[str, str, int], Item], bank: Bank, scores_of: ScoresOf
) -> Iterator[Score]:
    for work in works:
        item = items[work.suite, work.case.id, work.repeat]
        if item.key != work.key:
            raise BadRun(f"{item.case_id} of {item.suite} is the answer to another question")
        yield from scores_of(work.case, item, bank)


def _complete(manifest: Manifest, at: datetime) -> Manifest:
    return manifest.model_copy(update={"state": RunState.COMPLETE, "finished_at": at})
