"""The head of the page: what was decided, check by check, and what is different in this release."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from seatmate.domain.knowledge import BANK_ZONE
from seatmate.domain.verdicts import Check, GateVerdict, Outcome
from seatmate_eval.metrics.catalogue import Unit
from seatmate_eval.report import words
from seatmate_eval.report.charts import Interval, Scale, axis, interval_plot, scale_of
from seatmate_eval.report.content import Content
from seatmate_eval.report.lines import Veil
from seatmate_eval.report.standing import State


@dataclass(frozen=True)
class Banner:
    tone: str
    sign: str
    word: str
    key: str
    sentence: str
    faults: tuple[str, ...]
    failing: tuple[str, ...]
    bound: str


@dataclass(frozen=True)
class Fact:
    label: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class CheckRow:
    tone: str
    sign: str
    word: str
    title: str
    id: str
    measured: str
    range: str
    threshold: str
    cases: str
    missing: str
    detail: str
    waiver: str
    plot: Markup


@dataclass(frozen=True)
class CheckGroup:
    title: str
    lead: str
    axis: Markup
    """Of the shares; other units have no drawing, for they would need another axis."""
    rows: tuple[CheckRow, ...]
    """Those that do not pass first."""
    quiet: tuple[CheckRow, ...]
    """Passed ones that nobody needs to read."""

    @property
    def has_figures(self) -> bool:
        return any(row.measured or row.threshold or row.cases or row.missing for row in self.rows)


@dataclass(frozen=True)
class Part:
    label: str
    key: str
    candidate: str
    live: str
    changed: bool


def banner(content: Content) -> Banner:
    verdict = content.verdict
    if verdict is None:
        sentence = "没有给出裁决文件：本页只陈述测得的结果，不构成放行依据。"
        return Banner("plain", "–", "尚无结论", "no verdict", sentence, (), (), _bound(content))
    if content.verdict_faults:
        sentence = "给出的裁决不能用于这次运行，其结论不予采信。"
        return Banner("bad", "✕", "裁决无效", "not valid", sentence, content.verdict_faults, (), _bound(content))
    tone, sign, word = words.OUTCOMES[verdict.outcome]
    counts = Counter(check.outcome for check in verdict.checks)
    parts = [f"{words.OUTCOMES[outcome][2]} {counts[outcome]}" for outcome in Outcome if counts[outcome]]
    sentence = f"{_meaning(verdict.outcome)}共 {len(verdict.checks)} 项检查：{'，'.join(parts)}。"
    failing = tuple(check_title(check) for check in verdict.checks if check.outcome is Outcome.FAIL)
    return Banner(tone, sign, word, verdict.outcome.value, sentence, (), failing, _bound(content))


def _meaning(outcome: Outcome) -> str:
    return {
        Outcome.PASS: "该版本满足全部放行条件。",
        Outcome.FAIL: "该版本不得放行。",
        Outcome.INSUFFICIENT: "现有评测不足以判断，不得放行：须补充下列题数后重测。",
        Outcome.WAIVED: "该版本带豁免放行：有人具名承担下列未通过项，豁免到期失效。",
    }[outcome]


def _bound(content: Content) -> str:
    told = f"运行 {content.run.manifest.run_id}（{content.run_sha256[:12]}）"
    if content.live is not None and content.live_sha256 is not None:
        told += f"，对照线上 {content.live.manifest.release_id}（{content.live_sha256[:12]}）"
    if content.verdict is not None:
        told += (
            f"，裁决 {content.verdict.sha256[:12]} 作于 {content.verdict.made_at.astimezone(BANK_ZONE):%Y-%m-%d %H:%M}"
        )
    return told


def facts(content: Content) -> list[Fact]:
    items, states = content.run.items, Counter(standing.state for standing in content.standings)
    errors = sum(item.output is None for item in items)
    manifest = content.run.manifest
    found = [Fact("题数", f"{len(content.standings)}", f"{len(items)} 次作答，每题 {manifest.repeats} 次")]
    if content.compared_with_live:
        found.append(Fact("退步", f"{states[State.REGRESSED]}", f"另有 {states[State.FIXED]} 题比线上好"))
    failing = states[State.FAILING]
    found.append(Fact("仍未通过" if content.compared_with_live else "未通过", f"{failing}", "与线上相同或线上更差"))
    if not content.compared_with_live:
        found[-1] = Fact("未通过", f"{failing}", "未与线上比较")
    found.append(Fact("未评分", f"{sum(len(row.case_ids) for row in content.unscored)}", f"其中出错 {errors} 次"))
    found.append(
        Fact("不稳定", f"{len(content.flaky)}", "重复作答时时对时错" if manifest.repeats > 1 else "只跑了一次，看不出")
    )
    if manifest.finished_at is not None:
        taken = (manifest.finished_at - manifest.started_at).total_seconds()
        found.append(Fact("用时", words.seconds(taken), f"同时 {manifest.concurrency} 题"))
    return found


def check_groups(verdict: GateVerdict, veil: Veil) -> Iterator[CheckGroup]:
    for kind, (title, lead) in words.KINDS.items():
        of_kind = [check for check in verdict.checks if check.kind == kind]
        if not of_kind:
            continue
        scale = _scale(of_kind)
        loud = [check for check in of_kind if check.outcome is not Outcome.PASS or kind != "complete"]
        order = list(Outcome)
        loud.sort(key=lambda check: (-_weight(check.outcome), order.index(check.outcome)))
        quiet = [check for check in of_kind if check not in loud]
        rows, unread = (tuple(_row(check, veil, scale) for check in some) for some in (loud, quiet))
        drawn = axis(scale, _percent if kind != "no_regression" else _points, most=4) if scale else Markup("")
        yield CheckGroup(title, lead, drawn, rows, unread)


def _weight(outcome: Outcome) -> int:
    return {Outcome.FAIL: 3, Outcome.INSUFFICIENT: 2, Outcome.WAIVED: 1}.get(outcome, 0)


def check_title(check: Check) -> str:
    """What a check is about, in the reader's words."""
    if not check.metric:
        return words.check_word(check.id)
    suite = f"{words.suite_word(check.suite)} · " if check.suite else ""
    slice_ = f"（{check.slice}）" if check.slice else ""
    return f"{suite}{words.metric_word(check.metric)}{slice_}"


