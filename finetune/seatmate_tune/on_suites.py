"""What the suites say of an adapter beside its base alone and beside no model, and one sentence a task that follows from it.

Reads what `seatmate-eval compare ADAPTER-RUN OTHER-RUN --json` wrote. Knows no run and no model: which metrics decide a
task is said here before anything is measured, every word about them is computed, and more is better in every difference.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from seatmate.domain.errors import Misconfigured
from seatmate.domain.nodes import wilson
from seatmate.settings import AftercallSettings

Beside = Literal["base", "none"]
BESIDE: tuple[Beside, ...] = ("base", "none")
_WORDS: Mapping[Beside, str] = {"base": "the base alone", "none": "no model"}
NO_MODEL = "none"
"""What a run without a model names as its adapter."""
TOGETHER = "all of them"


@dataclass(frozen=True)
class Task:
    """`decides`: the metrics, over all suites of the task together, by which an adapter is better or is not."""

    name: str
    suites: tuple[str, ...]
    metrics: tuple[str, ...]
    decides: tuple[str, ...]


_CALLS = ("aftercall-chat", "aftercall-phone")
TASKS = (
    Task(
        "answer",
        ("ask", "answer", "time", "neighbour", "refusal"),
        (
            *("right", "trap_hit", "citation_precision", "citation_recall", "refusal_precision", "refusal_recall"),
            *("accepted", "by_model"),
        ),
        ("right", "accepted"),
    ),
    Task(
        "summary",
        _CALLS,
        ("points_strict", "points_loose", "summary_precision"),
        ("points_loose", "summary_precision"),
    ),
    Task("kyc", _CALLS, ("kyc_precision", "kyc_recall", "kyc_whole", "kyc_trapped"), ("kyc_precision", "kyc_recall")),
    Task("voc", _CALLS, ("voc_precision", "voc_recall"), ("voc_precision", "voc_recall")),
)
_DECIDED_BY = "; ".join(f"{task.name}: {', '.join(task.decides)}" for task in TASKS)
_ONE_SIDED = "was measured in one run only"
_ASKED = "call_tokens"
"""Above 0 in a record's suite: the model had a part in it."""


