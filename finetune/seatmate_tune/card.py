"""Model cards: CARD.md for people, card.json for serving and the release gate. Written from what a run left behind.

A base is one folder trained by several recipes in a row; their steps are listed in order.
"""

import json
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from seatmate.domain.knowledge import BANK_ZONE
from seatmate.serving.registry import file_sha256, write_manifest
from seatmate_tune.corpus import data_hashes
from seatmate_tune.recipe import Adapter, Recipe, load
from seatmate_tune.run_folder import weights_sha256

log = logging.getLogger(__name__)
METRICS = "metrics.json"


def card(recipe: Recipe, earlier: Sequence[Path], folder: Path) -> None:
    """Write both cards, the loss curve and, for a base, the manifest again."""
    runs = [*(load(path) for path in earlier), recipe]
    base = recipe.base if recipe.adapter and recipe.base else folder
    facts: dict[str, Any] = {
        "name": folder.name,
        "created_at": datetime.now(BANK_ZONE).isoformat(timespec="seconds"),
        "base_sha256": weights_sha256(base),
        "tokenizer_sha256": file_sha256(base / "tokenizer.json"),
        "chat_template_sha256": file_sha256(base / "chat_template.jinja"),
        "runs": [_run(run) for run in runs],
        "data_sha256": {name: digest for run in runs for name, digest in data_hashes(run.text).items()},
        "metrics": _read(recipe.work / METRICS),
    }
    curve(runs, folder / "loss.png")
    (folder / "card.json").write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    (folder / "CARD.md").write_text(_page(facts, recipe), encoding="utf-8")
    if recipe.adapter is None:
        write_manifest(folder)
    log.info("wrote %s", folder / "CARD.md")


def _run(recipe: Recipe) -> dict[str, Any]:
    return {"recipe": recipe.name, "recipe_sha256": recipe.sha256, **_read(recipe.work / "totals.json")}


def _read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def curve(runs: Sequence[Recipe], out: Path) -> None:
    """Loss over learned tokens by tokens seen, all runs in a row: in training, and on what is held out."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 3.5))
    before = 0
    for run in runs:
        log_file = run.work / "progress.jsonl"
        if not log_file.exists():
            continue
        rows = [json.loads(line) for line in log_file.read_text(encoding="utf-8").splitlines()]
        line = axes.plot(
            [(before + row["tokens"]) / 1e6 for row in rows], [row["loss"] for row in rows], label=run.name
        )
        looked = [row for row in rows if row.get("held_out_loss") is not None]
        axes.plot(
            [(before + row["tokens"]) / 1e6 for row in looked], [row["held_out_loss"] for row in looked], "o--",
            color=line[0].get_color(), markersize=3, label=f"{run.name}, held out",
        )  # fmt: skip
        before += rows[-1]["tokens"]
    axes.set_xlabel("million tokens seen")
    axes.set_ylabel("loss")
    axes.set_ylim(bottom=0)
    axes.legend()
    figure.tight_layout()
    figure.savefig(out, dpi=80)
    pyplot.close(figure)


def _page(facts: Mapping[str, Any], recipe: Recipe) -> str:
    what = (
        "A LoRA adapter for all of Seatmate's model tasks: grounded answers, call summary, KYC, VOC."
        if recipe.adapter
        else "A small Chinese base model for Seatmate, trained from nothing: Qwen3 architecture, byte-level BPE."
    )
    lines = [
        f"# {facts['name']}", "", what, "",
        f"- made: {facts['created_at']}",
        f"- base model.safetensors sha256: `{facts['base_sha256']}`",
        f"- form: {_lora(recipe.adapter) if recipe.adapter else _shape(recipe)}",
        "- weights: bf16 safetensors; they also work loaded as float32", "",
        "| run | steps | tokens | minutes (2 shared cores) |", "|---|---|---|---|",
        *(f"| {r['recipe']} | {r.get('steps', '')} | {r.get('tokens', '')} | {r.get('minutes', '')} |" for r in facts["runs"]),
        "", "![loss](loss.png)", "",
    ]  # fmt: skip
    metrics: Mapping[str, Mapping[str, float]] = facts["metrics"]
    if metrics:
        columns = list(metrics)
        names = sorted({name for column in columns for name in metrics[column]})
        lines += [f"| metric | {' | '.join(columns)} |", "|---" * (len(columns) + 1) + "|"]
        lines += [f"| {n} | {' | '.join(f'{metrics[c].get(n, 0):.3f}' for c in columns)} |" for n in names]
        lines += ["", _READING, ""]
    own = [dataset for run in facts["runs"] for dataset in run.get("datasets", ())]
    lines += ["## Data", "", f"{_DATA} {_OWN_DATA if own else _NO_CUSTOMER}", ""]
    lines += [f"- dataset `{dataset['name']}` sha256 `{dataset['sha256']}`" for dataset in own]
    lines += [f"- `{name}` sha256 `{digest}`" for name, digest in facts["data_sha256"].items()]
    return "\n".join([*lines, "", "## Limits", "", _LIMITS, ""])


def _lora(adapter: Adapter) -> str:
    return f"LoRA, r={adapter.r}, alpha={adapter.alpha}, all linear layers"


def _shape(recipe: Recipe) -> str:
    s = recipe.shapes
    return f"{s.layers} layers, hidden {s.hidden}, {s.heads} heads ({s.kv_heads} kv), MLP {s.mlp}, vocabulary {s.vocab}, tied"


_READING = (
    "Held-out examples come from the same hand-written generators as the training data, from another seed: names, figures, "
    "layouts and combinations are new, many phrases are not. The numbers say whether the skill was learned, not how a "
    "bank's own calls will fare; the product's suites under eval/ say more. `answer.other_figure` and `answer.other_line` count "
    "the answers that are not the prompt's first figure or first line: where they are near nothing while `first_*` is high, "
    "the model answers by habit («F1», [1]) and does not select yet. Decoding was greedy and without a grammar."
)
_DATA = (
    "Public text (news, laws, dialogues; see ../shared/data/README.md for sources and licences) and synthetic banking "
    "examples by the generators in seatmate_tune, of fictional banks."
)
_NO_CUSTOMER = "No customer data, no text of the sample bank."
_OWN_DATA = (
    "And the bank's own records, masked: the datasets below, each with a card of its own. `seatmate-tune deletion` says "
    "whether a call is in them; an adapter that learned from them stays inside the bank."
)
_LIMITS = (
    "A model of this size selects; it does not reason and has no knowledge to speak of. Its output is used only after the "
    "platform's checks (citations, figures, evidence). Prompts beyond the lengths in the recipes were not trained. Replace "
    "it by a model that the bank owns where one is served."
)
