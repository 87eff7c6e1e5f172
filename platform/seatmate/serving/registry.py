"""The base model and its adapters on disk, by hash: which there are, and why one cannot be served.

A base folder holds what the engine reads, and a MANIFEST.sha256. An adapter folder is named `task@sha12`, after
the sha256 of its weights, and never changes under that name (vLLM keys its prefix cache by adapter name). Only
safetensors are served: other weight formats run code when they are read. What an adapter's folder may hold is
adapter_check's. Pure reading; starts and changes nothing, except `write_manifest`, which training calls last.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from seatmate.serving.adapter_check import CODE_RUNNING, BaseWeights, Card, check_adapter, layers_of
from seatmate.serving.safetensors import Malformed, plain, read_header

BASE_FILES = ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja")
MANIFEST = "MANIFEST.sha256"

_NAME = re.compile(r"(?P<task>[a-z][a-z0-9-]{0,31})@(?P<sha12>[0-9a-f]{12})")
_SHA256 = r"^[0-9a-f]{64}$"


@dataclass(frozen=True)
class BaseModelFolder:
    """A base model and what is wrong with it; none: it can be served. `sha256` is that of its manifest's contents."""

    path: Path
    sha256: str
    faults: tuple[str, ...]


@dataclass(frozen=True)
class AdapterFolder:
    """One adapter and what is wrong with it. `created_at` is None when the card does not tell."""

    path: Path
    name: str
    task: str
    created_at: datetime | None
    faults: tuple[str, ...]
    card: Card | None = None


def file_sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_manifest(folder: Path) -> Path:
    """List every file of a folder with its sha256, in the format that `sha256sum --check` reads."""
    files = sorted(path for path in folder.iterdir() if path.is_file() and path.name != MANIFEST)
    manifest = folder / MANIFEST
    manifest.write_text("".join(f"{file_sha256(path)}  {path.name}\n" for path in files), encoding="utf-8")
    return manifest


def read_base(folder: Path) -> BaseModelFolder:
    """Check a base model. Reads every byte of it."""
    if not folder.is_dir():
        return BaseModelFolder(folder, "", (f"there is no folder {folder}",))
    faults = [f"{name} is missing" for name in BASE_FILES if not (folder / name).is_file()]
    faults += _unsafe_files(folder)
    manifest = folder / MANIFEST
    if not manifest.is_file():
        return BaseModelFolder(folder, "", (*faults, f"{MANIFEST} is missing"))
    content = manifest.read_text(encoding="utf-8")
    faults += _manifest_faults(folder, content)
    return BaseModelFolder(folder, hashlib.sha256(content.encode()).hexdigest(), tuple(faults))


def _manifest_faults(folder: Path, manifest: str) -> Iterator[str]:
    listed: dict[str, str] = {}
    for line in manifest.splitlines():
        sha256, _, name = line.partition("  ")
        if not re.match(_SHA256, sha256) or not name or "/" in name:
            yield f"{MANIFEST} has a line that is not a sha256, two blanks and a file name: {line[:80]!r}"
            return
        listed[name] = sha256
    for name in BASE_FILES:
        if name not in listed:
            yield f"{MANIFEST} does not list {name}"
    for path in sorted(folder.iterdir()):
        # The engine reads more than the five files where they exist (generation_config.json, vocabularies).
        if path.name != MANIFEST and path.name not in listed:
            yield f"{path.name} is not listed in {MANIFEST}"
    for name, sha256 in listed.items():
        path = folder / name
        if not path.is_file():
            if name not in BASE_FILES:
                yield f"{name} is missing"
        elif file_sha256(path) != sha256:
            yield f"{name} is not the file that {MANIFEST} lists: its sha256 differs"


def read_adapter(folder: Path, base: Path, max_rank: int) -> AdapterFolder:
    """Check one adapter against the base it is to be served on. Reads every byte of both."""
    return read_adapter_as(folder.name, folder, read_base_weights(base), max_rank)


def list_adapters(folder: Path, base: Path, max_rank: int) -> list[AdapterFolder]:
    """Every adapter below a folder, good or not, by name. Files and hidden folders are not adapters."""
    if not folder.is_dir():
        return []
    found = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    weights = read_base_weights(base) if found else ""
    return [read_adapter_as(path.name, path, weights, max_rank) for path in found]


def is_adapter_name(name: str) -> bool:
    """`task@sha12`: as a folder's name it leads nowhere else."""
    return _NAME.fullmatch(name) is not None


def read_base_weights(base: Path) -> BaseWeights | str:
    """What adapters are held against, or why it cannot be read."""
    weights = base / "model.safetensors"
    try:
        with weights.open("rb") as file:
            tensors = read_header(file, weights.stat().st_size, any_type=True)
        return BaseWeights(file_sha256(weights), layers_of(tensors))
    except (OSError, Malformed) as error:
        return f"the base model {base.name} cannot be read: {error}"


def read_adapter_as(name: str, path: Path, base: BaseWeights | str, max_rank: int) -> AdapterFolder:
    """Check a folder under another name than its own, as a copy in the store has."""
    parts = _NAME.fullmatch(name)
    if parts is None:
        return AdapterFolder(path, plain(name), "", None, ("its name is not task@ and twelve hex digits",))
    if not isinstance(base, BaseWeights):
        return AdapterFolder(path, name, parts["task"], None, (base,))
    checked = check_adapter(path, parts["sha12"], base, max_rank)
    created_at = checked.card.created_at if checked.card else None
    return AdapterFolder(path, name, parts["task"], created_at, checked.faults, checked.card)


def newest_adapter(adapters: Sequence[AdapterFolder], task: str) -> AdapterFolder | None:
    """The most recent servable adapter of a task, by its card. None: there is none."""
    dated = [(a.created_at, a.name, a) for a in adapters if a.task == task and not a.faults and a.created_at]
    return max(dated, key=lambda entry: entry[:2])[2] if dated else None


def _unsafe_files(folder: Path) -> list[str]:
    faults = []
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            faults.append(f"{path.name} is a symbolic link: what it points to could change after the check")
        elif path.suffix.lower() in CODE_RUNNING:
            faults.append(f"{path.name} could run code when it is loaded: only safetensors and JSON are served")
    return faults
