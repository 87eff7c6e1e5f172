"""Which product a text speaks of, mention by mention: by code, name, alias, share class, or a list that shortens names.

A mention that may mean several products names none (稳盈90天系列): what is said after it is nobody's, which is safer
than somebody else's. Knows nothing of attributes and values.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from seatmate.domain.knowledge import DocumentVersion, Product

_SHORTEST = 2
"""Characters of the shortest alias that counts as a name."""
_FEW = 12
"""Cells of a row among which a name's two parts are looked for."""
_CODE = re.compile(
    r"(?<![A-Za-z0-9])(?!PR[1-5](?![A-Z0-9]))[A-Z]{2,}[A-Z0-9]*\d[A-Z0-9]*(?:-[A-Z0-9]+)*(?![A-Za-z0-9])"
)
_SELF = re.compile(r"本产品|该产品|本款产品|本期(?=封闭|产品|大额存单)|本存单")
_CLASS = re.compile(r"(?<![A-Za-z0-9])([A-Z])类(?:份额)?(?!型)")
_SERIES = re.compile(r"[\u4e00-\u9fff0-9]{2,8}?系列(?:其他产品|产品)?")
_GROUP = re.compile(r"(?:封闭式|开放式|定期开放式?|现金管理类|代销|自有|私募|公募)(?:理财)?产品")
_UNNAMED = re.compile(r"(?:其他|其它|同类|同业|他行|此类|该类|部分|某些|市场上)[\u4e00-\u9fff]{0,6}?产品")
_MORE = re.compile(r"\s*(?:、|和|与|及|以及)\s*(\d[\w]{1,7}|[A-Z](?![A-Za-z0-9类]))")
_LETTER = re.compile(r"[A-Z]$")


@dataclass(frozen=True)
class Mention:
    """`text[start:end]` names these products; no codes: a product, but not one that can be told."""

    start: int
    end: int
    codes: tuple[str, ...]


@dataclass(frozen=True)
class _Catalogue:
    """The names of a snapshot's products: what each means, and those that begin with the same two characters."""

    codes: dict[str, tuple[str, ...]]
    official: dict[str, str]
    by_code: dict[str, str]
    beginning: dict[str, tuple[str, ...]]


@lru_cache(maxsize=2)
def _catalogue(products: tuple[Product, ...]) -> _Catalogue:
    """Made once for all documents of a drop: a bank has thousands of products."""
    called: dict[str, set[str]] = {}
    for product in products:
        for name in product.names:
            if len(name) >= _SHORTEST:
                called.setdefault(name, set()).add(product.code)
    codes = {name: tuple(among) if len(among) == 1 else () for name, among in called.items()}
    for start in _shared_beginnings(product.name for product in products):
        codes.setdefault(start, ())
    beginning: dict[str, list[str]] = {}
    for name in sorted((name for name in codes if not _CODE.fullmatch(name)), key=len, reverse=True):
        beginning.setdefault(name[:_SHORTEST], []).append(name)
    return _Catalogue(
        codes,
        {p.name: p.code for p in products},
        {p.code: p.name for p in products},
        {start: tuple(names) for start, names in beginning.items()},
    )


