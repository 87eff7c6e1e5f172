"""The facts that a document states of products (domain/facts): walk its blocks, tell whose each statement is.

A row that names a product is that product's, a sentence too; one that names none is of the product that the document
is about. After a sentence about another product nobody can tell, and nothing is taken. Every fact quotes its place.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from itertools import chain, islice

from seatmate.domain.attributes import Attribute, attributes_in
from seatmate.domain.facts import ProductFact
from seatmate.domain.knowledge import BANK_ZONE, DocumentVersion, Product, Validity
from seatmate.ingest.fact_columns import columns_after
from seatmate.ingest.fact_conditions import is_kind, joined
from seatmate.ingest.fact_labels import Label, attributes_of, label_of
from seatmate.ingest.fact_layout import Table, line_of
from seatmate.ingest.fact_lists import Under, lines_above
from seatmate.ingest.fact_names import Names
from seatmate.ingest.fact_places import GENERAL, Place, told_apart
from seatmate.ingest.fact_prose import statements
from seatmate.ingest.fact_tables import table_statements
from seatmate.ingest.fact_text import Signed, signed, spoken_of
from seatmate.ingest.fact_values import NARROWED, TIERED, Statement, apart, condition_at, direct
from seatmate.ingest.pieces import Block, Heading, Row

# Every count has an end, so that no text takes long: what is longer is no sentence, and is read in pieces.
_SENTENCE = re.compile(r"(?:“[^”]{0,300}”|[^。！？!?]){1,1500}[。！？!?]{0,9}")
_NUMBERED = (
    r"(?:(?:第[一二三四五六七八九十\d]{1,4}[条款章]|[·•◆■▪●○]|[（(][一二三四五六七八九十\d]{1,2}[）)]|[①-⑳]"
    r"|\d{1,2}[.、．])\s*)?"
)
_LABEL = re.compile(rf"{_NUMBERED}([^：:，。；（(]{{2,14}}(?:[（(][^）)]{{1,10}}[）)])?)\s*[:：]\s*")
_CLAUSE_LABEL = re.compile(r"第[一二三四五六七八九十\d]{1,4}[条款]\s*[（(【]([^）)】]{2,14})[）)】]\s*")
_INLINE_LABEL = re.compile(
    r"(?:[；;。]|第[一二三四五六七八九十\d]{1,4}[条款]\s*[（(【][^）)】]{1,14}[）)】])\s*(?:[（(][一二三四五六七八九十\d]{1,2}[）)]|\d{1,2}[.、．]|[①-⑳])?\s*([^：:，,。；;（(]{2,12})\s*[:：]\s*"
)
_SPACED = re.compile(rf"{_NUMBERED}([^\s：:，,。；;]{{2,12}})\s+(?=\S)")
_MOST_LABELS = 40
_FRAMED = re.compile(r"【([^】]{2,10})】\s*")
_ASKED, _ANSWER = re.compile(r"(?:问|Q\d*)[:：]"), re.compile(r"(?:答|A\d*)[:：]")
_QUESTION = re.compile(r"^问[:：]|[?？]$")
_NOT_NOW = re.compile(r"举例|示例|历史|过往|往期|以往")
"""Headings under which nothing is stated of today's product."""
_FOR_EXAMPLE = re.compile(r"为例[:：]?$|举例[:：]?$|示例[:：]?$")
_BUYING = re.compile(r"买入|购买|申购|认购|起购|起点|投资金额")
_ALL = re.compile(r"均|都|各|上述|以上(?:产品|各)|所列|表列|本表|两款|三款|全部|所有")
_LETTERS = re.compile(r"(?<=[A-Za-z])\d.*$")
_CHILD = re.compile(r"\s*(?:[·•◆■▪●○\-]\s*)?(?P<kind>[^：:。]{1,24}?)\s*(?:[:：]\s*|\s+)(?=\S)")


def facts_of(document: DocumentVersion, blocks: Sequence[Block], products: Iterable[Product]) -> list[ProductFact]:
    """In the order of the text. Only products that a snapshot or the document knows have facts."""
    names = Names(products, document)
    facts: dict[tuple[object, ...], tuple[ProductFact, Place]] = {}
    for found in _Walk(document, names, lines_above(blocks, document.text)).over(blocks):
        for code in found.codes:
            fact = _fact(document, code, found.statement)
            if fact is not None:
                key = (code, fact.attribute, fact.value, fact.condition, fact.validity, found.statement.raw_start)
                facts.setdefault(key, (fact, found.place))
    return sorted(told_apart(facts.values()), key=lambda f: (f.start, f.end, f.product_code, f.attribute))


@dataclass(frozen=True)
class _Found:
    """A statement, whose it is, and in what kind of place it stands."""

    statement: Statement
    codes: tuple[str, ...]
    place: Place


