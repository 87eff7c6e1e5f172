"""`INSERT … ON CONFLICT`, which SQLite and PostgreSQL spell alike and SQLAlchemy keeps apart."""

from typing import Any

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_once(connection: Connection, table: Table, values: dict[str, Any]) -> None:
    """Insert, unless the primary key is there already."""
    connection.execute(_insert(connection, table).values(values).on_conflict_do_nothing())


def upsert(connection: Connection, table: Table, values: dict[str, Any]) -> None:
    """Insert, or replace every other column of the row with this primary key."""
    key = [column.name for column in table.primary_key.columns]
    rest = {name: value for name, value in values.items() if name not in key}
    connection.execute(_insert(connection, table).values(values).on_conflict_do_update(index_elements=key, set_=rest))


def _insert(connection: Connection, table: Table) -> sqlite.Insert | postgresql.Insert:
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
