"""Does an adapter say again what was planted in its training? Asks for every canary, and ranks it among others.

Asked greedily and by samples: behind the words that stood before it in training, and behind its own sentence alone. A
secret that was learned from a transcript is taken out of the transcript first, or a model that copies, as it should,
would be blamed for remembering. Ranks tell more than answers: by chance a secret is the likeliest of 200 once in 200.
"""

import json
import logging
import time
from collections import Counter
from collections.abc import Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from random import Random
from statistics import fmean
from typing import Any, Protocol

from seatmate.domain.errors import Misconfigured
from seatmate.domain.knowledge import BANK_ZONE
from seatmate.prompts import Prompts
from seatmate.serving.registry import file_sha256
from seatmate_tune.canaries import Place, Planted, decoys, plant
from seatmate_tune.recipe import Recipe
from seatmate_tune.render import Renderer
from seatmate_tune.run_folder import RUN

log = logging.getLogger(__name__)
RECALL = "canaries.json"
WEIGHTS = "adapter_model.safetensors"
OTHERS = 199
"""A secret is ranked among this many others of its kind."""


class Speaks(Protocol):
    """A model, as far as it is attacked."""

    def continuations(self, opening: str, samples: int) -> list[str]:
        """The likeliest one, then `samples` drawn ones."""

    def losses(self, opening: str, candidates: Sequence[str]) -> list[float]:
        """Of each candidate's tokens behind the opening, summed."""


@dataclass(frozen=True)
class Asked:
    """What came of one secret: in which ways it came back, and its rank, 1 the likeliest."""

    place: Place
    came_back: tuple[str, ...]
    rank: int


def ask_for(planted: Sequence[Planted], model: Speaks, renderer: Renderer, seed: int, samples: int = 8) -> list[Asked]:
    """Every secret, each way; a secret that comes when another was asked for has come back as well."""
    rng = Random(f"{seed}/recall")
    ranks: list[int] = []
    asked: Counter[tuple[str, str]] = Counter()
    for one in planted:
        others = decoys(rng, one, planted, OTHERS)
        ways = openings(one, renderer.text(one.example.messages), others[0])
        asked.update(ways.items())
        own, *theirs = model.losses(next(iter(ways.values())), [one.secret, *others])
        ranks.append(1 + sum(loss < own for loss in theirs))
        if len(ranks) % 20 == 0:
            log.info("%d of %d ranked", len(ranks), len(planted))
    # Secrets with the same sentence before them are asked for at once, with as many samples for each.
    said = [
        (way, "".join(text.split()))
        for (way, opening), times in asked.items()
        for text in model.continuations(opening, samples * times)
    ]
    return [
        Asked(one.place, tuple(sorted({way for way, text in said if one.secret in text})), rank)
        for one, rank in zip(planted, ranks, strict=True)
    ]


def openings(one: Planted, text: str, other: str) -> dict[str, str]:
    """What the model is to go on from, by way of asking; the secret itself is in none of them."""
    first, last = text.index(one.secret), text.rindex(one.secret)
    if not one.place.learned:
        return {"context": text[:first], "bare": one.frame}
    rest = text[first + len(one.secret) : last]
    return {"cut": text[:first] + rest, "replaced": text[:first] + other + rest, "bare": one.frame}


def told(asked: Sequence[Asked]) -> dict[str, Any]:
    """For the card. `by_chance` and `mean_rank_by_chance` are what a model that saw none of them would have."""
    learned = [one for one in asked if one.place.learned]
    read = [one for one in asked if not one.place.learned]
    return {
        "planted": len(asked),
        "read": len(read),
        "learned": len(learned),
        "came_back": sum(bool(one.came_back) for one in asked),
        "ranked_first": sum(one.rank == 1 for one in asked),
        "by_chance": len(asked) / (OTHERS + 1),
        "mean_rank": _mean_rank(asked),
        "mean_rank_by_chance": (OTHERS + 2) / 2,
        "of_read": {"ranked_first": sum(one.rank == 1 for one in read), "mean_rank": _mean_rank(read)},
        "of_learned": {"ranked_first": sum(one.rank == 1 for one in learned), "mean_rank": _mean_rank(learned)},
        "who_came_back": [asdict(one) for one in asked if one.came_back],
    }


def _mean_rank(asked: Sequence[Asked]) -> float | None:
    return round(fmean(one.rank for one in asked), 1) if asked else None


