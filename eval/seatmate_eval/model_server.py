"""The model server of a run: one that runs already, by the settings, or an engine of its own while it lasts."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from pydantic import SecretStr

from seatmate.serving.engine import Engine, Progress, check_running, checked_adapter
from seatmate.settings import Settings


async def planned(settings: Settings) -> Settings:
    """With the name that will be served, so that the release is known before anything is started."""
    if settings.engine.base_url is not None:
        return _with(settings, served_model=(await check_running(settings.engine)).model)
    adapter = checked_adapter(settings.engine)
    return _with(settings, served_model=adapter.name if adapter else settings.engine.model.name)


@asynccontextmanager
async def served(settings: Settings, var: Path, progress: Progress) -> AsyncIterator[Settings]:
    """The settings of the server that answers. Log and process id of an own engine are below `var`."""
    engine = Engine(settings.engine, var, on_progress=progress)
    endpoint = await engine.start()
    try:
        yield _with(
            settings,
            base_url=endpoint.base_url,
            api_key=SecretStr(endpoint.api_key),
            served_model=endpoint.model,
            sends_priority=endpoint.sends_priority,
        )
    finally:
        await engine.stop()


def _with(settings: Settings, **facts: object) -> Settings:
    return settings.model_copy(update={"engine": settings.engine.model_copy(update=facts)})
