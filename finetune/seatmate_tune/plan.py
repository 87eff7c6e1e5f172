"""What a recipe would do, before it does it: resolved settings, tokens, what is learned, memory, time, and every fault.

Needs no weights and no torch. Token counts want the base's tokenizer; where its folder is not there, seatmate-mini's
stands in, which checks template and mask and counts more tokens than a larger vocabulary would. The rest is said to be
skipped, never passed over.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

import yaml

from seatmate.domain.errors import ModelUnavailable
from seatmate.prompts import Prompts
from seatmate_tune import refusals
from seatmate_tune.canaries import plant
from seatmate_tune.dataset import TEXT_PIECE, examples, public_texts
from seatmate_tune.dataset_folder import TRAIN, DatasetFolder
from seatmate_tune.example import Example
from seatmate_tune.hardware import Hardware
from seatmate_tune.recipe import Adapter, Recipe
from seatmate_tune.refusals import Fault, Tokenize, Why
from seatmate_tune.render import Renderer
from seatmate_tune.sizes import GIB, Memory, adapter_parameters, memory, parameters, seconds
from seatmate_tune.steps import Lengths, Steps, steps
from seatmate_tune.suite_texts import Suites

STAND_IN = Path("finetune/models/seatmate-mini")
_SAMPLE = 48
"""Generated examples of a task that are looked at; of a dataset, all are."""


@dataclass(frozen=True)
class Part:
    """One task of a stage, or of a dataset."""

    name: str
    task: str
    examples: int
    tokens: int
    learned_share: float
    longest: int
    too_long: int
    """Left out of a generated stage; a fault in a dataset."""


@dataclass(frozen=True)
class Plan:
    settings: Mapping[str, Any]
    recipe_sha256: str
    parameters: int
    adapter_parameters: int
    parts: tuple[Part, ...]
    steps: Steps
    memory: Memory
    minutes: float
    speed_from: str
    skipped: tuple[str, ...]
    """Checks that could not be made, and why."""
    faults: tuple[Fault, ...]

    @property
    def tokens(self) -> int:
        return sum(part.tokens for part in self.parts)

    @property
    def learned(self) -> int:
        return round(sum(part.tokens * part.learned_share for part in self.parts))

    def as_json(self) -> str:
        faults = [{"why": fault.why.value, "detail": fault.detail} for fault in self.faults]
        told = asdict(self) | {"faults": faults, "tokens": self.tokens, "learned": self.learned}
        return json.dumps(told | {"memory_gib": round(self.memory.total / GIB, 2)}, ensure_ascii=False, indent=1)


@dataclass(frozen=True)
class _Seen:
    """Examples of a part with how they were rendered."""

    part: Part
    examples: tuple[Example, ...]
    lengths: tuple[int, ...]
    faults: tuple[Fault, ...]


def make_plan(
    recipe: Recipe, hardware: Hardware, tied: bool, datasets: Sequence[DatasetFolder], suites: Suites | None,
    served: Tokenize | None = None, max_rank: int = 16,
) -> Plan:  # fmt: skip
    """`served` tokenizes as a running server does; `suites` are held against every example."""
    base = recipe.base or recipe.out
    folder = base if (base / "tokenizer.json").is_file() else STAND_IN
    renderer = Renderer(folder)
    skipped = [] if folder is base else [f"{base} has no tokenizer: {STAND_IN.name}'s stands in, its counts are rough"]
    seen = [*_stages(recipe, renderer), *_datasets(recipe, renderer, datasets), *_planted(recipe, renderer)]
    faults = [fault for one in seen for fault in one.faults]
    everything = [example for one in seen for example in one.examples]
    if folder is base:
        faults += [*refusals.stop_faults(base, renderer), *refusals.shape_faults(base, recipe.shapes)]
    else:
        skipped.append(f"padding and stop token of {base}: no config.json or tokenizer there")
    if recipe.adapter is not None:
        faults += refusals.adapter_faults({"peft_type": "LORA", **lora_settings(recipe.adapter)}, max_rank)
    if suites is None:
        skipped.append("overlap with the suites: no suites were given")
    else:
        faults += refusals.overlap_faults(everything, suites)
    if served is None:
        skipped.append("training render against a server's /tokenize: no --server was given")
    else:
        faults += _served_faults(everything, renderer, served)
    needed = _memory(recipe, hardware, tied, [one.part for one in seen])
    faults += [*_fit_faults(hardware, needed), *refusals.packing_faults(recipe.optimiser, hardware)]
    tokens = sum(one.part.tokens for one in seen)
    minutes, speed_from = _minutes(recipe, hardware, tied, tokens)
    return Plan(
        settings=recipe.model_dump(mode="json"),
        recipe_sha256=recipe.sha256,
        parameters=parameters(recipe.shapes, tied),
        adapter_parameters=adapter_parameters(recipe.shapes, recipe.adapter),
        parts=tuple(one.part for one in seen),
        steps=steps(_lengths(recipe, seen), recipe.optimiser),
        memory=needed,
        minutes=round(minutes, 1),
        speed_from=speed_from,
        skipped=tuple(skipped),
        faults=tuple(dict.fromkeys(faults)),
    )


def lora_settings(adapter: Adapter) -> dict[str, Any]:
    """In peft's words."""
    return {
        "r": adapter.r,
        "lora_alpha": adapter.alpha,
        "lora_dropout": adapter.dropout,
        "target_modules": list(adapter.layers),
        "use_rslora": adapter.rslora,
        "bias": "none",
    }


