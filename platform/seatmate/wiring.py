"""The only joiner: settings in, flows with their adapters out. Opened by a door, closed by the same door.

The API's wiring has the index and the live question; the worker's has the model calls of background work. Neither
carries the other's libraries.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from seatmate.adapters.chat import OpenAIChat
from seatmate.adapters.dense import open_dense
from seatmate.adapters.encode import HybridEncoder
from seatmate.adapters.fuse import Fusion
from seatmate.adapters.model_health import ModelHealth
from seatmate.adapters.model_servers import ServerEncoder, ServerReranker, open_server
from seatmate.adapters.sparse import SparseEncoder
from seatmate.adapters.sql.answers import SqlAnswers
from seatmate.adapters.sql.approved import SqlApproved
from seatmate.adapters.sql.base import open_engine, upgrade
from seatmate.adapters.sql.calls import SqlCalls
from seatmate.adapters.sql.knowledge import SqlKnowledge
from seatmate.aftercall.fields import load_catalogue
from seatmate.aftercall.flow import Aftercall
from seatmate.ask.flow import Ask, AskOptions
from seatmate.ask.retrieve import RankWeights, Retrieval
from seatmate.compliance.pack import load_pack
from seatmate.domain.knowledge import BANK_ZONE
from seatmate.domain.ports import (
    AnswerLedger,
    ApprovedAnswers,
    CallLedger,
    Encoder,
    KnowledgeLedger,
    PassageIndex,
    Reranker,
)
from seatmate.domain.releases import Release
from seatmate.ingest.reindex import reindex
from seatmate.ingest.stores import Stores
from seatmate.prompts import Prompts
from seatmate.settings import EngineSettings, IndexSettings, Settings

NO_MODEL = "none"
"""The served name when no model server is set: every answer is then source text."""


@dataclass(frozen=True)
class Wiring:
    """What the HTTP door works with."""

    settings: Settings
    release: Release
    ask: Ask
    knowledge: KnowledgeLedger
    approved: ApprovedAnswers
    answers: AnswerLedger
    calls: CallLedger
    stores: Stores
    model_name: str
    model_health: ModelHealth

    def now(self) -> datetime:
        return bank_now()


@dataclass(frozen=True)
class WorkerWiring:
    """What the background worker works with."""

    calls: CallLedger
    aftercall: Aftercall


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
        release = current_release(settings, prompts, encoder)
        ask = Ask(
            prompts=prompts,
            retrieval=Retrieval(encoder, index, knowledge, reranker=reranker),
            approved=approved,
            answers=answers,
            model=model,
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
        yield Wiring(settings, release, ask, knowledge, approved, answers, calls, stores, model.name, health)


@asynccontextmanager
async def open_worker(settings: Settings) -> AsyncIterator[WorkerWiring]:
    """The worker's parts: records, rules, and the model through LangChain, which the API never imports."""
    from seatmate.adapters.langchain_chat import LangChainChat, open_langchain

    async with AsyncExitStack() as closing:
        engine = open_engine(settings.records.url)
        closing.callback(engine.dispose)
        await asyncio.to_thread(upgrade, engine)
        base_url, key, name = model_address(settings.engine)
        timeout_s = settings.engine.request_timeout_s
        model = LangChainChat(
            open_langchain(base_url, key, name, total_timeout_s=timeout_s),
            name,
            total_timeout_s=timeout_s,
            sends_priority=settings.engine.sends_priority,
        )
        closing.push_async_callback(model.aclose)
        prompts = Prompts.load(settings.prompts)
        encoder = open_encoder(settings.index, closing)
        rules = settings.corpus / "rules"
        calls = SqlCalls(engine)
        aftercall = Aftercall(
            prompts=prompts,
            model=model,
            calls=calls,
            knowledge=SqlKnowledge(engine),
            catalogue=load_catalogue(rules / "kyc_fields.yaml", rules / "voc_labels.yaml"),
            rules=load_pack(rules / "compliance.yaml"),
            release_id=current_release(settings, prompts, encoder).release_id,
            max_tokens=settings.aftercall.max_tokens,
            part_chars=settings.aftercall.part_chars,
            now=bank_now,
        )
        yield WorkerWiring(calls, aftercall)


