"""Which datasets and adapters contain a call, for a deletion request (PIPL art. 47; JR/T 0171-2020 §6.1).

Datasets name the origin of every example; adapters' cards and run folders name the datasets by hash, merged weights
name their adapter. The engine's own copies count as much as what they were copied from. Lists, deletes nothing: what is
live must be replaced before it can go.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from seatmate.domain.errors import Misconfigured
from seatmate.serving.merged import MERGED
from seatmate_tune.dataset_folder import CARD, HELD_OUT, TRAIN, read_dataset

KINDS = ("call", "gold")
ASKED_IN = "answer"
"""An answer to what an agent asked during the call: `answer:<conversation>/<answer>` (thumbed.py)."""
RUN = "run.json"
"""What training leaves in a run folder (run_folder.py)."""


@dataclass(frozen=True)
class InDataset:
    """A dataset that has examples of the call."""

    path: str
    sha256: str
    train: int
    held_out: int


@dataclass(frozen=True)
class InModel:
    """An adapter, a copy of one, merged weights or an unfinished run, made of examples of the call."""

    path: str
    datasets: tuple[str, ...]


@dataclass(frozen=True)
class Containing:
    """Everything below the folders that were looked at, and what could not be read there."""

    conversation_id: str
    datasets: tuple[InDataset, ...]
    models: tuple[InModel, ...]
    unreadable: tuple[str, ...]

    def as_json(self) -> str:
        return json.dumps(asdict(self), ensure_ascii=False, indent=1)


def containing(conversation_id: str, datasets: Sequence[Path], models: Sequence[Path]) -> Containing:
    """Look through every dataset below `datasets`; every adapter, run folder and merged model below `models`.

    A dataset whose files are not those of its card is looked through as well, and named: it is there all the same. So
    are merged weights of an adapter whose card is nowhere: nobody knows what they have seen.
    """
    wanted = {f"{kind}:{conversation_id}" for kind in KINDS}
    found: list[InDataset] = []
    unreadable: list[str] = []
    for card in _below(datasets, CARD):
        folder = card.parent
        if not (folder / TRAIN).is_file():
            continue
        try:
            named = str(json.loads(card.read_text(encoding="utf-8"))["sha256"])
            counts = [_count(folder / part, wanted, f"{ASKED_IN}:{conversation_id}/") for part in (TRAIN, HELD_OUT)]
        except (OSError, ValueError, KeyError, TypeError):
            unreadable.append(str(folder))
            continue
        if not _is_whole(folder):
            unreadable.append(str(folder))
        if any(counts):
            found.append(InDataset(str(folder), named, *counts))
    trained_on = {dataset.sha256: dataset for dataset in found if dataset.train}
    seen: dict[str, InModel] = {}
    of_adapter: dict[str, tuple[str, ...]] = {}
    for path in (*_below(models, CARD), *_below(models, RUN)):
        try:
            named_by = {
                str(one["sha256"]): str(one["name"]) for one in _datasets_of(json.loads(path.read_text("utf-8")))
            }
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            unreadable.append(str(path.parent))
            continue
        own = tuple(sorted(named_by[sha256] for sha256 in named_by.keys() & trained_on.keys()))
        # The store keeps an adapter one folder deeper, below the hash of all that it says.
        of_adapter |= dict.fromkeys((path.parent.name, path.parent.parent.name), own)
        if own:
            seen[str(path.parent)] = InModel(str(path.parent), own)
    for path in _below(models, MERGED):
        try:
            own = of_adapter[json.loads(path.read_text("utf-8"))["adapter"]]
        except (OSError, ValueError, KeyError, TypeError):
            unreadable.append(str(path.parent))
            continue
        if own:
            seen[str(path.parent)] = InModel(str(path.parent), own)
    return Containing(conversation_id, tuple(found), tuple(seen.values()), tuple(dict.fromkeys(unreadable)))


def _below(folders: Sequence[Path], name: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted(folder.rglob(name))


def _count(path: Path, wanted: set[str], beginning: str) -> int:
    with path.open(encoding="utf-8") as file:
        origins = [str(json.loads(line)["origin"]) for line in file if line.strip()]
    return sum(origin in wanted or origin.startswith(beginning) for origin in origins)


def _is_whole(folder: Path) -> bool:
    try:
        read_dataset(folder)
    except Misconfigured:
        return False
    return True


def _datasets_of(card: Any) -> list[Any]:
    """Of an adapter's card, its runs' datasets; of a run, its own."""
    runs = [card, *card.get("runs", ())]
    return [dataset for run in runs for dataset in run.get("datasets", ())]