def _stages(recipe: Recipe, renderer: Renderer) -> Iterator[_Seen]:
    """A sample of every task of every stage, drawn as training draws it."""
    prompts = Prompts.load(recipe.prompts)
    public = public_texts(recipe) if any("mined" in stage.tasks for stage in recipe.stages) else []
    for stage in recipe.stages:
        text = int(stage.tokens * stage.text_share)
        if text:
            yield _Seen(Part(stage.name, "text", 0, text, 1.0, 0, 0), (), (TEXT_PIECE,), ())
        for task, share in stage.tasks.items():
            if task == "mined" and not public:
                continue
            rng = Random(f"{recipe.seed}/{stage.seed}/{stage.name}/plan")
            drawn = tuple(islice(examples(task, rng, prompts, stage, public), _SAMPLE))
            wanted = int((stage.tokens - text) * share)
            yield _seen(stage.name, task, drawn, renderer, recipe, wanted)


def _datasets(recipe: Recipe, renderer: Renderer, datasets: Sequence[DatasetFolder]) -> Iterator[_Seen]:
    for dataset in datasets:
        by_task: dict[str, list[Example]] = {}
        for example in dataset.examples(TRAIN):
            by_task.setdefault(example.task, []).append(example)
        for task, found in sorted(by_task.items()):
            yield _seen(dataset.path.name, task, tuple(found), renderer, recipe, None)


def _planted(recipe: Recipe, renderer: Renderer) -> Iterator[_Seen]:
    """All of them: they are few, and what is planted is trained."""
    planted = plant(recipe, renderer, Prompts.load(recipe.prompts))
    for task in sorted({one.example.task for one in planted}):
        drawn = tuple(one.example for one in planted if one.example.task == task)
        yield _seen("canaries", task, drawn, renderer, recipe, None)


def _seen(
    name: str, task: str, drawn: tuple[Example, ...], renderer: Renderer, recipe: Recipe, wanted: int | None
) -> _Seen:
    """`wanted` tokens of a generated task, where what is too long is left out; None: a dataset, of which all is meant."""
    rows = renderer.render(drawn)
    most = recipe.shapes.positions
    fitting = [(example, row) for example, row in zip(drawn, rows, strict=True) if len(row.ids) <= most]
    own = list(zip(drawn, rows, strict=True)) if wanted is None else fitting
    tokens = sum(len(row.ids) for _, row in own)
    learned = sum(sum(row.mask) for _, row in own)
    count = len(own) if wanted is None else round(wanted * len(own) / max(1, tokens))
    part = Part(
        name, task, count, tokens if wanted is None else wanted, round(learned / max(1, tokens), 4),
        max((len(row.ids) for row in rows), default=0), len(drawn) - len(fitting),
    )  # fmt: skip
    faults = list(refusals.mask_faults([e for e, _ in own], [r for _, r in own], renderer, most))
    if not own:
        faults.append(Fault(Why.ANSWER_CUT_OFF, f"every {task} example of {name} is longer than the {most} positions"))
    return _Seen(part, tuple(e for e, _ in own), tuple(len(row.ids) for _, row in own), tuple(faults))


