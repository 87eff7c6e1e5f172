"""Is this sentence true of the source? Checked by code, sentence by sentence, before an agent sees it (DESIGN §3).

A sentence passes when its citations exist, every figure is stated by a source line for the same product, attribute and
condition (ask/figure_check), nothing is claimed that the source denies (ask/polarity), and its words are the source's.
Where another retrieved line than the cited one states a figure, the platform cites that line. A sentence that is
nothing but citations quotes those lines. What fails is never shown: the source text takes its place.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from seatmate.ask.closeness import is_close
from seatmate.ask.compose import Composed, SourceLine, label, says_little, with_headings
from seatmate.ask.content import as_written, characters, content, with_other_words
from seatmate.ask.figure_check import FigureCheck, Traced
from seatmate.ask.flaws import Flaw
from seatmate.ask.measures import measured_otherwise
from seatmate.ask.names import masked, names_of
from seatmate.ask.polarity import flipped
from seatmate.ask.rewrite import StandaloneQuery, products_named
from seatmate.ask.siblings import misplaced
from seatmate.ask.slots import SLOT, UnknownSlot
from seatmate.ask.spoken import figures_in
from seatmate.domain.answers import Citation, Figure, Sentence, SentenceSource
from seatmate.domain.attributes import attributes_in
from seatmate.domain.figures import FoundFigure, find_figures
from seatmate.domain.knowledge import Passage, Product
from seatmate.domain.words import coverage

_CITATION = re.compile(r"\[(\d{1,3})\]")
_ABSTAINS = re.compile(r"^无答案[。.]?$")
_OF_KIND = tuple(
    (re.compile(rf"(?:{words})[^，。；分别]{{0,3}}[为是：:约]+$"), frozenset(kinds))
    for words, kinds in (
        ("利率|费率|收益率|比较基准|年化", ("pct", "num")),
        ("金额|限额|额度|年费|工本费", ("amt", "num")),
        ("时间|时长|时限", ("term", "t", "time", "date")),
        ("(?:申购|认购|赎回|管理|托管|销售服务|手续|服务)费|违约金", ("pct", "amt", "num")),
        ("风险等级|风险级别", ("level", "num")),
        ("代码|编号", ("code", "num", "phone")),
    )
)
"""What a figure must be when the words before it say what they name."""
_MIN_WORDS = 0.5
"""Share of a sentence's pieces that the cited lines, their headings and the question must contain."""

_AS_RELEVANT = 0.9
"""A further source line is shown from this share of the best one's weight on. Of .8, .85, .9 and .95 it was the one
that answers more questions of the suites without showing more of what belongs to a neighbour."""
_UNSAID = 1
"""So many pieces of the question that the best line has may be missing: a word of two characters, said otherwise."""
_MIN_CHARACTERS = 0.65
"""Of a paraphrase hardly two characters stand together as in the source: so many of them must be there at all."""
_MIN_OF_FIGURES = 0.5
"""The same where every figure is the source's, and nothing is denied, demanded or allowed."""
_NAME_OR_NOTHING = re.compile(r"[为是：:]\s*(?:\x00|[，。；]|$)")
"""Of a sentence whose product names are blanked out."""
_TO_A_NAME = re.compile(r"[\d%％元天日]\s*[-–—~～至到]\s*\x00")
"""「1.75%-YCAX001」: no range ends in a product."""
_BETWEEN = 2
_CLAIMS = re.compile(r"[不没无未非免须能]|可以|要(?!求)|应当|只有|仅|都|才")


@dataclass(frozen=True)
class Abstains:
    """The model says that the sources do not answer."""


@dataclass(frozen=True)
class Rejection:
    text: str
    flaw: Flaw


