"""Two runs side by side, case by case: where the candidate is better, where worse, and how sure that is.

Only runs that measured the same are compared. Gains are turned so that more is better whatever the metric's direction.
Decides nothing: gate.py does.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from seatmate.domain.model import Shape
from seatmate_eval.aggregate import WHOLE, CaseScore, Measured, failure, measured
from seatmate_eval.flaky import noise_of
from seatmate_eval.metrics.catalogue import METRICS, PART, Metric
from seatmate_eval.results import Run, RunState
from seatmate_eval.statistics import Difference, Interval, difference, mcnemar, mcnemar_worse, observed

SMALLEST_SLICE = 5
"""Of fewer cases a comparison says nothing; the cases themselves are among those that changed."""


class NotComparable(Exception):
    """The two runs did not measure the same; says every reason."""


class Verdict(StrEnum):
    """What an interval says of a gain: it lies above 0, below it, or has it within."""

    BETTER = "better"
    WORSE = "worse"
    NOT_TOLD_APART = "not told apart"


class Figure(Shape):
    value: float
    low: float | None
    high: float | None
    weight: float
    """Of how much the value is a share or a mean: sentences, facts, points; of a verdict, cases."""
    cases: int
    clusters: int


class Gain(Shape):
    """Candidate against live where both have the case; above 0 the candidate is better."""

    value: float
    low: float | None
    """None with a single cluster."""
    high: float | None
    t_low: float | None
    t_high: float | None
    verdict: Verdict
    detectable: float | None
    """The smallest difference that this comparison finds four times in five."""
    p_worse: float
    """One-sided: so often a release that is as good would look as bad. Exact (McNemar) where cases are independent."""
    exact: bool
    cases: int
    clusters: int


class Changed(Shape):
    """A case that is not worth the same in both runs."""

    case_id: str
    slices: tuple[str, ...]
    candidate: float | None
    """None: the candidate told nothing here that could be counted."""
    live: float | None
    gain: float
    evidence: str
    live_evidence: str


class Compared(Shape):
    """One suite, metric and slice ("" is the whole suite)."""

    suite: str
    metric: str
    slice: str
    candidate: Figure | None
    live: Figure | None
    gain: Gain | None
    """None when one of the two has nothing to compare."""
    worse: int
    """Cases that got worse: b of McNemar's table."""
    better: int
    mcnemar: float | None
    """Two-sided, exact; None for graded metrics, repeats and shares of what was told. Where a cluster holds several
    cases it is too sure, and the gain's interval counts."""
    unscored: int
    live_unscored: int
    one_sided: int
    """Cases in which only one of the two told something; they count on that side alone."""
    left_out: int
    """Cases without a value on one side, in neither figure of the gain."""
    noise: float | None
    """How far the live release is from itself between two of its repeats, at most. None: it was not repeated."""
    got_worse: tuple[Changed, ...] = ()
    """Of the whole suite only, worst first."""
    got_better: tuple[Changed, ...] = ()


class Comparison(Shape):
    run_id: str
    release_id: str
    release: dict[str, str]
    """The parts of the candidate's release, by hash or name."""
    run_sha256: str
    live_run_id: str
    live_release_id: str
    live_release: dict[str, str]
    live_run_sha256: str
    notes: tuple[str, ...]
    """What a reader must know: another corpus, suites that only one has."""
    compared: tuple[Compared, ...]
    together: tuple[Compared, ...]
    """Metrics of several suites over all their cases at once (no suite's name), without the cases that changed."""


def compare(candidate: Run, live: Run, metrics: Mapping[str, Metric] = METRICS, confidence: float = 0.95) -> Comparison:
    """Every suite, metric and slice of some cases. NotComparable when the two did not measure the same."""
    reasons = list(reasons_against(candidate, live))
    if reasons:
        raise NotComparable("; ".join(reasons))
    left, right = measured(candidate, metrics), measured(live, metrics)
    noise = noise_of(live, metrics)
    both = sorted(left.keys() & right.keys())
    compared = []
    for key in both:
        found = noise.get(key)
        for slice_ in (WHOLE, *_slices(left[key], right[key])):
            moves = found.largest if found and slice_ == WHOLE else None
            compared.append(paired(left[key].of(slice_), right[key].of(slice_), slice_, confidence, moves))
    return Comparison(
        run_id=candidate.manifest.run_id,
        release_id=candidate.manifest.release_id,
        release=candidate.manifest.release,
        run_sha256=candidate.sha256,
        live_run_id=live.manifest.run_id,
        live_release_id=live.manifest.release_id,
        live_release=live.manifest.release,
        live_run_sha256=live.sha256,
        notes=tuple(_notes(candidate, live, left.keys() ^ right.keys())),
        compared=tuple(compared),
        together=tuple(_together(left, right, both, confidence)),
    )


