"""What a table states, row by row, once it is known which way it lies (fact_layout).

A row names a product and its columns the attributes; or a cell names an attribute and the others are of products, of
kinds (私行客户), of before and after a change, or just its value; or every cell is of one attribute that stands above.
"""

import re
from collections.abc import Iterator
from dataclasses import replace

from seatmate.domain.attributes import Attribute
from seatmate.ingest.fact_cells import Cell, Stated, read_cell, unit_in
from seatmate.ingest.fact_conditions import is_kind, joined
from seatmate.ingest.fact_labels import Label, attributes_of, label_of
from seatmate.ingest.fact_layout import (
    LIMIT_HEAD,
    NOTE_HEAD,
    Columns,
    Line,
    Table,
    attribute_of_all,
    is_owner,
    label_column,
    side_by_side,
    tier_columns,
    unit_over,
)
from seatmate.ingest.fact_names import Names
from seatmate.ingest.pieces import UNDER

_A = Attribute
_VALUE_HEAD = re.compile(r"费率|标准|内容|规则|规定|数值|金额|取值|要素值|详情|收费|说明$|^值$|利率")
_UNIT_HEAD = re.compile(r"^(?:计量)?单位$")
_ELSEWHERE = re.compile(r"同类|同业|平均|他行|市场|上期|历史|示例|举例|幅度|原因|计算|依据")
_BEFORE, _AFTER = (
    re.compile(r"(?:调整|变更|修订|修改)前|原标准|原值|^原"),
    re.compile(r"(?:调整|变更|修订|修改)后|新标准|新值|^[现新](?!客)"),
)
_ASIDE = re.compile(r"[（(][^）)]*[）)]")
_FEE_NAME = re.compile(r"(?P<what>挂失|补卡|换卡|货币转换|取现|短信)(?:手续费|工本费|费)?$")


def table_statements(table: Table, text: str, names: Names) -> Iterator[Stated]:
    """Everything that a table states, row by row. `text` is the document's."""
    parts = side_by_side(table, names) if len(table.headers) > 3 else [table]
    if len(parts) > 1:
        for part in parts:
            yield from table_statements(part, text, names)
        return
    if all(line.is_pair for line in table.lines):
        for line in table.lines:
            yield from _pair(line, text, names)
        return
    where = label_column(table, names)
    if where is None and (attribute := attribute_of_all(table, text, names)) is not None:
        for line in table.lines:
            yield from _matrix_row(attribute, line, table, text, names)
        return
    tiers = tier_columns(table, where, names)
    columns = Columns(table, names)
    for line in table.lines:
        if not line.cells:
            continue
        label = _label_in(line, where, names)
        first = line.cells[0]
        if label.attributes:
            yield from _attribute_row(label, line, where or 0, tiers, text, names)
        elif len(line.cells) >= 3 and (fee := _FEE_NAME.search(_ASIDE.sub("", first.text))):
            yield from _attribute_row(Label((_A.FEE,), fee["what"]), line, 0, tiers, text, names)
        elif where is None or where == 0:
            yield from _product_row(line, columns, text, names)


def _pair(line: Line, text: str, names: Names) -> Iterator[Stated]:
    """项目：内容."""
    if len(line.cells) < 2:
        return
    name, value = line.cells[0], line.cells[-1]
    fee = _FEE_NAME.search(_ASIDE.sub("", name.text))
    label = Label((_A.FEE,), fee["what"]) if fee else label_of(name.text)
    if label.attributes == (_A.FEE_ANNUAL,):
        label = replace(label, condition="" if "主卡" in value.text or "附属卡" in value.text else label.condition)
    yield from read_cell(
        label.attributes, replace(value, name_start=name.start), text, names, name.text, label.condition
    )


def _label_in(line: Line, where: int | None, names: Names) -> Label:
    """The label of a row, with the words of the column before it where it needs them: 赎回 and 到账."""
    cell = line.at(where) if where is not None else None
    if cell is None or len(line.cells) < 2:
        return Label()
    before = line.at(where - 1) if where else None
    if before is not None and not before.text.isdigit() and not names.named(before.head):
        together = label_of(f"{_ASIDE.sub('', before.text)}{UNDER}{cell.text}")
        bare = label_of(cell.text)
        joint = attributes_of(_ASIDE.sub("", before.text) + cell.text)
        if joint and len(cell.text) <= 4 and joint != bare.attributes:
            return Label(joint)
        return together if together.attributes else bare
    return label_of(cell.text)


