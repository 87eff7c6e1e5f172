"""Seatmate opened over a bank of canaries, with a model that repeats its prompt; and the same with a filter taken away.

Nothing of the platform is patched: a filter is taken away by handing the flow a part that says that everybody may read
everything.
"""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from random import Random
from typing import Any, cast

import httpx

from seatmate.api.app import create_app
from seatmate.ask.flow import Ask, AskOptions
from seatmate.ask.retrieve import Retrieval
from seatmate.compliance.answer import Conduct
from seatmate.compliance.pack import load_pack
from seatmate.domain.facts import ProductFact
from seatmate.domain.knowledge import BANK_ZONE, DocumentVersion, Product
from seatmate.domain.ports import ApprovedAnswers, ChatRequest, Hit, KnowledgeLedger, PassageIndex, Vectors, Visible
from seatmate.ingest.flow import build, publish
from seatmate.prompts import Prompts
from seatmate.settings import HOME, ApiSettings, Settings
from seatmate.testing.models import ScriptedChatModel, source_numbers
from seatmate.wiring.api import Wiring, open_wiring
from seatmate.wiring.releases import InTraffic
from tests.bench.canaries import CanaryBank

KEYS = 60
NOW = datetime(2026, 11, 24, 10, tzinfo=BANK_ZONE)


def echo(request: ChatRequest) -> str:
    """The whole prompt, then every slot as a sentence with a source, then every source quoted."""
    prompt = "\n".join(message.content for message in request.messages)
    numbers = source_numbers(request)
    slots = dict.fromkeys(re.findall("«[^»]{1,9}»", prompt))
    filled = "".join(f"{slot}[{n}]。" for slot, n in zip(slots, numbers * len(slots), strict=False))
    return f"{prompt}\n{filled}" + "".join(f"[{n}]。" for n in numbers)


@dataclass
class Opened:
    """The real parts over a bank of canaries: the flow in process, and the application without a socket."""

    bank: CanaryBank
    wiring: Wiring
    eager: Ask
    """Asks the model whatever was found; `wiring.ask` abstains as in production."""
    model: ScriptedChatModel
    keys: dict[str, tuple[str, ...]]
    versions: list[tuple[str, str]]
    """(doc_id, version) of everything ever written, published or not."""

    @asynccontextmanager
    async def http(self) -> AsyncIterator[httpx.AsyncClient]:
        @asynccontextmanager
        async def given(_: Settings) -> AsyncIterator[Wiring]:
            yield self.wiring

        app = create_app(self.wiring.settings, given)
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        async with (
            app.router.lifespan_context(app),
            httpx.AsyncClient(transport=transport, base_url="http://t") as http,
        ):
            yield http

    def without(self, filtered: str) -> "Opened":
        """The same with one scope filter gone: what the suite would see if its line were removed."""
        index, knowledge, approved = self.wiring.stores.index, self.wiring.knowledge, self.wiring.approved
        everything = self.bank.scopes
        if filtered == "index":
            index = cast(PassageIndex, _IndexForAll(index, everything))
        elif filtered == "approved":
            approved = cast(ApprovedAnswers, _ApprovedForAll(approved, everything))
        else:
            knowledge = cast(KnowledgeLedger, _LedgerForAll(knowledge, everything, filtered))
        return _opened(self.bank, self.wiring, self.keys, self.versions, index, knowledge, approved)


@asynccontextmanager
async def opened(
    work: Path, bank: CanaryBank, dice: Random, only: frozenset[str] | None = None, third_week: bool = True
) -> AsyncIterator[Opened]:
    """Two weeks published, the third built; approved answers pinned. `only`: without what these may not read."""
    names = bank.write_drops(work / "corpus", only)
    keys = {f"key-{dice.randbytes(8).hex()}": some_scopes(bank, dice) for _ in range(KEYS)}
    keys = {key: (*scopes, "admin") if n % 10 == 0 else scopes for n, (key, scopes) in enumerate(keys.items())}
    settings = Settings.load().in_folder(work / "var")
    (work / "corpus" / "rules").symlink_to(HOME / "corpus" / "rules")
    settings = settings.model_copy(update={"corpus": work / "corpus", "api": ApiSettings(keys=keys)})
    async with open_wiring(settings) as wiring:
        for name in names if third_week else names[:-1]:
            report = await build(wiring.stores, work / "corpus" / "drops" / name)
            if name != names[-1]:
                await publish(wiring.knowledge, report.snapshot)
        for answer in bank.approved:
            if only is None or only & set(answer.scope):
                await wiring.approved.pin(answer)
        versions = sorted(await wiring.knowledge.versions_ever())
        yield _opened(bank, wiring, keys, versions, wiring.stores.index, wiring.knowledge, wiring.approved)


