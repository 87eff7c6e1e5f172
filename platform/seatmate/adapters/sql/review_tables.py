"""What people make of compliance hits: a row a hit, opened with the first record that has it."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from seatmate.adapters.sql.base import Moment, metadata

reviews = Table(
    "reviews",
    metadata,
    Column("conversation_id", String(128), ForeignKey("calls.conversation_id"), primary_key=True),
    Column("rule", String(96), primary_key=True),
    Column("utt_id", String(128), primary_key=True),
    Column("gravity", Integer, nullable=False),
    Column("state", String(16), nullable=False),
    Column("raised_at", Moment, nullable=False),
    # How many steps the review has: whoever keeps one more says how many he saw.
    Column("steps", Integer, nullable=False),
    Column("review", Text, nullable=False),
    Index("ix_reviews_queue", "state", "gravity", "raised_at"),
)
