"""Engine, API and worker as three supervised children of one process: what `seatmate up` and `seatmate demo` run.

The API and the worker start at once and find the engine when it is ready; until then the API answers from source text.
Each child gets its settings through the environment, so that it starts alone in just the same way.
"""


import secrets
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx

from seatmate.domain.errors import Misconfigured
from seatmate.serving.engine import ChosenEngine, choose_engine, engine_child
from seatmate.serving.process import Child, ChildState, Command
from seatmate.settings import Settings

Progress = Callable[[str], None]


@dataclass
class Stack:
    """The running children, and the engine that they use."""

    engine: ChosenEngine
    children: tuple[Child, ...]

    async def stop(self) -> None:
        """Doors first, the engine last; nothing of them is left when this returns."""
        for child in reversed(self.children):
            await child.stop()


async def running_stack(settings: Settings, progress: Progress) -> Stack:
    """Start everything and wait until it answers. A child that ends before it is ready is an error with its log's name."""
    key = settings.engine.api_key.get_secret_value() or secrets.token_urlsafe(24)
    engine = choose_engine(settings.engine, key)
    environment = {**settings.environment(), **engine.environment()}
    children: list[Child] = []
    if engine.is_own:
        children.append(engine_child(settings.engine, engine, settings.var))
    children += [_api(settings, environment), _worker(settings, environment)]
    stack = Stack(engine, tuple(children))
    try:
        for child in children:
            await child.start()
        for child in reversed(children):
            progress(f"等待 {child.command.name} 就绪 …")
            await _ready(child)
    except BaseException:
        await stack.stop()
        raise
    return stack


async def _ready(child: Child) -> None:
    status = await child.settled()
    if status.state is not ChildState.READY:
        raise Misconfigured(
            f"{child.command.name} ended with status {status.last_exit} before it was ready; see {child.command.log}, "
            "and `make doctor`"
        )


def _api(settings: Settings, environment: Mapping[str, str]) -> Child:
    url = f"http://{settings.api.host}:{settings.api.port}/healthz"

    async def answers() -> bool:
        async with httpx.AsyncClient(timeout=2.0) as client:
            try:
                return (await client.get(url)).status_code == 200
            except httpx.HTTPError:
                return False

    return Child(_command("api", settings, environment), is_ready=answers)


def _worker(settings: Settings, environment: Mapping[str, str]) -> Child:
    async def starts() -> bool:
        return True

    return Child(_command("worker", settings, environment), is_ready=starts)


def _command(name: str, settings: Settings, environment: Mapping[str, str]) -> Command:
    return Command(
        name,
        (sys.executable, "-m", "seatmate.cli", name),
        log=settings.var / "log" / f"{name}.log",
        pid_file=settings.var / "run" / f"{name}.pid",
        env=environment,
        without=("SEATMATE_",),
    )


