"""True answer sentences, built from the sample bank itself, for tests/bench/figures.

Every cell of its tables, every line of its product sheets and the sentences of its rules and notices, in many word
orders and spellings. The documents are read by seatmate.ingest; the values are found by a pattern of this module's own.
"""

import random
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from seatmate.ask.rewrite import products_named
from seatmate.domain.knowledge import BANK_ZONE, Passage, Product
from seatmate.ingest.drop import read_drop
from seatmate.ingest.products import products_of
from seatmate.ingest.split import split
from seatmate.settings import HOME

DROPS = (("2026-W47", "2026-11-18"), ("2026-W46", "2026-11-11"), ("2026-W45", "2026-11-04"))
HELD_OUT_DOCUMENTS = re.compile(
    r"^(?:loan-mortgage|proc-large|proc-reset|proc-unfreeze|proc-risk|policy|script|forbidden|notice-system)"
)
# {k}: what is spoken of; {a}: the attribute; {v}: the value.
FORMS = (
    "{k}的{a}为{v}。",
    "{k}，{a}是{v}。",
    "{k}的{a}：{v}。",
    "根据资料，{k}的{a}为{v}，请以此为准。",
    "{a}为{v}，这是{k}的标准。",
    "{k}目前{a}{v}。",
    "您好，{k}现在的{a}是{v}。",
    "关于{k}，{a}按{v}执行。",
    "{a}这一项，{k}是{v}。",
    "客户问的{k}，{a}对应{v}。",
    "查到了，{k}的{a}就是{v}，您可以放心告知客户。",
)
# Written when the checker was finished, and run as they are.
HELD_OUT_FORMS = (
    "帮您看了，{k}这块{a}写的是{v}。",
    "{k}执行的{a}标准是{v}。",
    "可以这样答复客户：{k}，{a}为{v}。",
    "经核对，{a}是{v}（{k}）。",
    "{v}，这就是{k}的{a}。",
    "按最新资料，{k}的{a}定在{v}。",
)
PAIRS = (
    "{k}的{a}为{v}，{b}为{w}。",
    "{k}：{a}{v}，{b}{w}。",
    "{k}的{a}和{b}分别为{v}和{w}。",
    "说一下{k}，{a}是{v}，另外{b}是{w}。",
    "{k}这边{b}{w}，{a}{v}。",
)
HELD_OUT_PAIRS = ("{k}有两点要说明：{a}为{v}；{b}为{w}。", "{k}方面，{b}是{w}，{a}则是{v}。")

PREFIXES = ("", "根据资料，", "您好，", "按现行规定，", "跟您确认一下，", "查询结果显示：")
HELD_OUT_PREFIXES = ("麻烦您告知客户：", "资料原文的意思是，", "简单说，")

NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
VALUE = re.compile(
    rf"(?P<date>\d{{4}}年\d{{1,2}}月\d{{1,2}}日)|(?P<phone>959\d{{3}})|(?P<time>\d{{1,2}}:\d{{2}})"
    rf"|(?P<t>T\+\d)|(?P<level>(?<![A-Z0-9])[RC][1-5](?![0-9]))"
    rf"|(?P<range>(?:{NUMBER})%?[–](?:{NUMBER})(?:%|万元|元)?)"
    rf"|(?P<plain>(?<![\dA-Z.,:+-])(?!\d{{4}}年)(?:{NUMBER}))(?P<unit>%|‰|亿元|万元|元|个工作日|个月|个自然日|天|日|年|小时|分钟|周岁|次|期|笔)"
)


@dataclass(frozen=True)
class Fact:
    """One value of the source: the cell's own words, what names it, and what it is of."""

    passage: Passage
    subject: str
    key: str
    attribute: str
    value: str
    table: tuple[str, ...] = ()
    row: int = -1

    @property
    def kind(self) -> str:
        found = VALUE.fullmatch(self.value)
        return "" if found is None else found["unit"] or found.lastgroup or ""


@dataclass(eq=False)
class World:
    """One snapshot of the sample bank."""

    name: str
    as_of: datetime
    products: list[Product]
    passages: list[Passage]
    facts: list[Fact] = field(default_factory=list)


