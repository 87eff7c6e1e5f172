"""How words lean: rather to one name than to the others or to none, as counted on the talks (naive Bayes).

A text is a clause or a turn with what was said around it; names are KYC fields, polarities or VOC labels. The counts,
`leanings.yaml` beside the catalogue, are made with certain.yaml (tests/bench/certain.py) and not to be edited. They are
a second reader of what the catalogue's words told, and find what those do not have. Knows no call.
"""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import fsum, log, sqrt
from pathlib import Path
from types import MappingProxyType

from seatmate.aftercall.written import read_written
from seatmate.domain.model import Shape

_BEFORE = 14
"""Characters of the utterance before that are looked at: how its question ends."""
_WORTH = 12
"""Texts that a word's usual share is worth: names with few texts would else be leaned to by every rare word."""

_RECENT = 64
"""Many entries tell of one clause, and a clause without marks may be long."""

Grams = frozenset[str]


@lru_cache(maxsize=_RECENT)
def grams_of(words: str, before: str, after: str = "", left: str = "", right: str = "") -> Grams:
    """Up to three characters; of the utterances around, and of the clauses beside, pairs, told apart by a sign."""
    closed = f"^{words.replace(' ', '')}$"
    triples = (closed[at : at + 3] for at in range(len(closed) - 2))
    around = (*_pairs(before[-_BEFORE:], "<"), *_pairs(after, ">"), *_pairs(left, "«"), *_pairs(right, "»"))
    return frozenset((*closed, *_pairs(closed), *triples, *around))


def _pairs(text: str, sign: str = "") -> Iterable[str]:
    return (sign + text[at : at + 2] for at in range(len(text) - 1) if " " not in text[at : at + 2])


@dataclass(frozen=True, eq=False)
class WordCounts:
    """In how many texts of all, and of each name, a word stands."""

    texts: int
    names: Mapping[str, int]
    words: Mapping[str, tuple[int, Mapping[str, int]]]

    @classmethod
    def of(cls, texts: Iterable[tuple[Grams, Set[str]]], fewest: int = 1) -> "WordCounts":
        """Words that fewer texts have say nothing."""
        count, names = 0, dict[str, int]()
        words: dict[str, tuple[int, dict[str, int]]] = {}
        for grams, named in texts:
            count += 1
            for name in named:
                names[name] = names.get(name, 0) + 1
            for gram in grams:
                often, by_name = words.get(gram, (0, {}))
                for name in named:
                    by_name[name] = by_name.get(name, 0) + 1
                words[gram] = often + 1, by_name
        return cls(count, names, {word: (n, of) for word, (n, of) in words.items() if n >= fewest})

    def leanings(self, grams: Grams, less: "WordCounts | None" = None) -> Mapping[str, float]:
        """Log-odds of each name, over the root of the number of known words. `less` is not counted."""
        return _leanings(self, grams, NOTHING if less is None else less)

    def lean(self, name: str, grams: Grams, less: "WordCounts | None" = None) -> tuple[float, float]:
        """To a name, and how far ahead of the next; nothing for a name that was never counted."""
        found = self.leanings(grams, less)
        if name not in found:
            return 0.0, 0.0
        return found[name], found[name] - max((to for other, to in found.items() if other != name), default=0.0)


_NOWHERE: tuple[int, Mapping[str, int]] = (0, MappingProxyType({}))
NOTHING = WordCounts(0, MappingProxyType({}), MappingProxyType({}))


@lru_cache(maxsize=_RECENT)
def _leanings(counts: WordCounts, grams: Grams, left: WordCounts) -> Mapping[str, float]:
    """What a word says of names that it never stood with is the same for all of them, and added once."""
    texts = counts.texts - left.texts
    nowhere: list[float] = []
    beside: dict[str, list[float]] = {name: [] for name in counts.names}
    known = 0
    for gram in grams:
        if gram not in counts.words:
            continue
        (all_, by_name), (less_all, less_by_name) = counts.words[gram], left.words.get(gram, _NOWHERE)
        often, known = all_ - less_all, known + 1
        usual = _WORTH * (often + 1) / (texts + 1)
        nowhere.append(log(usual / (often + usual)))
        for name, count in by_name.items():
            both = count - less_by_name.get(name, 0)
            beside[name].append(log((both + usual) / (often - both + usual)) - nowhere[-1])
    alike, size = fsum(nowhere), sqrt(max(1, known))  # fsum: the same in any order, as a set has none
    found = {}
    for name, of in counts.names.items():
        own = of - left.names.get(name, 0)
        prior = known * log((texts - own + _WORTH) / (own + _WORTH))
        found[name] = (prior + alike + fsum(beside[name])) / size
    return found


class WrittenCounts(Shape):
    """`words` has a line a word: its texts, and those with a name, by its number in the alphabet: `老公 61 0:40`."""

    texts: int
    names: Mapping[str, int]
    words: str

    @cached_property
    def counts(self) -> WordCounts:
        names = sorted(self.names)
        words: dict[str, tuple[int, Mapping[str, int]]] = {}
        for line in self.words.splitlines():
            word, often, *cells = line.split(" ")
            pairs = (cell.split(":") for cell in cells)
            words[word] = int(often), {names[int(number)]: int(count) for number, count in pairs}
        return WordCounts(self.texts, self.names, words)


class Leanings(Shape):
    field: WrittenCounts
    """Of a clause."""
    polarity: WrittenCounts
    """Of a customer's turn, with the agent's reply."""
    label: WrittenCounts
    """Of a clause that has a voice."""

    @property
    def counts(self) -> Mapping[str, WordCounts]:
        return {"field": self.field.counts, "polarity": self.polarity.counts, "label": self.label.counts}


_EMPTY = WrittenCounts(texts=0, names={}, words="")
UNCOUNTED = Leanings(field=_EMPTY, polarity=_EMPTY, label=_EMPTY)
"""Without a file: words lean nowhere."""


def load_leanings(file: Path) -> Leanings:
    """Raises Misconfigured."""
    return read_written(file, Leanings) if file.exists() else UNCOUNTED