def open_encoder(settings: IndexSettings, closing: AsyncExitStack) -> Encoder:
    """The embedded table, or the bank's own embeddings server; the sparse leg is ours in both."""
    server = settings.embeddings
    if server is None:
        return HybridEncoder(SparseEncoder(), open_dense(settings.embedder))
    http = open_server(server.base_url, server.api_key.get_secret_value(), server.timeout_s)
    closing.push_async_callback(http.aclose)
    return ServerEncoder(SparseEncoder(), http, server.model, server.dimensions, server.query_prefix)


def open_reranker(settings: IndexSettings, closing: AsyncExitStack) -> Reranker | None:
    server = settings.rerank
    if server is None:
        return None
    http = open_server(server.base_url, server.api_key.get_secret_value(), server.timeout_s)
    closing.push_async_callback(http.aclose)
    return ServerReranker(http, server.model)


def fusion_of(settings: IndexSettings) -> Fusion:
    return Fusion(sparse_weight=settings.sparse_weight, dense_weight=settings.dense_weight)


def open_index(settings: IndexSettings, encoder: Encoder) -> PassageIndex:
    """Qdrant Edge in this process, or a Qdrant server; each imports its library only when it is used."""
    fusion = fusion_of(settings)
    index: PassageIndex
    if settings.kind == "server":
        from seatmate.adapters.qdrant_server import open_server_index

        key = settings.api_key.get_secret_value() if settings.api_key else None
        index = open_server_index(
            settings.url or "", key, settings.collection, encoder.dimensions, encoder.fingerprint, fusion
        )
    else:
        from seatmate.adapters.qdrant_edge import QdrantEdgeIndex

        index = QdrantEdgeIndex(settings.path, encoder.dimensions, encoder.fingerprint, fusion)
    return index


def open_model(settings: EngineSettings) -> tuple[OpenAIChat, ModelHealth]:
    """The live model and its health, for whatever server the settings name."""
    base_url, key, name = model_address(settings)
    model = OpenAIChat(
        base_url,
        key,
        name,
        total_timeout_s=settings.request_timeout_s,
        first_token_timeout_s=settings.first_token_timeout_s,
        sends_priority=settings.sends_priority,
    )
    return model, ModelHealth(base_url, key, name)


def model_address(settings: EngineSettings) -> tuple[str, str, str]:
    """Base URL, key and served name."""
    base_url = settings.base_url or f"http://127.0.0.1:{settings.port}/v1"
    return base_url, settings.api_key.get_secret_value(), settings.served_model or NO_MODEL


def current_release(settings: Settings, prompts: Prompts, encoder: Encoder) -> Release:
    """What answers now, every part by hash."""
    manifest = settings.engine.model / "MANIFEST.sha256"
    return Release(
        base_model=_sha12(manifest.read_bytes()) if manifest.is_file() else "external",
        adapter=settings.engine.served_model or NO_MODEL,
        prompts=prompts.sha256[:12],
        rules=_folder_sha12(settings.corpus / "rules", "*.yaml"),
        encoder=encoder.fingerprint,
        retrieval=_sha12(f"{settings.ask!r}{fusion_of(settings.index)!r}{RankWeights()!r}".encode()),
        code=_folder_sha12(Path(__file__).parent, "*.py"),
    )


def bank_now() -> datetime:
    return datetime.now(BANK_ZONE)


def _sha12(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


def _folder_sha12(folder: Path, pattern: str) -> str:
    """One hash over a folder's files and their places."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob(pattern)):
        digest.update(f"{path.relative_to(folder)}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:12]
