"""The figures of a run as the page draws them: an overview, each suite's slices, every metric, and how long it took."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from statistics import quantiles

from markupsafe import Markup

from seatmate.domain.verdicts import GateVerdict
from seatmate_eval.aggregate import WHOLE
from seatmate_eval.compare import Compared, Figure
from seatmate_eval.metrics.catalogue import METRICS, PART, Metric
from seatmate_eval.report import words
from seatmate_eval.report.charts import (
    Interval,
    Scale,
    axis,
    histogram,
    interval_plot,
    scale_of,
    scale_of_rates,
    scale_of_times,
)
from seatmate_eval.report.content import Content, Cost

HEADLINES = (
    "right",
    "refusal_recall",
    "recall_at_8",
    "recall_at_5",
    "line_recall",
    "node_met",
    "kyc_recall",
    "hidden",
    "attack_withheld",
)
"""What a suite is known by in the overview: the first of these that it has."""
_MOST = 8
"""Slices of a suite that are drawn; the tables have all."""
_FEWEST = 2
"""Of a slice of fewer cases nothing is said by a figure: its case is among the cases."""


@dataclass(frozen=True)
class Row:
    """One line of a dot plot."""

    title: str
    key: str
    value: str
    range: str
    change: str
    change_range: str
    trend: str
    """`up` is better and beyond chance, `down` is worse."""
    cases: str
    plot: Markup
    more: str = ""
    """Of the comparison: worse and better cases, what it could find."""


@dataclass(frozen=True)
class Plot:
    title: str
    note: str
    axis: Markup
    rows: tuple[Row, ...]


@dataclass(frozen=True)
class SuiteFigures:
    name: str
    word: str
    plots: tuple[Plot, ...]
    """Shares of which more is better, shares of which less is, and the rest."""
    slices: tuple[Plot, ...]
    """One for each metric that has slices."""


@dataclass(frozen=True)
class Times:
    word: str
    name: str
    note: str
    axis: Markup
    plot: Markup


def overview(content: Content) -> Plot | None:
    """A line a suite, by its headline metric; the gate's minimum where there is one."""
    rows = [row for suite in content.suites if (row := _headline(content, suite)) is not None]
    if not rows:
        return None
    scale = scale_of_rates(_values(rows))
    levels = _levels(content.verdict)
    drawn = tuple(
        _row(row, scale, words.suite_word(row.suite), f"{METRICS[row.metric].label} · {row.suite}", levels)
        for row in rows
    )
    return Plot("各套件一览", "", axis(scale, _tick("share")), drawn)


def slice_multiples(content: Content) -> Iterator[Plot]:
    """The headline metric of each suite by slice, all on one scale."""
    heads = {row.suite: row.metric for suite in content.suites if (row := _headline(content, suite))}
    shown = [
        row
        for row in content.rows
        if row.slice != WHOLE
        and heads.get(row.suite) == row.metric
        and row.candidate
        and row.candidate.cases >= _FEWEST
    ]
    scale = scale_of_rates(_values(shown))
    for suite, metric in heads.items():
        of_suite = [row for row in shown if row.suite == suite]
        if of_suite:
            worst = sorted(of_suite, key=_by_gain)[:_MOST]
            more = f" · 另有 {len(of_suite) - _MOST} 个切片见下" if len(of_suite) > _MOST else ""
            lines = tuple(_row(row, scale, row.slice, "", {}) for row in worst)
            yield Plot(words.suite_word(suite), METRICS[metric].label + more, axis(scale, _tick("share")), lines)


def suite_figures(content: Content) -> Iterator[SuiteFigures]:
    levels = _levels(content.verdict)
    for suite in content.suites:
        rows = [row for row in content.rows if row.suite == suite]
        if not rows:
            continue
        order = {metric: place for place, metric in enumerate(METRICS)}
        rows.sort(key=lambda row: (order[row.metric.partition(PART)[0]], row.metric, row.slice))
        whole = [row for row in rows if row.slice == WHOLE]
        of_slices = [row for row in rows if row.slice != WHOLE and _is_told_by_slice(row)]
        sliced = [list(some) for _, some in groupby(of_slices, key=lambda row: row.metric)]
        yield SuiteFigures(
            suite,
            words.suite_word(suite),
            tuple(_by_kind(whole, levels)),
            tuple(_plot(METRICS[some[0].metric].label, some[0].metric, some, {}) for some in sliced),
        )


def times(content: Content) -> Iterator[Times]:
    """Each suite on a scale of its own: a search and a whole call are not to be compared."""
    for suite in content.suites:
        cost, live = content.costs.get(suite), content.live_costs.get(suite)
        if cost is None:
            continue
        theirs = live.seconds if live else ()
        scale = scale_of_times([*cost.seconds, *theirs])
        middle, late = percentiles(cost.seconds)
        note = f"P50 {words.seconds(middle)}，P95 {words.seconds(late)}"
        if theirs:
            note += f"；线上 {'、'.join(words.seconds(value) for value in percentiles(theirs))}"
        if cost.cached:
            note += f"；其中 {cost.cached} 次取自缓存，为当时用时"
        drawn = histogram(scale, cost.seconds, theirs, note, (middle, late))
        yield Times(words.suite_word(suite), suite, note, axis(scale, words.seconds), drawn)


def percentiles(values: Sequence[float]) -> tuple[float, float]:
    if len(values) < 2:
        return values[0], values[0]
    cuts = quantiles(values, n=20, method="inclusive")
    return cuts[9], cuts[18]


def tokens_told(cost: Cost | None) -> str:
    if cost is None or not cost.has_tokens:
        return "—"
    return f"{cost.prompt_tokens:,} + {cost.completion_tokens:,}"


