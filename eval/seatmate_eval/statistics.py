"""How sure a figure is: intervals over clusters, paired differences, McNemar, and how many cases would decide.

Cases of one cluster (a document, a call) stand and fall together, so whole clusters are drawn and counted, never single
cases. Knows arrays only: no run, no metric's name, no gate. Every draw has the same seed: equal input, equal output.

Sources: clustered errors, paired differences and power, Miller 2024, arXiv 2411.00640; percentile bootstrap, Efron and
Tibshirani 1993, §13.3; by cluster, Cameron, Gelbach and Miller 2008; McNemar 1947, exact by the binomial; rule of
three, Hanley and Lippman-Hand 1983; step-down correction, Holm 1979; t quantile, Abramowitz and Stegun 26.7.5.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Literal

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Aggregate = Literal["ratio", "mean", "p95"]

DRAWS = 10_000
SEED = 20_241_100
FEW_CLUSTERS = 20
"""Below it the percentile bootstrap is too narrow (Cameron et al. 2008): the wider of it and the t interval counts."""
POWER = 0.8
_AT_ONCE = 1_000_000
"""Numbers drawn at once: a bound on memory, not on precision."""


@dataclass(frozen=True)
class Observed:
    """One metric of one run, a place a case: Σ value·weight and Σ weight (of its repeats, divided by them), and which
    cluster it is of, by number from 0. A case whose weight is 0 told nothing: it has a place and adds nothing."""

    totals: Floats
    weights: Floats
    clusters: Ints


@dataclass(frozen=True)
class Interval:
    low: float
    high: float


@dataclass(frozen=True)
class Estimate:
    value: float
    se: float
    """Clustered standard error; of a percentile, the standard deviation of its draws."""
    interval: Interval | None
    """None with fewer than two clusters: there is nothing to draw."""
    cases: int
    clusters: int


@dataclass(frozen=True)
class Difference:
    """Candidate minus live on the same cases, in the metric's own direction."""

    value: float
    se: float
    interval: Interval | None
    bootstrap: Interval | None
    student: Interval | None
    """Estimate ± t · clustered error, clusters − 1 degrees of freedom."""
    p_below: float
    """Bootstrap: how often the difference comes out at 0 or above; small says that the candidate has less."""
    p_above: float
    """The same for 0 or below; small says that the candidate has more."""
    detectable: float | None
    """The smallest difference that such a comparison finds four times in five."""
    cases: int
    clusters: int


def observed(totals: Sequence[float], weights: Sequence[float], clusters: Sequence[str]) -> Observed:
    """From plain lists. Clusters are numbered by name, so that the order of the cases changes nothing."""
    numbers = {name: number for number, name in enumerate(sorted(set(clusters)))}
    return Observed(
        np.asarray(totals, dtype=np.float64),
        np.asarray(weights, dtype=np.float64),
        np.asarray([numbers[name] for name in clusters], dtype=np.int64),
    )


def estimate(what: Observed, how: Aggregate, confidence: float = 0.95, *, share: bool = True) -> Estimate | None:
    """A value with its interval. None when nothing was told at all.

    `share`: the values lie between 0 and 1. Then all wrong or all right is no proof of 0 or 1: the far end is that of
    the rule of three over clusters, where drawing would give no width.
    """
    statistic = _statistic(what, how)
    clusters = _number_of(what)
    value = float(statistic(np.ones((1, clusters)))[0])
    if math.isnan(value):
        return None
    draws = _drawn(statistic, clusters)
    interval = _percentiles(draws, confidence) if clusters > 1 else None
    se = _error_of(_residuals(what, value)) if how != "p95" else _spread(draws)
    if interval is not None and how != "p95" and clusters < FEW_CLUSTERS:
        interval = _wider(interval, _student(value, se, clusters, confidence))
    if interval is not None and share:
        interval = Interval(max(0.0, interval.low), min(1.0, interval.high))
        if value in (0.0, 1.0) and how != "p95":
            bound = rule_of_three(clusters)
            interval = Interval(0.0, bound) if value == 0 else Interval(1 - bound, 1.0)
    return Estimate(value, se, interval, len(what.totals), clusters)


