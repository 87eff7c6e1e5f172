"""Answers that knowledge owners pinned, as examples of quoting: the served prompt over their documents, and the lines.

Serving gives a pinned answer without a model; what a model can learn of it is which lines answer such a question. The
prompt is made by `seatmate.ask.compose`. An answer whose sources no longer stand teaches nothing.
"""

from collections.abc import Sequence

from seatmate.ask.compose import Composed, compose
from seatmate.domain.approved import ApprovedAnswer, ApprovedSource
from seatmate.domain.knowledge import DocumentVersion
from seatmate.domain.ports import ApprovedAnswers, KnowledgeLedger
from seatmate_tune.draft import Draft, Gathered, LeftOut, Origin, Reason, Source
from seatmate_tune.example import answered
from seatmate_tune.records import Kit

_MOST_LINES = 3
"""A quote is as short as those that serving asks for; longer ones are procedures that a page tells better."""
_ANSWER_TOKENS = 200


async def gather_pinned(pinned: ApprovedAnswers, knowledge: KnowledgeLedger, kit: Kit) -> Gathered:
    """A draft for each way in which a pinned answer's question is asked."""
    snapshot = await knowledge.live_snapshot()
    drafts: list[Draft] = []
    left_out: list[LeftOut] = []
    for answer in await pinned.pinned():
        versions = [] if snapshot is None else await _in_force(answer, knowledge, snapshot)
        if snapshot is None or not all(_stands(source, versions) for source in answer.sources):
            left_out.append(LeftOut(f"answer:{answer.approved_id}", "answer", Reason.SOURCE_GONE, "document"))
            continue
        passages = await knowledge.passages_of([(v.doc_id, v.version) for v in versions])
        products = await knowledge.products_at(snapshot)
        for question in answer.questions:
            composed = compose(
                kit.prompts, question, answer.pinned_at, passages, products, kit.recipe.max_lines, _ANSWER_TOKENS
            )
            numbers = _lines(composed, answer.sources, versions)
            if not 0 < len(numbers) <= _MOST_LINES:
                detail = "no line" if not numbers else f"{len(numbers)} lines"
                left_out.append(LeftOut(f"answer:{answer.approved_id}", "answer", Reason.SOURCE_GONE, detail))
                continue
            wanted = "".join(f"[{number}]" for number in numbers)
            origin = Origin("answer", answer.approved_id, f"answer:{answer.approved_id}", (question,))
            drafts.append(Draft(origin, Source.PINNED, answered("answer", composed.request.messages, wanted)))
    return Gathered(tuple(drafts), tuple(left_out))


async def _in_force(answer: ApprovedAnswer, knowledge: KnowledgeLedger, snapshot: int) -> list[DocumentVersion]:
    names = list(dict.fromkeys(source.doc_id for source in answer.sources))
    versions = await knowledge.documents_named(snapshot, names)
    return [version for version in versions if version.validity.holds_at(answer.pinned_at)]


def _stands(source: ApprovedSource, versions: Sequence[DocumentVersion]) -> bool:
    return any(v.doc_id == source.doc_id and source.quote in v.text for v in versions)


def _lines(composed: Composed, sources: Sequence[ApprovedSource], versions: Sequence[DocumentVersion]) -> list[int]:
    """Numbers of the lines that hold some of every quote; none if a quote has no line."""
    numbers: set[int] = set()
    for source in sources:
        own = {
            line.number
            for version in versions
            if version.doc_id == source.doc_id and (start := version.text.find(source.quote)) >= 0
            for line in composed.lines
            if (line.passage.doc_id, line.passage.version) == (version.doc_id, version.version)
            and line.start < start + len(source.quote)
            and start < line.end
        }
        if not own:
            return []
        numbers |= own
    return sorted(numbers)
