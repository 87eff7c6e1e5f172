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
from seatmate_tune.render import Rendered, Renderer
from seatmate_tune.tensors import Learned, learned

SAMPLES = "samples.jsonl"


class Watch:
    """Held-out examples of one run, and where its samples go."""

    def __init__(self, renderer: Renderer, examples: Sequence[Example], work: Path, samples: int = 4) -> None:
        self._renderer = renderer
        self._rows: list[Rendered] = sorted(renderer.render(examples), key=lambda row: len(row.ids))
        step = max(1, len(examples) // samples)
        self._prompts = list(examples[::step][:samples])
        self._work = work

    def look(self, model: Any, body: Any, head: Any, step: int) -> float:
        """Mean loss over all learned tokens of the held-out examples; the samples are appended to `samples.jsonl`."""
        was_training = model.training
        model.eval()
        total, tokens = 0.0, 0
        with torch.no_grad():
            for at in range(0, len(self._rows), 8):
                made: Learned = learned(self._rows[at : at + 8], body, head)
                total += float(torch.nn.functional.cross_entropy(made.logits, made.wanted, reduction="sum"))
                tokens += len(made.wanted)
            said = generate(model, self._renderer, self._prompts)
        model.train(was_training)
        with (self._work / SAMPLES).open("a", encoding="utf-8") as out:
            for case, text in zip(self._prompts, said, strict=True):
                row = {"step": step, "task": case.task, "wanted": case.target, "given": text}
                out.write(json.dumps(row, ensure_ascii=False) + "\n")
        return total / max(1, tokens)
