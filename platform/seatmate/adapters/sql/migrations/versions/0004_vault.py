"""What masked numbers stand for, sealed, and who was shown them."""

from alembic import op

from seatmate.adapters.sql.tables import metadata

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    metadata.create_all(op.get_bind())


def downgrade() -> None:
    op.drop_table("vault_reveals")
    op.drop_table("vault_values")
