"""Releases: a row each with its newest state, every step for auditors, and the files that it was made of."""

from sqlalchemy import Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text

from seatmate.adapters.sql.base import Moment, metadata

releases = Table(
    "releases",
    metadata,
    Column("release_id", String(64), primary_key=True),
    Column("state", String(16), nullable=False),
    Column("changed_at", Moment, nullable=False),
    # How many steps the record has: whoever keeps one more says how many he saw.
    Column("steps", Integer, nullable=False),
    Column("record", Text, nullable=False),
    Index("ix_releases_state", "state"),
)

release_steps = Table(
    "release_steps",
    metadata,
    Column("release_id", String(64), ForeignKey("releases.release_id"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("state", String(16), nullable=False),
    Column("actor", String(64), nullable=False),
    Column("at", Moment, nullable=False),
    Column("why", Text, nullable=False),
    Column("verdict_sha256", String(64)),
)

release_files = Table(
    "release_files",
    metadata,
    Column("release_id", String(64), ForeignKey("releases.release_id"), primary_key=True),
    Column("path", String(256), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)
