"""What repeats of one run say about itself: cases that pass and fail by turns, and how far a figure moves by itself.

At temperature 0 outputs still change with what is batched beside them. A difference between two releases that is
smaller than the live release's difference to itself says nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from seatmate_eval.aggregate import measured
from seatmate_eval.metrics.catalogue import METRICS, Metric
from seatmate_eval.results import Run


@dataclass(frozen=True)
class Flaky:
    suite: str
    case_id: str
    metric: str
    passed: int
    failed: int


@dataclass(frozen=True)
class Noise:
    """How far a figure moves from repeat to repeat of the same release."""

    values: tuple[float, ...]
    """The figure of each repeat."""
    flaky: int
    """Cases whose verdict is not the same in all repeats; of a graded metric, whose value is not."""
    cases: int

    @property
    def largest(self) -> float:
        """Between any two repeats: the noise floor."""
        return max(self.values) - min(self.values)


def flaky_cases(run: Run, metrics: Mapping[str, Metric] = METRICS) -> list[Flaky]:
    """Cases that pass one repeat and fail another, by verdict. An unscored repeat is a failed one."""
    found = []
    for (suite, name), what in measured(run, metrics).items():
        if what.metric.binary:
            good = 1.0 if what.metric.better == "more" else 0.0
            for case in what.cases.values():
                passed = sum(value == good for value in case.values)
                if 0 < passed < len(case.values):
                    found.append(Flaky(suite, case.case_id, name, passed, len(case.values) - passed))
    return found


def noise_of(run: Run, metrics: Mapping[str, Metric] = METRICS) -> dict[tuple[str, str], Noise]:
    """By suite and metric. Empty for a run without repeats: it knows nothing of its noise."""
    if run.manifest.repeats < 2:
        return {}
    by_repeat = [measured(run, metrics, repeat=repeat) for repeat in range(1, run.manifest.repeats + 1)]
    found = {}
    for key, what in measured(run, metrics).items():
        estimates = [of_one[key].estimate() for of_one in by_repeat if key in of_one]
        values = tuple(estimate.value for estimate in estimates if estimate is not None)
        if len(values) > 1:
            moving = sum(len(set(case.values)) > 1 for case in what.cases.values())
            found[key] = Noise(values, moving, len(what.cases))
    return found
