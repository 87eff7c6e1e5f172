"""Answers and records as an agent or a supervisor reads them, in the terminal. Chinese first."""

from collections import Counter
from typing import Any

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from seatmate.domain.compliance import Severity
from seatmate.domain.reviews import ReviewState

SOURCE = {
    "model": ("模型", "green"),
    "quote": ("模型选取原文", "cyan"),
    "approved": ("标准答案", "green"),
    "source_text": ("原文", "yellow"),
}
STATUS = {"grounded": "已核对", "extractive": "原文摘录", "abstained": "不作答", "degraded": "降级：原文"}
REASON = {
    "NO_EVIDENCE": "资料里没有找到依据",
    "NOT_IN_FORCE": "只找到已失效或尚未生效的资料",
    "NOTHING_PUBLISHED": "知识库还没有发布任何资料",
    "MODEL_ABSTAINED": "现有资料不足以回答",
    "PRODUCT_WITHHELD": "该产品的资料互相矛盾，正待确认",
    "INSUFFICIENT_CONTENT": "内容太少",
    "MODEL_UNAVAILABLE": "模型不可用",
    "MODEL_OUTPUT_INVALID": "模型输出不合格式",
    "ADDRESSED_TO_A_MACHINE": "对系统说的话，不参与分析",
    "WORDED_LIKE_NO_BREACH": "规则词出现，但整句措辞不像违规，未列为命中",
    "UNVERIFIED_EVIDENCE": "依据未通过核对",
    "UNSUITED_EVIDENCE": "所引的话不合这一部分",
    "NOTHING_FOUND": "没有发现",
    "NO_NODES_FOR_SCENARIO": "该场景没有流程节点",
}
NODE_REASON = {
    "MET": "",
    "ELEMENT_MISSING": "缺",
    "SPOILED": "不应说",
    "NOT_ATTEMPTED": "未做",
    "OTHER_CHANNEL": "不适用于该渠道",
    "NOT_CALLED_FOR": "没有出现",
    "EXCUSED": "免做",
    "NO_CHANCE": "没有机会做",
}
KIND = {
    "very_short": "极短通话",
    "silent": "客户未说话",
    "abandoned": "中途放弃",
    "long": "长通话",
    "multi_topic": "多件事",
}
SECTIONS = {
    "situation": "客户诉求",
    "action": "坐席处理",
    "commitments": "承诺事项",
    "follow_ups": "待办",
    "objections": "异议",
    "risk_notes": "风险提示",
}


def answer_panel(answer: dict[str, Any], title: str = "") -> Panel:
    """One answer: sentences with who wrote them, citations with dates, times and tokens."""
    lines: list[Text | str] = []
    for sentence in answer["sentences"]:
        label, colour = SOURCE[sentence["source"]]
        lines.append(Text.assemble((f"[{label}] ", colour), sentence["text"]))
        for cited in sentence["citations"]:
            until = cited["valid_to"] or "今"
            since = cited["valid_from"] or "…"
            lines.append(
                Text(f"    ↳ 《{cited['title']}》 {since} — {until}  字符 {cited['start']}–{cited['end']}", style="dim")
            )
    if answer["note"]:
        lines.append(Text(answer["note"], style="yellow"))
    if answer["status"] == "abstained":
        lines.append(Text(f"不作答：{REASON.get(answer['reason'], answer['reason'])}", style="bold yellow"))
        lines += [
            Text(f"    最接近：《{near['title']}》 {near['quote'][:40]}", style="dim") for near in answer["nearest"]
        ]
    for rejected in answer["rejected"]:
        lines.append(
            Text(f"    ✗ 模型的句子未通过核对（{rejected['reason']}）：{rejected['text'][:60]}", style="dim red")
        )
    ms = answer["latency_ms"]
    first = f"首句 {ms['first_sentence']:.0f}" if ms["first_sentence"] is not None else "首句 —"
    lines.append(
        Text(
            f"改写 {ms['rewrite']:.1f} · 检索 {ms['retrieve']:.1f} · {first} · 共 {ms['total']:.0f} 毫秒"
            f"  提示 {answer['prompt_tokens']} + 生成 {answer['completion_tokens']} 词元"
            f"  快照 {answer['snapshot']}  口径 {answer['as_of'][:16]}",
            style="dim",
        )
    )
    heading = f"{title}{answer['question']}  ·  {STATUS[answer['status']]}"
    return Panel(Group(*lines), title=heading, title_align="left", subtitle=answer["answer_id"], border_style="blue")


