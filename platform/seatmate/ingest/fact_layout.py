"""Which way a table lies: what its columns and rows are of, found from the whole of it.

Three ways: the columns name attributes and the rows products, terms or tiers; one column, not always the first, names
attributes and the others products or kinds; or rows and columns are both kinds (存期 and 客户等级), and what stands
above the table says what all its cells are of. Reads no value: that is fact_tables'.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise

from seatmate.domain.attributes import Attribute, attributes_in
from seatmate.ingest.fact_cells import Cell, cells_of, unit_in
from seatmate.ingest.fact_conditions import is_kind, is_tier
from seatmate.ingest.fact_labels import Label, attributes_of, label_of
from seatmate.ingest.fact_names import Names
from seatmate.ingest.fact_text import signed
from seatmate.ingest.fact_values import KINDS, letters_in
from seatmate.ingest.pieces import Block, Row

_A = Attribute
_CODE_HEAD = re.compile(r"代码|编号")
_NAME_HEAD = re.compile(r"产品|名称|全称|简称|卡种|品种|基金")
_NUMBER_HEAD = re.compile(r"^(?:序号|编号|No\.?|#)$", re.IGNORECASE)
NOTE_HEAD = re.compile(r"说明|备注|收取方|方式|单位|渠道|注|频率|幅度")
LIMIT_HEAD = re.compile(r"^(?:单笔|每笔)?最[低高]$|上限|封顶|优惠")
_TIER_HEAD = re.compile(r"档|条件|区间|渠道|客户|对象|币种|层级|担保|适用")
_MOST_LABEL_COLUMNS = 6
_PERIOD = re.compile(r"[一二两三四五六七八九十半\d]{1,3}\s*(?:个月|年|天|日)期?")
_SPAN = re.compile(r"以[内上下外]|不足|不满|未满|超过|[<>≤≥＜＞]")
_SAVINGS = re.compile(r"存款|存单|定存|利率|储蓄")
_LONGEST_LABEL = 20
_LONGEST_ABOVE = 80


@dataclass(frozen=True)
class Line:
    """A row with its filled cells."""

    start: int
    end: int
    cells: tuple[Cell, ...]
    group: str = ""
    is_pair: bool = False

    @cached_property
    def by_column(self) -> dict[int, Cell]:
        return {cell.column: cell for cell in self.cells}

    def at(self, column: int) -> Cell | None:
        return self.by_column.get(column)


@dataclass(frozen=True)
class Table:
    """Rows under the same headers. `above` is what stands over them, the nearest first."""

    headers: tuple[str, ...]
    lines: tuple[Line, ...]
    above: tuple[str, ...] = ()

    def column(self, number: int) -> list[Cell]:
        return [cell for line in self.lines if (cell := line.at(number)) is not None]

    @cached_property
    def labels(self) -> tuple[Label, ...]:
        return tuple(label_of(head) for head in self.headers)


def line_of(block: Block, text: str) -> Line:
    row = block.piece
    assert isinstance(row, Row)
    pair = len(row.cells) == 2 and text[block.start : block.end].endswith("：".join(row.cells))
    return Line(block.start, block.end, tuple(cells_of(block, row, text)), row.group, pair)


def label_column(table: Table, names: Names) -> int | None:
    """The column whose cells name attributes: the first if any does, a later one if most of its cells do."""
    width = len(table.headers) or max((len(line.cells) for line in table.lines), default=0)
    counts = [_labelled(table, number, names) for number in range(min(_MOST_LABEL_COLUMNS, width))]
    best = max(range(len(counts)), key=lambda n: counts[n], default=0)
    others = any(label.attributes for number, label in enumerate(table.labels) if number != best)
    if best and counts[best] > counts[0] and counts[best] > 1 and 5 * counts[best] >= 2 * len(table.lines):
        return None if others and counts[best] < len(table.lines) else best
    return 0 if counts and counts[0] and len(table.headers) != 1 else None


def _labelled(table: Table, number: int, names: Names) -> int:
    """How many cells of a column name an attribute."""
    if number < len(table.labels) and table.labels[number].attributes:
        return 0
    short = [cell.text for cell in table.column(number) if len(cell.text) <= _LONGEST_LABEL]
    return sum(bool(label_of(words).attributes) and not names.named(words) for words in short)


def side_by_side(table: Table, names: Names) -> list[Table]:
    """A table of names and values that stand several times beside each other, one under another."""
    width = len(table.headers) or max((len(line.cells) for line in table.lines), default=0)
    begins = [n for n in range(width) if 2 * _labelled(table, n, names) > len(table.lines) > 1]
    if len(begins) < 2 or begins[0] != 0 or any(b - a < 2 for a, b in pairwise(begins)) or width - begins[-1] < 2:
        return [table]
    parts = []
    for begin, end in zip(begins, [*begins[1:], width], strict=True):
        lines = [
            replace(
                line, cells=tuple(replace(c, column=c.column - begin) for c in line.cells if begin <= c.column < end)
            )
            for line in table.lines
        ]
        parts.append(Table(table.headers[begin:end], tuple(line for line in lines if line.cells), table.above))
    return parts


def tier_columns(table: Table, where: int | None, names: Names) -> frozenset[int]:
    """Columns that say of which kind or tier a row is: beside its label, or where its product stands more than once."""
    found = set()
    for number, head in enumerate(table.headers):
        cells = [cell for cell in table.column(number) if not cell.is_empty]
        if number == where or not cells or names.named(head):
            continue
        if table.labels[number].attributes and not _is_span(table, number):
            continue
        if 2 * sum(is_kind(cell.text) for cell in cells) >= len(cells) and not LIMIT_HEAD.search(head):
            found.add(number)
    if where is None:  # what stands right of the first attribute is stated, not what the row is of
        stating = (n for n, label in enumerate(table.labels) if label.attributes and n not in found)
        first = next(stating, len(table.labels))
        found = {n for n in found if n < first or _TIER_HEAD.search(table.headers[n])}
    return frozenset(found)


def _is_span(table: Table, number: int) -> bool:
    """A column headed by a term or amount that says how far each row holds: 持有期限 over 7天以内, 30天以上."""
    if not set(table.labels[number].attributes) <= {_A.TERM, _A.HOLDING_PERIOD, _A.CREDIT_LIMIT, _A.MIN_AMOUNT}:
        return False
    cells = [cell.text for cell in table.column(number)]
    return len(cells) > 1 and 2 * sum(bool(_SPAN.search(words)) and is_tier(words) for words in cells) > len(cells)


class Columns:
    """What the columns of a table are for, where its headers name the attributes."""

    def __init__(self, table: Table, names: Names) -> None:
        self.table, self.names = table, names
        self.rate = next((n for n, label in enumerate(table.labels) if _A.RATE in label.attributes), None)
        self.term = next((n for n, label in enumerate(table.labels) if label.attributes == (_A.TERM,)), None)

    @cached_property
    def owners(self) -> dict[int, tuple[str, ...] | None]:
        """By the start of each row."""
        return {line.start: _product(line.cells, self.names, line.group) for line in self.table.lines if line.cells}

    @cached_property
    def each_its_own(self) -> bool:
        """Every row is another product's: nothing but the product tells the rows apart."""
        named = [codes for codes in self.owners.values() if codes]
        return len(named) > 1 and len(set(named)) == len(named)

    def is_other(self, cell: Cell) -> bool:
        """It names neither an attribute nor the product."""
        labelled = cell.column < len(self.table.labels) and bool(self.table.labels[cell.column].attributes)
        return not labelled and not _is_name(cell, self.names)

    def is_number(self, cell: Cell) -> bool:
        return bool(_NUMBER_HEAD.search(cell.head)) or (cell.text.isdigit() and not unit_in(cell.head))

    @cached_property
    def kinds(self) -> frozenset[int]:
        """The columns that tell a product's rows apart, beside the first."""
        if self.each_its_own:
            return frozenset()
        tiers = tier_columns(self.table, None, self.names)
        return frozenset(n for n in tiers if not _is_note(self.table.headers[n]) or n == 0)

    def term_tells_apart(self, line: Line) -> bool:
        """Is the term what a row's rate depends on, or one more thing that it states?

        Under 担保方式 each row is a way to borrow, with its term and its rate; under 币种 the same kind has many.
        """
        first = line.cells[0]
        if self.term is None or first.column == self.term or not self.is_other(first) or self.is_number(first):
            return True
        column = [cell.text for cell in self.table.column(first.column)]
        return len(set(column)) < len(column)


