"""Passages to the messages that the model answers from: numbered source lines, figures and names as slots.

A source line is one sentence or one table row, with its exact place in the document. The most relevant lines are kept,
within the line budget of the release; a small model takes eight, a large one dozens. Knows nothing of retrieval.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from seatmate.ask.slots import SlotMaker, Slots
from seatmate.domain.knowledge import BANK_ZONE, Passage, Product
from seatmate.domain.ports import ChatRequest, Message
from seatmate.domain.words import coverage, informative
from seatmate.prompts import Prompts

_SENTENCE = re.compile(r"[^。！？!?\n]+[。！？!?]*")


@dataclass(frozen=True)
class SourceLine:
    """What a citation [number] means: `document.text[start:end] == text` in the passage's document version."""

    number: int
    passage: Passage
    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Composed:
    """A prompt and the key to read its answer with."""

    request: ChatRequest
    lines: tuple[SourceLine, ...]
    slots: Slots


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
    lines = pick_lines(question, passages, max_lines)
    maker = SlotMaker(products)
    asked = maker.mask_names(question)
    sources = "\n".join(
        f"[{line.number}] {maker.mask(label(line.passage), line.number)}：{maker.mask(line.text, line.number)}"
        for line in lines
    )
    messages: tuple[Message, ...] = prompts["ask/answer"].render(
        sources=sources, as_of=as_of.astimezone(BANK_ZONE).strftime("%Y-%m-%d"), question=asked
    )
    return Composed(ChatRequest(messages=messages, max_tokens=max_tokens), lines, maker.slots())


def label(passage: Passage) -> str:
    """What the reader of a line alone would miss: the document and its headings."""
    return passage.context or passage.title


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


def pick_lines(question: str, passages: Sequence[Passage], max_lines: int) -> tuple[SourceLine, ...]:
    """The lines that share most with the question, best first; ties keep the order of retrieval."""
    wanted = informative(question)
    scored: list[tuple[float, int, Passage, int, int, str]] = []
    for rank, passage in enumerate(passages):
        for start, end in split_lines(passage):
            text = passage.text[start - passage.start : end - passage.start]
            share = coverage(wanted, f"{label(passage)} {text}")
            scored.append((share + 0.3 / (1 + rank), -len(scored), passage, start, end, text))
    scored.sort(key=lambda row: (row[0], row[1]), reverse=True)
    return tuple(
        SourceLine(number, passage, start, end, text)
        for number, (_, _, passage, start, end, text) in enumerate(scored[:max_lines], start=1)
    )
