"""A true sentence made false, in every way that it offers, for tests/bench/figures.

What is true again by chance is left out by looking at the source's own cells and sentences, never at the checker.
"""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

from tests.bench.figure_cases import NUMBER, VALUE, Case, Fact, shown, thing


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
        day_off = date(year, month, day) + timedelta(days=chance.choice((-1, 1)))
        yield "date", f"{day_off.year}年{day_off.month}月{day_off.day}日"
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


_BOUNDS = {
    "及以上": "及以下",
    "以上": "以下",
    "以内": "以上",
    "不超过": "不低于",
    "不低于": "不超过",
    "最高": "最低",
    "最低": "最高",
    "至少": "至多",
    "最多": "最少",
    "不足": "超过",
    "未满": "超过",
    "不少于": "不超过",
}
_SAYS_YES_OR_NO = {
    "不保本": "保本",
    "不能赎回": "可以赎回",
    "不可赎回": "可以赎回",
    "均可赎回": "均不可赎回",
    "不能转让": "可以转让",
    "都可以赎回": "都不可以赎回",
    "不可转让": "可以转让",
    "不支持": "支持",
    "不收取": "收取",
    "不收费": "要收费",
    "可以全部提前支取": "不可以全部提前支取",
    "免收": "收取",
    "不接受": "接受",
    "无须": "必须",
    "不可": "可以",
    "不能": "可以",
    "不得": "可以",
    "不可以": "可以",
}
_BESIDE = re.compile(rf"[^，。；\d]{{0,6}}?(?:{VALUE.pattern.replace('?P<', '?P<_')})")
_BEFORE = re.compile(rf"(?:{VALUE.pattern})(?:（含）)?$")


def _flipped(case: Case) -> Iterator[Case]:
    for said, opposite in _BOUNDS.items():
        for found in re.finditer(said, case.text):
            # A bound with a figure: the same words also stand where no figure is.
            before, after = case.text[max(0, found.start() - 14) : found.start()], case.text[found.end() :][:14]
            beside = (_BEFORE.search(before), _BESIDE.match(after))
            if any(beside) and case.text[found.start() - 1 : found.start()] not in ("不", "及"):
                text = case.text[: found.start()] + opposite + case.text[found.end() :]
                yield replace(case, text=text, falsehood="bound")
                break
    for said, opposite in _SAYS_YES_OR_NO.items():
        if case.text.count(said) == 1 and opposite not in case.text:
            yield replace(case, text=case.text.replace(said, opposite), falsehood="negation")


def _neighbours(case: Case, chance: random.Random) -> Iterator[Case]:
    fact = case.fact
    if not fact.attribute or case.text.count(shown(fact)) != 1:
        return
    facts = case.world.facts
    own = shown(fact)
    if fact.table:
        rows = [f for f in facts if f.table == fact.table and f.row != fact.row and f.attribute == fact.attribute]
        rows = [f for f in rows if thing(f) != thing(fact)]
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
    if products and (other := chance.choice(products)).subject and _worth(shown(other)) != _worth(own):
        yield replace(case, text=case.text.replace(fact.subject, other.subject), falsehood="product_name")


def _swapped(case: Case, own: str, others: Sequence[Fact], kind: str, chance: random.Random) -> Iterator[Case]:
    different = [
        f for f in others if f.kind == case.fact.kind and _worth(shown(f)) != _worth(own)
        and not _true_again(case, shown(f))
    ]  # fmt: skip
    for other in chance.sample(different, min(2, len(different))):
        text = case.text.replace(own, shown(other))
        yield replace(case, text=text, falsehood=kind)
        # The model may also cite the very line that it took the wrong value from.
        yield replace(case, text=text, falsehood=f"{kind}_cited", cite=other)
    if case.fact.kind == "range" and different:
        low, high = own.split("–")[0], shown(different[0]).split("–")[1]
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
    numbers = [f"{Decimal(n.replace(',', '')).normalize():f}" for n in re.findall(NUMBER, value)]
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
    return any(f.attribute == fact.attribute and _worth(shown(f)) == worth for f in same) or any(
        _worth(m[0]) == worth and fact.attribute in sentence
        for p in case.world.passages
        if p.product_codes == fact.passage.product_codes and not p.columns and p.doc_id == fact.passage.doc_id
        for sentence in re.split(r"[。；\n]", p.text)
        for m in VALUE.finditer(sentence)
    )
