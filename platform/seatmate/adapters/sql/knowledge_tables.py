"""Tables of documents, passages, facts, products and snapshots, and of what people decided about them.

Passages and facts live as long as their document version, so only `documents` says from which snapshot to which.
`pointers` is the one place that says what is live.
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
    Column("report", Text),
    # Product codes whose documents disagree, each with a hash of what disagrees: what waivers are about.
    Column("disputed", JSON, nullable=False, server_default="{}"),
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
    # Of the file's bytes, its manifest row and the way of reading: the same again need not be read again.
    Column("source_sha256", String(64), nullable=False, server_default=""),
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
    Column("headings", JSON, nullable=False, server_default="[]"),
    Column("columns", JSON, nullable=False, server_default="[]"),
    # The products this passage speaks of, where they are fewer than its document's.
    Column("product_codes", JSON(none_as_null=True)),
    Column("page", Integer),
    Column("sheet", Text),
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
    Column("scope", JSON, nullable=False, server_default="[]"),
)

product_facts = Table(
    "product_facts",
    metadata,
    Column("fact_id", Integer, primary_key=True, autoincrement=True),
    Column("product_code", String(64), nullable=False),
    Column("attribute", String(64), nullable=False),
    Column("value", Text, nullable=False),
    Column("raw", Text, nullable=False),
    Column("unit", String(32), nullable=False),
    Column("condition", Text, nullable=False),
    Column("since", Moment),
    Column("until", Moment),
    Column("doc_id", String(128), nullable=False),
    Column("version", String(32), nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("quote", Text, nullable=False),
    ForeignKeyConstraint(["doc_id", "version"], ["documents.doc_id", "documents.version"], ondelete="CASCADE"),
    Index("ix_product_facts_product", "product_code"),
    Index("ix_product_facts_document", "doc_id", "version"),
)

waivers = Table(
    "waivers",
    metadata,
    Column("product_code", String(64), primary_key=True),
    # What disagreed, hashed: the same disagreement next week is still waived, another one is not.
    Column("disagreement", String(64), primary_key=True),
    Column("snapshot", Integer, ForeignKey("snapshots.snapshot"), nullable=False),
    Column("by", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Moment, nullable=False),
)

approved_answers = Table(
    "approved_answers",
    metadata,
    Column("approved_id", String(64), primary_key=True),
    Column("answer", Text, nullable=False),
    Column("pinned_at", Moment, nullable=False),
    Column("withdrawn_at", Moment),
    Column("withdrawn_by", Text),
)
