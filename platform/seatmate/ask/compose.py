"""Passages to the messages that the model answers from: numbered source lines, figures and names as slots.

A source line is one sentence or one table row, with its exact place in the document. The most relevant lines are kept,
within the line budget of the release; a small model takes eight, a large one dozens. Knows nothing of retrieval.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from seatmate.ask.matters import matters_in
from seatmate.ask.rewrite import products_named
from seatmate.ask.slots import SlotMaker, Slots
from seatmate.ask.tiers import amounts_asked, holds_in_tier
from seatmate.domain.attributes import attributes_in
from seatmate.domain.figures import find_figures
from seatmate.domain.knowledge import BANK_ZONE, Passage, Product
from seatmate.domain.ports import ChatRequest, Message
from seatmate.domain.words import coverage, folded, informative, pieces_in
from seatmate.prompts import Prompts

_SENTENCE = re.compile(r"[^。！？!?\n]+[。！？!?]*")
_ASKS_KIND = tuple(
    (re.compile(words), frozenset(kinds))
    for words, kinds in (
        ("什么时候|何时|几号|哪天|截止|起止|结束|开始", ("date", "time")),
        ("多久|多长|几天|期限|到账", ("term", "t", "time")),
        ("利率|费率|利息|基准|收益|年化", ("pct", "num")),
        ("等级|风险级|几级", ("level",)),
        ("金额|限额|起购|起存|手续费|年费|收费|多少钱|违约金", ("amt", "num")),
        ("多少|几", ("amt", "num", "pct", "term", "t", "level")),
    )
)
"""What kind of figure a question asks for, by its words; the first that fits counts."""
# Tuned by hand on the sample bank's questions; part of the release (retrieval config).
_IN_LINE = 0.8
_RANK = 0.2
_HAS_FIGURE = 0.25
_HAS_KEY = 0.3
"""The line or its headings have what the question states as a key: its term, level or code."""
_KEYS = ("term", "level", "code", "t")
_HAS_ATTRIBUTE = 0.25
_MATTERS = 0.4
"""Share of the question's matters that the line speaks of in a document's words; as much again with its headings."""
_OF_THE_PRODUCT = 0.3
_IN_TIER = 0.35
_OTHER_TIER = -0.35
_OTHER_PRODUCT = -1.0
_SAYS_LITTLE = -0.3
_LITTLE = re.compile(r"^(?:[（(]?\d+[.)）．、]\s*)?(?:示例|例如|举例|尊敬的客户|以[^，。]{1,20}为例)|[：:]$")


@dataclass(frozen=True)
class SourceLine:
    """What a citation [number] means: `document.text[start:end] == text` in the passage's document version."""

    number: int
    passage: Passage
    start: int
    end: int
    text: str
    weight: float = 0.0
    """How well it answers by its words; comparable among the lines of one question only."""
    says: frozenset[str] = frozenset()
    """The pieces of the question (domain/words) that it or its headings have."""


@dataclass(frozen=True)
class Composed:
    """A prompt and the key to read its answer with."""

    request: ChatRequest
    lines: tuple[SourceLine, ...]
    slots: Slots
    as_of: datetime | None = None
    """The moment that the answer is about."""


def compose(
    prompts: Prompts,
    question: str,
    as_of: datetime,
    passages: Sequence[Passage],
    products: Sequence[Product],
    max_lines: int,
    max_tokens: int,
) -> Composed:
    """The answer prompt for a standalone question over ranked passages."""
    lines = pick_lines(question, passages, products, max_lines)
    return compose_lines(prompts, question, as_of, lines, products, max_tokens)


def compose_lines(
    prompts: Prompts,
    question: str,
    as_of: datetime,
    lines: tuple[SourceLine, ...],
    products: Sequence[Product],
    max_tokens: int,
) -> Composed:
    """The same over lines that were picked, in the order of their numbers."""
    maker = SlotMaker(products)
    asked = maker.mask_question(question)
    sources = "\n".join(
        f"[{line.number}] {maker.mask(label(line.passage), line.number)}：{maker.mask(line.text, line.number)}"
        for line in lines
    )
    messages: tuple[Message, ...] = prompts["ask/answer"].render(
        sources=sources, as_of=as_of.astimezone(BANK_ZONE).strftime("%Y-%m-%d"), question=asked
    )
    return Composed(ChatRequest(messages=messages, max_tokens=max_tokens), lines, maker.slots(), as_of)


