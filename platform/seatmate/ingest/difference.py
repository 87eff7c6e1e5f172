"""What changed between two versions of a document, passage by passage, with old and new figures beside each other.

A passage is the same if its words and what its reader must know are the same, wherever it stands. Changed passages are
paired by their words without the figures, so that a new rate stands beside the old one. Knows nothing of storage.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from seatmate.domain.builds import FigureChange
from seatmate.domain.figures import find_figures
from seatmate.domain.knowledge import Passage

_PARTS = re.compile(r"[^。；\n]+[。；\n]?")
_ALIKE = 0.6
"""From this share of common characters on, without figures, two passages say the same of other values."""
_MOST_COMPARED = 60
"""Passages on each side; beyond it, two versions have so little in common that they are listed, not paired."""


@dataclass(frozen=True)
class Difference:
    added: list[Passage]
    removed: list[Passage]
    unchanged: int

    def figures(self) -> tuple[FigureChange, ...]:
        """The changed lines that state figures. Lines without any are in the counts only."""
        pairs = _paired(self.removed, self.added)
        changes = (_figure_change(old, new) for old, new in pairs)
        return tuple(change for change in changes if change is not None)


def difference(old: Sequence[Passage], new: Sequence[Passage]) -> Difference:
    had, has = Counter(map(words_of, old)), Counter(map(words_of, new))
    return Difference(added=_beyond(new, had), removed=_beyond(old, has), unchanged=sum((had & has).values()))


def words_of(passage: Passage) -> str:
    """What is embedded of a passage: two passages with the same words have the same vectors."""
    return f"{passage.context}\n{passage.text}"


def _beyond(passages: Iterable[Passage], others: Counter[str]) -> list[Passage]:
    """Those that the other side does not have, as often as it lacks them."""
    left = others.copy()
    found = []
    for passage in passages:
        if left[words_of(passage)] > 0:
            left[words_of(passage)] -= 1
        else:
            found.append(passage)
    return found


def _paired(removed: Sequence[Passage], added: Sequence[Passage]) -> list[tuple[Passage | None, Passage | None]]:
    """Each passage once: with its counterpart, or alone."""
    if max(len(removed), len(added)) > _MOST_COMPARED:
        return [*((p, None) for p in removed), *((None, p) for p in added)]
    before, after = [_masked(p.text) for p in removed], [_masked(p.text) for p in added]
    olds, news = set(range(len(removed))), set(range(len(added)))
    pairs: list[tuple[int, int]] = []
    for ratio, i, j in sorted(_likeness(before, after)):
        if -ratio >= _ALIKE and i in olds and j in news:
            olds.remove(i)
            news.remove(j)
            pairs.append((i, j))
    return [
        *((removed[i], added[j]) for i, j in sorted(pairs, key=lambda pair: pair[1])),
        *((removed[i], None) for i in sorted(olds)),
        *((None, added[j]) for j in sorted(news)),
    ]


def _likeness(before: Sequence[str], after: Sequence[str]) -> Iterator[tuple[float, int, int]]:
    """Of each two, the share of common characters, negative: the best first. Those far apart are not compared."""
    matcher = SequenceMatcher(autojunk=False)
    for j, new in enumerate(after):
        matcher.set_seq2(new)
        for i, old in enumerate(before):
            matcher.set_seq1(old)
            if matcher.real_quick_ratio() >= _ALIKE and matcher.quick_ratio() >= _ALIKE:
                yield -matcher.ratio(), i, j


def _masked(text: str) -> str:
    pieces, at = [], 0
    for figure in find_figures(text):
        pieces.append(text[at : figure.start])
        at = figure.end
    return "#".join([*pieces, text[at:]])


def _figure_change(old: Passage | None, new: Passage | None) -> FigureChange | None:
    """The sentences and cells whose figures changed; of a table's row also its first cell, which names it."""
    before = [] if old is None else _PARTS.findall(old.text)
    after = [] if new is None else _PARTS.findall(new.text)
    gone = [part for part in before if part not in after and find_figures(part)]
    came = [part for part in after if part not in before and find_figures(part)]
    passage = new or old
    if passage is None or _figures(gone) == _figures(came):
        return None
    key = next((part for part in after if passage.columns and part in before), "")
    place = f"{passage.place} · {key.rstrip('；')}" if key else passage.place
    return FigureChange(place=place, old="".join(gone), new="".join(came))


def _figures(parts: Sequence[str]) -> list[str]:
    return [figure.normalised for part in parts for figure in find_figures(part)]
