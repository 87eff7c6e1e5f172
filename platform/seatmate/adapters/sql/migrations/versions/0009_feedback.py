"""What agents think of answers. On a fresh database the first revision has made it already."""

from alembic import op

from seatmate.adapters.sql.tables import metadata

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    metadata.create_all(op.get_bind())


def downgrade() -> None:
    op.drop_table("feedback")
