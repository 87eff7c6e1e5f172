"""A LangChain retriever over a running Seatmate: what its key may read, on the day and in the snapshot that are set.

    retriever = SeatmateRetriever(base_url="http://seatmate:8600", api_key=key, as_of=day)
    chain = {"context": retriever, "question": RunnablePassthrough()} | prompt | model

A document's metadata is the citation: doc_id, version and the offsets `start` and `end` into the document's text, the
dates `valid_from` and `valid_to` (the last day, inclusive), snapshot, score and headings.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Self

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.exceptions import LangChainException
from langchain_core.retrievers import BaseRetriever
from pydantic import AwareDatetime, ConfigDict, Field, SecretStr, model_validator

from seatmate.integrations.search import MOST, Found, Search, SearchFailed


class SeatmateRetriever(BaseRetriever):
    """Raises LangChainException with the title and detail of what Seatmate answered; its cause has the rest."""

    model_config = ConfigDict(hide_input_in_errors=True)  # the input holds the key

    base_url: str
    api_key: SecretStr = SecretStr("")
    as_of: AwareDatetime | None = None
    """The moment that counts; by default the moment of the search."""
    limit: Annotated[int, Field(ge=1, le=MOST)] = 10
    snapshot: Annotated[int, Field(ge=1)] | None = None
    """What was published then; by default what is live."""
    timeout_s: Annotated[float, Field(gt=0)] = 10.0
    ca_file: Path | None = None

    @model_validator(mode="after")
    def _can_be_asked(self) -> Self:
        self._search()
        return self

    def _get_relevant_documents(self, query: str, *, run_manager: CallbackManagerForRetrieverRun) -> list[Document]:
        try:
            return _documents(self._search().find(query))
        except SearchFailed as error:
            raise LangChainException(str(error)) from error

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun
    ) -> list[Document]:
        try:
            return _documents(await self._search().afind(query))
        except SearchFailed as error:
            raise LangChainException(str(error)) from error

    def _search(self) -> Search:
        """As the fields are now: a copy with another day must ask for that day."""
        return Search(
            self.base_url,
            self.api_key.get_secret_value(),
            self.as_of,
            self.limit,
            self.snapshot,
            self.timeout_s,
            self.ca_file,
        )


def _documents(found: Sequence[Found]) -> list[Document]:
    return [Document(page_content=f.passage.text, metadata=dict(f.metadata), id=f.passage.passage_id) for f in found]
