"""What a judge said of a run, beside the run: `judge-<digest>.json` names judge and items, `….jsonl` holds the scores.

A file of its own, since scores.jsonl is made from the items again and again to the same bytes, and a judge cannot be.
One line a score, appended as it comes: a judge that is killed goes on where it was. Knows no model.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from seatmate.domain.model import Shape
from seatmate_eval.judges import JudgeId
from seatmate_eval.results import BadRun, Score, Sha256

Key = tuple[str, str, int, str]
"""Suite, case, repeat, metric."""


class JudgedBy(Shape):
    judge: JudgeId
    items_sha256: Sha256
    """Of items.jsonl: verdicts on other items are other verdicts."""


class JudgedRun:
    """The verdicts of one judge on one run. Made anew where the run's items are not those that were judged."""

    def __init__(self, run: Path, judge: JudgeId) -> None:
        self._head = run / f"judge-{judge.digest}.json"
        self._lines = run / f"judge-{judge.digest}.jsonl"
        head = JudgedBy(judge=judge, items_sha256=_items_sha256(run))
        if _head_of(self._head) != head:
            self._lines.unlink(missing_ok=True)
            self._head.write_text(head.model_dump_json(indent=2) + "\n", encoding="utf-8")
        # A line that a kill tore in two is taken away, so that the next one does not grow onto it.
        whole = [score.model_dump_json() for score in _scores_of(self._lines)]
        self._lines.write_text("".join(f"{line}\n" for line in whole), encoding="utf-8")

    def scores(self) -> tuple[Score, ...]:
        return tuple(_scores_of(self._lines))

    def done(self, *, again: bool = False) -> frozenset[Key]:
        """What need not be asked. `again`: ask once more for what has no value."""
        latest = {key_of(score): score for score in self.scores()}
        return frozenset(key for key, score in latest.items() if score.value is not None or not again)

    def add(self, score: Score) -> None:
        with self._lines.open("a", encoding="utf-8") as lines:
            lines.write(score.model_dump_json() + "\n")


def judged_scores(run: Path, judge: JudgeId | str) -> tuple[Score, ...]:
    """What this judge (or the one of this digest) said of a run, the last word on each case. BadRun: of other items."""
    digest = judge if isinstance(judge, str) else judge.digest
    head = _head_of(run / f"judge-{digest}.json")
    if head is None or head.judge.digest != digest:
        raise BadRun(f"{run}: judge {digest} has said nothing of it")
    if head.items_sha256 != _items_sha256(run):
        raise BadRun(f"{run}: judge {digest} was asked about other items")
    latest = {key_of(score): score for score in _scores_of(run / f"judge-{digest}.jsonl")}
    return tuple(latest[key] for key in sorted(latest))


def judges_of(run: Path) -> tuple[JudgeId, ...]:
    """Who has been asked about a run."""
    heads = (_head_of(path) for path in sorted(run.glob("judge-*.json")))
    return tuple(head.judge for head in heads if head is not None)


def key_of(score: Score) -> Key:
    return score.suite, score.case_id, score.repeat, score.metric


def _items_sha256(run: Path) -> str:
    return hashlib.sha256((run / "items.jsonl").read_bytes()).hexdigest()


def _head_of(path: Path) -> JudgedBy | None:
    try:
        return JudgedBy.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return None


def _scores_of(path: Path) -> Iterator[Score]:
    """BadRun for a line that is no score, unless it is the last one: that was being written."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    for number, line in enumerate(lines, 1):
        try:
            yield Score.model_validate_json(line)
        except ValidationError as error:
            if number < len(lines):
                raise BadRun(f"{path}, line {number}: {str(error).splitlines()[0]}") from error