class Names:
    """The products of a snapshot as one document may speak of them."""

    def __init__(self, products: Iterable[Product], document: DocumentVersion) -> None:
        self.own = document.product_codes
        self._known = _catalogue(tuple(products))

    def name_of(self, code: str) -> str:
        """The official name; the code where the snapshot knows none."""
        return self._known.by_code.get(code, code)

    def mentions(self, text: str) -> list[Mention]:
        """Left to right, none overlapping, the longest name first."""
        found: list[Mention] = []
        taken = [False] * (len(text) + 1)
        for mention in (*self._by_code(text), *self._by_name(text), *self._by_word(text)):
            if not any(taken[mention.start : mention.end]):
                taken[mention.start : mention.end] = [True] * (mention.end - mention.start)
                found.append(mention)
        found += self._by_class(text, tuple(found), taken)
        found += [more for mention in tuple(found) for more in self._shortened(text, mention, taken)]
        return sorted(found, key=lambda m: m.start)

    def named(self, text: str) -> tuple[str, ...]:
        """Every product that a text names for sure, in its order."""
        return tuple(dict.fromkeys(code for mention in self.mentions(text) for code in mention.codes))

    def in_parts(self, cells: Sequence[str]) -> tuple[str, ...]:
        """The product whose official name stands in two cells of a row: 四、通知存款 and 七天."""
        bare = {re.sub(r"^[一二三四五六七八九十\d]+[、.．]\s*", "", cell) for cell in cells[:_FEW] if cell}
        joined = (a + b for a in bare for b in bare if a != b)
        found = {self._known.official[name] for name in joined if name in self._known.official}
        return tuple(found) if len(found) == 1 else ()

    def _by_code(self, text: str) -> Iterator[Mention]:
        for m in _CODE.finditer(text):
            whole = m[0].partition("-")[0]  # YCDE2603-12M is a kind of YCDE2603
            yield Mention(*m.span(), self._code(m[0]) or self._code(whole))

    def _code(self, code: str) -> tuple[str, ...]:
        return (code,) if code in self.own else self._known.codes.get(code, ())

    def _by_name(self, text: str) -> Iterator[Mention]:
        at = 0
        while at < len(text):
            among = self._known.beginning.get(text[at : at + _SHORTEST], ())
            name = next((name for name in among if text.startswith(name, at)), None)
            if name is None:
                at += 1
                continue
            end = at + len(name)
            series = text[end : end + 2] == "系列"
            yield Mention(at, end, () if series else self._known.codes[name])
            at = end

    def _by_word(self, text: str) -> Iterator[Mention]:
        for m in _SELF.finditer(text):
            yield Mention(*m.span(), self.own if len(self.own) == 1 else ())
        for m in (*_SERIES.finditer(text), *_UNNAMED.finditer(text)):
            yield Mention(*m.span(), ())
        if len(self.own) != 1:  # in a sheet of one product it says what kind that is
            for m in _GROUP.finditer(text):
                yield Mention(*m.span(), ())

    def _by_class(self, text: str, found: Sequence[Mention], taken: list[bool]) -> Iterator[Mention]:
        """A类: of the series that the text names, or that the document is about."""
        for m in _CLASS.finditer(text):
            if any(taken[m.start() : m.end()]):
                continue
            taken[m.start() : m.end()] = [True] * (m.end() - m.start())
            before = [mention for mention in found if mention.end <= m.start() and mention.codes]
            about = [mention.codes[-1] for mention in before] or list(self.own)
            yield Mention(*m.span(), self._siblings(about, m[1]))

    def _siblings(self, codes: Iterable[str], letter: str) -> tuple[str, ...]:
        """The products that differ from these by their last letter alone."""
        wanted = {_LETTER.sub(letter, self.name_of(code)) for code in codes if _LETTER.search(self.name_of(code))}
        found = tuple(dict.fromkeys(self._known.official[name] for name in wanted if name in self._known.official))
        return found if len(found) == 1 else ()

    def _shortened(self, text: str, mention: Mention, taken: list[bool]) -> Iterator[Mention]:
        """远川稳盈90天A、90天C和180天A: what a list leaves out of the names after the first."""
        at, first = mention.end, mention.codes
        while first and (m := _MORE.match(text, at)) and not any(taken[m.start(1) : m.end(1)]):
            tails = [
                (m[1][:size], code)
                for size in range(len(m[1]), 0, -1)
                for name, code in self._known.official.items()
                if len(m[1][:size]) > 1 and name.endswith(m[1][:size])
            ]
            longest = [code for tail, code in tails if tail == tails[0][0]] if tails else []
            codes = tuple(longest) if len(longest) == 1 else ()
            end = m.start(1) + (len(tails[0][0]) if tails else len(m[1]))
            if len(m[1]) == 1:
                codes = self._siblings(first, m[1])
            if not codes:
                return
            taken[m.start(1) : end] = [True] * (end - m.start(1))
            yield Mention(m.start(1), end, codes)
            at, first = end, codes


def _shared_beginnings(names: Iterable[str]) -> set[str]:
    """What several official names begin with (远川稳盈90天) names none of them."""
    known = set(names)
    shared = set()
    for a, b in pairwise(sorted(known)):
        common = next((at for at, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
        if common >= 4 and a[:common] not in known:
            shared.add(a[:common])
    return shared
