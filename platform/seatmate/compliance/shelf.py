"""The products that a bank sells, by the names that people say: their R levels, and which are private.

Made from the catalogue and the facts of a snapshot. Speech recognisers write numbers as words (稳盈三百六十五天), so
each name is also known as it is spoken.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from seatmate.compliance.clauses import fold
from seatmate.compliance.suitability import Offered
from seatmate.domain.attributes import Attribute
from seatmate.domain.facts import ProductFact
from seatmate.domain.knowledge import Product

PRIVATE_SCOPE = "private_banking"
_SHORTEST = 4
_CLASS = re.compile(r"(?<=\d天)[A-Z]$|(?<=[期款])[A-Z]$")
_UNIT = re.compile(r"(?<=\d)天$")
_DIGITS = "零一二三四五六七八九"


@dataclass(frozen=True)
class Named:
    """A product named in a text. Where several share the name, the mildest of them: the speaker has the doubt."""

    name: str
    product: Offered
    start: int
    end: int


class Shelf:
    def __init__(self, products: Mapping[str, Offered]) -> None:
        spoken: dict[str, Offered] = {}
        for name, product in products.items():
            for said in _as_said(fold(name)):
                spoken[said] = _milder(spoken.get(said), product)
        self._products = spoken
        names = sorted(spoken, key=lambda name: (-len(name), name))
        self._names = re.compile("|".join(map(re.escape, names))) if names else None

    def named_in(self, text: str) -> list[Named]:
        """Left to right, in folded text."""
        if self._names is None:
            return []
        return [Named(m[0], self._products[m[0]], m.start(), m.end()) for m in self._names.finditer(text)]


EMPTY = Shelf({})


def shelf_of(products: Iterable[Product], facts: Sequence[ProductFact], at: datetime) -> Shelf:
    """The shelf at that time: products with a stated R level."""
    levels: dict[str, int] = {}
    for fact in facts:
        level = re.search(r"R([1-5])", fact.value) if fact.attribute is Attribute.RISK_LEVEL else None
        if level is not None and fact.validity.holds_at(at):
            levels[fact.product_code] = max(int(level[1]), levels.get(fact.product_code, 0))
    named: dict[str, Offered] = {}
    for product in products:
        if product.code in levels:
            offered = Offered(levels[product.code], PRIVATE_SCOPE in product.scope)
            for name in product.names:
                named[name] = _milder(named.get(name), offered)
    return Shelf(named)


def _milder(one: Offered | None, other: Offered) -> Offered:
    if one is None:
        return other
    return Offered(min(one.risk_level, other.risk_level), one.private and other.private)


def _as_said(name: str) -> Iterator[str]:
    """稳盈365天A, 稳盈365天, 稳盈365, and each with its number in words."""
    shorter = _CLASS.sub("", name)
    for said in dict.fromkeys((name, shorter, _UNIT.sub("", shorter))):
        if len(said) >= _SHORTEST and not said.isascii():
            yield said
            for words in (_counted, _spelt):
                spoken = re.sub(r"\d+", lambda found, words=words: words(found[0]), said)  # type: ignore[misc]
                if spoken != said:
                    yield spoken


def _spelt(digits: str) -> str:
    return "".join(_DIGITS[int(digit)] for digit in digits)


def _counted(digits: str) -> str:
    """365 → 三百六十五; numbers that people spell (2609) stay spelt."""
    if len(digits) > 3 or digits.startswith("0"):
        return _spelt(digits)
    value = int(digits)
    hundreds, rest = divmod(value, 100)
    tens, ones = divmod(rest, 10)
    words = f"{_DIGITS[hundreds]}百" if hundreds else ""
    if tens:
        words += f"{'' if tens == 1 and not hundreds else _DIGITS[tens]}十"
    elif hundreds and ones:
        words += "零"
    return words + (_DIGITS[ones] if ones else "")
