"""The HTTP door. `create_app(open_wiring)` connects nothing; the lifespan opens the wiring and closes it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from fastapi import FastAPI

from seatmate.api import (
    adapters,
    approved,
    ask,
    calls,
    chat,
    customers,
    feedback,
    health,
    knowledge,
    problems,
    products,
    rates,
    releases,
    reviews,
)
from seatmate.api.body_limit import BodyLimit
from seatmate.api.deps import LiveQuestions
from seatmate.api.metrics import Metrics
from seatmate.settings import Settings
from seatmate.wiring.api import Wiring

DESCRIPTION = """坐席伴侣：回答有出处、数字经核对；通话小结、客户事实与客户之声都带原话。
Errors are RFC 9457 problem bodies with a stable `code`."""


def create_app(settings: Settings, open_wiring: Callable[[Settings], AbstractAsyncContextManager[Wiring]]) -> FastAPI:
    """One app over one wiring."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_wiring(settings) as wiring:
            app.state.wiring = wiring
            yield

    app = FastAPI(title="Seatmate 坐席伴侣", version="0.1.0", description=DESCRIPTION, lifespan=lifespan)
    app.state.metrics = Metrics()
    app.state.live_questions = LiveQuestions(settings.api.max_live_questions)
    app.add_middleware(BodyLimit, max_bytes=settings.api.max_body_bytes)
    problems.install(app)
    for room in (
        ask,
        chat,
        feedback,
        calls,
        customers,
        reviews,
        rates,
        knowledge,
        products,
        approved,
        releases,
        adapters,
        health,
    ):
        app.include_router(room.router)
    return app
