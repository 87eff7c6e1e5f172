"""Which products a text names, and where: by code, name, alias or a name's end (90天C). Knows nothing of figures."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from seatmate.domain.knowledge import Product

_SHORT_NAME = re.compile(r"\d+天[A-Z]$")
_OF_ITS_PAPER = re.compile(r"(?:理财产品|产品)?(?:要素表?|说明书|说明|协议|合同|手册|简介|介绍|规程|公告)$")
"""What a name has from the document that it was read from, and nobody says."""
_SERIES = re.compile(r"[\u4e00-\u9fff]{3,}[\dA-Z]{1,6}[号期款天类]?[A-Z]?款?$")
_COUNTS_ON = re.compile(r"[\d.%‰天日年月周个元万亿]")


@dataclass(frozen=True)
class Mention:
    code: str
    start: int
    end: int


class Names:
    """The products' names, codes and aliases, the longest first, for finding who a text speaks of."""

    def __init__(self, products: Sequence[Product]) -> None:
        spoken: dict[str, str] = {}
        for product in products:
            for name in (product.code, product.name, *product.aliases, *_spoken_names(product, products)):
                if name:
                    spoken.setdefault(name.upper(), product.code)
        self._spoken = sorted(spoken.items(), key=lambda pair: -len(pair[0]))

    def mentions(self, text: str) -> list[Mention]:
        upper = text.upper()
        if len(upper) != len(text):
            upper = text
        found: list[Mention] = []
        for name, code in self._spoken:
            at = upper.find(name)
            while at >= 0:
                end = at + len(name)
                # 稳盈180 is not named in 稳盈180个工作日: there the number is a figure of its own.
                if not (name[-1].isdigit() and _COUNTS_ON.match(upper, end)):
                    found.append(Mention(code, at, end))
                    upper = upper[:at] + "\x00" * len(name) + upper[end:]
                at = upper.find(name, end)
        return sorted(found, key=lambda m: m.start)


@lru_cache(maxsize=8)
def names_of(products: tuple[Product, ...]) -> Names:
    """The names of a catalogue: made once, so that what was read by them can be kept."""
    return Names(products)


def _spoken_names(product: Product, products: Sequence[Product]) -> Iterator[str]:
    """90天C of 远川稳盈90天C; 季季红1号 of 云帆季季红1号, where no other product ends like this."""
    if short := _SHORT_NAME.search(product.name):
        yield short[0]
    name = _OF_ITS_PAPER.sub("", product.name)
    if len(name) >= 3:
        yield name
    others = [other.name for other in products if other.code != product.code]
    for start in range(1, len(name) - 4):
        end = name[start:]
        if _SERIES.fullmatch(end) and not any(end in other for other in others):
            yield end


def masked(text: str, mentions: Sequence[Mention]) -> str:
    """The text with every product's name blanked out, position for position."""
    for mention in mentions:
        text = text[: mention.start] + "\x00" * (mention.end - mention.start) + text[mention.end :]
    return text
