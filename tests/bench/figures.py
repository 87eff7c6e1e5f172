"""Does the check of an answer catch a wrong figure, and does it leave a true one alone? (issue 3)

True answer sentences are built from the sample bank itself: every cell of its tables, every line of its product sheets
and the sentences of its rules and notices, in many word orders and spellings. Each is then falsified: a digit, a unit,
a decimal point, a bound, a range, the row beneath, the column beside, another product, before for after, a day, a
negation. A falsehood that happens to be true again is left out by looking at the source's own cells.

What was held out: `HELD_OUT_DOCUMENTS` (loans, procedures, policies, scripts) and `HELD_OUT_FORMS` were not read, and
their failures were not printed, while the checker was tuned: only their counts. `python -m tests.bench.figures --show`
prints the failures of the development part.
"""

import argparse
import json
import random
import re
import statistics
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from seatmate.ask.compose import Composed, compose
from seatmate.ask.ground import Grounder
from seatmate.ask.rewrite import StandaloneQuery, products_named
from seatmate.domain.answers import Sentence
from seatmate.domain.knowledge import BANK_ZONE, Passage, Product
from seatmate.domain.words import coverage, informative
from seatmate.ingest.drop import read_drop
from seatmate.ingest.products import products_of
from seatmate.ingest.split import split
from seatmate.prompts import Prompts
from seatmate.settings import HOME

DROPS = (("2026-W47", "2026-11-18"), ("2026-W46", "2026-11-11"), ("2026-W45", "2026-11-04"))
HELD_OUT_DOCUMENTS = re.compile(
    r"^(?:loan-mortgage|loan-business|proc-large|proc-reset|proc-unfreeze|proc-risk|policy|script|forbidden|notice-system)"
)
LINES = 8
"""As in the shipped settings (ask.source_lines)."""

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

