"""Product facts, waivers, approved answers; passages with their heading and column paths apart.

On a fresh database the first revision has made everything already.
"""

import json

import sqlalchemy as sa
from alembic import op

from seatmate.adapters.sql.tables import metadata

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_NEW_COLUMNS = {
    "snapshots": ("report", "disputed"),
    "documents": ("source_sha256",),
    "passages": ("headings", "columns", "product_codes", "sheet"),
    "products": ("scope",),
}


def upgrade() -> None:
    bind = op.get_bind()
    metadata.create_all(bind)
    inspector = sa.inspect(bind)
    for table, names in _NEW_COLUMNS.items():
        there = {column["name"] for column in inspector.get_columns(table)}
        for name in names:
            if name not in there:
                op.add_column(table, metadata.tables[table].c[name].copy())
    if "context" in {column["name"] for column in inspector.get_columns("passages")}:
        _part_contexts(bind)
        with op.batch_alter_table("passages") as batch:
            batch.drop_column("context")


def downgrade() -> None:
    raise NotImplementedError("knowledge is built again from its drops, not taken back to an older schema")


def _part_contexts(bind: sa.Connection) -> None:
    """「title › heading ｜ column、column」 to its parts."""
    for passage_id, context in bind.execute(sa.text("SELECT passage_id, context FROM passages")).all():
        place, _, columns = context.partition(" ｜ ")
        bind.execute(
            sa.text('UPDATE passages SET headings = :headings, "columns" = :columns WHERE passage_id = :id'),
            {
                "headings": json.dumps(place.split(" › ")[1:]),
                "columns": json.dumps(columns.split("、") if columns else []),
                "id": passage_id,
            },
        )
