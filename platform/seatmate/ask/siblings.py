"""Is a value told of the one that has it? 银卡 and 金卡 of a header, 甲档 and 乙档 of a list, 青云卡 of a bracket.

Where a clause of a sentence names one of a source's siblings (ask/sibling_groups), its figures — and 免费, 不限 — must
be that one's. Knows nothing of attributes and products.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from seatmate.ask.content import pieces_of
from seatmate.ask.sibling_groups import SEGMENT, Group, Member, Value, column_of, groups_of, name_and_cells, values_in
from seatmate.domain.figures import FoundFigure
from seatmate.domain.knowledge import Passage

_STOP = re.compile("[；;。！？!?]")
_AND = re.compile(r"(?:级|类|档|型|版|卡|户|客户|会员|方式|渠道){0,2}[、和及与或跟以/]{1,2}")
_EVERY = re.compile(
    r"所有|全部|一律|任何|不论|不管|无论|不分|各(?:个|类|级|档|等|种)|每(?:个|类|级|档|种)[\u4e00-\u9fff]{0,4}都|都|均"
)
_BUT = re.compile(r"除|不含|不包括|以外|之外|不是|比|较|同(?!时)|而非")
_COLUMN = 2
"""So many pieces of a column's name a clause must have to speak of it."""
Place = tuple[Passage, int, int]
"""The line `document.text[start:end]` of a passage."""


def misplaced(sentence: str, sources: Sequence[Place], beside: Sequence[Passage] = ()) -> bool:
    """Does the sentence give a value of one sibling to another? Of the lines that it rests on.

    `beside` are passages that are not cited: the other rows of a table.
    """
    inside = [(n, g) for n, source in enumerate(sources) for g in groups_of(*source) if _is_named(g, sentence)]
    rows = {n: like for n, (row, _, _) in enumerate(sources) if (like := _rows_like(row, beside))}
    if not inside and not rows:
        return False
    for n, like in rows.items():  # the row that the sentence names, where the model cited the one beneath it
        inside += [(n, g) for p in like[1:] if _is_row_of(p, sentence) for g in groups_of(p, p.start, p.end)]
    spoken = [(n, g) for n, g in inside if not g.about or g.about in sentence]
    inside = spoken if any(g.about for _, g in spoken) else inside
    said = values_in(sentence, {})
    for value in said:
        across = [(n, g) for n, like in rows.items() for g in _of_rows(sentence, value, like)]
        if any(_is_anothers(sentence, value, said, groups, sources) for groups in (inside, across) if groups):
            return True
    return False


def _is_named(group: Group, sentence: str) -> bool:
    return any(name in sentence for m in group.members for name in m.names) or _EVERY.search(sentence) is not None


def _is_row_of(row: Passage, sentence: str) -> bool:
    name, cells = name_and_cells(row)
    return bool(cells) and name in sentence


def belongs(sentence: str, figure: FoundFigure, source: Place) -> bool:
    """Does the line have siblings of which the sentence names just the one that has this figure?"""
    groups = groups_of(*source)
    if not groups:
        return False
    said = values_in(sentence, {})
    for value in said:
        if value.figure is not None and (value.start, value.end) == (figure.start, figure.end):
            for group in groups:
                named = _named(sentence, value, said, group)
                if named and all(m.has(value) for m in named) and not all(m.has(value) for m in group.members):
                    return True
    return False


def _is_anothers(
    sentence: str,
    value: Value,
    said: Sequence[Value],
    groups: Sequence[tuple[int, Group]],
    sources: Sequence[Place],
) -> bool:
    wrong: set[int] = set()
    for number, group in groups:
        if value.token == "free" and "免" in group.about:
            continue
        named = _named(sentence, value, said, group) if group.tells(value) else []
        if not named:
            continue
        if all(m.has(value) for m in named):
            return False
        if any(m.lacks(value) for m in named):
            wrong.add(number)
    return bool(wrong) and not any(
        value.same(v)
        for n, (p, start, end) in enumerate(sources)
        if n not in wrong and not (p.columns and groups_of(p, start, end))
        for v in values_in(p.text[start - p.start : end - p.start], {})
    )


def _named(sentence: str, value: Value, said: Sequence[Value], group: Group) -> list[Member]:
    """Whose value the sentence says it is: named before it in its clause, behind it, or in the clause before."""
    segments = [m.span() for m in SEGMENT.finditer(sentence)]
    here = next((n for n, (a, b) in enumerate(segments) if a <= value.start < b), None)
    if here is None:
        return []
    mentions = _mentions(sentence, group)
    start, end = segments[here]
    inside = [m for m in mentions if start <= m[0] < end]
    before = [m for m in inside if m[1] <= value.start]
    chosen = before or [m for m in inside if m[0] >= value.end][:1]
    if chosen and not before and any(value.rivals(v) and chosen[0][1] <= v.start < end for v in said):
        return []
    if not inside:
        if _EVERY.search(sentence, start, end):
            return list(group.members)
        for at in range(here - 1, -1, -1):
            a, b = segments[at]
            if _STOP.search(sentence, b, segments[at + 1][0]):
                return []
            if chosen := [m for m in mentions if a <= m[0] < b]:
                if any(value.rivals(v) and v.start < start for v in said if v.start >= chosen[-1][1]):
                    return []
                break
            if any(value.rivals(v) for v in said if a <= v.start < b):
                return []
    if not chosen:
        return []
    last = len(chosen) - 1
    while last and _AND.fullmatch(sentence, chosen[last - 1][1], chosen[last][0]):
        last -= 1
    joined = chosen[last:]
    around = sentence[max(0, joined[0][0] - 3) : joined[0][0]] + sentence[joined[-1][1] : joined[-1][1] + 6]
    return [] if _BUT.search(around) else [group.members[m[2]] for m in joined]


def _mentions(sentence: str, group: Group) -> list[tuple[int, int, int]]:
    """Where which member is named; the longest name first (白金卡 is no 金卡)."""
    names = sorted(((name, n) for n, m in enumerate(group.members) for name in m.names), key=lambda p: -len(p[0]))
    found: list[tuple[int, int, int]] = []
    for name, number in names:
        for m in _pattern(name).finditer(sentence):
            if not any(a < m.end() and m.start() < b for a, b, _ in found):
                found.append((m.start(), m.end(), number))
    return sorted(found)


@lru_cache(maxsize=2_048)
def _pattern(name: str) -> re.Pattern[str]:
    if name.isascii():
        return re.compile(rf"(?<![A-Za-z\d]){re.escape(name)}(?![A-Za-z\d])")
    if len(name) == 1:
        return re.compile(rf"{name}(?=[、和及与档级类组号])")
    return re.compile(re.escape(name))


def _rows_like(row: Passage, beside: Sequence[Passage]) -> tuple[Passage, ...]:
    """The row and the others of its table; empty where there are none."""
    if not row.columns:
        return ()
    rows = tuple(p for p in beside if p.columns == row.columns and p.doc_id == row.doc_id and p != row)
    return (row, *rows) if rows else ()


def _of_rows(sentence: str, value: Value, rows: tuple[Passage, ...]) -> Iterator[Group]:
    """The column that the value's clause speaks of, of a table whose rows are called by their first cells."""
    said = pieces_of(next(m[0] for m in SEGMENT.finditer(sentence) if m.start() <= value.start < m.end()))
    near = [(len(pieces_of(header) & said), header) for header in rows[0].columns[1:]]
    most = max((n for n, _ in near), default=0)
    if most >= _COLUMN and sum(n == most for n, _ in near) == 1:
        yield from column_of(rows, next(h for n, h in near if n == most))
