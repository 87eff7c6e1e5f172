"""How much of what a question asks for a passage speaks of: the ground for saying that there is no evidence.

The question is cut into the longest pieces that any of the found passages contains; what none of them contains stays a
piece too, and no passage has it. A piece counts by its length and its rarity among the found passages, so that
「手续费」, which every fee table says, does not outweigh 「黄金积存」, which none does. Knows nothing of ranks.
"""

import math
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from seatmate.ask.rewrite import StandaloneQuery
from seatmate.domain.figures import find_figures
from seatmate.domain.knowledge import Passage
from seatmate.domain.words import without_empty_words

_RUN = re.compile(r"[\u4e00-\u9fff]+|[a-z0-9][a-z0-9.%+]*")
_IDENTIFIED = re.compile(r"[^，。；？,;?]*⟦[A-Z_]+⟧[^，。；？,;?]*")
"""A clause that gave somebody's number: it says who, not what."""
_LONGEST = 8
_PRODUCT = 3.0
_FIGURE = {"term": 1.5, "code": 4.0, "num": 2.0, "level": 2.0, "t": 1.5}
"""What a figure of the question counts for: a term is a key of a table, an amount is mostly the customer's own."""
_OTHER_FIGURE = 0.3


@dataclass(frozen=True)
class Wanted:
    """Pieces of a question with their weights, and the products it names."""

    pieces: tuple[tuple[str, float], ...]
    figures: tuple[tuple[str, float], ...]
    codes: frozenset[str]

    @classmethod
    def of(cls, query: StandaloneQuery, found: Sequence[Passage]) -> "Wanted":
        text = _IDENTIFIED.sub(" ", query.text)
        for product in query.products:
            for name in product.names:
                text = text.replace(name, " ")
        figures = find_figures(text)
        for figure in reversed(figures):
            text = f"{text[: figure.start]} {text[figure.end :]}"
        texts = [_said(passage) for passage in found]
        pieces = dict.fromkeys(_pieces(_folded(without_empty_words(text)), "\n".join(texts)))
        return cls(
            tuple((piece, len(piece) * _rarity(piece, texts)) for piece in pieces),
            tuple((figure.normalised, _FIGURE.get(figure.kind, _OTHER_FIGURE)) for figure in figures),
            frozenset(product.code for product in query.products),
        )

    def said_by(self, passage: Passage) -> float:
        """0 to 1; 0 for a question that asks for nothing."""
        text = _said(passage)
        parts = [(weight, piece in text) for piece, weight in self.pieces]
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


def _rarity(piece: str, texts: Sequence[str]) -> float:
    """1 for what no text says, near 0 for what all of them say."""
    having = sum(piece in text for text in texts)
    return math.log(1 + len(texts) / having) / math.log(1 + len(texts)) if having and len(texts) > 1 else 1.0


def _pieces(text: str, texts: str) -> list[str]:
    """The longest pieces of each run that the texts contain, from the left; what lies between them, as it is."""
    pieces: list[str] = []
    for run in _RUN.findall(text):
        if not "\u4e00" <= run[0] <= "\u9fff":
            pieces.append(run)
            continue
        at, unknown = 0, 0
        while at < len(run):
            size = next((n for n in range(min(_LONGEST, len(run) - at), 1, -1) if run[at : at + n] in texts), 0)
            if size:
                pieces += [run[unknown:at], run[at : at + size]]
                unknown = at + size
            at += size or 1
        pieces.append(run[unknown:])
    return [piece for piece in pieces if len(piece) > 1 or (piece.isascii() and piece)]
