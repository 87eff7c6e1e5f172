"""What a table's row states: which product, which attribute, under which condition, and the cell that says it.

A row names a product and its columns the attributes; or the row names an attribute and its columns products, kinds
(账单分期), the value before and after a change, or just the value. Knows no sentences: fact_prose reads what a cell
says beyond its value.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from seatmate.domain.attributes import Attribute, attribute_of
from seatmate.ingest.fact_names import Names
from seatmate.ingest.fact_prose import statements
from seatmate.ingest.fact_text import signed, spoken_of
from seatmate.ingest.fact_values import Statement, conditional, direct, has_condition
from seatmate.ingest.pieces import UNDER, Block, Row

_A = Attribute
_STAGED = frozenset({_A.PENALTY, _A.FEE_REDEMPTION})
_CODE_HEAD = re.compile(r"代码|编号")
_NAME_HEAD = re.compile(r"产品|名称|全称|卡种|品种")
_NUMBER_HEAD = re.compile(r"^(?:序号|编号|No\.?|#)$", re.IGNORECASE)
_VALUE_HEAD = re.compile(r"费率|标准|内容|规则|规定|数值|金额|取值|要素值|详情|收费|说明$|^值$|利率")
_NOTE_HEAD = re.compile(r"说明|备注|收取方|方式|单位|渠道|注")
_UNIT_HEAD = re.compile(r"^(?:计量)?单位$")
_BEFORE, _AFTER = (
    re.compile(r"(?:调整|变更|修订|修改)前|原标准|原值"),
    re.compile(r"(?:调整|变更|修订|修改)后|新标准|新值"),
)
_UNIT = re.compile(r"[（(]\s*(元|％|%|个月|月|年|天|日|期)(?:/[^）)]*)?\s*[）)]")
_ASIDE = re.compile(r"[（(][^）)]*[）)]")
_JOINTS = re.compile(r"[/、及与和]")
_FEE_NAME = re.compile(r"(?P<what>挂失|补卡|换卡|货币转换|取现|短信)(?:手续费|工本费|费)?$")
_LABELS = {"额度": _A.CREDIT_LIMIT, "授信": _A.CREDIT_LIMIT}
"""Words that name an attribute only where nothing else stands beside them."""
_EMPTY_CELLS = frozenset({"", "—", "-", "–", "——", "/", "无", "不适用"})


@dataclass(frozen=True)
class Cell:
    """`text[start:end]` is the cell; `name_start` is where its column's name stands in the text, or `start`."""

    head: str
    text: str
    start: int
    end: int
    name_start: int


@dataclass(frozen=True)
class Stated:
    """A statement with the products that the row is of; none: those that the document speaks of."""

    statement: Statement
    codes: tuple[str, ...] = ()


def attributes_of(label: str) -> tuple[Attribute, ...]:
    """What a header or label names: 期限/开放规则 both, 赎回确认与到账 the confirmation and the arrival."""
    label = re.sub(r"^\s*(?:\d{1,2}[.、．]|[一二三四五六七八九十]+、)\s*", "", label.rpartition(UNDER)[2])
    whole = attribute_of(label) or _LABELS.get(_ASIDE.sub("", label).strip(" ：:"))
    if whole is not None:
        return (whole,)
    parts = [part for part in _JOINTS.split(_ASIDE.sub("", label).strip(" ：:")) if part]
    named = [attribute_of(part) for part in parts]
    if len(parts) > 1 and named[0] is not None:
        first = parts[0]
        named = [
            attribute or next((a for at in range(1, len(first)) if (a := attribute_of(first[:at] + part))), None)
            for part, attribute in zip(parts, named, strict=True)
        ]
    return tuple(dict.fromkeys(a for a in named if a is not None)) if all(named) else ()


def row_statements(block: Block, text: str, names: Names) -> Iterator[Stated]:
    """Everything that a row states. `text` is the document's."""
    row = block.piece
    assert isinstance(row, Row)
    cells = _cells(block, row, text)
    if not cells:
        return
    pair = len(row.cells) == 2 and text[block.start : block.end].endswith("：".join(row.cells))
    if pair:
        yield from _pair(cells, text, names)
        return
    if len(cells) >= 2 and (attributes := attributes_of(cells[0].text)) and not names.named(cells[0].text):
        yield from _attribute_row(attributes, cells, text, names)
    elif len(cells) >= 3 and (fee := _FEE_NAME.search(_ASIDE.sub("", cells[0].text))):
        yield from _attribute_row((_A.FEE,), cells, text, names, fee["what"])
    else:
        yield from _product_row(cells, text, names, row.group)


def _cells(block: Block, row: Row, text: str) -> list[Cell]:
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
        found.append(Cell(head, words, start, at, named if named >= 0 else start))
    return found


def _pair(cells: Sequence[Cell], text: str, names: Names) -> Iterator[Stated]:
    """项目：内容."""
    label, value = (cells[0], cells[-1])
    if label is value:
        return
    fee = _FEE_NAME.search(_ASIDE.sub("", label.text))
    attributes = attributes_of(label.text) or ((_A.FEE,) if fee else ())
    whole = replace(value, name_start=label.start)
    yield from _read(attributes, whole, text, names, label.text, fee["what"] if fee else "")


