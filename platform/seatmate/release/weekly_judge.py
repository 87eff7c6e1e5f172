"""Is the answer to a question of the week right, wrong, or for a person to look at?

A figure counts where it can be told what it is of: by the facts that were read from the cited place, or by the words
around it. Where neither tells, nobody is accused: the answer is in doubt. Pure; knows only the question, the answer and
what the cited documents state.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from seatmate.domain.answers import AbstainReason, Answer, AnswerStatus, Citation, Sentence, SentenceSource
from seatmate.domain.attributes import attributes_in
from seatmate.domain.facts import ProductFact
from seatmate.domain.figures import FoundFigure, find_figures, same_value
from seatmate.domain.knowledge import BANK_ZONE, Product
from seatmate.domain.weekly import JudgedAnswer, Judgement, QuestionKind, WeeklyQuestion

Version = tuple[str, str]
"""doc_id and version."""

_FIGURE = re.compile(r"(?:pct|amt|term|date|time|num|level|t|code|phone):\S+")
_PARTS = re.compile(r"[^。；;\n]+")
_ANSWER_CHARS = 600


@dataclass(frozen=True)
class Sources:
    """What the judge knows of the candidate's documents."""

    facts: Mapping[Version, Sequence[ProductFact]]
    scopes: Mapping[Version, tuple[str, ...]]
    products: Sequence[Product]

    def named_in(self, text: str) -> set[str]:
        """The products that a text names; the longest name wins its characters."""
        return _named(text, self.products)[0]

    def without_names(self, text: str) -> str:
        return _named(text, self.products)[1]

    def stated_at(self, citations: Sequence[Citation]) -> list[ProductFact]:
        return [
            fact
            for c in citations
            for fact in self.facts.get((c.doc_id, c.version), ())
            if fact.start < c.end and c.start < fact.end
        ]


class _Stands(Enum):
    """How a value stands in a sentence."""

    SAID = "said"
    UNSURE = "unsure"
    OF_ANOTHER = "of_another"
    ABSENT = "absent"


def judge(question: WeeklyQuestion, answer: Answer, sources: Sources) -> JudgedAnswer:
    judgement, why = (
        _other_moment(question, answer)
        or _faults_of_citations(question, answer, sources)
        or (_of_words(question, answer, sources) if answer.sentences else _of_silence(question, answer))
    )
    return JudgedAnswer(
        question=question,
        judgement=judgement,
        why=why,
        answer=answer.text[:_ANSWER_CHARS] or (answer.reason.label if answer.reason else ""),
        cited=tuple(dict.fromkeys(c.doc_id for s in answer.sentences for c in s.citations)),
        without_model=answer.status is AnswerStatus.DEGRADED,
    )


def _other_moment(question: WeeklyQuestion, answer: Answer) -> tuple[Judgement, str] | None:
    """上月 in a line's own words moves the moment: what is right then is not known here."""
    asked, answered = (moment.astimezone(BANK_ZONE).date() for moment in (question.asked_at, answer.as_of))
    return None if asked == answered else (Judgement.REVIEW, f"问的是 {asked}，按 {answered} 作答")


def _faults_of_citations(question: WeeklyQuestion, answer: Answer, sources: Sources) -> tuple[Judgement, str] | None:
    day = question.asked_at.astimezone(BANK_ZONE).date()
    for citation in (c for sentence in answer.sentences for c in sentence.citations):
        first, last = citation.valid_from, citation.valid_to
        if (first is not None and day < first) or (last is not None and last < day):
            return Judgement.WRONG, f"引用的《{citation.title}》在 {day} 不生效"
        readers = sources.scopes.get((citation.doc_id, citation.version))
        if readers is not None and not set(readers) & set(question.scopes):
            return Judgement.WRONG, f"引用了提问人无权查看的《{citation.title}》"
    return None


