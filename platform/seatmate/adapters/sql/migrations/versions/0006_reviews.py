"""Reviews of compliance hits, also for the hits of records that are there; and when a call began, for rates.

On a fresh database the first revision has made everything already.
"""

import sqlalchemy as sa
from alembic import op

from seatmate.adapters.sql.reviews import open_reviews
from seatmate.adapters.sql.tables import metadata
from seatmate.domain.calls import Conversation
from seatmate.domain.findings import CallRecord

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    bind = op.get_bind()
    metadata.create_all(bind)
    calls = metadata.tables["calls"]
    if "started_at" not in {column["name"] for column in sa.inspect(bind).get_columns("calls")}:
        op.add_column("calls", sa.Column("started_at", calls.c.started_at.type, nullable=True))
    for key, stored in bind.execute(sa.select(calls.c.conversation_id, calls.c.conversation)).all():
        at = Conversation.model_validate_json(stored).started_at
        bind.execute(sa.update(calls).where(calls.c.conversation_id == key).values(started_at=at))
    records = metadata.tables["call_records"]
    for stored in bind.scalars(sa.select(records.c.record).order_by(records.c.recorded_at)).all():
        open_reviews(bind, CallRecord.model_validate_json(stored))


def downgrade() -> None:
    op.drop_table("reviews")
    with op.batch_alter_table("calls") as batch:
        batch.drop_column("started_at")
