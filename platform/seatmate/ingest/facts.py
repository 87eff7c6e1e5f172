"""The facts that a document states of products (domain/facts): walk its blocks, tell whose each statement is.

A row that names a product is that product's, a sentence too; one that names none is of the product that the document
is about. After a sentence about another product nobody can tell, and nothing is taken. Every fact quotes its place.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time

from seatmate.domain.facts import ProductFact
from seatmate.domain.knowledge import BANK_ZONE, DocumentVersion, Product, Validity
from seatmate.ingest.fact_cells import attributes_of, row_statements
from seatmate.ingest.fact_names import Names
from seatmate.ingest.fact_prose import statements
from seatmate.ingest.fact_text import Signed, signed, spoken_of
from seatmate.ingest.fact_values import Statement, direct
from seatmate.ingest.pieces import Block, Heading, Row

# Every count has an end, so that no text takes long: what is longer is no sentence, and is read in pieces.
_SENTENCE = re.compile(r"(?:“[^”]{0,300}”|[^。！？!?]){1,1500}[。！？!?]{0,9}")
_LABEL = re.compile(r"(?:\d{1,2}[.、．]\s*)?([^：:，。；（(]{2,14}(?:[（(][^）)]{1,10}[）)])?)\s*[:：]\s*")
_ASKED, _ANSWER = re.compile(r"(?:问|Q\d*)[:：]"), re.compile(r"(?:答|A\d*)[:：]")
_QUESTION = re.compile(r"^问[:：]|[?？]$")
_NOT_NOW = re.compile(r"举例|示例|历史|过往|往期|以往")
"""Headings under which nothing is stated of today's product."""
_FOR_EXAMPLE = re.compile(r"为例[:：]?$|举例[:：]?$|示例[:：]?$")


def facts_of(document: DocumentVersion, blocks: Sequence[Block], products: Iterable[Product]) -> list[ProductFact]:
    """In the order of the text. Only products that a snapshot or the document knows have facts."""
    names = Names(products, document)
    facts: dict[tuple[object, ...], ProductFact] = {}
    for statement, codes in _Walk(document, names).over(blocks):
        for code in codes:
            fact = _fact(document, code, statement)
            if fact is not None:
                key = (code, fact.attribute, fact.value, fact.condition, fact.validity, statement.raw_start)
                facts.setdefault(key, fact)
    return sorted(facts.values(), key=lambda f: (f.start, f.end, f.product_code, f.attribute))


@dataclass(frozen=True)
class _Walk:
    document: DocumentVersion
    names: Names

    def over(self, blocks: Sequence[Block]) -> Iterator[tuple[Statement, tuple[str, ...]]]:
        above: list[Heading] = []
        first_under, example = False, False
        asked: tuple[str, ...] = ()
        for block in blocks:
            piece = block.piece
            if isinstance(piece, Heading):
                above = [heading for heading in above if heading.level < piece.level] + [piece]
                first_under, example = True, False
                continue
            headings = [heading.text for heading in above]
            if any(_NOT_NOW.search(text) for text in headings[1:]):
                continue
            line = self.document.text[block.start : block.end]
            default = (asked if _ANSWER.match(line) else ()) or self._about(headings)
            asked = self.names.named(line) if _ASKED.match(line) else ()
            if isinstance(piece, Row):
                for stated in row_statements(block, self.document.text, self.names):
                    yield stated.statement, stated.codes or default
            elif not example:
                yield from self._paragraph(block, headings, default, first_under)
            example = _FOR_EXAMPLE.search(line) is not None
            first_under = False

    def _about(self, headings: Sequence[str]) -> tuple[str, ...]:
        """The products of a paragraph that names none: those of the question above it, else the document's."""
        for text in reversed(headings[1:]):
            named = self.names.named(text)
            whole = any(text == name for name in map(self.names.name_of, named))
            if named and (whole or _QUESTION.search(text)):
                return named
        return self.names.own

    def _paragraph(
        self, block: Block, headings: Sequence[str], default: tuple[str, ...], first: bool
    ) -> Iterator[tuple[Statement, tuple[str, ...]]]:
        text = self.document.text
        line = text[block.start : block.end]
        heading = headings[-1] if headings else ""
        label = _LABEL.match(line)
        subject = default
        for m in _SENTENCE.finditer(line):
            s = signed(text, block.start + m.start(), block.start + m.end(), self.names)
            found = list(statements(s, text, heading))
            if m.start() == 0:
                begin = label.end() if label else 0
                if label and len(attributes_of(label[1])) > 1:  # 起购/追加：10,000元起购，追加1,000元起
                    found = [statement for statement in found if statement.start >= block.start + begin]
                found += self._labelled(s, label[1] if label else heading if first else "", begin, found)
            for statement in found:
                named = spoken_of(s, statement.at)
                yield statement, subject if named is None else named
            subject = self._carried(s, subject, default)

    def _labelled(self, s: Signed, label: str, begin: int, found: Sequence[Statement]) -> Iterator[Statement]:
        """「起购金额：10,000元」, or the first words under a heading 「业绩比较基准」."""
        attributes = attributes_of(label) if label else ()
        known = {statement.attribute for statement in found}
        at = _place(s, begin)
        for attribute in attributes:
            if attribute not in known:
                for statement in direct(attribute, s, self.document.text, at):
                    yield replace(statement, start=s.start(0)) if begin else statement

    def _carried(self, s: Signed, subject: tuple[str, ...], default: tuple[str, ...]) -> tuple[str, ...]:
        """Whose the next sentence is, if it does not say so."""
        last = spoken_of(s, len(s.text))
        if last is None or last == default:
            return subject if last is None else last
        return last if len(self.names.own) > 1 else ()


def _place(s: Signed, offset: int) -> int:
    """The place in the signs of the character `offset` of the stretch."""
    wanted = s.places[0] + offset
    return next((at for at, place in enumerate(s.places) if place >= wanted), len(s.places))


def _fact(document: DocumentVersion, code: str, statement: Statement) -> ProductFact | None:
    validity = _validity(document.validity, statement)
    if validity is None:
        return None
    text = document.text
    return ProductFact(
        product_code=code,
        attribute=statement.attribute,
        value=statement.value,
        raw=text[statement.raw_start : statement.raw_end],
        unit=statement.unit,
        condition=statement.condition,
        validity=validity,
        scope=document.scope,
        doc_id=document.doc_id,
        version=document.version,
        start=statement.start,
        end=statement.end,
        quote=text[statement.start : statement.end],
    )


def _validity(whole: Validity, statement: Statement) -> Validity | None:
    """The document's, narrowed by the days that the sentence names; an old value ends where the new one begins."""
    if statement.is_old:
        until = datetime.combine(statement.until, time.min, BANK_ZONE) if statement.until else whole.since
        return Validity(None, until) if until else None
    if statement.since is None:
        return whole
    since = datetime.combine(statement.since, time.min, BANK_ZONE)
    if whole.since is not None and since < whole.since:
        since = whole.since
    return None if whole.until is not None and since >= whole.until else Validity(since, whole.until)
