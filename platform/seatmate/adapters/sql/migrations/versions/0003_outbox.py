"""What other systems are still to be told."""

from alembic import op

from seatmate.adapters.sql.tables import metadata

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    metadata.create_all(op.get_bind())


def downgrade() -> None:
    op.drop_table("deliveries")
