"""The ledgers of calls and answers keep their contracts in memory, on SQLite and on PostgreSQL."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, event, text

from seatmate.adapters.sql.answers import SqlAnswers
from seatmate.adapters.sql.base import open_engine, upgrade
from seatmate.adapters.sql.calls import SqlCalls
from seatmate.adapters.sql.outbox import SqlOutbox
from seatmate.adapters.sql.reviews import SqlReviews
from seatmate.domain.call_ports import CallLedger, Outbox, Reviews
from seatmate.domain.compliance import Severity
from seatmate.domain.ports import AnswerLedger
from seatmate.domain.reviews import ReviewState
from seatmate.testing.call_contract import (
    LEASE_S,
    NOON,
    AnswerLedgerContract,
    CallLedgerContract,
    Clock,
    OutboxContract,
    ReviewsContract,
    conversation,
)
from seatmate.testing.calls import MemoryAnswers, MemoryCalls, MemoryOutbox, MemoryReviews

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

    async def test_writers_of_one_process_take_turns_and_do_not_find_the_file_locked(self, tmp_path: Path) -> None:
        engine = open_engine(f"sqlite:///{tmp_path / 'seatmate.db'}")
        upgrade(engine)
        # Not to wait is what a writer comes to that waited long and had bad luck each time that it looked.
        event.listen(engine, "connect", lambda raw, _: raw.execute("PRAGMA busy_timeout=0"))
        engine.dispose()
        calls = SqlCalls(engine)
        await asyncio.gather(*(calls.receive(conversation(f"C-{n}")) for n in range(40)))
        assert await calls.waiting_count() == 40
        engine.dispose()


class TestReviewsInMemory(ReviewsContract):
    @pytest.fixture
    async def stores(self) -> tuple[CallLedger, Reviews]:
        reviews = MemoryReviews()
        return MemoryCalls(reviews=reviews), reviews


class TestReviewsOnSqlite(ReviewsContract):
    @pytest.fixture
    async def stores(self, sqlite: Engine) -> tuple[CallLedger, Reviews]:
        return SqlCalls(sqlite), SqlReviews(sqlite)

    async def test_a_database_of_before_reviews_gets_them_for_the_hits_that_are_there(self, sqlite: Engine) -> None:
        calls, reviews = SqlCalls(sqlite), SqlReviews(sqlite)
        await calls.receive(conversation())
        await calls.save_record(self.found("rel-1", Severity.MAJOR))
        with sqlite.begin() as connection:
            for command in (
                "DROP TABLE reviews",
                "DROP INDEX ix_calls_started_at",
                "ALTER TABLE calls DROP COLUMN started_at",
                "UPDATE alembic_version SET version_num = '0005'",
            ):
                connection.execute(text(command))
        upgrade(sqlite)
        assert (await reviews.review("C-1", "rule_major@1", "u1")).state is ReviewState.OPEN
        found = await calls.calls_between(NOON, NOON + timedelta(seconds=1))
        assert [call.conversation.conversation_id for call in found] == ["C-1"]


class TestReviewsOnPostgres(ReviewsContract):
    @pytest.fixture
    async def stores(self, postgres: Engine) -> tuple[CallLedger, Reviews]:
        return SqlCalls(postgres), SqlReviews(postgres)


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
