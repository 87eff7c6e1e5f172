"""How a spoken sentence is worded: like orders to the machine that reads a call, or like what is said on the line.

Every character, pair of characters and English word that the lists have often enough has a weight; above nought it is
commoner in orders. The table beside this module, in tenths, is learned of the development and open lists of spoken
orders (tests/aftercall) and of the training talks, and is not to be edited:
`.venv/bin/python -m tests.bench.order_words` prints it. Words alone decide nothing: orders.py adds the signs.
"""

import re
from functools import cache
from math import sqrt
from pathlib import Path

FEWEST = 12
"""Words that a sentence is taken to have at least: two or three say nothing."""
BIAS = "(bias)"
_QUOTED = re.compile(r"[“\"「][^”\"」]*[”\"」]|\s+")
_KEPT = re.compile(r"[\^,]?[\u4e00-\u9fff]+$")
_ENGLISH = re.compile(r"[A-Z]{2,}")


def features(folded: str) -> set[str]:
    """What is looked up of a sentence: its start counts, quoted words and figures do not."""
    plain = "^" + _QUOTED.sub("", folded)
    chinese = [plain[at : at + n] for n in (1, 2) for at in range(len(plain) - n + 1)]
    return {f for f in chinese if _KEPT.match(f)} | set(_ENGLISH.findall(folded))


def leaning(folded: str) -> float:
    """Above nought where the words are rather those of an order."""
    table = _table()
    known = [table[f] for f in features(folded) if f in table]
    return (sum(known) / sqrt(max(len(known), FEWEST)) + table[BIAS]) / 10


@cache
def _table() -> dict[str, int]:
    lines = Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").splitlines()
    return {word: int(weight) for weight, *words in map(str.split, lines) for word in words}
