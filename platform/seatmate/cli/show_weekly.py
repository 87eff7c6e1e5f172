"""The questions of a weekly update as its knowledge owner reads them in the terminal: what was asked, how it went, and
what a person must look at. Chinese first."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from seatmate.domain.weekly import Judgement, QuestionKind, WeeklyReport

STYLE = {Judgement.WRONG: "red", Judgement.REVIEW: "yellow", Judgement.UNANSWERED: "yellow"}
_MOST_LINES = 10
_ANSWER_CHARS = 80


def weekly_view(data: dict[str, Any]) -> Group:
    return Group(*_parts(WeeklyReport.model_validate(data)))


def _parts(report: WeeklyReport) -> Iterator[RenderableType]:
    if report.live_snapshot is None:
        yield Text(f"快照 {report.snapshot}：首个快照，没有可比对的上一版，不出题")
        return
    yield _counts(report)
    if report.without_model:
        yield Text(f"{report.without_model} 题作答时模型服务没有应答，按原文摘录判定", style="yellow")
    if report.left_out:
        yield Text(f"另有 {report.left_out} 题超出上限，未问", style="yellow")
    if people := [judged for judged in report.judged if judged.for_people]:
        table = _table("请人工查看", "结果", "类别", "时点", "问题", "说明", "回答", "引用")
        for j in people:
            result = Text(j.judgement.label, style=STYLE.get(j.judgement, ""))
            why = f"{j.why}（{j.question.high_risk}）" if j.question.high_risk else j.why
            asked = (j.question.kind.label, f"{j.question.asked_at:%m-%d %H:%M}", j.question.question)
            table.add_row(result, *asked, why, j.answer[:_ANSWER_CHARS], "、".join(j.cited))
        yield table
    if report.unworded:
        table = _table("数字有变、未能出题的文字，请对照原文", "位置与原文")
        for line in report.unworded[:_MOST_LINES]:
            table.add_row(Text(line))
        if len(report.unworded) > _MOST_LINES:
            table.add_row(Text(f"…… 共 {len(report.unworded)} 处", style="dim"))
        yield table
    if report.accepted is not None:
        yield Text(f"由 {report.accepted.by} 放行：{report.accepted.why}", style="yellow")


def _counts(report: WeeklyReport) -> Table:
    title = f"本周变化提问：快照 {report.snapshot} 对照 {report.live_snapshot} · {len(report.judged)} 题"
    table = _table(f"{title} · {report.seconds:.1f} 秒", "类别", *(judgement.label for judgement in Judgement))
    for kind in QuestionKind:
        counts = Counter(j.judgement for j in report.judged if j.question.kind is kind)
        if counts:
            table.add_row(kind.label, *(str(counts[judgement] or "") for judgement in Judgement))
    return table


def _table(title: str, *headings: str) -> Table:
    columns = (Column(heading, overflow="fold") for heading in headings)
    return Table(*columns, title=title, title_justify="left", title_style="bold")
