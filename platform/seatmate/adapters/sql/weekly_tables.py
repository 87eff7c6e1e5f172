"""What candidates would have answered: a report for each snapshot, snapshot that was live, and release in traffic."""

from sqlalchemy import Column, Integer, String, Table, Text

from seatmate.adapters.sql.base import Moment, metadata

snapshot_checks = Table(
    "snapshot_checks",
    metadata,
    Column("snapshot", Integer, primary_key=True, autoincrement=False),
    # 0 where nothing was live: a key may not be empty, and snapshots begin at 1.
    Column("live_snapshot", Integer, primary_key=True, autoincrement=False),
    Column("release_id", String(64), primary_key=True),
    Column("at", Moment, nullable=False),
    Column("report", Text, nullable=False),
)
