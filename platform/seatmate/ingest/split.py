"""A document version to passages: `document.text[start:end] == passage.text`, always.

Paragraphs under one heading are put together until a passage says enough to be understood; a table row is a passage of
its own; a heading with nothing under it is one too, so that no word is lost. Knows nothing of vectors.
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

_TOO_LITTLE = 40
"""A paragraph shorter than this goes to the passage before it."""
_SENTENCE = re.compile(r"[^。！？；!?;\n]*[。！？；!?;\n]+|[^。！？；!?;\n]+$")


@dataclass(frozen=True)
class _Span:
    """A stretch of the text, and what its reader must know: the headings above it, a row's columns."""

    start: int
    end: int
    headings: tuple[str, ...]
    columns: tuple[str, ...] = ()
    page: int | None = None
    alone: bool = False


def split(document: DocumentVersion, blocks: Sequence[Block]) -> list[Passage]:
    """Passages in the order of the text, none overlapping."""
    return [
        _passage(document, piece)
        for span in _grouped(document.text, _spans(document.title, blocks))
        for piece in _short_enough(document.text, span)
    ]


def _spans(title: str, blocks: Sequence[Block]) -> Iterator[_Span]:
    """Every paragraph, every row, and every heading that has nothing under it."""
    above: list[tuple[int, str]] = []
    for number, block in enumerate(blocks):
        piece = block.piece
        if isinstance(piece, Heading):
            above = [(level, text) for level, text in above if level < piece.level]
            if _nothing_under(piece, blocks[number + 1 :][:1]):
                yield _Span(block.start, block.end, _path(title, above), page=piece.page, alone=True)
            above.append((piece.level, piece.text))
        elif isinstance(piece, Row):
            columns = named_columns(piece)
            yield _Span(block.start, block.end, _path(title, above), columns, piece.page, alone=True)
        else:
            yield _Span(block.start, block.end, _path(title, above), page=piece.page)


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
        fits = last is not None and not last.alone and last.headings == span.headings
        if last is not None and fits and not span.alone and span.end - last.start <= MOST:
            size, added = last.end - last.start, span.end - span.start
            if growing or added < _TOO_LITTLE or text[last.end - 1] in "：:":
                groups[-1] = replace(last, end=span.end)
                growing = size + added < ENOUGH
                continue
        groups.append(span)
        growing = not span.alone and span.end - span.start < ENOUGH
    return groups


def _short_enough(text: str, span: _Span) -> Iterator[_Span]:
    """The span, or its sentences in as few pieces as fit; blanks between the pieces belong to none."""
    if span.end - span.start <= MOST or span.alone:
        yield span
        return
    at = span.start
    for piece in _sentence_splitter().split_text(text[span.start : span.end]):
        start = text.index(piece, at, span.end)
        at = start + len(piece)
        yield replace(span, start=start, end=at)


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
        product_codes=document.product_codes,
        scope=document.scope,
        validity=document.validity,
        start=span.start,
        end=span.end,
        text=document.text[span.start : span.end],
        context=_context(document.title, span),
        page=span.page,
    )


def _context(title: str, span: _Span) -> str:
    """Title › headings ｜ columns."""
    where = " › ".join((title, *span.headings))
    return f"{where} ｜ {'、'.join(span.columns)}" if span.columns else where