@dataclass(frozen=True)
class Case:
    """A sentence, the question it answers, and the passage that it is true by. `falsehood` is "" for a true one."""

    world: World
    fact: Fact
    question: str
    text: str
    part: str
    falsehood: str = ""
    cite: Fact | None = None


def load() -> list[World]:
    """Each drop with the facts that no later drop has word for word."""
    worlds: list[World] = []
    seen: set[tuple[str, str]] = set()
    drops = {name: read_drop(HOME / "corpus" / "drops" / name, (), {}) for name, _ in DROPS}
    known: list[Product] = []
    products: dict[str, list[Product]] = {}
    for name, _ in reversed(DROPS):  # a product whose sheet is gone keeps its name
        known = products[name] = products_of(drops[name].documents, known)
    for name, day in DROPS:
        drop = drops[name]
        as_of = datetime.fromisoformat(f"{day}T10:00:00+08:00").astimezone(BANK_ZONE)
        documents = [d for d in drop.documents if d.validity.holds_at(as_of)]
        passages = {d.doc_id: split(d, drop.blocks[d.doc_id]) for d in documents}
        world = World(name, as_of, products[name], [p for d in documents for p in passages[d.doc_id]])
        for document in documents:
            facts = list(_facts(world, document.title, passages[document.doc_id]))
            new = [f for f in facts if (f.passage.doc_id, f.passage.text) not in seen]
            world.facts += new
            seen |= {(f.passage.doc_id, f.passage.text) for f in facts}
        worlds.append(world)
    return worlds


def _facts(world: World, title: str, passages: Sequence[Passage]) -> Iterator[Fact]:
    for number, passage in enumerate(passages):
        subject = _subject(world, passage, title)
        if passage.columns and _ended(world, passage):
            continue
        if passage.columns:
            yield from _row_facts(world, passage, subject, number)
        elif found := re.fullmatch(r"([^：，。]{2,14})：([^。]{1,60})", passage.text):
            values = list(VALUE.finditer(found[2]))
            if len(values) == 1 and len(found[2]) - len(values[0][0]) <= 8:
                yield Fact(passage, subject, "", found[1], values[0][0])
        else:
            for sentence in re.findall(r"[^。！？\n]{8,90}[。]", passage.text):
                if values := list(VALUE.finditer(sentence)):
                    yield Fact(passage, subject, sentence, "", values[0][0])


_UNTIL = re.compile(r"(\d{4})年(\d{1,2})月(\d{1,2})日24:00前")


def _ended(world: World, passage: Passage) -> bool:
    """A row that its own words end before the day: no sentence of what is now is true by it."""
    found = _UNTIL.search(passage.text)
    return found is not None and datetime(*map(int, found.groups()), tzinfo=BANK_ZONE).date() < world.as_of.date()


def _subject(world: World, passage: Passage, title: str) -> str:
    named = [p for p in world.products if (p.code,) == passage.product_codes]
    return (
        named[0].name if named else re.sub(r"（[^）]*）|^关于|的公告$|公告$|收费标准$|表$|产品说明$|说明$", "", title)
    )


_NO_KEY = re.compile("说明|方式|条件|要求|机构|状态|代码|收取方|单位|备注|依据|客户$|可购买|产品全称")
_LABELS = re.compile("^(?:费用|费用项目|项目|事项|收费项目|服务项目|收费内容|内容|要素)$")


