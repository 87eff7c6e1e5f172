"""What a release is made of beside its model and its code: files that are kept with it and laid out where it is served.

prompts/…             every instruction text
corpus/rules/…        the rule packs
choices.json          the settings that belong to a release (settings.Choices)
"""

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from seatmate.domain.errors import BadInput

CHOICES = "choices.json"
_FOLDERS = ("prompts", "corpus/rules")


def gather(prompts: Path, rules: Path, choices: str) -> dict[str, bytes]:
    """Content by path, of every file that a release keeps."""
    found = {CHOICES: choices.encode()}
    for place, folder in zip(_FOLDERS, (prompts, rules), strict=True):
        for path in sorted(folder.rglob("*")):
            inner = path.relative_to(folder)
            if path.is_file() and not any(part.startswith((".", "__")) for part in inner.parts):
                found[f"{place}/{inner.as_posix()}"] = path.read_bytes()
    return found


def lay_out(files: Mapping[str, bytes], folder: Path) -> Path:
    """Write them into a folder that is whole or not there. BadInput for a path that leads out of it."""
    if _as_found(folder) == files:
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        for name, content in files.items():
            path = beside / _inside(name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        if folder.exists():
            shutil.rmtree(folder)
        beside.replace(folder)
    except OSError:
        if _as_found(folder) != files:  # another process may have laid it out meanwhile
            raise
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return folder


def _as_found(folder: Path) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.is_file()] if folder.is_dir() else []
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def _inside(name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or not path.parts:
        raise BadInput(f"a release's file cannot be called {name!r}")
    return path
