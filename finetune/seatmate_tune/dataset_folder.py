"""A dataset on disk, `<out>/<name>@<sha12>`: two JSONL files, what was left out and why, and a card. Never changed.

    train.jsonl, held_out.jsonl    {"task", "origin", "source", "messages": [{"role", "content"}]}
    left_out.jsonl                 {"origin", "task", "reason", "detail"}
    card.json, CARD.md             what it is, for programs and for people

The digest is that of both files of examples. Customers' ids are not written: origins are, so that a deletion finds them.
"""

import hashlib
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from seatmate.domain.errors import Misconfigured
from seatmate.serving.registry import file_sha256
from seatmate_tune.build import Built
from seatmate_tune.draft import Draft, Reason, example_of, row_of
from seatmate_tune.example import Example

TRAIN, HELD_OUT, LEFT_OUT, CARD = "train.jsonl", "held_out.jsonl", "left_out.jsonl", "card.json"


@dataclass(frozen=True)
class DatasetFolder:
    """One that was read, its files found to be those of its card."""

    path: Path
    sha256: str
    card: Mapping[str, Any]

    def rows(self, part: str) -> Iterator[dict[str, object]]:
        with (self.path / part).open(encoding="utf-8") as file:
            yield from (json.loads(line) for line in file if line.strip())

    def examples(self, part: str) -> list[Example]:
        return [example_of(row) for row in self.rows(part)]


def write_dataset(built: Built, at: datetime) -> Path:
    """Returns the folder; the same examples again are the same folder. Misconfigured if nothing is left to train on."""
    if not built.train:
        counts = Counter(out.reason.value for out in built.left_out)
        raise Misconfigured(f"no example to train on is left; left out: {dict(counts.most_common())}")
    built.recipe.out.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=".part-", dir=built.recipe.out))
    try:
        _write(made / TRAIN, [row_of(draft) for draft in built.train])
        _write(made / HELD_OUT, [row_of(draft) for draft in built.held_out])
        left = ((out.origin, out.task, out.reason.value, out.detail) for out in built.left_out)
        _write(made / LEFT_OUT, [dict(zip(("origin", "task", "reason", "detail"), one, strict=True)) for one in left])
        sha256 = digest_of(made)
        card = _card(built, sha256, at)
        (made / CARD).write_text(json.dumps(card, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        (made / "CARD.md").write_text(_page(card), encoding="utf-8")
        folder = built.recipe.out / str(card["name"])
        if folder.exists():
            shutil.rmtree(made)
        else:
            made.chmod(0o755)
            made.rename(folder)
        return folder
    finally:
        shutil.rmtree(made, ignore_errors=True)


def read_dataset(folder: Path) -> DatasetFolder:
    """Misconfigured for a folder whose examples are not those that its card and its name speak of."""
    try:
        card = json.loads((folder / CARD).read_text(encoding="utf-8"))
        sha256 = digest_of(folder)
    except (OSError, ValueError) as error:
        raise Misconfigured(f"{folder} is no dataset of `seatmate-tune data`: {error}") from error
    if card.get("sha256") != sha256 or not folder.resolve().name.endswith(f"@{sha256[:12]}"):
        raise Misconfigured(f"{folder}: its examples are not those of its card; build it again")
    return DatasetFolder(folder, sha256, card)


def _write(path: Path, rows: Sequence[Mapping[str, object]]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def digest_of(folder: Path) -> str:
    return hashlib.sha256(f"{file_sha256(folder / TRAIN)}\n{file_sha256(folder / HELD_OUT)}\n".encode()).hexdigest()


def _card(built: Built, sha256: str, at: datetime) -> dict[str, Any]:
    recipe = built.recipe
    return {
        "name": f"{recipe.name}@{sha256[:12]}",
        "sha256": sha256,
        "built_at": at.isoformat(timespec="seconds"),
        "purpose": recipe.purpose,
        "licence": recipe.licence,
        "period": [recipe.begin.isoformat(), recipe.end.isoformat()],
        "examples": {TRAIN: _counts(built.train), HELD_OUT: _counts(built.held_out)},
        "origins": {part: _origins(drafts) for part, drafts in ((TRAIN, built.train), (HELD_OUT, built.held_out))},
        "left_out": dict(Counter(out.reason.value for out in built.left_out).most_common()),
        "rules": {
            "held_out": recipe.held_out,
            "near_duplicate_jaccard": recipe.near,
            "set_phrase_customers": recipe.set_phrase_customers,
            "shares": dict(recipe.tasks),
            "over": recipe.over,
        },
        "recipe_sha256": recipe.sha256,
        "prompts_sha256": built.prompts_sha256,
        "catalogue_sha256": built.catalogue_sha256,
        "suites_sha256": built.suites_sha256,
    }


def _counts(drafts: Sequence[Draft]) -> dict[str, dict[str, int]]:
    """By task, by source."""
    found: dict[str, dict[str, int]] = {}
    for draft in drafts:
        by_source = found.setdefault(draft.example.task, {})
        by_source[draft.source.value] = by_source.get(draft.source.value, 0) + 1
    return {task: dict(sorted(found[task].items())) for task in sorted(found)}


def _origins(drafts: Sequence[Draft]) -> dict[str, int]:
    kinds = {draft.origin.key: draft.origin.kind for draft in drafts}
    return {"customers": len({draft.origin.customer for draft in drafts}), **Counter(kinds.values())}


def _page(card: Mapping[str, Any]) -> str:
    rows = [
        f"| {task} | {source} | {card['examples'][TRAIN].get(task, {}).get(source, 0)} "
        f"| {card['examples'][HELD_OUT].get(task, {}).get(source, 0)} |"
        for task in sorted({*card["examples"][TRAIN], *card["examples"][HELD_OUT]})
        for source in sorted({*card["examples"][TRAIN].get(task, {}), *card["examples"][HELD_OUT].get(task, {})})
    ]
    left = [f"| {reason} | {count} | {Reason(reason).meaning} |" for reason, count in card["left_out"].items()]
    lines = [
        f"# {card['name']}", "", card["purpose"], "",
        f"- built: {card['built_at']}, of calls from {card['period'][0]} until {card['period'][1]}",
        f"- licence: {card['licence']}",
        f"- sha256 of the examples: `{card['sha256']}`",
        f"- origins to train on: {_told(card['origins'][TRAIN])}; held out: {_told(card['origins'][HELD_OUT])}",
        f"- rules: {_told(card['rules'])}", "",
        "| task | source of the answer | train | held out |", "|---|---|---|---|", *rows, "",
        "## Left out", "", "| reason | examples or origins | meaning |", "|---|---|---|", *left, "",
        "Each is named in left_out.jsonl. No words of a customer are in that file.", "",
        "## Held against", "",
        *(f"- `{name}` sha256 `{digest}`" for name, digest in card["suites_sha256"].items()), "",
        "## Limits", "", _LIMITS, "",
    ]  # fmt: skip
    return "\n".join(lines)


def _told(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{key} {value}" for key, value in values.items())


_LIMITS = (
    "Masking finds what it knows (CHANGELOG and tests say how well); a name said in passing may remain: keep this folder "
    "where calls may be kept. A corrected summary is the agent's word, not a second reader's. Of a thumbed-up answer the prompt is "
    "made again by searching the kept snapshot, with the prompts and the search of today. Overlap is "
    "looked for letter by letter: a suite's case told in other words is not found."
)
