"""The value of a fact, spelt one way: `200000 CNY`, `~500000 CNY`, `70000..80000 CNY`, `3.1%`, `12m`, `2027-03`.

Customers round, leave out units and speak in ranges: 五十来万, 七八万, 一百二十来个, 三千八, 两个点. `~` says that
it was not meant exactly. Texts are folded. What kind of figure a field wants is the caller's to know.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from seatmate.aftercall.when import find_when
from seatmate.domain.knowledge import BANK_ZONE
from seatmate.domain.numerals import parse_chinese, plain

Kind = str
"""amt, pct, term or date, as KycField.values names them."""


@dataclass(frozen=True)
class Value:
    """`spelt` is empty when the words hold no figure of the kinds asked for; `date` is when it is to happen."""

    spelt: str
    date: str | None


def value_of(kinds: Sequence[Kind], words: str, said_at: datetime) -> Value:
    """The first figure of the first kind that the words hold. `said_at` is what 明年三月 counts from."""
    when = find_when(words, said_at.astimezone(BANK_ZONE).date())
    date = when.spelt if when is not None else ""
    spelt = (date if kind == "date" else next(_READERS[kind](words), "") for kind in kinds)
    return Value(next(filter(None, spelt), ""), date or None)


# ── numbers ────────────────────────────────────────────────────────────────────────────────────────────────────────

_ONES = "一二两三四五六七八九"
_ORDER = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"两": 2}
_SCALES = {"": 1, "十": 10, "百": 100, "千": 1_000, "万": 10_000, "亿": 100_000_000, "W": 10_000, "K": 1_000}
_SCALES |= {"百万": 1_000_000, "千万": 10_000_000, "个": 10_000}
_DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?|\d{1,12}(?:\.\d{1,4})?"
_CHINESE = rf"[{_ONES}十百千万亿零〇]{{1,16}}"
_NUMBER = rf"(?:{_DIGITS}|{_CHINESE})"
_ABOUT = r"(?P<about>大约|大概|约莫|约|差不多|将近|接近|快|估摸着?|估计|也就|才|不到|上下|总共也就)?(?:是|有|个)?"
_ROUND = r"多|来|几|把|出头"
_AFTER = r"(?:左右|上下|出头|的样子|样子|不到|多|来|吧|附近)"
_UNIT = r"块钱?|元|人民币|圆"
_FOREIGN = {
    "美元": "USD",
    "美金": "USD",
    "刀": "USD",
    "港币": "HKD",
    "港元": "HKD",
    "欧元": "EUR",
    "英镑": "GBP",
    "日元": "JPY",
}
_FOREIGN |= {"台币": "TWD", "澳元": "AUD", "加元": "CAD"}
_COUNTED = "年月天日号岁点期次遍趟%个人口斤公米里楼层套栋间辆台张份笔家只条位门户成分度班路届级页杯瓶"
_NOT_MONEY = rf"(?!\s*(?:[{_COUNTED}]|星期|礼拜|小时|分钟|平))"


def _number(text: str) -> Decimal | None:
    bare = text.replace(",", "")
    if re.fullmatch(r"\d+(?:\.\d+)?", bare):
        return Decimal(bare)
    return parse_chinese(bare)


_RANGE_OF_DIGITS = re.compile(
    rf"(?P<tens>[{_ONES}]?十)?(?P<a>[{_ONES}])(?P<b>[{_ONES}])(?P<mid>[十百千]?)(?P<scale>百万|千万|[万亿W]|)"
    rf"(?:多|来)?(?P<unit>{_UNIT}|)"
)
_RANGE_OF_NUMBERS = re.compile(
    rf"(?P<a>{_NUMBER})(?P<s1>[万千百亿]?)(?:块|元)?(?:到|至|-|~|、)(?P<b>{_NUMBER})(?P<s2>百万|千万|[万千百亿W]?)(?P<unit>{_UNIT}|)"
)
_AMOUNT = re.compile(
    rf"(?<![\d.一二三四五六七八九第]){_ABOUT}(?P<n>{_NUMBER})(?P<round>{_ROUND})?(?P<scale>百万|千万|[万千百亿WK])?(?P<tail>[{_ONES}\d])?"
    rf"(?P<round2>{_ROUND})?(?P<unit>{_UNIT}|{'|'.join(_FOREIGN)}|)(?P<after>{_AFTER})?{_NOT_MONEY}"
)
_PIECES = re.compile(
    rf"(?P<n>\d{{2,3}}|[{_ONES}]?十[{_ONES}]?|[{_ONES}]百(?:[{_ONES}]十)?)(?P<round>多|来)?个(?=$|[,，。\s吧左上嘛呢])"
)
"""五十个, 一百来个: what people with money call 万."""
_SOME = re.compile(r"(?P<few>几)(?P<scale>十万|百万|千万|十|百|千|万)(?P<unit>块钱?|元|)")
_CLEAR = 1_000
"""三千八 is money without a word for it; 一百五 may be 150 or 1,500,000, and no value is better than a wrong one."""
_ODD = re.compile(r"(?P<scale>万|千|百)把(?P<unit>块钱?|元|个|)|(?P<scale2>百|千)来(?P<big>万)")


def _ranges(words: str) -> Iterator[tuple[int, str]]:
    for m in _RANGE_OF_DIGITS.finditer(words):
        a, b = _ORDER[m["a"]], _ORDER[m["b"]]
        if not (b == a + 1 or (a, b) == (3, 5)) or not (m["mid"] or m["scale"] or m["unit"]):
            continue
        tens = _number(m["tens"]) if m["tens"] else Decimal(0)
        if tens is None or (m["tens"] and m["mid"]):
            continue
        scale = _SCALES[m["mid"]] * _SCALES[m["scale"]]
        yield m.start(), f"{plain((tens + a) * scale)}..{plain((tens + b) * scale)} CNY"
    for m in _RANGE_OF_NUMBERS.finditer(words):
        low, high = _number(m["a"]), _number(m["b"])
        scale = _SCALES[m["s2"]]
        if low is None or high is None or not (m["s2"] or m["unit"]):
            continue
        low, high = low * (_SCALES[m["s1"]] if m["s1"] else scale), high * scale
        if low < high:
            yield m.start(), f"{plain(low)}..{plain(high)} CNY"


def _amounts(words: str) -> Iterator[str]:
    """Money, left to right; of readings that begin together the range wins."""
    found = [*_ranges(words), *_some(words), *_single(words)]
    yield from (spelt for _, spelt in sorted(found, key=lambda one: one[0]))


def _some(words: str) -> Iterator[tuple[int, str]]:
    for m in _SOME.finditer(words):
        if m["scale"] == "十" and not m["unit"]:
            continue
        scale = _SCALES.get(m["scale"]) or {"十万": 100_000}[m["scale"]]
        yield m.start(), f"{plain(Decimal(scale) * 2)}..{plain(Decimal(scale) * 9)} CNY"
    for m in _ODD.finditer(words):
        scale = _SCALES[m["scale"]] if m["scale"] else _SCALES[m["scale2"]] * _SCALES[m["big"]]
        yield m.start(), f"~{plain(Decimal(scale))} CNY"
    for m in _PIECES.finditer(words):
        value = _number(m["n"])
        if value is not None and value >= 10:
            yield m.start(), f"~{plain(value * 10_000)} CNY"


def _single(words: str) -> Iterator[tuple[int, str]]:
    for m in _AMOUNT.finditer(words):
        value = _number(m["n"])
        spelt_out = any(c in "百千万亿" for c in m["n"])
        if value is None or not (m["scale"] or m["unit"] or (spelt_out and value >= _CLEAR)):
            continue
        if _is_count(words, m):
            continue
        value *= _SCALES[m["scale"] or ""]
        if m["tail"] and m["scale"]:  # 12万5
            value += Decimal(_ORDER.get(m["tail"]) or int(m["tail"])) * _SCALES[m["scale"]] / 10
        rough = m["about"] or m["round"] or m["round2"] or (m["after"] and m["after"] not in ("吧",))
        currency = _FOREIGN.get(m["unit"], "CNY")
        yield m.start("n"), f"{'~' if rough else ''}{plain(value)} {currency}"


def _is_count(words: str, m: re.Match[str]) -> bool:
    """百分之三, 一千零一夜: numbers that are no money."""
    return words[max(0, m.start("n") - 3) : m.start("n")].endswith(("百分之", "千分之", "万分之"))


# ── rates and terms ────────────────────────────────────────────────────────────────────────────────────────────────

_N = rf"(?:\d{{1,2}}(?:\.\d{{1,3}})?|[{_ONES}十]{{1,3}}(?:点[零一二三四五六七八九]{{1,3}})?)"
_RATES = (
    re.compile(rf"(?P<n>{_N})(?:多|来)?(?P<half>)%"),
    re.compile(rf"百分之(?P<n>{_N})(?P<half>)"),
    re.compile(rf"(?P<n>{_N})个(?:百分)?(?:多)?点(?P<half>半)?"),
    re.compile(rf"(?P<n>{_N})(?:趴|pa)(?P<half>)", re.IGNORECASE),
    re.compile(
        r"(?<![\d.])(?P<n>\d\.\d{1,3}|[一二三四五六七八九]点[零一二三四五六七八九]{1,3})(?P<half>)(?![\d万千百亿年月天个倍半块元])"
    ),
)
_RATE_RANGE = re.compile(
    rf"百分之(?P<a>[{_ONES}])(?P<b>[{_ONES}])(?![十百])|(?P<c>[{_ONES}])(?P<d>[{_ONES}])成(?!交|功|为)"
)
_TENTH = re.compile(rf"(?P<n>[{_ONES}])成(?!交|功|为|了|立|本|长|熟)")
_TERM = re.compile(
    rf"(?P<n>\d{{1,3}}|[{_ONES}十百]{{1,5}}|半)(?P<round>多|来)?(?:个)?(?P<half>半)?(?P<unit>年|月|季度|星期|礼拜|周|天|日)(?P<after>半)?(?!级|纪|龄|轻|货|历|份|[一二三四五六七八九十\d]|前|初|末|底)"
)
_TERM_RANGE = re.compile(
    rf"(?P<a>[{_ONES}]|\d{{1,2}})(?:到|至|-|~|、)?(?P<b>[{_ONES}]|\d{{1,2}})个?(?P<unit>年|月|天|周|星期)"
)
_MONTHS = {"年": Decimal(12), "月": Decimal(1), "季度": Decimal(3)}
_DAYS = {"星期": 7, "礼拜": 7, "周": 7, "天": 1, "日": 1}


def _rates(words: str) -> Iterator[str]:
    found: list[tuple[int, str]] = []
    for pattern in _RATES:
        for m in pattern.finditer(words):
            value = _number(m["n"])
            if value is not None and value <= 100:
                found.append((m.start(), f"{plain(value + (Decimal('0.5') if m['half'] else 0))}%"))
    found += [(m.start(), f"{_ORDER[m['n']] * 10}%") for m in _TENTH.finditer(words)]
    found += [(m.start() - 1, f"{low}%..{high}%") for m, low, high in _rate_ranges(words)]
    yield from (spelt for _, spelt in sorted(found))


def _rate_ranges(words: str) -> Iterator[tuple[re.Match[str], int, int]]:
    """百分之一二, 两三成."""
    for m in _RATE_RANGE.finditer(words):
        low, high = _ORDER[m["a"] or m["c"]], _ORDER[m["b"] or m["d"]]
        if high == low + 1:
            yield (m, low, high) if m["a"] else (m, low * 10, high * 10)


def _terms(words: str) -> Iterator[str]:
    found: list[tuple[int, int, str]] = []
    for m in _TERM_RANGE.finditer(words):
        low, high = _number(m["a"]), _number(m["b"])
        if low is not None and high is not None and low < high <= 30:
            found.append((m.start(), 0, f"{_term(low, m['unit'])}..{_term(high, m['unit'])}"))
    for m in _TERM.finditer(words):
        value = Decimal("0.5") if m["n"] == "半" else _number(m["n"])
        if value is not None and value <= 1_000:
            if (m["half"] or m["after"]) and m["n"] != "半":
                value += Decimal("0.5")
            found.append((m.start(), 1, ("~" if m["round"] else "") + _term(value, m["unit"])))
    yield from (spelt for _, _, spelt in sorted(found))


def _term(value: Decimal, unit: str) -> str:
    return f"{plain(value * _MONTHS[unit])}m" if unit in _MONTHS else f"{plain(value * _DAYS[unit])}d"


_READERS: dict[Kind, Callable[[str], Iterator[str]]] = {"amt": _amounts, "pct": _rates, "term": _terms}
