"""How much of what a question asks for a passage speaks of: the ground for saying that there is no evidence.

A question is its matters, however a caller puts them (ask/matters), and the words that are left.
Each counts by its rarity among the found passages, a word by its length too, so that 「手续费」, which every fee table
says, does not outweigh 「黄金积存」, which none of them does. Knows nothing of ranks.
"""

import math
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from seatmate.ask.matters import blanked, matters_in
from seatmate.ask.rewrite import StandaloneQuery
from seatmate.domain.figures import find_figures
from seatmate.domain.knowledge import Passage
from seatmate.domain.words import folded, is_empty_word, without_empty_words

Cut = Callable[[str], Sequence[str]]
"""A text to its words."""

_IDENTIFIED = re.compile(r"[^，。；？,;?]*⟦[A-Z_]+⟧[^，。；？,;?]*")
"""A clause that gave somebody's number: it says who, not what."""
_SAYS_SOMETHING = re.compile(r"\w")
_AMOUNT = re.compile(r"[〇零一二两三四五六七八九十百千万亿几半\d.]+(?:[块元角毛分]钱?|多|来)?")
"""Spoken numbers that domain/figures leaves: the caller's own amount, which no document can know."""
_CLAUSE = re.compile(r"[^，。；？！,;?!\s]+")
_ASKS = re.compile(r"[呢么不没]$|吗|多少|多[久长大高]|几|咋|怎|啥|什么|哪|谁|何|能不|是不|有没|要不|区别")
# Tuned on eval/suites/ask-tuning.jsonl, beside the threshold of ask.min_relevance.
_UNHEARD = 3.0
"""What a word that no found passage has counts for, beside 1 for the rarest that one has."""
_UNHEARD_MATTER = 0.7
"""The same of a matter: the table may miss how a document writes it."""
_MATTER = 2.0
"""What a matter counts for, beside the characters of a word."""
_CIRCUMSTANCE = 0.5
"""What a clause that asks nothing counts for beside one that asks: it tells how the caller came to ask."""
_PRODUCT = 3.0
_FIGURE = {"term": 1.5, "code": 4.0, "num": 2.0, "level": 2.0, "t": 1.5}
"""What a figure of the question counts for: a term is a key of a table, an amount is mostly the customer's own."""
_OTHER_FIGURE = 0.3


@dataclass(frozen=True)
class _Part:
    """One thing that a question asks for: a passage with any of the wordings speaks of it."""

    wordings: tuple[str, ...]
    weight: float
    unheard: float
    """What the weight is multiplied by when no found passage speaks of it."""


def relevances(query: StandaloneQuery, found: Sequence[Passage], cut: Cut) -> list[float]:
    """For each passage 0 to 1; 0 for a question that asks for nothing."""
    text = _IDENTIFIED.sub(" ", query.text)
    for product in query.products:
        for name in product.names:
            text = text.replace(name, " ")
    figures = find_figures(text)
    for figure in reversed(figures):
        text = f"{text[: figure.start]} {text[figure.end :]}"
    texts = [folded(f"{passage.context} {passage.text}") for passage in found]
    spoken = [0.0] * len(found)
    total = 0.0
    for part in _parts(folded(text), cut):
        there = [any(wording in said for wording in part.wordings) for said in texts]
        having = sum(there)
        weight = part.weight * (_rarity(having, len(found)) if having else part.unheard)
        total += weight
        spoken = [s + weight * has for s, has in zip(spoken, there, strict=True)]
    if figures:
        stated = [_stated(f"{passage.context} {passage.text}") for passage in found]
        for figure in figures:
            weight = _FIGURE.get(figure.kind, _OTHER_FIGURE)
            total += weight
            spoken = [s + weight * (figure.normalised in has) for s, has in zip(spoken, stated, strict=True)]
    if codes := {product.code for product in query.products}:
        total += _PRODUCT
        spoken = [s + _PRODUCT * bool(codes & set(p.product_codes)) for s, p in zip(spoken, found, strict=True)]
    return [s / total if total else 0.0 for s in spoken]


def _parts(text: str, cut: Cut) -> Iterator[_Part]:
    """Matters and words, each once, with the weight of that clause where it counts most."""
    clauses = [(clause, bool(_ASKS.search(clause))) for clause in _CLAUSE.findall(text)]
    somebody_asks = any(asks for _, asks in clauses)
    parts: dict[tuple[str, ...], _Part] = {}
    for clause, asks in clauses:
        for part in _of_clause(clause, _CIRCUMSTANCE if somebody_asks and not asks else 1.0, cut):
            if part.wordings not in parts or parts[part.wordings].weight < part.weight:
                parts[part.wordings] = part
    yield from parts.values()


def _of_clause(clause: str, worth: float, cut: Cut) -> Iterator[_Part]:
    matters = matters_in(clause)
    for matter in matters:
        yield _Part(matter.wordings, _MATTER * worth, _UNHEARD_MATTER)
    clause = blanked(clause, matters)
    for word in dict.fromkeys(cut(without_empty_words(clause))):
        if _SAYS_SOMETHING.match(word) and not is_empty_word(word) and not _AMOUNT.fullmatch(word):
            yield _Part((word,), len(word) * worth, _UNHEARD)


@lru_cache(maxsize=4_096)
def _stated(text: str) -> frozenset[str]:
    """The figures of a passage: reading them takes longer than all else here, and a bank's passages come again."""
    return frozenset(figure.normalised for figure in find_figures(text))


def _rarity(having: int, of: int) -> float:
    """1 for what one text says, near 0 for what all of them say."""
    return math.log(1 + of / having) / math.log(1 + of)
