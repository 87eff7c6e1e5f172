"""Questions from lines of documents whose figures changed and that are about no product: a listed rate, a limit, a fee.

Rows of tables are paired by the cells that they share, sentences by their words without the figures. A line that no
question can be made of is named, for a person. Pure.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from seatmate.domain.facts import ProductFact
from seatmate.domain.figures import FoundFigure, find_figures
from seatmate.domain.knowledge import Passage
from seatmate.domain.weekly import Difference, QuestionKind, WeeklyQuestion

_BEFORE = timedelta(minutes=1)
_MOST_WORDS = 3
_LONGEST_WORD = 16
_NUMBERED = re.compile(r"^(?:[（(]?[一二三四五六七八九十\d]{1,3}[）)、.．]\s*)+")
_BRACKETS = re.compile(r"[（(][^）)]*[）)]")
_SENTENCE = re.compile(r"[^。；;\n]+")
_LEADS = re.compile(r"(?P<subject>[^，,。；;：:]{3,30}?)(?P<leads>为|是|：|:|限|收取|收|不超过|最高|最低)$")
_VALUES = ("pct", "amt", "num", "t")
"""Kinds of figures that are asked for; days and terms are mostly what a line holds for."""
_SAYS_A_SUBJECT = 8


@dataclass(frozen=True)
class ChangedDocument:
    """A document's passages in the live snapshot and in the candidate."""

    before: Sequence[Passage]
    after: Sequence[Passage]


@dataclass(frozen=True)
class LineQuestions:
    asked: tuple[WeeklyQuestion, ...]
    unworded: tuple[str, ...]


def lines_of(changed: Iterable[ChangedDocument], facts: Sequence[ProductFact], at: datetime) -> LineQuestions:
    """`facts` are the candidate's: what they state is asked by them."""
    asked: list[WeeklyQuestion] = []
    unworded: list[str] = []
    for document in changed:
        for passage in _beyond(document.after, document.before):
            stated = [f for f in facts if _within(f, passage)]
            wanted = _Wanted(passage, at, {f.value for f in stated})
            found = _of_row if passage.columns else _of_prose
            questions, left = found(wanted, _beyond(document.before, document.after))
            asked += questions
            unworded += [f"{passage.place}：{line}" for line in left if not stated]
    return LineQuestions(tuple(asked), tuple(dict.fromkeys(unworded)))


@dataclass(frozen=True)
class _Wanted:
    """A passage that the live snapshot does not have. `known` are the values that facts state of it."""

    passage: Passage
    at: datetime
    known: Collection[str]

    def questions(self, text: str, words: Sequence[str], old: str, new: str) -> Iterator[WeeklyQuestion]:
        begins = self.passage.validity.since
        now = WeeklyQuestion(
            kind=QuestionKind.NEW_VALUE,
            difference=Difference.CHANGED,
            question=text,
            asked_at=max(self.at, begins or self.at),
            scopes=self.passage.scope,
            words=tuple(words),
            wanted=(new,),
            traps=(old,),
            doc_ids=(self.passage.doc_id,),
        )
        yield now
        if begins is not None:
            swapped = {"kind": QuestionKind.AS_OF_OLD, "wanted": (old,), "traps": (new,)}
            yield now.model_copy(update={**swapped, "asked_at": begins - _BEFORE})


_Found = tuple[list[WeeklyQuestion], list[str]]
Cell = tuple[str, str]
"""A table's header and the value below it."""


def _of_row(wanted: _Wanted, before: Sequence[Passage]) -> _Found:
    cells = _cells(wanted.passage.text)
    pairs = _paired(cells, [_cells(p.text) for p in before if p.columns])
    if pairs is None:
        return [], [wanted.passage.text] if _figures(wanted.passage.text) else []
    words = [_bare(value) for (label, value), other in pairs if _names(label, value, other)]
    words = [word for word in words if word][:_MOST_WORDS]
    changed = [(label, old, new) for (label, new), (_, old) in pairs if old != new]
    if not words or not all(_one_changed(old, new) for _, old, new in changed):
        return [], [f"{label}：{new}" for label, _, new in changed if not _known(new, wanted)]
    questions: list[WeeklyQuestion] = []
    for label, old, new in changed:
        if not _known(new, wanted):
            text = f"{''.join(words)}的{_bare(label)}是多少？"
            questions += wanted.questions(text, words, _figures(old)[0].normalised, _figures(new)[0].normalised)
    return questions, []


