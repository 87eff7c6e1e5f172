"""The release gate: one verdict over one run, and where rules ask for it a run of the live release.

First the run must be whole (completeness.py). Then, in this order and each with its figures:

floor          zero in all cases and repeats. An unscored one is a breach. Cannot be waived.
minimum        by bound: passes when the interval's worse end reaches the level, fails when its better end does not,
               else more cases must say. by estimate: the figure itself reaches it or does not.
no_regression  the gain over the live release, case by case, against the margin:
                 passes  when its lower bound is above -margin (not inferior, whatever else it is);
                 fails   when the gain itself is below -margin and it is worse beyond chance;
                 else    the evidence is not enough, and it is said how many more cases would be.
               Every slice that is large enough must pass by itself. To pass needs no correction for their number: one
               that is too bad is let through no more often than alone (intersection-union, Berger 1982). To fail does:
               among many slices one looks worse by chance (Holm).

Text, JSON, page and exit status render the verdict's one outcome.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime

from seatmate.domain.knowledge import BANK_ZONE
from seatmate.domain.verdicts import Check, GateVerdict, Outcome, Waiver, outcome_of
from seatmate_eval.aggregate import WHOLE, Measured, measured
from seatmate_eval.compare import Compared, paired
from seatmate_eval.completeness import Installed, Role, completeness
from seatmate_eval.flaky import Noise, noise_of
from seatmate_eval.gates import Floor, Gates, GatesFile, Minimum, NoRegression, Slices, check_id
from seatmate_eval.metrics.catalogue import METRICS
from seatmate_eval.results import Run
from seatmate_eval.statistics import holm, more_cases, rule_of_three

Table = Mapping[tuple[str, str], Measured]


def gate(
    run: Run,
    live: Run | None,
    file: GatesFile,
    installed: Installed,
    *,
    now: datetime,
    waivers: Iterable[Waiver] = (),
    release_id: str | None = None,
    key: str = "",
) -> GateVerdict:
    """May this release go on? BadRun when a run cannot be read as what it is.

    `release_id`: the release that was asked about; without it, the one that the run says. `key` seals the verdict.
    """
    gates = file.gates
    checks = completeness(run, gates.requires, installed, now, release_id=release_id)
    run_sha256, live_sha256 = run.sha256, live.sha256 if live else None
    of_live = _live_checks(live, gates, installed, now)
    if live is not None and (live_sha256 == run_sha256 or live.manifest.run_id == run.manifest.run_id):
        of_live.append(_same_run())
    if outcome_of(tuple(checks)) is Outcome.PASS:
        table = measured(run)
        checks += [*_unscored(table, gates, run.manifest.repeats, "run"), *_floors(table, gates.floors)]
        checks += [_minimum(table, minimum, gates.confidence) for minimum in gates.minimums]
        if live is not None and outcome_of(tuple(of_live)) is Outcome.PASS:
            live_table = measured(live)
            of_live += _unscored(live_table, gates, live.manifest.repeats, "live")
            checks += _no_regressions(table, live_table, noise_of(live), gates)
    answered = (*waivers, *gates.waivers)
    final = tuple(_waived(check, answered, now.astimezone(BANK_ZONE).date()) for check in (*checks, *of_live))
    verdict = GateVerdict(
        release_id=run.manifest.release_id,
        outcome=outcome_of(final),
        checks=final,
        run_sha256=run_sha256,
        live_release_id=live.manifest.release_id if live else None,
        live_run_sha256=live_sha256,
        gates_sha256=file.sha256,
        suites_sha256={name: suite.sha256 for name, suite in run.manifest.suites.items()},
        corpus_sha256=run.manifest.corpus_sha256,
        made_at=now,
    )
    return verdict.sealed(key)


def _live_checks(live: Run | None, gates: Gates, installed: Installed, now: datetime) -> list[Check]:
    """Whether there is something to compare with. A first release has nothing: that is waived by name, not passed."""
    if live is None:
        if not gates.no_regression or not gates.requires.live_run:
            return []
        why = "no run of the live release was given, and rules compare with it"
        return [Check(id="no_regression/live-run", kind="no_regression", outcome=Outcome.INSUFFICIENT, detail=why)]
    return completeness(live, gates.requires, installed, now, "live")


def _same_run() -> Check:
    why = "it is the candidate's run: a run is no evidence beside itself"
    return Check(id="complete/live/other-run", kind="complete", outcome=Outcome.FAIL, detail=why)


def _unscored(table: Table, gates: Gates, repeats: int, role: Role) -> Iterator[Check]:
    """Graded metrics that rules look at, and that too many cases have no score of."""
    rules = {(rule.suite, rule.metric) for rule in gates.minimums}
    rules |= {(rule.suite, rule.metric) for rule in gates.no_regression}
    for suite, metric in sorted(rules & table.keys()):
        what = table[suite, metric]
        wanted = len(what.cases) * repeats
        if not what.metric.binary and what.unscored > gates.requires.max_unscored * wanted:
            yield Check(
                id=f"complete/{'' if role == 'run' else 'live/'}{suite}/unscored/{metric}",
                kind="complete",
                outcome=Outcome.FAIL,
                suite=suite,
                metric=metric,
                estimate=what.unscored / wanted,
                threshold=gates.requires.max_unscored,
                cases=len(what.cases),
                detail=f"{what.unscored} of {wanted} have no score; the first: {_first_reason(what)}",
            )


def _first_reason(what: Measured) -> str:
    return next(f"{case.case_id}: {case.unscored[0]}" for case in what.cases.values() if case.unscored)


def _floors(table: Table, floors: Iterable[Floor]) -> Iterator[Check]:
    """Every listed floor, and every other that the run scored: to leave one out of the file does not lift it."""
    listed = {(suite, floor.metric): floor.cases for floor in floors for suite in floor.suites}
    scored = {key for key, what in table.items() if what.metric.floor}
    for suite, metric in sorted(listed.keys() | scored):
        what = table.get((suite, metric), Measured(suite, METRICS[metric], {}))
        yield _floor(what, listed.get((suite, metric), 1))


def _floor(what: Measured, wanted: int) -> Check:
    cases = what.cases.values()
    zero = 0.0 if what.metric.better == "less" else 1.0
    breaches = [case for case in cases if any(value != zero for value in case.values) or case.unscored]
    count, clusters = len(what.cases), len({case.cluster for case in cases})
    if breaches:
        outcome = Outcome.FAIL
        told = "; ".join(f"{case.case_id}: {(case.unscored or (case.evidence,))[0]}" for case in breaches[:3])
        detail = f"{len(breaches)} of {count}: {told}"
    elif not count:
        outcome, detail = Outcome.FAIL, "nobody looked: the run has no case with it"
    else:
        outcome = Outcome.PASS if count >= wanted else Outcome.INSUFFICIENT
        detail = f"0 of {count}: with 95 % confidence below {rule_of_three(count):.2%}"
        if clusters < count:
            detail += f", if cases stand and fall by {clusters} clusters below {rule_of_three(clusters):.2%}"
    return Check(
        id=check_id("floor", what.suite, what.metric.name),
        kind="floor",
        outcome=outcome,
        suite=what.suite,
        metric=what.metric.name,
        estimate=len(breaches) / count if count else None,
        high=None if breaches or not count else rule_of_three(count),
        threshold=0.0,
        cases=count,
        clusters=clusters,
        more_cases=wanted - count if outcome is Outcome.INSUFFICIENT else None,
        detail=detail,
    )


def _minimum(table: Table, rule: Minimum, confidence: float) -> Check:
    what = table.get((rule.suite, rule.metric))
    found = what.of(rule.slice).estimate(confidence) if what else None
    check = Check(
        id=rule.id,
        kind="minimum",
        outcome=Outcome.FAIL,
        suite=rule.suite,
        metric=rule.metric,
        slice=rule.slice,
        threshold=rule.level,
    )
    if what is None or found is None:
        return check.model_copy(update={"detail": "no case of the run has a value"})
    sign = 1 if what.metric.better == "more" else -1
    low, high = (found.interval.low, found.interval.high) if found.interval else (None, None)
    above = _above(sign, found.value, rule.level)
    more = None
    if rule.by == "estimate":
        outcome, detail = (Outcome.PASS if above >= 0 else Outcome.FAIL), "by the figure itself"
    elif low is None or high is None:
        outcome, detail = Outcome.INSUFFICIENT, "all cases are of one cluster: there is no interval"
    else:
        worse, better = (low, high) if sign > 0 else (high, low)
        if _above(sign, worse, rule.level) >= 0:
            outcome = Outcome.PASS
        else:
            outcome = Outcome.FAIL if _above(sign, better, rule.level) < 0 else Outcome.INSUFFICIENT
        detail = f"by the {'lower' if sign > 0 else 'upper'} bound of {confidence:.0%}"
        if outcome is Outcome.INSUFFICIENT:
            end = worse if above >= 0 else better
            more = more_cases(abs(found.value - end), abs(above), found.cases)
            detail += _more(more)
    if found.cases < len(what.of(rule.slice).cases):
        detail += f"; {len(what.of(rule.slice).cases) - found.cases} cases have no score and are in no figure"
    update = {"outcome": outcome, "estimate": found.value, "low": low, "high": high, "detail": detail}
    return check.model_copy(update={**update, "cases": found.cases, "clusters": found.clusters, "more_cases": more})


def _above(sign: int, value: float, level: float) -> float:
    """How far on the good side, without the last bits of a float: 36 of 40 reach .9."""
    return sign * round(value - level, 12)


def _no_regressions(table: Table, live: Table, noise: Mapping[tuple[str, str], Noise], gates: Gates) -> Iterator[Check]:
    for rule in gates.no_regression:
        key = rule.suite, rule.metric
        if key not in table or key not in live:
            yield Check(
                id=rule.id,
                kind="no_regression",
                outcome=Outcome.FAIL,
                suite=rule.suite,
                metric=rule.metric,
                threshold=rule.margin,
                detail=f"not measured by the {'candidate' if key not in table else 'live'} run",
            )
            continue
        yield from _no_regression(table[key], live[key], rule, noise.get(key), gates.confidence)


def _no_regression(
    candidate: Measured, live: Measured, rule: NoRegression, noise: Noise | None, confidence: float
) -> Iterator[Check]:
    alpha = (1 - confidence) / 2
    whole = paired(candidate, live, WHOLE, confidence, noise.largest if noise else None)
    slices: list[Compared] = []
    small: list[Compared] = []
    if rule.slices is not None:
        for name in sorted({*candidate.slices, *live.slices}):
            of_slice = paired(candidate.of(name), live.of(name), name, confidence)
            (slices if _is_large(of_slice, rule.slices) else small).append(of_slice)
    margin = _margin(rule, rule.margin, live)
    note = f"; too small to decide: {', '.join(found.slice for found in small)}" if small else ""
    yield _decided(rule, whole, margin, _p_worse(whole), alpha, note)
    corrected = holm([_p_worse(found) for found in slices])
    for found, p in zip(slices, corrected, strict=True):
        assert rule.slices is not None, "there are slices only by rule"
        yield _decided(rule, found, _margin(rule, rule.slices.margin, live.of(found.slice)), p, alpha)


def _is_large(found: Compared, rule: Slices) -> bool:
    return found.gain is not None and found.gain.cases >= rule.cases and found.gain.clusters >= rule.clusters


def _margin(rule: NoRegression, margin: float, live: Measured) -> float:
    if not rule.relative:
        return margin
    estimate = live.estimate()
    return margin * abs(estimate.value) if estimate else margin


def _p_worse(found: Compared) -> float:
    return found.gain.p_worse if found.gain else 1.0


def _decided(rule: NoRegression, found: Compared, margin: float, p: float, alpha: float, note: str = "") -> Check:
    """Pass, fail or not enough, by the rule at the head of this file."""
    gain, more = found.gain, None
    detail = f"{found.worse} cases worse, {found.better} better"
    if gain is None or gain.low is None or gain.high is None:
        outcome = Outcome.INSUFFICIENT
        detail += "; nothing to compare" if gain is None else "; all cases are of one cluster: there is no interval"
    elif gain.low > -margin:
        outcome = Outcome.PASS
        if gain.high < 0:
            detail += "; worse beyond chance, and within the margin"
    elif gain.value < -margin and p <= alpha:
        outcome = Outcome.FAIL
        detail += f"; worse beyond chance (p = {p:.2g}{', exact' if gain.exact else ''})"
    else:
        outcome = Outcome.INSUFFICIENT
        if gain.value < -margin:
            more = more_cases(gain.high - gain.value, -gain.value, gain.cases)
        else:
            more = more_cases(gain.value - gain.low, gain.value + margin, gain.cases)
        detail += _more(more)
    if gain is not None and gain.detectable is not None:
        seen = "a difference in more clusters than {:.2g} would have shown" if not (found.worse or found.better) else ""
        detail += f"; {(seen or 'differences from {:.2g} on are found four times in five').format(gain.detectable)}"
    if found.noise is not None and found.noise > margin:
        detail += f"; the live release differs from itself by {found.noise:.3g}, more than the margin"
    if found.left_out:
        detail += f"; {found.left_out} cases have no value on one side and are left out"
    return Check(
        id=check_id("no_regression", rule.suite, rule.metric, found.slice),
        kind="no_regression",
        outcome=outcome,
        suite=rule.suite,
        metric=rule.metric,
        slice=found.slice,
        estimate=gain.value if gain else None,
        low=gain.low if gain else None,
        high=gain.high if gain else None,
        threshold=-margin,
        cases=gain.cases if gain else 0,
        clusters=gain.clusters if gain else 0,
        more_cases=more,
        detail=detail + note,
    )


def _more(more: int | None) -> str:
    return "; no number of more cases would decide it" if more is None else f"; about {more} more cases would decide it"


def _waived(check: Check, waivers: Iterable[Waiver], today: date) -> Check:
    """A check that does not pass, with who answers for it. Floors and an incomplete run are nobody's to waive."""
    if check.outcome not in (Outcome.FAIL, Outcome.INSUFFICIENT):
        return check
    detail = check.detail
    for waiver in waivers:
        if waiver.check != check.id:
            continue
        if check.kind in ("floor", "complete"):
            what = "floors" if check.kind == "floor" else "runs that are not whole"
            detail += f"; {waiver.by}'s waiver does not count: {what} are not waived"
        elif waiver.until < today:
            detail += f"; {waiver.by}'s waiver ended on {waiver.until}"
        else:
            return check.model_copy(update={"outcome": Outcome.WAIVED, "waiver": waiver})
    return check.model_copy(update={"detail": detail})