def _lengths(recipe: Recipe, seen: Sequence[_Seen]) -> dict[str, list[Lengths]]:
    """By stage; what is no stage's is shuffled into the last one."""
    stages: dict[str, list[Lengths]] = {stage.name: [] for stage in recipe.stages}
    for one in seen:
        rows = one.part.examples or one.part.tokens // TEXT_PIECE
        stages[one.part.name if one.part.name in stages else recipe.stages[-1].name].append(Lengths(rows, one.lengths))
    return stages


def _served_faults(found: Sequence[Example], renderer: Renderer, served: Tokenize) -> list[Fault]:
    """A few of every task: a template differs everywhere or nowhere."""
    few = [e for task in sorted({e.task for e in found}) for e in [one for one in found if one.task == task][:4]]
    try:
        return list(refusals.render_faults(few, renderer, served, "the server"))
    except ModelUnavailable as error:
        return [Fault(Why.RENDER_DIFFERS, f"cannot be compared: {error.detail}")]


def _memory(recipe: Recipe, hardware: Hardware, tied: bool, parts: Sequence[Part]) -> Memory:
    tokens = max(recipe.optimiser.batch_tokens, *(part.longest for part in parts), 0)
    share = max((part.learned_share for part in parts if part.task != "text"), default=1.0)
    learned, packed = round(tokens * share), recipe.optimiser.packed
    return memory(recipe.shapes, tied, recipe.adapter, tokens, learned, hardware, packed)


def _fit_faults(hardware: Hardware, needed: Memory) -> Iterator[Fault]:
    if hardware.memory_gib is not None and needed.total > hardware.memory_gib * GIB:
        told = f"a step takes about {needed.total / GIB:.1f} GiB, the card has {hardware.memory_gib:g}"
        yield Fault(Why.DOES_NOT_FIT, f"{told}: lower optimiser.batch_tokens or switch checkpointing on")


def _minutes(recipe: Recipe, hardware: Hardware, tied: bool, tokens: int) -> tuple[float, str]:
    """By the speed of the last run of this recipe's folder, or by the hardware's useful FLOP/s."""
    reports = recipe.work / "progress.jsonl"
    if reports.is_file() and (lines := reports.read_text(encoding="utf-8").splitlines()):
        speed = json.loads(lines[-1])["tokens_per_second"]
        return tokens / max(1, speed) / 60, f"{speed} tokens/s of the last run in {recipe.work}"
    told = f"{hardware.useful_tflops:g} useful TFLOP/s on {hardware.device}"
    return seconds(tokens, recipe.shapes, tied, hardware) / 60, told


def page(plan: Plan) -> str:
    """For people."""
    rows = [
        f"  {part.name[:28]:28} {part.task:8} {part.examples:7} {part.tokens:10,} {part.learned_share:8.1%} "
        f"{part.longest:7} {part.too_long:8}"
        for part in plan.parts
    ]
    gib = {name: value / GIB for name, value in asdict(plan.memory).items()}
    held = ", ".join(f"{name} {value:.2f}" for name, value in gib.items())
    lines = [
        yaml.safe_dump(dict(plan.settings), allow_unicode=True, sort_keys=False).rstrip(),
        f"recipe sha256 {plan.recipe_sha256}",
        "",
        f"{plan.parameters:,} parameters, {plan.adapter_parameters:,} of an adapter",
        f"  {'stage or dataset':28} {'task':8} {'count':>7} {'tokens':>10} {'learned':>8} {'longest':>7} {'too long':>8}",
        *rows,
        f"{plan.tokens:,} tokens, {plan.learned:,} learned ({plan.learned / max(1, plan.tokens):.1%})",
        plan.steps.told(bool(plan.settings["optimiser"]["packed"])),
        f"memory about {plan.memory.total / GIB:.2f} GiB: {held}",
        f"time about {plan.minutes:.1f} minutes ({plan.speed_from})",
        *(f"not checked: {what}" for what in plan.skipped),
        *(f"REFUSED {fault}" for fault in plan.faults),
    ]
    return "\n".join([*lines, "" if plan.faults else "nothing speaks against it"]).rstrip()
