"""Thumbs on answers keep their contract in memory, on SQLite and on PostgreSQL."""

import pytest
from sqlalchemy import Engine

from seatmate.adapters.sql.answers import SqlAnswers
from seatmate.adapters.sql.feedback import SqlFeedback
from seatmate.testing.calls import MemoryAnswers
from seatmate.testing.feedback import MemoryFeedback
from seatmate.testing.feedback_contract import FeedbackLedgerContract, Stores


class TestInMemory(FeedbackLedgerContract):
    @pytest.fixture
    async def stores(self) -> Stores:
        answers = MemoryAnswers()
        return answers, MemoryFeedback(answers)


class TestOnSqlite(FeedbackLedgerContract):
    @pytest.fixture
    async def stores(self, sqlite: Engine) -> Stores:
        return SqlAnswers(sqlite), SqlFeedback(sqlite)


class TestOnPostgres(FeedbackLedgerContract):
    @pytest.fixture
    async def stores(self, postgres: Engine) -> Stores:
        return SqlAnswers(postgres), SqlFeedback(postgres)
