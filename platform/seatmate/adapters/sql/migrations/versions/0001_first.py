"""The first schema: knowledge, calls and answers.

Creates what the table modules say. Once a bank has run it, the tables change by further revisions only.
"""

from alembic import op

from seatmate.adapters.sql.tables import metadata

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    metadata.create_all(op.get_bind())


def downgrade() -> None:
    metadata.drop_all(op.get_bind())
