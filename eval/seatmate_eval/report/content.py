"""All that a report says, gathered once: page, JSON and JUnit file render this and count nothing themselves.

The verdict is given, never made here. One that does not belong to these runs, or was edited, is told as such and its
outcome is not shown as a decision.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from seatmate.domain.calls import Conversation
from seatmate.domain.verdicts import GateVerdict, outcome_of
from seatmate_eval.aggregate import WHOLE, Measured, measured
from seatmate_eval.agreement import may_count
from seatmate_eval.cases import CallCase, Case, InjectionCase, NodesCase
from seatmate_eval.compare import Compared, Comparison, NotComparable, compare, figure_of
from seatmate_eval.flaky import Flaky, flaky_cases
from seatmate_eval.judged_run import judged_scores, judges_of
from seatmate_eval.report.standing import CaseKey, Standing, State, standings
from seatmate_eval.report.told import tokens_of
from seatmate_eval.report.words import SUITES
from seatmate_eval.results import BadRun, Item, Run, RunState, Score
from seatmate_eval.suites import Suite


@dataclass(frozen=True)
class Unscored:
    """One reason why a metric has no value, and the cases in which it had none."""

    suite: str
    metric: str
    why: str
    case_ids: tuple[str, ...]


@dataclass(frozen=True)
class Cost:
    """What a suite took: model time is not wall time, for several cases run at once."""

    items: int
    cached: int
    """Their seconds and tokens are those of an earlier run."""
    seconds: tuple[float, ...]
    prompt_tokens: int
    completion_tokens: int
    has_tokens: bool


@dataclass(frozen=True)
class Judged:
    """What a judge says of the answers, and whether that may count."""

    judge: str
    metric: str
    mean: float | None
    live_mean: float | None
    scored: int
    unscored: int
    counts: bool
    why: str


@dataclass(frozen=True)
class Content:
    run: Run
    run_sha256: str
    live: Run | None
    live_sha256: str | None
    verdict: GateVerdict | None
    verdict_faults: tuple[str, ...]
    """Why the verdict given decides nothing here."""
    notes: tuple[str, ...]
    """What a reader must know before any figure."""
    compared_with_live: bool
    rows: tuple[Compared, ...]
    """Every suite, metric and slice; without a live run their live side is empty."""
    standings: tuple[Standing, ...]
    live_items: Mapping[CaseKey, Item]
    """The first repeat of each case in the live run, when the two can be compared."""
    unscored: tuple[Unscored, ...]
    flaky: tuple[Flaky, ...]
    costs: Mapping[str, Cost]
    live_costs: Mapping[str, Cost]
    judged: tuple[Judged, ...]
    cases: Mapping[CaseKey, Case]
    """Only of suites that are still what they were in the run."""
    calls: Mapping[str, Conversation]
    made_at: datetime
    command: str

    @property
    def suites(self) -> tuple[str, ...]:
        """The names of the run's suites, in the order in which they are read: questions first, then calls."""
        order = {name: place for place, name in enumerate(SUITES)}
        return tuple(sorted(self.run.manifest.suites, key=lambda name: (order.get(name, len(order)), name)))

    def of_state(self, state: State) -> list[Standing]:
        """The worst first; then in the order of the suites."""
        order = {name: place for place, name in enumerate(self.suites)}
        found = [standing for standing in self.standings if standing.state is state]
        return sorted(found, key=lambda one: (*one.gravity, order.get(one.suite, len(order)), one.case_id))

    def conversation_of(self, case: Case | None) -> Conversation | None:
        if isinstance(case, CallCase | NodesCase | InjectionCase):
            return self.calls.get(case.conversation_id)
        return None


def gather(
    run: Run,
    *,
    live: Run | None,
    verdict: GateVerdict | None,
    suites: Mapping[str, Suite],
    calls: Mapping[str, Conversation],
    made_at: datetime,
    command: str = "",
    key: str = "",
) -> Content:
    """BadRun for a run whose metrics the catalogue does not know. `key` is the one that seals verdicts."""
    what = measured(run)
    comparison, why_not = _comparison(run, live)
    run_sha256, live_sha256 = run.sha256, live.sha256 if live else None
    cases, changed = _cases(run, suites)
    return Content(
        run=run,
        run_sha256=run_sha256,
        live=live,
        live_sha256=live_sha256,
        verdict=verdict,
        verdict_faults=tuple(faults_of_verdict(verdict, run.manifest.release_id, run_sha256, live_sha256, key))
        if verdict
        else (),
        notes=(*_notes(run, why_not, changed), *(comparison.notes if comparison else ())),
        compared_with_live=comparison is not None,
        rows=comparison.compared if comparison else tuple(_alone(what)),
        standings=tuple(standings(run, what, measured(live) if live and comparison else None, comparison)),
        live_items=_first_items(live) if live and comparison else {},
        unscored=tuple(_unscored(run.scores)),
        flaky=tuple(flaky_cases(run)),
        costs=_costs(run),
        live_costs=_costs(live) if live and comparison else {},
        judged=tuple(_judged(run, live if comparison else None)),
        cases=cases,
        calls=calls,
        made_at=made_at,
        command=command,
    )


def _comparison(run: Run, live: Run | None) -> tuple[Comparison | None, str]:
    if live is None:
        return None, ""
    try:
        return compare(run, live), ""
    except NotComparable as error:
        return None, str(error)


