"""Which products a text names, and where: by code, name, alias or a name's end (90天C). Knows nothing of figures."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from seatmate.domain.knowledge import Product

_SHORT_NAME = re.compile(r"\d+天[A-Z]$")
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
            short = _SHORT_NAME.search(product.name)
            for name in (product.code, product.name, *product.aliases, *([short[0]] if short else [])):
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


def masked(text: str, mentions: Sequence[Mention]) -> str:
    """The text with every product's name blanked out, position for position."""
    for mention in mentions:
        text = text[: mention.start] + "\x00" * (mention.end - mention.start) + text[mention.end :]
    return text
