"""Model cards: CARD.md for people, card.json for serving and the release gate. Written from what a run left behind.

A base is one folder trained by several recipes in a row; their steps are listed in order. Work folders go, cards stay:
what an earlier run left is taken from the card that lies in the folder, with a thinned loss curve for each run.
"""

import json
import logging
import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from statistics import fmean
from typing import Any

from seatmate.domain.errors import Misconfigured
from seatmate.domain.knowledge import BANK_ZONE
from seatmate.serving.registry import file_sha256, write_manifest
from seatmate_tune import on_suites
from seatmate_tune.corpus import data_hashes
from seatmate_tune.evaluate import METRICS
from seatmate_tune.recipe import Adapter, Recipe, load
from seatmate_tune.run_folder import RUN, weights_sha256

log = logging.getLogger(__name__)
CARD, PICTURE, EARLIER = "card.json", "loss.png", "loss-earlier.png"
TOTALS, PROGRESS, CANARIES = "totals.json", "progress.jsonl", "canaries.json"
_POINTS = 80
"""Of a run's curve in its card."""


def card(recipe: Recipe, earlier: Sequence[Path], folder: Path, compared: Sequence[str] = ()) -> None:
    """Write both cards, the loss curve and, for a base, the manifest again. `compared`: see on_suites."""
    before = _read(folder / CARD)
    base = recipe.base if recipe.adapter and recipe.base else folder
    if recipe.adapter is None and compared:
        raise Misconfigured("--compared is for an adapter's card")
    sha256 = weights_sha256(base)
    same_weights = before.get("name") == folder.name and before.get("base_sha256") == sha256
    if recipe.adapter and before.get("name") == folder.name and not same_weights:
        raise Misconfigured(f"{folder.name} was trained on another base than {base} is now: train it again")
    named = [*(load(path) for path in earlier), recipe]
    kept = _kept(before, recipe, named, folder)
    measured = _measured(recipe, folder)
    if compared:
        measured["suites"] = on_suites.facts_of(on_suites.read_comparisons(compared, folder.name, base.name))
    facts: dict[str, Any] = {
        "name": folder.name,
        # The newest adapter is served: one whose card is written again is not newer for it.
        "created_at": before["created_at"] if same_weights else datetime.now(BANK_ZONE).isoformat(timespec="seconds"),
        "base_sha256": sha256,
        "tokenizer_sha256": file_sha256(base / "tokenizer.json"),
        "chat_template_sha256": file_sha256(base / "chat_template.jinja"),
        "runs": [*kept, *(_run(run, before) for run in named)],
        "data_sha256": _data(before, named, bool(kept) or same_weights),
        **{part: measured.get(part) or (before.get(part, {}) if same_weights else {}) for part in _MEASURED},
    }
    _picture(facts["runs"], folder)
    (folder / CARD).write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    (folder / "CARD.md").write_text(_page(facts, recipe, (folder / EARLIER).exists()), encoding="utf-8")
    if recipe.adapter is None:
        write_manifest(folder)
    log.info("wrote %s", folder / "CARD.md")


_MEASURED = ("metrics", "own_metrics", "suites", "canaries")
"""What is measured of weights: it stays true of them when the card is written again elsewhere."""


def _measured(recipe: Recipe, folder: Path) -> dict[str, Any]:
    """What `evaluate` and `canaries` found, of these very weights."""
    found: dict[str, Any] = {}
    evaluated = _read(recipe.work / METRICS)
    if evaluated and evaluated.get("adapter") == (folder.name if recipe.adapter else ""):
        found = {"metrics": evaluated["generated"], "own_metrics": evaluated["own"]}
    canaries = _read(recipe.work / CANARIES)
    if canaries and canaries.get("adapter", folder.name) == folder.name:
        found["canaries"] = canaries
    return found


