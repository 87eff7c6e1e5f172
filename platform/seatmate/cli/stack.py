"""Engine, API and worker under one process: what `seatmate up` and `seatmate demo` run.

API and worker start at once and find the engine when it is ready; until then the API answers from source text and calls
wait. Both get their settings through the environment, so that each starts alone in just the same way.
"""

import asyncio
import secrets
import sys
from collections.abc import Callable
from dataclasses import dataclass

import httpx
from pydantic import SecretStr

from seatmate.domain.errors import Misconfigured
from seatmate.serving.engine import Endpoint, Engine, checked_adapter, is_merged, takes_adapters
from seatmate.serving.process import Child, ChildState, Command
from seatmate.settings import Settings

Progress = Callable[[str, float], None]
"""Told the stage that begins and the seconds since the start."""


@dataclass(frozen=True)
class Stack:
    """What runs, and the model server that it uses."""

    engine: Engine
    endpoint: Endpoint
    doors: tuple[Child, ...]

    async def stop(self) -> None:
        """Doors first, the engine last; nothing of them is left when this returns."""
        await asyncio.gather(*(door.stop() for door in self.doors))
        await self.engine.stop()


async def running_stack(settings: Settings, progress: Progress) -> Stack:
    """Start everything and wait until it answers; what ends before it is ready is an error that names its log."""
    settings = settings.model_copy(update={"engine": settings.engine.model_copy(update=_engine_facts(settings))})
    own = settings.engine.model_copy(update={"base_url": None}) if _starts_own(settings) else settings.engine
    engine = Engine(own, settings.var, on_progress=progress)
    doors = (_api(settings), _worker(settings))
    try:
        endpoint, _ = await asyncio.gather(engine.start(), asyncio.gather(*(_started(door) for door in doors)))
    except BaseException:
        await asyncio.gather(*(door.stop() for door in doors))
        await engine.stop()
        raise
    return Stack(engine, endpoint, doors)


def _starts_own(settings: Settings) -> bool:
    return settings.engine.base_url == _own_url(settings)


def _own_url(settings: Settings) -> str:
    return f"http://127.0.0.1:{settings.engine.port}/v1"


def _engine_facts(settings: Settings) -> dict[str, object]:
    """What the doors must know of an own engine before it runs: where it will be, its key and the adapter's name."""
    if settings.engine.base_url is not None:
        return {}
    adapter = checked_adapter(settings.engine)
    merged = is_merged(settings.engine, adapter, settings.var)
    key = settings.engine.api_key.get_secret_value() or secrets.token_urlsafe(32)
    return {
        "base_url": _own_url(settings),
        "api_key": SecretStr(key),
        "served_model": adapter.name if adapter else settings.engine.model.name,
        "sends_priority": True,
        "merged": merged,
        "loads_adapters": not merged and takes_adapters(settings.engine, adapter),
    }


async def _started(child: Child) -> None:
    await child.start()
    status = await child.settled()
    if status.state is not ChildState.READY:
        raise Misconfigured(
            f"{child.command.name} ended with status {status.last_exit} before it was ready; see {child.command.log}"
        )


def _api(settings: Settings) -> Child:
    url = f"http://{settings.api.host}:{settings.api.port}/healthz"

    async def answers() -> bool:
        async with httpx.AsyncClient(timeout=2.0, trust_env=False) as client:
            try:
                return (await client.get(url)).status_code == 200
            except httpx.HTTPError:
                return False

    return Child(_command("api", settings), is_ready=answers)


def _worker(settings: Settings) -> Child:
    async def runs() -> bool:
        return True

    return Child(_command("worker", settings), is_ready=runs, grace_s=30.0)


def _command(name: str, settings: Settings) -> Command:
    return Command(
        name,
        (sys.executable, "-m", f"seatmate.{name}"),
        log=settings.var / "log" / f"{name}.log",
        pid_file=settings.var / "run" / f"{name}.pid",
        env=settings.environment(),
        without=("SEATMATE_",),
    )
