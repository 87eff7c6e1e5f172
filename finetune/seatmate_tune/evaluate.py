"""Greedy answers of base and adapter to a held-out generated set, and their scores.

Free decoding, without the grammar that binds JSON in serving: what is valid here is the model's own doing.
"""

import json
import logging
import time
from pathlib import Path
from random import Random
from typing import Any

from seatmate.prompts import Prompts
from seatmate_tune.dataset import examples
from seatmate_tune.example import Example
from seatmate_tune.recipe import Recipe, TaskName
from seatmate_tune.render import Renderer
from seatmate_tune.score import score

log = logging.getLogger(__name__)
HELD_OUT_SEED = "held-out"
TASKS: tuple[TaskName, ...] = ("answer", "summary", "kyc", "voc")


def held_out(recipe: Recipe) -> list[Example]:
    """Examples of the last stage's form that no training seed makes."""
    prompts = Prompts.load(recipe.prompts)
    found: list[Example] = []
    for task in TASKS:
        stream = examples(task, Random(f"{HELD_OUT_SEED}/{task}"), prompts, recipe.stages[-1], ())
        found += [next(stream) for _ in range(recipe.held_out * (3 if task == "answer" else 1))]
    return found


def evaluate(recipe: Recipe, base: Path, adapter: Path | None) -> dict[str, float]:
    import torch
    from peft import PeftModel
    from transformers import Qwen3ForCausalLM

    renderer = Renderer(base)
    model: Any = Qwen3ForCausalLM.from_pretrained(str(base), dtype=torch.float32)
    if adapter is not None:
        model = PeftModel.from_pretrained(model, str(adapter))
    model.eval()
    cases = held_out(recipe)
    started = time.monotonic()
    outputs = generate(model, renderer, cases)
    table = score(cases, outputs)
    log.info("%s: %.0f s %s", adapter or base, time.monotonic() - started, table)
    name = adapter.name if adapter else "base"
    with (recipe.work / f"outputs-{name}.jsonl").open("w", encoding="utf-8") as out:
        for case, output in zip(cases, outputs, strict=True):
            out.write(
                json.dumps({"task": case.task, "wanted": case.target, "given": output}, ensure_ascii=False) + "\n"
            )
    return table


def generate(model: Any, renderer: Renderer, cases: list[Example], batch: int = 16) -> list[str]:
    """Greedy, batches of alike length, padded on the left."""
    import torch

    prompts = [renderer.prompt_ids(case.prompt) for case in cases]
    outputs = [""] * len(cases)
    pad = renderer.tokenizer.token_to_id("<|endoftext|>")
    end = renderer.tokenizer.token_to_id("<|im_end|>")
    order = sorted(range(len(cases)), key=lambda i: (cases[i].task, len(prompts[i])))
    for at in range(0, len(order), batch):
        part = order[at : at + batch]
        longest = max(len(prompts[i]) for i in part)
        ids = torch.tensor([[pad] * (longest - len(prompts[i])) + prompts[i] for i in part])
        limit = {"answer": 60, "summary": 420}.get(cases[part[0]].task, 300)
        with torch.no_grad(), torch.autocast("cpu", torch.bfloat16):
            made = model.generate(
                input_ids=ids, attention_mask=(ids != pad).long(), max_new_tokens=limit, do_sample=False,
                pad_token_id=pad, eos_token_id=end,
            )  # fmt: skip
        for i, row in zip(part, made[:, longest:].tolist(), strict=True):
            row = row[: row.index(end)] if end in row else row
            outputs[i] = renderer.tokenizer.decode(row, skip_special_tokens=False)
    return outputs