def _paired(cells: Sequence[Cell], rows: Iterable[Sequence[Cell]]) -> list[tuple[Cell, Cell]] | None:
    """Each cell with the one of the row that shares most; None where no row or more than one does. A row that says
    itself when it holds has no such counterpart: the table has one for each time."""
    alike = [row for row in rows if _headers(row) == _headers(cells)]
    scored = sorted(((_shared(cells, row), n) for n, row in enumerate(alike)), reverse=True)
    best = scored[0][0] if scored else 0
    if not best or sum(score == best for score, _ in scored) > 1 or any(_dated(value) for _, value in cells):
        return None
    return list(zip(cells, alike[scored[0][1]], strict=True))


def _of_prose(wanted: _Wanted, before: Sequence[Passage]) -> _Found:
    had = {_skeleton(line): line for p in before for line in _SENTENCE.findall(p.text)}
    same = {line.strip() for line in had.values()}
    questions: list[WeeklyQuestion] = []
    left: list[str] = []
    for line in _SENTENCE.findall(wanted.passage.text):
        old = had.get(_skeleton(line))
        if line.strip() in same or not _figures(line):
            continue
        made = list(_of_sentence(wanted, old, line)) if old is not None and not _dated(line) else []
        questions += made
        if not made and not _known(line, wanted):
            left.append(line.strip())
    return questions, left


def _of_sentence(wanted: _Wanted, old: str, new: str) -> Iterator[WeeklyQuestion]:
    for was, figure in zip(find_figures(old), find_figures(new), strict=True):
        if was.normalised == figure.normalised or figure.kind not in _VALUES or figure.normalised in wanted.known:
            continue
        said = _LEADS.search(new[: figure.start])
        if said is None:
            continue
        subject = _bare(said["subject"])
        title = wanted.passage.title
        words = (subject,) if len(subject) >= _SAYS_A_SUBJECT else (title, subject)
        yield from wanted.questions(f"{'，'.join(words)}是多少？", words, was.normalised, figure.normalised)


def _beyond(passages: Sequence[Passage], others: Sequence[Passage]) -> list[Passage]:
    """Those whose words the other side does not have as often."""
    left = Counter(p.text for p in others)
    found = []
    for passage in passages:
        if left[passage.text] > 0:
            left[passage.text] -= 1
        else:
            found.append(passage)
    return found


def _cells(text: str) -> list[Cell]:
    """「项目：整存整取；存期：一年；年利率：1.40%」 as its headers and values."""
    return [(label, value) for label, mark, value in (c.partition("：") for c in re.split("[；\n]", text)) if mark]


def _headers(cells: Sequence[Cell]) -> list[str]:
    return [label for label, _ in cells]


def _shared(cells: Sequence[Cell], row: Sequence[Cell]) -> int:
    return sum(a == b for a, b in zip(cells, row, strict=True))


def _names(label: str, value: str, other: Cell) -> bool:
    """Does the cell say what the row is about, rather than another of its values?"""
    if (label, value) != other or len(value) > _LONGEST_WORD:
        return False
    return not any(figure.kind in _VALUES and figure.raw in value for figure in _figures(_bare(value)))


def _figures(text: str) -> list[FoundFigure]:
    return [figure for figure in find_figures(text) if figure.kind in _VALUES]


def _dated(text: str) -> bool:
    return any(figure.kind == "date" for figure in find_figures(text))


def _one_changed(old: str, new: str) -> bool:
    had, has = _figures(old), _figures(new)
    return len(had) == len(has) == 1 and had[0].normalised != has[0].normalised


def _known(text: str, wanted: _Wanted) -> bool:
    return any(figure.normalised in wanted.known for figure in _figures(text))


def _bare(text: str) -> str:
    return _BRACKETS.sub("", _NUMBERED.sub("", text.strip())).strip()


def _skeleton(text: str) -> str:
    """The words without their figures."""
    at, kept = 0, ""
    for figure in find_figures(text):
        kept += text[at : figure.start] + "\x00"
        at = figure.end
    return (kept + text[at:]).strip()


def _within(fact: ProductFact, passage: Passage) -> bool:
    same = (fact.doc_id, fact.version) == (passage.doc_id, passage.version)
    return same and passage.start <= fact.start and fact.end <= passage.end
