"""A follow-up and its history to one question that stands alone, with the products it is about.

Deterministic: spoken names become the catalogue's names, and a follow-up that names no product inherits the one that
the conversation was last about (「那起购呢？」). Original and rewritten question are both kept in the answer.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from seatmate.domain.answers import Question
from seatmate.domain.knowledge import Product
from seatmate.domain.words import informative

_FOLLOW_UP = re.compile(r"^(那|那么|还有|另外|它|这个|这款|该)|呢[？?。]?$")
_SHORT = 3
"""A follow-up with at most this many informative pieces takes its subject from the question before it."""


@dataclass(frozen=True)
class StandaloneQuery:
    text: str
    products: tuple[Product, ...]


def rewrite(question: Question, products: Sequence[Product]) -> StandaloneQuery:
    """What is really asked, in one sentence."""
    asked = question.question.strip()
    named = products_named(asked, products)
    if named or not question.history:
        return StandaloneQuery(_with_official_names(asked, named), named)
    earlier = [turn.content for turn in question.history if turn.role == "user"]
    inherited = next((found for text in reversed(earlier) if (found := products_named(text, products))), ())
    if not _FOLLOW_UP.search(asked) and len(informative(asked)) > _SHORT:
        return StandaloneQuery(asked, ())
    if inherited:
        names = "、".join(p.name for p in inherited)
        return StandaloneQuery(f"{names} {asked}", inherited)
    return StandaloneQuery(f"{earlier[-1]} {asked}" if earlier else asked, ())


def products_named(text: str, products: Sequence[Product]) -> tuple[Product, ...]:
    """The products that a text names, by code, name or alias; the longest name wins its characters."""
    spoken = sorted(
        ((name, p) for p in products for name in (p.code, p.name, *p.aliases) if name),
        key=lambda pair: len(pair[0]),
        reverse=True,
    )
    left = text.upper()
    found: dict[str, Product] = {}
    for name, product in spoken:
        if name.upper() in left:
            left = left.replace(name.upper(), "\x00")
            found.setdefault(product.code, product)
    return tuple(found.values())


def _with_official_names(text: str, named: Sequence[Product]) -> str:
    missing = [p.name for p in named if p.name not in text]
    return f"{'、'.join(missing)} {text}" if missing else text
