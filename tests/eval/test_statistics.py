"""Intervals are as wide as the clusters ask, pairs are sharper than two figures, and small numbers prove little."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatmate_eval.statistics import (
    Aggregate,
    Difference,
    Estimate,
    Interval,
    Observed,
    difference,
    estimate,
    holm,
    mcnemar,
    mcnemar_worse,
    more_cases,
    observed,
    rule_of_three,
    t_quantile,
)

CASES = st.lists(st.tuples(st.sampled_from([0.0, 1.0]), st.integers(0, 8)), min_size=2, max_size=40)
PAIRS = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.integers(0, 8)), min_size=2, max_size=30)
COUNTS = st.integers(0, 60)


def of(values: Sequence[float], clusters: Sequence[object] | None = None) -> Observed:
    names = [f"{name}" for name in (clusters if clusters is not None else range(len(values)))]
    return observed(values, [1.0] * len(values), names)


def known(what: Observed, how: Aggregate = "ratio", *, share: bool = True) -> Estimate:
    found = estimate(what, how, share=share)
    assert found is not None
    return found


def interval_of(found: Estimate | Difference) -> Interval:
    assert found.interval is not None
    return found.interval


def gained(candidate: Observed, live: Observed, how: Aggregate = "ratio") -> Difference:
    found = difference(candidate, live, how)
    assert found is not None
    return found


def test_a_ratio_is_of_all_facts_and_not_the_mean_of_the_shares() -> None:
    """One case with one fact of ten, one with one of one: 2 of 11."""
    assert known(observed([1, 1], [10, 1], ["a", "b"])).value == pytest.approx(2 / 11)


def test_equal_input_gives_equal_output_in_any_order() -> None:
    values, clusters = [1, 0, 1, 1, 0, 1], ["c", "a", "b", "b", "a", "d"]
    turned = known(of(values[::-1], clusters[::-1]))
    assert known(of(values, clusters)) == turned


def test_a_case_copied_within_its_cluster_makes_nothing_surer() -> None:
    values = [1.0, 0.0] * 20
    once, often = known(of(values)), known(of(np.repeat(values, 5).tolist(), np.repeat(range(40), 5).tolist()))
    taken_for_more = known(of(np.repeat(values, 5).tolist()))
    assert often.se == pytest.approx(once.se)
    assert interval_of(often) == interval_of(once)
    assert taken_for_more.se < 0.5 * once.se


def test_pairs_are_sharper_than_two_figures() -> None:
    """What is hard for one is hard for the other: only the few cases that differ move the difference."""
    live = [float(n % 3 != 0) for n in range(300)]
    candidate = [0.0 if n in (1, 100) else value for n, value in enumerate(live)]
    unpaired = math.hypot(known(of(live)).se, known(of(candidate)).se)
    assert gained(of(candidate), of(live)).se < unpaired / 5


@pytest.mark.parametrize("clusters", [25, 60])
def test_a_clustered_interval_covers_the_truth_nineteen_times_in_twenty(clusters: int) -> None:
    """Calls differ in how hard they are: 8 cases a call, a call's own rate around .7."""
    random, covered, rounds = np.random.default_rng(7), 0, 200
    for _ in range(rounds):
        rates = random.beta(7, 3, size=clusters)
        values = (random.random((clusters, 8)) < rates[:, None]).astype(float)
        found = interval_of(known(of(values.ravel().tolist(), np.repeat(range(clusters), 8).tolist())))
        covered += found.low <= 0.7 <= found.high
    assert covered / rounds >= 0.91


def test_with_few_clusters_the_wider_interval_counts() -> None:
    candidate, live = [1, 0, 1, 1, 0, 0], [1, 1, 1, 1, 1, 0]
    found = gained(of(candidate), of(live))
    assert found.bootstrap is not None
    assert found.student is not None
    assert interval_of(found).low == min(found.bootstrap.low, found.student.low) == found.student.low


def test_one_cluster_has_no_interval_and_proves_nothing() -> None:
    found = gained(of([0] * 30, ["a"] * 30), of([1] * 30, ["a"] * 30))
    assert found.interval is None
    assert found.p_below == 0.5


def test_few_clusters_prove_no_more_than_they_can() -> None:
    """Four documents, all worse: as likely by chance as four heads."""
    assert gained(of([0] * 40, [n % 4 for n in range(40)]), of([1] * 40, [n % 4 for n in range(40)])).p_below == 1 / 16


