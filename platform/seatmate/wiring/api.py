"""What the HTTP door works with, from the records' schema to a full index."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from seatmate.adapters.model_health import ModelHealth
from seatmate.adapters.sparse import SparseEncoder
from seatmate.adapters.sql.answers import SqlAnswers
from seatmate.adapters.sql.approved import SqlApproved
from seatmate.adapters.sql.base import open_engine, upgrade
from seatmate.adapters.sql.calls import SqlCalls
from seatmate.adapters.sql.knowledge import SqlKnowledge
from seatmate.adapters.sql.outbox import SqlOutbox
from seatmate.adapters.sql.reviews import SqlReviews
from seatmate.aftercall.fields import load_catalogue
from seatmate.ask.flow import Ask, AskOptions
from seatmate.ask.retrieve import Retrieval
from seatmate.compliance.answer import Conduct
from seatmate.compliance.pack import load_pack
from seatmate.domain.call_ports import CallLedger, Outbox, Reviews
from seatmate.domain.ports import AnswerLedger, ApprovedAnswers, Builds, KnowledgeLedger
from seatmate.domain.releases import Release
from seatmate.ingest.reindex import reindex
from seatmate.ingest.stores import Stores
from seatmate.prompts import Prompts
from seatmate.settings import Settings
from seatmate.wiring import bank_now
from seatmate.wiring.knowledge import builds_of, open_encoder, open_index, open_reranker
from seatmate.wiring.model import current_release, open_model


@dataclass(frozen=True)
class Wiring:
    settings: Settings
    release: Release
    ask: Ask
    knowledge: KnowledgeLedger
    approved: ApprovedAnswers
    answers: AnswerLedger
    calls: CallLedger
    reviews: Reviews
    outbox: Outbox
    stores: Stores
    builds: Builds
    model_name: str
    model_health: ModelHealth
    conduct: Conduct
    single_valued: frozenset[str]
    """KYC fields that have one value at a time."""

    def now(self) -> datetime:
        return bank_now()


@asynccontextmanager
async def open_wiring(settings: Settings) -> AsyncIterator[Wiring]:
    """The API's parts, from the records' schema to a full index; closed in reverse."""
    async with AsyncExitStack() as closing:
        engine = open_engine(settings.records.url)
        closing.callback(engine.dispose)
        await asyncio.to_thread(upgrade, engine)
        encoder = open_encoder(settings.index, closing)
        await asyncio.to_thread(SparseEncoder().encode_query, "预热")  # its dictionaries load before a question comes
        index = await asyncio.to_thread(open_index, settings.index, encoder)
        closing.push_async_callback(index.aclose)
        knowledge = SqlKnowledge(engine)
        stores = Stores(knowledge, index, encoder)
        await reindex(stores)
        answers, approved = SqlAnswers(engine), SqlApproved(engine)
        reranker = open_reranker(settings.index, closing)
        model, health = open_model(settings.engine)
        closing.push_async_callback(model.aclose)
        closing.push_async_callback(health.aclose)
        prompts = Prompts.load(settings.prompts)
        conduct = Conduct(await asyncio.to_thread(load_pack, settings.corpus / "rules" / "compliance"))
        release = current_release(settings, prompts, encoder)
        ask = Ask(
            prompts=prompts,
            retrieval=Retrieval(encoder, index, knowledge, reranker=reranker),
            approved=approved,
            answers=answers,
            model=model,
            conduct=conduct,
            release_id=release.release_id,
            options=AskOptions(
                passages=settings.ask.passages,
                source_lines=settings.ask.source_lines,
                max_tokens=settings.ask.max_tokens,
                min_relevance=settings.ask.min_relevance,
            ),
            now=bank_now,
        )
        calls = SqlCalls(engine)
        builds = builds_of(settings, index)
        closing.push_async_callback(builds.aclose)
        outbox, rules = SqlOutbox(engine, now=bank_now), settings.corpus / "rules"
        yield Wiring(
            settings,
            release,
            ask,
            knowledge,
            approved,
            answers,
            calls,
            SqlReviews(engine),
            outbox,
            stores,
            builds,
            model.name,
            health,
            conduct=conduct,
            single_valued=load_catalogue(rules).single_valued,
        )
