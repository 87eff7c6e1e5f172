"""The siblings of a source: names that stand in one place, each with its values.

The header cells of a row, the rows of a table under one column, the heads of a list's parts (福字金条每克12元，生肖金条
每克9元), an exception and what it is excepted from (有效期12个月（青云卡为6个月）). No dictionary knows the names.
Knows nothing of what is said of them (ask/siblings).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from seatmate.ask.aspects import named_in
from seatmate.ask.spoken import figures_in
from seatmate.ask.stated_lines import Cell, cells_of
from seatmate.domain.figures import FoundFigure, same_value
from seatmate.domain.knowledge import Passage

_TOKENS = {
    "free": re.compile(
        r"(?<!不)免(?:费|收|除|交|缴|(?=[\u4e00-\u9fff]{1,5}[费金]))|(?:不再?|未|无须|无需|不用|不必|不需要?|不予)(?:另行|再|另|加)?(?:收(?!益|入|到|回)|交|付|支付|缴纳|花钱)|不要钱|全免"
        r"|没有(?=[\u4e00-\u9fff]{1,4}费)"
    ),
    "full": re.compile(r"不(?:予)?(?:打折|优惠|享受优惠|减免)|没有?优惠|无优惠|原价"),
    "unlimited": re.compile(r"不(?:受)?限(?!制条件)|无限[次制]|无上限"),
    "now": re.compile(r"即时|立即|马上|当场|实时|立刻"),
    "next": re.compile(r"次日|第二天|隔天|下一?个?工作日"),
    "none": re.compile(r"不设|不适用|不支持|不提供|不享受|不享有|没有(?!优惠)"),
}
_A_WORD = re.compile("[免不未无没即立马当实次隔下原第]")
"""Without one of these no word stands for a value."""
_CELL_TOKENS = {
    "free": re.compile(r"^(?:0(?:\.0+)?|零|免)\s?(?:元|%)?(?:[/／].*)?$|^免"),
    "none": re.compile(r"^(?:—+|-+|无|×|／|/)$|^不(?!限|打|优惠|收|用)|^暂不"),
}
SEGMENT = re.compile(r"(?:[^，,；;。！？!?\n]|(?<=\d),(?=\d))+")
_NO_NAME = re.compile(
    r"(?:费|费率|率|额|额度|金额|金|标准|期|期限|日|日期|时间|时长|时限|期间|折扣|优惠|次数|笔数|数量|上限|下限|起点|门槛|等级|要求|条件|方式"
    r"|说明|备注|单位|幅度|比例|价格|点数|积分|范围|用途|材料|依据|基准|点|数|方|对象|机构|最低|最高|最短|最长|最多|最少)$|^(?:办理|适用|受理)?渠道$|年化|折[算合]|相当于|调整|变更|变动|原|现|新|旧|以[上下内]|不[足满]|\d"
)
"""Headers and heads that say what a value is, or when: other rules read those."""
_NOTE = re.compile(r"备注|说明|优惠|渠道|单位|备考|附注")
_UNIT = re.compile(r"[（(][^（）()]*[）)]")
_LEADING = re.compile(
    r"^(?:\s|\x00|仅|只有|仅限|其中|但|而|若|如|对于?|凡|由|在|按|通过|使用|持有?|选择?|[\d一二三四五六七八九十]+[.、)）])+"
)
_TRAILING = re.compile(
    r"(?:\s|为|是|按|打|收取|加收|另收|收|享受|享有|享|可|可以|积|加|减|须|需|应|至|到|在|的|最[高低多少长短]|不超过|不低于|约|共|各|则|均|都|每.{0,4}"
    r"|[:：])+$"
)
_NUMBERED = re.compile(
    r"^\s*(?:第[\d一二三四五六七八九十百]+[条章节款项]|[（(][\d一二三四五六七八九十]+[）)]|\d+[.、])\s*"
)
_LABEL = re.compile(r"^[^，,；;。：:\d]{1,20}[：:]")
_BRACKET = re.compile(r"[（(](?P<in>[^（）()]{2,60})[）)]")
_EXCEPT = re.compile(r"除(?P<who>[^，,；;。除]{1,24}?)(?:以外|之外|外)[，,]?(?P<rest>[^；;。]+)")
_REST = ("其他", "其余", "别的", "其它")
_LONGEST = 14
"""No name is longer."""
_WHEN = frozenset({"now", "next"})
_MEASURED = frozenset({"", "amt", "pct", "num"})
"""What 免费 and 不限 are said instead of."""


@dataclass(frozen=True)
class Value:
    """A figure, or a word that stands for one, and where."""

    start: int
    end: int
    figure: FoundFigure | None
    token: str

    def same(self, other: "Value") -> bool:
        if self.figure is None or other.figure is None:
            return self.token == other.token
        mine, theirs = self.figure, other.figure
        return same_value(mine, theirs) or (_is_bare(mine, theirs) and mine.value == theirs.value)

    def rivals(self, other: "Value") -> bool:
        """Of one matter: two amounts, or 免费 and an amount."""
        if {self.token, other.token} & _WHEN:
            return {self.token, other.token} <= _WHEN
        if self.figure is None or other.figure is None:
            return {self.figure.kind if self.figure else "", other.figure.kind if other.figure else ""} <= _MEASURED
        return self.figure.kind == other.figure.kind or _is_bare(self.figure, other.figure)


def _is_bare(one: FoundFigure, other: FoundFigure) -> bool:
    """A cell's number has its unit in the header."""
    bare = any(re.fullmatch(r"[\d.,]+", f.raw) for f in (one, other))
    return bare and {one.kind, other.kind} <= _MEASURED