_NUMBER = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
VALUE = re.compile(
    rf"(?P<date>\d{{4}}年\d{{1,2}}月\d{{1,2}}日)|(?P<phone>959\d{{3}})|(?P<time>\d{{1,2}}:\d{{2}})"
    rf"|(?P<t>T\+\d)|(?P<level>(?<![A-Z0-9])[RC][1-5](?![0-9]))"
    rf"|(?P<range>(?:{_NUMBER})%?[–](?:{_NUMBER})(?:%|万元|元)?)"
    rf"|(?P<plain>(?<![\dA-Z.,:+-])(?!\d{{4}}年)(?:{_NUMBER}))(?P<unit>%|‰|亿元|万元|元|个工作日|个月|个自然日|天|日|年|小时|分钟|周岁|次|期|笔)"
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


@dataclass
class Tally:
    n: int = 0
    hits: int = 0


def run(work: Path, seed: int, quick: bool) -> dict[str, object]:
    """Figures by part (development, held-out forms, held-out documents) and kind. `work` is not needed."""
    return measure(seed, 120 if quick else 4_000, 300 if quick else 8_000, None)[0]


def measure(
    seed: int, most_true: int, most_false: int, show: Callable[[Case, str], None] | None
) -> tuple[dict[str, object], list[Case]]:
    chance = random.Random(seed)
    worlds = load()
    true = [case for world in worlds for case in true_cases(world, chance)]
    chance.shuffle(true)
    different = {(f.text, f.question, f.cite): f for case in true for f in falsehoods(case, chance)}
    false = _evenly(list(different.values()), most_false, chance)
    true = true[:most_true]
    checker = Checker()
    alarms: dict[tuple[str, str], Tally] = defaultdict(Tally)
    caught: dict[tuple[str, str], Tally] = defaultdict(Tally)
    for case in (*true, *false):
        verdict = checker.verdict(case)
        if verdict is None:
            continue
        tally = (caught if case.falsehood else alarms)[case.part, case.falsehood or "true"]
        tally.n += 1
        tally.hits += verdict != ""
        if show is not None and bool(verdict) != bool(case.falsehood) and case.part == "development":
            show(case, verdict)
    return (
        {
            "seed": seed,
            "different_true_sentences": len({c.text for c in true}),
            "true": {part: _rates(alarms, part, "false_alarms") for part in _parts(alarms)},
            "falsehoods": {part: _rates(caught, part, "caught") for part in _parts(caught)},
            "by_kind": {
                kind: _sum([t for (_, k), t in caught.items() if k == kind], "caught")
                for kind in sorted({k for _, k in caught})
            },
            "missed": {
                part: {
                    k: f"{t.n - t.hits} of {t.n}" for (p, k), t in sorted(caught.items()) if p == part and t.hits < t.n
                }
                for part in _parts(caught)
            },
            "not_retrieved": checker.lost,
            "check_ms": {
                "p50": round(statistics.median(checker.times), 2),
                "p95": round(statistics.quantiles(checker.times, n=20)[18], 2),
                "max": round(max(checker.times), 2),
            },
        },
        true,
    )


class Checker:
    """The question's lines as the platform would compose them, and the platform's own check of the sentence."""

    def __init__(self) -> None:
        self._prompts = Prompts.load(HOME / "prompts")
        self._composed: dict[tuple[str, str, str], Composed] = {}
        self.times: list[float] = []
        self.lost = 0

    def verdict(self, case: Case) -> str | None:
        """The flaw, "" when the sentence is let through, None when the passage was not among the lines."""
        composed = self._lines(case)
        cited = case.cite or case.fact
        number = next((n.number for n in composed.lines if _holds(n.passage, n.text, cited)), None)
        if number is None:
            self.lost += 1
            return None
        query = StandaloneQuery(case.question, products_named(case.question, case.world.products))
        began = time.perf_counter()
        checked = Grounder(query, composed, case.world.products).check(f"{case.text}[{number}]")
        self.times.append((time.perf_counter() - began) * 1000)
        return "" if isinstance(checked, Sentence) else getattr(checked, "flaw", "ABSTAINED")

    def _lines(self, case: Case) -> Composed:
        place = (case.world.name, case.question, case.fact.passage.passage_id)
        if place not in self._composed:
            wanted = informative(case.question)
            ranked = sorted(
                case.world.passages,
                key=lambda p: -coverage(wanted, f"{p.context} {p.text}") - (p is case.fact.passage),
            )
            self._composed[place] = compose(
                self._prompts, case.question, case.world.as_of, ranked[:8], case.world.products, LINES, 100
            )
        return self._composed[place]


def _holds(passage: Passage, text: str, fact: Fact) -> bool:
    """Is this the line that the fact stands in?"""
    words = fact.value if fact.attribute else fact.key[:-1]
    return passage.passage_id == fact.passage.passage_id and words in text


# ── the sample bank ────────────────────────────────────────────────────────────────────────────────────────────────


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
        and ((not VALUE.fullmatch(v) and not re.fullmatch(_NUMBER, v)) or re.search("期限|存期|等级|期数", h))
    ]  # fmt: skip
    values = [h for h, v in cells if VALUE.fullmatch(v) or re.fullmatch(_NUMBER, v)]
    label_cell = next((_NUMBERED.sub("", v) for h, v in cells[:2] if _LABELS.match(h) and v), "")
    if named and len(named) == 1:
        subject, above, keys = named[0].name, [], [k for k in keys if not products_named(k, world.products)]
        keys = [] if any("产品" in h for h, _ in cells[:2]) else keys
    if len(passage.product_codes) == 1:
        above = []
    table = (passage.doc_id, passage.version, *passage.headings, *passage.columns)
    for header, value in cells:
        bare_money = "（元" in header and re.fullmatch(_NUMBER, value)
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
            text = form.format(
                k=_thing(first), a=first.attribute, b=second.attribute, v=_shown(first), w=_shown(second)
            )
            name = "held-out documents" if held else part
            yield Case(world, first, f"{_thing(first)}的{first.attribute}和{second.attribute}是多少", text, name)


def _thing(fact: Fact) -> str:
    return f"{fact.subject}{fact.key}"


def _shown(fact: Fact) -> str:
    """A bare cell under 金额（元） is told with its unit."""
    header = next((h for h in fact.passage.columns if fact.attribute in h and "（元" in h), "")
    return f"{fact.value}元" if header and re.fullmatch(_NUMBER, fact.value) else fact.value


