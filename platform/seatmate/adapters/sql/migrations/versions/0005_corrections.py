"""What agents corrected of summaries."""

from alembic import op

from seatmate.adapters.sql.tables import metadata

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    metadata.create_all(op.get_bind())


def downgrade() -> None:
    op.drop_table("corrections")
