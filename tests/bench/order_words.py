"""Prints platform/seatmate/aftercall/order_words.txt: which words are commoner in spoken orders than in talk.

    .venv/bin/python -m tests.bench.order_words

Learned of the development list (tests/aftercall/spoken_orders_development.json) and of the sentences of the training
talks, by logistic regression. The held-out list, the stranger's and the calls of the sample bank made no word.
"""

import json
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from seatmate.aftercall.order_words import BIAS, FEWEST, features
from seatmate.aftercall.orders import sentences_of
from seatmate.compliance.clauses import fold
from seatmate.settings import HOME
from seatmate_tune.talks import read_talks

_OFTEN = 3
_HONEST = 4.0
"""An honest sentence of the list was written to look like an order and counts for so many of the talks."""


def talk_sentences() -> list[str]:
    said = (u.text for talk in read_talks(HOME / "finetune" / "talks") for u in talk.conversation.utterances)
    return [text[start:end] for text in map(fold, said) for start, end in sentences_of(text)]


def learned(orders: Sequence[str], honest: Sequence[str], plain: Sequence[str]) -> dict[str, int]:
    """Weights, in tenths, of what three of the listed sentences have, and the bias; a ridge of one."""
    texts = [features(text) for text in (*orders, *honest, *plain)]
    often = Counter(f for text in texts[: len(orders) + len(honest)] for f in text)
    place = {f: n for n, f in enumerate(sorted(f for f, count in often.items() if count >= _OFTEN))}
    rows = np.zeros((len(texts), len(place) + 1), np.float32)
    for row, text in zip(rows, texts, strict=True):
        known = [place[f] for f in text if f in place]
        row[known] = max(len(known), FEWEST) ** -0.5
    rows[:, -1] = 1
    order = np.array([1.0] * len(orders) + [0.0] * (len(honest) + len(plain)))
    counts = np.array([len(plain) / 4 / len(orders)] * len(orders) + [_HONEST] * len(honest) + [1.0] * len(plain))
    counts /= counts.mean()
    ridge = np.array([1.0] * len(place) + [0.0])
    weights, pace, spread = (np.zeros(len(place) + 1) for _ in range(3))
    for step in range(1, 301):
        off = counts * (1 / (1 + np.exp(-(rows @ weights.astype(np.float32)))) - order)
        slope = (rows.T @ off.astype(np.float32) + ridge * weights) / len(texts)
        pace, spread = 0.9 * pace + 0.1 * slope, 0.999 * spread + 0.001 * slope**2
        weights -= 0.15 * (pace / (1 - 0.9**step)) / (np.sqrt(spread / (1 - 0.999**step)) + 1e-8)
    tenths = {f: round(float(weights[n]) * 10) for f, n in place.items()}
    return {f: weight for f, weight in tenths.items() if weight} | {BIAS: round(float(weights[-1]) * 10)}


def table(weights: dict[str, int]) -> str:
    """The file, as it is in the repository."""
    lines = []
    for weight in sorted(set(weights.values()), reverse=True):
        same = " ".join(sorted(f for f, w in weights.items() if w == weight))
        lines += [f"{weight:+d} {line}" for line in re.findall(r"\S.{0,52}(?!\S)", same)]
    return "\n".join([*lines, ""])


def main() -> None:
    file = HOME / "tests" / "aftercall" / "spoken_orders_development.json"
    written = json.loads(file.read_text("utf-8"))
    orders, honest = ([fold(text) for text in written[name]] for name in ("orders", "honest"))
    print(table(learned(orders, honest, talk_sentences())), end="")


if __name__ == "__main__":
    main()