def _spoken(world: World, fact: Fact, form: str, part: str, chance: random.Random) -> Case:
    value = respelt(_shown(fact), chance)
    text = form.format(k=_thing(fact), a=fact.attribute, v=value)
    return Case(world, fact, f"{_thing(fact)}的{fact.attribute}是多少？", text, part)


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


# ── falsehoods ─────────────────────────────────────────────────────────────────────────────────────────────────────


def falsehoods(case: Case, chance: random.Random) -> Iterator[Case]:
    """The sentence made false, in every way that it offers."""
    for found in VALUE.finditer(case.text):
        for kind, wrong in _misspelt(found, chance):
            if not _true_again(case, wrong):
                text = case.text[: found.start()] + wrong + case.text[found.end() :]
                yield replace(case, text=text, falsehood=kind)
    yield from _flipped(case)
    yield from _neighbours(case, chance)
    yield from _before_for_after(case)


def _misspelt(found: re.Match[str], chance: random.Random) -> Iterator[tuple[str, str]]:
    raw, unit = found[0], found["unit"]
    if found["date"]:
        year, month, day = map(int, re.findall(r"\d+", raw))
        other = date(year, month, day) + timedelta(days=chance.choice((-1, 1)))
        yield "date", f"{other.year}年{other.month}月{other.day}日"
    elif found["time"]:
        hour, minute = raw.split(":")
        yield "time", f"{(int(hour) + 1) % 24}:{minute}"
    elif found["t"]:
        yield "t_plus_n", f"T+{int(raw[-1]) + 1}"
        yield "t_plus_n", f"T+{int(raw[-1]) - 1 if raw[-1] > '0' else 5}"
    elif found["level"]:
        yield "level", raw[0] + str(int(raw[1]) + (1 if raw[1] < "5" else -1))
    elif found["phone"]:
        yield "phone", raw[:3] + str((int(raw[3]) + 1) % 10) + raw[4:]
        yield "phone", raw[:-1] + str((int(raw[-1]) + 1) % 10)
    elif found["range"]:
        low, high = raw.split("–")
        unit = re.sub(r"[\d.,]", "", high)
        number = high.removesuffix(unit)
        if low.rstrip("%") != number:
            yield "range_swapped", f"{number}{unit if low.endswith('%') else ''}–{low.rstrip('%')}{unit}"
        yield "digit", f"{low}–{_other_digit(number, chance)}{unit}"
        yield "digit", f"{_other_digit(low, chance)}–{high}"
    else:
        number = found["plain"]
        if Decimal(number.replace(",", "")) != 0:
            yield "digit", _other_digit(number, chance) + unit
            if unit in ("%", "元", "万元"):
                shifted = Decimal(number.replace(",", "")) * chance.choice((Decimal(10), Decimal("0.1")))
                yield "decimal", f"{shifted.normalize():f}{unit}"
        for other in _OTHER_UNITS.get(unit, ()):
            if Decimal(number.replace(",", "")) != 0:
                yield ("large_unit_dropped" if unit in ("万元", "亿元") else "unit"), number + other
        if unit == "元" and re.search(r"\d万?元?$", raw) and number.replace(",", "").endswith("0000"):
            yield "large_unit_dropped", number.replace(",", "")[:-4] + "元"
        if unit == "天":
            yield "day_kind", number + "个工作日"
        if unit == "个工作日":
            yield "day_kind", number + "天"


_OTHER_UNITS = {
    "%": ("‰", "元"),
    "元": ("美元", "万元"),
    "万元": ("元", "亿元"),
    "亿元": ("万元",),
    "天": ("个月", "年"),
    "个月": ("天", "年"),
    "年": ("个月",),
    "小时": ("分钟", "天"),
    "分钟": ("小时",),
    "次": ("张",),
}


def _other_digit(number: str, chance: random.Random) -> str:
    places = [i for i, c in enumerate(number) if c.isdigit()]
    at = chance.choice(places)
    digits = [d for d in "123456789" if d != number[at]]
    return number[:at] + chance.choice(digits) + number[at + 1 :]


