"""Tiny model and adapter folders that pass every check, for tests to spoil."""

import json
from pathlib import Path
from typing import Any

from seatmate.serving.registry import BASE_FILES, WEIGHTS, file_sha256, write_manifest


def make_base(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name in BASE_FILES:
        (folder / name).write_text(f"contents of {name}")
    write_manifest(folder)
    return folder


def make_adapter(
    adapters: Path,
    base: Path,
    *,
    task: str = "bank",
    weights: bytes = b"weights",
    created_at: str = "2026-11-01T00:00:00Z",
    **config: Any,
) -> Path:
    """An adapter named after its weights; `config` overrides adapter_config.json."""
    making = adapters / "making"
    making.mkdir(parents=True)
    (making / WEIGHTS).write_bytes(weights)
    settings = {"peft_type": "LORA", "r": 8, "rank_pattern": {}, "use_dora": False, "bias": "none"} | config
    (making / "adapter_config.json").write_text(json.dumps(settings))
    card = {"created_at": created_at, "base_sha256": file_sha256(base / "model.safetensors"), "anything": "else"}
    (making / "card.json").write_text(json.dumps(card))
    return making.rename(adapters / f"{task}@{file_sha256(making / WEIGHTS)[:12]}")