def _attribute_row(
    attributes: tuple[Attribute, ...], cells: Sequence[Cell], text: str, names: Names, condition: str = ""
) -> Iterator[Stated]:
    """The first cell names what the others state."""
    label, rest = cells[0], cells[1:]
    before = [cell for cell in rest if _BEFORE.search(cell.head)]
    after = [cell for cell in rest if _AFTER.search(cell.head)]
    if before and after:
        for cell in (*before, *after):
            for stated in _read(attributes, cell, text, names, label.text, condition, beyond=False):
                yield replace(stated, statement=replace(stated.statement, is_old=cell in before))
        return
    of_products = [(cell, names.named(cell.head)) for cell in rest]
    if any(codes for _, codes in of_products):
        for cell, codes in of_products:
            if codes:
                for stated in _read(attributes, cell, text, names, label.text, condition, beyond=False):
                    yield replace(stated, codes=codes)
        return
    unit = next((cell.text for cell in rest if _UNIT_HEAD.search(cell.head)), "")
    values = [c for c in rest if _VALUE_HEAD.search(c.head) and not _NOTE_HEAD.search(_ASIDE.sub("", c.head))]
    values = values or [cell for cell in rest if re.fullmatch(r"说明|收费标准", cell.head)]
    if values:
        whole = replace(values[0], name_start=label.start)
        yield from _read(attributes, whole, text, names, f"{label.text}（{unit}）" if unit else label.text, condition)
        return
    for cell in rest:  # each column is a kind
        if cell.head and not attributes_of(cell.head) and not _NOTE_HEAD.search(cell.head):
            kind = _ASIDE.sub("", cell.head)
            yield from _read(attributes, cell, text, names, label.text, kind, beyond=False)


def _product_row(cells: Sequence[Cell], text: str, names: Names, group: str) -> Iterator[Stated]:
    """The columns name what the row states of the product it names."""
    codes = _product(cells, names, group)
    changed = (
        [cell for cell in cells if _BEFORE.search(cell.head)],
        [cell for cell in cells if _AFTER.search(cell.head)],
    )
    if codes is not None and all(changed):  # 调整前业绩比较基准, 调整后业绩比较基准
        for is_old, among in zip((True, False), changed, strict=True):
            for cell in among:
                named = attributes_of(_AFTER.sub("", _BEFORE.sub("", cell.head)).strip("的"))
                for stated in _read(named, cell, text, names, cell.head, beyond=False):
                    yield Stated(replace(stated.statement, is_old=is_old), codes)
        return
    if codes is None:
        return
    term = next((cell for cell in cells if attributes_of(cell.head) == (_A.TERM,)), None)
    rated = [cell for cell in cells if _A.RATE in attributes_of(cell.head)]
    condition = ""
    if term is not None and rated and cells[0] is not rated[0]:
        if not names.in_parts([group, *(cell.text for cell in cells)]):
            condition = term.text
        cells = [cell for cell in cells if cell is not term]
    elif _NUMBER_HEAD.search(cells[0].head) or (cells[0].text.isdigit() and not _UNIT.search(cells[0].head)):
        cells = cells[1:]
    elif not attributes_of(cells[0].head) and not _is_name(cells[0], names):
        condition = _kind(cells[0])
        cells = cells[1:]
    for cell in cells:
        attributes = attributes_of(cell.head)
        kind = _fee_kind(cell.head, attributes)
        for stated in _read(attributes, cell, text, names, cell.head, condition + kind):
            yield replace(stated, codes=stated.codes or codes)


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


def _is_name(cell: Cell, names: Names) -> bool:
    return bool(names.mentions(cell.text)) or bool(_CODE_HEAD.search(cell.head))


def _kind(cell: Cell) -> str:
    """The condition that a row's first cell makes: 首套, 12期."""
    unit = _UNIT.search(cell.head)
    return cell.text + (unit[1] if unit and cell.text.replace(",", "").isdigit() else "")


def _fee_kind(head: str, attributes: tuple[Attribute, ...]) -> str:
    """What a fee column is more than a fee: 主卡年费, 每期费率."""
    bare = _ASIDE.sub("", head.rpartition(UNDER)[2])
    if attributes == (_A.FEE_ANNUAL,):
        return bare.partition("年费")[0]
    return bare.removesuffix("费率").removesuffix("手续费") if attributes == (_A.FEE,) else ""


def _read(
    attributes: tuple[Attribute, ...],
    cell: Cell,
    text: str,
    names: Names,
    label: str,
    condition: str = "",
    beyond: bool = True,
) -> Iterator[Stated]:
    """The cell's value of each attribute, and what it says `beyond` that."""
    if cell.text in _EMPTY_CELLS:
        return
    unit = _UNIT.search(label)
    s = signed(text, cell.start, cell.end, names, unit[1] if unit else "")
    done: list[Statement] = []
    for attribute in attributes:
        if attribute in _STAGED and has_condition(s):
            done += conditional(attribute, s, text)
        elif len(attributes) == 1 or len(s.signs) == 1:
            done += direct(attribute, s, text)
    for statement in done:
        wider = statement.condition or condition
        yield Stated(replace(statement, start=min(statement.start, cell.name_start), condition=wider))
    if beyond:
        line = signed(text, cell.name_start, cell.end, names, unit[1] if unit else "")
        for statement in statements(line, text, label):
            if len(attributes) > 1 and statement.start < cell.start:
                continue  # 起购/追加：10,000元起购: the first value is not of the last name
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
