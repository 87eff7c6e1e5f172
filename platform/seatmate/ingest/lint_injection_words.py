"""How a sentence is worded: like the orders to machines in tests/ingest/injections.json, or like what a bank writes.

Every character, pair of characters and English word that the lists have often enough has a weight; above nought it is
commoner in orders. The table beside this module, in tenths, is learned and not to be edited:
`.venv/bin/python -m tests.bench.lint --words` prints it.
Words alone decide nothing (`lint_injection_weigh` adds the signs), for they know nothing of who is spoken to.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import sqrt
from pathlib import Path

_BIAS = "(bias)"

FEWEST = 20
"""Words that a stretch is taken to have at least: two or three say nothing."""


@dataclass(frozen=True)
class Wording:
    """Of a piece of text; of two together, the sums."""

    weight: int
    words: int


def features(piece: str) -> set[str]:
    """What is looked up of a folded sentence: its start counts, quoted words and figures do not."""
    plain = "^" + _HELD_APART.sub("", _QUOTED.sub("“”", piece))
    chinese = [plain[at : at + n] for n in (1, 2) for at in range(len(plain) - n + 1)]
    return {f for f in chinese if _KEPT.match(f)} | set(_ENGLISH.findall(piece))


def wording(piece: str) -> Wording:
    table = _table()
    known = [table[f] for f in features(piece) if f in table]
    return Wording(sum(known), len(known))


def leaning(pieces: Sequence[Wording]) -> float:
    """Above nought where the words are rather those of an order."""
    words = sum(p.words for p in pieces)
    return (sum(p.weight for p in pieces) / sqrt(max(words, FEWEST)) + _table()[_BIAS]) / 10


@cache
def _table() -> dict[str, int]:
    lines = Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").splitlines()
    return {word: int(weight) for weight, *words in map(str.split, lines) for word in words}


_QUOTED = re.compile(r"“[^”]*”")
_HELD_APART = re.compile(r"\s+")
_KEPT = re.compile(r"[\^,“]?[\u4e00-\u9fff”]+$|[\u4e00-\u9fff]“$")
_ENGLISH = re.compile(r"[a-z]{2,}")