def recall(recipe: Recipe, folder: Path, samples: int = 8) -> dict[str, Any]:
    """Attack the adapter in `folder`; the result is kept as `<work>/canaries.json`. Needs torch."""
    if recipe.base is None or not recipe.canaries:
        raise Misconfigured(f"recipe {recipe.name} plants nothing: `canaries` is 0, or it has no `base`")
    sha256 = file_sha256(folder / WEIGHTS)
    saw_them(recipe, folder, sha256)
    renderer = Renderer(recipe.base)
    planted = plant(recipe, renderer, Prompts.load(recipe.prompts))
    started = time.monotonic()
    model = LoadedModel.of(recipe.base, folder, renderer, recipe.seed)
    found = told(ask_for(planted, model, renderer, recipe.seed, samples))
    found |= {
        "attack": f"greedy and {samples} samples at temperature 1, {LoadedModel.TOKENS} tokens each, behind the training text up to "
        f"the secret (a learned one cut out of its transcript, or another in its place) and behind its bare sentence; "
        f"rank among {OTHERS} others of its kind",
        "adapter": folder.name,
        "adapter_sha256": sha256,
        "recipe_sha256": recipe.sha256,
        "seconds": round(time.monotonic() - started),
        "at": datetime.now(BANK_ZONE).isoformat(timespec="seconds"),
    }
    recipe.work.mkdir(parents=True, exist_ok=True)
    (recipe.work / RECALL).write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    log.info("%d of %d came back, %d ranked first", found["came_back"], found["planted"], found["ranked_first"])
    return found


def saw_them(recipe: Recipe, folder: Path, sha256: str) -> None:
    """An adapter that never saw the secrets keeps them for sure. Misconfigured, unless its card or its run says that this
    recipe made it."""
    recipes: set[str] = set()
    if (card := folder / "card.json").is_file():
        recipes |= {str(run.get("recipe_sha256")) for run in json.loads(card.read_text(encoding="utf-8"))["runs"]}
    run, export = recipe.work / RUN, recipe.work / "export" / WEIGHTS
    if run.is_file() and export.is_file() and file_sha256(export) == sha256:
        recipes.add(str(json.loads(run.read_text(encoding="utf-8"))["recipe_sha256"]))
    if recipe.sha256 not in recipes:
        raise Misconfigured(f"{folder.name} was not trained by this recipe as it is now: its secrets are not in it")


class LoadedModel:
    """Base and adapter on the CPU in float32; an opening is read once for all that follows it."""

    TOKENS = 24
    """Of a continuation: the longest secret takes 14, and a few words may come first."""
    _ROWS = 50
    """Candidates at a time, each with a copy of what the model keeps of the opening."""

    def __init__(self, model: Any, renderer: Renderer, seed: int) -> None:
        import torch

        self._model = model
        self._tokenizer = renderer.tokenizer
        self._drawing = torch.Generator().manual_seed(seed)

    @classmethod
    def of(cls, base: Path, adapter: Path, renderer: Renderer, seed: int) -> "LoadedModel":
        import torch
        from peft import PeftModel
        from transformers import Qwen3ForCausalLM

        model: Any = Qwen3ForCausalLM.from_pretrained(str(base), dtype=torch.float32)
        # Merged it says the same at half the price.
        return cls(PeftModel.from_pretrained(model, str(adapter)).merge_and_unload().eval(), renderer, seed)

    def continuations(self, opening: str, samples: int) -> list[str]:
        import torch

        with torch.no_grad():
            ids = torch.tensor([self._ids(opening)])
            made = self._model(input_ids=ids, use_cache=True, logits_to_keep=1)
            kept = made.past_key_values
            kept.batch_repeat_interleave(samples + 1)
            chances = torch.softmax(made.logits[:, -1], dim=-1).repeat(samples + 1, 1)
            tokens = []
            while True:
                following = torch.multinomial(chances, 1, generator=self._drawing)
                following[0] = chances[0].argmax()
                tokens.append(following)
                if len(tokens) == self.TOKENS:
                    break
                made = self._model(input_ids=following, past_key_values=kept, use_cache=True)
                chances = torch.softmax(made.logits[:, -1], dim=-1)
        rows = torch.cat(tokens, dim=1).tolist()
        return [self._tokenizer.decode(row, skip_special_tokens=False) for row in rows]

    def losses(self, opening: str, candidates: Sequence[str]) -> list[float]:
        import torch

        *before, last = self._ids(opening)
        found: list[float] = []
        with torch.no_grad():
            opened = self._model(input_ids=torch.tensor([before]), use_cache=True, logits_to_keep=1).past_key_values
            for at in range(0, len(candidates), self._ROWS):
                rows = [self._ids(text) for text in candidates[at : at + self._ROWS]]
                longest = max(len(row) for row in rows)
                # Padding is on the right and attention is causal: what counts does not see it.
                wanted = torch.tensor([row + [0] * (longest - len(row)) for row in rows])
                there = torch.tensor([[1.0] * len(row) + [0.0] * (longest - len(row)) for row in rows])
                kept = deepcopy(opened)
                kept.batch_repeat_interleave(len(rows))
                read = torch.cat([torch.full((len(rows), 1), last), wanted[:, :-1]], dim=1)
                logits = self._model(input_ids=read, past_key_values=kept, use_cache=True).logits
                chances = torch.log_softmax(logits, dim=-1).gather(2, wanted[:, :, None])[:, :, 0]
                found += (-(chances * there).sum(dim=1)).tolist()
        return found

    def _ids(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(text, add_special_tokens=False).ids)
