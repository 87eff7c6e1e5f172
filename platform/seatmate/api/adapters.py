"""Adapters of an engine of ours: which there are and what is wrong with them, and their way in and out of it.

All of it needs the scope admin. A caller gives a name, never a path: folders are looked for where the settings say. Of
the engine's own routes none is forwarded.
"""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Path

from seatmate.api.deps import AdminDep, WiringDep
from seatmate.api.releases import ADAPTER_NAME
from seatmate.domain.errors import Conflict, SeatmateError
from seatmate.domain.model import Shape
from seatmate.serving.registry import list_adapters
from seatmate.serving.rollout import Rollout
from seatmate.wiring.adapters import needed_adapters, store_of
from seatmate.wiring.api import Wiring
from seatmate.wiring.releases import merged_alone

router = APIRouter(tags=["adapters"])

Name = Annotated[str, Path(pattern=ADAPTER_NAME)]


class ShownAdapter(Shape):
    name: str
    faults: tuple[str, ...] = ()
    """Of the folder as it was handed over; nothing speaks against one that is only in the store."""
    is_kept: bool
    """A checked copy is in the store."""
    is_loaded: bool
    is_wanted: bool
    """Of the live release, of the canary or of the release before."""


class ShownAdapters(Shape):
    adapters: tuple[ShownAdapter, ...]
    trouble: str
    """What the autopilot could not mend; empty when all is as it should be."""


class LoadedAdapter(Shape):
    name: str
    check_s: float
    load_s: float
    smoke_s: float


class UnloadedAdapter(Shape):
    name: str
    drain_s: float


class KeptAdapter(Shape):
    name: str
    folder: str


@router.get("/api/adapters")
async def adapters(wiring: WiringDep, admin: AdminDep) -> ShownAdapters:
    engine, rollout = wiring.settings.engine, wiring.autopilot.rollout
    found = await asyncio.to_thread(list_adapters, engine.adapters, engine.model, engine.max_lora_rank)
    faults = {adapter.name: adapter.faults for adapter in found}
    kept, wanted = set(store_of(wiring.settings).names()), await _wanted(wiring)
    trouble = wiring.autopilot.trouble
    loaded: frozenset[str] = frozenset()
    try:
        loaded = await rollout.loaded() if rollout else loaded
    except SeatmateError as error:
        trouble = trouble or error.detail
    return ShownAdapters(
        adapters=tuple(
            ShownAdapter(
                name=name,
                faults=faults.get(name, ()),
                is_kept=name in kept,
                is_loaded=name in loaded,
                is_wanted=name in wanted,
            )
            for name in sorted({*faults, *kept, *loaded, *wanted})
        ),
        trouble=trouble,
    )


@router.post("/api/adapters/{name}/check")
async def check(name: Name, wiring: WiringDep, admin: AdminDep) -> KeptAdapter:
    """Keep a checked copy, and load nothing."""
    kept = await _rollout(wiring).check(name)
    return KeptAdapter(name=name, folder=kept.path.name)


@router.post("/api/adapters/{name}/load")
async def load(name: Name, wiring: WiringDep, admin: AdminDep) -> LoadedAdapter:
    """Check, load and test; it stays until it is unloaded. No question is given to it before a release routes to it."""
    loaded = await _rollout(wiring).load(name)
    return LoadedAdapter(name=name, check_s=loaded.check_s, load_s=loaded.load_s, smoke_s=loaded.smoke_s)


@router.post("/api/adapters/{name}/unload")
async def unload(name: Name, wiring: WiringDep, admin: AdminDep) -> UnloadedAdapter:
    """When nobody is being answered by it any more."""
    rollout = _rollout(wiring)
    if name in await _wanted(wiring):
        raise Conflict(f"{name} 属于在用、灰度或上一个版本，不能卸载")
    return UnloadedAdapter(name=name, drain_s=await rollout.unload(name))


def _rollout(wiring: Wiring) -> Rollout:
    if wiring.settings.engine.merged:
        raise Conflict(merged_alone(wiring.installation.release.adapter))
    if wiring.autopilot.rollout is None:
        raise Conflict("这个模型服务不由本平台启动，适配器由其管理方加载")
    return wiring.autopilot.rollout


async def _wanted(wiring: Wiring) -> frozenset[str]:
    installed = wiring.installation.release.adapter
    return (await needed_adapters(wiring.release_flow, wiring.releases, installed)).wanted
