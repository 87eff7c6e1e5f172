"""The bank's ledgers, opened from the platform's settings, and its search over them. Needs the platform's environment
(.venv): neither SQL nor the index is in the engine's. The only module of training that knows where records are kept.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from seatmate.ask.retrieve import Retrieval
from seatmate.domain.ports import KnowledgeLedger
from seatmate.settings import IndexSettings, Settings
from seatmate_tune.build import Ledgers


@asynccontextmanager
async def open_ledgers(settings: Settings) -> AsyncIterator[Ledgers]:
    from seatmate.adapters.sql.answers import SqlAnswers
    from seatmate.adapters.sql.approved import SqlApproved
    from seatmate.adapters.sql.base import open_engine, upgrade
    from seatmate.adapters.sql.calls import SqlCalls
    from seatmate.adapters.sql.feedback import SqlFeedback
    from seatmate.adapters.sql.knowledge import SqlKnowledge
    from seatmate.adapters.sql.reviews import SqlReviews

    async with AsyncExitStack() as closing:
        engine = open_engine(settings.records.url)
        closing.callback(engine.dispose)
        await asyncio.to_thread(upgrade, engine)
        knowledge = SqlKnowledge(engine)
        yield Ledgers(
            SqlCalls(engine),
            SqlReviews(engine),
            SqlApproved(engine),
            knowledge,
            SqlAnswers(engine),
            SqlFeedback(engine),
            partial(_open_search, settings.index, knowledge, closing),
        )


async def _open_search(settings: IndexSettings, knowledge: KnowledgeLedger, closing: AsyncExitStack) -> Retrieval:
    """The bank's Qdrant server, or an index of its own, made from the records: the API holds the embedded one locked."""
    from seatmate.ingest.reindex import reindex
    from seatmate.ingest.stores import Stores
    from seatmate.wiring.knowledge import open_encoder, open_index, open_reranker

    if settings.kind == "edge":
        folder = closing.enter_context(TemporaryDirectory(prefix="seatmate-search-"))
        settings = settings.model_copy(update={"path": Path(folder) / "index"})
    encoder = open_encoder(settings, closing)
    index = await asyncio.to_thread(open_index, settings, encoder)
    closing.push_async_callback(index.aclose)
    if settings.kind == "edge":
        await reindex(Stores(knowledge, index, encoder))
    return Retrieval(encoder, index, knowledge, reranker=open_reranker(settings, closing))