class Grounder:
    """Checks the sentences of one answer against one prompt's source lines."""

    def __init__(
        self, query: StandaloneQuery, composed: Composed, products: Sequence[Product], close: bool = False
    ) -> None:
        """`close`: a sentence must be told in the source's own words (ask/closeness)."""
        self._query = query
        self._close = close
        self._composed = composed
        self._products = products
        self._by_number = {line.number: line for line in composed.lines}
        self._names = names_of(tuple(products))
        right = [line for line in composed.lines if not self.is_other_product(line.passage)]
        self._figures = FigureCheck(query, right, self._names, composed.as_of)

    def check(self, written: str) -> Sentence | Rejection | Abstains:
        """One sentence as the model wrote it, slots and citations included."""
        numbers = [int(n) for n in _CITATION.findall(written)]
        words = _CITATION.sub("", written).strip()
        if _ABSTAINS.match(words):
            return Abstains()
        cited = [self._by_number[n] for n in dict.fromkeys(numbers) if n in self._by_number]
        if len(cited) < len(set(numbers)):
            return Rejection(written, Flaw.UNKNOWN_CITATION)
        if not cited:
            return Rejection(written, Flaw.NO_CITATION if words else Flaw.EMPTY)
        if not words:
            if any(self.is_other_product(line.passage) for line in cited):
                return Rejection(written, Flaw.OTHER_PRODUCT)
            return quoted(cited, SentenceSource.QUOTE)
        try:
            text = self._composed.slots.fill(words)
        except UnknownSlot:
            return Rejection(written, Flaw.UNKNOWN_SLOT)
        return self._check_words(written, text, cited)

    def sources(self, told: str, most: int) -> list[Sentence]:
        """At most so many lines that tell the answer by themselves, word for word, and are not in what is told already.

        The most relevant one, one for each product that is asked about, and those that are as relevant: words alone
        often cannot tell which of two is meant, and an agent can.
        """
        right = [line for line in self._composed.lines if not self.is_other_product(line.passage)]
        others = {line.number for line in right if self._names_others(line)}
        right.sort(key=lambda line: line.number in others)  # stable: by weight within
        adding = [line for line in right[1:] if line.number not in others and not says_little(line.text)]
        near = [line for line in adding if _is_as_relevant(line, right[0])]
        chosen: dict[str, SourceLine] = {}
        for line in (*right[:1], *self._one_of_each_product(right), *near):
            if len(chosen) < most and line.text not in told:
                chosen.setdefault(line.text, line)
        return [quoted([line], SentenceSource.SOURCE_TEXT) for line in chosen.values()]

    def is_other_product(self, passage: Passage) -> bool:
        """Is the passage about products, and none of them the one that was asked about?"""
        asked = {p.code for p in self._query.products}
        return bool(asked and passage.product_codes and not asked & set(passage.product_codes))

    def _one_of_each_product(self, lines: Sequence[SourceLine]) -> list[SourceLine]:
        """A comparison wants a line of each side."""
        asked = self._query.products if len(self._query.products) > 1 else ()
        return [line for product in asked for line in [one for one in lines if self._is_about(one, product)][:1]]

    def _is_about(self, line: SourceLine, product: Product) -> bool:
        """A shared table has many products, and a row of it one."""
        codes = line.passage.product_codes
        return product.code in codes and (len(codes) == 1 or product in products_named(line.text, self._products))

    def _names_others(self, line: SourceLine) -> bool:
        """Does a line name products, and none of them the one that was asked about?"""
        asked = {product.code for product in self._query.products}
        named = {product.code for product in products_named(line.text, self._products)} if asked else set()
        return bool(named) and not named & asked

    def _check_words(self, written: str, text: str, cited: list[SourceLine]) -> Sentence | Rejection:
        named = products_named(text, self._products)
        bare = masked(text, self._names.mentions(text))
        figures = figures_in(bare)
        traced, lines, flaw = self._lines_that_state(text, cited)
        if flaw is not None:
            return Rejection(written, flaw)
        there = {code for line in lines for code in line.passage.product_codes}
        if any(p.code not in there and not _mentions(lines, p) for p in named):
            return Rejection(written, Flaw.OTHER_PRODUCT)
        if _tells_no_value(bare) or not all(_fits_its_words(figure, bare) for figure in figures):
            return Rejection(written, Flaw.FIGURE_OF_SOMETHING_ELSE)
        told = _without(bare, figures).replace("\x00", " ")
        if not self._says_no_more(bare, told, lines):
            lines = [*lines, *self._line_with(told)]
            if not self._says_no_more(bare, told, lines):
                return Rejection(written, Flaw.UNSUPPORTED_WORDS)
        if flipped(bare, [line.text for line in lines], self._beside(lines)):
            return Rejection(written, Flaw.FLIPPED_CLAIM)
        places = [(line.passage, line.start, line.end) for line in lines]
        if misplaced(bare, places, [line.passage for line in self._composed.lines if line not in lines]):
            return Rejection(written, Flaw.WRONG_CONDITION)
        if measured_otherwise(bare, places):
            return Rejection(written, Flaw.WRONG_CONDITION)
        if self._close and not is_close(bare, told, traced, lines, self._query.text):
            return Rejection(written, Flaw.LOOSE_WORDS)
        return Sentence(
            text=text,
            source=SentenceSource.MODEL,
            citations=tuple(citation(line) for line in lines),
            figures=tuple(Figure(raw=f.raw, normalised=f.normalised, supported=True) for f in figures),
        )

    def _says_no_more(self, bare: str, told: str, lines: Sequence[SourceLine]) -> bool:
        """Are the sentence's words those of the lines, their headings and the question?"""
        source = with_other_words(f"{with_headings(lines)} {self._query.text}", bare)
        pieces = content(told)
        least = _MIN_OF_FIGURES if figures_in(bare) and not _CLAIMS.search(told) else _MIN_CHARACTERS
        return not pieces or coverage(pieces, source) >= _MIN_WORDS or coverage(characters(told), source) >= least

    def _line_with(self, told: str) -> list[SourceLine]:
        """The line that has most of the words, where the model cited the one beside it."""
        right = [line for line in self._composed.lines if not self.is_other_product(line.passage)]
        pieces = content(told)
        return sorted(right, key=lambda line: -coverage(pieces, as_written(line.text)))[:1]

    def _beside(self, cited: Sequence[SourceLine]) -> list[str]:
        """The other lines of the cited documents: a sentence of two facts cites one of them."""
        documents = {(line.passage.doc_id, line.passage.version) for line in cited}
        return [
            line.text
            for line in self._composed.lines
            if (line.passage.doc_id, line.passage.version) in documents and line not in cited
        ]

    def _lines_that_state(
        self, text: str, cited: list[SourceLine]
    ) -> tuple[list[Traced], list[SourceLine], Flaw | None]:
        """The lines to cite: the model's, and in the place of one that states no figure the one that does."""
        right = [line for line in cited if not self.is_other_product(line.passage)]
        traced = self._figures.trace(text, right)
        flaw = next((t.flaw for t in traced if t.flaw is not None), None)
        if len(right) < len(cited) and (flaw is not None or not traced):
            return [], [], Flaw.OTHER_PRODUCT
        if flaw is not None:
            return [], [], flaw
        stating = {t.line.number: t.line for t in traced if t.line is not None}
        if all(number in {line.number for line in right} for number in stating):
            return traced, right, None
        kept = [line for line in right if line.number in stating]
        return traced, [*kept, *(line for line in stating.values() if line not in kept)], None