def difference(
    candidate: Observed, live: Observed, how: Aggregate, confidence: float = 0.95, *, share: bool = True
) -> Difference | None:
    """Candidate minus live, each cluster drawn with both its sides. None when a side told nothing at all.

    Pairing is what makes it sharp: what is hard for one release is hard for the other, and cancels.
    """
    if len(candidate.totals) != len(live.totals) or not np.array_equal(candidate.clusters, live.clusters):
        raise ValueError("a difference is of the same cases in the same order")
    left, right = _statistic(candidate, how), _statistic(live, how)
    clusters = _number_of(candidate)
    every = np.ones((1, clusters))
    sides = float(left(every)[0]), float(right(every)[0])
    if any(math.isnan(side) for side in sides):
        return None
    value = sides[0] - sides[1]
    draws = np.zeros(1) if _is_same(candidate, live) else _drawn(lambda times: left(times) - right(times), clusters)
    se = _spread(draws) if how == "p95" else _error_of(_residuals(candidate, sides[0]) - _residuals(live, sides[1]))
    bootstrap = _percentiles(draws, confidence) if clusters > 1 else None
    student = _student(value, se, clusters, confidence) if clusters > 1 else None
    interval = bootstrap
    if bootstrap is not None and student is not None and clusters < FEW_CLUSTERS:
        interval = _wider(bootstrap, student)
    return Difference(
        value=value,
        se=se,
        interval=interval,
        bootstrap=bootstrap,
        student=student,
        p_below=_chance(draws >= 0, clusters),
        p_above=_chance(draws <= 0, clusters),
        detectable=_detectable(se, clusters, confidence, share),
        cases=len(candidate.totals),
        clusters=clusters,
    )


def mcnemar(worse: int, better: int) -> float:
    """Exact, two-sided: of the cases in which the two differ, is one side's share a half? 1 when none differs.

    Only for independent cases: where a cluster holds several, the bootstrap decides and this is shown beside it.
    """
    return min(1.0, 2 * _binomial_tail(max(worse, better), worse + better))


def mcnemar_worse(worse: int, better: int) -> float:
    """Exact, one-sided: how likely are as many losses or more among the cases that differ, if both are equally good?"""
    return _binomial_tail(worse, worse + better)


def rule_of_three(cases: int) -> float:
    """After 0 of n, the rate is below 3/n with 95 % confidence."""
    return min(1.0, 3 / cases) if cases else 1.0


def holm(p_values: Sequence[float]) -> list[float]:
    """Each p value corrected for being one of several, in the order given. Never below the p value itself."""
    order = sorted(range(len(p_values)), key=lambda place: p_values[place])
    corrected, most = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(order):
        most = max(most, min(1.0, p_values[place] * (len(p_values) - rank)))
        corrected[place] = most
    return corrected


def more_cases(half_width: float, distance: float, cases: int) -> int | None:
    """About how many more cases bring the end of an interval, `half_width` from the estimate, to within `distance`.

    Widths shrink with the square root of the cases, if new ones are like the old. None: no number of them would.
    """
    if distance <= 0 or not math.isfinite(half_width):
        return None
    wanted = math.ceil(cases * (half_width / distance) ** 2)
    return max(1, wanted - cases + 1) if wanted < 1_000_000 else None


def t_quantile(probability: float, df: int) -> float:
    """Student's t. Exact for one and two degrees of freedom, within 0.2 % from three on."""
    if df < 1:
        raise ValueError("t has at least one degree of freedom")
    if df == 1:
        return math.tan(math.pi * (probability - 0.5))
    if df == 2:
        return (2 * probability - 1) * math.sqrt(2 / (4 * probability * (1 - probability)))
    z = NormalDist().inv_cdf(probability)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92_160,
    )
    return z + float(sum(term / df**power for power, term in enumerate(terms, start=1)))


_Statistic = Callable[[Floats], Floats]
"""From how often each cluster was drawn, a row a draw, to the metric's value of each draw; NaN where a draw told
nothing."""


def _is_same(one: Observed, other: Observed) -> bool:
    return np.array_equal(one.totals, other.totals) and np.array_equal(one.weights, other.weights)


def _statistic(what: Observed, how: Aggregate) -> _Statistic:
    if how == "p95":
        return _percentile_of(what, 0.95)
    clusters = _number_of(what)
    totals = np.bincount(what.clusters, weights=what.totals, minlength=clusters)
    weights = np.bincount(what.clusters, weights=what.weights, minlength=clusters)

    def ratio(times: Floats) -> Floats:
        below = times @ weights
        values: Floats = np.full(len(times), np.nan)
        np.divide(times @ totals, below, out=values, where=below > 0)
        return values

    return ratio