@dataclass(frozen=True)
class Member:
    """One sibling: what it is called, and its values. What is excepted has none."""

    names: tuple[str, ...]
    values: tuple[Value, ...]
    excepted: bool = False

    def has(self, value: Value) -> bool:
        return any(value.same(v) for v in self.values)

    def lacks(self, value: Value) -> bool:
        return not self.has(value) and (self.excepted or any(value.rivals(v) for v in self.values))


@dataclass(frozen=True)
class Group:
    """Siblings of one place, what it is about, and the values in it that are no sibling's."""

    members: tuple[Member, ...]
    about: str
    others: tuple[Value, ...] = ()

    def tells(self, value: Value) -> bool:
        return any(m.has(value) for m in self.members) and not any(value.same(v) for v in self.others)


def values_in(text: str, more: dict[str, re.Pattern[str]]) -> list[Value]:
    found = [Value(f.start, f.end, f, "") for f in figures_in(text) if text[f.start - 1 : f.start] != "第"]
    nothing = ("amt", "pct", "num") if more else ("amt", "pct")
    zero = [v for v in found if v.figure and v.figure.kind in nothing and not v.figure.value.strip("0.")]
    found = [v for v in found if v not in zero] + [Value(v.start, v.end, None, "free") for v in zero]
    for patterns in (more, _TOKENS if _A_WORD.search(text) else {}):
        for token, pattern in patterns.items():
            found += [
                Value(m.start(), m.end(), None, token)
                for m in pattern.finditer(text)
                if not any(v.start < m.end() and m.start() < v.end for v in found)
            ]
    return sorted(found, key=lambda v: v.start)


@lru_cache(maxsize=4_096)
def groups_of(passage: Passage, start: int, end: int) -> tuple[Group, ...]:
    about, cells = name_and_cells(passage)
    if not passage.columns or not cells:
        return tuple(_of_prose(passage.text[start - passage.start : end - passage.start]))
    members: list[tuple[str, tuple[Value, ...]]] = []
    others: list[Value] = []
    attributes = 0
    for cell in cells:
        name = _UNIT.sub("", cell.header).strip()
        values = tuple(values_in(passage.text[cell.start : cell.end].strip(), _CELL_TOKENS))
        if name and not _NO_NAME.search(name) and not named_in(name):
            members.append((name, values))
        else:
            others += values
            attributes += _NOTE.search(name) is None
    if attributes >= len(members):
        members = []  # its columns are what is told of a thing, not things
    found = list(_group(members, about, tuple(others)))
    for cell in cells:
        found += _of_prose(passage.text[cell.start : cell.end])
    return tuple(found)


def name_and_cells(row: Passage) -> tuple[str, tuple[Cell, ...]]:
    """What a row is called — its first cell that is no number or code — and the cells behind."""
    cells = cells_of(row)
    texts = [row.text[c.start : c.end].strip() for c in cells]
    first = next((n for n, text in enumerate(texts[:3]) if not re.fullmatch(r"[\dA-Za-z.\-]*", text)), 0)
    return (texts[first], cells[first + 1 :]) if cells else ("", ())


@lru_cache(maxsize=2_048)
def column_of(rows: tuple[Passage, ...], header: str) -> tuple[Group, ...]:
    members = []
    for row in rows:
        name, cells = name_and_cells(row)
        cell = next((c for c in cells if c.header == header), None)
        if cell is not None and not _NO_NAME.search(name):
            members.append((name, tuple(values_in(row.text[cell.start : cell.end].strip(), _CELL_TOKENS))))
    return tuple(_group(members, header))


def _group(
    members: Sequence[tuple[str, tuple[Value, ...]]], about: str, others: tuple[Value, ...] = ()
) -> Iterator[Group]:
    """Of names and values, where at least two differ."""
    if len(members) < 2:
        return
    names = _distinct([name for name, _ in members])
    made = tuple(Member(n, v) for n, (_, v) in zip(names, members, strict=True) if n)
    everyone = [name for m in made for name in m.names]
    if len(made) >= 2 and len(set(everyone)) == len(everyone):
        yield Group(made, about, others)


