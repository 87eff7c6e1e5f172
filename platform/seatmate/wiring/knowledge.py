"""Encoder, index and reranker by the settings, and the stores of a builder."""

import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from seatmate.adapters.build_process import BuildProcess
from seatmate.adapters.dense import open_dense
from seatmate.adapters.encode import HybridEncoder
from seatmate.adapters.fuse import Fusion
from seatmate.adapters.model_servers import ServerEncoder, ServerReranker, open_server
from seatmate.adapters.sparse import SparseEncoder
from seatmate.adapters.sql.base import open_engine
from seatmate.adapters.sql.knowledge import SqlKnowledge
from seatmate.domain.ports import Encoder, PassageIndex, Reranker
from seatmate.ingest.stores import Stores
from seatmate.settings import IndexSettings, Settings


@asynccontextmanager
async def open_builder(settings: Settings, index: PassageIndex) -> AsyncIterator[Stores]:
    """The stores of a build in a process of its own. The API, which started it, made the schema and lends its index."""
    async with AsyncExitStack() as closing:
        engine = open_engine(settings.records.url)
        closing.callback(engine.dispose)
        yield Stores(SqlKnowledge(engine), index, open_encoder(settings.index, closing))


def builds_of(settings: Settings, index: PassageIndex) -> BuildProcess:
    """Builds in a process of their own, which is given these settings and writes to this index."""
    return BuildProcess((sys.executable, "-m", "seatmate.builder"), settings.environment(), index)


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
