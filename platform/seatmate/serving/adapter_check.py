"""An adapter folder as a stranger hands it over: read with limits, and refused with a reason.

Nothing in it is believed. Names are compared with a list, files are opened without following links and looked at once
open, sizes are bounded by what an adapter of the base can need, JSON is parsed strictly, and each tensor must be one
half of a LoRA on a layer of the base. Reads only; raises nothing but what a folder that is not ours to read raises.
"""

import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from seatmate.serving.safetensors import Malformed, Tensor, hash_and_check, plain, read_header, strict_json

WEIGHTS = "adapter_model.safetensors"
CONFIG = "adapter_config.json"
CARD = "card.json"
SERVED = (WEIGHTS, CONFIG, CARD)
"""What serving needs; nothing else of a folder is ever copied to where the engine reads."""
_FOR_PEOPLE = ("CARD.md", "README.md", "loss.png")
_MOST_BYTES = {CONFIG: 2**18, CARD: 2**20} | dict.fromkeys(_FOR_PEOPLE, 2**24)
_MOST_FILES = 16
_MOST_RANK = 512
CODE_RUNNING = (".bin", ".pt", ".pth", ".pkl", ".pickle", ".ckpt", ".py")
_TENSOR = re.compile(r"base_model\.model\.(?P<layer>[A-Za-z0-9_.]{1,200})\.lora_(?P<half>[AB])\.weight")
_UNTRAINED = ("embed_tokens", "lm_head")

Kind = TypeVar("Kind", bound=BaseModel)
_Rank = Annotated[int, Field(ge=1, le=2**31)]
_Alpha = Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)]
# vLLM puts these names into a regular expression: one of a stranger's could keep it busy for ever.
_LayerName = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.]{1,200}$")]
_Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


@dataclass(frozen=True)
class BaseWeights:
    """What an adapter is held against: the base's hash, and (out, in) of every layer that a LoRA can sit on."""

    sha256: str
    layers: Mapping[str, tuple[int, int]]

    def most_bytes(self, rank: int) -> int:
        """Of the weights of an adapter on all layers in 32 bits, and room for a header."""
        return 2**20 + sum(4 * rank * (out + into) for out, into in self.layers.values())


class Card(BaseModel):
    """What `card.json` must say of an adapter; training writes much more into it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    created_at: AwareDatetime
    base_sha256: _Sha256
    """sha256 of the base's model.safetensors that the adapter was trained on."""
    replies_sha256: dict[str, _Sha256] = {}
    """By smoke prompt, of what it replies on the machine that serves it; optional (serving/smoke)."""


class AdapterConfig(BaseModel):
    """The keys of peft's adapter_config.json that decide whether vLLM can serve it, and as what."""

    model_config = ConfigDict(extra="ignore", frozen=True, strict=True)

    peft_type: str
    r: _Rank
    lora_alpha: _Alpha
    target_modules: Annotated[list[_LayerName], Field(max_length=10_000)] | Literal["all-linear"]
    rank_pattern: Annotated[dict[_LayerName, _Rank], Field(max_length=10_000)] | None = None
    alpha_pattern: Annotated[dict[_LayerName, _Alpha], Field(max_length=10_000)] | None = None
    init_lora_weights: bool | str | None = True
    use_rslora: bool | None = False
    use_dora: bool | None = False
    lora_bias: bool | None = False
    bias: str = "none"
    fan_in_fan_out: bool | None = False
    modules_to_save: list[str] | None = None
    target_parameters: Any = None
    trainable_token_indices: Any = None
    alora_invocation_tokens: Any = None
    layer_replication: Any = None
    use_bdlora: Any = None
    use_qalora: bool | None = False

    @property
    def highest_rank(self) -> int:
        return max(self.r, *(self.rank_pattern or {}).values(), 1)

    def rank_of(self, layer: str) -> int:
        patterns = self.rank_pattern or {}
        return next((rank for name, rank in patterns.items() if _is_named(layer, name)), self.r)

    def targets(self, layer: str) -> bool:
        return self.target_modules == "all-linear" or any(_is_named(layer, name) for name in self.target_modules)

    def faults(self, max_rank: int) -> list[str]:
        rank, servable = self.highest_rank, ("gaussian", "eva", "orthogonal", "mica", "lora_ga")
        init = self.init_lora_weights
        refused = {
            f"it is a {plain(self.peft_type, 20)} adapter, the engine serves LORA": self.peft_type != "LORA",
            f"its rank {rank} is above the engine's {max_rank} (SEATMATE_ENGINE__MAX_LORA_RANK)": rank > max_rank,
            "it uses DoRA, which the engine cannot serve": bool(self.use_dora),
            "it trains biases, which the engine cannot serve": bool(self.lora_bias) or self.bias != "none",
            "it saves whole modules (modules_to_save), which the engine cannot serve": bool(self.modules_to_save),
            "it trains new tokens, which the engine cannot serve": self.trainable_token_indices is not None,
            "it is an activated LoRA, which the engine cannot serve": self.alora_invocation_tokens is not None,
            "it replicates layers, which the engine cannot serve": self.layer_replication is not None,
            "it is block-diagonal or quantised LoRA, which the engine cannot serve": self.use_bdlora is not None
            or bool(self.use_qalora),
            "it trains single parameters, which the engine cannot serve": bool(self.target_parameters),
            "its weights are stored transposed (fan_in_fan_out)": bool(self.fan_in_fan_out),
            f"it began as {plain(str(init), 20)}, which changes the base as well: convert it to plain LoRA first": (
                isinstance(init, str) and init.lower() not in servable
            ),
        }
        return [why for why, holds in refused.items() if holds]


