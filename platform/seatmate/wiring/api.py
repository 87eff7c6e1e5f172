"""What the HTTP door works with, from the records' schema to a full index."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from seatmate.adapters.in_flight import CountedChat, InFlight
from seatmate.adapters.model_health import ModelHealth
from seatmate.adapters.sparse import SparseEncoder
from seatmate.adapters.sql.answers import SqlAnswers
from seatmate.adapters.sql.approved import SqlApproved
from seatmate.adapters.sql.base import open_engine, upgrade
from seatmate.adapters.sql.calls import SqlCalls
from seatmate.adapters.sql.feedback import SqlFeedback
from seatmate.adapters.sql.knowledge import SqlKnowledge
from seatmate.adapters.sql.outbox import SqlOutbox
from seatmate.adapters.sql.releases import SqlReleases
from seatmate.adapters.sql.reviews import SqlReviews
from seatmate.adapters.sql.weekly import SqlWeeklyChecks
from seatmate.aftercall.fields import load_catalogue
from seatmate.ask.flow import Ask
from seatmate.ask.retrieve import Retrieval
from seatmate.domain.call_ports import CallLedger, Outbox, Reviews
from seatmate.domain.feedback import FeedbackLedger
from seatmate.domain.ports import AnswerLedger, ApprovedAnswers, Builds, ChatModel, KnowledgeLedger, Reranker
from seatmate.domain.release_ports import Releases
from seatmate.ingest.reindex import reindex
from seatmate.ingest.stores import Stores
from seatmate.release.breaker import WatchedAnswers
from seatmate.release.flow import ReleaseFlow
from seatmate.settings import EngineSettings, Settings
from seatmate.wiring import bank_now
from seatmate.wiring.adapters import Autopilot, breaker_of, kept_watch, open_rollout
from seatmate.wiring.flows import Flows
from seatmate.wiring.knowledge import builds_of, open_encoder, open_index, open_reranker
from seatmate.wiring.model import health_of, open_model
from seatmate.wiring.releases import Installation, InTraffic, flow_of
from seatmate.wiring.weekly import WeeklyCheck

OpenModel = Callable[[EngineSettings, AsyncExitStack], ChatModel]
"""How the model of a release is reached: by its served name, on the server that the settings name."""


@dataclass(frozen=True)
class Wiring:
    settings: Settings
    installation: Installation
    releases: Releases
    release_flow: ReleaseFlow
    asks: InTraffic[Ask]
    """The live question, for each release in traffic."""
    knowledge: KnowledgeLedger
    approved: ApprovedAnswers
    answers: AnswerLedger
    feedback: FeedbackLedger
    calls: CallLedger
    reviews: Reviews
    outbox: Outbox
    stores: Stores
    builds: Builds
    weekly: WeeklyCheck
    """Asks a candidate before it is published."""
    model_health: ModelHealth
    autopilot: Autopilot
    single_valued: frozenset[str]
    """KYC fields that have one value at a time."""

    def now(self) -> datetime:
        return bank_now()


@dataclass(frozen=True)
class _AskParts:
    """What the Ask flows of all releases share."""

    stores: Stores
    approved: ApprovedAnswers
    answers: AnswerLedger
    reranker: Reranker | None
    open_model: OpenModel
    closing: AsyncExitStack
    in_flight: InFlight

    async def open_ask(self, settings: Settings, release_id: str) -> Ask:
        stores, model = self.stores, CountedChat(self.open_model(settings.engine, self.closing), self.in_flight)
        retrieval = Retrieval(stores.encoder, stores.index, stores.ledger, reranker=self.reranker)
        flows = Flows(settings, release_id)
        return await asyncio.to_thread(
            flows.ask, retrieval=retrieval, approved=self.approved, answers=self.answers, model=model
        )


@asynccontextmanager
async def open_wiring(settings: Settings, open_model: OpenModel = open_model) -> AsyncIterator[Wiring]:
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
        in_flight, breaker, ledger = InFlight(), breaker_of(settings.releases), SqlReleases(engine)
        watched = WatchedAnswers(answers, breaker)
        parts = _AskParts(stores, approved, watched, reranker, open_model, closing, in_flight)
        rollout = open_rollout(settings, in_flight, closing)
        bring_in = None if rollout is None else rollout.bring_in
        installation = await asyncio.to_thread(Installation.of, settings, encoder, ledger, bring_in)
        release_flow = flow_of(installation, bank_now)
        asks = InTraffic(release_flow, installation, parts.open_ask)
        await asks.start()
        autopilot = Autopilot(release_flow, ledger, asks, installation.release.adapter, breaker, rollout)
        await closing.enter_async_context(kept_watch(autopilot))
        health = health_of(settings.engine)
        closing.push_async_callback(health.aclose)
        calls = SqlCalls(engine, webhooks=tuple(settings.webhooks))
        builds = builds_of(settings, index)
        closing.push_async_callback(builds.aclose)
        outbox, rules = SqlOutbox(engine, now=bank_now), settings.corpus / "rules"
        yield Wiring(
            settings,
            installation,
            installation.releases,
            release_flow,
            asks,
            knowledge,
            approved,
            answers,
            SqlFeedback(engine),
            calls,
            SqlReviews(engine),
            outbox,
            stores,
            builds,
            WeeklyCheck(knowledge, asks, SqlWeeklyChecks(engine), bank_now),
            health,
            autopilot,
            single_valued=load_catalogue(rules).single_valued,
        )