def _row_facts(world: World, passage: Passage, subject: str, row: int) -> Iterator[Fact]:
    cells = _cells(passage)
    named = products_named(" ".join(v for h, v in cells[:2]), world.products)
    above = [re.sub(r"^[\d一二三四五六七八九十.、（）\s第条]+", "", h) for h in passage.headings[-1:]]
    keys = [
        _NUMBERED.sub("", v) + ("期" if "期数" in h else "")
        for n, (h, v) in enumerate(cells)
        if not _NO_KEY.search(h) and len(v) <= 24 and v != "—" and n < 4
        and ((not VALUE.fullmatch(v) and not re.fullmatch(NUMBER, v)) or re.search("期限|存期|等级|期数", h))
    ]  # fmt: skip
    values = [h for h, v in cells if VALUE.fullmatch(v) or re.fullmatch(NUMBER, v)]
    label_cell = next((_NUMBERED.sub("", v) for h, v in cells[:2] if _LABELS.match(h) and v), "")
    if named and len(named) == 1:
        subject, above, keys = named[0].name, [], [k for k in keys if not products_named(k, world.products)]
        keys = [] if any("产品" in h for h, _ in cells[:2]) else keys
    if len(passage.product_codes) == 1:
        above = []
    table = (passage.doc_id, passage.version, *passage.headings, *passage.columns)
    for header, value in cells:
        bare_money = "（元" in header and re.fullmatch(NUMBER, value)
        if not (bare_money or VALUE.fullmatch(value)) or value in keys or f"{value}期" in keys:
            continue
        bare = re.sub(r"（[^）]*）", "", header)
        label = label_cell if label_cell in keys and len(values) == 1 else bare
        key = "".join(dict.fromkeys(k for k in above + keys if k != label))
        yield Fact(passage, "" if subject in key else subject, key, label, value, table, row)


_NUMBERED = re.compile(r"^[一二三四五六七八九]、")


def _cells(passage: Passage) -> list[tuple[str, str]]:
    marks = []
    at = 0
    for header in passage.columns:
        found = passage.text.find(f"{header}：", at)
        if found >= 0:
            marks.append((header, found, found + len(header) + 1))
            at = found + len(header) + 1
    ends = [m[1] - 1 for m in marks[1:]] + [len(passage.text)]
    return [(h, passage.text[begin:end]) for (h, _, begin), end in zip(marks, ends, strict=True)]


# ── true sentences ─────────────────────────────────────────────────────────────────────────────────────────────────


def true_cases(world: World, chance: random.Random) -> Iterator[Case]:
    by_row: dict[tuple[tuple[str, ...], int], list[Fact]] = defaultdict(list)
    for fact in world.facts:
        held = bool(HELD_OUT_DOCUMENTS.match(fact.passage.doc_id))
        for forms, part in ((FORMS, "development"), (HELD_OUT_FORMS, "held-out forms")):
            name = "held-out documents" if held else part
            if fact.attribute:
                if fact.table:
                    by_row[fact.table, fact.row].append(fact)
                for form in chance.sample(forms, min(2, len(forms))):
                    yield _spoken(world, fact, form, name, chance)
            else:
                prefixes = PREFIXES if part == "development" else HELD_OUT_PREFIXES
                yield from _paraphrased(world, fact, chance.choice(prefixes), name, chance)
    for facts in by_row.values():
        first, second = facts[0], facts[-1]
        if first.attribute == second.attribute or first.key != second.key:
            continue
        held = bool(HELD_OUT_DOCUMENTS.match(first.passage.doc_id))
        for pairs, part in ((PAIRS, "development"), (HELD_OUT_PAIRS, "held-out forms")):
            form = chance.choice(pairs)
            text = form.format(k=thing(first), a=first.attribute, b=second.attribute, v=shown(first), w=shown(second))
            name = "held-out documents" if held else part
            yield Case(world, first, f"{thing(first)}的{first.attribute}和{second.attribute}是多少", text, name)


def thing(fact: Fact) -> str:
    return f"{fact.subject}{fact.key}"


def shown(fact: Fact) -> str:
    """A bare cell under 金额（元） is told with its unit."""
    header = next((h for h in fact.passage.columns if fact.attribute in h and "（元" in h), "")
    return f"{fact.value}元" if header and re.fullmatch(NUMBER, fact.value) else fact.value


def _spoken(world: World, fact: Fact, form: str, part: str, chance: random.Random) -> Case:
    value = respelt(shown(fact), chance)
    text = form.format(k=thing(fact), a=fact.attribute, v=value)
    return Case(world, fact, f"{thing(fact)}的{fact.attribute}是多少？", text, part)