@dataclass(frozen=True)
class Checked:
    """What was found. `weights_sha256` is empty when the weights were not read to their end."""

    faults: tuple[str, ...]
    weights_sha256: str = ""
    card: Card | None = None


def check_adapter(folder: Path, sha12: str, base: BaseWeights, max_rank: int) -> Checked:
    """All that speaks against serving this folder under a name with `sha12`. Reads no more than a base allows."""
    try:
        opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        return Checked((f"the folder cannot be read: {_why(error)}",))
    try:
        if faults := _entry_faults(opened, most_bytes(base, max_rank)):
            return Checked(tuple(faults))
        return _contents(opened, sha12, base, max_rank)
    finally:
        os.close(opened)


def most_bytes(base: BaseWeights, max_rank: int) -> dict[str, int]:
    """How long each file of an adapter may be; a file that is not named here does not belong to one."""
    return _MOST_BYTES | {WEIGHTS: base.most_bytes(min(max_rank, _MOST_RANK))}


def _entry_faults(folder: int, limits: Mapping[str, int]) -> list[str]:
    """By what the folder's list and each file's own facts tell; nothing is opened."""
    names: list[str] = []
    with os.scandir(folder) as entries:
        for entry in entries:
            names.append(entry.name)
            if len(names) > _MOST_FILES:
                return [f"it has more than {_MOST_FILES} files"]
    faults = [fault for name in sorted(names) if (fault := _entry_fault(folder, name, limits))]
    return faults + [f"{name} is missing" for name in SERVED if name not in names]


def _entry_fault(folder: int, name: str, limits: Mapping[str, int]) -> str:
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except OSError as error:
        return f"{plain(name)} cannot be read: {_why(error)}"
    shown = plain(name)
    if stat.S_ISLNK(found.st_mode):
        return f"{shown} is a symbolic link: what it points to could change after the check"
    if not stat.S_ISREG(found.st_mode):
        return f"{shown} is not a plain file"
    if found.st_nlink > 1:
        return f"{shown} has a second name (a hard link), through which it could be changed after the check"
    if Path(name).suffix.lower() in CODE_RUNNING:
        return f"{shown} could run code when it is loaded: only safetensors and JSON are served"
    if name not in limits:
        return f"{shown} is not a file of an adapter: {', '.join((*SERVED, *_FOR_PEOPLE))} are"
    if not found.st_mode & 0o444:
        return f"{shown} may be read by nobody"
    if found.st_size > limits[name]:
        return f"{shown} has {found.st_size} bytes, an adapter of this base needs at most {limits[name]}"
    return ""


