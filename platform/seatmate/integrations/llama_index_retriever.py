"""A LlamaIndex retriever over a running Seatmate: what its key may read, on the day and in the snapshot that are set.

    engine = RetrieverQueryEngine.from_args(SeatmateRetriever("http://seatmate:8600", key, as_of=day), llm=llm)

A node's metadata is the citation: doc_id, version and the offsets `start` and `end` into the document's text, the dates
`valid_from` and `valid_to` (the last day, inclusive), snapshot, score and headings. A model is shown the part of it
that it needs to understand the text.
"""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from llama_index.core.callbacks.base import CallbackManager
from llama_index.core.retrievers import BaseRetriever
from llama_index.core.schema import NodeRelationship, NodeWithScore, QueryBundle, RelatedNodeInfo, TextNode

from seatmate.integrations.search import Found, Search

_SHOWN = frozenset({"title", "headings", "columns", "valid_from", "valid_to"})
"""Metadata that belongs into a prompt; the rest is for whoever follows a citation."""


class SeatmateRetriever(BaseRetriever):
    """Raises SearchFailed, a RuntimeError, with the title and detail of what Seatmate answered."""

    def __init__(
        self,
        base_url: str,
        api_key: str = "",
        *,
        as_of: datetime | None = None,
        limit: int = 10,
        snapshot: int | None = None,
        timeout_s: float = 10.0,
        ca_file: Path | None = None,
        callback_manager: CallbackManager | None = None,
    ) -> None:
        self._search = Search(base_url, api_key, as_of, limit, snapshot, timeout_s, ca_file)
        super().__init__(callback_manager=callback_manager)

    def _retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return _nodes(self._search.find(query_bundle.query_str))

    async def _aretrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        return _nodes(await self._search.afind(query_bundle.query_str))


def _nodes(found: Sequence[Found]) -> list[NodeWithScore]:
    return [NodeWithScore(node=_node(f), score=f.passage.score) for f in found]


def _node(found: Found) -> TextNode:
    passage = found.passage
    hidden = sorted(set(found.metadata) - _SHOWN)
    return TextNode(
        id_=passage.passage_id,
        text=passage.text,
        metadata=dict(found.metadata),
        excluded_llm_metadata_keys=hidden,
        excluded_embed_metadata_keys=hidden,
        start_char_idx=passage.start,
        end_char_idx=passage.end,
        relationships={NodeRelationship.SOURCE: RelatedNodeInfo(node_id=f"{passage.doc_id}@{passage.version}")},
    )
