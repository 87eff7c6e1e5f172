"""Is a run what it says, and is it whole? Nothing in it counts before that is known.

A run is held against what is installed beside the gate, and never against itself: the suites' files, the corpus, the
code, the keys of its items and its scores made anew from them. An edited line, manifest or score does not pass.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from seatmate.domain.releases import Release
from seatmate.domain.verdicts import Check, Outcome
from seatmate_eval.cases import Case
from seatmate_eval.gates import Requires
from seatmate_eval.results import BadRun, Item, Run, RunState, Score
from seatmate_eval.suites import Suite

Role = Literal["run", "live"]
TOLD = 3
"""Faults that a check tells; the others are counted."""


@dataclass(frozen=True)
class Installed:
    """What is here, beside the gate."""

    suites: Mapping[str, Suite]
    corpus_sha256: str
    code: str
    """The version of the metrics."""
    scores_of: Callable[[Run], Iterable[Score]]
    """A run's scores, made anew from its items."""
    key_of: Callable[[Case, str, str, int], str]
    """The key that an item must have: of its case, the release, the corpus and the repeat."""


def completeness(
    run: Run, requires: Requires, installed: Installed, now: datetime, role: Role = "run", release_id: str | None = None
) -> list[Check]:
    """Everything that must hold before a figure is looked at, each passed or failed. BadRun for items that cannot be
    scored at all."""
    of_run = {
        "state": _state(run, now),
        "limit": _limit(run, requires),
        "identity": _identity(run),
        "release": _release(run, release_id),
        "code": _same("the metrics' code", run.manifest.code, installed.code),
        "corpus": _same("the corpus", run.manifest.corpus_sha256, installed.corpus_sha256),
        "repeats": _repeats(run, requires),
        "suites": _suites(run, requires, installed),
    }
    if role == "run":
        of_run["age"] = _age(run, requires, now)
    checks = [_check(f"complete/{role}/{name}", faults) for name, faults in of_run.items()]
    again = _again(run, installed)
    for suite in sorted({*run.manifest.suites, *(item.suite for item in run.items), *(s.suite for s in run.scores)}):
        items = [item for item in run.items if item.suite == suite]
        where = f"complete/{suite}" if role == "run" else f"complete/live/{suite}"
        checks += [
            _check(f"{where}/items", _items(run, suite, items, installed), suite),
            _check(f"{where}/crashed", _crashed(items), suite),
            _check(f"{where}/cases", _enough(items, requires.suites.get(suite, 0)), suite),
            _check(f"{where}/scores", _scores(run, suite, items, again), suite),
        ]
    return checks


def _check(id_: str, faults: Iterable[str], suite: str = "") -> Check:
    found = list(faults)
    more = f" (and {len(found) - TOLD} more)" if len(found) > TOLD else ""
    return Check(
        id=id_,
        kind="complete",
        outcome=Outcome.FAIL if found else Outcome.PASS,
        suite=suite,
        detail="; ".join(found[:TOLD]) + more,
    )


def _state(run: Run, now: datetime) -> Iterator[str]:
    manifest = run.manifest
    if manifest.state is not RunState.COMPLETE or manifest.finished_at is None:
        yield f"the run is {manifest.state.value}"
    elif not manifest.started_at <= manifest.finished_at <= now:
        yield f"it says that it ran from {manifest.started_at} to {manifest.finished_at}, and it is {now}"


def _limit(run: Run, requires: Requires) -> Iterator[str]:
    if run.manifest.failed_of is not None:
        yield f"only the failed cases of {run.manifest.failed_of} were run"
    elif run.manifest.limit is not None and not requires.limit_allowed:
        yield f"only {run.manifest.limit} cases of each suite were run"


def _identity(run: Run) -> Iterator[str]:
    if run.folder.name != run.manifest.run_id:
        yield f"the folder {run.folder.name} says that it is {run.manifest.run_id}"


def _release(run: Run, release_id: str | None) -> Iterator[str]:
    said = run.manifest.release_id
    if release_id is not None and said != release_id:
        yield f"it measured {said}, and {release_id} was asked for"
    try:
        made = Release.model_validate(run.manifest.release).release_id
    except ValueError:
        yield "its parts are not those of a release"
    else:
        if made != said:
            yield f"its parts make {made}, and it says {said}"


def _same(what: str, measured: str, here: str) -> Iterator[str]:
    if measured != here:
        yield f"{what} was {measured[:12]}, and here it is {here[:12]}"


def _age(run: Run, requires: Requires, now: datetime) -> Iterator[str]:
    finished = run.manifest.finished_at
    if finished is not None and now - finished > timedelta(days=requires.max_age_days):
        yield f"it ended {(now - finished).days} days ago, and may be {requires.max_age_days} days old"


