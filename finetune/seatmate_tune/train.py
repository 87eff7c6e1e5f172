"""One LoRA for all tasks on the base: plan, refuse what would be worth nothing, fit, save under its own hash."""

import json
import logging
import shutil
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from random import Random
from typing import Any

from seatmate.domain.errors import Misconfigured
from seatmate.prompts import Prompts
from seatmate.serving.registry import file_sha256
from seatmate_tune.canaries import planted_rows
from seatmate_tune.card import curve
from seatmate_tune.dataset import batched, build, packed
from seatmate_tune.dataset_folder import TRAIN, DatasetFolder, read_dataset
from seatmate_tune.evaluate import held_out
from seatmate_tune.plan import Plan, lora_settings, make_plan
from seatmate_tune.recipe import Recipe
from seatmate_tune.refusals import Tokenize, adapter_faults, refuse
from seatmate_tune.render import Rendered, Renderer
from seatmate_tune.rows import RowWriter
from seatmate_tune.run_folder import facts_of, keep_facts, resume_faults
from seatmate_tune.suite_texts import read_suites

log = logging.getLogger(__name__)


def plan(recipe: Recipe, served: Tokenize | None = None) -> Plan:
    """What a run of this recipe would do; its datasets are read whole, no weights are."""
    suites = read_suites(recipe.suites, recipe.suite_calls) if recipe.suites.is_dir() else None
    datasets = [read_dataset(folder) for folder in recipe.data]
    return make_plan(recipe, recipe.hardware, recipe.shapes.tied, datasets, suites, served, recipe.max_rank)


def train(recipe: Recipe, served: Tokenize | None = None) -> Path:
    """Returns the adapter's folder, `<out>/bank@<sha12>`. Raises RefusedRun before the first step."""
    if recipe.base is None or recipe.adapter is None:
        raise Misconfigured(f"recipe {recipe.name}: an adapter wants `base` and `adapter`")
    refuse(plan(recipe, served).faults)
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import Qwen3ForCausalLM

    from seatmate_tune.loop import batch_rng, fit
    from seatmate_tune.team import Team
    from seatmate_tune.tensors import attend_packed
    from seatmate_tune.watch import Watch

    team = Team(recipe.hardware.device)
    torch.manual_seed(recipe.seed)
    renderer = Renderer(recipe.base)
    prompts = Prompts.load(recipe.prompts)
    datasets = [read_dataset(folder) for folder in recipe.data]
    rows, rng = RowWriter(recipe.work), batch_rng(recipe.seed)
    parts = [build(recipe, stage, renderer, prompts, (), rows.add) for stage in recipe.stages]
    if own := [rows.add(row) for row in own_rows(datasets, renderer)]:
        parts[-1] += own
        Random(f"{recipe.seed}/data").shuffle(parts[-1])
    if planted := [rows.add(row) for row in planted_rows(recipe, renderer, prompts)]:
        parts[-1] += planted
        Random(f"{recipe.seed}/canaries").shuffle(parts[-1])
    batch_tokens = recipe.optimiser.batch_tokens
    divided = packed if recipe.optimiser.packed else batched
    batches = rows.batches([b for part in parts for b in divided(part, rows.lengths, batch_tokens, rng)])
    settings = LoraConfig(**lora_settings(recipe.adapter), task_type="CAUSAL_LM")
    named = [{"name": str(dataset.card["name"]), "sha256": dataset.sha256} for dataset in datasets]
    facts = facts_of(recipe, recipe.base, batches.rows(), prompts.sha256, named)
    refuse([*adapter_faults(settings.to_dict(), recipe.max_rank), *resume_faults(recipe.work, facts)])
    if team.is_first:
        keep_facts(recipe.work, facts)
    hardware = recipe.hardware
    model = Qwen3ForCausalLM.from_pretrained(str(recipe.base), dtype=getattr(torch, hardware.weights))
    if recipe.optimiser.packed:
        attend_packed(model)
    adapted: Any = get_peft_model(model.to(team.device), settings)
    if hardware.checkpointing:
        adapted.enable_input_require_grads()
        adapted.gradient_checkpointing_enable()
    inner = adapted.base_model.model
    totals: dict[str, Any] = fit(
        adapted, inner.model, inner.lm_head, batches, recipe.optimiser, recipe.work, recipe.save_seconds,
        lambda: export(adapted, recipe.work / "export"), Watch(renderer, held_out(recipe), recipe.work), team,
    )  # fmt: skip
    if team.is_first:
        parameters = sum(p.numel() for p in adapted.parameters() if p.requires_grad)
        told = {"parameters": parameters, "datasets": named, "rendered_sha256": facts["rendered_sha256"]}
        (recipe.work / "totals.json").write_text(json.dumps(totals | told) + "\n", encoding="utf-8")
        if find_spec("matplotlib"):
            curve([recipe], recipe.work / "loss.png")
        publish(recipe)
    team.part()
    return published_at(recipe)


def own_rows(datasets: Sequence[DatasetFolder], renderer: Renderer) -> Iterator[Rendered]:
    """Every example of the bank's own datasets, in their order."""
    for dataset in datasets:
        examples = dataset.examples(TRAIN)
        for at in range(0, len(examples), 256):
            yield from renderer.render(examples[at : at + 256])


def export(adapted: Any, folder: Path) -> None:
    """Weights in bf16, and a configuration that names the base by name, not by a path of this machine."""
    import torch
    from peft import get_peft_model_state_dict
    from safetensors.torch import save_file

    adapted.save_pretrained(str(folder), safe_serialization=True, save_embedding_layers=False)
    weights = {
        n: v.detach().to(torch.bfloat16).contiguous()
        for n, v in get_peft_model_state_dict(adapted, save_embedding_layers=False).items()
    }
    save_file(weights, str(folder / "adapter_model.safetensors"), metadata={"format": "pt"})
    file = folder / "adapter_config.json"
    config = json.loads(file.read_text())
    config["base_model_name_or_path"] = Path(config["base_model_name_or_path"]).name
    config["target_modules"] = sorted(config["target_modules"])
    file.write_text(json.dumps(config, indent=1, sort_keys=True) + "\n")
    (folder / "README.md").unlink(missing_ok=True)


def publish(recipe: Recipe) -> Path:
    """Copy the newest export under its immutable name."""
    source, folder = recipe.work / "export", published_at(recipe)
    folder.mkdir(parents=True, exist_ok=True)
    for file in ("adapter_model.safetensors", "adapter_config.json"):
        shutil.copyfile(source / file, folder / file)
    log.info("published %s", folder)
    return folder


def published_at(recipe: Recipe) -> Path:
    """An adapter's name is of its weights."""
    return recipe.out / f"bank@{file_sha256(recipe.work / 'export' / 'adapter_model.safetensors')[:12]}"
