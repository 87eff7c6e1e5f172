"""Prints platform/seatmate/aftercall/order_words.txt: which signs are commoner in spoken orders than in talk.

    .venv/bin/python -m tests.bench.order_words
    .venv/bin/python -m tests.bench.order_words --measured

Learned of four lists (tests/aftercall/spoken_orders_….json: development, open, wide_open, written) and of the sentences
of the training talks. The other lists and the calls of the sample bank made no sign. `--measured` says what the wide
open list and the talks look like when they are weighed by what was learned without them, a fifth at a time; of that the
threshold in orders.py was chosen.
"""

import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seatmate.aftercall.order_words import BIAS, features
from seatmate.aftercall.orders import breaths, sentences_of
from seatmate.compliance.clauses import fold
from seatmate.settings import HOME
from seatmate_tune.talks import read_talks
from tests.bench.word_table import lines

_LEARNED_OF = ("development", "open", "written")
_MEASURED_ON = "wide_open"
_OFTEN = 2
"""Listed texts that must have a sign."""
_HONEST, _ORDERS = 4.0, 4.0
"""An honest sentence of a list was written to look like an order and counts for so many of the talks; all orders
together count for a fourth of them."""
_RIDGE = 0.1
_TRUST = {"word": 2.0, "idea": 0.2, "beside": 0.1, "after": 0.05, "sign": 0.05}
"""How little a weight of a kind is held back. Written signs have seen the lists and would be believed too much."""
_STEPS, _PACE = 300, 0.15
_PARTS = 5

Floats = NDArray[np.float64]
Signs = Mapping[str, float]


class Rows:
    """Texts as a sparse table: a column for each sign that the listed texts have often enough."""

    def __init__(self, texts: Sequence[Signs], columns: Sequence[str]) -> None:
        place = {sign: n for n, sign in enumerate(columns)}
        cells = [
            (row, place[s], much * trust_of(s)) for row, t in enumerate(texts) for s, much in t.items() if s in place
        ]
        rows, at, values = zip(*cells, strict=True)
        self.rows, self.at, self.values = np.array(rows), np.array(at), np.array(values)
        self.count, self.columns = len(texts), columns

    def weighed(self, weights: Floats) -> Floats:
        return np.bincount(self.rows, self.values * weights[self.at], self.count).astype(np.float64)

    def summed(self, off: Floats) -> Floats:
        return np.bincount(self.at, self.values * off[self.rows], len(self.columns)).astype(np.float64)


def trust_of(sign: str) -> float:
    kinds = {"sign:": "sign", "&": "beside", ">": "after"}
    if not sign[0].islower() or sign.startswith("w:"):
        return _TRUST["word"]
    return _TRUST[next((kind for mark, kind in kinds.items() if mark in sign), "idea")]


def learned(orders: Sequence[Signs], honest: Sequence[Signs], plain: Sequence[Signs]) -> dict[str, float]:
    """A weight for each sign, and the bias: logistic regression."""
    often = Counter(sign for text in (*orders, *honest) for sign in text)
    columns = sorted(sign for sign, count in often.items() if count >= _OFTEN)
    rows = Rows([*orders, *honest, *plain], columns)
    right = np.repeat([1.0, 0.0], [len(orders), len(honest) + len(plain)])
    counts = np.repeat([len(plain) / _ORDERS / len(orders), _HONEST, 1.0], [len(orders), len(honest), len(plain)])
    counts /= counts.mean()
    weights, pace, spread = (np.zeros(len(columns) + 1) for _ in range(3))
    for step in range(1, _STEPS + 1):
        off = counts * (1 / (1 + np.exp(-(rows.weighed(weights[:-1]) + weights[-1]))) - right)
        slope = np.append(rows.summed(off) + _RIDGE * weights[:-1], off.sum()) / rows.count
        pace, spread = 0.9 * pace + 0.1 * slope, 0.999 * spread + 0.001 * slope**2
        weights -= _PACE * (pace / (1 - 0.9**step)) / (np.sqrt(spread / (1 - 0.999**step)) + 1e-8)
    return {s: float(w) * trust_of(s) for s, w in zip(columns, weights[:-1], strict=True)} | {BIAS: float(weights[-1])}


def leaning_of(signs: Signs, weights: Mapping[str, float]) -> float:
    return sum(weights.get(sign, 0.0) * much for sign, much in signs.items()) + weights[BIAS]


def listed(kind: str, names: Sequence[str]) -> list[Signs]:
    """The orders, or the honest sentences, of lists."""
    files = (HOME / "tests" / "aftercall" / f"spoken_orders_{name}.json" for name in names)
    return [features(fold(text)) for file in files for text in json.loads(file.read_text("utf-8"))[kind]]


def talk_sentences() -> list[Signs]:
    """What is said in the talks, by the breath, each once."""
    said = (fold(u.text) for talk in read_talks(HOME / "finetune" / "talks") for u in talk.conversation.utterances)
    sentences = (text[start:end] for text in said for start, end in sentences_of(text))
    breath = {sentence[start:end]: None for sentence in sentences for start, end in breaths(sentence)}
    return [features(text) for text in breath]


def measured() -> dict[str, Any]:
    """At some thresholds, the shares that are taken for orders, each text weighed without its part of the lists."""
    held = {
        "orders": listed("orders", [_MEASURED_ON]),
        "honest": listed("honest", [_MEASURED_ON]),
        "talk": talk_sentences(),
    }
    orders, honest = (listed(kind, _LEARNED_OF) for kind in ("orders", "honest"))
    leanings: dict[str, list[float]] = {kind: [] for kind in held}
    for part in range(_PARTS):
        rest = {k: [t for n, t in enumerate(texts) if n % _PARTS != part] for k, texts in held.items()}
        weights = learned([*orders, *rest["orders"]], [*honest, *rest["honest"]], rest["talk"])
        for kind, texts in held.items():
            leanings[kind] += [leaning_of(text, weights) for text in texts[part::_PARTS]]
    return {
        f"{at:.1f}": {kind: f"{sum(one >= at for one in ones)}/{len(ones)}" for kind, ones in leanings.items()}
        for at in np.arange(0.0, 3.1, 0.25)
    }


def table() -> str:
    """The file, as it is in the repository."""
    orders, honest = (listed(kind, [*_LEARNED_OF, _MEASURED_ON]) for kind in ("orders", "honest"))
    weights = {sign: round(100 * weight) for sign, weight in learned(orders, honest, talk_sentences()).items()}
    return "\n".join(
        [*lines({sign: weight for sign, weight in weights.items() if abs(weight) >= 3 or sign == BIAS}), ""]
    )


def main() -> None:
    if "--measured" in sys.argv[1:]:
        print(json.dumps(measured(), ensure_ascii=False, indent=2))
    else:
        print(table(), end="")


if __name__ == "__main__":
    main()
