"""What a run asks, in which order: cases of suites, each so many times, each with the key of its question."""

import hashlib
import os
import platform as host
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from seatmate.domain.errors import BadInput
from seatmate.domain.releases import Release
from seatmate_eval.cache import key_of
from seatmate_eval.cases import Case, InjectionCase, LineCase, NodesCase, RedactionCase, RetrievalCase
from seatmate_eval.failing import failing_cases
from seatmate_eval.results import Manifest, RunState, SuiteOfRun, read_run
from seatmate_eval.sample_bank import CALLS, DROPS, corpus_sha256
from seatmate_eval.suites import NEVER_MEASURED, SUITES, Suite, load_suites


@dataclass(frozen=True)
class Options:
    """What somebody wants to have measured."""

    suites: tuple[str, ...] = ()
    """By name; none: all that are measured."""
    limit: int | None = None
    """So many cases of each suite, spread over it."""
    repeats: int = 1
    concurrency: int = 4
    has_model: bool = True
    reads_cache: bool = True
    failed_of: Path | None = None
    """The folder of a run whose failed cases alone are asked, and really asked: not taken from the cache."""
    out: Path | None = None
    suites_folder: Path = SUITES
    drops: Path = DROPS
    calls: Path = CALLS
    away_in_a_row: int = 10
    """So many items that meet no model server stop the run."""
    patience_s: float = 60.0
    """An item that met no server is asked once more, when the server answers or this has passed."""


@dataclass(frozen=True)
class Work:
    suite: str
    case: Case
    repeat: int
    key: str

    @property
    def asks_model(self) -> bool:
        if isinstance(self.case, InjectionCase):
            return self.case.where != "document"
        return not isinstance(self.case, RetrievalCase | RedactionCase | NodesCase | LineCase)


def plan(options: Options, release: Release, now: datetime) -> tuple[Manifest, list[Work]]:
    """BadInput for a suite that is not there and for a run without cases."""
    chosen = _chosen(options)
    corpus = corpus_sha256(options.drops, options.calls)
    works = [
        Work(suite.name, case, repeat, key_of(case, release.release_id, corpus, repeat))
        for suite, cases in chosen
        for repeat in range(1, options.repeats + 1)
        for case in cases
    ]
    failed_of = options.failed_of.name if options.failed_of else None
    manifest = Manifest(
        run_id=f"{now:%Y%m%d-%H%M%S}-{release.release_id}",
        release_id=release.release_id,
        release=release.model_dump(),
        corpus_sha256=corpus,
        suites={suite.name: SuiteOfRun(sha256=suite.sha256, cases=len(cases)) for suite, cases in chosen},
        repeats=options.repeats,
        limit=max(len(cases) for _, cases in chosen) if failed_of else options.limit,
        failed_of=failed_of,
        concurrency=options.concurrency,
        started_at=now,
        machine=_machine(),
        code=code(),
    )
    return manifest, works


def _chosen(options: Options) -> list[tuple[Suite, Sequence[Case]]]:
    there = {name: s for name, s in load_suites(options.suites_folder).items() if name not in NEVER_MEASURED}
    if unknown := [name for name in options.suites if name not in there]:
        raise BadInput(f"no suite {', '.join(unknown)} in {options.suites_folder}: there are {', '.join(there)}")
    failed = _failed(options.failed_of) if options.failed_of else None
    chosen = [
        (there[name], spread([c for c in there[name].cases if failed is None or (name, c.id) in failed], options.limit))
        for name in sorted(options.suites or there)
    ]
    chosen = [(suite, cases) for suite, cases in chosen if cases]
    if not chosen:
        raise BadInput("there is no case to run")
    return chosen


def _failed(folder: Path) -> set[tuple[str, str]]:
    earlier = read_run(folder)
    if earlier.manifest.state is not RunState.COMPLETE:
        raise BadInput(f"{folder} is not complete: what failed in it is not known yet")
    return failing_cases(earlier)


def spread(cases: Sequence[Case], limit: int | None) -> Sequence[Case]:
    """So many, evenly over the file, in which neighbours are alike."""
    if limit is None or limit >= len(cases):
        return cases
    return [cases[place * len(cases) // limit] for place in range(limit)]


@cache
def code() -> str:
    """Of this package as it was loaded: other metrics are other measurements."""
    home, digest = Path(__file__).parent, hashlib.sha256()
    for path in sorted(home.rglob("*.py")):
        digest.update(f"{path.relative_to(home).as_posix()}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:12]


def _machine() -> Mapping[str, str]:
    return {
        "python": host.python_version(),
        "system": host.system(),
        "processor": host.machine(),
        "cores": str(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()),
    }
