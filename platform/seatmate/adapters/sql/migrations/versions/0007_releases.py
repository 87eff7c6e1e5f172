"""Releases, their steps and their files. On a fresh database the first revision has made them already."""

from alembic import op

from seatmate.adapters.sql.tables import metadata

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    metadata.create_all(op.get_bind())


def downgrade() -> None:
    for table in ("release_files", "release_steps", "releases"):
        op.drop_table(table)
