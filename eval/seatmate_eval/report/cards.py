"""The cases that a reader must see, with their evidence: what was asked, what is right, what came out, here and live.

Words of customers, documents and models go through the case's veil before they are anything here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from seatmate_eval.cases import Case, RedactionCase, RetrievalCase
from seatmate_eval.report import words
from seatmate_eval.report.asked import Asked, asked_by, hidden
from seatmate_eval.report.content import Content
from seatmate_eval.report.lines import Line, veil_of
from seatmate_eval.report.standing import Fault, Standing, State, fails
from seatmate_eval.report.told import told_by
from seatmate_eval.results import Item

TONES = {State.REGRESSED: "bad", State.FAILING: "warn", State.PARTIAL: "plain", State.FIXED: "good"}


@dataclass(frozen=True)
class FaultRow:
    label: str
    key: str
    value: str
    live: str
    is_worse: bool
    is_floor: bool
    why: str


@dataclass(frozen=True)
class Card:
    suite: str
    suite_word: str
    case_id: str
    state: str
    tone: str
    label: str
    slices: tuple[str, ...]
    source: str
    is_flaky: bool
    faults: tuple[FaultRow, ...]
    asked: Asked | None
    """None when the suite has changed since the run."""
    told: tuple[Line, ...]
    told_of: str
    live_told: tuple[Line, ...] | None
    """None: there is no live run to show. Empty: the live release said the same."""
    is_open: bool


def cards(content: Content, state: State) -> Iterator[Card]:
    for standing in content.of_state(state):
        yield card(content, standing)


def card(content: Content, standing: Standing) -> Card:
    case = content.cases.get(standing.key)
    conversation = content.conversation_of(case)
    veil = veil_of(case, conversation)
    item, told_of = _worst(standing)
    lines = told_by(item)
    live = told_by(content.live_items.get(standing.key)) if content.compared_with_live else None
    over = veil.over_masked() if isinstance(case, RedactionCase) else veil
    faults = tuple(standing.faults)
    broken = [one for one in standing.items if one.output is None]
    named = [fault.evidence for fault in faults]
    named += [note for line in (*lines, *(live or ())) for note in line.notes]
    return Card(
        suite=standing.suite,
        suite_word=words.suite_word(standing.suite),
        case_id=standing.case_id,
        state=standing.state.value,
        tone=TONES.get(standing.state, "plain"),
        label=standing.state.label,
        slices=standing.slices,
        source=f"{case.source} · {case.reviewer}" if case else "",
        is_flaky=standing.is_flaky,
        faults=(
            *(FaultRow("出错", "error", "没有输出", "", False, False, veil.hide(one.error)) for one in broken[:1]),
            *(_fault(fault, veil.hide("；".join((*fault.unscored, fault.evidence)))) for fault in faults),
        ),
        asked=asked_by(case, conversation, named, veil) if case else None,
        told=hidden(_marked(lines, case), over),
        told_of=told_of,
        live_told=None if live is None else () if live == lines else hidden(_marked(live, case), over),
        is_open=standing.state is State.REGRESSED,
    )


def _marked(lines: tuple[Line, ...], case: Case | None) -> Iterator[Line]:
    """Of a search: which passages are of the documents that it should find, and which of those that it must not."""
    for line in lines:
        if isinstance(case, RetrievalCase):
            doc_id = line.notes[0].partition("@")[0] if line.notes else ""
            if doc_id in {gold.doc_id for gold in case.passages}:
                line = replace(line, tone="good", label=f"{line.label} ✓")
            elif doc_id in case.stale_doc_ids:
                line = replace(line, tone="bad", label=f"{line.label} ✕")
        yield line


def _worst(standing: Standing) -> tuple[Item | None, str]:
    """The repeat to show: one with an error, else the first that failed."""
    items = sorted(standing.items, key=lambda item: item.repeat)
    if not items:
        return None, ""
    broken = next((item for item in items if item.output is None), None)
    shown = broken or next((item for item in items if item.repeat == standing.shown), items[0])
    return shown, f"第 {shown.repeat} 次，共 {len(items)} 次" if len(items) > 1 else ""


def _fault(fault: Fault, why: str) -> FaultRow:
    unit, metric = fault.metric.unit, fault.metric
    return FaultRow(
        label=metric.label,
        key=metric.name,
        value=_value(fault.value, fault) if fault.value is not None else "未评分",
        live=_value(fault.live, fault) if fault.live is not None else words.number(None, unit),
        is_worse=fault.is_worse,
        is_floor=metric.floor and fails(metric, fault.value),
        why=why.strip("；"),
    )


def _value(value: float, fault: Fault) -> str:
    """A verdict is a word; of repeats that differ it is how often it was good."""
    if not fault.metric.binary:
        return words.number(value, fault.metric.unit)
    good = value if fault.metric.better == "more" else 1 - value
    return "通过" if good == 1 else "未通过" if good == 0 else f"{good:.0%} 次通过"
