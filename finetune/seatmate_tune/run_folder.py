"""What a run leaves of itself before its first step: recipe, data, code and environment, each by hash, in `run.json`.

A run that was killed goes on only as the run that it was: another recipe, other data, other prompts in the same folder
are refused, or the adapter would be of neither. Metrics are `progress.jsonl`, the plot is `loss.png`.
"""

import hashlib
import json
import os
import platform
import sys
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from importlib import metadata
from pathlib import Path
from typing import Any

import seatmate
import seatmate_tune
from seatmate.domain.knowledge import BANK_ZONE
from seatmate.serving.registry import file_sha256
from seatmate_tune.corpus import data_hashes
from seatmate_tune.recipe import Recipe
from seatmate_tune.refusals import Fault, Why
from seatmate_tune.render import Rendered

RUN = "run.json"
_STATE = "state.pt"
_PACKAGES = (
    "torch",
    "transformers",
    "peft",
    "accelerate",
    "datasets",
    "tokenizers",
    "safetensors",
    "numpy",
    "pydantic",
    "jinja2",
)
_SAME = ("recipe_sha256", "rendered_sha256", "base_sha256", "template_sha256", "datasets")
"""What must be as it was for a run to go on."""


def facts_of(
    recipe: Recipe, base: Path, rows: Iterable[Rendered], prompts_sha256: str, datasets: Sequence[dict[str, str]] = ()
) -> dict[str, Any]:
    """A run's birth certificate. `rendered_sha256` is of the very token ids and masks that are trained."""
    return {
        "recipe": recipe.model_dump(mode="json"),
        "recipe_sha256": recipe.sha256,
        "rendered_sha256": rendered_sha256(rows),
        "datasets": list(datasets),
        "text_sha256": data_hashes(recipe.text),
        "prompts_sha256": prompts_sha256,
        "base_sha256": weights_sha256(base),
        "tokenizer_sha256": _hash_if_there(base / "tokenizer.json"),
        "template_sha256": _hash_if_there(base / "chat_template.jinja"),
        "code_sha256": code_sha256(),
        "environment": environment(),
        "command": sys.argv,
        "started_at": datetime.now(BANK_ZONE).isoformat(timespec="seconds"),
    }


def resume_faults(work: Path, facts: dict[str, Any]) -> Iterator[Fault]:
    """A checkpoint of another run, or one that nobody knows the run of."""
    if not (work / _STATE).exists():
        return
    if not (work / RUN).exists():
        return  # a run of before run.json was kept
    before = json.loads((work / RUN).read_text(encoding="utf-8"))
    for name in _SAME:
        if before.get(name) != facts[name]:
            yield Fault(Why.OTHER_RUN, f"{work / _STATE} was trained with another {name}; delete {work} to start anew")


def keep_facts(work: Path, facts: dict[str, Any]) -> None:
    """Written once; each later start of the same run adds when, and with what code and environment."""
    work.mkdir(parents=True, exist_ok=True)
    path = work / RUN
    if path.exists() and (work / _STATE).exists():
        kept = json.loads(path.read_text(encoding="utf-8"))
        now = {key: facts[key] for key in ("started_at", "code_sha256", "environment", "command")}
        facts = kept | {"resumed": [*kept.get("resumed", ()), now]}
    part = path.with_suffix(".part")
    part.write_text(json.dumps(facts, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    part.replace(path)


def rendered_sha256(rows: Iterable[Rendered]) -> str:
    """Of token ids and masks, in the order of training: it sees what a hash of files cannot, as an edited template."""
    digest = hashlib.sha256()
    for row in rows:
        digest.update(json.dumps([row.ids, row.mask], separators=(",", ":")).encode())
    return digest.hexdigest()


def code_sha256() -> str:
    """Of every Python file of the platform and of training: a checkout without git has a version, too."""
    digest = hashlib.sha256()
    for package in (seatmate, seatmate_tune):
        root = Path(str(package.__file__)).parent
        for path in sorted(root.rglob("*.py")):
            digest.update(f"{path.relative_to(root.parent)}\n{file_sha256(path)}\n".encode())
    return digest.hexdigest()


def environment() -> dict[str, Any]:
    found = {name: version for name in _PACKAGES if (version := _version(name))}
    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "system": platform.system(),
        "cores": os.cpu_count(),
        "threads": os.environ.get("OMP_NUM_THREADS", ""),
        "packages": found,
    }


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def weights_sha256(base: Path) -> str:
    """Of a model's one file of weights, or of the list of its parts; empty where there are none."""
    parts = sorted(base.glob("model*.safetensors"))
    if len(parts) <= 1:
        return file_sha256(parts[0]) if parts else ""
    return hashlib.sha256("".join(f"{file_sha256(part)}  {part.name}\n" for part in parts).encode()).hexdigest()


def _hash_if_there(path: Path) -> str:
    return file_sha256(path) if path.is_file() else ""