def _is_note(head: str) -> bool:
    return NOTE_HEAD.search(head) is not None and not is_kind(head) and "渠道" not in head and "方式" not in head


def _product(cells: Sequence[Cell], names: Names, group: str) -> tuple[str, ...] | None:
    """Whose row it is: empty for the document's own, None for one that cannot be told."""
    for wanted in (_CODE_HEAD, _NAME_HEAD):
        for cell in cells:
            if wanted.search(cell.head) and not attributes_of(cell.head):
                mentions = names.mentions(cell.text)
                if mentions:
                    return tuple(dict.fromkeys(c for m in mentions for c in m.codes)) or None
    parts = names.in_parts([group, *(cell.text for cell in cells)])
    if parts:
        return parts
    first = names.mentions(cells[0].text)
    if first:
        return tuple(dict.fromkeys(c for m in first for c in m.codes)) or None
    names_one = any(_NAME_HEAD.search(cell.head) and not attributes_of(cell.head) for cell in cells)
    return None if names_one and len(names.own) != 1 else ()


def is_owner(cell: Cell) -> bool:
    """It is in a column of products, not a word about one in passing."""
    return (_CODE_HEAD.search(cell.head) or _NAME_HEAD.search(cell.head)) is not None


def _is_name(cell: Cell, names: Names) -> bool:
    return bool(names.mentions(cell.text)) or bool(_CODE_HEAD.search(cell.head))


