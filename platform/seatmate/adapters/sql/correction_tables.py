"""What agents corrected of summaries: every correction is kept, the newest of a section counts."""

from sqlalchemy import Column, ForeignKey, Integer, String, Table, Text

from seatmate.adapters.sql.base import Moment, metadata

corrections = Table(
    "corrections",
    metadata,
    Column("correction_id", Integer, primary_key=True, autoincrement=True),
    Column("conversation_id", String(128), ForeignKey("calls.conversation_id"), nullable=False, index=True),
    Column("section", String(32), nullable=False),
    Column("at", Moment, nullable=False),
    Column("correction", Text, nullable=False),
)
