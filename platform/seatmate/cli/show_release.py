"""Releases and replayed answers as people read them in the terminal. Chinese first."""

from typing import Any

from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from seatmate.domain.releases import ReleaseRecord, ReleaseState
from seatmate.domain.verdicts import GateVerdict, Outcome

PARTS = {
    "base_model": "基座模型",
    "adapter": "适配器",
    "prompts": "提示词",
    "rules": "规则包",
    "encoder": "向量编码",
    "retrieval": "检索设置",
    "analysis": "分析设置",
    "code": "代码",
}
OUTCOME = {
    Outcome.PASS: ("通过", "green"),
    Outcome.FAIL: ("不通过", "red"),
    Outcome.INSUFFICIENT: ("证据不足", "yellow"),
    Outcome.WAIVED: ("豁免通过", "yellow"),
}


def releases_table(found: list[dict[str, Any]], current: dict[str, Any]) -> Group:
    table = Table("版本", "状态", "评测", "最近一步", "操作人", "适配器")
    for given in found:
        record = ReleaseRecord.model_validate(given["record"])
        step, state = record.steps[-1], record.state.label
        if record.state is ReleaseState.CANARY:
            state = f"{state} {record.share:.0%}"
        table.add_row(
            record.release_id, state, _outcome(record.verdict), f"{step.at:%m-%d %H:%M}", step.by, record.parts.adapter
        )
    lines = [Text(f"在用 {current['live']}")]
    if current["canary"]:
        lines.append(Text(f"灰度 {current['canary']}（{current['share']:.0%} 的会话）"))
    if current["installed_id"] != current["live"]:
        lines.append(Text(f"本安装是 {current['installed_id']}，不在用", style="yellow"))
    if current["trouble"]:
        lines.append(Text(f"在用版本无法由本安装提供：{current['trouble']}", style="red"))
    return Group(table, *lines)


def release_panel(given: dict[str, Any]) -> Panel:
    record = ReleaseRecord.model_validate(given["record"])
    parts = Table.grid(padding=(0, 2))
    for name, value in record.parts.model_dump().items():
        parts.add_row(PARTS[name], value)
    steps = Table("时间", "状态", "操作人", "理由")
    for step in record.steps:
        state = step.state.label + (f" {step.share:.0%}" if step.share else "")
        steps.add_row(f"{step.at:%Y-%m-%d %H:%M}", state, step.by, step.why)
    inside: list[Any] = [parts, steps]
    if record.verdict is not None:
        inside.append(_verdict(record.verdict))
    return Panel(Group(*inside), title=f"{record.release_id}  {record.state.label}", title_align="left")


def replay_panel(found: dict[str, Any]) -> Panel:
    answer = found["answer"]
    head = f"{answer['answer_id']}  {answer['release_id']}  快照 {answer['snapshot']}  口径 {answer['as_of'][:16]}"
    faults = found["evidence_faults"]
    lines = [Text(f"问：{answer['question']}"), Text(f"答：{answer['text'] or '（不作答）'}")]
    lines.append(Text("依据逐字成立", style="green") if not faults else Text("\n".join(faults), style="red"))
    if found["again"] is None:
        lines.append(Text(f"未能重问：{found['not_again']}", style="yellow"))
    elif found["differences"]:
        lines.append(Text(f"重问后不同：{'、'.join(found['differences'])}", style="yellow"))
        lines.append(Text(f"重问：{found['again']['text'] or '（不作答）'}"))
    else:
        lines.append(Text("重问：完全一致", style="green"))
    return Panel(Group(*lines), title=head, title_align="left")


def _outcome(verdict: GateVerdict | None) -> Text:
    if verdict is None:
        return Text("—")
    label, style = OUTCOME[verdict.outcome]
    return Text(label, style=style)


def _verdict(verdict: GateVerdict) -> Group:
    label, style = OUTCOME[verdict.outcome]
    held = [check for check in verdict.checks if check.outcome is not Outcome.PASS]
    head = Text(f"评测结论：{label}，{len(verdict.checks)} 项检查，{verdict.made_at:%Y-%m-%d %H:%M}", style=style)
    lines = [Text(f"  {OUTCOME[c.outcome][0]} {c.id} {c.detail}", style=OUTCOME[c.outcome][1]) for c in held[:20]]
    return Group(head, *lines)