def _headline(content: Content, suite: str) -> Compared | None:
    whole = {row.metric: row for row in content.rows if row.suite == suite and row.slice == WHOLE}
    return next((whole[metric] for metric in HEADLINES if metric in whole), None)


def _levels(verdict: GateVerdict | None) -> Mapping[tuple[str, str, str], float]:
    if verdict is None:
        return {}
    return {
        (check.suite, check.metric, check.slice): check.threshold
        for check in verdict.checks
        if check.kind == "minimum" and check.threshold is not None
    }


def _by_kind(rows: Sequence[Compared], levels: Mapping[tuple[str, str, str], float]) -> Iterator[Plot]:
    """Floors are counts of the checks above, and drawn only with the others of their kind."""
    kinds: dict[str, list[Compared]] = {}
    for row in rows:
        metric = METRICS[row.metric]
        kind: str = metric.better if metric.unit == "share" else metric.unit
        kinds.setdefault(kind, []).append(row)
    titles = {
        "more": "越高越好",
        "less": "越低越好",
        "ms": "毫秒，越低越好",
        "s": "秒，越低越好",
        "tokens": "词元，越低越好",
        "count": "个数，越低越好",
    }
    for kind, title in titles.items():
        if kind in kinds:
            yield _plot(title, "", kinds[kind], levels)


def _is_told_by_slice(row: Compared) -> bool:
    """Verdicts, shares and trends of more than one case. Floors are told case by case, parts are slices already."""
    few = row.candidate is None or row.candidate.cases < _FEWEST
    return not few and PART not in row.metric and not METRICS[row.metric].floor


def _plot(title: str, note: str, rows: Sequence[Compared], levels: Mapping[tuple[str, str, str], float]) -> Plot:
    metric = METRICS[rows[0].metric]
    is_rate = metric.unit == "share" and metric.better == "more"
    scale = scale_of_rates(_values(rows)) if is_rate else scale_of([0.0, *_values(rows)])
    named = [(row, row.slice or METRICS[row.metric].label, "" if row.slice else row.metric) for row in rows]
    return Plot(
        title,
        note,
        axis(scale, _tick(metric.unit)),
        tuple(_row(row, scale, name, key, levels) for row, name, key in named),
    )


def _row(row: Compared, scale: Scale, title: str, key: str, levels: Mapping[tuple[str, str, str], float]) -> Row:
    metric = METRICS[row.metric]
    figure = row.candidate
    value = words.number(figure.value, metric.unit) if figure else "未评分" if row.unscored else "—"
    range_ = words.interval(figure.low, figure.high, metric.unit) if figure else ""
    told = f"{title}：候选 {value}（{range_}）"
    if row.live:
        told += f"，线上 {words.number(row.live.value, metric.unit)}"
    level = levels.get((row.suite, row.metric, row.slice))
    return Row(
        title=title,
        key=key,
        value=value,
        range=range_,
        change=_change(row, metric),
        change_range=_change_range(row, metric),
        trend=_trend(row),
        cases=_cases(row),
        plot=interval_plot(scale, _interval(figure), _interval(row.live), told, level),
        more=_more(row, metric),
    )


def _change(row: Compared, metric: Metric) -> str:
    """Candidate less live, as the figures stand there: of a metric of which less is better, a minus is good."""
    if row.gain is None:
        return ""
    return words.change(_sign(metric) * row.gain.value, metric.unit) if row.gain.value else "相同"


def _change_range(row: Compared, metric: Metric) -> str:
    if row.gain is None or row.gain.low is None or row.gain.high is None:
        return ""
    low, high = sorted(_sign(metric) * end for end in (row.gain.low, row.gain.high))
    return words.interval(low, high, metric.unit, signed=True) if row.gain.value else ""


def _sign(metric: Metric) -> int:
    return 1 if metric.better == "more" else -1


def _trend(row: Compared) -> str:
    gain = row.gain
    if gain is None or gain.low is None or gain.high is None:
        return ""
    return "down" if gain.high < 0 else "up" if gain.low > 0 else ""


def _cases(row: Compared) -> str:
    if row.candidate is None:
        return ""
    unscored = f"，{row.unscored} 次未评分" if row.unscored else ""
    return f"{row.candidate.cases} 题 / {row.candidate.clusters} 簇{unscored}"


def _more(row: Compared, metric: Metric) -> str:
    if row.gain is None:
        return ""
    told = [f"{row.worse} 题变差，{row.better} 题变好"]
    if row.gain.detectable is not None:
        told.append(f"可检出 {words.number(row.gain.detectable, metric.unit)}")
    if row.mcnemar is not None and row.worse + row.better:
        told.append(f"McNemar p = {row.mcnemar:.3g}")
    if row.noise is not None:
        told.append(f"线上自身波动 {words.number(row.noise, metric.unit)}")
    return "；".join(told)


def _interval(figure: Figure | None) -> Interval | None:
    return Interval(figure.value, figure.low, figure.high) if figure else None


def _values(rows: Sequence[Compared]) -> list[float]:
    """What the scale must hold: estimates and, within reason, the ends of their intervals."""
    found = []
    for row in rows:
        for figure in (row.candidate, row.live):
            if figure is not None:
                found += [value for value in (figure.value, figure.low, figure.high) if value is not None]
    return found


def _by_gain(row: Compared) -> tuple[float, float, str]:
    """What lost most against live first, then what is weakest."""
    gain = row.gain.value if row.gain else 0.0
    return round(gain, 9), row.candidate.value if row.candidate else 0.0, row.slice


def _tick(unit: str) -> Callable[[float], str]:
    return lambda value: f"{100 * value:.0f}%" if unit == "share" else f"{value:,.6g}"
