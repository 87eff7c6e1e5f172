"""An adapter merged into its base: a folder that the engine serves at the base's speed, under the adapter's name.

    <into>/bank@39f7ede58e03/    the base's files with other weights, merged.json, MANIFEST.sha256

W + scale · B·A, in 32 bits and kept in 32 bits: rounded back to bfloat16 it would lose 2 % of what our adapter adds,
and be another model than the one that was measured. Layers without an adapter keep their bytes. Needs numpy alone, so
that it works where nothing is trained. Made once for a base and an adapter, by their hashes; what was changed since is
made anew. The base's and the adapter's folders are only read.
"""

import json
import math
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from seatmate.domain.errors import Misconfigured
from seatmate.serving.adapter_check import CARD, CONFIG, WEIGHTS, AdapterConfig
from seatmate.serving.registry import AdapterFolder, file_sha256, read_base, write_manifest
from seatmate.serving.safetensors import Malformed, Tensor, read_header

MERGED = "merged.json"
"""Of which base and which adapter a folder is made, by hash."""

_BASE_WEIGHTS = "model.safetensors"
_ABOUT_THE_BASE = ("CARD.md", "README.md", CARD, "loss.png", "MANIFEST.sha256", _BASE_WEIGHTS)
"""What the merged folder must not repeat: figures and weights that are not its own."""
_PIECE = 2**22

Floats = npt.NDArray[np.float32]


def merged_folder(base: Path, adapter: AdapterFolder, into: Path) -> Path:
    """The folder of this adapter on this base, made if it is not there. Misconfigured when the two do not fit."""
    found = read_base(base)
    if faults := (*found.faults, *adapter.faults):
        raise Misconfigured(f"{adapter.name} cannot be merged into {base}: {'; '.join(faults)}")
    made_of = {
        "base": base.name,
        "base_manifest_sha256": found.sha256,
        "base_sha256": file_sha256(base / _BASE_WEIGHTS),
        "adapter": adapter.name,
        "adapter_sha256": file_sha256(adapter.path / WEIGHTS),
        "adapter_config_sha256": file_sha256(adapter.path / CONFIG),
    }
    place = into / adapter.name
    if is_merged_of(place, made_of):
        return place
    into.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(prefix=".new-", dir=into))
    try:
        for path in base.iterdir():
            if path.is_file() and path.name not in _ABOUT_THE_BASE:
                shutil.copyfile(path, beside / path.name)
        _merge(base / _BASE_WEIGHTS, adapter.path, beside / _BASE_WEIGHTS)
        (beside / MERGED).write_text(json.dumps(made_of, indent=1) + "\n", encoding="utf-8")
        write_manifest(beside)
        beside.chmod(0o755)
        if place.exists():
            shutil.rmtree(place)
        beside.rename(place)
    except Malformed as error:
        raise Misconfigured(f"{adapter.name} cannot be merged into {base}: {error}") from error
    finally:
        shutil.rmtree(beside, ignore_errors=True)
    return place


def is_merged_of(folder: Path, made_of: Mapping[str, str]) -> bool:
    """Whole, by its manifest, and made of just these."""
    try:
        told = json.loads((folder / MERGED).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return bool(told == made_of) and not read_base(folder).faults


def _merge(base: Path, adapter: Path, out: Path) -> None:
    config = AdapterConfig.model_validate_json((adapter / CONFIG).read_bytes())
    with base.open("rb") as weights, (adapter / WEIGHTS).open("rb") as lora, out.open("wb") as merged:
        tensors, data = read_header(weights, base.stat().st_size, any_type=True), weights.tell()
        halves, lora_data = read_header(lora, (adapter / WEIGHTS).stat().st_size), lora.tell()
        changed = {name for name in tensors if f"{_lora_name(name)}.lora_A.weight" in halves}
        _write_header(merged, tensors, changed)
        for name, tensor in sorted(tensors.items(), key=lambda entry: entry[1].begin):
            if name not in changed:
                merged.writelines(_raw(weights, data, tensor))
                continue
            layer = _lora_name(name)
            a = _matrix(lora, lora_data, halves[f"{layer}.lora_A.weight"])
            b = _matrix(lora, lora_data, halves[f"{layer}.lora_B.weight"])
            whole = _matrix(weights, data, tensor) + np.float32(_scale(config, layer, a.shape[0])) * (b @ a)
            merged.write(whole.astype("<f4").tobytes())


def _lora_name(tensor: str) -> str:
    return f"base_model.model.{tensor.removesuffix('.weight')}"


def _scale(config: AdapterConfig, layer: str, rank: int) -> float:
    """As peft and vLLM scale it: alpha over the rank, or over its root (rsLoRA)."""
    patterns = config.alpha_pattern or {}
    alpha = next((a for name, a in patterns.items() if layer.endswith(f".{name}")), config.lora_alpha)
    return alpha / (math.sqrt(rank) if config.use_rslora else rank)


def _write_header(file: BinaryIO, tensors: Mapping[str, Tensor], changed: set[str]) -> None:
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    at = 0
    for name, tensor in sorted(tensors.items(), key=lambda entry: entry[1].begin):
        size = 4 * math.prod(tensor.shape) if name in changed else tensor.end - tensor.begin
        dtype = "F32" if name in changed else tensor.dtype
        header[name] = {"dtype": dtype, "shape": tensor.shape, "data_offsets": [at, at + size]}
        at += size
    content = json.dumps(header).encode()
    content += b" " * (-len(content) % 8)
    file.write(len(content).to_bytes(8, "little") + content)


def _raw(file: BinaryIO, data: int, tensor: Tensor) -> Iterator[bytes]:
    file.seek(data + tensor.begin)
    left = tensor.end - tensor.begin
    while left > 0 and (piece := file.read(min(left, _PIECE))):
        left -= len(piece)
        yield piece


def _matrix(file: BinaryIO, data: int, tensor: Tensor) -> Floats:
    content = b"".join(_raw(file, data, tensor))
    if tensor.dtype == "BF16":
        found = (np.frombuffer(content, "<u2").astype(np.uint32) << 16).view(np.float32)
    elif tensor.dtype in ("F16", "F32"):
        found = np.frombuffer(content, "<f2" if tensor.dtype == "F16" else "<f4").astype(np.float32)
    else:
        raise Malformed(f"weights of type {tensor.dtype} cannot be merged: the base is quantised")
    return found.reshape(tensor.shape)
