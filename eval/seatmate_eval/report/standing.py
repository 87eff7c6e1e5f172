"""Where each case stands: worse than live, failing as before, not whole, mended, or right.

Which cases fail is said by failing.py, which values a case has by aggregate.py, and what changed by compare.py. A share
of what was told that is not perfect leaves a case not whole; a share or a verdict that is lower than live's is a step
back. Means, times and tokens are trends and fail nobody.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from seatmate_eval.aggregate import CaseScore, Measured
from seatmate_eval.compare import Comparison
from seatmate_eval.failing import failing_cases
from seatmate_eval.metrics.catalogue import PART, Metric
from seatmate_eval.results import Item, Run

DESCRIBES = frozenset({"by_model", "accepted"})
"""Shares that say how an answer was made, and not how good it is."""

MeasuredRun = Mapping[tuple[str, str], Measured]
CaseKey = tuple[str, str]
"""Suite and case id."""


class State(StrEnum):
    REGRESSED = "regressed"
    FAILING = "failing"
    PARTIAL = "partial"
    FIXED = "fixed"
    RIGHT = "right"

    @property
    def label(self) -> str:
        return {
            "regressed": "退步",
            "failing": "未通过",
            "partial": "未满分",
            "fixed": "已修复",
            "right": "通过",
        }[self.value]


@dataclass(frozen=True)
class Fault:
    """One metric by which a case fails, is not whole, or is worth less than in the live run."""

    metric: Metric
    value: float | None
    """None: it was not scored."""
    live: float | None
    is_worse: bool
    evidence: str
    unscored: tuple[str, ...]


@dataclass(frozen=True)
class Standing:
    suite: str
    case_id: str
    slices: tuple[str, ...]
    state: State
    faults: tuple[Fault, ...]
    """The failed verdicts first, floors before all."""
    items: tuple[Item, ...]
    """One a repeat."""
    is_flaky: bool
    shown: int
    """The repeat to look at: the first one that failed."""

    @property
    def key(self) -> CaseKey:
        return self.suite, self.case_id

    @property
    def gravity(self) -> tuple[bool, bool, float]:
        """Sorts the worst first: a floor, then a verdict, then by what a share lost."""
        worst = self.faults[0] if self.faults else None
        if worst is None:
            return True, True, 0.0
        sign = 1 if worst.metric.better == "more" else -1
        lost = sign * ((worst.value or 0.0) - (worst.live or 0.0)) if worst.is_worse else 0.0
        failed = fails(worst.metric, worst.value)
        return not (worst.metric.floor and failed), not failed, lost


def standings(run: Run, what: MeasuredRun, live: MeasuredRun | None, compared: Comparison | None) -> list[Standing]:
    """Every case that was run, by suite and id."""
    known = {measured.metric.name: measured.metric for measured in what.values()}
    worse = _changed_cases(compared, known, worse=True)
    better = _changed_cases(compared, known, worse=False)
    failing = failing_cases(run)
    items: dict[CaseKey, list[Item]] = defaultdict(list)
    for item in run.items:
        items[item.suite, item.case_id].append(item)
    scores: dict[CaseKey, list[tuple[Metric, CaseScore]]] = defaultdict(list)
    for (suite, _), measured in what.items():
        for case in measured.cases.values():
            scores[suite, case.case_id].append((measured.metric, case))
    found = []
    for key in sorted({*items, *scores}):
        faults = sorted(_faults(key, scores[key], live, worse), key=_gravity)
        slices = scores[key][0][1].slices if scores[key] else ()
        state = _state(key, faults, failing, better)
        flaky = any(metric.binary and len(set(case.values)) > 1 for metric, case in scores[key])
        shown = min((n for metric, case in scores[key] for n in _failed(metric, case)), default=1)
        found.append(Standing(*key, slices, state, tuple(faults), tuple(items[key]), flaky, shown))
    return found


def fails(metric: Metric, value: float | None) -> bool:
    """By a verdict only: not all repeats have the good one."""
    return metric.binary and value != (1.0 if metric.better == "more" else 0.0)


def _failed(metric: Metric, case: CaseScore) -> list[int]:
    """The numbers of the repeats whose verdict is not good."""
    return [n for n, value in enumerate(case.values, 1) if fails(metric, value)]


def _faults(
    key: CaseKey, scores: list[tuple[Metric, CaseScore]], live: MeasuredRun | None, worse: set[tuple[str, str, str]]
) -> Iterator[Fault]:
    suite, case_id = key
    for metric, case in scores:
        is_worse = (suite, metric.name, case_id) in worse
        is_part = PART in metric.name
        if is_worse or (not is_part and (fails(metric, case.value) or _is_not_whole(metric, case.value))):
            theirs = live.get((suite, metric.name)) if live is not None else None
            of_live = theirs.cases.get(case_id) if theirs is not None else None
            value = None if case.unscored and not case.evidence and metric.binary else case.value
            yield Fault(metric, value, of_live.value if of_live else None, is_worse, case.evidence, case.unscored)


def is_of_quality(metric: Metric) -> bool:
    """A verdict, or a share of facts that can be whole."""
    return metric.binary or (metric.unit == "share" and metric.aggregate == "ratio" and metric.name not in DESCRIBES)


def _is_not_whole(metric: Metric, value: float | None) -> bool:
    if metric.binary or not is_of_quality(metric) or value is None:
        return False
    return value < 1 if metric.better == "more" else value > 0


def _state(key: CaseKey, faults: list[Fault], failing: set[CaseKey], better: set[tuple[str, str, str]]) -> State:
    if any(fault.is_worse for fault in faults):
        return State.REGRESSED
    if key in failing:
        return State.FAILING
    if faults:
        return State.PARTIAL
    return State.FIXED if any((suite, case_id) == key for suite, _, case_id in better) else State.RIGHT


def _changed_cases(
    compared: Comparison | None, metrics: Mapping[str, Metric], *, worse: bool
) -> set[tuple[str, str, str]]:
    """Suite, metric and case of what changed for the worse, or for the better; trends left out."""
    if compared is None:
        return set()
    return {
        (row.suite, row.metric, changed.case_id)
        for row in compared.compared
        if (metric := metrics.get(row.metric)) is not None and is_of_quality(metric)
        for changed in (row.got_worse if worse else row.got_better)
    }


def _gravity(fault: Fault) -> tuple[bool, bool, bool, bool]:
    failed = fails(fault.metric, fault.value)
    return not (fault.metric.floor and failed), not (failed and fault.is_worse), not failed, not fault.is_worse