@dataclass(frozen=True)
class _Walk:
    document: DocumentVersion
    names: Names
    above: Mapping[int, Under]

    def over(self, blocks: Sequence[Block]) -> Iterator[_Found]:
        headings: list[Heading] = []
        first_under, example = False, False
        asked: tuple[str, ...] = ()
        question = ""
        before = ""
        at = 0
        while at < len(blocks):
            block = blocks[at]
            piece = block.piece
            at += 1
            if isinstance(piece, Heading):
                headings = [heading for heading in headings if heading.level < piece.level] + [piece]
                first_under, example, before = True, False, ""
                continue
            titles = [heading.text for heading in headings]
            table = self._table_at(blocks, at - 1, (before, *reversed(titles)))
            at += 0 if table is None else len(table.lines) - isinstance(piece, Row)
            if any(_NOT_NOW.search(text) for text in titles[1:]):
                continue
            line = self.document.text[block.start : block.end]
            default = (asked if _ANSWER.match(line) else ()) or self._about(titles)
            answers = question if _ANSWER.match(line) else ""
            if _ANSWER.match(line) and question and not asked and len(self.names.own) > 1:
                default = ()  # of a product by a name that nobody knows
            if _ASKED.match(line):
                asked, question = self.names.named(line), line
            elif not answers:
                asked, question = (), ""
            if table is not None:
                yield from self._table(table, block, default)
            elif not example:
                yield from self._paragraph(block, titles, default, first_under, answers)
            example = _FOR_EXAMPLE.search(line) is not None
            first_under = False
            before = "" if table is not None else line

    def _about(self, headings: Sequence[str]) -> tuple[str, ...]:
        """The products of a paragraph that names none: those of the question above it, else the document's."""
        for text in reversed(headings[1:]):
            named = self.names.named(text)
            whole = any(text == name for name in map(self.names.name_of, named))
            if named and (whole or _QUESTION.search(text)):
                return named
        return self.names.own

    def _table_at(self, blocks: Sequence[Block], at: int, above: Sequence[str]) -> Table | None:
        """The table that begins with block `at`: its rows, or lines of text that are rows."""
        text = self.document.text
        first = blocks[at].piece
        over = tuple(words for words in above if words)
        if isinstance(first, Row):
            lines = [line_of(block, text) for block in (blocks[at], *_rows_after(blocks, at + 1))]
            return Table(first.headers, tuple(lines), (*((first.group,) if first.group else ()), *over))
        headers, written = columns_after(blocks, at, text)
        return Table(headers, tuple(written), over) if written else None

    def _table(self, table: Table, first: Block, default: tuple[str, ...]) -> Iterator[_Found]:
        text = self.document.text
        place = ("table", *table.headers)
        heading = self.above.get(first.start, Under()).condition
        for stated in table_statements(table, text, self.names):
            statement = stated.statement
            if heading and statement.attribute in NARROWED:
                statement = replace(statement, condition=joined((heading, statement.condition)))
            yield _Found(statement, stated.codes or default, place)

    def _paragraph(
        self, block: Block, headings: Sequence[str], default: tuple[str, ...], first: bool, question: str
    ) -> Iterator[_Found]:
        text = self.document.text
        line = text[block.start : block.end]
        heading = headings[-1] if headings else ""
        under = self.above.get(block.start, Under())
        if under.unsure:
            return
        subject = default
        labels = list(_labels(line, heading if first else "", question, under))
        kind = _kind_of(line)
        for m in _SENTENCE.finditer(line):
            s = signed(text, block.start + m.start(), block.start + m.end(), self.names)
            mine = [label for label in labels if m.start() <= label.begin < m.end() or label.begin == m.start()]
            found = [self._narrowed(statement, s) for statement in statements(s, text, heading)]
            if kind and m.start() == 0 and _BUYING.search(heading):
                found += _least(found, s, text, _LABEL.match(line))
            for label in mine:
                if len(label.label.attributes) > 1:  # 起购/追加：10,000元起购，追加1,000元起
                    found = [f for f in found if f.start >= block.start + label.begin]
            labelled = [statement for label in mine for statement in self._labelled(s, label, m.start(), found)]
            places = {(statement.attribute, statement.raw_start) for statement in labelled}
            found = [f for f in found if (f.attribute, f.raw_start) not in places]
            for statement in (*found, *labelled):
                named = spoken_of(s, statement.at)
                narrower = joined((under.condition, kind))
                if narrower and statement.attribute in NARROWED:
                    statement = replace(statement, condition=joined((narrower, statement.condition)))
                of_line = bool(labels and labels[0].words)
                codes = subject if named is None else named
                if named is None and subject == self.names.own and len(subject) > 1:
                    yield _Found(statement, codes if self._of_all(statement, s) else (), GENERAL)
                else:
                    yield _Found(statement, codes, _place_of(statement, of_line, block))
            subject = self._carried(s, subject, default)

    def _of_all(self, statement: Statement, s: Signed) -> bool:
        """May a sentence that names no product be of all the document's? A card's rule is not a deposit's."""
        if ":" not in statement.value or _ALL.search(s.text):
            return True
        return len({_LETTERS.sub("", code) for code in self.names.own}) == 1

    def _narrowed(self, statement: Statement, s: Signed) -> Statement:
        """With the kind that its clause names: 私行客户10万元起购."""
        if statement.condition or statement.attribute not in NARROWED:
            return statement
        return replace(statement, condition=condition_at(statement.attribute, s, self.document.text, statement.at))

    def _labelled(self, s: Signed, label: "_Labelled", offset: int, found: Sequence[Statement]) -> Iterator[Statement]:
        """「起购金额：10,000元」, or the first words under a heading 「业绩比较基准」."""
        text = self.document.text
        begin = _place(s, label.begin - offset)
        until = s.places[0] + label.until - offset
        for attribute in label.label.attributes:
            inside = [
                f for f in found if f.attribute is attribute and s.places[0] + label.start - offset <= f.start < until
            ]
            values = [v for v in apart(attribute, s, text, begin) if v.raw_start < until]
            if inside and len(values) <= len(inside):
                continue
            values = values or list(direct(attribute, s, text, begin))
            for statement in values:
                whole = joined((label.label.condition, statement.condition))
                start = s.places[0] + label.start - offset if label.words and len(values) == 1 else statement.start
                yield replace(statement, start=min(start, statement.start), condition=whole)

    def _carried(self, s: Signed, subject: tuple[str, ...], default: tuple[str, ...]) -> tuple[str, ...]:
        """Whose the next sentence is, if it does not say so."""
        last = spoken_of(s, len(s.text))
        if last is None or last == default:
            return subject if last is None else last
        return last if len(self.names.own) > 1 else ()


