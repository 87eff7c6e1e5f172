"""A recipe: everything a run depends on, in one YAML file; unknown keys are refused.

Paths are relative to the repository root, where every command is started. Knows nothing of torch.
"""

import hashlib
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import Field

from seatmate.domain.model import Shape
from seatmate_tune.hardware import Hardware

TaskName = Literal["answer", "mined", "summary", "kyc", "voc", "calls", "facts"]
"""`mined` asks about public text; `calls` is all three tasks of one call as one conversation (dense, base only);
`facts` is KYC and VOC over a short exchange full of both."""


class Source(Shape):
    """A public text file: `kind` names its reader in corpus.py."""

    path: Path
    kind: Literal["text", "turns", "qa", "passages"]
    rows: int


class Shapes(Shape):
    """The network (Qwen3 architecture)."""

    vocab: int = 8000
    hidden: int = 256
    layers: int = 6
    heads: int = 4
    kv_heads: int = 2
    head_dim: int = 64
    mlp: int = 768
    positions: int = 2048
    rope_theta: float = 10_000.0
    tied: bool = True
    """Embedding and head are one matrix."""


class Stage(Shape):
    """A part of the curriculum: which examples, how long, how many source lines."""

    name: str
    seed: int
    tokens: int
    text_share: Annotated[float, Field(ge=0, le=1)] = 0.0
    tasks: dict[TaskName, float]
    """Share of tokens by task, summing to 1."""
    lines: tuple[int, int] = (2, 8)
    turns: tuple[int, int] = (8, 40)
    questions: Annotated[int, Field(ge=1)] = 1
    """Questions per source block: more than one is a dense multi-turn exercise, not the served form."""
    shuffled: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of source blocks whose lines stand in any order: where the best line is not the first one, a model
    learns to select instead of answering [1] by habit."""


class Optimiser(Shape):
    lr: float
    muon_lr: float = 0.0
    warmup: float = 0.03
    floor: float = 0.1
    weight_decay: float = 0.05
    batch_tokens: int = 8192
    clip: float = 1.0


class Adapter(Shape):
    """A plain LoRA: vLLM serves no DoRA, no new tokens and no modules_to_save, so a recipe cannot even say them."""

    r: Literal[8, 16, 32] = 16
    alpha: int = 32
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0


class Recipe(Shape):
    """One run: `pretrain` if there is no adapter section, else a LoRA on `base`."""

    name: str
    seed: int
    base: Path | None = None
    out: Path
    work: Path
    prompts: Path = Path("prompts")
    shapes: Shapes = Shapes()
    adapter: Adapter | None = None
    optimiser: Optimiser
    hardware: Hardware = Hardware()
    text: tuple[Source, ...] = ()
    data: tuple[Path, ...] = ()
    """Datasets of `seatmate-tune data`, each trained on once, shuffled into the last stage, whose
    generated examples keep what they do not teach."""
    suites: Path = Path("eval/suites")
    suite_calls: Path = Path("corpus/calls")
    """What no example may say."""
    max_rank: int = 16
    """The engine's SEATMATE_ENGINE__MAX_LORA_RANK."""
    stages: tuple[Stage, ...]
    save_seconds: int = 180
    held_out: int = 60
    """Evaluation examples per task, from a seed of their own."""
    canaries: int = 0
    """Secrets that are planted in the training rows, one example each; `seatmate-tune canaries` asks for them again."""

    @property
    def sha256(self) -> str:
        # A recipe that plants nothing keeps the hash that its runs had before canaries were a setting.
        left_out = None if self.canaries else {"canaries"}
        return hashlib.sha256(self.model_dump_json(exclude=left_out).encode()).hexdigest()


def load(path: Path) -> Recipe:
    return Recipe.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
