"""Alembic's entry. Runs on the connection that `base.upgrade` passes; there is no ini file and no offline mode."""

from alembic import context

from seatmate.adapters.sql import call_tables, knowledge_tables  # noqa: F401  (they fill the metadata)
from seatmate.adapters.sql.base import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