def _attribute_row(
    label: Label, line: Line, where: int, tiers: frozenset[int], text: str, names: Names
) -> Iterator[Stated]:
    """One cell names what the others state."""
    name = line.at(where)
    assert name is not None
    attributes = label.attributes
    left = [c for c in line.cells if c.column < where and (names.named(c.head) or is_kind(c.head))]
    rest = [c for c in line.cells if c in left or (c.column > where and c.column not in tiers)]
    kinds = [c.text for c in line.cells if c.column != where and c.column in tiers and c not in left and not c.is_empty]
    condition = joined((label.condition, *kinds))
    beside = [cell for cell in line.cells if cell.column != where and cell not in left]
    owners = tuple(dict.fromkeys(code for cell in beside if is_owner(cell) for code in names.named(cell.text)))
    before = [cell for cell in rest if _BEFORE.search(cell.head)]
    after = [cell for cell in rest if _AFTER.search(cell.head)]
    if before and after:
        for cell in (*before, *after):
            for stated in read_cell(attributes, cell, text, names, name.text, condition, beyond=False):
                yield Stated(replace(stated.statement, is_old=cell in before), owners)
        return
    of_products = [(cell, names.named(cell.head)) for cell in rest]
    if any(codes for _, codes in of_products):
        for cell, codes in of_products:
            if codes:
                kind = joined(part for part in cell.head.split(UNDER) if is_kind(part) and not names.named(part))
                for stated in read_cell(
                    attributes, cell, text, names, name.text, joined((condition, kind)), beyond=False
                ):
                    yield replace(stated, codes=codes)
        return
    unit = next((cell.text for cell in rest if _UNIT_HEAD.search(cell.head)), "")
    values = [c for c in rest if _VALUE_HEAD.search(c.head) and not NOTE_HEAD.search(_ASIDE.sub("", c.head))]
    values = values or [cell for cell in rest if re.fullmatch(r"说明|收费标准", cell.head)]
    if values and not is_kind(values[0].head):
        whole = replace(values[0], name_start=name.start)
        wording = f"{name.text}（{unit}）" if unit else name.text
        for stated in read_cell(attributes, whole, text, names, wording, condition):
            yield replace(stated, codes=stated.codes or owners)
        return
    for cell in rest:  # each column is a kind
        if cell.head and not label_of(cell.head).attributes and _is_kind_head(cell.head, names):
            kind = joined((condition, _ASIDE.sub("", cell.head)))
            for stated in read_cell(attributes, cell, text, names, name.text, kind, beyond=False):
                yield replace(stated, codes=owners)


def _is_kind_head(head: str, names: Names) -> bool:
    """In a document of several products a name that nobody knows may be one of them."""
    return is_kind(head) or not (
        len(names.own) != 1 or NOTE_HEAD.search(head) or _ELSEWHERE.search(head) or LIMIT_HEAD.search(head)
    )


def _product_row(line: Line, columns: Columns, text: str, names: Names) -> Iterator[Stated]:
    """The columns name what the row states of the product it names."""
    codes = columns.owners.get(line.start)
    cells = list(line.cells)
    changed = (
        [cell for cell in cells if _BEFORE.search(cell.head)],
        [cell for cell in cells if _AFTER.search(cell.head)],
    )
    if codes is None:
        return
    if all(changed):  # 调整前业绩比较基准, 调整后业绩比较基准
        for is_old, among in zip((True, False), changed, strict=True):
            for cell in among:
                named = attributes_of(_AFTER.sub("", _BEFORE.sub("", cell.head)).strip("的"))
                for stated in read_cell(named, cell, text, names, cell.head, beyond=False):
                    yield Stated(replace(stated.statement, is_old=is_old), codes)
        return
    conditions, used = _what_tells_apart(line, columns, codes, names)
    condition = joined(conditions)
    for cell in cells:
        if cell in used:
            continue
        label = columns.table.labels[cell.column] if cell.column < len(columns.table.labels) else Label()
        attributes = _of_its_sort(label.attributes, line)
        for stated in read_cell(attributes, cell, text, names, cell.head, _with_fee_kind(condition, label)):
            yield replace(stated, codes=stated.codes or codes)


def _what_tells_apart(
    line: Line, columns: Columns, codes: tuple[str, ...], names: Names
) -> tuple[list[str], list[Cell]]:
    """The conditions that a row's cells make, and the cells that state nothing else."""
    conditions: list[str] = []
    used: list[Cell] = []
    first = line.cells[0]
    in_parts = bool(names.in_parts([line.group, *(cell.text for cell in line.cells)]))
    if columns.is_number(first):
        used.append(first)
    elif columns.is_other(first) and not first.is_empty:
        if not columns.each_its_own and (not codes or is_kind(first.text) or not in_parts):
            conditions.append(_kind(first))
        used.append(first)
    term = line.at(columns.term) if columns.term is not None and columns.rate != first.column else None
    if term is not None and columns.rate is not None and columns.term_tells_apart(line):
        if not columns.each_its_own and not in_parts:
            conditions.append(term.text)
        if in_parts or not columns.each_its_own:
            used.append(term)
    for cell in line.cells:
        if cell.column in columns.kinds and cell not in used and not cell.is_empty:
            conditions.append(cell.text)
            used.append(cell)
    return conditions, used


def _of_its_sort(attributes: tuple[Attribute, ...], line: Line) -> tuple[Attribute, ...]:
    """Of 业绩比较基准/利率 a product with a risk level has the one, a deposit the other."""
    if set(attributes) != {_A.BENCHMARK, _A.RATE}:
        return attributes
    if any(re.match(r"P?R[1-5]", cell.text) for cell in line.cells):
        return (_A.BENCHMARK,)
    return (_A.RATE,) if any(re.search(r"存款|存单|定存", cell.text) for cell in line.cells) else attributes


def _with_fee_kind(condition: str, label: Label) -> str:
    """12期 and 每期 are one condition: 12期每期."""
    if label.condition in ("每期", "总"):
        return condition + label.condition
    return joined((condition, label.condition))


def _kind(cell: Cell) -> str:
    """The condition that a row's first cell makes: 首套, 12期."""
    unit = unit_in(cell.head)
    return cell.text + (unit if unit and cell.text.replace(",", "").isdigit() else "")


def _matrix_row(attribute: Attribute, line: Line, table: Table, text: str, names: Names) -> Iterator[Stated]:
    """Both its first cell and its columns say of which kind each cell is."""
    if len(line.cells) < 2:
        return
    name = line.cells[0]
    codes = names.named(name.text)
    row = "" if codes else name.text
    for cell in line.cells[1:]:
        of_head = names.named(cell.head)
        kind = "" if of_head else cell.head
        if not of_head and not is_kind(cell.head):
            continue
        label = f"（{unit_over(table, cell)}）"
        for stated in read_cell((attribute,), cell, text, names, label, joined((row, kind)), beyond=False):
            yield replace(stated, codes=codes or of_head)
