"""One LoRA for all tasks on the base: render, refuse what vLLM cannot serve, fit, save under its own hash."""

import json
import logging
import shutil
from pathlib import Path
from typing import Any

from seatmate.domain.errors import Misconfigured
from seatmate.prompts import Prompts
from seatmate.serving.registry import file_sha256
from seatmate_tune.dataset import batched, build
from seatmate_tune.recipe import Recipe
from seatmate_tune.render import Renderer

log = logging.getLogger(__name__)
LAYERS = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")


def train(recipe: Recipe) -> Path:
    """Returns the adapter's folder, `<out>/bank@<sha12>`."""
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import Qwen3ForCausalLM

    from seatmate_tune.loop import batch_rng, fit

    if recipe.base is None or recipe.adapter is None:
        raise Misconfigured(f"recipe {recipe.name}: an adapter wants `base` and `adapter`")
    torch.manual_seed(recipe.seed)
    recipe.work.mkdir(parents=True, exist_ok=True)
    renderer = Renderer(recipe.base)
    prompts = Prompts.load(recipe.prompts)
    rng = batch_rng(recipe.seed)
    batches = [
        batch
        for stage in recipe.stages
        for batch in batched(build(recipe, stage, renderer, prompts, ()), recipe.optimiser.batch_tokens, rng)
    ]
    model = Qwen3ForCausalLM.from_pretrained(str(recipe.base), dtype=torch.float32)
    settings = LoraConfig(
        r=recipe.adapter.r, lora_alpha=recipe.adapter.alpha, lora_dropout=recipe.adapter.dropout, bias="none",
        target_modules=list(LAYERS), task_type="CAUSAL_LM",
    )  # fmt: skip
    adapted: Any = get_peft_model(model, settings)
    inner = adapted.base_model.model
    totals = fit(
        adapted, inner.model, inner.lm_head, batches, recipe.optimiser, recipe.work, recipe.save_seconds,
        lambda: export(adapted, recipe.work / "export"),
    )  # fmt: skip
    totals["parameters"] = sum(p.numel() for p in adapted.parameters() if p.requires_grad)
    (recipe.work / "totals.json").write_text(json.dumps(totals) + "\n", encoding="utf-8")
    return publish(recipe)


def export(adapted: Any, folder: Path) -> None:
    """Weights in bf16, and a configuration that names the base by name, not by a path of this machine."""
    import torch
    from peft import get_peft_model_state_dict
    from safetensors.torch import save_file

    adapted.save_pretrained(str(folder), safe_serialization=True)
    weights = {n: v.detach().to(torch.bfloat16).contiguous() for n, v in get_peft_model_state_dict(adapted).items()}
    save_file(weights, str(folder / "adapter_model.safetensors"), metadata={"format": "pt"})
    file = folder / "adapter_config.json"
    config = json.loads(file.read_text())
    config["base_model_name_or_path"] = "seatmate-mini"
    config["target_modules"] = sorted(config["target_modules"])
    file.write_text(json.dumps(config, indent=1, sort_keys=True) + "\n")
    (folder / "README.md").unlink(missing_ok=True)


def publish(recipe: Recipe) -> Path:
    """Copy the newest export under its immutable name."""
    source = recipe.work / "export"
    name = f"bank@{file_sha256(source / 'adapter_model.safetensors')[:12]}"
    folder = recipe.out / name
    folder.mkdir(parents=True, exist_ok=True)
    for file in ("adapter_model.safetensors", "adapter_config.json"):
        shutil.copyfile(source / file, folder / file)
    log.info("published %s", folder)
    return folder
