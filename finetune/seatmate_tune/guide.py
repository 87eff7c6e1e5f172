"""Where a head should look in an answered block of source lines.

A model of this size does not find by itself, in the tokens that it is given, that a figure is chosen by the words before
it and a line's number by its figure; shown where to look in a few heads, it does (supervised attention, Liu et al. 2016).
Read off the token ids alone: knows nothing of how an example was made, nor of torch.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from seatmate_tune.render import Rendered

EARLY, LATE = 1, 3
"""Layers: words are gathered at a figure, then figures are told apart by them."""
WORDS, NAME, LINE, GIVEN = 0, 1, 2, 3
"""Heads of the early layer: at a figure its words, its product, its line's number; at a citation the figure given."""
CHOOSE, CITE = 0, 2
"""Heads of the late layer: from the words before an answer's figure to that figure; from a citation to its figure."""


class Look(NamedTuple):
    layer: int
    head: int
    at: int
    keys: tuple[int, ...]


@dataclass(frozen=True)
class Signs:
    """The token ids by which a block is read."""

    figures: frozenset[int]
    names: frozenset[int]
    digits: frozenset[int]
    opening: frozenset[int]
    """Tokens that end with [."""
    newline: frozenset[int]
    """Tokens that end with a line break."""


def signs_of(tokenizer: Any) -> Signs:
    texts = {
        number: tokenizer.decode([number], skip_special_tokens=False) for number in range(tokenizer.get_vocab_size())
    }
    return Signs(
        frozenset(n for n, text in texts.items() if text.startswith("«F") and text.endswith("»")),
        frozenset(n for n, text in texts.items() if text.startswith("«P") and text.endswith("»")),
        frozenset(n for n, text in texts.items() if len(text) == 1 and text.isdigit()),
        frozenset(n for n, text in texts.items() if text.endswith("[")),
        frozenset(n for n, text in texts.items() if text.endswith("\n")),
    )


class _Place(NamedTuple):
    """A figure in a source line: where its own words begin, and where its line and the line's number do."""

    at: int
    words_from: int
    line_from: int
    number_at: int


class Guide:
    """How much looking elsewhere costs beside saying something else (`weight`), and where to look."""

    def __init__(self, tokenizer: Any, weight: float) -> None:
        self.weight = weight
        self._signs = signs_of(tokenizer)

    def looks(self, rows: Sequence[Rendered]) -> list[list[Look]]:
        return [looks(row, self._signs) for row in rows]


def looks(row: Rendered, signs: Signs) -> list[Look]:
    """What the answers of this row should look at; empty if they choose no figure."""
    ids, mask = row.ids, row.mask
    places = _places(row, signs)
    found: set[Look] = set()
    begin, given = 0, -1
    for i in range(1, len(ids)):
        if mask[i] and not mask[i - 1]:
            begin, given = i, -1
        if not mask[i]:
            continue
        if ids[i] in signs.figures and ids[i] in places and i > begin:
            place, given = places[ids[i]], i
            found.add(Look(LATE, CHOOSE, i - 1, (place.at,)))
            found.update(_same_words(ids, range(begin, i), place, i - 1, signs))
        elif ids[i] in signs.digits and ids[i - 1] in signs.opening and given >= 0:
            place = places[ids[given]]
            found.add(Look(EARLY, GIVEN, i - 1, (given,)))
            found.add(Look(EARLY, LINE, place.at, (place.number_at,)))
            found.add(Look(LATE, CITE, i - 1, (place.at,)))
    return sorted(found)


def _places(row: Rendered, signs: Signs) -> dict[int, _Place]:
    """Every figure of the source lines by its token id."""
    places: dict[int, _Place] = {}
    number_at = words_from = 0
    for i in range(2, len(row.ids)):
        if row.mask[i]:
            break
        token = row.ids[i]
        if token in signs.digits and row.ids[i - 1] in signs.opening and row.ids[i - 2] in signs.newline:
            number_at = words_from = i
        elif token in signs.figures and number_at:
            places.setdefault(token, _Place(i, words_from + 1, number_at, number_at))
            words_from = i
    return places


def _same_words(ids: Sequence[int], stem: range, place: _Place, at: int, signs: Signs) -> list[Look]:
    """The words and the product that an answer says before its figure and the line says before it, at both."""
    found = []
    line, own = range(place.line_from, place.at), range(place.words_from, place.at)
    for head, there, wanted in ((WORDS, own, False), (NAME, line, True)):
        shared = {ids[i] for i in stem} & {ids[i] for i in there}
        shared = {token for token in shared if (token in signs.names) == wanted}
        if shared:
            found.append(Look(EARLY, head, at, tuple(i for i in stem if ids[i] in shared)))
            found.append(Look(EARLY, head, place.at, tuple(i for i in there if ids[i] in shared)))
    return found
