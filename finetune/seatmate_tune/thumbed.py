"""Answers that agents put their thumbs up on: the served prompt made again from the kept snapshot, and what the model said.

    feedback → nobody against it? → the model's own? → question, passages, prompt again → slots again → checked → draft

An answer keeps its sentences and citations (of an abstention the nearest passages), not the other lines that the model had
before it. So the platform's own code searches the kept snapshot again, as release/replay does but for the model, and the
wanted answer must come through serving's checks as the very sentences and citations that the agent saw; one that does not is
left out. A thumb up on an answer beside whose sentences source text stands does not say which of them is right.
"""

from collections.abc import Awaitable, Callable, Sequence

from seatmate.ask.compose import Composed, compose
from seatmate.ask.flow import known_to
from seatmate.ask.ground import Grounder
from seatmate.ask.retrieve import RankedPassage, Retrieval
from seatmate.ask.rewrite import StandaloneQuery, rewrite
from seatmate.ask.sentences import split_sentences
from seatmate.ask.slots import SLOT
from seatmate.domain.answers import (
    AbstainReason,
    Answer,
    AnswerStatus,
    Asked,
    Question,
    RewrittenBy,
    Sentence,
    SentenceSource,
)
from seatmate.domain.call_ports import CallLedger
from seatmate.domain.errors import NotFound
from seatmate.domain.feedback import Feedback, FeedbackLedger, Verdict
from seatmate.domain.figures import find_figures
from seatmate.domain.knowledge import Product
from seatmate.domain.ports import AnswerLedger, Visible
from seatmate_tune.draft import Draft, Gathered, LeftOut, Origin, Reason, Source
from seatmate_tune.example import answered
from seatmate_tune.records import Kit

OpenSearch = Callable[[], Awaitable[Retrieval]]
"""The platform's search over every kept snapshot, opened when an answer needs it."""

_ABSTAIN = "无答案。"
_ANSWER_TOKENS = 200
_OF_THE_MODEL = (SentenceSource.MODEL, SentenceSource.QUOTE)


async def gather_thumbed(
    feedback: FeedbackLedger, answers: AnswerLedger, calls: CallLedger, open_search: OpenSearch, kit: Kit
) -> Gathered:
    """Drafts of the answers that were judged in the recipe's time, oldest first; every other one with a reason."""
    given = await feedback.between(kit.recipe.begin, kit.recipe.end)
    judged = [await answers.answer(answer_id) for answer_id in dict.fromkeys(one.answer_id for one in given)]
    search: Retrieval | None = None
    drafts: list[Draft] = []
    left_out: list[LeftOut] = []
    for answer in sorted(judged, key=lambda a: (a.asked.at if a.asked else a.as_of, a.answer_id)):
        origin = Origin("answer", _name(answer), await _customer(answer, calls), (answer.standalone_query,))
        barred = _excluded(answer, origin, kit) or _not_trained_on(answer, await feedback.of_answer(answer.answer_id))
        if barred:
            left_out.append(LeftOut(origin.key, "answer", *barred))
            continue
        search = search or await open_search()
        made = await _draft(answer, origin, search, kit)
        if isinstance(made, Draft):
            drafts.append(made)
        else:
            left_out.append(LeftOut(origin.key, "answer", *made))
    return Gathered(tuple(drafts), tuple(left_out))


def _name(answer: Answer) -> str:
    """With the conversation that it was asked in, so that a deletion request finds it."""
    conversation_id = answer.asked and answer.asked.conversation_id
    return f"{conversation_id}/{answer.answer_id}" if conversation_id else answer.answer_id


async def _customer(answer: Answer, calls: CallLedger) -> str:
    """All that was asked in one conversation, or about one customer, is on one side of the split."""
    conversation_id = answer.asked and answer.asked.conversation_id
    if not conversation_id:
        return f"answer:{answer.answer_id}"
    try:
        return (await calls.conversation(conversation_id)).customer_id
    except NotFound:
        return f"call:{conversation_id}"


def _excluded(answer: Answer, origin: Origin, kit: Kit) -> tuple[Reason, str] | None:
    conversation_id = (answer.asked and answer.asked.conversation_id) or ""
    if conversation_id in kit.recipe.without_calls or origin.customer in kit.recipe.without_customers:
        return Reason.EXCLUDED, ""
    return None


def _not_trained_on(answer: Answer, opinions: Sequence[Feedback]) -> tuple[Reason, str] | None:
    """One thumb down is enough, whenever it was given; and nobody learns to say what the model did not."""
    against = [one.reason.value for one in opinions if one.verdict is Verdict.DOWN and one.reason is not None]
    if against:
        return Reason.THUMBED_DOWN, ", ".join(sorted(set(against)))
    if answer.status is AnswerStatus.ABSTAINED and answer.reason is not AbstainReason.MODEL_ABSTAINED:
        return Reason.NOTHING_TO_ASK, answer.reason.value if answer.reason else ""
    others = {sentence.source for sentence in answer.sentences if sentence.source not in _OF_THE_MODEL}
    if answer.status is AnswerStatus.DEGRADED or others:
        return Reason.NOT_THE_MODELS, ", ".join(sorted({answer.status.value, *(source.value for source in others)}))
    return None


