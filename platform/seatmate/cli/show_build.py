"""A build's report as its knowledge owner reads it in the terminal: what changes, old figures beside new ones, what is
amiss. Chinese first."""

from collections.abc import Iterator
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Column, Table
from rich.text import Text

from seatmate.domain.attributes import Attribute

CHANGES = {"added": "新增", "changed": "变更", "withdrawn": "撤下", "superseded": "被取代", "unchanged": "未变"}
SEVERITY = {"info": ("提示", "dim"), "warning": ("警告", "yellow"), "blocking": ("阻断", "red")}
KINDS = {
    "overlapping": "内容重复",
    "contradicting": "说法不一",
    "orphan": "没有着落",
    "expiring": "时效",
    "injection": "可疑指令",
    "unreadable": "读不清楚",
    "crowded": "篇幅过长",
}
BOUND = {"since": "起", "until": "止"}


def build_view(report: dict[str, Any]) -> Group:
    """Every part that has something to say."""
    return Group(*_parts(report))


def _parts(report: dict[str, Any]) -> Iterator[RenderableType]:
    yield _changes(report)
    if figures := [(c, f) for c in report["changes"] for f in c["figures"]]:
        yield _figures(figures)
    if report["dates"]:
        yield _dates(report["dates"])
    if report["disagreements"]:
        yield _disagreements(report)
    if report["findings"]:
        yield _findings(report["findings"])
    if report["faults"]:
        yield _faults(report["faults"])


def _changes(report: dict[str, Any]) -> Table:
    title = f"快照 {report['snapshot']} · {report['drop']} · {report['documents']} 份资料 {report['passages']} 个片段"
    table = _table(
        f"{title} · 新编码 {report['embedded']} · 产品事实 {report['facts']}", "变化", "资料", "标题", "片段"
    )
    same = 0
    for change in report["changes"]:
        if change["change"] == "unchanged":
            same += 1
            continue
        counts = f"+{change['passages_added']} −{change['passages_removed']} ={change['passages_unchanged']}"
        successor = f" → {change['superseded_by']}" if change["superseded_by"] else ""
        table.add_row(CHANGES[change["change"]], change["doc_id"] + successor, change["title"], counts)
    table.add_row("未变", f"{same} 份", "", "", style="dim")
    return table


def _figures(figures: list[tuple[dict[str, Any], dict[str, Any]]]) -> Table:
    table = _table("数字变化", "位置", "原来", "现在")
    for _, figure in figures:
        table.add_row(figure["place"], Text(figure["old"] or "—", style="dim"), figure["new"] or "—")
    return table


def _dates(dates: list[dict[str, Any]]) -> Table:
    table = _table("资料自己写明的生效时间，请确认", "资料", "起止", "时间", "原文", "与清单不一致")
    for date in dates:
        conflict = Text(date["conflict"][:16], style="yellow") if date["conflict"] else ""
        table.add_row(date["doc_id"], BOUND[date["bound"]], date["said"][:16], date["quote"], conflict)
    return table


def _disagreements(report: dict[str, Any]) -> Table:
    table = _table("资料互相矛盾：下列产品在放行前不对坐席展示", "产品", "要素", "各处说法")
    for d in report["disagreements"]:
        mark = "" if d["product_code"] in report["withheld"] else "（已放行）"
        stated = "\n".join(f"{s['raw']}  ← {s['doc_id']}：{s['quote']}" for s in d["stated"])
        what = f"{Attribute(d['attribute']).label} {d['condition']}".strip()
        table.add_row(f"{d['product_code']}{mark}", what, stated, style="red" if not mark else "dim")
    return table


def _findings(findings: list[dict[str, Any]]) -> Table:
    table = _table("资料检查", "级别", "类别", "资料", "说明")
    for finding in sorted(findings, key=lambda f: list(SEVERITY).index(f["severity"]), reverse=True):
        label, style = SEVERITY[finding["severity"]]
        table.add_row(
            Text(label, style=style), KINDS[finding["kind"]], "、".join(finding["doc_ids"]), finding["detail"]
        )
    return table


def _faults(faults: list[dict[str, Any]]) -> Table:
    table = _table("没有收录", "文件", "原因")
    for fault in faults:
        table.add_row(fault["path"], Text(fault["reason"], style="red"))
    return table


def _table(title: str, *headings: str) -> Table:
    columns = (Column(heading, overflow="fold") for heading in headings)
    return Table(*columns, title=title, title_justify="left", title_style="bold")
