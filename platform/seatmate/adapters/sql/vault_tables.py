"""Tables of the vault: sealed values by redacted transcript and token, and who was shown them. Definitions only."""

from sqlalchemy import Column, Integer, LargeBinary, String, Table, Text

from seatmate.adapters.sql.base import Moment, metadata

vault_values = Table(
    "vault_values",
    metadata,
    Column("conversation_id", String(128), primary_key=True),
    Column("redacted_sha256", String(64), primary_key=True),
    Column("token", String(64), primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)

# No foreign key: that a value was shown stays on record after the value and its conversation are erased.
vault_reveals = Table(
    "vault_reveals",
    metadata,
    Column("reveal_id", Integer, primary_key=True, autoincrement=True),
    Column("conversation_id", String(128), nullable=False, index=True),
    Column("tokens", Text, nullable=False),
    Column("shown_to", String(128), nullable=False),
    Column("shown_at", Moment, nullable=False),
)