def _notes(run: Run, why_not: str, changed: list[str]) -> Iterator[str]:
    manifest = run.manifest
    if manifest.state is not RunState.COMPLETE:
        yield "这次运行没有完成：下面只是已有的部分，不能作为放行依据。"
    if manifest.failed_of:
        yield f"这次运行只重跑了 {manifest.failed_of} 的失败题，不能作为放行依据。"
    elif manifest.limit is not None:
        yield f"每个套件只跑了 {manifest.limit} 题：仅供查看，不能作为放行依据。"
    if why_not:
        yield f"不能与给出的线上运行比较：{why_not}"
    if changed:
        yield f"题库在运行之后有改动，不再显示这些套件的题目与标准答案：{'、'.join(changed)}"


def faults_of_verdict(
    verdict: GateVerdict, release_id: str, run_sha256: str, live_sha256: str | None, key: str = ""
) -> Iterator[str]:
    """Why a verdict decides nothing about this run of this release, held against this live run."""
    if not verdict.is_whole(key):
        sealed_by = "，或封印所用的密钥与此处不同" if verdict.seal.startswith("hmac") else ""
        yield f"裁决的内容与封印不符：可能被改动{sealed_by}"
    if verdict.run_sha256 != run_sha256:
        yield f"裁决属于另一次运行（{verdict.run_sha256[:12]}），不是这一次（{run_sha256[:12]}）"
    if verdict.release_id != release_id:
        yield f"裁决属于另一个版本（{verdict.release_id}）"
    if live_sha256 is not None and verdict.live_run_sha256 != live_sha256:
        yield "裁决所比较的线上运行不是这里给出的这一次"
    if verdict.outcome is not outcome_of(verdict.checks):
        yield "裁决的结论与各项检查不一致"


def _cases(run: Run, suites: Mapping[str, Suite]) -> tuple[dict[CaseKey, Case], list[str]]:
    known: dict[CaseKey, Case] = {}
    changed = []
    for name, of_run in sorted(run.manifest.suites.items()):
        suite = suites.get(name)
        if suite is None or suite.sha256 != of_run.sha256:
            changed.append(name)
        else:
            known |= {(name, case.id): case for case in suite.cases}
    return known, changed


def _alone(what: Mapping[tuple[str, str], Measured]) -> Iterator[Compared]:
    """The candidate's figures without anything beside them."""
    for (suite, metric), whole in sorted(what.items()):
        for slice_ in (WHOLE, *whole.slices):
            of_slice = whole.of(slice_)
            yield Compared(
                suite=suite,
                metric=metric,
                slice=slice_,
                candidate=figure_of(of_slice),
                live=None,
                gain=None,
                worse=0,
                better=0,
                mcnemar=None,
                unscored=of_slice.unscored,
                live_unscored=0,
                one_sided=0,
                left_out=0,
                noise=None,
            )


def _first_items(run: Run) -> dict[CaseKey, Item]:
    return {(item.suite, item.case_id): item for item in sorted(run.items, key=lambda item: -item.repeat)}


def _unscored(scores: Iterable[Score]) -> Iterator[Unscored]:
    found: dict[tuple[str, str, str], dict[str, None]] = defaultdict(dict)
    for score in scores:
        if score.value is None:
            found[score.suite, score.metric, score.unscored][score.case_id] = None
    for (suite, metric, why), case_ids in sorted(found.items()):
        yield Unscored(suite, metric, why, tuple(case_ids))


def _costs(run: Run) -> dict[str, Cost]:
    by_suite: dict[str, list[Item]] = defaultdict(list)
    for item in run.items:
        by_suite[item.suite].append(item)
    return {suite: _cost(items) for suite, items in by_suite.items()}


def _cost(items: list[Item]) -> Cost:
    tokens = [found for item in items if (found := tokens_of(item)) is not None]
    return Cost(
        items=len(items),
        cached=sum(item.cached for item in items),
        seconds=tuple(item.seconds for item in items),
        prompt_tokens=sum(prompt for prompt, _ in tokens),
        completion_tokens=sum(written for _, written in tokens),
        has_tokens=bool(tokens),
    )


def _judged(run: Run, live: Run | None) -> Iterator[Judged]:
    """Every judge that was asked about the candidate; beside it what the same one said of the live run."""
    for judge in judges_of(run.folder):
        of_run = _by_metric(run, judge.digest)
        of_live = _by_metric(live, judge.digest) if live else {}
        for metric, scores in sorted(of_run.items()):
            counts, why = may_count(metric, judge)
            values = [score.value for score in scores if score.value is not None]
            yield Judged(
                judge=f"{judge.model} · {judge.digest}",
                metric=metric,
                mean=_mean(scores),
                live_mean=_mean(of_live.get(metric, [])),
                scored=len(values),
                unscored=len(scores) - len(values),
                counts=counts,
                why=why,
            )


def _by_metric(run: Run, digest: str) -> dict[str, list[Score]]:
    found: dict[str, list[Score]] = defaultdict(list)
    try:
        for score in judged_scores(run.folder, digest):
            found[score.metric].append(score)
    except BadRun:
        return {}
    return found


def _mean(scores: list[Score]) -> float | None:
    values = [score.value for score in scores if score.value is not None]
    return sum(values) / len(values) if values else None
