"""The one training loop, of the base and of adapters: bf16 autocast, loss on learned tokens only, resumable.

Progress is one JSON line per report in `progress.jsonl`, with the loss on held-out examples twenty times a run; a
checkpoint is written every `save_seconds`.
"""

import json
import logging
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from random import Random
from typing import Any

import torch

from seatmate_tune.recipe import Optimiser
from seatmate_tune.render import Rendered
from seatmate_tune.tensors import learned
from seatmate_tune.watch import SAMPLES, Watch

log = logging.getLogger(__name__)
STATE, PROGRESS = "state.pt", "progress.jsonl"
LOOKS = 20
"""How often a run looks at what it does not learn from."""


def fit(
    model: Any, body: Any, head: Any, batches: Sequence[list[Rendered]], settings: Optimiser, work: Path,
    save_seconds: int, save: Callable[[], None], watch: Watch,
) -> dict[str, float]:  # fmt: skip
    """Train over all batches once; continues from `work/state.pt` if it is there, to the bit (on a CPU)."""
    optimisers = optimisers_for(model, settings)
    state, step, seconds, tokens = work / STATE, 0, 0.0, 0
    losses: list[float] = []
    if state.exists():
        held = torch.load(state, weights_only=False, map_location="cpu")
        model.load_state_dict(held["model"], strict=False)
        for optimiser, saved in zip(optimisers, held["optimisers"], strict=True):
            optimiser.load_state_dict(saved)
        step, seconds, tokens = held["step"], held["seconds"], held["tokens"]
        losses = list(held.get("losses", ()))
        if "random" in held:
            torch.set_rng_state(held["random"])  # dropout draws on where it stopped
        _forget_reports_after(work, step)
        log.info("continues at step %d", step)
    model.train()
    started = saved_at = time.monotonic()
    before = seconds
    looks = max(1, len(batches) // LOOKS)
    for index in range(step, len(batches)):
        share = rate_share(index, len(batches), settings)
        for optimiser in optimisers:
            for group in optimiser.param_groups:
                group["lr"] = group["peak"] * share
        losses.append(_step(model, body, head, batches[index], optimisers, settings.clip))
        tokens += sum(len(row.ids) for row in batches[index])
        seconds = before + time.monotonic() - started
        last = index + 1 == len(batches)
        looked = watch.look(model, body, head, index + 1) if (index + 1) % looks == 0 or last else None
        if (index + 1) % 20 == 0 or last or looked is not None:
            _report(work, index + 1, len(batches), sum(losses) / len(losses), looked, tokens, seconds)
            losses = []
        if time.monotonic() - saved_at > save_seconds or last:
            progress = {"step": index + 1, "seconds": seconds, "tokens": tokens, "losses": losses}
            _save(state, model, optimisers, progress)
            save()
            saved_at = time.monotonic()
    return {"steps": len(batches), "tokens": tokens, "minutes": round(seconds / 60, 1)}


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


def _forget_reports_after(work: Path, step: int) -> None:
    """Steps that are done again are reported again; a line that was cut off by a kill is forgotten, too."""
    for reports in (path for name in (PROGRESS, SAMPLES) if (path := work / name).exists()):
        lines = [line for line in reports.read_text(encoding="utf-8").splitlines() if line.endswith("}")]
        kept = [line for line in lines if json.loads(line)["step"] <= step]
        reports.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")


def _step(model: Any, body: Any, head: Any, batch: list[Rendered], optimisers: Sequence[Any], clip: float) -> float:
    made = learned(batch, body, head)
    loss = torch.nn.functional.cross_entropy(made.logits, made.wanted)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), clip)
    for optimiser in optimisers:
        optimiser.step()
        optimiser.zero_grad()
    return float(loss.detach())


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


def in_order(stages: Sequence[Sequence[list[Rendered]]]) -> list[list[Rendered]]:
    return [batch for stage in stages for batch in stage]


def batch_rng(seed: int) -> Random:
    return Random(f"batches/{seed}")


def _report(
    work: Path, step: int, steps: int, loss: float, held_out: float | None, tokens: int, seconds: float
) -> None:
    speed = round(tokens / max(seconds, 1e-9))
    row = {
        "step": step,
        "steps": steps,
        "loss": round(loss, 4),
        "held_out_loss": None if held_out is None else round(held_out, 4),
        "tokens": tokens,
        "seconds": round(seconds, 1),
        "tokens_per_second": speed,
    }
    with (work / PROGRESS).open("a", encoding="utf-8") as out:
        out.write(json.dumps(row) + "\n")
    log.info("%s", row)
