"""An adapter within its base as one folder, for a server that is given whole models; the engine of ours makes its own.

The arithmetic is the platform's (seatmate.serving.merged), so that what is handed on is what is served; a test holds
it against peft's.
"""

import logging
from pathlib import Path

from seatmate.domain.errors import Misconfigured
from seatmate.serving.merged import merged_folder
from seatmate.serving.registry import read_adapter
from seatmate_tune.recipe import Recipe

log = logging.getLogger(__name__)


def merge(recipe: Recipe, adapter: Path | None, out: Path | None) -> Path:
    """`<out>/<adapter's name>`. Misconfigured when the adapter is of another base, or cannot be served at all."""
    if recipe.base is None or adapter is None:
        raise Misconfigured("merge wants the recipe of an adapter, and the adapter with --folder")
    found = read_adapter(adapter.resolve(), recipe.base, recipe.max_rank)
    folder = merged_folder(recipe.base, found, out or recipe.work / "merged")
    log.info("%s is %s within %s", folder, found.name, recipe.base.name)
    return folder
