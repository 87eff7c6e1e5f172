"""The stores of weekly checks keep their contract."""

import pytest
from sqlalchemy import Engine

from seatmate.adapters.sql.weekly import SqlWeeklyChecks
from seatmate.domain.weekly import WeeklyChecks
from seatmate.testing.weekly import MemoryWeeklyChecks
from seatmate.testing.weekly_contract import WeeklyChecksContract


class TestWeeklyChecksInMemory(WeeklyChecksContract):
    @pytest.fixture
    async def checks(self) -> WeeklyChecks:
        return MemoryWeeklyChecks()


class TestWeeklyChecksOnSqlite(WeeklyChecksContract):
    @pytest.fixture
    async def checks(self, sqlite: Engine) -> WeeklyChecks:
        return SqlWeeklyChecks(sqlite)


class TestWeeklyChecksOnPostgres(WeeklyChecksContract):
    @pytest.fixture
    async def checks(self, postgres: Engine) -> WeeklyChecks:
        return SqlWeeklyChecks(postgres)
