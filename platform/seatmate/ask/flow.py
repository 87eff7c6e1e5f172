"""A live question, from the agent's words to an answer whose every sentence has been checked.

    understand → approved answer, or: retrieve → compose → generate and ground, sentence by sentence → record

A sentence leaves when it is checked; the whole answer follows when it is on record. Without the model server the answer
is source text and says so; without evidence it is an abstention with a reason and the nearest passages.
"""

import time
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from seatmate.ask.approved import approved_answer
from seatmate.ask.compose import Composed, SourceLine, compose
from seatmate.ask.flaws import Flaw
from seatmate.ask.ground import Abstains, Grounder, Rejection, citation
from seatmate.ask.in_force import note_of_another_day, note_of_what_is_not_in_force
from seatmate.ask.retrieve import RankedPassage, Retrieval
from seatmate.ask.rewrite import StandaloneQuery, is_follow_up, rewrite
from seatmate.ask.rewrite_by_model import rewrite_by_model
from seatmate.ask.sentences import whole_sentences
from seatmate.compliance.answer import Conduct
from seatmate.domain.answers import (
    AbstainReason,
    Answer,
    AnswerStatus,
    Asked,
    Citation,
    Latency,
    Question,
    Rejected,
    RewrittenBy,
    Sentence,
    SentenceSource,
)
from seatmate.domain.errors import ModelUnavailable, Overloaded
from seatmate.domain.knowledge import Product
from seatmate.domain.ports import AnswerLedger, ApprovedAnswers, ChatModel, Usage, Visible
from seatmate.domain.redaction import redact
from seatmate.prompts import Prompts


@dataclass(frozen=True)
class SentenceChecked:
    sentence: Sentence


@dataclass(frozen=True)
class Answered:
    answer: Answer


AnswerEvent = SentenceChecked | Answered


@dataclass(frozen=True)
class AskOptions:
    """Part of a release. `min_relevance`: how much of the question the best passage must speak of."""

    passages: int
    source_lines: int
    max_tokens: int
    min_relevance: float
    trust_source_at: float = 0.5
    """When the model abstains although a passage speaks of this share of the question, the source text answers."""
    shown_sources: int = 0
    """Source lines beside what the model says; one in its place, if nothing that it says passes."""
    close_words: bool = False
    """A sentence of the model must be told in the source's own words (ask/closeness)."""
    model_rewrites: bool = False
    """A follow-up is rewritten by the model, checked (ask/rewrite_check); else, and where that fails, by rule."""
    model_rewrite_s: float = 2.0


@dataclass
class _Course:
    """What has happened so far in one answer."""

    question: Question
    asked: Asked
    began: float
    query: StandaloneQuery
    visible: Visible | None
    products: Sequence[Product]
    rewritten_by: RewrittenBy = RewrittenBy.RULE
    kept: bool = True
    note: str = ""
    approved_id: str | None = None
    found: list[RankedPassage] = field(default_factory=list)
    sentences: list[Sentence] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)
    rewrite_ms: float = 0.0
    retrieve_ms: float = 0.0
    first_ms: float | None = None

    @property
    def as_of(self) -> datetime:
        """The moment that the question is about."""
        return self.query.as_of or self.asked.at

    def elapsed_ms(self) -> float:
        return (time.perf_counter() - self.began) * 1000

    def add(self, sentence: Sentence) -> SentenceChecked:
        if self.first_ms is None:
            self.first_ms = self.elapsed_ms()
        self.sentences.append(sentence)
        return SentenceChecked(sentence)

    def shown(self) -> list[Citation]:
        return [c for sentence in self.sentences for c in sentence.citations]


