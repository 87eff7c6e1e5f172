"""Which cases of a run are worth running again: those with an error, without a score, or with one that is not good.

A verdict decides where a case has one (`right`). Where none is given, as of calls and searches, every share of what the
gold wants counts that is not perfect. Trends, times and tokens fail nothing.
"""

from collections import defaultdict
from collections.abc import Iterable

from seatmate_eval.metrics.catalogue import METRICS
from seatmate_eval.results import Run, Score


def failing_cases(run: Run) -> set[tuple[str, str]]:
    """(suite, case id) of every case that failed in any repeat."""
    by_case: dict[tuple[str, str], list[Score]] = defaultdict(list)
    for score in run.scores:
        by_case[score.suite, score.case_id].append(score)
    failed = {(item.suite, item.case_id) for item in run.items if item.error}
    return failed | {case for case, scores in by_case.items() if _fails(scores)}


def _fails(scores: Iterable[Score]) -> bool:
    known = [(score, METRICS[score.metric]) for score in scores if score.metric.partition("/")[0] in METRICS]
    judged = any(metric.binary and not metric.floor for _, metric in known)
    for score, metric in known:
        wanted = metric.binary or (metric.aggregate == "ratio" and not metric.of_told and not judged)
        if score.value is None or (wanted and score.value != (1.0 if metric.better == "more" else 0.0)):
            return True
    return False
