"""A run's folder while it is written: one owner, items appended line by line, a killed run taken up where it was.

Readers use `results.read_run`. A torn last line, which a kill leaves, is cut off; a broken line before it is not ours,
and the run cannot go on.
"""

import fcntl
import os
import re
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from seatmate_eval.results import BadRun, Item, Manifest, RunState, Score

_FSYNC_S = 0.5
"""Lines are with the operating system at once, and on disk after so long at most, or when a line group ends the run."""


class RunFolder:
    """`open_run` makes one. `items` are those that the folder had when it was opened, by suite, case and repeat."""

    def __init__(self, folder: Path, manifest: Manifest, items: Sequence[Item], lines: IO[bytes]) -> None:
        self.folder = folder
        self.manifest = manifest
        self.items = {(item.suite, item.case_id, item.repeat): item for item in items}
        self._lines = lines
        self._synced_at = time.monotonic()

    def append(self, items: Iterable[Item]) -> None:
        """A group of lines. What a kill takes is the lines that were not yet appended."""
        group = list(items)
        self._lines.write(_lines(group))
        self._lines.flush()
        self.items |= {(item.suite, item.case_id, item.repeat): item for item in group}
        if time.monotonic() - self._synced_at >= _FSYNC_S:
            self.sync()

    def sync(self) -> None:
        os.fsync(self._lines.fileno())
        self._synced_at = time.monotonic()

    def finish(self, scores: Iterable[Score], manifest: Manifest) -> None:
        """Scores first, the word that the run is complete last."""
        self.sync()
        _write(self.folder / "scores.jsonl", _lines(scores))
        self.manifest = manifest
        _write_manifest(self.folder, manifest)


@contextmanager
def open_run(folder: Path, manifest: Manifest) -> Iterator[RunFolder]:
    """A new run, or one that asks the same, complete or not. BadRun: another run is there, or somebody is at work."""
    folder.mkdir(parents=True, exist_ok=True)
    with _owned(folder):
        known = _manifest_of(folder)
        if known is None:
            _write_manifest(folder, manifest)
        elif not is_same(known, manifest):
            raise BadRun(f"{folder} is another run: of {known.release_id}, with other suites, or of other cases")
        items = _whole_items(folder / "items.jsonl")
        with (folder / "items.jsonl").open("ab") as lines:
            yield RunFolder(folder, known or manifest, items, lines)


def unfinished(runs: Path, manifest: Manifest) -> Path | None:
    """The newest run that asks the same, is not complete, and that nobody works at."""
    for folder in sorted(runs.glob("*"), reverse=True):
        try:
            known = _manifest_of(folder)
            if known is None or known.state is RunState.COMPLETE or not is_same(known, manifest):
                continue
            with _owned(folder):
                return folder
        except BadRun:
            continue
    return None


def is_same(one: Manifest, other: Manifest) -> bool:
    """Do both ask the same cases of the same release as often?"""
    return all(getattr(one, part) == getattr(other, part) for part in _ASKED)


_ASKED = ("release_id", "corpus_sha256", "suites", "repeats", "limit", "failed_of", "code")


def _manifest_of(folder: Path) -> Manifest | None:
    path = folder / "manifest.json"
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise BadRun(f"{path}: {str(error).splitlines()[0]}") from error


def _whole_items(path: Path) -> list[Item]:
    """The items of a file, which is cut after its last whole line."""
    content = path.read_bytes() if path.exists() else b""
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        with path.open("r+b") as file:
            file.truncate(len(whole))
            os.fsync(file.fileno())
    try:
        items = [Item.model_validate_json(line) for line in whole.splitlines() if line.strip()]
    except ValueError as error:
        raise BadRun(f"{path}: {str(error).splitlines()[0]}") from error
    if len({(item.suite, item.case_id, item.repeat) for item in items}) < len(items):
        raise BadRun(f"{path}: a case stands there twice")
    return items


def _lines(shapes: Iterable[Item | Score]) -> bytes:
    """One JSON object a line, whatever a reader takes for the end of a line."""
    text = "".join(shape.model_dump_json() + "\n" for shape in shapes)
    return re.sub("[\x85\u2028\u2029]", lambda found: f"\\u{ord(found[0]):04x}", text).encode()


def _write_manifest(folder: Path, manifest: Manifest) -> None:
    _write(folder / "manifest.json", manifest.model_dump_json(indent=1).encode() + b"\n")


def _write(path: Path, content: bytes) -> None:
    """All of it or nothing, on disk."""
    half = path.with_name(f".{path.name}.half")
    with half.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    half.replace(path)
    place = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(place)
    finally:
        os.close(place)


@contextmanager
def _owned(folder: Path) -> Iterator[None]:
    """BadRun when another process writes this run; the lock of a killed one is gone with it."""
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BadRun(f"{folder} is being written by another process") from None
        yield
