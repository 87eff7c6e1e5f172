"""Tables of conversations, the steps of their analysis, their records, and of answers.

Shapes are kept as their own JSON text; only what a query needs has a column. Definitions only.
"""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from seatmate.adapters.sql.base import Moment, metadata

calls = Table(
    "calls",
    metadata,
    Column("conversation_id", String(128), primary_key=True),
    Column("transcript_sha256", String(64), nullable=False),
    Column("customer_id", String(128), nullable=False, index=True),
    Column("conversation", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("detail", Text, nullable=False, default=""),
    Column("started_at", Moment, index=True),
    Column("received_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
    Index("ix_calls_waiting", "state", "received_at"),
)

# A step that ran is not run again, also not by a worker that never saw the first one.
call_steps = Table(
    "call_steps",
    metadata,
    Column("conversation_id", String(128), ForeignKey("calls.conversation_id"), primary_key=True),
    Column("release_id", String(64), primary_key=True),
    Column("step", String(32), primary_key=True),
    Column("result", Text, nullable=False),
)

call_records = Table(
    "call_records",
    metadata,
    Column("conversation_id", String(128), ForeignKey("calls.conversation_id"), primary_key=True),
    Column("transcript_sha256", String(64), primary_key=True),
    Column("release_id", String(64), primary_key=True),
    Column("recorded_at", Moment, nullable=False),
    Column("record", Text, nullable=False),
)

answers = Table(
    "answers",
    metadata,
    Column("answer_id", String(64), primary_key=True),
    Column("release_id", String(64), nullable=False),
    Column("snapshot", Integer),
    Column("status", String(16), nullable=False),
    Column("as_of", Moment, nullable=False),
    Column("answer", Text, nullable=False),
    Index("ix_answers_release", "release_id"),
)