def _percentile_of(what: Observed, share: float) -> _Statistic:
    """The smallest value that at least this share of the drawn cases does not exceed (nearest rank)."""
    told = what.weights > 0
    values = what.totals[told] / what.weights[told]
    order = np.argsort(values, kind="stable")
    ordered, owner = values[order], what.clusters[told][order]

    def percentile(times: Floats) -> Floats:
        if not len(ordered):
            return np.full(len(times), np.nan)
        upto = times[:, owner].cumsum(axis=1)
        wanted = np.ceil(share * upto[:, -1:] - 1e-9)
        found = ordered[np.argmax(upto >= np.maximum(wanted, 1), axis=1)]
        return np.where(upto[:, -1] > 0, found, np.nan)

    return percentile


def _drawn(statistic: _Statistic, clusters: int) -> Floats:
    """The statistic of 10,000 draws of as many clusters, with replacement. Draws that told nothing are left out."""
    found = np.concatenate([statistic(times) for times in _times_drawn(clusters)])
    told: Floats = found[~np.isnan(found)]
    return told


def _times_drawn(clusters: int) -> Iterable[Floats]:
    """How often each cluster is drawn, in batches. The same for every metric over as many clusters."""
    return _few_times_drawn(clusters) if clusters * DRAWS <= _AT_ONCE else _batches(clusters)


@lru_cache(maxsize=16)
def _few_times_drawn(clusters: int) -> tuple[Floats, ...]:
    return tuple(_batches(clusters))


def _batches(clusters: int) -> Iterator[Floats]:
    generator = np.random.default_rng(SEED)
    step = max(1, min(DRAWS, _AT_ONCE // clusters))
    for begin in range(0, DRAWS, step):
        rows = min(step, DRAWS - begin)
        drawn = generator.integers(clusters, size=(rows, clusters)) + np.arange(rows)[:, None] * clusters
        yield np.bincount(drawn.ravel(), minlength=rows * clusters).reshape(rows, clusters).astype(np.float64)


def _chance(draws: npt.NDArray[np.bool_], clusters: int) -> float:
    """The share of draws, never 0, and never below what so many clusters could show if all fell on one side."""
    return float(max((1 + np.count_nonzero(draws)) / (1 + len(draws)), 0.5**clusters))


def _number_of(what: Observed) -> int:
    return int(what.clusters.max()) + 1 if len(what.clusters) else 0


def _percentiles(draws: Floats, confidence: float) -> Interval | None:
    if not len(draws):
        return None
    tail = 50 * (1 - confidence)
    low, high = np.percentile(draws, [tail, 100 - tail])
    return Interval(float(low), float(high))


def _residuals(what: Observed, value: float) -> Floats:
    """What each cluster adds to the error of Σ total / Σ weight (the delta method)."""
    clusters = _number_of(what)
    totals = np.bincount(what.clusters, weights=what.totals, minlength=clusters)
    weights = np.bincount(what.clusters, weights=what.weights, minlength=clusters)
    residuals: Floats = (totals - value * weights) / weights.sum()
    return residuals


def _error_of(residuals: Floats) -> float:
    """Clustered standard error, with the correction for few clusters (Miller 2024, appendix A)."""
    clusters = len(residuals)
    return float(np.sqrt(clusters / (clusters - 1) * np.sum(residuals**2))) if clusters > 1 else 0.0


def _spread(draws: Floats) -> float:
    return float(np.std(draws)) if len(draws) else 0.0


def _student(value: float, se: float, clusters: int, confidence: float) -> Interval:
    width = t_quantile(0.5 + confidence / 2, clusters - 1) * se
    return Interval(value - width, value + width)


def _wider(left: Interval, right: Interval) -> Interval:
    return Interval(min(left.low, right.low), max(left.high, right.high))


def _detectable(se: float, clusters: int, confidence: float, share: bool) -> float | None:
    """(z of the confidence + z of the power) · error. Where no case differs there is no error to go by: then what the
    rule of three leaves open, and nothing for values that are no shares."""
    if clusters < 2:
        return None
    if se == 0:
        return rule_of_three(clusters) if share else None
    normal = NormalDist()
    return (normal.inv_cdf(0.5 + confidence / 2) + normal.inv_cdf(POWER)) * se


def _binomial_tail(at_least: int, trials: int) -> float:
    """P(X ≥ at_least) for a fair coin thrown so often."""
    if trials == 0:
        return 1.0
    return float(sum(math.comb(trials, heads) for heads in range(at_least, trials + 1)) / 2**trials)
