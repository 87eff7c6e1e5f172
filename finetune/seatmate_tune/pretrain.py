"""The base model from nothing (or on from an earlier run): tokenizer, curriculum, loop, export. Read top to bottom."""

import json
import logging
import shutil
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from seatmate.prompts import Prompts
from seatmate.serving.registry import write_manifest
from seatmate_tune.card import curve
from seatmate_tune.dataset import batched, build, packed, public_texts
from seatmate_tune.evaluate import held_out
from seatmate_tune.recipe import Recipe
from seatmate_tune.refusals import packing_faults, refuse
from seatmate_tune.render import Renderer
from seatmate_tune.rows import RowWriter
from seatmate_tune.run_folder import facts_of, keep_facts, resume_faults

log = logging.getLogger(__name__)
TOKENIZER_FILES = ("tokenizer.json", "tokenizer_config.json", "chat_template.jinja")


def pretrain(recipe: Recipe) -> Path:
    """Run the recipe; the newest checkpoint is always a servable folder at `work/export`."""
    refuse(packing_faults(recipe.optimiser, recipe.hardware))
    import torch

    from seatmate_tune.guide import Guide
    from seatmate_tune.loop import batch_rng, fit
    from seatmate_tune.team import Team
    from seatmate_tune.tensors import attend_packed
    from seatmate_tune.watch import Watch

    team = Team(recipe.hardware.device)
    torch.manual_seed(recipe.seed)
    renderer = Renderer(recipe.base or recipe.out)
    prompts = Prompts.load(recipe.prompts)
    public = public_texts(recipe)
    rows, rng = RowWriter(recipe.work), batch_rng(recipe.seed)
    stages = [build(recipe, stage, renderer, prompts, public, rows.add) for stage in recipe.stages]
    del public
    batch_tokens = recipe.optimiser.batch_tokens
    divided = packed if recipe.optimiser.packed else batched
    batches = rows.batches([b for stage in stages for b in divided(stage, rows.lengths, batch_tokens, rng)])
    tokenizer = recipe.base or recipe.out
    facts = facts_of(recipe, tokenizer, batches.rows(), prompts.sha256)
    refuse(resume_faults(recipe.work, facts))
    if team.is_first:
        keep_facts(recipe.work, facts)
    model = new_model(recipe, renderer).to(team.device)
    if recipe.optimiser.packed:
        attend_packed(model)
    log.info("%d parameters, %d steps", sum(p.numel() for p in model.parameters()), len(batches))
    totals = fit(
        model, model.model, model.lm_head, batches, recipe.optimiser, recipe.work, recipe.save_seconds,
        lambda: export(model, tokenizer, recipe.work / "export"), Watch(renderer, held_out(recipe), recipe.work), team,
        Guide(renderer.tokenizer, recipe.optimiser.guide) if recipe.optimiser.guide else None,
    )  # fmt: skip
    if team.is_first:
        totals["parameters"] = sum(p.numel() for p in model.parameters())
        (recipe.work / "totals.json").write_text(json.dumps(totals) + "\n", encoding="utf-8")
        if find_spec("matplotlib"):
            curve([recipe], recipe.work / "loss.png")
        publish(recipe)
    team.part()
    return recipe.out


def publish(recipe: Recipe) -> None:
    """Copy the newest export to the folder that is committed."""
    recipe.out.mkdir(parents=True, exist_ok=True)
    for file in (recipe.work / "export").iterdir():
        shutil.copyfile(file, recipe.out / file.name)
    write_manifest(recipe.out)


def new_model(recipe: Recipe, renderer: Renderer) -> Any:
    from transformers import Qwen3Config, Qwen3ForCausalLM

    if recipe.base is not None:
        import torch

        return Qwen3ForCausalLM.from_pretrained(str(recipe.base), dtype=torch.float32)
    shapes = recipe.shapes
    start, end, pad = (renderer.tokenizer.token_to_id(t) for t in ("<|im_start|>", "<|im_end|>", "<|endoftext|>"))
    config = Qwen3Config(
        vocab_size=renderer.vocab, hidden_size=shapes.hidden, num_hidden_layers=shapes.layers,
        num_attention_heads=shapes.heads, num_key_value_heads=shapes.kv_heads, head_dim=shapes.head_dim,
        intermediate_size=shapes.mlp, max_position_embeddings=shapes.positions, tie_word_embeddings=True,
        rope_parameters={"rope_type": "default", "rope_theta": shapes.rope_theta},
        bos_token_id=start, eos_token_id=end, pad_token_id=pad,
    )  # fmt: skip
    return Qwen3ForCausalLM(config)


def export(model: Any, tokenizer: Path, folder: Path) -> None:
    """A folder that vLLM serves: bf16 safetensors, configuration, tokenizer, chat template."""
    import torch
    from safetensors.torch import save_file

    folder.mkdir(parents=True, exist_ok=True)
    weights = {
        name: value.detach().to(torch.bfloat16).contiguous()
        for name, value in model.state_dict().items()
        if name != "lm_head.weight"
    }
    save_file(weights, str(folder / "model.safetensors"), metadata={"format": "pt"})
    config = model.config.to_dict() | {"architectures": ["Qwen3ForCausalLM"], "dtype": "bfloat16"}
    (folder / "config.json").write_text(json.dumps(config, indent=1, sort_keys=True, default=str) + "\n")
    ends = [model.config.eos_token_id]
    generation = {"eos_token_id": ends, "pad_token_id": model.config.pad_token_id, "do_sample": False}
    (folder / "generation_config.json").write_text(json.dumps(generation, indent=1) + "\n")
    for file in TOKENIZER_FILES:
        shutil.copyfile(tokenizer / file, folder / file)