_BOUNDS = (
    ("及以上", "及以下"), ("以上", "以下"), ("以内", "以上"), ("不超过", "不低于"), ("不低于", "不超过"), ("最高", "最低"),
    ("最低", "最高"), ("至少", "至多"), ("最多", "最少"), ("不足", "超过"), ("未满", "超过"), ("不少于", "不超过"),
)  # fmt: skip
_SAYS_YES_OR_NO = (
    ("不保本", "保本"), ("不能赎回", "可以赎回"), ("不可赎回", "可以赎回"), ("均可赎回", "均不可赎回"), ("都可以赎回", "都不可以赎回"),
    ("不能转让", "可以转让"), ("不可转让", "可以转让"), ("不支持", "支持"), ("不收取", "收取"), ("不收费", "要收费"), ("可以全部提前支取", "不可以全部提前支取"),
    ("不得", "可以"), ("不可以", "可以"), ("免收", "收取"), ("不接受", "接受"), ("无须", "必须"), ("不能", "可以"), ("不可", "可以"),
)  # fmt: skip


def _flipped(case: Case) -> Iterator[Case]:
    for said, opposite in _BOUNDS:
        for found in re.finditer(said, case.text):
            # A bound with a figure: the same words also stand where no figure is.
            before, after = case.text[max(0, found.start() - 14) : found.start()], case.text[found.end() :][:14]
            beside = (
                re.search(rf"(?:{VALUE.pattern})(?:（含）)?$", before),
                re.match(rf"[^，。；\d]{{0,6}}?(?:{VALUE.pattern.replace('?P<', '?P<_')})", after),
            )
            if any(beside) and case.text[found.start() - 1 : found.start()] not in ("不", "及"):
                text = case.text[: found.start()] + opposite + case.text[found.end() :]
                yield replace(case, text=text, falsehood="bound")
                break
    for said, opposite in _SAYS_YES_OR_NO:
        if case.text.count(said) == 1 and f"{opposite}" not in case.text:
            yield replace(case, text=case.text.replace(said, opposite), falsehood="negation")
            break


def _neighbours(case: Case, chance: random.Random) -> Iterator[Case]:
    fact = case.fact
    if not fact.attribute or case.text.count(_shown(fact)) != 1:
        return
    facts = case.world.facts
    own = _shown(fact)
    if fact.table:
        rows = [f for f in facts if f.table == fact.table and f.row != fact.row and f.attribute == fact.attribute]
        rows = [f for f in rows if _thing(f) != _thing(fact)]
        columns = [f for f in facts if f.table == fact.table and f.row == fact.row and f.attribute != fact.attribute]
        yield from _swapped(case, own, rows, "neighbour_row", chance)
        yield from _swapped(case, own, columns, "neighbour_column", chance)
    sheet = [f for f in facts if f.passage.doc_id == fact.passage.doc_id and f.attribute and f.key == fact.key]
    others = [f for f in sheet if f.attribute != fact.attribute and not f.table == fact.table != ()]
    yield from _swapped(case, own, others, "neighbour_attribute", chance)
    products = [
        f for f in facts if f.subject != fact.subject and (f.attribute, f.key) == (fact.attribute, fact.key)
        and len(f.passage.product_codes) == len(fact.passage.product_codes) == 1
    ]  # fmt: skip
    yield from _swapped(case, own, products, "neighbour_product", chance)
    if products and (other := chance.choice(products)).subject and _worth(_shown(other)) != _worth(own):
        yield replace(case, text=case.text.replace(fact.subject, other.subject), falsehood="product_name")


def _swapped(case: Case, own: str, others: Sequence[Fact], kind: str, chance: random.Random) -> Iterator[Case]:
    different = [
        f for f in others if f.kind == case.fact.kind and _worth(_shown(f)) != _worth(own)
        and not _true_again(case, _shown(f))
    ]  # fmt: skip
    for other in chance.sample(different, min(2, len(different))):
        text = case.text.replace(own, _shown(other))
        yield replace(case, text=text, falsehood=kind)
        # The model may also cite the very line that it took the wrong value from.
        yield replace(case, text=text, falsehood=f"{kind}_cited", cite=other)
    if case.fact.kind == "range" and different:
        low, high = own.split("–")[0], _shown(different[0]).split("–")[1]
        if high != own.split("–")[1] and not _true_again(case, f"{low}–{high}"):
            yield replace(case, text=case.text.replace(own, f"{low}–{high}"), falsehood="range_of_two")


