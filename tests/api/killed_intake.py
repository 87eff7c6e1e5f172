"""The door of calls in a process of its own, for tests and measurements to kill.

Application, router and store are the real ones; left out of the wiring is what a call that comes in has nothing to do
with: index, model, knowledge.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import cast

import uvicorn

from seatmate.adapters.sql.base import open_engine, upgrade
from seatmate.adapters.sql.calls import SqlCalls
from seatmate.api.app import create_app
from seatmate.settings import RecordSettings, Settings
from seatmate.wiring.api import Wiring


@asynccontextmanager
async def only_calls(settings: Settings) -> AsyncIterator[Wiring]:
    engine = open_engine(settings.records.url)
    await asyncio.to_thread(upgrade, engine)
    yield cast(Wiring, SimpleNamespace(settings=settings, calls=SqlCalls(engine)))
    engine.dispose()


def serve(port: int, records_url: str) -> None:
    settings = Settings().model_copy(update={"records": RecordSettings(url=records_url)})
    app = create_app(settings, only_calls)
    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", access_log=False)