async def _draft(answer: Answer, origin: Origin, search: Retrieval, kit: Kit) -> Draft | tuple[Reason, str]:
    if answer.asked is None or answer.snapshot is None:
        return Reason.NOT_REBUILT, "what it was asked with is not kept"
    products = known_to(answer.asked.scopes, await search.knowledge.products_at(answer.snapshot))
    query = _query(answer, answer.asked, products)
    if query is None:
        return Reason.NOT_REBUILT, "question"
    withheld = await search.knowledge.withheld(answer.snapshot)
    visible = Visible(answer.snapshot, answer.as_of, answer.asked.scopes, withheld=withheld)
    found = await search.find(query, visible, kit.recipe.passages)
    if not answer.sentences and not _are_nearest(found, answer):
        return Reason.NOT_REBUILT, "passages"
    passages = [ranked.passage for ranked in found]
    composed = compose(kit.prompts, query.text, answer.as_of, passages, products, kit.recipe.max_lines, _ANSWER_TOKENS)
    wanted = _wanted(answer, query, composed, products)
    if wanted is None:
        return Reason.NOT_REBUILT, "sentences"
    return Draft(origin, Source.THUMBED_UP, answered("answer", composed.request.messages, wanted))


def _are_nearest(found: Sequence[RankedPassage], answer: Answer) -> bool:
    """Was the model shown these when it found no answer? Of an abstention the first passages are kept."""
    first = [(one.passage.doc_id, one.passage.version, one.passage.start) for one in found[: len(answer.nearest)]]
    return bool(first) and first == [(place.doc_id, place.version, place.start) for place in answer.nearest]


def _query(answer: Answer, asked: Asked, products: Sequence[Product]) -> StandaloneQuery | None:
    """The question as it was understood, which the answer keeps as words only."""
    question = Question(question=answer.question, history=asked.history)
    ways = [rewrite(question, products, asked.at, follows_up=follows_up) for follows_up in (False, True)]
    if answer.rewritten_by is RewrittenBy.MODEL:
        ways = [rewrite(Question(question=answer.standalone_query), products, asked.at)]
    for query in ways:
        if query.text == answer.standalone_query and (query.as_of or asked.at) == answer.as_of:
            return query
    return None


def _wanted(answer: Answer, query: StandaloneQuery, composed: Composed, products: Sequence[Product]) -> str | None:
    """What the model is to write over these lines; None unless serving would make of it what the agent saw."""
    if not answer.sentences:
        return _ABSTAIN
    written = [_as_written(sentence, query, composed) for sentence in answer.sentences]
    whole = "".join(text for text in written if text is not None)
    grounder = Grounder(query, composed, products)
    checked = [grounder.check(sentence) for sentence in split_sentences(whole)]
    shown = [_shown(one) if isinstance(one, Sentence) else None for one in checked]
    return whole if None not in written and shown == [_shown(one) for one in answer.sentences] else None


def _as_written(sentence: Sentence, query: StandaloneQuery, composed: Composed) -> str | None:
    """With slots in the place of names and figures, and the numbers of the cited lines; None if a line is not there."""
    numbers = {
        (line.passage.doc_id, line.passage.version, line.start, line.end): line.number for line in composed.lines
    }
    cited = [numbers.get((c.doc_id, c.version, c.start, c.end)) for c in sentence.citations]
    lines = [number for number in cited if number is not None]
    if len(lines) < len(cited):
        return None
    text = "" if sentence.source is SentenceSource.QUOTE else _with_slots(sentence.text, lines, query, composed)
    return None if text is None else text + "".join(f"[{number}]" for number in lines)


def _with_slots(text: str, lines: Sequence[int], query: StandaloneQuery, composed: Composed) -> str | None:
    """None if a figure has no slot in these lines, or more than one: nobody says which it was."""
    names = sorted(enumerate(composed.slots.names, start=1), key=lambda named: -len(named[1]))
    for number, name in names:
        text = text.replace(name, f"«P{number}»")
    keys = {figure.normalised for figure in find_figures(query.text)}
    pieces, at = [], 0
    for figure in find_figures(SLOT.sub(lambda slot: " " * len(slot[0]), text)):
        own = [n for n, (raw, line) in enumerate(composed.slots.figures, 1) if raw == figure.raw and line in lines]
        if len(own) != 1 and (own or figure.normalised not in keys):
            return None
        pieces += [text[at : figure.start], f"«F{own[0]}»" if own else figure.raw]
        at = figure.end
    return "".join([*pieces, text[at:]])


def _shown(sentence: Sentence) -> tuple[object, ...]:
    places = [(c.doc_id, c.version, c.start, c.end) for c in sentence.citations]
    return (sentence.source, sentence.text, tuple(places))
