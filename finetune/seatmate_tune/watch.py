"""What a run shows of itself on the way: loss on examples that it never learns from, and answers to a few fixed prompts.

Nothing here draws a random number or touches a gradient, so a watched run is to the bit the run that nobody watches.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from seatmate_tune.evaluate import generate
from seatmate_tune.example import Example
from seatmate_tune.progress import SAMPLES
from seatmate_tune.render import Rendered, Renderer
from seatmate_tune.tensors import Learned, learned

_LOOKED_AT = 96
"""Held-out examples of a look at most: with twenty looks a run, all of a large set would cost as much as training."""


class Watch:
    """Held-out examples of one run, and where its samples go: one prompt of each task."""

    def __init__(self, renderer: Renderer, examples: Sequence[Example], work: Path) -> None:
        self._renderer = renderer
        looked_at = examples[:: -(-len(examples) // _LOOKED_AT) or 1]
        self._rows: list[Rendered] = sorted(renderer.render(looked_at), key=lambda row: len(row.ids))
        self._prompts = [next(case for case in examples if case.task == task) for task in _tasks(examples)]
        self._work = work

    def look(self, model: Any, body: Any, head: Any, step: int) -> float | None:
        """Mean loss over all learned tokens of what is held out (None: nothing is); samples go to `samples.jsonl`."""
        if not self._rows:
            return None
        was_training = model.training
        model.eval()
        total, tokens = 0.0, 0
        with torch.no_grad():
            for at in range(0, len(self._rows), 8):
                made: Learned = learned(self._rows[at : at + 8], body, head)
                total += float(torch.nn.functional.cross_entropy(made.logits, made.wanted, reduction="sum"))
                tokens += len(made.wanted)
            # One by one: a batch ends where its longest task's answer may end.
            said = [generate(model, self._renderer, [case])[0] for case in self._prompts]
        model.train(was_training)
        with (self._work / SAMPLES).open("a", encoding="utf-8") as out:
            for case, text in zip(self._prompts, said, strict=True):
                row = {"step": step, "task": case.task, "wanted": case.target, "given": text}
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
        return total / tokens


def _tasks(examples: Sequence[Example]) -> list[str]:
    return list(dict.fromkeys(case.task for case in examples))