def _unit(check: Check) -> Unit:
    metric = words.metric_of(check.metric)
    return metric.unit if metric and check.kind != "complete" else "share" if check.metric else "count"


def _scale(checks: Sequence[Check]) -> Scale | None:
    """One for all shares of a kind, so that they can be compared by eye."""
    ends = [
        _within(value)
        for check in checks
        if _is_drawn(check)
        for value in (check.estimate, check.low, check.high, check.threshold)
        if value is not None
    ]
    return scale_of(ends) if ends else None


def _is_drawn(check: Check) -> bool:
    return check.kind != "complete" and check.estimate is not None and _unit(check) == "share"


def _percent(value: float) -> str:
    return f"{100 * value:.0f}%"


def _points(value: float) -> str:
    return f"{100 * value:+.0f}".replace("-", "−") if value else "0"


def _within(value: float) -> float:
    """Intervals of few clusters leave what a share can be."""
    return min(max(value, -1.0), 1.0)


def _row(check: Check, veil: Veil, scale: Scale | None) -> CheckRow:
    tone, sign, word = words.OUTCOMES[check.outcome]
    unit, is_gain = _unit(check), check.kind == "no_regression"
    say = words.change if is_gain else words.number
    measured = say(check.estimate, unit) if check.estimate is not None else ""
    range_ = words.interval(check.low, check.high, unit, signed=is_gain)
    if check.kind == "floor" and check.low is None and check.high is not None:
        range_ = f"上界 {words.number(check.high, unit)}"
    waiver = check.waiver
    return CheckRow(
        tone=tone,
        sign=sign,
        word=word,
        title=check_title(check),
        id=check.id,
        measured=measured,
        range=range_,
        threshold=_threshold(check, unit),
        cases=f"{check.cases} 题 / {check.clusters} 簇"
        if check.clusters
        else f"{check.cases} 题"
        if check.cases
        else "",
        missing=f"约差 {check.more_cases:,} 题" if check.more_cases is not None else "",
        detail=veil.hide(check.detail),
        waiver=veil.hide(f"{waiver.by} 豁免至 {waiver.until}：{waiver.why}") if waiver else "",
        plot=_plot(check, scale, f"{measured} {range_}"),
    )


def _threshold(check: Check, unit: Unit) -> str:
    if check.threshold is None:
        return ""
    if check.kind == "no_regression":
        return f"高于 {words.change(check.threshold, unit)}"
    if check.kind == "floor":
        return "必须为 0"
    metric = words.metric_of(check.metric)
    at_least = metric is None or metric.better == "more"
    return f"{'不低于' if at_least and check.kind == 'minimum' else '不高于'} {words.number(check.threshold, unit)}"


def _plot(check: Check, scale: Scale | None, told: str) -> Markup:
    if scale is None or check.estimate is None or not _is_drawn(check):
        return Markup("")
    low = 0.0 if check.kind == "floor" and check.high is not None else check.low
    interval = Interval(check.estimate, low, check.high)
    return interval_plot(scale, interval, None, told, check.threshold)


def parts(content: Content) -> list[Part]:
    """What differs from the live release first."""
    ours = content.run.manifest.release
    theirs = content.live.manifest.release if content.live else {}
    found = [
        Part(
            label=words.PARTS.get(key, key),
            key=key,
            candidate=ours.get(key, "—"),
            live=theirs.get(key, "—"),
            changed=bool(theirs) and ours.get(key) != theirs.get(key),
        )
        for key in dict.fromkeys((*ours, *theirs))
    ]
    return sorted(found, key=lambda part: not part.changed)