class _Part(BaseModel):
    """What is read of a comparison; it says more."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class _Figure(_Part):
    value: float
    weight: float
    cases: int


class _Gain(_Part):
    value: float
    low: float | None
    high: float | None
    verdict: Literal["better", "worse", "not told apart"]


class _Row(_Part):
    suite: str
    metric: str
    slice: str
    candidate: _Figure | None
    live: _Figure | None
    gain: _Gain | None


class Comparison(_Part):
    run_id: str
    release_id: str
    release: dict[str, str]
    run_sha256: str
    live_run_id: str
    live_release_id: str
    live_release: dict[str, str]
    live_run_sha256: str
    notes: tuple[str, ...]
    compared: tuple[_Row, ...]
    together: tuple[_Row, ...]

    def row(self, suite: str, metric: str) -> _Row | None:
        """Of a whole suite, or of all together."""
        rows = self.together if suite == TOGETHER else self.compared
        return next(
            (r for r in rows if r.metric == metric and not r.slice and (suite == TOGETHER or r.suite == suite)), None
        )


def read_comparisons(asked: Sequence[str], adapter: str, base: str) -> dict[Beside, Comparison]:
    """`base=FILE` and `none=FILE`. Misconfigured: a file is of something else than this adapter beside that."""
    found: dict[Beside, Comparison] = {}
    for one in asked:
        side, _, name = one.partition("=")
        known = next((beside for beside in BESIDE if beside == side), None)
        if known is None or not name:
            raise Misconfigured(f"--compared {one}: say base=FILE or none=FILE")
        found[known] = _read(Path(name))
        served = found[known].release.get("adapter"), found[known].live_release.get("adapter")
        if served != (adapter, base if known == "base" else NO_MODEL):
            raise Misconfigured(f"{name} compares {served[0]} with {served[1]}, not {adapter} with {_WORDS[known]}")
    if len({comparison.run_sha256 for comparison in found.values()}) > 1:
        raise Misconfigured("the comparisons are not of one run of the adapter")
    return found


def _read(path: Path) -> Comparison:
    try:
        return Comparison.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise Misconfigured(f"{path} is no comparison of `seatmate-eval compare --json`: {error}") from error


def facts_of(comparisons: Mapping[Beside, Comparison]) -> dict[str, Any]:
    """For card.json."""
    judged = [_judged(task, comparisons) for task in TASKS]
    used = [task["better_than"]["base"] for task in judged if task["used"]]
    return {
        "runs": _runs(comparisons),
        "notes": list(_notes(comparisons)),
        "figures": [figure for task in TASKS for figure in _figures(task, comparisons)],
        "tasks": judged,
        "is_better_where_used": None if None in used else all(used),
        "accepted": list(_accepted(comparisons)),
    }


def used_as_shipped() -> frozenset[str]:
    """Tasks that the model has a part in by the settings as they come; a question is always put to the model."""
    return frozenset({"answer", *AftercallSettings.model_fields["model_adds"].default})


def _runs(comparisons: Mapping[Beside, Comparison]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for beside, c in comparisons.items():
        found["adapter"] = {"run": c.run_id, "release": c.release_id, "sha256": c.run_sha256}
        found[beside] = {"run": c.live_run_id, "release": c.live_release_id, "sha256": c.live_run_sha256}
    return found


def _notes(comparisons: Mapping[Beside, Comparison]) -> Iterator[str]:
    """What a reader must know before he believes a difference."""
    for beside, comparison in comparisons.items():
        # Without a model none is asked, and `model_adds` is what the shipped settings say.
        may_differ = {"adapter"} if beside == "base" else {"adapter", "analysis"}
        ours, theirs = comparison.release, comparison.live_release
        others = sorted(k for k in ours.keys() | theirs.keys() if ours.get(k) != theirs.get(k) and k not in may_differ)
        if others:
            yield f"the run of {_WORDS[beside]} differs in {', '.join(others)}, too: differences may be theirs"
        for note in comparison.notes:
            # Who tells nothing has no share of what was told; of a base that is worth a word, of no model it is not.
            if not note.endswith(_ONE_SIDED) or (beside == "base" and "/" not in note):
                yield f"{note} ({_WORDS[beside]})"


def _figures(task: Task, comparisons: Mapping[Beside, Comparison]) -> Iterator[dict[str, Any]]:
    """The rows of the table: each suite, then all together."""
    for metric in task.metrics:
        for suite in (*task.suites, TOGETHER):
            rows = {beside: row for beside, c in comparisons.items() if (row := c.row(suite, metric)) is not None}
            own = next((row.candidate for row in rows.values() if row.candidate is not None), None)
            if own is None:
                continue
            yield {
                "task": task.name, "suite": suite, "metric": metric, "cases": own.cases, "adapter": own.value,
                **{beside: row.live.value for beside, row in rows.items() if row.live is not None},
                "against": {beside: row.gain.model_dump() for beside, row in rows.items() if row.gain is not None},
            }  # fmt: skip


def _judged(task: Task, comparisons: Mapping[Beside, Comparison]) -> dict[str, Any]:
    """`better_than`: beyond chance in one deciding metric at least, and worse in none. None: it was not measured."""
    gains = {beside: _gains(task, comparisons.get(beside)) for beside in BESIDE}
    better = {beside: _is_better(of) if of else None for beside, of in gains.items()}
    used = task.name in used_as_shipped()
    told = "; ".join(f"against {_WORDS[beside]} {_told(of)}" for beside, of in gains.items())
    if None in better.values():
        why = "which these runs do not decide:"
    else:
        why = "because" if all(better.values()) == used else "although"
    sentence = f"`{task.name}` is {'used' if used else 'not used'} as shipped, {why} {told}."
    return {"task": task.name, "used": used, "better_than": better, "sentence": sentence}


def _gains(task: Task, comparison: Comparison | None) -> dict[str, _Gain]:
    """By deciding metric; nothing for a comparison that is not there, or whose records the model had no part in."""
    if comparison is None or (task.suites == _CALLS and not _was_asked(comparison)):
        return {}
    rows = {metric: comparison.row(TOGETHER, metric) for metric in task.decides}
    return {metric: row.gain for metric, row in rows.items() if row is not None and row.gain is not None}


def _was_asked(comparison: Comparison) -> bool:
    rows = [comparison.row(suite, _ASKED) for suite in _CALLS]
    return any(row is not None and row.candidate is not None and row.candidate.value > 0 for row in rows)


def _is_better(gains: Mapping[str, _Gain]) -> bool:
    verdicts = {gain.verdict for gain in gains.values()}
    return "better" in verdicts and "worse" not in verdicts


def _told(gains: Mapping[str, _Gain]) -> str:
    if not gains:
        return "it was not measured"
    parts = []
    for verdict in ("better", "worse", "not told apart"):
        of = [f"`{metric}` ({shown(gain.model_dump())})" for metric, gain in gains.items() if gain.verdict == verdict]
        if of:
            parts.append(f"is {verdict} in {' and '.join(of)}")
    return f"it {' and '.join(parts)}"


def _accepted(comparisons: Mapping[Beside, Comparison]) -> Iterator[dict[str, Any]]:
    """Of the sentences that a model wrote, those that the checks let through as they are: by suite and in all."""
    comparison = comparisons.get("base") or comparisons.get("none")
    if comparison is None:
        return
    suites = [row.suite for row in comparison.compared if row.metric == "accepted" and not row.slice]
    for suite in (*suites, *([TOGETHER] if len(suites) > 1 else ())):
        yield from (
            {"suite": suite, "model": model, **found}
            for model, side in (("adapter", "candidate"), ("base", "live"))
            if (model == "adapter" or "base" in comparisons) and (found := _passed(comparison, suite, side))
        )


def _passed(comparison: Comparison, suite: str, side: str) -> dict[str, Any]:
    """Counts of sentences, and Wilson's interval, which takes them for independent."""
    row, own = comparison.row(suite, "accepted"), comparison.row(suite, "by_model")
    figure: _Figure | None = getattr(row, side)
    if figure is None:
        return {}
    written = round(figure.weight)
    accepted = round(figure.value * figure.weight)
    words: _Figure | None = getattr(own, side) if own else None
    low, high = wilson(accepted, written)
    return {
        "written": written,
        "accepted": accepted,
        "own_words": round(words.value * words.weight) if words else 0,
        "share": accepted / written,
        "low": low,
        "high": high,
    }