def _paraphrased(world: World, fact: Fact, prefix: str, part: str, chance: random.Random) -> Iterator[Case]:
    """A sentence of a rule or a notice, with its figures spelt otherwise and its product named."""
    sentence = re.sub(r"^(?:\d+[.．、]|[①-⑨]|（\d+）|注\d?[：:])\s*", "", fact.key)
    sentence = re.sub(r"本产品|本期产品", fact.subject if "产品" in sentence else "本产品", sentence)
    names = "|".join(re.escape(n) for p in world.products for n in (p.name, *p.aliases)) or "(?!)"
    respelled = "".join(
        piece if re.fullmatch(names, piece)
        else VALUE.sub(lambda m: respelt(m[0], chance) if chance.random() < 0.5 else m[0], piece)
        for piece in re.split(f"({names})", sentence)
    )  # fmt: skip
    topic = f"{fact.subject} {re.sub(r'[^一-鿿]', '', VALUE.sub('', sentence))[:16]}"
    yield Case(world, fact, f"{topic}？", prefix + respelled, part)
    clauses = re.split(r"(?<=[，；])", sentence)
    if len(clauses) >= 3 and VALUE.search(clauses[0]):
        short = "".join(clauses[:-1]).rstrip("，；") + "。"
        yield Case(world, fact, f"{topic}？", prefix + short, part)


_HAN = "零一二三四五六七八九"


def _chinese(number: str) -> str:
    """1.4 → 一点四, 90 → 九十: below ten thousand, as a person says it."""
    whole, _, fraction = number.replace(",", "").partition(".")
    n = int(whole)
    if n >= 10_000:
        return number
    said = ""
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, n = divmod(n, unit)
        if digit:
            said += _HAN[digit] + name
        elif said and n and not said.endswith("零"):
            said += "零"
    said = re.sub(r"^一十", "十", said) or "零"
    return said + ("点" + "".join(_HAN[int(d)] for d in fraction) if fraction else "")


def respelt(value: str, chance: random.Random) -> str:
    """The same value, written or spoken otherwise."""
    found = VALUE.fullmatch(value)
    if found is None:
        return value
    ways = [value, value]
    if found["date"]:
        year, month, day = map(int, re.findall(r"\d+", value))
        ways += [f"{year}-{month:02}-{day:02}", f"{month}月{day}日", f"{year}年{month}月{day}号"]
    elif found["time"] and not value.startswith(("24", "0")):
        hour, minute = map(int, value.split(":"))
        ways += [f"{hour}点{minute or ''}" + ("分" if minute else "")]
        ways += [f"下午{hour - 12}点"] if hour > 12 and not minute else []
    elif found["t"]:
        ways += [value.replace("+", "＋"), f"T + {value[-1]}"]
    elif found["range"]:
        low, high = value.split("–")
        unit = re.sub(r"[\d.,]", "", high)
        ways += [f"{low}至{high}", f"{low}到{high}", f"{low}-{high}"]
        ways += [f"{low.rstrip('%')}{unit}至{high}"] if unit else []
        ways += [f"百分之{_chinese(low.rstrip('%'))}到百分之{_chinese(high[:-1])}"] if unit == "%" else []
    elif found["unit"] == "%":
        number = found["plain"]
        ways += [f"百分之{_chinese(number)}", f"{number.rstrip('0').rstrip('.') if '.' in number else number}%"]
    elif found["unit"] in ("元", "万元"):
        amount = Decimal(found["plain"].replace(",", "")) * (10_000 if found["unit"] == "万元" else 1)
        ways += [f"{amount.normalize():f}元"]
        if amount >= 10_000 and amount % 1000 == 0:
            short = f"{(amount / 10_000).normalize():f}"
            ways += [f"{short}万元", f"{short}万", f"{_chinese(short)}万元"]
        elif amount == int(amount):
            ways += [f"{_chinese(str(int(amount)))}元", f"{int(amount)}块"]
    elif found["unit"] in ("天", "个工作日", "个月", "年", "次", "小时", "分钟"):
        said = _chinese(found["plain"])
        ways += [f"{'两' if said == '二' else said}{found['unit']}"]
    return chance.choice(ways)
