"""The knowledge ledger keeps its contract in memory, on SQLite and on PostgreSQL."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from seatmate.adapters.sql.base import metadata, open_engine, run, upgrade
from seatmate.adapters.sql.knowledge import SqlKnowledge
from seatmate.domain.errors import Misconfigured, StoreUnavailable
from seatmate.domain.ports import KnowledgeLedger
from seatmate.testing.ledger_contract import KnowledgeLedgerContract
from seatmate.testing.stores import MemoryKnowledge


class TestInMemory(KnowledgeLedgerContract):
    @pytest.fixture
    async def ledger(self) -> KnowledgeLedger:
        return MemoryKnowledge()


class TestOnSqlite(KnowledgeLedgerContract):
    @pytest.fixture
    async def ledger(self, tmp_path: Path) -> AsyncIterator[KnowledgeLedger]:
        engine = open_engine(f"sqlite:///{tmp_path / 'deep' / 'seatmate.db'}")
        upgrade(engine)
        yield SqlKnowledge(engine)
        engine.dispose()


class TestOnPostgres(KnowledgeLedgerContract):
    @pytest.fixture
    async def ledger(self, postgres: Engine) -> KnowledgeLedger:
        return SqlKnowledge(postgres)


def test_the_schema_can_be_brought_up_twice_and_has_every_table(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'seatmate.db'}")
    upgrade(engine)
    upgrade(engine)
    with engine.connect() as connection:
        there = set(connection.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'")))
    assert set(metadata.tables) <= there
    engine.dispose()


def test_sqlite_writes_ahead_and_syncs_every_commit(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'seatmate.db'}")
    with engine.connect() as connection:
        pragmas = [connection.exec_driver_sql(f"PRAGMA {p}").scalar() for p in ("journal_mode", "synchronous")]
    assert pragmas == ["wal", 2]
    engine.dispose()


async def test_a_failed_transaction_leaves_nothing_behind(tmp_path: Path) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'seatmate.db'}")
    await run(engine, lambda c: c.execute(text("CREATE TABLE t (n INTEGER)")))

    def half(connection: object) -> None:
        connection.execute(text("INSERT INTO t VALUES (1)"))  # type: ignore[attr-defined]
        raise KeyError("stop")

    with pytest.raises(KeyError):
        await run(engine, half)
    assert await run(engine, lambda c: c.execute(text("SELECT count(*) FROM t")).scalar(), writes=False) == 0
    engine.dispose()


async def test_a_database_out_of_reach_is_store_unavailable() -> None:
    engine = open_engine("postgresql+psycopg://nobody@127.0.0.1:1/none?connect_timeout=1")
    with pytest.raises(StoreUnavailable):
        await SqlKnowledge(engine).live_snapshot()
    engine.dispose()


def test_other_databases_are_refused() -> None:
    with pytest.raises(Misconfigured):
        open_engine("mysql://host/db")
    with pytest.raises(Misconfigured):
        open_engine("not a url")