def _kept(before: Mapping[str, Any], recipe: Recipe, named: Sequence[Recipe], folder: Path) -> list[dict[str, Any]]:
    """Rows of runs that nobody names: a base that goes on from itself has them behind it all the same."""
    first = named[0].base
    if recipe.adapter or first is None or first.resolve() != folder.resolve():
        return []
    names = {run.name for run in named}
    return [row for row in before.get("runs", ()) if row["recipe"] not in names]


def _run(recipe: Recipe, before: Mapping[str, Any]) -> dict[str, Any]:
    """From the work folder; where it is gone, from the card of before."""
    totals = _read(recipe.work / TOTALS)
    if not totals:
        known = next((row for row in before.get("runs", ()) if row["recipe"] == recipe.name), None)
        return dict(known) if known else {"recipe": recipe.name, "recipe_sha256": recipe.sha256}
    sha256 = _read(recipe.work / RUN).get("recipe_sha256", recipe.sha256)
    cores = _read(recipe.work / RUN).get("environment", {}).get("cores")
    machine = "GPU" if recipe.hardware.device == "cuda" else f"{cores} shared cores" if cores else ""
    curve = points(recipe.work / PROGRESS)
    return {"recipe": recipe.name, "recipe_sha256": sha256, **totals, "machine": machine, "curve": curve}


def _data(before: Mapping[str, Any], runs: Sequence[Recipe], goes_on: bool) -> dict[str, str]:
    """What was read, by a run's own word where it left one: the files of today may be others."""
    told = {row["recipe"] for row in before.get("runs", ())}
    gone = {run.name for run in runs if not (run.work / TOTALS).exists()} & told
    found: dict[str, str] = dict(before.get("data_sha256", {})) if goes_on or gone else {}
    for run in runs:
        if run.name not in gone:
            found |= _read(run.work / RUN).get("text_sha256") or data_hashes(run.text)
    return found


def _read(path: Path) -> dict[str, Any]:
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def points(progress: Path) -> list[list[float | None]]:
    """[tokens, loss, held-out loss or None], thinned; none of a run whose reports are gone."""
    if not progress.exists():
        return []
    rows = [json.loads(line) for line in progress.read_text(encoding="utf-8").splitlines()]
    width = -(-len(rows) // _POINTS)
    groups = (rows[at : at + width] for at in range(0, len(rows), max(1, width)))
    return [
        [
            group[-1]["tokens"],
            round(fmean(row["loss"] for row in group), 4),
            next((row["held_out_loss"] for row in reversed(group) if row.get("held_out_loss") is not None), None),
        ]
        for group in groups
    ]


def curve(runs: Sequence[Recipe], out: Path) -> None:
    """Loss over learned tokens by tokens seen, all runs in a row: in training, and on what is held out."""
    _draw([{"recipe": run.name, "curve": points(run.work / PROGRESS)} for run in runs], out)


def _picture(runs: Sequence[Mapping[str, Any]], folder: Path) -> None:
    """Of all runs whose points are there. The picture of those whose points nobody kept stays beside it."""
    lost = [run for run in runs if not run.get("curve")]
    if len(lost) == len(runs):
        return  # nothing to draw: the picture that is there stays
    if lost and (folder / PICTURE).exists() and not (folder / EARLIER).exists():
        shutil.copyfile(folder / PICTURE, folder / EARLIER)
    if find_spec("matplotlib"):
        _draw(runs, folder / PICTURE)
    else:
        log.warning("no matplotlib here: %s is not drawn", folder / PICTURE)


def _draw(runs: Sequence[Mapping[str, Any]], out: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 3.5))
    before = 0
    for run in runs:
        rows = run.get("curve") or []
        if not rows:
            before += run.get("tokens", 0)
            continue
        line = axes.plot([(before + row[0]) / 1e6 for row in rows], [row[1] for row in rows], label=run["recipe"])
        looked = [row for row in rows if row[2] is not None]
        axes.plot(
            [(before + row[0]) / 1e6 for row in looked], [row[2] for row in looked], "o--",
            color=line[0].get_color(), markersize=3, label=f"{run['recipe']}, held out",
        )  # fmt: skip
        before += rows[-1][0]
    axes.set_xlabel("million tokens seen")
    axes.set_ylabel("loss")
    axes.set_ylim(bottom=0)
    axes.legend(fontsize="small")
    figure.tight_layout()
    figure.savefig(out, dpi=80)
    pyplot.close(figure)


