"""How well summaries carry the points that gold names: coverage of points, and precision of the lines that are shown.

A point is covered when an item of its section (strict) or of any section (loose) cites one of its utterances, or shows
all that the point is known by: its keywords, or else its figures. `cited` counts strict covers by citation alone, for a
single keyword is soon shown. An item is right when it cites an utterance of any point. Intervals are bootstrapped over
calls. Counts only: it says nothing of how a summary reads.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from seatmate.aftercall.outline_rules import SECTIONS
from seatmate.compliance.clauses import fold
from seatmate.domain.figures import find_figures, is_supported
from seatmate.domain.findings import Summary
from seatmate_eval.cases import CallCase

OUTCOME = "outcome"


@dataclass(frozen=True)
class Point:
    """Something that a summary must say: where it was said, and by what it is known."""

    section: str
    utts: frozenset[str]
    text: str = ""
    keywords: tuple[str, ...] = ()


@dataclass(frozen=True)
class Item:
    """A line of a summary."""

    section: str
    utts: frozenset[str]
    text: str


@dataclass
class Score:
    """Counts of one call or of many."""

    points: int = 0
    strict: int = 0
    loose: int = 0
    cited: int = 0
    items: int = 0
    right: int = 0

    def __add__(self, other: "Score") -> "Score":
        return Score(
            self.points + other.points,
            self.strict + other.strict,
            self.loose + other.loose,
            self.cited + other.cited,
            self.items + other.items,
            self.right + other.right,
        )

    @property
    def strict_coverage(self) -> float | None:
        return self.strict / self.points if self.points else None

    @property
    def loose_coverage(self) -> float | None:
        return self.loose / self.points if self.points else None

    @property
    def cited_coverage(self) -> float | None:
        return self.cited / self.points if self.points else None

    @property
    def precision(self) -> float | None:
        return self.right / self.items if self.items else None


MEASURES = ("strict_coverage", "loose_coverage", "cited_coverage", "precision")


@dataclass
class Compared:
    """One call: scores per section, of points by theirs and of items by theirs, and what was missed."""

    scores: dict[str, Score] = field(default_factory=lambda: defaultdict(Score))
    missed: list[Point] = field(default_factory=list)
    false: list[Item] = field(default_factory=list)

    @property
    def total(self) -> Score:
        return sum(self.scores.values(), Score())


def points_of(case: CallCase) -> list[Point]:
    return [Point(gold.section, frozenset(gold.utts), gold.point, gold.keywords) for gold in case.summary_points]


def items_of(summary: Summary) -> list[Item]:
    """Every line: the items of the sections, and the outcome."""
    return list(_items(summary))


def compare(summary: Summary, points: Sequence[Point]) -> Compared:
    compared, items = Compared(), items_of(summary)
    for point in points:
        own = [item for item in items if item.section == point.section]
        strict = any(_covers(item, point) for item in own)
        compared.scores[point.section] += Score(
            points=1,
            strict=strict,
            loose=any(_covers(item, point) for item in items),
            cited=any(item.utts & point.utts for item in own),
        )
        if not strict:
            compared.missed.append(point)
    said = {utt for point in points for utt in point.utts}
    for item in items:
        right = bool(item.utts & said)
        compared.scores[item.section] += Score(items=1, right=right)
        if not right:
            compared.false.append(item)
    return compared


def per_section(calls: Iterable[Compared]) -> dict[str, Score]:
    """Scores of many calls, by section, in the order of a record."""
    found: dict[str, Score] = defaultdict(Score)
    for call in calls:
        for section, score in call.scores.items():
            found[section] += score
    order = (*SECTIONS, OUTCOME)
    return {section: found[section] for section in (*order, *(s for s in found if s not in order)) if section in found}


def _items(summary: Summary) -> Iterator[Item]:
    for section in SECTIONS:
        for item in getattr(summary, section):
            yield Item(section, frozenset(e.utt_id for e in item.evidence), item.text)
    if summary.outcome is not None:
        yield Item(OUTCOME, frozenset(e.utt_id for e in summary.outcome.evidence), summary.outcome.text)


def _covers(item: Item, point: Point) -> bool:
    return bool(item.utts & point.utts) or _shows(item.text, point)


def _shows(text: str, point: Point) -> bool:
    if not point.keywords:
        return _has_figures(point.text, text)
    shown = fold(text)
    return all(fold(word) in shown or _has_figures(word, text) for word in point.keywords)


def _has_figures(wanted: str, text: str) -> bool:
    """By value: 二十万 has 20万. Words without a figure have nothing to look for."""
    there, figures = find_figures(text), find_figures(wanted)
    return bool(figures) and all(is_supported(figure, there) for figure in figures)