def test_all_right_is_no_proof_of_perfection() -> None:
    assert interval_of(known(of([1.0] * 60))) == Interval(0.95, 1.0)
    assert interval_of(known(of([0.0] * 60))) == Interval(0.0, 0.05)
    by_cluster = known(of([1.0] * 60, [n // 6 for n in range(60)]))
    assert interval_of(by_cluster) == Interval(0.7, 1.0)


def test_figures_that_are_no_shares_are_not_bounded_by_them() -> None:
    found = known(of([900.0, 1100.0, 1000.0] * 20), "mean", share=False)
    assert found.value == 1000
    assert 900 < interval_of(found).low < 1000 < interval_of(found).high < 1100


def test_a_percentile_is_the_smallest_value_that_so_many_do_not_exceed() -> None:
    assert known(of(list(range(1, 101))), "p95", share=False).value == 95
    assert known(of(list(range(1, 21))), "p95", share=False).value == 19
    slower = gained(of([value + 50.0 for value in range(100)]), of([float(value) for value in range(100)]), "p95")
    assert slower.value == 50
    assert interval_of(slower) == Interval(50, 50)


def test_a_side_that_told_nothing_is_no_figure() -> None:
    assert estimate(observed([0, 0], [0, 0], ["a", "b"]), "ratio") is None
    assert difference(observed([0, 0], [0, 0], ["a", "b"]), of([1, 1], ["a", "b"]), "ratio") is None


def test_a_difference_is_of_the_same_cases() -> None:
    with pytest.raises(ValueError, match="same cases"):
        difference(of([1, 0]), of([1, 0, 1]), "ratio")


def test_quantiles_of_t_are_those_of_the_tables() -> None:
    for df, expected in ((1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (10, 2.228), (30, 2.042), (1000, 1.962)):
        assert t_quantile(0.975, df) == pytest.approx(expected, rel=0.002)


def test_mcnemar_is_the_binomial_of_the_pairs_that_differ() -> None:
    assert mcnemar(5, 0) == pytest.approx(0.0625)
    assert mcnemar(10, 2) == pytest.approx(0.03857, abs=1e-5)
    assert mcnemar(0, 0) == 1
    assert mcnemar_worse(5, 0) == pytest.approx(1 / 32)
    assert mcnemar_worse(0, 5) == 1


def test_holm_corrects_the_smallest_most() -> None:
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([]) == []


def test_more_cases_bring_the_interval_inside() -> None:
    """A quarter of the width needs sixteen times the cases."""
    assert more_cases(0.2, 0.05, 50) == pytest.approx(750, abs=1)
    assert more_cases(0.2, 0.0, 50) is None
    assert more_cases(0.2, 1e-9, 50) is None


def test_what_can_be_detected_is_detected_four_times_in_five() -> None:
    random, found, rounds, cases = np.random.default_rng(3), 0, 100, 400
    clusters = [n % 100 for n in range(cases)]
    loss = 0.05
    for _ in range(rounds):
        live = random.random(cases) < 0.9
        flips = random.random(cases)
        candidate = np.where(flips < loss + 0.01, False, np.where(flips > 0.99, True, live))
        pair = gained(of(candidate.astype(float).tolist(), clusters), of(live.astype(float).tolist(), clusters))
        assert pair.detectable is not None
        found += interval_of(pair).high < 0
    assert pair.detectable < 0.05
    assert found / rounds > 0.8


@settings(max_examples=40, deadline=None)
@given(CASES)
def test_an_interval_of_shares_lies_within_the_shares(cases: list[tuple[float, int]]) -> None:
    found = known(of([value for value, _ in cases], [cluster for _, cluster in cases]))
    assert 0 <= found.value <= 1
    if found.interval is not None:
        assert 0 <= found.interval.low <= found.interval.high <= 1


@settings(max_examples=40, deadline=None)
@given(PAIRS)
def test_a_gain_is_the_others_loss(pairs: list[tuple[float, float, int]]) -> None:
    clusters = [cluster for _, _, cluster in pairs]
    ours, theirs = of([left for left, _, _ in pairs], clusters), of([right for _, right, _ in pairs], clusters)
    one, other = gained(ours, theirs), gained(theirs, ours)
    assert one.value == pytest.approx(-other.value)
    if one.interval is not None and other.interval is not None:
        assert one.interval.low == pytest.approx(-other.interval.high, abs=1e-9)
        assert -1 - 1e-9 <= one.bootstrap.low <= one.bootstrap.high <= 1 + 1e-9 if one.bootstrap else True
    assert one.p_below == other.p_above


@settings(max_examples=30, deadline=None)
@given(CASES)
def test_nothing_is_worse_than_itself(cases: list[tuple[float, int]]) -> None:
    same = of([value for value, _ in cases], [cluster for _, cluster in cases])
    found = gained(same, same)
    assert (found.value, found.se, found.p_below) == (0, 0, 1)
    assert found.interval in (None, Interval(0, 0))


@given(COUNTS, COUNTS)
def test_mcnemar_is_a_probability_and_takes_no_side(worse: int, better: int) -> None:
    p = mcnemar(worse, better)
    assert 0 < p <= 1
    assert p == mcnemar(better, worse)
    assert p >= mcnemar_worse(max(worse, better), min(worse, better)) * (1 - 1e-12)
    assert mcnemar(worse + 1, better) <= p or worse < better


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_never_makes_a_p_value_smaller_and_keeps_their_order(p_values: list[float]) -> None:
    corrected = holm(p_values)
    assert all(p <= q <= 1 for p, q in zip(p_values, corrected, strict=True))
    pairs = sorted(zip(p_values, corrected, strict=True))
    assert [q for _, q in pairs] == sorted(corrected)


@given(st.integers(1, 10_000))
def test_the_rule_of_three_is_close_to_the_exact_bound(cases: int) -> None:
    """After 0 of n, (1 - p)^n = .05; the rule is never below it."""
    exact = 1 - 0.05 ** (1 / cases)
    assert exact <= rule_of_three(cases) or rule_of_three(cases) == 1
