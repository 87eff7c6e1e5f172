"""Words that are commoner in orders to a machine than in honest text: logistic regression with a ridge of one.

Lint's (lint.py --words) are made here; certain.py makes how sure words are with the same regression, and
order_words.py, which weighs kinds of signs unlike, writes its table in the same form.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_OFTEN = 3
"""Listed texts that must have a word."""

Words = Mapping[str, int]
"""How often a text has a word."""


def learned(
    orders: Sequence[Words], honest: Sequence[Words], plain: Sequence[Words], fewest: int, honest_counts: float
) -> tuple[dict[str, int], int]:
    """Weights, in tenths, of what three of the listed texts have, and the bias.

    An honest text of the lists was written to look like an order and counts for so many of the plain ones. A text is
    taken to have `fewest` words at least.
    """
    texts = [*orders, *honest, *plain]
    often = Counter(f for text in texts[: len(orders) + len(honest)] for f in text)
    place = {f: n for n, f in enumerate(sorted(f for f, count in often.items() if count >= _OFTEN))}
    rows = np.zeros((len(texts), len(place) + 1), np.float32)
    for row, text in zip(rows, texts, strict=True):
        known = {place[f]: count for f, count in text.items() if f in place}
        row[list(known)] = np.array(list(known.values())) / max(sum(known.values()), fewest) ** 0.5
    rows[:, -1] = 1
    order = np.array([1.0] * len(orders) + [0.0] * (len(honest) + len(plain)))
    counts = np.array([len(plain) / 4 / len(orders)] * len(orders) + [honest_counts] * len(honest) + [1.0] * len(plain))
    weights = regression(rows, order, counts / counts.mean(), np.array([1.0] * len(place) + [0.0]))
    tenths = {f: round(float(weights[n]) * 10) for f, n in place.items()}
    return {f: weight for f, weight in tenths.items() if weight}, round(float(weights[-1]) * 10)


def regression(rows: Floats, right: NDArray[Any], counts: NDArray[Any], ridge: NDArray[Any]) -> NDArray[np.float64]:
    """Logistic: a weight a column. `counts` is how much a row counts, `ridge` how much a weight is held back."""
    weights, pace, spread = (np.zeros(rows.shape[1]) for _ in range(3))
    for step in range(1, 301):
        off = counts * (1 / (1 + np.exp(-(rows @ weights.astype(np.float32)))) - right)
        slope = (rows.T @ off.astype(np.float32) + ridge * weights) / len(rows)
        pace, spread = 0.9 * pace + 0.1 * slope, 0.999 * spread + 0.001 * slope**2
        weights -= 0.15 * (pace / (1 - 0.9**step)) / (np.sqrt(spread / (1 - 0.999**step)) + 1e-8)
    return weights


def lines(weights: Mapping[str, int]) -> list[str]:
    """Heaviest first, the words of one weight in lines of about sixty characters."""
    made = []
    for weight in sorted(set(weights.values()), reverse=True):
        same = " ".join(sorted(f for f, w in weights.items() if w == weight))
        made += [f"{weight:+d} {line}" for line in re.findall(r"\S.{0,52}(?!\S)", same)]
    return made