class Ask:
    """The flow with its parts; one instance serves all questions."""

    def __init__(
        self,
        *,
        prompts: Prompts,
        retrieval: Retrieval,
        approved: ApprovedAnswers,
        answers: AnswerLedger,
        model: ChatModel,
        conduct: Conduct,
        release_id: str,
        options: AskOptions,
        now: Callable[[], datetime],
    ) -> None:
        self._prompts = prompts
        self._retrieval = retrieval
        self._knowledge = retrieval.knowledge
        self._approved = approved
        self._answers = answers
        self._model = model
        self._conduct = conduct
        self._release_id = release_id
        self._options = options
        self._now = now

    async def answer(
        self, question: Question, scopes: tuple[str, ...], *, looking_at: int | None = None
    ) -> AsyncIterator[AnswerEvent]:
        """Checked sentences as they come, then the recorded answer.

        `looking_at`: a built snapshot that need not be live, for a look at what it would answer. It is not recorded.
        """
        course = await self._understand(redacted(question), scopes, looking_at)
        if sentence := await self._approved_sentence(course):
            yield course.add(sentence)
            yield await self._record(course, AnswerStatus.GROUNDED)
            return
        await self._retrieve(course)
        if reason := await self._nothing_to_say(course):
            yield await self._record(course, AnswerStatus.ABSTAINED, reason)
            return
        composed = self._compose(course)
        outcome = _Outcome()
        async for sentence in self._generate(course, composed, outcome):
            yield course.add(sentence)
        yield await self._record(course, outcome.status(course), outcome.reason)

    async def whole_answer(
        self, question: Question, scopes: tuple[str, ...], *, looking_at: int | None = None
    ) -> Answer:
        """The answer alone, for who does not read along."""
        async for happened in self.answer(question, scopes, looking_at=looking_at):
            if isinstance(happened, Answered):
                return happened.answer
        raise AssertionError("the flow always ends with an answer")

    async def search(self, query: str, visible: Visible, limit: int) -> list[RankedPassage]:
        """Passages only, no model: the door for people who look for themselves. The moment is the caller's."""
        products = known_to(visible.scopes, await self._knowledge.products_at(visible.snapshot))
        standalone = rewrite(Question(question=query), products, visible.as_of)
        return await self._retrieval.find(standalone, visible, limit)

    async def _understand(self, question: Question, scopes: tuple[str, ...], looking_at: int | None) -> _Course:
        began = time.perf_counter()
        asked_at = question.as_of or self._now()
        allowed = narrowed(scopes, question.scope)
        snapshot = await self._knowledge.live_snapshot() if looking_at is None else looking_at
        products = [] if snapshot is None else known_to(allowed, await self._knowledge.products_at(snapshot))
        query = rewrite(question, products, asked_at)
        visible = None
        if snapshot is not None:
            withheld = await self._knowledge.withheld(snapshot)
            visible = Visible(snapshot, query.as_of or asked_at, allowed, withheld=withheld)
        asked = Asked(at=asked_at, scopes=allowed, history=question.history, conversation_id=question.conversation_id)
        course = _Course(question, asked, began, query, visible, products, kept=looking_at is None)
        if self._options.model_rewrites and is_follow_up(question, products):
            await self._rewrite_by_model(course)
        course.rewrite_ms = course.elapsed_ms()
        return course

    async def _rewrite_by_model(self, course: _Course) -> None:
        """The day that is asked about stays what it is: a rewriting that moves it is not used."""
        found = await rewrite_by_model(
            course.question,
            course.query,
            course.products,
            course.asked.at,
            prompts=self._prompts,
            model=self._model,
            within_s=self._options.model_rewrite_s,
        )
        course.query, course.rewritten_by, course.usage = found.query, found.by, found.usage

    async def _approved_sentence(self, course: _Course) -> Sentence | None:
        if course.visible is None or self._names_withheld(course):
            return None
        found = await approved_answer(
            course.query, course.visible, course.products, approved=self._approved, knowledge=self._knowledge
        )
        if found is None:
            return None
        course.approved_id = found[0].approved_id
        return found[1]

    async def _retrieve(self, course: _Course) -> None:
        if course.visible is None or self._names_withheld(course):
            return
        course.found = await self._retrieval.find(course.query, course.visible, self._options.passages)
        if course.question.history and _best(course.found) < self._options.min_relevance:
            course.query = rewrite(course.question, course.products, course.asked.at, follows_up=True)
            course.rewritten_by = RewrittenBy.RULE
            if self._options.model_rewrites and not is_follow_up(course.question, course.products):
                await self._rewrite_by_model(course)
            course.found = await self._retrieval.find(course.query, course.visible, self._options.passages)
        course.retrieve_ms = course.elapsed_ms() - course.rewrite_ms

    async def _nothing_to_say(self, course: _Course) -> AbstainReason | None:
        if course.visible is None:
            return AbstainReason.NOTHING_PUBLISHED
        if self._names_withheld(course):
            return AbstainReason.PRODUCT_WITHHELD
        if _best(course.found) >= self._options.min_relevance:
            return None
        at_any_time = replace(course.visible, in_force_only=False)
        found = await self._retrieval.find(course.query, at_any_time, self._options.passages)
        ended = [r for r in found if not r.passage.validity.holds_at(course.as_of)]
        if _best(ended) < self._options.min_relevance or _best(ended) <= _best(course.found):
            return AbstainReason.NO_EVIDENCE
        course.note = note_of_what_is_not_in_force(ended[0].passage, course.as_of)
        return AbstainReason.NOT_IN_FORCE

    def _names_withheld(self, course: _Course) -> bool:
        codes = {product.code for product in course.query.products}
        return course.visible is not None and bool(codes) and codes <= set(course.visible.withheld)

    def _compose(self, course: _Course) -> Composed:
        return compose(
            self._prompts,
            course.query.text,
            course.as_of,
            [ranked.passage for ranked in course.found],
            course.products,
            self._options.source_lines,
            self._options.max_tokens,
        )

    async def _generate(self, course: _Course, composed: Composed, outcome: "_Outcome") -> AsyncIterator[Sentence]:
        """Sentences that passed, then source text: in the place of what did not pass, and what is as relevant."""
        grounder = Grounder(course.query, composed, course.products, self._options.close_words)
        try:
            async for written in whole_sentences(self._pieces(course, composed)):
                checked = self._proper(grounder.check(written))
                if isinstance(checked, Abstains):
                    outcome.abstained = True
                    break
                if isinstance(checked, Rejection):
                    course.rejected.append(Rejected(text=checked.text, reason=checked.flaw))
                elif not set(checked.citations) & set(course.shown()) or checked.source is SentenceSource.MODEL:
                    yield checked
        except (ModelUnavailable, Overloaded):
            outcome.degraded = True
        # Only an abstention may be the last word, as far as the release trusts it.
        if course.sentences or course.rejected or outcome.degraded or self._speaks_of_it(course):
            most = max(self._options.shown_sources, 0 if course.sentences else 1)
            for source in grounder.sources("".join(sentence.text for sentence in course.sentences), most):
                yield source

    def _speaks_of_it(self, course: _Course) -> bool:
        return _best(course.found) >= self._options.trust_source_at

    def _proper(self, checked: Sentence | Rejection | Abstains) -> Sentence | Rejection | Abstains:
        """True of the source is not enough: the model may not say what an agent may not say."""
        if not isinstance(checked, Sentence) or checked.source is not SentenceSource.MODEL:
            return checked
        return Rejection(checked.text, Flaw.AGAINST_THE_RULES) if self._conduct.breaks_a_rule(checked.text) else checked

    async def _pieces(self, course: _Course, composed: Composed) -> AsyncIterator[str]:
        async for delta in self._model.stream(composed.request):
            if delta.usage is not None:
                course.usage = course.usage.plus(delta.usage)
            if delta.text:
                yield delta.text

    async def _record(self, course: _Course, status: AnswerStatus, reason: AbstainReason | None = None) -> Answered:
        nearest = _nearest(course.found) if status is AnswerStatus.ABSTAINED else ()
        shown = course.shown() or nearest
        if shown and course.query.as_of is not None:
            answers = bool(course.sentences)
            course.note += note_of_another_day(course.as_of, course.asked.at, shown, answers=answers)
        course.note += self._conduct.words_owed("".join(sentence.text for sentence in course.sentences))
        if course.first_ms is None and course.sentences:
            course.first_ms = course.elapsed_ms()
        answer = Answer(
            answer_id=f"ans-{uuid.uuid4().hex}",
            release_id=self._release_id,
            snapshot=course.visible and course.visible.snapshot,
            as_of=course.as_of,
            question=course.question.question,
            asked=course.asked,
            standalone_query=course.query.text,
            rewritten_by=course.rewritten_by,
            text="".join(sentence.text for sentence in course.sentences) + course.note,
            sentences=tuple(course.sentences),
            status=status,
            reason=reason,
            note=course.note,
            approved_id=course.approved_id,
            nearest=nearest,
            rejected=tuple(course.rejected),
            prompt_tokens=course.usage.prompt_tokens,
            completion_tokens=course.usage.completion_tokens,
            latency_ms=Latency(
                rewrite=course.rewrite_ms,
                retrieve=course.retrieve_ms,
                first_sentence=course.first_ms,
                total=course.elapsed_ms(),
            ),
        )
        if course.kept:
            await self._answers.save_answer(answer)
        return Answered(answer)


