"""Greedy answers of base and adapter to what training holds out, and their scores: generated examples, and those of each
of the recipe's own datasets, told apart.

Free decoding, without the grammar that binds JSON in serving: what is valid here is the model's own doing.
"""

import json
import logging
import time
from collections import Counter
from pathlib import Path
from random import Random
from typing import Any

from seatmate.prompts import Prompts
from seatmate_tune.dataset import examples
from seatmate_tune.dataset_folder import HELD_OUT, read_dataset
from seatmate_tune.example import Example
from seatmate_tune.recipe import Recipe, TaskName
from seatmate_tune.render import Renderer
from seatmate_tune.score import score

log = logging.getLogger(__name__)
METRICS = "metrics.json"
HELD_OUT_SEED = "held-out"
GENERATED = "generated"
TASKS: tuple[TaskName, ...] = ("answer", "summary", "quotes", "kyc", "voc")
TASKS_ON_REQUEST: tuple[TaskName, ...] = ("rewrite",)
"""Asked for where the recipe trains them."""


def held_out(recipe: Recipe) -> list[Example]:
    """Examples of the last stage's form that no training seed makes."""
    prompts = Prompts.load(recipe.prompts)
    found: list[Example] = []
    trained = {task for stage in recipe.stages for task in stage.tasks}
    for task in (*TASKS, *(task for task in TASKS_ON_REQUEST if task in trained)):
        stream = examples(task, Random(f"{HELD_OUT_SEED}/{task}"), prompts, recipe.stages[-1], ())
        found += [next(stream) for _ in range(recipe.held_out * (3 if task == "answer" else 1))]
    return found


def own_held_out(recipe: Recipe) -> dict[str, list[Example]]:
    """By dataset, the examples of customers of whom training sees nothing."""
    folders = [read_dataset(path) for path in recipe.data]
    return {str(folder.card["name"]): folder.examples(HELD_OUT) for folder in folders}


def compare(recipe: Recipe, adapter: Path | None) -> dict[str, Any]:
    """Base and adapter over the same examples; kept as `<work>/metrics.json` for the card."""
    sets = {GENERATED: held_out(recipe), **{name: cases for name, cases in own_held_out(recipe).items() if cases}}
    base = recipe.base or recipe.out
    tables = {"base": evaluate(sets, base, None, recipe.work)}
    if adapter is not None:
        tables["adapter"] = evaluate(sets, base, adapter, recipe.work)
    scores = {name: {model: table[name] for model, table in tables.items()} for name in sets}
    found = {
        "adapter": adapter.name if adapter else "",
        GENERATED: scores[GENERATED],
        "own": {
            name: {"examples": Counter(case.task for case in cases), "scores": scores[name]}
            for name, cases in sets.items()
            if name != GENERATED
        },
    }
    (recipe.work / METRICS).write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return found


def evaluate(
    sets: dict[str, list[Example]], base: Path, adapter: Path | None, work: Path
) -> dict[str, dict[str, float]]:
    """Scores by set; what was said is kept in `work`. The weights are loaded once."""
    import torch
    from peft import PeftModel
    from transformers import Qwen3ForCausalLM

    renderer = Renderer(base)
    model: Any = Qwen3ForCausalLM.from_pretrained(str(base), dtype=torch.float32)
    if adapter is not None:
        model = PeftModel.from_pretrained(model, str(adapter))
    model.eval()
    tables = {}
    work.mkdir(parents=True, exist_ok=True)
    with (work / f"outputs-{adapter.name if adapter else 'base'}.jsonl").open("w", encoding="utf-8") as out:
        for name, cases in sets.items():
            started = time.monotonic()
            outputs = generate(model, renderer, cases)
            tables[name] = score(cases, outputs)
            log.info("%s on %s: %.0f s %s", adapter or base, name, time.monotonic() - started, tables[name])
            for case, output in zip(cases, outputs, strict=True):
                row = {"set": name, "task": case.task, "wanted": case.target, "given": output}
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
    return tables


_LONGEST = {"answer": 60, "summary": 420, "quotes": 120, "rewrite": 60}
"""Tokens of an answer to a task; of another, 300."""


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
        ids = torch.tensor([[pad] * (longest - len(prompts[i])) + prompts[i] for i in part], device=model.device)
        limit = max(_LONGEST.get(cases[i].task, 300) for i in part)
        with torch.no_grad(), torch.autocast(model.device.type, torch.bfloat16):
            made = model.generate(
                input_ids=ids, attention_mask=(ids != pad).long(), max_new_tokens=limit, do_sample=False,
                pad_token_id=pad, eos_token_id=end,
            )  # fmt: skip
        for i, row in zip(part, made[:, longest:].tolist(), strict=True):
            row = row[: row.index(end)] if end in row else row
            outputs[i] = renderer.tokenizer.decode(row, skip_special_tokens=False)
    return outputs
