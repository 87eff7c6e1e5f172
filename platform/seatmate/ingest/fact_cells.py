"""A table's cell: where it stands, and what it states of an attribute that its row or column names.

Which attribute, product and condition that is, is fact_tables'. Knows no sentences: fact_prose reads what a cell says
beyond its value.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from seatmate.domain.attributes import Attribute
from seatmate.ingest.fact_conditions import joined
from seatmate.ingest.fact_names import Names
from seatmate.ingest.fact_prose import statements
from seatmate.ingest.fact_text import signed, spoken_of
from seatmate.ingest.fact_values import Statement, apart, conditional, direct, has_condition
from seatmate.ingest.pieces import Block, Row

_A = Attribute
_STAGED = frozenset({_A.PENALTY, _A.FEE_REDEMPTION})
_EITHER = frozenset({frozenset({_A.BENCHMARK, _A.RATE}), frozenset({_A.TERM, _A.HOLDING_PERIOD})})
"""Two attributes in one label of which a product has one: 持有/封闭期. Only the cell's own words can tell which."""
_EMPTY_CELLS = frozenset({"", "—", "-", "–", "——", "/", "无", "不适用", "--"})
_UNIT = re.compile(
    r"[（(](?:[^（()）]{0,8}[，,、])?(?:单位)?[:：]?\s*(元|万元|％|%|‰|个月|月|年|天|日|期)(?:/[^）)]*)?\s*[）)]"
)


@dataclass(frozen=True)
class Cell:
    """`text[start:end]` is the cell; `name_start` is where its column's name stands in the text, or `start`."""

    head: str
    text: str
    start: int
    end: int
    name_start: int
    column: int = 0

    @property
    def is_empty(self) -> bool:
        """It says that there is nothing to say."""
        return self.text in _EMPTY_CELLS


@dataclass(frozen=True)
class Stated:
    """A statement with the products that the row is of; none: those that the document speaks of."""

    statement: Statement
    codes: tuple[str, ...] = ()


def cells_of(block: Block, row: Row, text: str) -> list[Cell]:
    """The filled cells with their places in the text."""
    found = []
    at = block.start
    if row.group and text.startswith(row.group, at):
        at += len(row.group)
    for number, words in enumerate(row.cells):
        if not words:
            continue
        head = row.headers[number] if number < len(row.headers) else ""
        named = text.find(f"{head}：{words}", at, block.end) if head else -1
        start = named + len(head) + 1 if named >= 0 else text.find(words, at, block.end)
        if start < 0:
            continue
        at = start + len(words)
        found.append(Cell(head, words, start, at, named if named >= 0 else start, number))
    return found


def unit_in(label: str) -> str:
    """The unit that a label says its bare numbers have: 起购金额（元）, 利率表（年利率，%）."""
    unit = _UNIT.search(label)
    return unit[1] if unit else ""


def read_cell(
    attributes: tuple[Attribute, ...],
    cell: Cell,
    text: str,
    names: Names,
    label: str,
    condition: str = "",
    beyond: bool = True,
) -> Iterator[Stated]:
    """The cell's value of each attribute, and what it says `beyond` that."""
    if cell.is_empty:
        return
    unit = unit_in(label)
    s = signed(text, cell.start, cell.end, names, unit)
    done: list[Statement] = []
    for attribute in attributes:
        if attribute in _STAGED and has_condition(s):
            done += conditional(attribute, s, text)
        elif len(attributes) == 1 or (len(s.signs) == 1 and frozenset(attributes) not in _EITHER):
            done += list(apart(attribute, s, text)) or direct(attribute, s, text)
    for statement in done:
        wider = joined((condition, statement.condition))
        yield Stated(replace(statement, start=min(statement.start, cell.name_start), condition=wider))
    if beyond or not done:
        line = signed(text, cell.name_start, cell.end, names, unit)
        for statement in statements(line, text, label):
            if not beyond and statement.attribute not in attributes:
                continue
            if attributes and attributes != (statement.attribute,) and statement.start < cell.start:
                continue  # 起购/追加：10,000元起购: the first value is not of the last name
            if statement.raw_start < cell.start:
                continue  # 申购费：不足100万元 is the column's name, and no fee
            named = spoken_of(line, statement.at)
            if named == () or any(_same(statement, known) for known in done):
                continue
            inherited = statement.condition or _inherited(statement, condition, attributes)
            yield Stated(replace(statement, condition=inherited), named or ())


def _inherited(statement: Statement, condition: str, attributes: tuple[Attribute, ...]) -> str:
    """A row's condition narrows what its columns are about, not what is said in passing."""
    return condition if statement.attribute in attributes else ""


def _same(a: Statement, b: Statement) -> bool:
    return a.attribute is b.attribute and a.raw_start < b.raw_end and b.raw_start < a.raw_end
