"""Approved answers keep their contract in memory and in SQL."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from seatmate.adapters.sql.approved import SqlApproved
from seatmate.adapters.sql.base import open_engine, upgrade
from seatmate.domain.ports import ApprovedAnswers
from seatmate.testing.approved_contract import ApprovedAnswersContract
from seatmate.testing.stores import MemoryApproved


class TestInMemory(ApprovedAnswersContract):
    @pytest.fixture
    async def approved(self) -> ApprovedAnswers:
        return MemoryApproved()


class TestOnSqlite(ApprovedAnswersContract):
    @pytest.fixture
    async def approved(self, tmp_path: Path) -> AsyncIterator[ApprovedAnswers]:
        engine = open_engine(f"sqlite:///{tmp_path / 'seatmate.db'}")
        upgrade(engine)
        yield SqlApproved(engine)
        engine.dispose()
