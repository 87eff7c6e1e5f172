"""What agents think of answers: one row for each answer and person. Definitions only."""

from sqlalchemy import Column, ForeignKey, String, Table, Text

from seatmate.adapters.sql.base import Moment, metadata

feedback = Table(
    "feedback",
    metadata,
    Column("answer_id", String(64), ForeignKey("answers.answer_id"), primary_key=True),
    Column("given_by", String(64), primary_key=True),
    Column("verdict", String(8), nullable=False),
    Column("at", Moment, nullable=False, index=True),
    Column("feedback", Text, nullable=False),
)
