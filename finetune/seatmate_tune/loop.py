"""The one training loop, of the base and of adapters: bf16 autocast, loss on learned tokens only, resumable.

The same loop runs in one process and in several (team.py). It is looked at what is held out about twenty times a run,
and a checkpoint is written every `save_seconds`.
"""

import logging
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from random import Random
from typing import Any

import torch

from seatmate_tune.guide import Guide
from seatmate_tune.progress import Report, Teller, forget_after
from seatmate_tune.recipe import Optimiser
from seatmate_tune.render import Rendered
from seatmate_tune.team import Team
from seatmate_tune.tensors import elsewhere, learned
from seatmate_tune.watch import Watch

log = logging.getLogger(__name__)
STATE = "state.pt"
LOOKS, APART = 20, 10
"""How often a run looks at what it does not learn from, and the steps between two looks at least: a look costs as much
as several."""


def fit(
    model: Any, body: Any, head: Any, batches: Sequence[list[Rendered]], settings: Optimiser, work: Path,
    save_seconds: int, save: Callable[[], None], watch: Watch, team: Team, guide: Guide | None = None,
) -> dict[str, float]:  # fmt: skip
    """Train over all batches once; continues from `work/state.pt` if it is there, to the bit (one process on a CPU)."""
    optimisers = optimisers_for(model, settings)
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    state, step, before, tokens = work / STATE, 0, 0.0, 0
    losses: list[float] = []
    if state.exists():
        held = torch.load(state, weights_only=False, map_location="cpu")
        model.load_state_dict(held["model"], strict=False)
        for optimiser, saved in zip(optimisers, held["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        step, before, tokens = held["step"], held["seconds"], held["tokens"]
        losses = list(held.get("losses", ()))
        if "random" in held:
            torch.set_rng_state(held["random"])  # dropout draws on where it stopped
        if team.is_first:
            forget_after(work, step)
        log.info("continues at step %d", step)
    model.train()
    started = saved_at = time.monotonic()
    seconds = before
    apart = max(APART, len(batches) // LOOKS)
    with ExitStack() as stack:
        tell = stack.enter_context(Teller(work, len(batches), step)) if team.is_first else None
        for index in range(step, len(batches)):
            share = rate_share(index, len(batches), settings)
            for optimiser in optimisers:
                for group in optimiser.param_groups:
                    group["lr"] = group["peak"] * share
            batch = batches[index]
            losses.append(_step(trained, body, head, batch, optimisers, settings, team, guide))
            tokens += sum(len(row.ids) for row in batch)
            seconds = before + time.monotonic() - started
            if tell is None:
                continue
            last = index + 1 == len(batches)
            tell.step(index + 1, losses[-1])
            looked, looks = None, (index + 1) % apart == 0 or last
            if looks:
                began = time.monotonic()
                looked = watch.look(model, body, head, index + 1)
                started += time.monotonic() - began  # looking is not training
            if (index + 1) % 20 == 0 or looks:
                tell.report(Report(index + 1, len(batches), sum(losses) / len(losses), looked, tokens, seconds))
                losses = []
            if time.monotonic() - saved_at > save_seconds or last:
                progress = {"step": index + 1, "seconds": seconds, "tokens": tokens, "losses": losses}
                _save(state, model, optimisers, progress)
                save()
                saved_at = time.monotonic()
    return {"steps": len(batches), "tokens": tokens, "minutes": round(seconds / 60, 1), "processes": team.size}


def _save(state: Path, model: Any, optimisers: Sequence[Any], progress: dict[str, Any]) -> None:
    """What is trained and nothing else: the frozen weights of a large base are on disk already."""
    part = state.with_suffix(".part")
    held = {
        "model": {name: value.detach() for name, value in model.named_parameters() if value.requires_grad},
        "optimisers": [o.state_dict() for o in optimisers],
        "random": torch.get_rng_state(),
        **progress,
    }
    torch.save(held, part)
    part.replace(state)


def _step(
    trained: Sequence[Any], body: Any, head: Any, batch: list[Rendered], optimisers: Sequence[Any], settings: Optimiser,
    team: Team, guide: Guide | None,
) -> float:  # fmt: skip
    rows, share = team.share(batch)
    looks = guide.looks(rows) if guide else []
    made = learned(rows, body, head, attentions=any(looks), packed=settings.packed)
    loss = torch.nn.functional.cross_entropy(made.logits, made.wanted) * share
    led = loss + guide.weight * elsewhere(made.attentions, looks) * share if guide and any(looks) else loss
    led.backward()
    whole = team.add_up(trained, loss)
    torch.nn.utils.clip_grad_norm_(trained, settings.clip)
    for optimiser in optimisers:
        optimiser.step()
        optimiser.zero_grad()
    return whole


def optimisers_for(model: Any, settings: Optimiser) -> list[Any]:
    """Muon for hidden matrices where the recipe gives it a rate, AdamW for all else."""
    trained = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    matrices = [p for n, p in trained if p.ndim == 2 and "embed" not in n and "lm_head" not in n and settings.muon_lr]
    others = [p for n, p in trained if not any(p is m for m in matrices)]
    made: list[Any] = [torch.optim.AdamW(others, lr=settings.lr, betas=(0.9, 0.95), weight_decay=0.0)]
    made[0].param_groups[0]["peak"] = settings.lr
    if matrices:
        muon = torch.optim.Muon(
            matrices, lr=settings.muon_lr, weight_decay=settings.weight_decay, adjust_lr_fn="match_rms_adamw"
        )
        muon.param_groups[0]["peak"] = settings.muon_lr
        made.append(muon)
    return made


def rate_share(step: int, steps: int, settings: Optimiser) -> float:
    """Linear warm-up, a plateau over the first half, then linear decay to the floor."""
    done = step / max(1, steps)
    if done < settings.warmup:
        return (step + 1) / max(1.0, steps * settings.warmup)
    return 1.0 if done < 0.5 else max(settings.floor, 1 - (1 - settings.floor) * (done - 0.5) / 0.5)


def batch_rng(seed: int) -> Random:
    return Random(f"batches/{seed}")