def page(facts: Mapping[str, Any]) -> list[str]:
    """For CARD.md."""
    if not facts:
        return []
    answer = {True: "yes", False: "no", None: "not measured"}[facts["is_better_where_used"]]
    runs = ", ".join(f"{name}: `{run['run']}`" for name, run in facts["runs"].items())
    rows = [
        f"| {f['task']} | {f['suite']} | {f['metric']} | {f['cases']} | {_value(f.get('none'))} | {_value(f.get('base'))} "
        f"| {_value(f['adapter'])} | {shown(f['against'].get('base'))} | {shown(f['against'].get('none'))} |"
        for f in facts["figures"]
    ]
    sentences = [
        f"| {one['suite']} | {one['model']} | {one['written']} | {one['accepted']} | {one['own_words']} "
        f"| {one['share']:.2f} [{one['low']:.2f}, {one['high']:.2f}] |"
        for one in facts["accepted"]
    ]
    lines = ["## On the suites", "", _HOW, "", *(f"- {task['sentence']}" for task in facts["tasks"]), ""]
    lines += [f"Better than its base in every task that it is used for: **{answer}**.", ""]
    lines += [f"Runs: {runs}.", "", *(f"- note: {note}" for note in facts["notes"])]
    lines += [""] if facts["notes"] else []
    lines += [
        "| task | suite | metric | cases | no model | base | adapter | adapter − base [95 %] | adapter − no model [95 %] |",
        "|---|---|---|---|---|---|---|---|---|", *rows, "",
    ]  # fmt: skip
    if sentences:
        lines += ["### Sentences that the checks accepted", "", _SENTENCES, ""]
        lines += [
            "| suite | model | written | accepted | of these own words | share [95 %] |",
            "|---|---|---|---|---|---|",
        ]
        lines += [*sentences, ""]
    return lines


def shown(gain: Mapping[str, Any] | None) -> str:
    """A difference with its interval; in bold beyond chance."""
    if gain is None:
        return "–"
    ends = "" if gain["low"] is None else f" [{gain['low']:+.3f}, {gain['high']:+.3f}]"
    bold = "" if gain["verdict"] == "not told apart" else "**"
    return f"{bold}{gain['value']:+.3f}{ends}{bold}"


def _value(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


_HOW = (
    "The product's own suites, through the platform's flows with every check in place: the same cases by the adapter, by the "
    "base alone and without a model, paired case by case; intervals by cluster (document, call). A difference above 0 is "
    f"good whatever the metric's direction, in bold beyond chance; `{TOGETHER}` is every suite that has the metric. Records are "
    "asked with `SEATMATE_AFTERCALL__MODEL_ADDS` naming all tasks, and without a model by words and rules. A task is decided "
    f"over its suites together, by {_DECIDED_BY}."
)
_SENTENCES = (
    "Of the sentences that the model wrote for the suites' questions, in its own words or as a quote that it chose, those "
    "which passed the checks of figures, citations and words and were shown as they are (metric `accepted`). The others "
    "were rejected and never shown. Wilson's interval takes sentences for independent."
)