def _is_as_relevant(line: SourceLine, best: SourceLine) -> bool:
    """By weight, and by what it speaks of: 整存整取 is near to 大额存单 by all the other words of the question."""
    return line.weight >= _AS_RELEVANT * best.weight and len(best.says - line.says) <= _UNSAID


def _tells_no_value(sentence: str) -> bool:
    """「最低购买金额为YCWY090A」, 「年费为。」: an attribute is told to be a product, or nothing at all."""
    return _TO_A_NAME.search(sentence) is not None or any(
        0 <= told.start() - attribute.end <= _BETWEEN
        for told in _NAME_OR_NOTHING.finditer(sentence)
        for attribute in attributes_in(sentence[: told.start()])
    )


def _fits_its_words(figure: FoundFigure, sentence: str) -> bool:
    """「年利率为一年期」, 「起购金额为YCWY090C」: a rate is a percentage, an amount is no code."""
    before = sentence[: figure.start]
    wanted = next((kinds for words, kinds in _OF_KIND if words.search(before)), None)
    if wanted is not None:
        return figure.kind in wanted
    return figure.kind != "code" or re.search(r"(?:代码|编号|[（(])[^，。；]{0,6}$", before) is not None


def quoted(lines: Sequence[SourceLine], source: SentenceSource) -> Sentence:
    """The lines' own words; every figure in them is supported because it is the source."""
    text = "".join(line.text if line.text[-1] in "。！？!?" else f"{line.text}。" for line in lines)
    figures = tuple(
        Figure(raw=f.raw, normalised=f.normalised, supported=True) for line in lines for f in find_figures(line.text)
    )
    return Sentence(text=text, source=source, citations=tuple(citation(line) for line in lines), figures=figures)


def citation(line: SourceLine) -> Citation:
    return Citation(
        doc_id=line.passage.doc_id,
        version=line.passage.version,
        title=line.passage.title,
        start=line.start,
        end=line.end,
        quote=line.text,
        valid_from=line.passage.validity.first_day,
        valid_to=line.passage.validity.last_day,
    )


def _mentions(cited: Sequence[SourceLine], product: Product) -> bool:
    return any(
        name in f"{label(line.passage)} {_with_its_question(line)}"
        for line in cited
        for name in (product.name, product.code, *product.aliases)
    )


def _with_its_question(line: SourceLine) -> str:
    """An answer of a 问答 speaks of what its question names."""
    asked = line.passage.text.rfind("问：", 0, line.end - line.passage.start)
    return line.text if asked < 0 else line.passage.text[asked : line.end - line.passage.start]


def _without(text: str, figures: Sequence[FoundFigure]) -> str:
    pieces, at = [], 0
    for figure in sorted(figures, key=lambda f: f.start):
        pieces.append(text[at : figure.start])
        at = figure.end
    return SLOT.sub(" ", " ".join([*pieces, text[at:]]))