def _together(
    left: Mapping[tuple[str, str], Measured],
    right: Mapping[tuple[str, str], Measured],
    both: list[tuple[str, str]],
    confidence: float,
) -> Iterator[Compared]:
    """One suite of fifty cases tells little apart, five of them more. A document is one cluster in all of them."""
    for metric in sorted({name for _, name in both}):
        suites = [suite for suite, name in both if name == metric]
        if len(suites) > 1 and PART not in metric:
            ours, theirs = (_joined([of_run[suite, metric] for suite in suites]) for of_run in (left, right))
            yield paired(ours, theirs, confidence=confidence).model_copy(update={"got_worse": (), "got_better": ()})


def _joined(parts: list[Measured]) -> Measured:
    """Two suites may call a case by one name: a case is its suite's."""
    cases = {
        f"{part.suite}:{case_id}": replace(case, case_id=f"{part.suite}:{case_id}")
        for part in parts
        for case_id, case in part.cases.items()
    }
    return Measured("", parts[0].metric, cases)


def reasons_against(candidate: Run, live: Run) -> Iterator[str]:
    """Why these two cannot be compared."""
    for role, run in (("the candidate's", candidate), ("the live", live)):
        if run.manifest.state is not RunState.COMPLETE:
            yield f"{role} run {run.manifest.run_id} is not complete"
    ours, theirs = candidate.manifest, live.manifest
    if ours.failed_of or theirs.failed_of:
        yield "one of them ran only cases that had failed before"
    if ours.limit != theirs.limit:
        yield f"one run is limited to {ours.limit} cases a suite, the other to {theirs.limit}"
    if ours.code != theirs.code:
        yield f"they were measured by different code: {ours.code} and {theirs.code}"
    both = sorted(ours.suites.keys() & theirs.suites.keys())
    if not both:
        yield "they have no suite in common"
    for suite in both:
        if ours.suites[suite].sha256 != theirs.suites[suite].sha256:
            yield f"the cases of {suite} are not the same"


def paired(
    candidate: Measured, live: Measured, slice_: str = WHOLE, confidence: float = 0.95, noise: float | None = None
) -> Compared:
    """One metric over the same cases of both. An absent verdict is a failure, an absent grade is left out and counted;
    where a metric is a share of what was told, who told nothing adds nothing to its side."""
    metric = candidate.metric
    pairs = [_pair(metric, candidate.cases.get(name), live.cases.get(name)) for name in _union(candidate, live)]
    counted = [pair for pair in pairs if pair.counts]
    changed = [pair.changed for pair in counted if pair.changed is not None]
    worse = sorted((case for case in changed if case.gain < 0), key=lambda case: (case.gain, case.case_id))
    better = sorted((case for case in changed if case.gain > 0), key=lambda case: (-case.gain, case.case_id))
    table = metric.binary and all(pair.is_verdict for pair in counted)
    independent = table and len({pair.cluster for pair in counted}) == len(counted)
    found = _difference(metric, counted, confidence)
    return Compared(
        suite=candidate.suite,
        metric=metric.name,
        slice=slice_,
        candidate=figure_of(candidate, confidence),
        live=figure_of(live, confidence),
        gain=None if found is None else _gain(found, metric, _exact(worse, better) if independent else None),
        worse=len(worse),
        better=len(better),
        mcnemar=mcnemar(len(worse), len(better)) if table else None,
        unscored=candidate.unscored,
        live_unscored=live.unscored,
        one_sided=sum(pair.one_sided for pair in counted),
        left_out=len(pairs) - len(counted),
        noise=noise,
        got_worse=tuple(worse) if slice_ == WHOLE else (),
        got_better=tuple(better) if slice_ == WHOLE else (),
    )


@dataclass(frozen=True)
class _Side:
    total: float
    weight: float


_NOTHING_TOLD = _Side(0.0, 0.0)


@dataclass(frozen=True)
class _Pair:
    """One case on both sides. `counts` is False for a case that has no value on one of them."""

    cluster: str
    counts: bool
    candidate: _Side
    live: _Side
    one_sided: bool
    changed: Changed | None

    @property
    def is_verdict(self) -> bool:
        return all(side.weight == 1 and side.total in (0, 1) for side in (self.candidate, self.live))


def _slices(candidate: Measured, live: Measured) -> list[str]:
    """By name, without those of a handful of cases."""
    names = sorted({*candidate.slices, *live.slices})
    return [name for name in names if max(len(side.of(name).cases) for side in (candidate, live)) >= SMALLEST_SLICE]


def _union(candidate: Measured, live: Measured) -> list[str]:
    return sorted(candidate.cases.keys() | live.cases.keys())


def _pair(metric: Metric, candidate: CaseScore | None, live: CaseScore | None) -> _Pair:
    known = candidate or live
    assert known is not None, "a case of the union is of one of them"
    sides = [_side(metric, mine, other) for mine, other in ((candidate, live), (live, candidate))]
    ours, theirs = sides
    if ours is None or theirs is None:
        return _Pair(known.cluster, False, _NOTHING_TOLD, _NOTHING_TOLD, False, None)
    one_sided = (ours.weight == 0) != (theirs.weight == 0)
    return _Pair(known.cluster, True, ours, theirs, one_sided, _changed(metric, known, candidate, live, ours, theirs))


