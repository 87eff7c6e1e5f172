"""Is a shown answer true of the documents? Checked anew from them: the flow's own word for it counts nothing.

A citation is true when its words stand there, current when its version holds at the moment that is spoken of, and open
when the caller may read it. A figure is supported when a true and current quote of its own sentence, or the title of
the quoted document, states its value. What is told beside it — a day, a term, a code — may stand elsewhere in that
document: a notice names its day above the table. Whether the right row was quoted is a matter of the gold
(metrics/answer).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from seatmate.ask.spoken import figures_in
from seatmate.domain.answers import Answer, Citation
from seatmate.domain.figures import FoundFigure, is_supported
from seatmate.domain.knowledge import BANK_ZONE, DocumentVersion
from seatmate_eval.metrics.documents import Documents, foreign, in_force, versions
from seatmate_eval.metrics.measured import Measured, floor, share

_CONDITIONS = frozenset({"date", "term", "code"})
"""Kinds of figures that say when, how long and of what: they lead a table as often as they stand in a row."""
_ASKERS = frozenset({"amt", "term", "date", "num", "code"})
"""Kinds of figures that are an asker's own case: 20万, 三年. A rate or a level that he supposes is none."""
_MEASURE = re.compile(r"第?[一1]$|[一1](?![\d.,])")
"""一笔, 第一次, 1个: an article or an ordinal."""
_PAST = re.compile(
    r"[\d一二三四五六七八九十]月|\d[.\-/]\d|[上去前昨]\S{0,2}[周月年天日季度]|之前|以前|原来|当时|那天|那会|当天|当日|过去|曾经|旧"
)
"""Words without which nobody asks about an earlier day."""


@dataclass(frozen=True)
class Asked:
    """What an answer was given to."""

    words: str
    """The question and what was said before it."""
    as_of: datetime
    scopes: tuple[str, ...]


@dataclass(frozen=True)
class Figures:
    """The figures of an answer, held against what its sentences cite."""

    supported: int
    unsupported: tuple[str, ...]
    wrong: tuple[str, ...]
    """Of the unsupported ones, those that the cited documents do not name at all, and every value."""


def measure(answer: Answer, asked: Asked, documents: Documents) -> Iterator[Measured]:
    figures = figures_of(answer, asked, documents)
    counted = figures.supported + len(figures.unsupported)
    yield from share("figure_support", figures.supported, counted, figures.unsupported)
    yield floor("wrong_figure_shown", figures.wrong)
    yield floor("false_quote", [_named(c) for c in shown(answer) if not is_true(c, documents)])
    yield floor("expired_citation", list(expired(answer, asked, documents)))
    yield floor("foreign_document", foreign(documents, shown(answer), asked.scopes))


def cited(answer: Answer) -> list[Citation]:
    return [citation for sentence in answer.sentences for citation in sentence.citations]


def shown(answer: Answer) -> list[Citation]:
    """All that an agent may open: what is cited, and the nearest passages beside a refusal."""
    return [*cited(answer), *answer.nearest]


def is_true(citation: Citation, documents: Documents) -> bool:
    return any(
        one.text[citation.start : citation.end] == citation.quote and citation.quote
        for one in versions(documents, citation)
    )


def expired(answer: Answer, asked: Asked, documents: Documents) -> Iterator[str]:
    """What is not in force, unless it is the past that was asked about and the answer says so."""
    moment = moment_of(answer, asked)
    for citation in dict.fromkeys(shown(answer)):
        if in_force(documents, citation, asked.as_of) is not None:
            continue
        was_in_force = moment != asked.as_of and in_force(documents, citation, moment) is not None
        if not was_in_force or f"《{citation.title}》" not in answer.note:
            yield f"{citation.doc_id} {citation.version} is not in force on {asked.as_of:%Y-%m-%d}"


def moment_of(answer: Answer, asked: Asked) -> datetime:
    """The moment that an answer may speak of: the asker's, or the earlier one that he named and the note names too."""
    day = answer.as_of.astimezone(BANK_ZONE).date()
    earlier = day < asked.as_of.astimezone(BANK_ZONE).date()
    return answer.as_of if earlier and _PAST.search(asked.words) and _written(day) in answer.note else asked.as_of


def figures_of(answer: Answer, asked: Asked, documents: Documents) -> Figures:
    moment, own = moment_of(answer, asked), _of_the_asker(asked)
    supported, unsupported, wrong = 0, list[str](), list[str]()
    for text, citations in _said(answer):
        sources = _sources(citations, moment, documents)
        quotes = [f for c, v in sources for words in (c.quote, v.title) for f in figures_in(words)]
        whole = [f for _, version in sources for f in figures_in(version.text)]
        figures = [f for f in figures_in(text) if not _is_measure(f)]
        stated = [is_supported(figure, quotes) for figure in figures]
        supported += sum(stated)
        for figure, is_stated in zip(figures, stated, strict=True):
            if is_stated or (any(stated) and figure.kind in _ASKERS and is_supported(figure, own)):
                continue
            reason = f"「{figure.raw}」 of 「{text[:60]}」 stands in none of {_names(citations)}"
            unsupported.append(reason)
            if figure.kind not in _CONDITIONS or not is_supported(figure, whole):
                wrong.append(reason)
    wrong += _wrong_of_the_note(answer, asked, documents)
    return Figures(supported, tuple(unsupported), tuple(wrong))


def _said(answer: Answer) -> Iterator[tuple[str, Sequence[Citation]]]:
    """Every text with what it cites. Text that is shown and of no sentence is held against everything cited."""
    rest = answer.text.removesuffix(answer.note) if answer.note else answer.text
    for sentence in answer.sentences:
        yield sentence.text, sentence.citations
        rest = rest.replace(sentence.text, "", 1)
    if rest:
        yield rest, cited(answer)


def _sources(
    citations: Sequence[Citation], moment: datetime, documents: Documents
) -> list[tuple[Citation, DocumentVersion]]:
    """The true and current ones, with the version that they stand in."""
    held = ((c, in_force(documents, c, moment)) for c in citations if is_true(c, documents))
    return [(citation, version) for citation, version in held if version is not None]


def _wrong_of_the_note(answer: Answer, asked: Asked, documents: Documents) -> Iterator[str]:
    """Days that code wrote beside an answer: the day that is spoken of, and the ends of the documents that it names."""
    days = {_written(moment_of(answer, asked).astimezone(BANK_ZONE).date())}
    for version in (v for of in documents.values() for v in of if f"《{v.title}》" in answer.note):
        days |= {_written(day) for day in (version.validity.first_day, version.validity.last_day) if day is not None}
    for found in re.findall(r"\d{4}年\d{1,2}月\d{1,2}日", answer.note):
        if found not in days:
            yield f"「{found}」 of the note is no day of a document that it names"


def _of_the_asker(asked: Asked) -> list[FoundFigure]:
    return figures_in(asked.words)


def _is_measure(figure: FoundFigure) -> bool:
    return figure.kind == "num" and figure.value == "1" and _MEASURE.search(figure.raw) is not None


def _names(citations: Sequence[Citation]) -> str:
    return "、".join(dict.fromkeys(f"{c.doc_id} {c.version}" for c in citations)) or "no citation"


def _named(citation: Citation) -> str:
    return f"{citation.doc_id} {citation.version} does not say 「{citation.quote[:60]}」 at {citation.start}"


def _written(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
