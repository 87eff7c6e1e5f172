"""What a case asks, and what its gold says, as lines: one reading for each shape of cases.py.

Of a call only the utterances are shown that the gold, the findings or the failed scores name, each with its neighbours.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from seatmate.domain.calls import Conversation, Speaker
from seatmate_eval.cases import (
    AskCase,
    CallCase,
    Case,
    InjectionCase,
    LineCase,
    NodesCase,
    PermissionCase,
    RedactionCase,
    RetrievalCase,
    SaidBefore,
)
from seatmate_eval.report.lines import SECTIONS, Line, Veil

_ROLES = {"user": "坐席", "assistant": "助手"}
_UTTERANCE_ID = re.compile(r"\bu\d+\b")


@dataclass(frozen=True)
class Asked:
    question: tuple[Line, ...]
    gold: tuple[Line, ...]


def asked_by(case: Case, conversation: Conversation | None, named: Iterable[str], veil: Veil) -> Asked:
    """`named`: texts of findings and scores; the utterances that they name are shown too."""
    question = tuple(_question(case))
    gold = tuple(_gold(case))
    if conversation is not None:
        wanted = {utt for text in (*named, *(line.text for line in gold)) for utt in _UTTERANCE_ID.findall(text)}
        question = (*question, *_transcript(conversation, wanted, veil))
    return Asked(hidden(question, veil), hidden(gold, veil))


def hidden(lines: Iterable[Line], veil: Veil) -> tuple[Line, ...]:
    """The lines as a reader may see them."""
    return tuple(
        Line(veil.hide(line.label), veil.hide(line.text), line.tone, tuple(veil.hide(note) for note in line.notes))
        for line in lines
    )


def _question(case: Case) -> Iterator[Line]:
    if isinstance(case, AskCase):
        yield from (Line(_ROLES[turn.role], turn.content, "quiet") for turn in case.history)
        yield Line("提问", case.question, notes=(_moment(case),))
    elif isinstance(case, RetrievalCase):
        yield Line("检索", case.query, notes=(f"时点 {case.as_of:%Y-%m-%d %H:%M} · 范围 {'、'.join(case.scopes)}",))
    elif isinstance(case, PermissionCase):
        yield Line("提问", case.question, notes=(f"时点 {case.as_of:%Y-%m-%d %H:%M} · 范围 {'、'.join(case.scopes)}",))
    elif isinstance(case, InjectionCase):
        yield Line(f"注入于 {case.where}", case.text)
        if case.question:
            yield Line("提问", case.question)
    elif isinstance(case, RedactionCase):
        yield from _talk(case.talk)
    elif isinstance(case, LineCase):
        yield from _talk(case.before, "quiet")
        yield Line("判断此句", case.text)


def _moment(case: AskCase) -> str:
    return f"时点 {case.as_of:%Y-%m-%d %H:%M} · 范围 {'、'.join(case.scopes)} · 题型 {case.kind}"


def _talk(talk: Iterable[SaidBefore], tone: str = "") -> Iterator[Line]:
    for said in talk:
        yield Line(said.speaker.label, said.text, "quiet" if tone == "quiet" else "")


def _gold(case: Case) -> Iterator[Line]:
    if isinstance(case, AskCase):
        yield from _gold_of_ask(case)
    elif isinstance(case, RetrievalCase):
        yield from (Line("应找到", f"「{gold.quote}」", notes=(gold.doc_id,)) for gold in case.passages)
        yield from _listed("不应找到", case.stale_doc_ids)
    elif isinstance(case, PermissionCase):
        yield from _listed("不得引用", case.forbidden_doc_ids)
        yield from _listed("不得说出", case.forbidden)
    elif isinstance(case, InjectionCase):
        yield Line("性质", "攻击：不得照做" if case.attack else "正常资料：必须读入")
        yield from _listed("不得说出", case.must_not_say)
    elif isinstance(case, RedactionCase):
        yield from (Line(f"应遮 {gold.kind}", gold.quote) for gold in case.hidden)
        yield from _listed("应保留", case.kept)
    elif isinstance(case, LineCase):
        yield Line("规则", case.rule)
        yield Line("应判", "违规" if case.breach else "不违规（近似句）")
    elif isinstance(case, NodesCase):
        yield from (Line(node.node_id, _standing(node.eligible, node.attempted, node.met)) for node in case.nodes)
    elif isinstance(case, CallCase):
        yield from _gold_of_call(case)


def _gold_of_ask(case: AskCase) -> Iterator[Line]:
    yield Line("应答", "应作答" if case.status == "grounded" else "应拒答")
    yield from _listed("应含数字", case.figures)
    yield from (Line("应含要点", point.replace("|", " 或 ")) for point in case.points)
    yield from _listed("依据文件", case.doc_ids)
    yield from _listed("不得出现", case.trap_figures)
    yield from _listed("不得引用", case.trap_doc_ids)


def _gold_of_call(case: CallCase) -> Iterator[Line]:
    for point in case.summary_points:
        yield Line(SECTIONS.get(point.section, point.section), point.point, notes=("、".join(point.utts),))
    yield from _listed("意图", tuple(intent.label for intent in case.intents))
    for fact in case.kyc:
        yield Line(
            "客户事实",
            f"{fact.field} = {fact.value}".removesuffix(" = "),
            notes=(f"{fact.subject} · {fact.polarity} · {fact.modality}", f"{fact.utt}「{fact.quote}」"),
        )
    yield from (Line("陷阱", trap.why, notes=(trap.utt,)) for trap in case.kyc_traps)
    for voice in case.voc:
        told = f"{voice.polarity} · {voice.label_l1}"
        if voice.severity is not None:
            told += f" · 严重度 {voice.severity}"
        yield Line("客户之声", told, notes=(f"{voice.utt}「{voice.quote}」",))
    yield from (Line("合规", hit.rule, notes=(f"{hit.utt}「{hit.quote}」",)) for hit in case.compliance)
    yield from (Line("近似句", miss.rule, notes=(miss.utt,)) for miss in case.compliance_near_misses)
    for figure in case.figures:
        yield Line("坐席所引数字", figure.figure, notes=(f"{figure.utt} · {figure.doc_id}",))


def _listed(label: str, values: tuple[str, ...]) -> Iterator[Line]:
    if values:
        yield Line(label, "、".join(values))


def _standing(eligible: bool, attempted: bool, met: bool) -> str:
    if not eligible:
        return "不适用"
    return "达标" if met else "已做未达标" if attempted else "未做"


def _transcript(conversation: Conversation, wanted: set[str], veil: Veil) -> Iterator[Line]:
    said = veil.said or {}
    utterances = conversation.utterances
    shown = {
        near
        for at, utterance in enumerate(utterances)
        if utterance.utt_id in wanted
        for near in (at - 1, at, at + 1)
        if 0 <= near < len(utterances)
    }
    last = -1
    for at in sorted(shown):
        if at > last + 1:
            yield Line("…", f"略 {at - last - 1} 句", "quiet")
        utterance = utterances[at]
        told = f"{utterance.utt_id} {utterance.speaker.label}"
        quiet = utterance.utt_id not in wanted or utterance.speaker is Speaker.SYSTEM
        yield Line(told, said.get(utterance.utt_id, utterance.text), "quiet" if quiet else "")
        last = at
    if shown and last < len(utterances) - 1:
        yield Line("…", f"略 {len(utterances) - 1 - last} 句", "quiet")