def _side(metric: Metric, mine: CaseScore | None, other: CaseScore | None) -> _Side | None:
    """What a case counts as on one side; None when it cannot count."""
    if mine is not None:
        return _Side(mine.total, mine.weight) if mine.is_scored else None
    if metric.of_told:
        return _NOTHING_TOLD if metric.aggregate == "ratio" else None
    if metric.binary and other is not None:
        return _Side(failure(metric) * other.weight, other.weight)
    return None


def _changed(
    metric: Metric, known: CaseScore, candidate: CaseScore | None, live: CaseScore | None, ours: _Side, theirs: _Side
) -> Changed | None:
    if ours.weight == 0 or theirs.weight == 0:
        return None
    values = ours.total / ours.weight, theirs.total / theirs.weight
    gain = _sign(metric) * (values[0] - values[1])
    if abs(gain) < 1e-12:
        return None
    return Changed(
        case_id=known.case_id,
        slices=known.slices,
        candidate=values[0] if candidate else None,
        live=values[1] if live else None,
        gain=gain,
        evidence=_evidence(candidate),
        live_evidence=_evidence(live),
    )


def _evidence(case: CaseScore | None) -> str:
    if case is None:
        return "no score"
    return " | ".join((*(f"unscored: {why}" for why in dict.fromkeys(case.unscored)), *filter(None, (case.evidence,))))


def _sign(metric: Metric) -> int:
    return 1 if metric.better == "more" else -1


def _difference(metric: Metric, pairs: list[_Pair], confidence: float) -> Difference | None:
    if not pairs:
        return None
    clusters = [pair.cluster for pair in pairs]
    sides = [[pair.candidate for pair in pairs], [pair.live for pair in pairs]]
    ours, theirs = (
        observed([side.total for side in of_run], [side.weight for side in of_run], clusters) for of_run in sides
    )
    return difference(ours, theirs, metric.aggregate, confidence, share=metric.unit == "share")


def _gain(found: Difference, metric: Metric, exact: float | None) -> Gain:
    more = metric.better == "more"
    low, high = _turned(found.interval, more)
    t_low, t_high = _turned(found.student, more)
    return Gain(
        value=_sign(metric) * found.value + 0.0,
        low=low,
        high=high,
        t_low=t_low,
        t_high=t_high,
        verdict=_verdict(low, high),
        detectable=found.detectable,
        p_worse=exact if exact is not None else (found.p_below if more else found.p_above),
        exact=exact is not None,
        cases=found.cases,
        clusters=found.clusters,
    )


def _verdict(low: float | None, high: float | None) -> Verdict:
    if low is None or high is None:
        return Verdict.NOT_TOLD_APART
    return Verdict.BETTER if low > 0 else Verdict.WORSE if high < 0 else Verdict.NOT_TOLD_APART


def _exact(worse: list[Changed], better: list[Changed]) -> float:
    return mcnemar_worse(len(worse), len(better))


def _turned(interval: Interval | None, more: bool) -> tuple[float | None, float | None]:
    if interval is None:
        return None, None
    ends = (interval.low, interval.high) if more else (-interval.high, -interval.low)
    return ends[0] + 0.0, ends[1] + 0.0  # no -0.0


def figure_of(what: Measured, confidence: float = 0.95) -> Figure | None:
    """None when no case has a value."""
    found = what.estimate(confidence)
    if found is None:
        return None
    low, high = _turned(found.interval, True)
    weight = sum(case.weight for case in what.cases.values())
    return Figure(value=found.value, low=low, high=high, weight=weight, cases=found.cases, clusters=found.clusters)


def _notes(candidate: Run, live: Run, one_sided: set[tuple[str, str]]) -> Iterator[str]:
    ours, theirs = candidate.manifest, live.manifest
    if candidate.sha256 == live.sha256:
        yield "this is one run compared with itself"
    if ours.corpus_sha256 != theirs.corpus_sha256:
        yield "the two runs answered from different documents: a difference may be theirs and not the release's"
    if ours.limit is not None:
        yield f"both runs are limited to {ours.limit} cases a suite: a look, not a measurement"
    if ours.repeats != theirs.repeats:
        yield f"the candidate was run {ours.repeats} times, the live release {theirs.repeats} times"
    for suite in sorted(ours.suites.keys() ^ theirs.suites.keys()):
        yield f"{suite} is only in the {'candidate' if suite in ours.suites else 'live'} run"
    both = ours.suites.keys() & theirs.suites.keys()
    for suite, metric in sorted(key for key in one_sided if key[0] in both):
        yield f"{metric} of {suite} was measured in one run only"