def _contents(folder: int, sha12: str, base: BaseWeights, max_rank: int) -> Checked:
    faults: list[str] = []
    config, more = _read_model(folder, CONFIG, AdapterConfig)
    unservable = config.faults(max_rank) if config else []
    faults += more + unservable
    card, more = _read_model(folder, CARD, Card)
    faults += more
    sha256 = ""
    try:
        with open_plain(folder, WEIGHTS) as (file, size):
            tensors = read_header(file, size)
            faults += _layer_faults(tensors, config, base) if config and not unservable else []
            sha256 = hash_and_check(file, tensors)
    except Malformed as error:
        faults.append(f"{WEIGHTS} cannot be read: {error}")
    except OSError as error:
        faults.append(f"{WEIGHTS} cannot be read: {_why(error)}")
    if sha256 and not sha256.startswith(sha12):
        faults.append(f"its name says {sha12}, its weights are {sha256[:12]}")
    if card is not None and card.base_sha256 != base.sha256:
        faults.append(f"it was trained on another base model ({card.base_sha256[:12]}…, not {base.sha256[:12]}…)")
    return Checked(tuple(faults), sha256, card)


@contextmanager
def open_plain(folder: int, name: str) -> Iterator[tuple[BinaryIO, int]]:
    """A plain file that has no other name, and its size; never a link, a pipe or a device. OSError, Malformed."""
    # Not blocking: to open a pipe would wait for its writer.
    number = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
    with os.fdopen(number, "rb") as file:
        found = os.fstat(number)
        if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1:
            raise Malformed("it is not a plain file of its own")
        yield file, found.st_size


def _read_model(folder: int, name: str, kind: type[Kind]) -> tuple[Kind | None, list[str]]:
    try:
        with open_plain(folder, name) as (file, _):
            content = file.read(_MOST_BYTES[name] + 1)
        if len(content) > _MOST_BYTES[name]:
            return None, [f"{name} cannot be read: it is too long"]
        strict_json(content)
        return kind.model_validate_json(content), []
    except Malformed as error:
        return None, [f"{name} cannot be read: {error}"]
    except ValidationError as error:
        fault = error.errors(include_input=False, include_url=False)[0]
        place = plain(".".join(map(str, fault["loc"]))) or "the file"
        return None, [f"{name} cannot be read: {place}: {plain(fault['msg'], 200)}"]
    except OSError as error:
        return None, [f"{name} cannot be read: {_why(error)}"]


def _layer_faults(tensors: Mapping[str, Tensor], config: AdapterConfig, base: BaseWeights) -> list[str]:
    """The first few; one bad file has thousands."""
    ranks: dict[str, dict[str, int]] = {}
    faults: list[str] = []
    for name, tensor in tensors.items():
        parts = _TENSOR.fullmatch(name)
        layer = parts["layer"] if parts else ""
        if parts is None or layer not in base.layers:
            faults.append(f"{plain(name)} is not one half of a LoRA on a layer of the base")
        elif not config.targets(layer):
            faults.append(f"{plain(name)} is on a layer that {CONFIG} does not name (target_modules)")
        else:
            out, into = base.layers[layer]
            rank = config.rank_of(layer)
            wanted = (rank, into) if parts["half"] == "A" else (out, rank)
            if tensor.shape != wanted:
                faults.append(f"{plain(name)} is {tensor.shape}, the base and its rank want {wanted}")
            ranks.setdefault(layer, {})[parts["half"]] = rank
        if len(faults) >= 3:
            return faults
    faults += [f"{layer} has one half of a LoRA only" for layer, halves in ranks.items() if len(halves) == 1][:3]
    if not tensors:
        faults.append("it has no weights")
    return faults


def layers_of(tensors: Mapping[str, Tensor]) -> dict[str, tuple[int, int]]:
    """Of a base's header: every matrix that a LoRA can sit on."""
    return {
        name.removesuffix(".weight"): (tensor.shape[0], tensor.shape[1])
        for name, tensor in tensors.items()
        if name.endswith(".weight")
        and len(tensor.shape) == 2
        and name.removesuffix(".weight").rpartition(".")[2] not in _UNTRAINED
    }


def _is_named(layer: str, name: str) -> bool:
    """As peft and vLLM read it: the name is the end of the layer's path."""
    return layer == name or layer.endswith(f".{name}")


def _why(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else type(error).__name__
