"""What has been asked before is not asked again: items by the hash of all that decides them.

A key is made of contents, never of names: the case, the release, the corpus, the repeat, and the code that drives it.
Only whole outputs of flows are kept, never errors and never answers of a model server that was away. Scores are not
kept at all: they are made from the items of every run.
"""

import hashlib
import json
import time
from functools import cache
from pathlib import Path

from seatmate_eval import built_bank, drive, outputs, world
from seatmate_eval.cases import Case
from seatmate_eval.results import Item

_DAYS = 30
"""What nobody has put in for so long is forgotten."""


def key_of(case: Case, release_id: str, corpus_sha256: str, repeat: int) -> str:
    """Equal keys are equal questions to equal releases."""
    asked = {
        "case": case.model_dump(mode="json"),
        "shape": type(case).__name__,
        "release": release_id,
        "corpus": corpus_sha256,
        "repeat": repeat,
        "driven_by": _drivers(),
    }
    return hashlib.sha256(json.dumps(asked, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


@cache
def _drivers() -> str:
    """The code that makes outputs: another one would make others."""
    files = [Path(module.__file__) for module in (built_bank, drive, outputs, world) if module.__file__]
    return hashlib.sha256(b"\n".join(file.read_bytes() for file in files)).hexdigest()[:12]


class Cache:
    """A folder of items. A file that is broken, or not what its name says, is not there."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def item(self, key: str, suite: str) -> Item | None:
        """The item of an earlier run, as one of this suite."""
        try:
            found = Item.model_validate_json(self._path(key).read_bytes())
        except (OSError, ValueError):
            return None
        return found.model_copy(update={"suite": suite, "cached": True}) if found.key == key else None

    def keep(self, item: Item) -> None:
        path = self._path(item.key)
        path.parent.mkdir(parents=True, exist_ok=True)
        half = path.with_suffix(".half")
        half.write_text(item.model_dump_json(), encoding="utf-8")
        half.replace(path)

    def forget_old(self) -> None:
        oldest = time.time() - _DAYS * 86_400
        for path in self._folder.glob("??/*"):
            if path.stat().st_mtime < oldest:
                path.unlink(missing_ok=True)

    def _path(self, key: str) -> Path:
        return self._folder / key[:2] / f"{key}.json"