@dataclass(frozen=True)
class _Labelled:
    """A label of a line: `line[begin:until]` is what it is of, `start` where its words begin."""

    label: Label
    words: str
    start: int
    begin: int
    until: int


def _labels(line: str, heading: str, question: str, under: Under) -> Iterator[_Labelled]:
    """The labels of a line: at its start, in it, and what stands above it where it has none of its own."""
    first = _CLAUSE_LABEL.match(line) or _LABEL.match(line) or _spaced(line)
    framed = _FRAMED.finditer(line) if "【" in line else ()
    inline = [m for m in islice(chain(_INLINE_LABEL.finditer(line), framed), _MOST_LABELS) if label_of(m[1]).attributes]
    own = label_of(first[1]) if first else Label()
    ends = [m.start() + 1 for m in inline]
    if first and own.attributes:
        yield _Labelled(own, first[1], 0, first.end(), next(iter(ends), len(line)))
    elif under.label.attributes and (m := _CHILD.match(line)) and is_kind(m["kind"]):
        label = Label(under.label.attributes, joined((under.label.condition, m["kind"])))
        yield _Labelled(label, m["kind"], 0, m.end(), len(line))
    elif under.label.attributes and not first and not under.of_heading:
        yield _Labelled(under.label, "", 0, 0, len(line))
    elif question and len(asked := tuple({a.attribute for a in attributes_in(question)})) == 1:
        m = _ANSWER.match(line)
        yield _Labelled(Label(asked), "", 0, m.end() if m else 0, len(line))
    elif heading and not first and (named := attributes_of(heading, terse=False)):
        yield _Labelled(Label(named), "", 0, 0, len(line))
    for m, end in zip(inline, [*ends[1:], len(line)][: len(inline)], strict=True):
        yield _Labelled(label_of(m[1]), m[1], m.start(1), m.end(), end)


def _spaced(line: str) -> re.Match[str] | None:
    """A label that only a blank sets apart: 「起购金额　1万元」."""
    m = _SPACED.match(line)
    return m if m and label_of(m[1]).attributes else None


def _least(found: Sequence[Statement], s: Signed, text: str, label: re.Match[str] | None) -> Iterator[Statement]:
    """Under 买入 a kind's line begins with the least that is bought: 「主动积存：700元起」."""
    if label and not any(statement.attribute is Attribute.MIN_AMOUNT for statement in found):
        yield from direct(Attribute.MIN_AMOUNT, s, text, _place(s, label.end()))


def _place_of(statement: Statement, of_line: bool, block: Block) -> Place:
    """Labelled lines are one sheet; so is prose for what has tiers. What has none a document should say but once."""
    if of_line:
        return ("line",)
    return ("prose",) if statement.attribute in TIERED else ("prose", str(block.start))


def _kind_of(line: str) -> str:
    """The kind whose line it is: 「主动积存：700元起」."""
    m = _LABEL.match(line)
    return m[1] if m and is_kind(m[1]) and not label_of(m[1]).attributes else ""


def _rows_after(blocks: Sequence[Block], at: int) -> list[Block]:
    """The rows that go on with the table of the row before `at`."""
    first = blocks[at - 1].piece
    found: list[Block] = []
    while at < len(blocks) and isinstance(row := blocks[at].piece, Row) and isinstance(first, Row):
        if row.headers != first.headers or len(row.cells) != len(first.cells):
            break
        found.append(blocks[at])
        at += 1
    return found


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
