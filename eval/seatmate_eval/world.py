"""A release at work in the sample bank: the flows of the platform over published documents, joined for measuring.

The release is what the settings say, whatever is live anywhere: prompts, rules, encoder, retrieval and the model that
the server serves. Nothing that a run asks is kept in the bank. Knows nothing of suites.

    async with open_world(settings, DROPS, kept=Path("var/eval/worlds"), work=Path("…/world")) as world:
        async for event in world.ask.answer(…): …
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine

from seatmate.adapters.model_health import ModelHealth
from seatmate.adapters.sql.approved import SqlApproved
from seatmate.aftercall.flow import Aftercall
from seatmate.aftercall.node_rules import NodePack
from seatmate.ask.flow import Ask
from seatmate.ask.retrieve import Retrieval
from seatmate.compliance.rules import RulePack
from seatmate.domain.call_ports import CallLedger
from seatmate.domain.ports import ChatModel, KnowledgeLedger
from seatmate.domain.releases import Release
from seatmate.ingest.flow import Stores
from seatmate.prompts import Prompts
from seatmate.settings import Settings
from seatmate.testing.calls import MemoryAnswers
from seatmate.testing.models import DeadChatModel, ScriptedChatModel
from seatmate.wiring.flows import Flows
from seatmate.wiring.knowledge import open_encoder, open_reranker
from seatmate.wiring.model import NO_MODEL, health_of, open_model, release_of
from seatmate.wiring.worker import open_background_model
from seatmate_eval.built_bank import Told, open_copy


@dataclass(frozen=True)
class Model:
    """Both clients of the one model server, as the API and the worker have them, and whether it answers."""

    questions: ChatModel
    calls: ChatModel
    health: ModelHealth | None
    """None without a model: questions are answered from source text, calls by words and rules alone."""


@dataclass(frozen=True)
class World:
    release: Release
    ask: Ask
    knowledge: KnowledgeLedger
    rules: RulePack
    nodes: NodePack
    model: Model
    aftercall: Callable[[ChatModel, CallLedger], Aftercall]
    """The flow of finished calls, with a ledger for each call: two runs of one call share no step."""


async def release_by(settings: Settings) -> Release:
    """What would answer under these settings, before anything is opened."""
    async with AsyncExitStack() as closing:
        return release_of(settings, Prompts.load(settings.prompts), open_encoder(settings.index, closing))


@asynccontextmanager
async def open_world(
    settings: Settings, drops: Path, *, kept: Path, work: Path, has_model: bool = True, told: Told = lambda step: None
) -> AsyncIterator[World]:
    """A copy of the built bank in `work`, which is gone afterwards, with the flows over it."""
    async with AsyncExitStack() as closing:
        encoder = open_encoder(settings.index, closing)
        copy = open_copy(settings, encoder, drops, kept=kept, work=work, told=told)
        engine, stores = await closing.enter_async_context(copy)
        model = _model(settings, closing) if has_model else _no_model()
        yield await asyncio.to_thread(_joined, settings, engine, stores, model, closing)


def _joined(settings: Settings, engine: Engine, stores: Stores, model: Model, closing: AsyncExitStack) -> World:
    """The flows that API and worker run (seatmate.wiring.flows), whatever release is live anywhere."""
    release = release_of(settings, Prompts.load(settings.prompts), stores.encoder)
    flows = Flows(settings, release.release_id)
    reranker = open_reranker(settings.index, closing)
    ask = flows.ask(
        retrieval=Retrieval(stores.encoder, stores.index, stores.ledger, reranker=reranker),
        approved=SqlApproved(engine),
        answers=MemoryAnswers(),
        model=model.questions,
    )

    def aftercall(chat: ChatModel, calls: CallLedger) -> Aftercall:
        return flows.aftercall(calls=calls, knowledge=stores.ledger, model=chat)

    return World(release, ask, stores.ledger, flows.rules, flows.nodes, model, aftercall)


def _model(settings: Settings, closing: AsyncExitStack) -> Model:
    health = health_of(settings.engine)
    closing.push_async_callback(health.aclose)
    return Model(open_model(settings.engine, closing), open_background_model(settings.engine, closing), health)


def _no_model() -> Model:
    """A question meets a server that is away, a finished call a model that has nothing to say."""
    return Model(DeadChatModel(), ScriptedChatModel(lambda request: "", NO_MODEL), None)
