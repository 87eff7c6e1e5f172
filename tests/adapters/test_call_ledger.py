"""The ledgers of calls and answers keep their contracts in memory, on SQLite and on PostgreSQL."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from seatmate.adapters.sql.answers import SqlAnswers
from seatmate.adapters.sql.base import open_engine
from seatmate.adapters.sql.calls import SqlCalls
from seatmate.adapters.sql.outbox import SqlOutbox
from seatmate.domain.call_ports import CallLedger, Outbox
from seatmate.domain.ports import AnswerLedger
from seatmate.testing.call_contract import (
    LEASE_S,
    AnswerLedgerContract,
    CallLedgerContract,
    Clock,
    OutboxContract,
    conversation,
)
from seatmate.testing.calls import MemoryAnswers, MemoryCalls, MemoryOutbox

WEBHOOKS = ("crm", "lake")


class TestCallsInMemory(CallLedgerContract):
    @pytest.fixture
    async def ledger(self, clock: Clock) -> CallLedger:
        return MemoryCalls(lease_s=LEASE_S, now=clock)


class TestCallsOnSqlite(CallLedgerContract):
    @pytest.fixture
    async def ledger(self, clock: Clock, sqlite: Engine) -> CallLedger:
        return SqlCalls(sqlite, lease_s=LEASE_S, now=clock)

    async def test_a_received_call_is_there_after_a_new_start(self, tmp_path: Path, sqlite: Engine) -> None:
        await SqlCalls(sqlite).receive(conversation())
        with sqlite.connect() as connection:
            assert connection.scalar(text("PRAGMA synchronous")) == 2, "FULL: an acknowledged call is on disk"
        sqlite.dispose()
        assert await SqlCalls(open_engine(f"sqlite:///{tmp_path / 'seatmate.db'}")).waiting(1) == ["C-1"]


class TestOutboxInMemory(OutboxContract):
    @pytest.fixture
    async def stores(self, clock: Clock) -> tuple[CallLedger, Outbox]:
        outbox = MemoryOutbox(WEBHOOKS, now=clock, lease=timedelta(seconds=LEASE_S))
        return MemoryCalls(outbox=outbox, now=clock), outbox


class TestOutboxOnSqlite(OutboxContract):
    @pytest.fixture
    async def stores(self, clock: Clock, sqlite: Engine) -> tuple[CallLedger, Outbox]:
        outbox = SqlOutbox(sqlite, now=clock, lease=timedelta(seconds=LEASE_S))
        return SqlCalls(sqlite, webhooks=WEBHOOKS, now=clock), outbox


class TestOutboxOnPostgres(OutboxContract):
    @pytest.fixture
    async def stores(self, clock: Clock, postgres: Engine) -> tuple[CallLedger, Outbox]:
        outbox = SqlOutbox(postgres, now=clock, lease=timedelta(seconds=LEASE_S))
        return SqlCalls(postgres, webhooks=WEBHOOKS, now=clock), outbox

    async def test_two_workers_take_different_deliveries(self, stores: tuple[CallLedger, Outbox]) -> None:
        calls, outbox = stores
        await self.recorded(calls, *(f"C-{n}" for n in range(40)))
        taken = await asyncio.gather(*(outbox.take_due("crm", 5) for _ in range(8)))
        events = [delivery.event_id for batch in taken for delivery in batch]
        assert len(events) == len(set(events))


class TestCallsOnPostgres(CallLedgerContract):
    @pytest.fixture
    async def ledger(self, clock: Clock, postgres: Engine) -> CallLedger:
        return SqlCalls(postgres, lease_s=LEASE_S, now=clock)


class TestAnswersInMemory(AnswerLedgerContract):
    @pytest.fixture
    async def answers(self) -> AnswerLedger:
        return MemoryAnswers()


class TestAnswersOnSqlite(AnswerLedgerContract):
    @pytest.fixture
    async def answers(self, sqlite: Engine) -> AnswerLedger:
        return SqlAnswers(sqlite)


class TestAnswersOnPostgres(AnswerLedgerContract):
    @pytest.fixture
    async def answers(self, postgres: Engine) -> AnswerLedger:
        return SqlAnswers(postgres)
