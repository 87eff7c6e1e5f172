"""Every table, in one import: each module here named *_tables fills the shared metadata."""

import pkgutil
from importlib import import_module

from seatmate.adapters import sql
from seatmate.adapters.sql.base import metadata

for module in pkgutil.iter_modules(sql.__path__):
    if module.name.endswith("_tables"):
        import_module(f"{sql.__name__}.{module.name}")

__all__ = ["metadata"]