@dataclass
class _Outcome:
    """How the generation went."""

    abstained: bool = False
    degraded: bool = False

    @property
    def reason(self) -> AbstainReason | None:
        return AbstainReason.MODEL_ABSTAINED if self.abstained else None

    def status(self, course: _Course) -> AnswerStatus:
        if not course.sentences:
            return AnswerStatus.ABSTAINED
        if self.degraded:
            return AnswerStatus.DEGRADED
        written = any(s.source is not SentenceSource.SOURCE_TEXT for s in course.sentences)
        return AnswerStatus.GROUNDED if written else AnswerStatus.EXTRACTIVE


def redacted(question: Question) -> Question:
    """The question as it is asked, answered and kept: without anybody's card, identity or telephone number, or code."""
    history = tuple(turn.model_copy(update={"content": redact(turn.content).text}) for turn in question.history)
    return question.model_copy(update={"question": redact(question.question).text, "history": history})


def narrowed(allowed: tuple[str, ...], asked: tuple[str, ...] | None) -> tuple[str, ...]:
    """The scopes of a query: what the caller may see, or less; never more."""
    return allowed if asked is None else tuple(scope for scope in allowed if scope in asked)


def known_to(scopes: tuple[str, ...], products: Sequence[Product]) -> list[Product]:
    """The products that a caller may know of: a name alone can be a secret."""
    return [product for product in products if set(product.scope) & set(scopes)]


def _best(found: Sequence[RankedPassage]) -> float:
    return max((ranked.relevance for ranked in found), default=0.0)


def _nearest(found: list[RankedPassage]) -> tuple[Citation, ...]:
    return tuple(
        citation(SourceLine(n, r.passage, r.passage.start, r.passage.end, r.passage.text))
        for n, r in enumerate(found[:3], start=1)
    )
