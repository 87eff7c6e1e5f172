"""What the background worker works with: records, rules, and the model through LangChain, which no API imports."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from sqlalchemy import Engine

from seatmate.adapters.langchain_chat import LangChainChat, open_langchain
from seatmate.adapters.sql.base import open_engine, upgrade
from seatmate.adapters.sql.calls import SqlCalls
from seatmate.adapters.sql.knowledge import SqlKnowledge
from seatmate.adapters.sql.outbox import SqlOutbox
from seatmate.adapters.sql.releases import SqlReleases
from seatmate.adapters.sql.vault import SqlVault
from seatmate.adapters.webhook import HttpWebhook
from seatmate.aftercall.flow import Aftercall
from seatmate.domain.call_ports import CallLedger, Outbox, Vault, Webhook
from seatmate.domain.ports import ChatModel, KnowledgeLedger
from seatmate.settings import EngineSettings, Settings
from seatmate.wiring import bank_now
from seatmate.wiring.flows import Flows
from seatmate.wiring.knowledge import open_encoder
from seatmate.wiring.model import model_address
from seatmate.wiring.releases import Installation, InTraffic, flow_of


@dataclass(frozen=True)
class WorkerWiring:
    calls: CallLedger
    aftercalls: InTraffic[Aftercall]
    """A finished call, for each release in traffic."""
    outbox: Outbox
    webhooks: tuple[Webhook, ...]


@dataclass(frozen=True)
class _AftercallParts:
    """What the Aftercall flows of all releases share."""

    calls: CallLedger
    knowledge: KnowledgeLedger
    vault: Vault | None
    closing: AsyncExitStack

    async def open_aftercall(self, settings: Settings, release_id: str) -> Aftercall:
        flows, model = Flows(settings, release_id), open_background_model(settings.engine, self.closing)
        return await asyncio.to_thread(
            flows.aftercall, calls=self.calls, knowledge=self.knowledge, model=model, vault=self.vault
        )


@asynccontextmanager
async def open_worker(settings: Settings) -> AsyncIterator[WorkerWiring]:
    async with AsyncExitStack() as closing:
        engine = open_engine(settings.records.url)
        closing.callback(engine.dispose)
        await asyncio.to_thread(upgrade, engine)
        encoder = open_encoder(settings.index, closing)
        installation = await asyncio.to_thread(Installation.of, settings, encoder, SqlReleases(engine))
        calls = SqlCalls(engine, webhooks=tuple(settings.webhooks))
        parts = _AftercallParts(calls, SqlKnowledge(engine), open_vault(settings, engine), closing)
        aftercalls = InTraffic(flow_of(installation, bank_now), installation, parts.open_aftercall)
        await aftercalls.start()
        yield WorkerWiring(calls, aftercalls, SqlOutbox(engine, now=bank_now), open_webhooks(settings, closing))


def open_background_model(settings: EngineSettings, closing: AsyncExitStack) -> ChatModel:
    """The model of finished calls, through LangChain."""
    base_url, key, name = model_address(settings)
    timeout_s = settings.request_timeout_s
    model = LangChainChat(
        open_langchain(base_url, key, name, total_timeout_s=timeout_s),
        name,
        total_timeout_s=timeout_s,
        sends_priority=settings.sends_priority,
    )
    closing.push_async_callback(model.aclose)
    return model


def open_vault(settings: Settings, engine: Engine) -> Vault | None:
    """None without a key: what was masked is then known to nobody."""
    keys = [key.get_secret_value() for key in settings.vault.keys]
    return SqlVault(engine, keys=keys, now=bank_now) if keys else None


def open_webhooks(settings: Settings, closing: AsyncExitStack) -> tuple[Webhook, ...]:
    opened: list[HttpWebhook] = []
    for name, wanted in settings.webhooks.items():
        secret = wanted.secret.get_secret_value().encode()
        webhook = HttpWebhook(name, wanted.url, secret, timeout_s=wanted.timeout_s, now=bank_now)
        closing.push_async_callback(webhook.aclose)
        opened.append(webhook)
    return tuple(opened)