def _repeats(run: Run, requires: Requires) -> Iterator[str]:
    if run.manifest.repeats < requires.repeats:
        yield f"every case was run {run.manifest.repeats} times, and must be {requires.repeats} times"


def _suites(run: Run, requires: Requires, installed: Installed) -> Iterator[str]:
    measured = run.manifest.suites
    yield from (f"{suite} was not run" for suite in sorted(requires.suites.keys() - measured.keys()))
    for suite, of_run in sorted(measured.items()):
        here = installed.suites.get(suite)
        if here is None:
            yield f"{suite} is not installed"
        elif here.sha256 != of_run.sha256:
            yield f"{suite} has other cases than the installed one"
        elif run.manifest.limit is None and of_run.cases != len(here.cases):
            yield f"{suite} was run with {of_run.cases} of {len(here.cases)} cases"


def _items(run: Run, suite: str, items: list[Item], installed: Installed) -> Iterator[str]:
    """One item a case and repeat, each with its own key."""
    if suite not in run.manifest.suites:
        yield f"{len(items)} items of a suite that the manifest does not name"
        return
    here = installed.suites.get(suite)
    cases = {case.id: case for case in here.cases} if here else {}
    found = Counter((item.case_id, item.repeat) for item in items)
    yield from (f"{case_id} has {times} items for repeat {n}" for (case_id, n), times in found.items() if times > 1)
    yield from (f"{case_id} is no case of the suite" for case_id in {case_id for case_id, _ in found} - cases.keys())
    limited = run.manifest.limit is not None
    wanted_ids = {case_id for case_id, _ in found} & cases.keys() if limited else cases.keys()
    wanted = {(case_id, n) for case_id in wanted_ids for n in range(1, run.manifest.repeats + 1)}
    yield from (f"{case_id} has no item for repeat {n}" for case_id, n in sorted(wanted - found.keys()))
    unwanted = sorted((case_id, n) for case_id, n in found.keys() - wanted if case_id in cases)
    yield from (f"{case_id} has a repeat {n} too many" for case_id, n in unwanted)
    if limited and len(wanted_ids) != run.manifest.suites[suite].cases:
        yield f"{len(wanted_ids)} cases have items, and the manifest says {run.manifest.suites[suite].cases}"
    for item in items:
        case = cases.get(item.case_id)
        asked = run.manifest.release_id, run.manifest.corpus_sha256, item.repeat
        if case is not None and item.key != installed.key_of(case, *asked):
            yield f"{item.case_id} has the key of another question, release or corpus"


def _crashed(items: list[Item]) -> Iterator[str]:
    yield from (f"{item.case_id}: {item.error[:120]}" for item in items if item.output is None)


def _enough(items: list[Item], wanted: int) -> Iterator[str]:
    cases = len({item.case_id for item in items})
    if cases < wanted:
        yield f"{cases} cases were run, and {wanted} are the fewest that count"


_Place = tuple[str, str, int, str]


def _place(score: Score) -> _Place:
    return score.suite, score.case_id, score.repeat, score.metric


def _again(run: Run, installed: Installed) -> dict[_Place, Score]:
    try:
        return {_place(score): score for score in installed.scores_of(run)}
    except (ValueError, KeyError) as error:
        raise BadRun(f"{run.folder}: its items cannot be scored: {str(error).splitlines()[0]}") from error


def _scores(run: Run, suite: str, items: list[Item], again: Mapping[_Place, Score]) -> Iterator[str]:
    """The scores are those that the items are worth, no more, no fewer, and no other."""
    written = [score for score in run.scores if score.suite == suite]
    found = {_place(score): score for score in written}
    made = {place: score for place, score in again.items() if place[0] == suite}
    if len(found) != len(written):
        yield f"{len(written) - len(found)} scores stand there twice"
    yield from (f"{_named(place)} is not scored" for place in sorted(made.keys() - found.keys()))
    yield from (f"{_named(place)} is scored without such an item" for place in sorted(found.keys() - made.keys()))
    for place in sorted(found.keys() & made.keys()):
        if found[place] != made[place]:
            yield f"{_named(place)} is not what its item is worth: {_differing(found[place], made[place])}"
    scored = {(case_id, repeat) for _, case_id, repeat, _ in found}
    for item in items:
        if (item.case_id, item.repeat) not in scored:
            yield f"{item.case_id} has no score at all"


def _differing(written: Score, made: Score) -> str:
    pairs = zip(written, made, strict=True)
    return ", ".join(f"{name} {said!r} for {is_!r}" for (name, said), (_, is_) in pairs if said != is_)[:200]


def _named(place: _Place) -> str:
    return f"{place[3]} of {place[1]} (repeat {place[2]})"
