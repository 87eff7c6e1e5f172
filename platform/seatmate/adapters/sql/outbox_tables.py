"""What other systems are still to be told. The record itself is not kept twice: a delivery names it by its key."""

from sqlalchemy import Column, ForeignKeyConstraint, Index, Integer, String, Table, Text

from seatmate.adapters.sql.base import Moment, metadata

deliveries = Table(
    "deliveries",
    metadata,
    Column("event_id", String(256), primary_key=True),
    Column("webhook", String(64), primary_key=True),
    Column("type", String(32), nullable=False),
    Column("conversation_id", String(128), nullable=False),
    Column("transcript_sha256", String(64), nullable=False),
    Column("release_id", String(64), nullable=False),
    Column("happened_at", Moment, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    # When it is to be sent next. Whoever takes it moves this on first, so that nobody else sends it meanwhile.
    Column("due_at", Moment),
    Column("delivered_at", Moment),
    Column("detail", Text, nullable=False, default=""),
    ForeignKeyConstraint(
        ["conversation_id", "transcript_sha256", "release_id"],
        ["call_records.conversation_id", "call_records.transcript_sha256", "call_records.release_id"],
    ),
    Index("ix_deliveries_due", "webhook", "due_at"),
)