def _before_for_after(case: Case) -> Iterator[Case]:
    found = re.search(r"由([\d.,]+(?:%|元))(?:调整|下调|上调)为([\d.,]+(?:%|元))", case.text)
    if found:
        text = case.text[: found.start(1)] + found[2] + case.text[found.end(1) : found.start(2)] + found[1]
        yield replace(case, text=text + case.text[found.end(2) :], falsehood="before_for_after")
        yield replace(
            case,
            text=f"{case.text[: found.start()]}为{found[1]}{case.text[found.end() :]}",
            falsehood="before_for_after",
        )
    if "调整前" in "".join(case.fact.passage.columns) and case.fact.attribute in ("调整前", "调整后"):
        other = "调整后" if case.fact.attribute == "调整前" else "调整前"
        yield replace(case, text=case.text.replace(case.fact.attribute, other), falsehood="before_for_after")


def _worth(value: str) -> tuple[str, ...]:
    """A value to compare by: numbers without separators and trailing noughts, and the unit."""
    numbers = [f"{Decimal(n.replace(',', '')).normalize():f}" for n in re.findall(_NUMBER, value)]
    if value.endswith("万元") and len(numbers) == 1:
        return (f"{(Decimal(numbers[0]) * 10_000).normalize():f}", "元")
    return (*numbers, re.sub(r"[\d.,–]", "", value)[-2:])


def _true_again(case: Case, value: str) -> bool:
    """Does the source say this value too, of the same thing? By its own cells and sentences, not by the checker."""
    fact = case.fact
    worth = _worth(value)
    if not fact.attribute:
        return any(_worth(m[0]) == worth for m in VALUE.finditer(fact.passage.text))
    same = [f for f in case.world.facts if (f.subject, f.key) == (fact.subject, fact.key)]
    return any(f.attribute == fact.attribute and _worth(_shown(f)) == worth for f in same) or any(
        _worth(m[0]) == worth and fact.attribute in sentence
        for p in case.world.passages
        if p.product_codes == fact.passage.product_codes and not p.columns and p.doc_id == fact.passage.doc_id
        for sentence in re.split(r"[。；\n]", p.text)
        for m in VALUE.finditer(sentence)
    )


# ── counting ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _evenly(cases: Sequence[Case], most: int, chance: random.Random) -> list[Case]:
    """At most `most`, the rare kinds whole."""
    by_kind: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        by_kind[case.falsehood].append(case)
    share = max(1, most // max(1, len(by_kind)))
    picked = [c for kind in by_kind.values() for c in chance.sample(kind, min(len(kind), share))]
    taken = set(map(id, picked))
    rest = [c for kind in by_kind.values() for c in kind if id(c) not in taken] if len(picked) < most else []
    return picked + chance.sample(rest, max(0, min(len(rest), most - len(picked))))


def _parts(tallies: dict[tuple[str, str], Tally]) -> list[str]:
    return sorted({part for part, _ in tallies})


def _rates(tallies: dict[tuple[str, str], Tally], part: str, word: str) -> dict[str, object]:
    return _sum([t for (p, _), t in tallies.items() if p == part], word)


def _sum(tallies: Sequence[Tally], word: str) -> dict[str, object]:
    n, hits = sum(t.n for t in tallies), sum(t.hits for t in tallies)
    return {"n": n, word: hits, "rate": round(hits / n, 4) if n else None}


def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=20261109)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--show", action="store_true", help="print the failures of the development part")
    given = parser.parse_args()
    if given.show:
        shown: Counter[str] = Counter()

        def show(case: Case, verdict: str) -> None:
            shown[case.falsehood] += 1
            if shown[case.falsehood] <= 25:
                print(
                    f"{case.falsehood or 'TRUE'} {verdict}｜{case.text}｜{case.question}｜{case.fact.passage.text[:120]}"
                )

        figures, _ = measure(given.seed, 4_000, 8_000, show)
    else:
        with tempfile.TemporaryDirectory() as folder:
            figures = run(Path(folder), given.seed, given.quick)
    print(json.dumps(figures, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    _main()
