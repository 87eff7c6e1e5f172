"""Every table, in one import: what a migration and a test need."""

from seatmate.adapters.sql import call_tables, knowledge_tables
from seatmate.adapters.sql.base import metadata

__all__ = ["call_tables", "knowledge_tables", "metadata"]
