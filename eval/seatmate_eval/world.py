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

from seatmate.adapters.chat import OpenAIChat
from seatmate.adapters.langchain_chat import LangChainChat, open_langchain
from seatmate.adapters.model_health import ModelHealth
from seatmate.adapters.sql.approved import SqlApproved
from seatmate.aftercall.disposition import load_dispositions
from seatmate.aftercall.fields import load_catalogue
from seatmate.aftercall.flow import Aftercall
from seatmate.aftercall.node_pack import load_nodes
from seatmate.aftercall.node_rules import NodePack
from seatmate.aftercall.outline_rules import load_outline
from seatmate.aftercall.summary import intents_of
from seatmate.ask.flow import Ask, AskOptions
from seatmate.ask.retrieve import Retrieval
from seatmate.compliance.answer import Conduct
from seatmate.compliance.pack import load_pack
from seatmate.compliance.rules import RulePack
from seatmate.domain.call_ports import CallLedger
from seatmate.domain.ports import ChatModel, KnowledgeLedger
from seatmate.domain.releases import Release
from seatmate.ingest.flow import Stores
from seatmate.prompts import Prompts
from seatmate.settings import Settings
from seatmate.testing.calls import MemoryAnswers
from seatmate.testing.models import DeadChatModel, ScriptedChatModel
from seatmate.wiring import bank_now
from seatmate.wiring.knowledge import open_encoder, open_reranker
from seatmate.wiring.model import NO_MODEL, model_address, release_of
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
    """As the API and the worker are joined (seatmate.wiring.api, seatmate.wiring.worker)."""
    prompts, rules = Prompts.load(settings.prompts), settings.corpus / "rules"
    release = release_of(settings, prompts, stores.encoder)
    pack, nodes = load_pack(rules / "compliance"), load_nodes(rules / "process_nodes.yaml")
    catalogue, outline = load_catalogue(rules), load_outline(rules / "summary.yaml")
    dispositions = load_dispositions(rules / "dispositions.yaml", intents_of(prompts))
    reranker = open_reranker(settings.index, closing)
    ask = Ask(
        prompts=prompts,
        retrieval=Retrieval(stores.encoder, stores.index, stores.ledger, reranker=reranker),
        approved=SqlApproved(engine),
        answers=MemoryAnswers(),
        model=model.questions,
        conduct=Conduct(pack),
        release_id=release.release_id,
        options=AskOptions(
            passages=settings.ask.passages,
            source_lines=settings.ask.source_lines,
            max_tokens=settings.ask.max_tokens,
            min_relevance=settings.ask.min_relevance,
        ),
        now=bank_now,
    )

    def aftercall(chat: ChatModel, calls: CallLedger) -> Aftercall:
        return Aftercall(
            prompts=prompts,
            model=chat,
            calls=calls,
            knowledge=stores.ledger,
            catalogue=catalogue,
            rules=pack,
            nodes=nodes,
            outline=outline,
            dispositions=dispositions,
            model_adds=settings.aftercall.model_adds,
            release_id=release.release_id,
            max_tokens=settings.aftercall.max_tokens,
            part_chars=settings.aftercall.part_chars,
            now=bank_now,
        )

    return World(release, ask, stores.ledger, pack, nodes, model, aftercall)


def _model(settings: Settings, closing: AsyncExitStack) -> Model:
    base_url, key, name = model_address(settings.engine)
    timeout_s, sends_priority = settings.engine.request_timeout_s, settings.engine.sends_priority
    questions = OpenAIChat(
        base_url,
        key,
        name,
        total_timeout_s=timeout_s,
        first_token_timeout_s=settings.engine.first_token_timeout_s,
        sends_priority=sends_priority,
    )
    langchain = open_langchain(base_url, key, name, total_timeout_s=timeout_s)
    calls = LangChainChat(langchain, name, total_timeout_s=timeout_s, sends_priority=sends_priority)
    health = ModelHealth(base_url, key or "none", name)  # no HTTP client sends an empty key
    for opened in (questions, calls, health):
        closing.push_async_callback(opened.aclose)
    return Model(questions, calls, health)


def _no_model() -> Model:
    """A question meets a server that is away, a finished call a model that has nothing to say."""
    return Model(DeadChatModel(), ScriptedChatModel(lambda request: "", NO_MODEL), None)
