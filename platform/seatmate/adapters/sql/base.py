"""The one door to SQL: an engine for SQLite or PostgreSQL, the shared metadata, a transaction off the event loop.

Knows no table. Ledgers pass plain functions of a connection; a function that raises leaves nothing behind.
"""

import asyncio
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

from alembic import command
from alembic.config import Config
from sqlalchemy import (
    Connection,
    DateTime,
    Dialect,
    Engine,
    MetaData,
    TypeDecorator,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.exc import ArgumentError, DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from seatmate.domain.errors import Misconfigured, StoreUnavailable
from seatmate.domain.knowledge import BANK_ZONE

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)

T = TypeVar("T")

_BUSY_MS = 10_000
_TURN = "turn"
"""A SQLite engine's option: its writers' lock."""
_UPGRADE_LOCK = 7_346_001
"""Any constant: processes that start together take turns at the schema of a PostgreSQL database."""


class Moment(TypeDecorator[datetime]):
    """An aware datetime: kept as UTC (SQLite forgets zones), read back in the bank's zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a zone cannot be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        aware = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
        return aware.astimezone(BANK_ZONE)


def open_engine(url: str) -> Engine:
    """An engine for `sqlite:///…` (WAL, every commit on disk) or `postgresql+psycopg://…`."""
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise Misconfigured(f"the records URL cannot be read: {url.split('@')[-1]!r}") from error
    kind = parsed.get_backend_name()
    if kind == "sqlite":
        if parsed.database and parsed.database != ":memory:":
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        engine = create_engine(parsed, execution_options={_TURN: Lock()})
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
        return engine
    if kind == "postgresql":
        return create_engine(parsed, pool_pre_ping=True)
    raise Misconfigured(f"records are kept in sqlite or postgresql, not in {kind}")


def _configure_sqlite(connection: Any, _: object) -> None:
    connection.isolation_level = None  # the driver begins too late; _begin_sqlite does
    for pragma in ("journal_mode=WAL", "synchronous=FULL", f"busy_timeout={_BUSY_MS}", "foreign_keys=ON"):
        connection.execute(f"PRAGMA {pragma}")


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes the lock at once: one that reads first and writes later is refused as busy, without waiting.
    writes = connection.get_execution_options().get("writes", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


async def run(engine: Engine, work: Callable[[Connection], T], *, writes: bool = True) -> T:
    """Run `work` in one transaction, in a thread. `writes=False` does not wait for SQLite's one writer."""
    return await asyncio.to_thread(_in_transaction, engine, work, writes)


def _in_transaction(engine: Engine, work: Callable[[Connection], T], writes: bool) -> T:
    # SQLite lets one write; the others look again after pauses, and of many one may be unlucky until its patience ends.
    # Those of one process take turns here, so that only processes compete there.
    turn = engine.get_execution_options().get(_TURN) if writes else None
    try:
        with (
            turn or nullcontext(),
            engine.connect().execution_options(writes=writes) as connection,
            connection.begin(),
        ):
            return work(connection)
    except (OperationalError, PoolTimeout) as error:
        raise StoreUnavailable(f"records cannot be reached: {_reason(error)}") from error
    except DBAPIError as error:
        if error.connection_invalidated:
            raise StoreUnavailable(f"records were cut off: {_reason(error)}") from error
        raise


def _reason(error: Exception) -> str:
    """The driver's first line. Never the statement: its parameters may be a customer's words."""
    original = getattr(error, "orig", None) or error
    return next(iter(str(original).splitlines()), type(original).__name__)


def upgrade(engine: Engine) -> None:
    """Bring the schema to the newest revision. Called once at start; several processes may call it together."""
    try:
        with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _UPGRADE_LOCK})
            config = Config()
            config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
            config.set_main_option("path_separator", "os")
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    except OperationalError as error:
        raise StoreUnavailable(f"records cannot be reached: {_reason(error)}") from error