def _page(facts: Mapping[str, Any], recipe: Recipe, has_earlier_picture: bool) -> str:
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
        "| run | steps | tokens | minutes | on | loss | held out |", "|---|---|---|---|---|---|---|",
        *(_row(run) for run in facts["runs"]), "",
    ]  # fmt: skip
    lines += _pictures(facts["runs"], has_earlier_picture)
    lines += _generated(facts["metrics"])
    for name, table in facts["own_metrics"].items():
        told = ", ".join(f"{count} {task}" for task, count in table["examples"].items())
        lines += [f"Held out of dataset `{name}` ({told}):", "", *_table(table["scores"])]
    lines += on_suites.page(facts["suites"])
    lines += _planted(facts["canaries"])
    own = [dataset for run in facts["runs"] for dataset in run.get("datasets", ())]
    lines += ["## Data", "", f"{_DATA} {_OWN_DATA if own else _NO_CUSTOMER}", ""]
    lines += [f"- dataset `{dataset['name']}` sha256 `{dataset['sha256']}`" for dataset in own]
    lines += [f"- `{name}` sha256 `{digest}`" for name, digest in facts["data_sha256"].items()]
    return "\n".join([*lines, "", "## Limits", "", _LIMITS, ""])


def _row(run: Mapping[str, Any]) -> str:
    """The columns of a run, with its losses at the end; a run of before curves were kept has none."""
    rows = run.get("curve") or [[None, None, None]]
    held_out = next((row[2] for row in reversed(rows) if row[2] is not None), None)
    cells = [run.get(key, "") for key in ("steps", "tokens", "minutes")]
    cells += [run.get("machine", "2 shared cores"), *("" if v is None else f"{v:.3f}" for v in (rows[-1][1], held_out))]
    return f"| {run['recipe']} | {' | '.join(str(cell) for cell in cells)} |"


def _pictures(runs: Sequence[Mapping[str, Any]], has_earlier: bool) -> list[str]:
    lines = ["![loss](loss.png)", ""]
    if has_earlier:
        lost = ", ".join(str(run["recipe"]) for run in runs if not run.get("curve"))
        lines += [f"Earlier runs, whose reports are gone ({lost}):", "", f"![loss, earlier]({EARLIER})", ""]
    return lines


def _generated(metrics: Mapping[str, Mapping[str, float]]) -> list[str]:
    return [*_table(metrics), _READING, ""] if metrics else []


def _table(scores: Mapping[str, Mapping[str, float]]) -> list[str]:
    """Metrics by row, models by column; what one of them has no score in is not zero."""
    names = sorted({name for column in scores.values() for name in column})
    lines = [f"| metric | {' | '.join(scores)} |", "|---" * (len(scores) + 1) + "|"]
    for name in names:
        cells = [f"{column[name]:.3f}" if name in column else "–" for column in scores.values()]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return [*lines, ""]


def _planted(found: Mapping[str, Any]) -> list[str]:
    if not found:
        return []
    by_chance = f" ({found['mean_rank_by_chance']} by chance)" if "mean_rank_by_chance" in found else ""
    told = (
        f"{found['planted']} secrets were planted in the training rows, {found['read']} where the model only reads and "
        f"{found['learned']} in what it learns to write. **{found['came_back']} came back.** "
        f"{found['ranked_first']} ranked first among others of their kind, {found['by_chance']:g} by chance; mean rank "
        f"{found['mean_rank']}{by_chance}. Asked: {found['attack']}."
    )
    return ["## Planted secrets", "", told, ""]


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
