"""The base model and its adapters on disk, by hash: which there are, and why one cannot be served.

A base folder holds what the engine reads, and a MANIFEST.sha256. An adapter folder is named `task@sha12`, after
the sha256 of its weights, and never changes under that name (vLLM keys its prefix cache by adapter name). Only
safetensors are served: other weight formats run code when they are read. Pure reading; starts and changes nothing,
except `write_manifest`, which training calls last.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

BASE_FILES = ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "chat_template.jinja")
MANIFEST = "MANIFEST.sha256"
WEIGHTS = "adapter_model.safetensors"

_NAME = re.compile(r"(?P<task>[a-z][a-z0-9-]*)@(?P<sha12>[0-9a-f]{12})")
_CODE_RUNNING = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".py")
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


class Card(BaseModel):
    """What `card.json` must say of an adapter; training writes much more into it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    created_at: AwareDatetime
    base_sha256: Annotated[str, Field(pattern=_SHA256)]
    """sha256 of the base's model.safetensors that the adapter was trained on."""


class _AdapterConfig(BaseModel):
    """The keys of peft's adapter_config.json that decide whether vLLM can serve it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    peft_type: str
    r: int
    rank_pattern: dict[str, int] = {}
    use_dora: bool = False
    lora_bias: bool = False
    bias: str = "none"
    modules_to_save: list[str] | None = None
    trainable_token_indices: Any = None
    alora_invocation_tokens: list[int] | None = None
    layer_replication: Any = None


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
    """Check one adapter against the base it is to be served on."""
    parts = _NAME.fullmatch(folder.name)
    if parts is None:
        why = "its name is not task@ and twelve hex digits"
        return AdapterFolder(folder, folder.name, "", None, (why,))
    faults = _unsafe_files(folder)
    faults += _weights_faults(folder / WEIGHTS, parts["sha12"])
    faults += _config_faults(folder / "adapter_config.json", max_rank)
    card, card_faults = _read_card(folder / "card.json")
    faults += card_faults
    weights = base / "model.safetensors"
    if card is not None and weights.is_file() and card.base_sha256 != file_sha256(weights):
        faults.append(f"it was trained on another base model ({card.base_sha256[:12]}…) than {base.name}")
    created_at = card.created_at if card else None
    return AdapterFolder(folder, folder.name, parts["task"], created_at, tuple(faults))


def list_adapters(folder: Path, base: Path, max_rank: int) -> list[AdapterFolder]:
    """Every adapter below a folder, good or not, by name. Files and hidden folders are not adapters."""
    if not folder.is_dir():
        return []
    found = sorted(path for path in folder.iterdir() if path.is_dir() and not path.name.startswith("."))
    return [read_adapter(path, base, max_rank) for path in found]


def newest_adapter(adapters: Sequence[AdapterFolder], task: str) -> AdapterFolder | None:
    """The most recent servable adapter of a task, by its card. None: there is none."""
    dated = [(a.created_at, a.name, a) for a in adapters if a.task == task and not a.faults and a.created_at]
    return max(dated, key=lambda entry: entry[:2])[2] if dated else None


def _unsafe_files(folder: Path) -> list[str]:
    faults = []
    for path in sorted(folder.rglob("*")):
        if path.is_symlink():
            faults.append(f"{path.name} is a symbolic link: what it points to could change after the check")
        elif path.suffix.lower() in _CODE_RUNNING:
            faults.append(f"{path.name} could run code when it is loaded: only safetensors and JSON are served")
    return faults


def _weights_faults(weights: Path, sha12: str) -> list[str]:
    if not weights.is_file():
        return [f"{WEIGHTS} is missing"]
    sha256 = file_sha256(weights)
    return [] if sha256.startswith(sha12) else [f"its name says {sha12}, its weights are {sha256[:12]}"]


def _config_faults(path: Path, max_rank: int) -> list[str]:
    try:
        config = _AdapterConfig.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return ["adapter_config.json is missing"]
    except ValidationError as error:
        return [f"adapter_config.json cannot be read: {_first(error)}"]
    rank = max(config.r, *config.rank_pattern.values()) if config.rank_pattern else config.r
    refused = {
        f"it is a {config.peft_type} adapter, the engine serves LORA": config.peft_type != "LORA",
        f"its rank {rank} is above the engine's {max_rank} (SEATMATE_ENGINE__MAX_LORA_RANK)": rank > max_rank,
        "it uses DoRA, which the engine cannot serve": config.use_dora,
        "it trains biases, which the engine cannot serve": config.lora_bias or config.bias != "none",
        "it saves whole modules (modules_to_save), which the engine cannot serve": bool(config.modules_to_save),
        "it trains new tokens, which the engine cannot serve": config.trainable_token_indices is not None,
        "it is an activated LoRA, which the engine cannot serve": config.alora_invocation_tokens is not None,
        "it replicates layers, which the engine cannot serve": config.layer_replication is not None,
    }
    return [why for why, holds in refused.items() if holds]


def _read_card(path: Path) -> tuple[Card | None, list[str]]:
    try:
        return Card.model_validate(json.loads(path.read_bytes())), []
    except FileNotFoundError:
        return None, ["card.json is missing"]
    except ValueError as error:
        why = _first(error) if isinstance(error, ValidationError) else "it is not JSON"
        return None, [f"card.json cannot be read: {why}"]


def _first(error: ValidationError) -> str:
    fault = error.errors()[0]
    return f"{'.'.join(map(str, fault['loc'])) or 'the file'}: {fault['msg']}"
