"""What a flow gave back for a case, as lines: an answer with who wrote each sentence, a call's record with its quotes.

An output of no known shape is shown as it is, key by key: the report never leaves out what it does not understand.
"""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from pydantic import ValidationError

from seatmate.domain.answers import Answer, AnswerStatus, Citation, SentenceSource
from seatmate.domain.compliance import ComplianceHit
from seatmate.domain.evidence import Evidence
from seatmate.domain.findings import CallRecord, Skipped, Source, StepUsage, Summary
from seatmate.domain.model import Shape
from seatmate_eval.outputs import Executed, Fired, Found, FoundPassage, MaskedTalk, Permitted, Read, TwoRecords
from seatmate_eval.report.lines import SECTIONS, Line, Tone
from seatmate_eval.results import Item

_SHOWN_CHARS = 600
"""Of one value of an output that has no shape here."""
_PASSAGE_CHARS = 120
_SHAPES: tuple[type[Shape], ...] = (
    Answer,
    CallRecord,
    Found,
    Permitted,
    Fired,
    Executed,
    MaskedTalk,
    TwoRecords,
    Read,
)
_STATUS = {
    AnswerStatus.GROUNDED: "已核对 grounded",
    AnswerStatus.EXTRACTIVE: "原文摘录 extractive",
    AnswerStatus.ABSTAINED: "拒答 abstained",
    AnswerStatus.DEGRADED: "降级 degraded",
}
_WRITER = {
    SentenceSource.MODEL: "模型",
    SentenceSource.QUOTE: "模型选取原文",
    SentenceSource.APPROVED: "标准答案",
    SentenceSource.SOURCE_TEXT: "原文",
}


def told_by(item: Item | None) -> tuple[Line, ...]:
    """Nothing is hidden here: what a reader sees has gone through asked.hidden."""
    if item is None:
        return (Line("缺", "这次运行里没有这一题", "bad"),)
    if item.output is None:
        return (Line("出错", item.error, "bad"),)
    told = _read(item.output)
    if told is None:
        return tuple(Line(key, _shown(value)) for key, value in item.output.items())
    return tuple(_lines(told)) or (Line("空", "没有任何内容", "quiet"),)


def tokens_of(item: Item) -> tuple[int, int] | None:
    """Of the prompts and of what was written. None where the output does not say."""
    told = _read(item.output) if item.output is not None else None
    match told:
        case Answer():
            return told.prompt_tokens, told.completion_tokens
        case Permitted():
            return told.answer.prompt_tokens, told.answer.completion_tokens
        case CallRecord():
            return _tokens_of_steps(told.usage)
        case TwoRecords():
            return _tokens_of_steps((*told.without.usage, *told.with_line.usage))
    return None


def _tokens_of_steps(steps: Iterable[StepUsage]) -> tuple[int, int]:
    known = tuple(steps)
    return sum(step.prompt_tokens for step in known), sum(step.completion_tokens for step in known)


def _read(output: dict[str, Any]) -> Shape | None:
    """The output as the shape that it has. No two of them fit one output."""
    for shape in _SHAPES:
        try:
            return shape.model_validate(output)
        except ValidationError:
            continue
    return None


def _lines(told: Shape) -> Iterator[Line]:
    match told:
        case Answer():
            yield from _answer(told)
        case Permitted():
            yield from _answer(told.answer)
            yield from _found(told.passages)
        case Found():
            yield from _found(told.passages)
        case CallRecord():
            yield from _record(told)
        case TwoRecords():
            yield from _two_records(told)
        case MaskedTalk():
            yield from (Line(said.speaker.label, said.text) for said in told.utterances)
        case Executed():
            yield from _executed(told)
        case Fired():
            yield from _hits(told.hits)
        case Read():
            yield from (Line("拦下", text, "quiet") for text in told.withheld)
            yield from (Line("读入", text) for text in told.passages)
            yield from (Line("检查", f"{found.kind} {found.detail}", "quiet") for found in told.findings)


def _found(passages: Iterable[FoundPassage]) -> Iterator[Line]:
    for rank, found in enumerate(passages, start=1):
        since, until = found.valid_from or "…", found.valid_to or "今"
        place = (
            f"{found.doc_id}@{found.version} [{found.start}:{found.end}] {since} 至 {until} · 得分 {found.score:.3f}"
        )
        yield Line(
            f"第 {rank} 条", f"《{found.title}》{_short(' '.join(found.text.split()), _PASSAGE_CHARS)}", notes=(place,)
        )