def _distinct(heads: Sequence[str]) -> list[tuple[str, ...]]:
    """What tells the heads apart: 福字 and 生肖 of 福字金条每克 and 生肖金条每克; A and B of A、B级客户."""
    shortest = min(heads, key=len)
    tails = (shortest[n:] for n in range(1, len(shortest)))
    tail = next((t for t in tails if all(_cut(h, t) > 0 for h in heads)), "")
    found = []
    for head in heads:
        bare = head[: _cut(head, tail)] if tail else head
        names = [n.strip() for n in re.split(r"[、和及与或/／]", bare) if n.strip()]
        whole = [n if len(n) > 1 or n.isascii() or len(names) > 1 else n + tail[:1] for n in names]
        whole += [head] if len(names) == 1 and head not in whole else []
        found.append(tuple(n for n in whole if len(n) <= _LONGEST))
    return found


def _cut(head: str, tail: str) -> int:
    """Where the tail begins: at the end, or, where it is a word, within."""
    if head.endswith(tail):
        return len(head) - len(tail)
    return head.find(tail, 2) if len(tail) > 1 else -1


def _of_prose(text: str) -> Iterator[Group]:
    for sentence in re.split("[。！？!?\n]", text):
        yield from _of_list(sentence)
        yield from _of_exceptions(sentence)


def _of_list(sentence: str) -> Iterator[Group]:
    """福字金条每克12元，生肖金条每克9元: parts that each begin with a name and have a value behind it."""
    sentence = _NUMBERED.sub("", sentence)
    label = _LABEL.match(sentence)
    body = sentence[label.end() :] if label else sentence
    body = _BRACKET.sub("", body)
    members: list[tuple[str, tuple[Value, ...]]] = []
    ahead = ""
    for part in _parts(body):
        values = tuple(values_in(part, {}))
        if not values:
            ahead = f"{ahead}{part}，"
            continue
        head = _TRAILING.sub("", _LEADING.sub("", part[: values[0].start]))
        head = head if head or members else _TRAILING.sub("", _LEADING.sub("", ahead))
        ahead = ""
        if values and head:
            members.append((head, values))
        elif members and values:
            members[-1] = (members[-1][0], (*members[-1][1], *values))
    firsts = [values[0] for _, values in members]
    if len(members) < 2 or not all(firsts[0].rivals(v) for v in firsts):
        return
    about = {frozenset(a.attribute for a in named_in(head)) for head, _ in members} - {frozenset()}
    for made in _group(members, label[0] if label else "") if len(about) < 2 else ():
        names = [n for m in made.members for n in m.names[:1]]
        inside = any(len(n) > 1 and n in h for m, n in enumerate(names) for k, (h, _) in enumerate(members) if m != k)
        if not inside and not any(_NO_NAME.search(n) or named_in(n) for n in names):
            yield made


def _parts(body: str) -> Iterator[str]:
    """Clauses; 、 parts two that have a figure each."""
    for found in SEGMENT.finditer(body):
        part = ""
        for piece in found[0].split("、"):
            if part and figures_in(part) and figures_in(piece):
                yield part
                part = piece
            else:
                part = f"{part}、{piece}" if part else piece
        yield part


def _of_exceptions(sentence: str) -> Iterator[Group]:
    """有效期12个月（青云卡、白鹭卡为6个月）; 除钻石会员外，其他会员每笔5元."""
    for found in _BRACKET.finditer(sentence):
        inner = tuple(values_in(found["in"], {}))
        clause = sentence[: found.start()]
        cut = max((m.end() for m in re.finditer("[，,；;]", clause)), default=0)
        base = tuple(v for v in values_in(clause[cut:], {}) if inner and inner[0].rivals(v))
        head = _TRAILING.sub("", _LEADING.sub("", found["in"][: inner[0].start])) if inner else ""
        if base and inner[0].figure is not None and inner[0].figure.kind in ("phone", "code", "date"):
            continue
        shared = (n for n in range(2, len(head)) if head[n:] in clause)
        head = head[: next(shared, len(head))]  # （贵客通道保留30分钟）
        if base and head and not _NO_NAME.search(head) and not named_in(head) and len(inner) == 1:
            yield Group((*_excepted(head, inner), Member(_REST, base[-1:])), clause)
    for found in _EXCEPT.finditer(sentence):
        if values := tuple(values_in(found["rest"], {})):
            excepted = tuple(Member(m.names, (), True) for m in _excepted(found["who"], ()))
            yield Group((*excepted, Member(_REST, values)), "")


def _excepted(head: str, values: tuple[Value, ...]) -> tuple[Member, ...]:
    names = tuple(n for n in re.split(r"[、和及与或]", head) if 1 < len(n) <= _LONGEST)
    return (Member(names, values),) if names else ()