def _of_silence(question: WeeklyQuestion, answer: Answer) -> tuple[Judgement, str]:
    if question.kind is QuestionKind.WITHDRAWN:
        return Judgement.RIGHT, "未作答，符合预期"
    if answer.reason is AbstainReason.PRODUCT_WITHHELD:
        return Judgement.UNANSWERED, "该产品资料互相矛盾，暂不作答"
    if question.must_answer:
        return Judgement.WRONG, f"这个时点应答 {spoken(question.wanted)}，却没有生效的资料可答"
    return Judgement.UNANSWERED, f"应答 {spoken(question.wanted)}，未作答"


def _of_words(question: WeeklyQuestion, answer: Answer, sources: Sources) -> tuple[Judgement, str]:
    reader = _Reader(question, sources)
    wanted, trapped = _Stands.ABSENT, _Stands.ABSENT
    trap = ""
    for sentence in answer.sentences:
        right = _surest(reader.stands(sentence, value) for value in question.wanted)
        wanted = _surest((wanted, right))
        if right is _Stands.SAID:
            continue
        for value in question.traps:
            stands = reader.stands(sentence, value, is_trap=True)
            if _surest((stands, trapped)) is not trapped:
                trapped, trap = stands, value
    if trapped is _Stands.SAID:
        should = f"应为 {spoken(question.wanted)}" if question.wanted else "已不再适用"
        return Judgement.WRONG, f"答成 {spoken((trap,))}，{should}"
    if wanted is _Stands.SAID:
        return Judgement.RIGHT, f"答出 {spoken(question.wanted)}"
    if trapped is _Stands.UNSURE:
        return Judgement.REVIEW, f"出现 {spoken((trap,))}，说不清是指什么"
    if question.kind is QuestionKind.WITHDRAWN:
        return Judgement.RIGHT, "未提及已撤下的内容"
    if wanted is _Stands.UNSURE:
        return Judgement.REVIEW, f"出现 {spoken(question.wanted)}，说不清是指什么"
    if other := next(filter(None, map(reader.another_value, answer.sentences)), ""):
        return Judgement.REVIEW, f"模型答成 {other}，应为 {spoken(question.wanted)}"
    return Judgement.UNANSWERED, f"应答 {spoken(question.wanted)}，答了别的"


class _Reader:
    """Reads sentences for one question."""

    def __init__(self, question: WeeklyQuestion, sources: Sources) -> None:
        self._question = question
        self._sources = sources

    def stands(self, sentence: Sentence, value: str, *, is_trap: bool = False) -> _Stands:
        text = self._sources.without_names(sentence.text)
        stating = [fact for fact in self._sources.stated_at(sentence.citations) if fact.value == value]
        if not occurs(value, text) and not any(squeezed(fact.raw) in squeezed(text) for fact in stating):
            return _Stands.ABSENT
        if self._question.words:
            return self._by_line(sentence)
        named = self._sources.named_in(sentence.text)
        if named and self._question.product_code not in named:
            # An agent sees that it is another product's; a neighbour's value in its place is still for a person.
            return _Stands.UNSURE if is_trap and self._question.trap_of in named else _Stands.OF_ANOTHER
        if any(self._is_asked_for(fact, is_trap) for fact in stating):
            return _Stands.SAID
        by_words = self._by_words(sentence, value, text)
        return _Stands.OF_ANOTHER if stating and by_words is not _Stands.SAID else by_words

    def another_value(self, sentence: Sentence) -> str:
        """The figure that the model's own words give for what was asked, where it is none of the expected ones."""
        text = self._sources.without_names(sentence.text)
        mine = self._question.product_code in self._sources.named_in(sentence.text)
        if sentence.source is not SentenceSource.MODEL or not mine:
            return ""
        for figure in find_figures(text):
            before = [named.attribute for named in attributes_in(text) if named.end <= figure.start]
            if before and before[-1] is self._question.attribute:
                return figure.raw
        return ""

    def _is_asked_for(self, fact: ProductFact, is_trap: bool) -> bool:
        question = self._question
        codes = {question.product_code, question.trap_of} if is_trap else {question.product_code}
        same = fact.attribute is question.attribute and fact.condition == question.condition
        return same and fact.product_code in codes

    def _by_words(self, sentence: Sentence, value: str, text: str) -> _Stands:
        """By the attribute's word that stands nearest before the value in its part of the sentence, and the product's
        name in the sentence or in the title of what it cites."""
        question = self._question
        titles = "".join(citation.title for citation in sentence.citations)
        about_it = question.product_code in self._sources.named_in(sentence.text + "\n" + titles)
        best = _Stands.OF_ANOTHER
        for part in _PARTS.findall(text):
            at = place_of(value, part)
            if at is None:
                continue
            before = [named.attribute for named in attributes_in(part) if named.start <= at]
            if not before:
                of_it = about_it or question.kind is not QuestionKind.WITHDRAWN  # 0% alone is of many things
                best = _surest((best, _Stands.UNSURE if of_it else _Stands.OF_ANOTHER))
            elif before[-1] is question.attribute:
                plain = about_it and question.condition in part
                best = _surest((best, _Stands.SAID if plain else _Stands.UNSURE))
        return best

    def _by_line(self, sentence: Sentence) -> _Stands:
        """What a line states of no product is known by the line's other words."""
        told = "".join((sentence.text, *(f"{c.quote}{c.title}" for c in sentence.citations)))
        return (
            _Stands.SAID if all(squeezed(word) in squeezed(told) for word in self._question.words) else _Stands.UNSURE
        )


