"""A record in the terminal tells each process node in one line: how it stands, in Chinese, and why."""

from io import StringIO

import pytest
from rich.console import Console

from seatmate.cli.show import NODE_REASON, REASON, node_line, record_panel, reviews_table
from seatmate.domain.findings import CallRecord, SkipReason, Summary
from seatmate.domain.nodes import NodeReason, ProcessNode, Standing
from seatmate.testing.call_contract import NOON

WORDS = {"utt_id": "u1", "start": 0, "end": 2, "quote": "您好", "transcript_sha256": "0" * 64}


def node(reason: NodeReason, detail: str = "", *, in_order: bool = True) -> ProcessNode:
    attempted = reason.standing in (Standing.MET, Standing.ATTEMPTED)
    return ProcessNode.model_validate(
        {
            "node_id": "fee", "label": "费率与年化告知", "eligible": reason.standing is not Standing.NOT_ELIGIBLE,
            "attempted": attempted, "met": reason is NodeReason.MET, "in_order": attempted and in_order,
            "evidence": [WORDS] if attempted else [], "reason": reason, "detail": detail,
        }
    )  # fmt: skip


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (node(NodeReason.MET), "✓ 费率与年化告知"),
        (node(NodeReason.ELEMENT_MISSING, "总费率、折算年化"), "○ 费率与年化告知  缺：总费率、折算年化"),
        (node(NodeReason.SPOILED, "贬低年化"), "○ 费率与年化告知  不应说：贬低年化"),
        (node(NodeReason.NOT_ATTEMPTED), "✗ 费率与年化告知  未做"),
        (node(NodeReason.EXCUSED, "客户一接通就拒绝"), "– 费率与年化告知  免做：客户一接通就拒绝"),
        (node(NodeReason.MET, in_order=False), "✓ 费率与年化告知  顺序不对"),
    ],
)
def test_a_node_is_one_line_with_its_mark_and_its_reason(found: ProcessNode, line: str) -> None:
    assert node_line(found.model_dump(mode="json")).plain == line


def test_every_reason_has_its_chinese() -> None:
    assert set(NODE_REASON) == set(NodeReason)
    assert {reason.value for reason in SkipReason} <= set(REASON)


def test_a_record_shows_its_nodes() -> None:
    nodes = (node(NodeReason.MET), node(NodeReason.NOT_ATTEMPTED))
    record = CallRecord(
        conversation_id="C-1",
        transcript_sha256="0" * 64,
        release_id="rel",
        recorded_at=NOON,
        summary=Summary(),
        nodes=nodes,
    )
    console = Console(width=100, record=True, file=StringIO())
    console.print(record_panel(record.model_dump(mode="json")))
    shown = console.export_text()
    assert shown.count("流程节点") == 2
    assert "✓ 费率与年化告知" in shown


def test_reviews_are_told_with_their_last_step() -> None:
    step = {"state": "confirmed", "by": "QA-1", "at": "2026-11-18T10:00:00+08:00", "why": "原话属实"}
    hit = {"conversation_id": "C-1", "rule": "promise_return@3", "utt_id": "u5", "severity": "major"}
    page = StringIO()
    Console(file=page, width=200).print(reviews_table([{**hit, "steps": [step]}, {**hit, "utt_id": "u9", "steps": []}]))
    shown = page.getvalue()
    assert "成立" in shown
    assert "QA-1" in shown
    assert "待复核" in shown