def attribute_of_all(table: Table, text: str, names: Names) -> Attribute | None:
    """What all cells are of, where rows and columns are both kinds: what stands over the table and fits them."""
    if len(table.headers) < 2 or len(table.lines) < 2 or any(label.attributes for label in table.labels[1:]):
        return None
    kinds = [head for head in table.headers[1:] if is_kind(head) or names.named(head)]
    rest = [head for head in table.headers[1:] if head not in kinds and not _is_note(head)]
    if not kinds or len(rest) > 1:
        return None
    axis = label_of(table.headers[0]).attributes
    letters = [_letter(cell, table, text, names) for line in table.lines for cell in line.cells if cell.head in kinds]
    found = {letter for letter in letters if letter}
    if len(found) - ("N" in found) > 1 or not found or 3 * sum(map(bool, letters)) < 2 * len(letters):
        return None
    letter = next(iter(found - {"N"}), "N")
    for words in (*table.headers[:1], *table.above):
        named = [a for a in _attributes_in(words) if a not in axis and letter in KINDS.get(a, "")]
        if named:
            return named[0] if len(set(named)) == 1 else None
    by_term = _A.TERM in axis or all(_PERIOD.fullmatch(kind) for kind in kinds)
    saved = _A.TERM in axis or any(_SAVINGS.search(words) for words in table.above)
    return _A.RATE if letter == "P" and by_term and saved else None


def _letter(cell: Cell, table: Table, text: str, names: Names) -> str:
    s = signed(text, cell.start, cell.end, names, unit_over(table, cell))
    return letters_in(s)


def unit_over(table: Table, cell: Cell) -> str:
    return next((unit for words in (cell.head, *table.headers[:1], *table.above) if (unit := unit_in(words))), "")


def _attributes_in(words: str) -> list[Attribute]:
    return [found.attribute for found in attributes_in(words[:_LONGEST_ABOVE])]