def record_panel(record: dict[str, Any]) -> Panel:
    """One call record: summary, facts, voice of the customer, compliance, each with its quotes."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    summary = record["summary"]
    for key, label in SECTIONS.items():
        for item in summary[key]:
            mark = "" if item["source"] == "model" else "（原话）"
            table.add_row(label, f"{item['text']}{mark}")
            table.add_row("", _quotes(item["evidence"]))
    if kinds := [KIND[kind] for kind in summary.get("kinds", ()) if kind in KIND]:
        table.add_row("通话类型", "、".join(kinds))
    if summary["disposition"]:
        table.add_row("处置码", f"{summary['disposition']['code']}  {summary['disposition']['label']}")
    if summary["outcome"]:
        table.add_row("处理结果", f"{summary['outcome']['status']}  {summary['outcome']['text']}")
    for fact in record["kyc"]:
        meant = f"{fact['subject']}·{fact['modality']}·{fact['polarity']}"
        table.add_row("客户事实", f"{fact['field']} = {fact['value']}（{meant}）{_sure(fact)}")
        table.add_row("", _quotes(fact["evidence"]))
    for item in record["voc"]:
        table.add_row(
            "客户之声",
            f"{item['polarity']} {item['label_l1']} · {item['label']} · 严重度 {item['severity']}{_sure(item)}",
        )
        table.add_row("", _quotes(item["evidence"]))
    for hit in record["compliance"]:
        table.add_row("合规", f"{hit['title']}（{hit['severity']}，{hit['rule']}）")
        table.add_row("", _quotes(hit["evidence"]))
    for node in record["nodes"]:
        table.add_row("流程节点", node_line(node))
    dropped = Counter((skipped["analysis"], skipped["reason"]) for skipped in record["skipped"])
    for (analysis, reason), count in dropped.items():
        table.add_row("未采用", Text(f"{analysis}：{REASON.get(reason, reason)} ×{count}", style="dim"))
    for step in record["usage"]:
        table.add_row(
            "用量",
            Text(
                f"{step['step']}：提示 {step['prompt_tokens']}（缓存 {step['cached_tokens']}）"
                f" + 生成 {step['completion_tokens']} 词元，{step['seconds']:.2f} 秒",
                style="dim",
            ),
        )
    if record["usage"]:
        prompt, cached, written, seconds = (
            sum(step[key] for step in record["usage"])
            for key in ("prompt_tokens", "cached_tokens", "completion_tokens", "seconds")
        )
        whole = f"合计：提示 {prompt}（缓存 {cached}） + 生成 {written} 词元，模型用时 {seconds:.2f} 秒"
        table.add_row("用量", Text(whole, style="dim"))
    return Panel(table, title=f"通话记录 {record['conversation_id']}", title_align="left", border_style="magenta")


def reviews_table(reviews: list[dict[str, Any]]) -> Table:
    """Compliance hits with where they stand and who said so last."""
    table = Table("通话", "规则", "语句", "等级", "状态", "最近一步", title=f"{len(reviews)} 条合规命中")
    for review in reviews:
        last = review["steps"][-1] if review["steps"] else None
        state = ReviewState(last["state"] if last else ReviewState.OPEN)
        said = f"{last['by']} {last['at'][:16]} {last['why']}" if last else ""
        severity = Severity(review["severity"]).label
        table.add_row(review["conversation_id"], review["rule"], review["utt_id"], severity, state.label, said)
    return table


def node_line(node: dict[str, Any]) -> Text:
    """One process node: ✓ met, ○ attempted, ✗ not attempted, – not applicable; and why."""
    if not node["eligible"]:
        mark, style = "–", "dim"
    elif not node["attempted"]:
        mark, style = "✗", "red"
    else:
        mark, style = ("✓", "green") if node["met"] else ("○", "yellow")
    line = Text.assemble((f"{mark} ", style), (node["label"], "dim" if mark == "–" else ""))
    why = "：".join(part for part in (NODE_REASON[node["reason"]], node["detail"]) if part)
    if why:
        line.append(f"  {why}", style="dim")
    if node["attempted"] and not node["in_order"]:
        line.append("  顺序不对", style="yellow")
    return line


def _sure(found: dict[str, Any]) -> str:
    """待确认 where it is no fact yet, and how sure the words are of it."""
    if found["certain"]:
        return ""
    sure = found["confidence"]
    return "  待确认" if sure is None else f"  待确认（把握 {sure:.0%}）"


def _quotes(evidence: list[dict[str, Any]]) -> Text:
    return Text("  ".join(f"「{e['quote']}」 {e['utt_id']}[{e['start']}:{e['end']}]" for e in evidence), style="dim")


console = Console()