def _two_records(told: TwoRecords) -> Iterator[Line]:
    """What only one of the two says; equal lines are not shown."""
    without, with_line = (tuple(_record(record)) for record in (told.without, told.with_line))
    yield from (
        Line(f"仅原话 · {line.label}", line.text, "quiet", line.notes) for line in without if line not in with_line
    )
    yield from (
        Line(f"仅注入后 · {line.label}", line.text, "bad", line.notes) for line in with_line if line not in without
    )


def _executed(told: Executed) -> Iterator[Line]:
    for node in told.nodes:
        why = f" · {node.detail}" if node.detail else ""
        yield Line(node.node_id, f"{node.label} {node.standing.label}{why}", notes=_quotes(node.evidence))
    yield from _skips(told.skipped)


def _hits(hits: Iterable[ComplianceHit]) -> Iterator[Line]:
    for hit in hits:
        yield Line("合规", f"{hit.rule} {hit.title}（{hit.severity.label}）", notes=_quotes(hit.evidence))


def _skips(skipped: Iterable[Skipped]) -> Iterator[Line]:
    counted = Counter((one.analysis, one.reason.value, one.detail) for one in skipped)
    for (analysis, reason, detail), count in counted.items():
        times = f" ×{count}" if count > 1 else ""
        yield Line("未采用", f"{analysis}：{reason} {detail}".rstrip() + times, "quiet")


def _answer(answer: Answer) -> Iterator[Line]:
    reason = f" · {answer.reason.value}：{answer.reason.label}" if answer.reason else ""
    yield Line("结果", f"{_STATUS[answer.status]}{reason}")
    if answer.standalone_query != answer.question:
        yield Line("改写为", answer.standalone_query, "quiet")
    for sentence in answer.sentences:
        wrong = [figure.raw for figure in sentence.figures if not figure.supported]
        notes = [_cited(citation) for citation in sentence.citations]
        if wrong:
            notes.append(f"无依据的数字：{'、'.join(wrong)}")
        yield Line(_WRITER[sentence.source], sentence.text, "bad" if wrong else "", tuple(notes))
    if answer.note:
        yield Line("附注", answer.note, "quiet")
    for near in answer.nearest:
        yield Line("最接近", f"《{near.title}》「{near.quote[:80]}」", "quiet", (_cited(near, with_quote=False),))
    for rejected in answer.rejected:
        yield Line("已拦下", rejected.text, "quiet", (f"未通过核对：{rejected.reason}",))


def _cited(citation: Citation, with_quote: bool = True) -> str:
    since, until = citation.valid_from or "…", citation.valid_to or "今"
    place = f"《{citation.title}》{citation.doc_id}@{citation.version} [{citation.start}:{citation.end}]"
    quote = f" 「{citation.quote}」" if with_quote else ""
    return f"{place} {since} 至 {until}{quote}"


def _record(record: CallRecord) -> Iterator[Line]:
    yield from _summary(record.summary)
    for fact in record.kyc:
        told = f"{fact.field} = {fact.value}（{fact.subject} · {fact.polarity} · {fact.modality}）"
        yield Line("客户事实", told, notes=_quotes(fact.evidence))
    for voice in record.voc:
        told = f"{voice.polarity} · {voice.label_l1} · {voice.label} · 严重度 {voice.severity}"
        yield Line("客户之声", told, notes=_quotes(voice.evidence))
    yield from _hits(record.compliance)
    yield from _executed(Executed(nodes=record.nodes))
    yield from _skips(record.skipped)


def _summary(summary: Summary) -> Iterator[Line]:
    for section in (name for name in SECTIONS if name != "outcome"):
        for point in getattr(summary, section):
            writer: Tone = "" if point.source is Source.MODEL else "quiet"
            mark = "" if point.source is Source.MODEL else "（原话）"
            yield Line(SECTIONS[section], f"{point.text}{mark}", writer, _quotes(point.evidence))
    for intent in summary.intents:
        yield Line(
            "意图", f"{intent.label}（{'已解决' if intent.resolved else '未解决'}）", notes=_quotes(intent.evidence)
        )
    if summary.outcome:
        yield Line(
            "处理结果", f"{summary.outcome.status} {summary.outcome.text}", notes=_quotes(summary.outcome.evidence)
        )


def _quotes(evidence: Iterable[Evidence]) -> tuple[str, ...]:
    return tuple(f"{e.utt_id}[{e.start}:{e.end}]「{e.quote}」" for e in evidence)


def _shown(value: Any) -> str:
    return _short(value if isinstance(value, str) else json.dumps(value, ensure_ascii=False), _SHOWN_CHARS)


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}…（共 {len(text)} 字）"
