"""How a spoken sentence is worded: like orders to the machine that reads a call, or like what is said on the line.

Three kinds of signs have a weight: characters, pairs of characters and English words; ideas (order_ideas.py), those
that stand together and those of which one soon follows the other; and the kinds of signs that are written by hand
(order_signs.py). Above nought a sign is commoner in orders. The table beside this module, in hundredths, is learned of
those lists of spoken orders that may be learned of (tests/aftercall) and of the training talks, and is not to be
edited: `.venv/bin/python -m tests.bench.order_words` prints it. How much is enough, orders.py says.
"""

import re
from collections.abc import Iterator
from functools import cache
from itertools import combinations
from math import sqrt
from pathlib import Path

from seatmate.aftercall.order_ideas import IDEAS
from seatmate.aftercall.order_signs import SIGNS

FEWEST = 20
"""Characters and pairs that a sentence is taken to have at least: two or three say nothing."""
BIAS = "(bias)"
_SOON = 9
"""Characters after which one idea no longer follows another."""
_HEAD = 6
_SPELT = 2.6
"""Characters between spaces, on the average, below which they part the words of one clause: 「请 把 它 改 掉」."""
_FEW_PARTS = 3
_SPACE = re.compile(r"(?<=[\u4e00-\u9fff]) (?=[\u4e00-\u9fff])")
_ENGLISH = re.compile(r"[A-Z]{2,}")


def features(folded: str) -> dict[str, float]:
    """What is looked up of a sentence, and how much of each it has."""
    worded = set(_worded(folded))
    share = 1 / sqrt(max(len(worded), FEWEST))
    return dict.fromkeys(worded, share) | dict.fromkeys(_ideas(_squeezed(folded)), 1.0) | _signed(folded)


def _worded(folded: str) -> Iterator[str]:
    plain = "^" + "".join(folded.split()) + "$"
    for length in (1, 2):
        yield from (plain[at : at + length] for at in range(len(plain) - length + 1))
    yield from (f"w:{word}" for word in _ENGLISH.findall(folded))


def _squeezed(folded: str) -> str:
    """Speech recognisers part every character where somebody speaks slowly."""
    parts = folded.split()
    if len(parts) <= _FEW_PARTS or len("".join(parts)) / len(parts) >= _SPELT or re.search("[A-Z]", folded):
        return folded
    return _SPACE.sub("", folded)


def _ideas(text: str) -> Iterator[str]:
    places = {idea: [found.start() for found in words.finditer(text)] for idea, words in IDEAS.items()}
    at = {idea: starts for idea, starts in places.items() if starts}
    for idea, starts in at.items():
        yield idea
        if len(starts) > 1:
            yield f"{idea}:again"
        if starts[0] < _HEAD:
            yield f"{idea}:first"
        for other, others in at.items():
            if other != idea and any(0 < then - start <= _SOON for start in starts for then in others):
                yield f"{idea}>{other}"
    for one, other in combinations(sorted(at), 2):
        yield f"{one}&{other}"


def _signed(folded: str) -> dict[str, float]:
    """The strongest of each kind of signs, and all together."""
    found: dict[str, int] = {}
    for sign in SIGNS:
        if sign.words.search(folded):
            kind = sign.kind.replace(" ", "-")
            found[kind] = max(found.get(kind, 0), sign.weight, key=abs)
    return {f"sign:{kind}": weight / 4 for kind, weight in found.items()} | {"sign:all": sum(found.values()) / 4}


def leaning(folded: str) -> float:
    """Above nought where the words are rather those of an order."""
    table = _table()
    return (sum(table.get(sign, 0) * much for sign, much in features(folded).items()) + table[BIAS]) / 100


@cache
def _table() -> dict[str, int]:
    lines = Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").splitlines()
    return {word: int(weight) for weight, *words in map(str.split, lines) for word in words}
