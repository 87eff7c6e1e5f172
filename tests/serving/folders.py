"""Tiny model and adapter folders that pass every check, for tests to spoil."""

import hashlib
import json
import shutil
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from seatmate.serving.adapter_check import WEIGHTS
from seatmate.serving.registry import BASE_FILES, file_sha256, write_manifest

LAYERS = {"model.layers.0.self_attn.q_proj": (8, 4), "model.layers.0.mlp.down_proj": (4, 16)}
"""(out, in) of each layer of the tiny base."""
RANK = 8

Tensors = dict[str, tuple[str, list[int], bytes]]
"""Type, shape and bytes by name."""


def safetensors(tensors: Mapping[str, tuple[str, list[int], bytes]], **metadata: str) -> bytes:
    header: dict[str, Any] = {"__metadata__": {"format": "pt", **metadata}}
    data = b""
    for name, (dtype, shape, content) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    return framed(json.dumps(header).encode()) + data


def framed(header: bytes) -> bytes:
    return struct.pack("<Q", len(header)) + header


def perturbed(source: Path, adapters: Path, seed: int = 1, by: float = 0.02, *, zero: bool = False) -> Path:
    """A second adapter: the weights of a real one with a little noise, or all zero, under its own name."""
    content = (source / WEIGHTS).read_bytes()
    begin = 8 + int.from_bytes(content[:8], "little")
    bits = np.frombuffer(content[begin:], dtype="<u2").astype(np.uint32) << 16
    weights = bits.view(np.float32) * np.random.default_rng(seed).normal(1, by, bits.shape).astype(np.float32)
    weights *= not zero
    data = (weights.view(np.uint32) >> 16).astype("<u2").tobytes()
    making = adapters / ".making"
    making.mkdir(parents=True)
    (making / WEIGHTS).write_bytes(content[:begin] + data)
    for name in ("adapter_config.json", "card.json"):
        shutil.copyfile(source / name, making / name)
    return making.rename(adapters / f"bank@{file_sha256(making / WEIGHTS)[:12]}")


def make_base(folder: Path) -> Path:
    folder.mkdir(parents=True)
    for name in BASE_FILES:
        (folder / name).write_text(f"contents of {name}")
    layers: Tensors = {
        f"{layer}.weight": ("BF16", [*shape], bytes(2 * shape[0] * shape[1])) for layer, shape in LAYERS.items()
    }
    layers["model.embed_tokens.weight"] = ("BF16", [32, 4], bytes(256))
    layers["model.norm.weight"] = ("BF16", [4], bytes(8))
    (folder / "model.safetensors").write_bytes(safetensors(layers))
    write_manifest(folder)
    return folder


def lora(seed: bytes = b"weights", rank: int = RANK) -> Tensors:
    """Small finite bf16 weights that follow from the seed."""
    tensors: Tensors = {}
    for layer, (out, into) in LAYERS.items():
        for half, shape in (("A", [rank, into]), ("B", [out, rank])):
            count = shape[0] * shape[1]
            noise = hashlib.shake_128(seed + layer.encode() + half.encode()).digest(count)
            name = f"base_model.model.{layer}.lora_{half}.weight"
            tensors[name] = ("BF16", shape, b"".join(bytes((byte, 0x3C)) for byte in noise))
    return tensors


def make_adapter(
    adapters: Path,
    base: Path,
    *,
    task: str = "bank",
    weights: bytes = b"weights",
    content: bytes | None = None,
    created_at: str = "2026-11-01T00:00:00Z",
    card: Mapping[str, Any] | None = None,
    **config: Any,
) -> Path:
    """An adapter named after its weights, which follow from `weights`; `config` overrides adapter_config.json."""
    making = adapters / ".making"
    making.mkdir(parents=True)
    (making / WEIGHTS).write_bytes(safetensors(lora(weights)) if content is None else content)
    settings = {
        "peft_type": "LORA",
        "r": RANK,
        "lora_alpha": 16,
        "target_modules": ["q_proj", "down_proj"],
        "rank_pattern": {},
        "use_dora": False,
        "bias": "none",
    } | config
    (making / "adapter_config.json").write_text(json.dumps(settings))
    told = {"created_at": created_at, "base_sha256": file_sha256(base / "model.safetensors"), "anything": "else"}
    (making / "card.json").write_text(json.dumps(told | dict(card or {})))
    return making.rename(adapters / f"{task}@{file_sha256(making / WEIGHTS)[:12]}")
