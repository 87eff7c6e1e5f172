"""Is this sentence true of the source? Checked by code, sentence by sentence, before an agent sees it (DESIGN §3).

A sentence passes when its citations exist, every slot and figure stands in a cited line, in a clause that speaks of
what the sentence speaks of, for the product that was asked about, and its words are the source's. A sentence that is
nothing but citations quotes those lines. What fails is never shown: the source text takes its place.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from seatmate.ask.compose import Composed, SourceLine, label
from seatmate.ask.rewrite import StandaloneQuery, products_named
from seatmate.ask.slots import SLOT, UnknownSlot
from seatmate.domain.answers import Citation, Figure, Sentence, SentenceSource
from seatmate.domain.figures import FoundFigure, find_figures, is_supported
from seatmate.domain.knowledge import Passage, Product
from seatmate.domain.words import coverage, informative

_CITATION = re.compile(r"\[(\d{1,3})\]")
_ABSTAINS = re.compile(r"^无答案[。.]?$")
_CLAUSE = re.compile(r"(?:[^，,；;。、\n]|(?<=\d),(?=\d))+")
_OF_KIND = tuple(
    (re.compile(rf"(?:{words})[^，。；]{{0,3}}[为是：:约]+$"), frozenset(kinds))
    for words, kinds in (
        ("利率|费率|收益率|比较基准|年化", ("pct", "num")),
        ("金额|限额|年费|工本费", ("amt", "num")),
        ("风险等级|风险级别", ("level", "num")),
        ("代码|编号", ("code", "num", "phone")),
    )
)
"""What a figure must be when the words before it say what they name."""
_MIN_WORDS = 0.5
"""Share of a sentence's pieces that the cited lines, their headings and the question must contain."""


class Flaw(StrEnum):
    """Why a sentence of the model was not shown."""

    NO_CITATION = "NO_CITATION"
    UNKNOWN_CITATION = "UNKNOWN_CITATION"
    UNKNOWN_SLOT = "UNKNOWN_SLOT"
    UNSUPPORTED_FIGURE = "UNSUPPORTED_FIGURE"
    FIGURE_OF_SOMETHING_ELSE = "FIGURE_OF_SOMETHING_ELSE"
    OTHER_PRODUCT = "OTHER_PRODUCT"
    UNSUPPORTED_WORDS = "UNSUPPORTED_WORDS"
    EMPTY = "EMPTY"


@dataclass(frozen=True)
class Abstains:
    """The model says that the sources do not answer."""


@dataclass(frozen=True)
class Rejection:
    text: str
    flaw: Flaw


class Grounder:
    """Checks the sentences of one answer against one prompt's source lines."""

    def __init__(self, query: StandaloneQuery, composed: Composed, products: Sequence[Product]) -> None:
        self._query = query
        self._composed = composed
        self._products = products
        self._by_number = {line.number: line for line in composed.lines}

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
        if any(self.is_other_product(line.passage) for line in cited):
            return Rejection(written, Flaw.OTHER_PRODUCT)
        if not words:
            return quoted(cited, SentenceSource.QUOTE)
        try:
            text = self._composed.slots.fill(words)
        except UnknownSlot:
            return Rejection(written, Flaw.UNKNOWN_SLOT)
        return self._check_words(written, text, cited)

    def best_source(self, used: Sequence[Citation]) -> Sentence | None:
        """The most relevant line that is about the right product and not yet in the answer, as its own words."""
        shown = {(c.doc_id, c.version, c.start) for c in used}
        for line in self._composed.lines:
            place = (line.passage.doc_id, line.passage.version, line.start)
            if place not in shown and not self.is_other_product(line.passage):
                return quoted([line], SentenceSource.SOURCE_TEXT)
        return None

    def is_other_product(self, passage: Passage) -> bool:
        """Is the passage about products, and none of them the one that was asked about?"""
        asked = {p.code for p in self._query.products}
        return bool(asked and passage.product_codes and not asked & set(passage.product_codes))

    def _check_words(self, written: str, text: str, cited: list[SourceLine]) -> Sentence | Rejection:
        named = products_named(text, self._products)
        there = {code for line in cited for code in line.passage.product_codes}
        if any(p.code not in there and not _mentions(cited, p) for p in named):
            return Rejection(written, Flaw.OTHER_PRODUCT)
        bare = text
        for product in named:
            for name in sorted((product.name, product.code, *product.aliases), key=len, reverse=True):
                bare = bare.replace(name, "\x00" * len(name))
        figures = find_figures(bare)
        evidence = [figure for line in cited for figure in find_figures(line.text)]
        if not all(is_supported(figure, evidence) for figure in figures):
            return Rejection(written, Flaw.UNSUPPORTED_FIGURE)
        if not all(
            _fits_its_words(figure, bare) and self._speaks_of_the_same(figure, bare, cited) for figure in figures
        ):
            return Rejection(written, Flaw.FIGURE_OF_SOMETHING_ELSE)
        source = " ".join([f"{label(line.passage)} {line.text}" for line in cited] + [self._query.text])
        pieces = informative(_without(bare, figures).replace("\x00", " "))
        if pieces and coverage(pieces, source) < _MIN_WORDS:
            return Rejection(written, Flaw.UNSUPPORTED_WORDS)
        return Sentence(
            text=text,
            source=SentenceSource.MODEL,
            citations=tuple(citation(line) for line in cited),
            figures=tuple(Figure(raw=f.raw, normalised=f.normalised, supported=True) for f in figures),
        )

    def _speaks_of_the_same(self, figure: FoundFigure, sentence: str, cited: list[SourceLine]) -> bool:
        """Does some clause that states the figure share a word with the sentence? 「追加1,000元」 is no 起购金额."""
        said = informative(_without(sentence, [figure]).replace("\x00", " "))
        if not said:
            return True
        for line in cited:
            for clause in _CLAUSE.finditer(line.text):
                stated = find_figures(clause[0])
                if not is_supported(figure, stated):
                    continue
                words = informative(_without(clause[0], stated))
                if words & said or (not words and informative(label(line.passage)) & said):
                    return True
                # A bare value in a list (「2.30%–2.80%、3.1%」) speaks of what its line speaks of.
                if not words and informative(line.text) & said:
                    return True
        return False


def _fits_its_words(figure: FoundFigure, sentence: str) -> bool:
    """「年利率为一年期」, 「起购金额为YCWY090C」: a rate is a percentage, an amount is no code."""
    before = sentence[: figure.start]
    wanted = next((kinds for words, kinds in _OF_KIND if words.search(before)), None)
    return figure.kind in wanted if wanted is not None else figure.kind != "code"


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
        name in line.text or name in label(line.passage)
        for line in cited
        for name in (product.name, product.code, *product.aliases)
    )


def _without(text: str, figures: Sequence[FoundFigure]) -> str:
    pieces, at = [], 0
    for figure in sorted(figures, key=lambda f: f.start):
        pieces.append(text[at : figure.start])
        at = figure.end
    return SLOT.sub(" ", " ".join([*pieces, text[at:]]))
