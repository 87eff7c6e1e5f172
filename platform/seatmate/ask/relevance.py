"""How much of what a question asks for a passage speaks of: the ground for saying that there is no evidence.

A word of the question counts by its length and its rarity among the found passages, so that 「手续费」, which every fee
table says, does not outweigh 「黄金积存」, which none of them does. Knows nothing of ranks.
"""

import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from seatmate.ask.rewrite import StandaloneQuery
from seatmate.domain.figures import find_figures
from seatmate.domain.knowledge import Passage
from seatmate.domain.words import is_empty_word, without_empty_words

Cut = Callable[[str], Sequence[str]]
"""A text to its words."""

_IDENTIFIED = re.compile(r"[^，。；？,;?]*⟦[A-Z_]+⟧[^，。；？,;?]*")
"""A clause that gave somebody's number: it says who, not what."""
_SAYS_SOMETHING = re.compile(r"\w")
# Tuned on eval/suites/ask-tuning.jsonl, beside the threshold of ask.min_relevance.
_UNHEARD = 1.5
"""What a word that no found passage has counts for, beside 1 for the rarest that one has."""
_PRODUCT = 3.0
_FIGURE = {"term": 1.5, "code": 4.0, "num": 2.0, "level": 2.0, "t": 1.5}
"""What a figure of the question counts for: a term is a key of a table, an amount is mostly the customer's own."""
_OTHER_FIGURE = 0.3


@dataclass(frozen=True)
class Wanted:
    """Words and figures of a question with their weights, and the products it names."""

    words: tuple[tuple[str, float], ...]
    figures: tuple[tuple[str, float], ...]
    codes: frozenset[str]

    @classmethod
    def of(cls, query: StandaloneQuery, found: Sequence[Passage], cut: Cut) -> "Wanted":
        text = _IDENTIFIED.sub(" ", query.text)
        for product in query.products:
            for name in product.names:
                text = text.replace(name, " ")
        figures = find_figures(text)
        for figure in reversed(figures):
            text = f"{text[: figure.start]} {text[figure.end :]}"
        texts = [_said(passage) for passage in found]
        words = dict.fromkeys(cut(_folded(without_empty_words(text))))
        telling = [word for word in words if _SAYS_SOMETHING.match(word) and not is_empty_word(word)]
        return cls(
            tuple((word, len(word) * _rarity(word, texts)) for word in telling),
            tuple((figure.normalised, _FIGURE.get(figure.kind, _OTHER_FIGURE)) for figure in figures),
            frozenset(product.code for product in query.products),
        )

    def said_by(self, passage: Passage) -> float:
        """0 to 1; 0 for a question that asks for nothing."""
        text = _said(passage)
        parts = [(weight, word in text) for word, weight in self.words]
        if self.figures:
            stated = {figure.normalised for figure in find_figures(f"{passage.context} {passage.text}")}
            parts += [(weight, normalised in stated) for normalised, weight in self.figures]
        if self.codes:
            parts.append((_PRODUCT, bool(self.codes & set(passage.product_codes))))
        total = sum(weight for weight, _ in parts)
        return sum(weight for weight, there in parts if there) / total if total else 0.0


def _said(passage: Passage) -> str:
    return _folded(f"{passage.context} {passage.text}")


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).lower()


def _rarity(word: str, texts: Sequence[str]) -> float:
    """1 for what one text says, near 0 for what all of them say."""
    having = sum(word in text for text in texts)
    return math.log(1 + len(texts) / having) / math.log(1 + len(texts)) if having else _UNHEARD
