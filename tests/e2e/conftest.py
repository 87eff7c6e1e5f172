"""The real engine with the shipped model, started once per run. A missing model is a failure, not a skip."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from seatmate.serving.engine import Endpoint, Engine
from seatmate.settings import EngineSettings

ENGINE_PORT = 8691
"""Not the default: a platform that runs on this machine keeps its engine."""


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def engine(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Endpoint]:
    var: Path = tmp_path_factory.mktemp("engine")
    engine = Engine(EngineSettings(port=ENGINE_PORT), var, on_progress=lambda stage, s: print(f"{s:5.1f} s {stage}"))
    endpoint = await engine.start()
    yield endpoint
    await engine.stop()