def label(passage: Passage) -> str:
    """What the reader of a line alone would miss: the document and its headings. A row names its columns itself."""
    return (passage.context or passage.title).partition(" ｜ ")[0]


def with_headings(lines: Sequence[SourceLine]) -> str:
    """The lines as one text, each behind its label."""
    return " ".join(f"{label(line.passage)} {line.text}" for line in lines)


def says_little(text: str) -> bool:
    """Is a line an example, an address, or nothing but the way to the next one?"""
    return _LITTLE.search(text) is not None


def split_lines(passage: Passage) -> list[tuple[int, int]]:
    """Offsets, in the document's text, of the sentences of a passage, white space trimmed."""
    spans = []
    for found in _SENTENCE.finditer(passage.text):
        start, end = found.span()
        while start < end and passage.text[start].isspace():
            start += 1
        while end > start and passage.text[end - 1].isspace():
            end -= 1
        if start < end:
            spans.append((passage.start + start, passage.start + end))
    return spans


def pick_lines(
    question: str, passages: Sequence[Passage], products: Sequence[Product], max_lines: int
) -> tuple[SourceLine, ...]:
    """The lines that answer the question best, first; ties keep the order of retrieval.

    A piece of the question counts more in the line itself than in the headings above it. A line about another product
    than the one asked about comes last; that a line names the right one says nothing of what else it says.
    """
    lines = [
        (rank, passage, start, end, passage.text[start - passage.start : end - passage.start])
        for rank, passage in enumerate(passages)
        for start, end in split_lines(passage)
    ]
    named = products_named(question, products)
    wanted = informative(_without_names(question, named)) or informative(question)
    asked = {product.code for product in named}
    attributes = {found.attribute for found in attributes_in(question)}
    amounts = amounts_asked(question)
    keys = {figure.normalised for figure in find_figures(question) if figure.kind in _KEYS}
    kinds = next((kinds for words, kinds in _ASKS_KIND if words.search(question)), frozenset())
    matters = matters_in(folded(_without_names(question, named)))
    scored = []
    for order, (rank, passage, start, end, text) in enumerate(lines):
        headed = f"{label(passage)} {text}"
        says = pieces_in(wanted, headed)
        score = _IN_LINE * coverage(wanted, text) + _RANK / (1 + rank)
        score += (1 - _IN_LINE) * len(says) / len(wanted) if wanted else 0.0
        if matters:
            line, above = folded(text), folded(headed)
            spoken = sum(matter.is_in(line) + matter.is_in(above) for matter in matters)
            score += _MATTERS * spoken / len(matters)
        if any(figure.kind in kinds for figure in find_figures(text)):
            score += _HAS_FIGURE
        if keys:
            score += _HAS_KEY * len(keys & {figure.normalised for figure in find_figures(headed)}) / len(keys)
        if attributes & {found.attribute for found in attributes_in(text)}:
            score += _HAS_ATTRIBUTE
        if asked and passage.product_codes:
            score += _OF_THE_PRODUCT if asked & set(passage.product_codes) else _OTHER_PRODUCT
        if says_little(text):
            score += _SAYS_LITTLE
        score += {None: 0.0, True: _IN_TIER, False: _OTHER_TIER}[holds_in_tier(text, amounts)]
        scored.append((-score, order, SourceLine(0, passage, start, end, text, score, says)))
    scored.sort(key=lambda row: row[:2])
    return tuple(replace(line, number=number) for number, (_, _, line) in enumerate(scored[:max_lines], start=1))


def _without_names(question: str, named: Sequence[Product]) -> str:
    for product in named:
        for name in sorted((product.name, product.code, *product.aliases), key=len, reverse=True):
            question = question.replace(name, " ")
    return question
