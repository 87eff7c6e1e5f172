"""A follow-up and its history to one question that stands alone: of which products, which attributes, as of which day.

Deterministic. Spoken names become the catalogue's names; a follow-up inherits what it does not say itself: the product
(「那起购呢？」), the attribute (「那C类的呢」) or the whole subject (「电讯费呢」). Traditional characters are read as
simplified ones. Original and rewritten question are both kept in the answer. Knows nothing of passages.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from seatmate.ask.past import day_meant
from seatmate.domain.answers import Question
from seatmate.domain.attributes import Attribute, attributes_in
from seatmate.domain.knowledge import Product
from seatmate.domain.simplified import simplified
from seatmate.domain.words import informative

_FOLLOW_UP = re.compile(r"^(那|那么|还有|另外|它|这个|这款|该|换成|要是|如果)|呢[？?。]?$")
_CLASS = re.compile(r"(?<![A-Za-z0-9])([A-Za-z])\s*[类份款]")
_NOT_THIS = re.compile(r"(?:别|不要|不是|勿)[^，。？?]{0,3}$")
"""What is named after it is named in order not to be meant: 「别拿成经营快贷的」."""
_SHORT = 3
"""A follow-up with at most this many informative pieces takes its subject from the question before it."""


@dataclass(frozen=True)
class StandaloneQuery:
    """`as_of` is set where the question is about another day than the one on which it is asked."""

    text: str
    products: tuple[Product, ...]
    attributes: tuple[Attribute, ...] = ()
    as_of: datetime | None = None


def rewrite(
    question: Question, products: Sequence[Product], asked_at: datetime, follows_up: bool = False
) -> StandaloneQuery:
    """What is really asked, in one sentence. `products` are those that the caller may know of.

    `follows_up` takes the question for a follow-up although it does not look like one.
    """
    asked, earlier = asked_now(question), asked_before(question)
    named, attributes = said(asked, earlier, products)
    inherited: list[str] = []
    if earlier and (follows_up or _follows_up(asked, bool(named))):
        last_named = _last(earlier, products)
        if not named and last_named:
            named = last_named
        if not named:
            inherited = [earlier[-1]]
        elif not attributes:
            attributes = next((found for text in reversed(earlier) if (found := _attributes(text))), ())
            inherited = [attribute.label for attribute in attributes]
    words = [*(p.name for p in named if p.name not in asked), *inherited, asked]
    return StandaloneQuery(" ".join(words), named, attributes, day_meant(asked, asked_at))


def is_follow_up(question: Question, products: Sequence[Product]) -> bool:
    """By its form, or because it says little and names no product."""
    asked, earlier = asked_now(question), asked_before(question)
    return bool(earlier) and _follows_up(asked, bool(said(asked, earlier, products)[0]))


def asked_now(question: Question) -> str:
    """The question as it is read."""
    return simplified(question.question.strip())


def asked_before(question: Question) -> list[str]:
    """The user's own earlier questions as they are read: the model's answers are no evidence."""
    return [simplified(turn.content) for turn in question.history if turn.role == "user"]


def leans_on_what_was_said(asked: str) -> bool:
    """By its form: 那…, 它…, …呢."""
    return bool(_FOLLOW_UP.search(asked))


def products_named(text: str, products: Sequence[Product]) -> tuple[Product, ...]:
    """The products that a text names, by code, name or alias; the longest name wins its characters."""
    spoken = sorted(
        ((simplified(name).upper(), p) for p in products for name in p.names if name),
        key=lambda pair: len(pair[0]),
        reverse=True,
    )
    left = simplified(text).upper()
    found: dict[str, Product] = {}
    for name, product in spoken:
        if name in left:
            left = left.replace(name, "\x00")
            found.setdefault(product.code, product)
    return tuple(found.values())


def said(
    asked: str, earlier: Sequence[str], products: Sequence[Product]
) -> tuple[tuple[Product, ...], tuple[Attribute, ...]]:
    """Which products and attributes the question itself is about; a class (C类) is of the product last named."""
    named = tuple(p for p in products_named(asked, products) if not _excluded(asked, p))
    if not named and (letter := _CLASS.search(asked)):
        named = tuple(
            sibling
            for p in _last(earlier, products)
            for sibling in products
            if sibling.name == f"{p.name[:-1]}{letter[1].upper()}"
        )
    return named, _attributes(asked)


def _excluded(asked: str, product: Product) -> bool:
    """Is every mention of the product one that sets it apart?"""
    names = [simplified(name) for name in product.names]
    places = [m.start() for name in names for m in re.finditer(re.escape(name), asked, re.I)]
    return bool(places) and all(_NOT_THIS.search(asked[:place]) for place in places)


def _attributes(text: str) -> tuple[Attribute, ...]:
    return tuple(dict.fromkeys(found.attribute for found in attributes_in(text)))


def _last(earlier: Sequence[str], products: Sequence[Product]) -> tuple[Product, ...]:
    """The products that the conversation was last about."""
    return next((found for text in reversed(earlier) if (found := products_named(text, products))), ())


def _follows_up(asked: str, names_product: bool) -> bool:
    return leans_on_what_was_said(asked) or (not names_product and len(informative(asked)) <= _SHORT)
