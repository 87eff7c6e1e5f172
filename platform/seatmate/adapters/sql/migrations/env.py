"""Alembic's entry. Runs on the connection that `base.upgrade` passes; there is no ini file and no offline mode."""

from alembic import context

from seatmate.adapters.sql.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
