"""What a run leaves behind: a folder with its manifest, what the flows gave back, and what that is worth.

    var/eval/runs/<run id>/
      manifest.json   what was measured: release, corpus, suites, each by hash; `complete` only at the very end
      items.jsonl     one line a case and repeat, appended as it comes: the flow's output, or why there is none
      scores.jsonl    one line a case, repeat and metric; made from the items, again and again to the same bytes

Items are append-only: a run that is killed goes on where it was. A score is a number or a reason why there is none;
what is not scored is never zero, and never left out.
"""

import hashlib
import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, Field, model_validator

from seatmate.domain.model import Shape

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Item(Shape):
    """One run of one case."""

    key: Sha256
    """Of the case's content, the release, the corpus and the repeat: an equal key is an equal question."""
    suite: str
    case_id: str
    repeat: Annotated[int, Field(ge=1)] = 1
    output: dict[str, Any] | None = None
    """What the flow gave back, as its own JSON. None: `error` says why."""
    error: str = ""
    seconds: Annotated[float, Field(ge=0)]
    cached: bool = False
    """Taken from an earlier run with the same key; its seconds are those of then."""

    @model_validator(mode="after")
    def _output_or_error(self) -> Self:
        if (self.output is None) != bool(self.error):
            raise ValueError("an item has an output or an error")
        return self


class Score(Shape):
    """What one metric says of one case. Rates are Σ value·weight / Σ weight over cases."""

    suite: str
    case_id: str
    repeat: Annotated[int, Field(ge=1)] = 1
    metric: str
    value: Annotated[float, Field(allow_inf_nan=False)] | None
    """None: not scored, and `unscored` says why. NaN is not a value."""
    weight: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0
    """What the value is a share of: gold facts for recall, told facts for precision, 1 for a case."""
    unscored: str = ""
    evidence: str = ""
    """What a reader needs to see why: 「1.45%」 is of W45; cites deposit-call."""
    slices: tuple[str, ...] = ()
    cluster: str
    """Cases of one cluster stand and fall together: the document or the call that they are about."""

    @model_validator(mode="after")
    def _value_or_reason(self) -> Self:
        if (self.value is None) != bool(self.unscored):
            raise ValueError("a score has a value or a reason why it has none")
        return self


class RunState(StrEnum):
    RUNNING = "running"
    COMPLETE = "complete"


class SuiteOfRun(Shape):
    sha256: Sha256
    cases: Annotated[int, Field(ge=1)]


class Manifest(Shape):
    """What a run measured. Two runs can be compared when their suites and corpus are the same."""

    run_id: str
    release_id: str
    release: dict[str, str]
    """The release's parts, each by hash or name (seatmate.domain.releases)."""
    corpus_sha256: Sha256
    """Of the document drops and conversations that were loaded."""
    suites: dict[str, SuiteOfRun]
    repeats: Annotated[int, Field(ge=1)] = 1
    limit: int | None = None
    """Only so many cases of each suite were run: a look, never a basis for a gate."""
    failed_of: str | None = None
    """The run whose failed cases alone were run again; `limit` is then set too: no basis for a gate either."""
    concurrency: Annotated[int, Field(ge=1)]
    started_at: AwareDatetime
    finished_at: AwareDatetime | None = None
    state: RunState = RunState.RUNNING
    machine: dict[str, str]
    code: str
    """Version of seatmate_eval's own code: other metrics are other measurements."""


class Run(Shape):
    """A run as it is read again."""

    folder: Path
    manifest: Manifest
    items: tuple[Item, ...]
    scores: tuple[Score, ...]

    @property
    def sha256(self) -> str:
        """Of all that the run says: edit a line and it is another run."""
        digest = hashlib.sha256(self.manifest.model_dump_json().encode())
        for part in (*self.items, *self.scores):
            digest.update(b"\n" + json.dumps(part.model_dump(mode="json"), sort_keys=True, ensure_ascii=False).encode())
        return digest.hexdigest()


def read_run(folder: Path) -> Run:
    """A run folder. BadRun for one that is broken: a torn line in the middle, scores without items."""
    try:
        manifest = Manifest.model_validate_json((folder / "manifest.json").read_bytes())
        items = tuple(Item.model_validate_json(line) for line in _lines(folder / "items.jsonl"))
        scores = tuple(Score.model_validate_json(line) for line in _lines(folder / "scores.jsonl"))
    except (OSError, ValueError) as error:
        raise BadRun(f"{folder}: {str(error).splitlines()[0]}") from error
    return Run(folder=folder, manifest=manifest, items=items, scores=scores)


class BadRun(Exception):
    """A run folder that cannot be read, or that is not what it says."""


def _lines(path: Path) -> list[str]:
    return [line for line in path.read_text(encoding="utf-8").splitlines() if line.strip()] if path.exists() else []