def _opened(
    bank: CanaryBank,
    wiring: Wiring,
    keys: dict[str, tuple[str, ...]],
    versions: list[tuple[str, str]],
    index: PassageIndex,
    knowledge: KnowledgeLedger,
    approved: ApprovedAnswers,
) -> Opened:
    model = ScriptedChatModel(echo)

    def ask(min_relevance: float) -> Ask:
        return Ask(
            prompts=Prompts.load(wiring.settings.prompts),
            retrieval=Retrieval(wiring.stores.encoder, index, knowledge),
            approved=approved,
            answers=wiring.answers,
            model=model,
            conduct=Conduct(load_pack(HOME / "corpus" / "rules" / "compliance")),
            release_id=wiring.installation.release.release_id,
            options=AskOptions(passages=8, source_lines=12, max_tokens=100_000, min_relevance=min_relevance),
            now=lambda: NOW,
        )

    async def as_in_production(settings: Settings, release_id: str) -> Ask:
        return ask(0.3)

    asks = InTraffic(wiring.release_flow, wiring.installation, as_in_production)
    parts = replace(wiring, asks=asks, knowledge=knowledge, approved=approved)
    return Opened(bank, parts, ask(0.0), model, keys, versions)


def some_scopes(bank: CanaryBank, dice: Random) -> tuple[str, ...]:
    return tuple(dice.sample(bank.scopes, dice.randint(0, min(5, len(bank.scopes)))))


class _ForAll:
    """A part whose scope filter is gone; whatever it is not asked to change it hands on."""

    def __init__(self, part: object, scopes: tuple[str, ...]) -> None:
        self._part = part
        self._scopes = scopes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._part, name)


class _IndexForAll(_ForAll):
    async def search(self, vectors: Vectors, visible: Visible, limit: int) -> list[Hit]:
        hits: list[Hit] = await self._part.search(vectors, replace(visible, scopes=self._scopes), limit)  # type: ignore[attr-defined]
        return hits


class _LedgerForAll(_ForAll):
    """Scopes are compared with what the ledger says of a row: here every row says that everybody may read it."""

    def __init__(self, part: object, scopes: tuple[str, ...], rows: str) -> None:
        super().__init__(part, scopes)
        self._rows = rows

    async def products_at(self, snapshot: int) -> list[Product]:
        found = await self.__getattr__("products_at")(snapshot)
        return [replace(p, scope=self._scopes) for p in found] if self._rows == "products" else found

    async def document(self, *which: Any) -> DocumentVersion:
        found: DocumentVersion = await self.__getattr__("document")(*which)
        return replace(found, scope=self._scopes) if self._rows == "documents" else found

    async def documents_named(self, *which: Any) -> list[DocumentVersion]:
        """The second look at a document, as it is now, is gone with the first."""
        found: list[DocumentVersion] = await self.__getattr__("documents_named")(*which)
        return [replace(d, scope=self._scopes) for d in found] if self._rows in ("documents", "facts") else found

    async def facts_at(self, *which: Any) -> list[ProductFact]:
        found: list[ProductFact] = await self.__getattr__("facts_at")(*which)
        return [replace(f, scope=self._scopes) for f in found] if self._rows == "facts" else found


class _ApprovedForAll(_ForAll):
    async def pinned(self) -> list[Any]:
        return [a.model_copy(update={"scope": self._scopes}) for a in await self.__getattr__("pinned")()]


FILTERS = ("index", "products", "documents", "facts", "approved")
