"""From a run's scores to one figure a suite, metric and slice. Here it is decided what an unscored case counts as.

A verdict (binary metric) that is not there is a failure: who crashes does not pass. A graded value that is not there is
no number: the case is left out of the figure and counted beside it, and the gate does not let many of them through.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from seatmate_eval.metrics.catalogue import METRICS, Metric
from seatmate_eval.results import BadRun, Run, Score
from seatmate_eval.statistics import Estimate, Observed, estimate, observed

WHOLE = ""
"""The name of no slice: all cases of the suite."""


@dataclass(frozen=True)
class CaseScore:
    """One case under one metric, its repeats put together: Σ value·weight and Σ weight, divided by the repeats."""

    case_id: str
    cluster: str
    slices: tuple[str, ...]
    total: float
    weight: float
    values: tuple[float, ...]
    """What each repeat counts as: an unscored verdict is in it as a failure, an unscored grade is not."""
    unscored: tuple[str, ...]
    """Why, for each repeat that has no score."""
    evidence: str

    @property
    def is_scored(self) -> bool:
        return self.weight > 0

    @property
    def value(self) -> float | None:
        return self.total / self.weight if self.is_scored else None


@dataclass(frozen=True)
class Measured:
    """All cases of a suite, or of a slice of it, under one metric."""

    suite: str
    metric: Metric
    cases: Mapping[str, CaseScore]

    @cached_property
    def slices(self) -> tuple[str, ...]:
        return tuple(sorted({name for case in self.cases.values() for name in case.slices}))

    @property
    def unscored(self) -> int:
        """Repeats of cases without a score."""
        return sum(len(case.unscored) for case in self.cases.values())

    def of(self, slice_: str) -> "Measured":
        if slice_ == WHOLE:
            return self
        kept = {case_id: case for case_id, case in self.cases.items() if slice_ in case.slices}
        return Measured(self.suite, self.metric, kept)

    def estimate(self, confidence: float = 0.95) -> Estimate | None:
        """None when no case has a value."""
        scored = [case for case in self.cases.values() if case.is_scored]
        if not scored:
            return None
        share = self.metric.unit == "share"
        return estimate(_observed(scored), self.metric.aggregate, confidence, share=share)


def measured(
    run: Run, metrics: Mapping[str, Metric] = METRICS, *, repeat: int | None = None
) -> dict[tuple[str, str], Measured]:
    """Everything that a run measured, by suite and metric; of all repeats, or of one. BadRun for a metric that the
    catalogue does not know."""
    rows: dict[tuple[str, str], dict[str, list[Score]]] = defaultdict(lambda: defaultdict(list))
    for score in run.scores:
        if repeat is None or score.repeat == repeat:
            rows[score.suite, score.metric][score.case_id].append(score)
    repeats = run.manifest.repeats if repeat is None else 1
    found = {}
    for (suite, name), cases in sorted(rows.items()):
        if name not in metrics:
            raise BadRun(f"{run.folder}: {name} is no metric that is known")
        metric = metrics[name]
        found[suite, name] = Measured(
            suite, metric, {case_id: _case(scores, metric, repeats) for case_id, scores in sorted(cases.items())}
        )
    return found


def failure(metric: Metric) -> float:
    """What a verdict that is not there counts as."""
    return 0.0 if metric.better == "more" else 1.0


def _case(scores: list[Score], metric: Metric, repeats: int) -> CaseScore:
    first = scores[0]
    values, weights = [], []
    for score in sorted(scores, key=lambda score: score.repeat):
        value = failure(metric) if score.value is None and metric.binary else score.value
        if value is not None:
            values.append(value)
            weights.append(score.weight)
    if metric.aggregate == "ratio":
        total = sum(value * weight for value, weight in zip(values, weights, strict=True)) / repeats
        weight = sum(weights) / repeats
    else:
        total, weight = (sum(values) / len(values), 1.0) if values else (0.0, 0.0)
    return CaseScore(
        case_id=first.case_id,
        cluster=first.cluster,
        slices=first.slices,
        total=total,
        weight=weight,
        values=tuple(values),
        unscored=tuple(score.unscored for score in scores if score.value is None),
        evidence=" | ".join(dict.fromkeys(score.evidence for score in scores if score.evidence)),
    )


def _observed(cases: Iterable[CaseScore]) -> Observed:
    rows = [(case.total, case.weight, case.cluster) for case in cases]
    totals, weights, clusters = zip(*rows, strict=True)
    return observed(totals, weights, clusters)
