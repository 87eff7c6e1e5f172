"""The bank's ledgers, opened from the platform's settings. Needs the platform's environment (.venv): SQL is not in the
engine's. The only module of training that knows where records are kept.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from seatmate.settings import Settings
from seatmate_tune.build import Ledgers


@asynccontextmanager
async def open_ledgers(settings: Settings) -> AsyncIterator[Ledgers]:
    from seatmate.adapters.sql.approved import SqlApproved
    from seatmate.adapters.sql.base import open_engine, upgrade
    from seatmate.adapters.sql.calls import SqlCalls
    from seatmate.adapters.sql.knowledge import SqlKnowledge
    from seatmate.adapters.sql.reviews import SqlReviews

    engine = open_engine(settings.records.url)
    try:
        await asyncio.to_thread(upgrade, engine)
        yield Ledgers(SqlCalls(engine), SqlReviews(engine), SqlApproved(engine), SqlKnowledge(engine))
    finally:
        engine.dispose()
