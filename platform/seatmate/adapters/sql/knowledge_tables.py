"""Tables of documents, passages, products and snapshots.

A passage lives as long as its document version, so only `documents` says from which snapshot to which. `pointers` is
the one place that says what is live.
"""

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
    false,
)

from seatmate.adapters.sql.base import Moment, metadata

snapshots = Table(
    "snapshots",
    metadata,
    Column("snapshot", Integer, primary_key=True, autoincrement=False),
    Column("drop_name", String(255), nullable=False),
    Column("documents", Integer, nullable=False, default=0),
    Column("passages", Integer, nullable=False, default=0),
    Column("begun_at", Moment, nullable=False),
    Column("finished_at", Moment),
    Column("published_at", Moment),
    # A discarded candidate keeps its row: its number is never used again.
    Column("discarded", Boolean, nullable=False, server_default=false(), default=False),
)

pointers = Table(
    "pointers",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("snapshot", Integer, ForeignKey("snapshots.snapshot"), nullable=False),
)

documents = Table(
    "documents",
    metadata,
    Column("doc_id", String(128), primary_key=True),
    Column("version", String(32), primary_key=True),
    Column("snap_from", Integer, ForeignKey("snapshots.snapshot"), nullable=False),
    Column("snap_to", Integer, nullable=False),
    Column("path", Text, nullable=False),
    Column("title", Text, nullable=False),
    Column("doc_type", String(64), nullable=False),
    Column("product_codes", JSON, nullable=False),
    Column("scope", JSON, nullable=False),
    Column("since", Moment),
    Column("until", Moment),
    Column("published_at", Moment),
    Column("supersedes", String(128)),
    Column("extra", JSON, nullable=False),
    Column("text", Text, nullable=False),
    Column("superseded", Boolean, nullable=False, server_default=false(), default=False),
    Index("ix_documents_life", "snap_from", "snap_to"),
)

passages = Table(
    "passages",
    metadata,
    Column("passage_id", String(36), primary_key=True),
    Column("doc_id", String(128), nullable=False),
    Column("version", String(32), nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("text", Text, nullable=False),
    Column("context", Text, nullable=False),
    Column("page", Integer),
    ForeignKeyConstraint(["doc_id", "version"], ["documents.doc_id", "documents.version"], ondelete="CASCADE"),
    Index("ix_passages_document", "doc_id", "version"),
)

products = Table(
    "products",
    metadata,
    Column("snapshot", Integer, ForeignKey("snapshots.snapshot"), primary_key=True),
    Column("code", String(64), primary_key=True),
    Column("name", Text, nullable=False),
    Column("aliases", JSON, nullable=False),
)
