"""A recipe: everything a run depends on, in one YAML file; unknown keys are refused.

Paths are relative to the repository root, where every command is started. Knows nothing of torch.
"""

import hashlib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import Field, model_validator

from seatmate.domain.model import Shape
from seatmate_tune.hardware import Hardware

TaskName = Literal["answer", "mined", "summary", "quotes", "kyc", "voc", "calls", "facts", "rewrite", "drill"]
"""`mined` asks about public text; `calls` is all three tasks of one call as one conversation (dense, base only);
`facts` is KYC and VOC over a short exchange full of both; `rewrite` makes a follow-up a question that stands alone;
`drill` chooses among a few bare lines."""


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


UNANSWERED = 0.13
"""Share of questions without an answer where a stage says nothing of it."""


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
    any_slot: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of source blocks whose figures are numbered at random: «F1» by habit is worth nothing there."""
    quotes: bool = False
    """An answer tells a figure only if question and line call it by one name, and else quotes the line."""
    unanswered: Annotated[float, Field(ge=0, le=0.5)] = UNANSWERED
    """Share of questions (a block's first) that no line answers."""


class Optimiser(Shape):
    lr: float
    muon_lr: float = 0.0
    warmup: float = 0.03
    floor: float = 0.1
    weight_decay: float = 0.05
    batch_tokens: int = 8192
    clip: float = 1.0
    guide: float = 0.0
    """Weight of the loss that shows a few heads where to look (guide.py); a base's only."""
    packed: bool = False
    """A step's rows stand end to end in one, none attends to another, and nothing is padded; on GPUs only (refusals.py)."""


_ATTENTION = ("q_proj", "k_proj", "v_proj", "o_proj")
_MLP = ("gate_proj", "up_proj", "down_proj")


class Adapter(Shape):
    """A plain LoRA: vLLM serves no DoRA, no new tokens and no modules_to_save, so a recipe cannot even say them."""

    r: Literal[8, 16, 32] = 16
    alpha: int = 32
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    targets: Literal["all", "attention", "mlp"] = "all"
    """Which matrices of every layer carry it: whole blocks, whose matrices vLLM packs together (q, k, v; gate, up)."""
    rslora: bool = False
    """Scaled by alpha/√r instead of alpha/r (Kalajdzievski 2023), so that a higher rank does not learn more slowly."""

    @property
    def layers(self) -> tuple[str, ...]:
        return {"all": _ATTENTION + _MLP, "attention": _ATTENTION, "mlp": _MLP}[self.targets]


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

    @model_validator(mode="after")
    def _guides_a_base_that_has_the_heads(self) -> Self:
        if self.optimiser.guide and (self.adapter or self.shapes.layers < 4 or self.shapes.heads < 4):
            raise ValueError("guide: shows heads 0 to 3 of layers 1 and 3 of a base where to look")
        if self.optimiser.guide and self.optimiser.packed:
            raise ValueError("guide: looks are places in rows that stand apart, packed ones do not")
        return self

    @property
    def sha256(self) -> str:
        # A recipe keeps the hash that its runs had before what it does not ask for was a setting.
        adapter = self.adapter or Adapter()
        unasked = {name for name in ("targets", "rslora") if getattr(adapter, name) == getattr(Adapter(), name)}
        left_out: dict[str, Any] = {"adapter": unasked} | ({} if self.canaries else {"canaries": True})
        left_out["optimiser"] = {name for name in ("guide", "packed") if not getattr(self.optimiser, name)}
        later = ("any_slot", "quotes", "unanswered")
        usual = {name: Stage.model_fields[name].default for name in later}
        unasked_for = {name for name in later if all(getattr(s, name) == usual[name] for s in self.stages)}
        left_out["stages"] = {"__all__": unasked_for}
        return hashlib.sha256(self.model_dump_json(exclude=left_out).encode()).hexdigest()


def load(path: Path) -> Recipe:
    return Recipe.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