def occurs(value: str, text: str) -> bool:
    """Does the text state a value of a fact? Of a range both ends; of plain words the words."""
    if not _FIGURE.match(value):
        return squeezed(value) in squeezed(text)
    found = find_figures(text)
    return all(any(_same(part, figure) for figure in found) for end in value.split("~") for part in _parts(end))


def place_of(value: str, text: str) -> int | None:
    """Where the text states it first, or None where it does not."""
    if not occurs(value, text):
        return None
    if not _FIGURE.match(value):
        return max(0, text.find(value))
    first = _parts(value.split("~")[0])[0]
    return next((figure.start for figure in find_figures(text) if _same(first, figure)), None)


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def spoken(values: Sequence[str]) -> str:
    """Values for people: 2.4%–2.9% for pct:2.4~pct:2.9."""
    return "或".join(_spoken(value) for value in values) or "（无）"


_UNITS = {"m": "个月", "d": "天", "wd": "个工作日", "h": "小时", "min": "分钟"}


def _spoken(value: str) -> str:
    if not _FIGURE.match(value):
        return value
    return "–".join(_spoken_end(*end.partition(":")[::2]) for end in value.split("~"))


def _spoken_end(kind: str, value: str) -> str:
    if kind == "term" and (found := re.fullmatch(r"([\d.]+)([a-z]+)", value)):
        return found[1] + _UNITS.get(found[2], found[2])
    written = {"pct": f"{value}%", "amt": f"{value}元", "t": f"T+{value}", "date": value.replace("T", " ")}
    return written.get(kind, value)


def _parts(end: str) -> list[str]:
    """A day with an hour is two figures in a text."""
    kind, _, value = end.partition(":")
    if kind == "date" and "T" in value:
        day, _, hour = value.partition("T")
        return [f"date:{day}", f"time:{hour}"]
    return [end]


def _same(part: str, figure: FoundFigure) -> bool:
    return same_value(FoundFigure(part, 0, len(part), part), figure)


def _surest(stands: Iterable[_Stands]) -> _Stands:
    order = list(_Stands)
    return min(stands, key=order.index, default=_Stands.ABSENT)


def _named(text: str, products: Sequence[Product]) -> tuple[set[str], str]:
    """The codes of the products named, and the text with their names blanked out, position for position."""
    spoken_names = sorted(((n, p.code) for p in products for n in p.names if n), key=lambda pair: -len(pair[0]))
    codes: set[str] = set()
    for name, code in spoken_names:
        if name in text:
            codes.add(code)
            text = text.replace(name, "\x00" * len(name))
    return codes, text
