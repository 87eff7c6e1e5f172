"""A document version to passages: `document.text[start:end] == passage.text`, always.

Paragraphs under one heading are put together until a passage says enough to be understood; a table row is a passage of
its own; a heading with nothing under it is one too, so that no word is lost. Where a document speaks of several
products, a row or a section that names one of them by its code is of that product. Knows nothing of vectors.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import TYPE_CHECKING

from seatmate.domain.knowledge import DocumentVersion, Passage
from seatmate.ingest.pieces import Block, Heading, Row, named_columns

if TYPE_CHECKING:
    from llama_index.core.node_parser import SentenceSplitter

ENOUGH = 120
"""Characters from which on a passage takes no further paragraph."""
MOST = 300
"""A paragraph longer than this is cut between its sentences."""
MOST_OF_A_ROW = 1_500
"""A table row longer than this is cut, too: no reader and no model takes a page in one cell."""

_WINDOW = 6_000
_TOO_LITTLE = 40
"""A paragraph shorter than this goes to the passage before it."""
_SENTENCE = re.compile(r"[^。！？；!?;\n]*[。！？；!?;\n]+|[^。！？；!?;\n]+$")


@dataclass(frozen=True)
class _Span:
    """A stretch of the text, and what its reader must know: the headings above it, a row's columns, its product."""

    start: int
    end: int
    headings: tuple[str, ...]
    columns: tuple[str, ...] = ()
    page: int | None = None
    sheet: str | None = None
    code: str | None = None
    """The one product of the document's that its own row, or else a heading above it, names."""
    alone: bool = False


def split(document: DocumentVersion, blocks: Sequence[Block]) -> list[Passage]:
    """Passages in the order of the text, none overlapping."""
    return [
        _passage(document, piece)
        for span in _grouped(document.text, _spans(document, blocks))
        for piece in _short_enough(document.text, span)
    ]


def _spans(document: DocumentVersion, blocks: Sequence[Block]) -> Iterator[_Span]:
    """Every paragraph, every row, and every heading that has nothing under it."""
    above: list[tuple[int, str]] = []
    names = _Names(document.product_codes)
    for number, block in enumerate(blocks):
        piece = block.piece
        if isinstance(piece, Heading):
            above = [(level, text) for level, text in above if level < piece.level]
        span = _Span(
            block.start,
            block.end,
            headings=_path(document.title, above),
            page=block.page,
            sheet=block.sheet,
            code=names.section([text for _, text in above]),
        )
        if isinstance(piece, Heading):
            if _nothing_under(piece, blocks[number + 1 :][:1]):
                own = names.section([*(text for _, text in above), piece.text])
                yield replace(span, code=own, alone=True)
            above.append((piece.level, piece.text))
        elif isinstance(piece, Row):
            code = names.row((piece.group, *piece.cells), span.code)
            yield replace(span, columns=named_columns(piece), code=code, alone=True)
        else:
            yield span


class _Names:
    """Which of a document's products a text names by code; nothing to tell apart where it has fewer than two."""

    def __init__(self, codes: Sequence[str]) -> None:
        alternatives = "|".join(re.escape(code) for code in sorted(codes, key=len, reverse=True))
        self._codes = re.compile(rf"(?<![A-Za-z0-9])(?:{alternatives})(?![A-Za-z0-9])") if len(codes) > 1 else None

    def row(self, cells: Sequence[str], section: str | None) -> str | None:
        """The one code that its cells name; that of its section if they name none; none if they name several."""
        named = self._named(cells)
        return section if not named else named.pop() if len(named) == 1 else None

    def section(self, headings: Sequence[str]) -> str | None:
        """The one code that the nearest heading names which names any."""
        named = next((named for heading in reversed(headings) if (named := self._named([heading]))), set())
        return named.pop() if len(named) == 1 else None

    def _named(self, texts: Sequence[str]) -> set[str]:
        if self._codes is None:
            return set()
        return {code for text in texts for code in self._codes.findall(text)}


def _nothing_under(heading: Heading, following: Sequence[Block]) -> bool:
    return all(isinstance(block.piece, Heading) and block.piece.level <= heading.level for block in following)


def _path(title: str, above: Iterable[tuple[int, str]]) -> tuple[str, ...]:
    """Without what the title says already."""
    return tuple(text for _, text in above if text not in title)


def _grouped(text: str, spans: Iterable[_Span]) -> list[_Span]:
    """Neighbouring paragraphs under the same headings, put together."""
    groups: list[_Span] = []
    growing = False
    for span in spans:
        last = groups[-1] if groups else None
        fits = last is not None and not last.alone and _same_place(last, span)
        if last is not None and fits and not span.alone and span.end - last.start <= MOST:
            size, added = last.end - last.start, span.end - span.start
            if growing or added < _TOO_LITTLE or text[last.end - 1] in "：:":
                groups[-1] = replace(last, end=span.end)
                growing = size + added < ENOUGH
                continue
        groups.append(span)
        growing = not span.alone and span.end - span.start < ENOUGH
    return groups


def _same_place(one: _Span, other: _Span) -> bool:
    return (one.headings, one.sheet, one.code) == (other.headings, other.sheet, other.code)


def _short_enough(text: str, span: _Span) -> Iterator[_Span]:
    """The span, or its sentences in as few pieces as fit; blanks between the pieces belong to none."""
    if span.end - span.start <= (MOST_OF_A_ROW if span.alone else MOST):
        yield span
        return
    for begun, ended in _windows(text, span.start, span.end):
        at = begun
        for piece in _sentence_splitter().split_text(text[begun:ended]):
            start = text.index(piece, at, ended)
            at = start + len(piece)
            yield replace(span, start=start, end=at)


def _windows(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Parts that the splitter takes at a time: its cost grows with the square of a text without sentences."""
    while end - start > _WINDOW:
        cut = max(text.rfind(mark, start + _WINDOW // 2, start + _WINDOW) for mark in "。；！？;!?\n") + 1
        cut = cut or start + _WINDOW
        yield start, cut
        start = cut
    yield start, end


@cache
def _sentence_splitter() -> "SentenceSplitter":
    """LlamaIndex's, told what a Chinese sentence is, counting characters."""
    # Imported here: it takes three seconds, and most documents have no paragraph that needs it.
    from llama_index.core.node_parser import SentenceSplitter

    return SentenceSplitter(
        chunk_size=MOST,
        chunk_overlap=0,
        tokenizer=list,
        paragraph_separator="\n",
        chunking_tokenizer_fn=_SENTENCE.findall,
        secondary_chunking_regex=r"[^，,、]*[，,、]|[^，,、]+",
    )


def _passage(document: DocumentVersion, span: _Span) -> Passage:
    return Passage(
        passage_id=Passage.id_of(document.doc_id, document.version, span.start, span.end),
        doc_id=document.doc_id,
        version=document.version,
        title=document.title,
        doc_type=document.doc_type,
        product_codes=document.product_codes if span.code is None else (span.code,),
        scope=document.scope,
        validity=document.validity,
        start=span.start,
        end=span.end,
        text=document.text[span.start : span.end],
        headings=span.headings,
        columns=span.columns,
        page=span.page,
        sheet=span.sheet,
    )
