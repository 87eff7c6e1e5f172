"""A model server is up when it lists our model, with a key or without one."""

from collections.abc import Iterator

import pytest

from seatmate.adapters.model_health import ModelHealth
from seatmate.testing.openai_server import OpenAIServer


@pytest.fixture(params=["", "sk-1"])
def server(request: pytest.FixtureRequest) -> Iterator[OpenAIServer]:
    with OpenAIServer(lambda _: "", api_key=request.param) as server:
        yield server


async def test_a_server_is_up_when_it_lists_the_model(server: OpenAIServer) -> None:
    for model, is_up in (("mock", True), ("bank@ffffffffffff", False)):
        health = ModelHealth(server.base_url, server.api_key, model)
        assert await health.answers() is is_up
        await health.aclose()
