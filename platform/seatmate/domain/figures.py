"""Every figure in a text, with its place and one spelling for one value (DESIGN §3).

3.05% = 百分之三点零五 = 305bp → `pct:3.05`; 5万 = 50,000元 → `amt:50000`; 一年期 = 12个月 → `term:12m`; T+1 → `t:1`;
R2 → `level:R2`; 2026年11月9日 → `date:2026-11-09`; 100美元 → `amt:100USD`. Product codes are whole (`code:YCWY090A`),
never a run of digits. Offsets are code points of the text as given. What is said around a figure (不超过, 以上, the two
ends of a range) is domain/bounds. Knows nothing of products or documents.
"""

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from functools import lru_cache

from seatmate.domain.bounds import Bound, FoundFigure, RangeEnd, with_bounds
from seatmate.domain.numerals import CHINESE, ENGLISH, narrow, parse_chinese, parse_english, plain

__all__ = ["Bound", "FoundFigure", "RangeEnd", "find_figures", "is_supported"]

_SHORT = 2_000
"""Characters: the figures of longer texts are not kept for the next search."""
# Every count of characters has an end, so that no text makes the search quadratic; a longer run of digits is a number.
_A = r"(?<![\d.])(?<!\d,(?=\d{3}(?!\d)))(?:\d{1,3}(?:,\d{3}){1,6}|\d{1,24})(?:\.\d{1,12})?(?!\d)"
_C = rf"[{CHINESE}]{{1,24}}(?:点[零〇一二三四五六七八九]{{1,12}})?"
_E = rf"(?<![A-Za-z])(?:{ENGLISH})(?:[ -](?:and )?(?:{ENGLISH})){{0,8}}(?![A-Za-z])"
_N = rf"(?:{_A}|{_C})"
_SCALE = {
    "": 1,
    "百": 100,
    "千": 1_000,
    "万": 10_000,
    "十万": 100_000,
    "百万": 1_000_000,
    "千万": 10_000_000,
    "亿": 100_000_000,
    "百亿": 10_000_000_000,
    "千亿": 100_000_000_000,
    "万亿": 1_000_000_000_000,
    "hundred": 100,
    "thousand": 1_000,
    "k": 1_000,
    "million": 1_000_000,
    "billion": 1_000_000_000,
}
_S = "万亿|千亿|百亿|千万|百万|十万|亿|万|千|百"
_SE = r"hundred|thousand|million|billion"
_CURRENCY = {
    **dict.fromkeys(("元", "圆", "块", "块钱", "元整", "人民币", "元人民币", "rmb", "cny", "yuan", "￥", "¥"), ""),
    **dict.fromkeys(("美元", "美金", "usd", "us dollars", "us dollar", "dollars", "dollar", "us$", "$"), "USD"),
    **dict.fromkeys(("港元", "港币", "hkd", "hk$"), "HKD"),
    **dict.fromkeys(("欧元", "eur", "euros", "euro", "€"), "EUR"),
    **dict.fromkeys(("英镑", "gbp", "£"), "GBP"),
    **dict.fromkeys(("日元", "jpy"), "JPY"),
    "澳元": "AUD",
    "aud": "AUD",
    "加元": "CAD",
    "cad": "CAD",
    "新加坡元": "SGD",
    "sgd": "SGD",
}


def _any_of(words: Iterable[str]) -> str:
    """A pattern of words; a Latin word ends where its letters do."""
    ordered = sorted(words, key=len, reverse=True)
    return "|".join(re.escape(w) + ("(?![A-Za-z])" if w[-1].isascii() and w[-1].isalpha() else "") for w in ordered)


_UNIT = _any_of(w for w in _CURRENCY if w not in ("￥", "¥", "$", "us$", "hk$", "€", "£"))
_SIGN = r"US\$|HK\$|\$|￥|¥|€|£|(?<![A-Za-z])(?:RMB|CNY|USD|HKD|EUR|GBP|JPY|AUD)|人民币|美元|港币"


def _number(text: str) -> Decimal | None:
    bare = text.replace(",", "").strip()
    if re.fullmatch(r"\d+(?:\.\d+)?", bare):
        return Decimal(bare)
    return parse_english(text) if bare[:1].isascii() else parse_chinese(bare)


_PARTS = dict.fromkeys(("bp", "bps", "个基点", "基点", "万分之"), "0.01") | dict.fromkeys(("‰", "千分之"), "0.1")


def _percent(m: re.Match[str]) -> str | None:
    value = _number(m["n"])
    unit = (m.groupdict().get("u") or "%").lower()
    if value is None:
        return None
    scale = {
        "‰": "0.1",
        "千分之": "0.1",
        "万分之": "0.01",
        "bp": "0.01",
        "bps": "0.01",
        "个基点": "0.01",
        "基点": "0.01",
    }
    return f"pct:{plain(value * Decimal(scale.get(unit, '1')))}"


def _amount(m: re.Match[str]) -> str | None:
    value = _number(m["n"])
    if value is None:
        return None
    groups = m.groupdict()
    value *= _SCALE[(groups.get("s") or "").lower()]
    if groups.get("n2"):  # 1万5千元, 2万5, 1亿5000万
        rest = Decimal(groups["n2"]) * _SCALE[groups["s2"] or ""]
        if not groups["s2"] and len(groups["n2"]) == 1:
            rest = Decimal(groups["n2"]) * _SCALE[m["s"]] / 10
        value += rest
    unit = groups.get("u") or groups.get("sign") or ""
    return f"amt:{plain(value)}{_CURRENCY[unit.strip().lower()] if unit.strip() else ''}"


_TERMS = {
    **dict.fromkeys(("年", "年期", "周年", "年整", "years", "year", "-year"), ("m", 12)),
    **dict.fromkeys(("季度", "个季度"), ("m", 3)),
    **dict.fromkeys(("个月", "月期", "个月期", "months", "month", "-month"), ("m", 1)),
    **dict.fromkeys(("周", "个星期", "星期", "个礼拜", "weeks", "week"), ("d", 7)),
    **dict.fromkeys(("天", "日", "天期", "个自然日", "自然日", "days", "day", "-day", "calendar days"), ("d", 1)),
    **dict.fromkeys(("个工作日", "工作日", "个交易日", "交易日"), ("wd", 1)),
    **dict.fromkeys(("business days", "business day", "working days", "working day", "trading days"), ("wd", 1)),
    **dict.fromkeys(("小时", "个小时", "hours", "hour"), ("h", 1)),
    **dict.fromkeys(("分钟", "minutes", "minute"), ("min", 1)),
}


def _term(m: re.Match[str]) -> str | None:
    value = Decimal("0.5") if m["n"] == "半" else _number(m["n"])
    if value is None:
        return None
    unit, scale = _TERMS[re.sub(r"\s+", " ", m["u"].lower())]
    if m["u"] == "年" and value > 100:  # 2026年 is a year, not a term
        return f"date:{plain(value)}"
    if m.groupdict().get("half"):  # 两年半, 一个半月
        value += Decimal("0.5")
    return f"term:{plain(value * scale)}{unit}"


_MONTHS = {
    "jan": 1,
    "feb": 2,
    "mar": 3,
    "apr": 4,
    "may": 5,
    "jun": 6,
    "jul": 7,
    "aug": 8,
    "sep": 9,
    "oct": 10,
    "nov": 11,
    "dec": 12,
}


def _date(m: re.Match[str]) -> str | None:
    parts = m.groupdict()
    spelt = _MONTHS.get(parts["m"][:3].lower())
    month, day = Decimal(spelt) if spelt else _number(parts["m"]), _number(parts["d"])
    if month is None or day is None or not (1 <= month <= 12 and 1 <= day <= 31):
        return None
    year = _number(parts["y"]) if parts.get("y") else None
    return f"date:{'----' if year is None else int(year)}-{int(month):02}-{int(day):02}"


def _month(m: re.Match[str]) -> str | None:
    month = _number(m["m"])
    year = _number(m["y"]) if m.groupdict().get("y") else None
    if month is None or not 1 <= month <= 12:
        return None
    return f"date:{'----' if year is None else int(year)}-{int(month):02}"


def _clock(m: re.Match[str]) -> str | None:
    parts = m.groupdict()
    hour = _number(parts["h"])
    minute = Decimal(30) if parts.get("mi") == "半" else _number(parts.get("mi") or "0")
    if hour is None or minute is None or hour > 24 or minute > 59:
        return None
    if parts.get("half_day") in ("下午", "晚上", "傍晚", "晚") and hour < 12:
        hour += 12
    return f"time:{int(hour):02}:{int(minute):02}"


def _count(m: re.Match[str]) -> str | None:
    value = _number(m["n"])
    return None if value is None else f"num:{plain(value)}"


def _long(m: re.Match[str]) -> str:
    return f"num:{m[0].lstrip('0') or '0'}"


def _digits(m: re.Match[str]) -> str:
    return "phone:" + re.sub(r"\D", "", m[0])


_Y = r"(?P<y>\d{4}|[二〇零一三四五六七八九]{4})"
_M = r"(?P<m>\d{1,2}|[一二三四五六七八九十]{1,2})"
_D = r"(?P<d>\d{1,2}|[一二三四五六七八九十]{1,3})"
_EM = r"(?P<m>(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]{0,6})\.?"
_HALF_DAY = r"(?:(?P<half_day>上午|早上|凌晨|中午|下午|傍晚|晚上)[ ]?)?"
_TERM_UNIT = _any_of(_TERMS)
COUNTERS = (
    "次|笔|张|份|周岁|岁|倍|位|级|人|户|期|成|项|家|步|折|题|分|字|条|种|台|枚|档|套|名|部|道|卷|批|轮|页|款|只|类"
    "|个(?!月|工|交|自|季|星|小|礼|基|半|百)"
)
"""What a bare number may count."""
_ARTICLES = (
    "项|种|款|类|位|只|条|名|样|套|方|旦|般|律|切|直|致|定|些|下|并|经|起|共|同|个(?!月|工|交|自|季|星|小|礼|基|半|百)"
)
"""After 一 these count nothing: 一项, 一款."""
_NOT_AMOUNT = rf"(?![ ]?(?:{_S}|{_UNIT})|[\d.,%])"

_Rule = tuple[str, str, Callable[[re.Match[str]], str | None]]
_CODE = (
    r"(?<![A-Za-z0-9])(?!(?:RMB|CNY|USD|HKD|EUR|GBP|JPY|AUD)\d)"
    r"[A-Z]{2,12}[A-Z0-9]{0,24}\d[A-Z0-9]{0,24}(?![A-Za-z0-9]|,\d{3})"
)
_SERVICE = r"\+86[- ]?\d{2,3}(?:[- ]?\d{4}){2}(?!\d)|(?<!\d)[48]00(?:[- ]?\d{3}[- ]?\d{4}|\d-\d{3}-\d{3})(?!\d)"
_SUBSCRIBER = (
    r"(?<!\d)(?:\(0\d{2,3}\)[ ]?|0\d{2,3}[- ]?)\d{7,8}(?!\d)"
    r"|(?<!\d)1[3-9]\d(?:\d{8}|([- ])\d{4}\1\d{4})(?!\d)"
)
_HOUR = rf"{_HALF_DAY}(?<!\d)(?P<h>\d{{1,2}})[时点](?:(?P<mi>[0-5]\d|半)分?|整|钟)?(?=[^零〇一二三四五六七八九]|$)"
_SPOKEN_HOUR = (
    r"(?P<half_day>上午|早上|凌晨|中午|下午|傍晚|晚上)[ ]?(?P<h>[一二两三四五六七八九十]{1,3})点"
    r"(?:(?P<mi>半|[一二三四五]?十[一二三四五六七八九]?)分?)?"
)
_PART = r"%|‰|bps?(?![A-Za-z])|个?百分点|个?基点|percent(?![A-Za-z])|per\scent"
_SPOKEN_LARGE = (
    rf"(?P<n>[一二两三四五六七八九十百千壹贰叁肆伍陆柒捌玖拾佰仟]{{1,12}}[万亿][{CHINESE}]{{0,24}})(?P<s>)(?P<u>)"
)
_SPOKEN_DECIMAL = r"[零一二两三四五六七八九十百千]{1,12}点[零〇一二三四五六七八九]{1,12}"
# In the order in which they win their characters. A rule is tried only on a text that has one of the characters it
# needs: most texts have few.
_TABLE: tuple[_Rule, ...] = (
    ("latin", _CODE, lambda m: f"code:{m[0]}"),
    ("RCrc", r"(?<![A-Za-z0-9])[RCrc][1-5](?![0-9A-Za-z])", lambda m: f"level:{m[0].upper()}"),
    ("+", r"(?<![A-Za-z0-9])[TDtd][ ]?\+[ ]?(?P<n>\d{1,3})(?!\d)", lambda m: f"t:{int(m['n'])}"),
    ("月", rf"(?<!\d){_Y}[ ]?年[ ]?{_M}[ ]?月[ ]?{_D}[ ]?[日号]", _date),
    ("-/.", r"(?<![\d.])(?P<y>\d{4})([-/.])(?P<m>\d{1,2})\2(?P<d>\d{1,2})(?![\d.])", _date),
    ("月", rf"(?<![\d一二三四五六七八九十]){_M}月{_D}(?:[日号]|(?=[ ]?[-–—~至到][ ]?\d{{1,2}}[日号]))", _date),
    ("/", r"(?<![\d/.])(?P<m>1[0-2]|0?[1-9])/(?P<d>3[01]|[12]\d|0?[1-9])(?![\d/%])", _date),
    ("latin", rf"{_EM}\s(?P<d>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s(?P<y>\d{{4}}))?(?!\d)", _date),
    ("latin", rf"(?<!\d)(?P<d>\d{{1,2}})(?:st|nd|rd|th)?\s{_EM}(?:\s(?P<y>\d{{4}}))?(?!\d)", _date),
    ("月", rf"(?<!\d){_Y}年{_M}月(?!期)", _month),
    ("月", rf"(?<![\d一二三四五六七八九十]){_M}月(?=[末底初份])", _month),
    ("48", _SERVICE, _digits),
    ("01", _SUBSCRIBER, _digits),
    ("9", rf"(?<![\d.,-])95\d{{3,4}}(?!\d){_NOT_AMOUNT}", _digits),
    (":", rf"{_HALF_DAY}(?<!\d)(?P<h>\d{{1,2}}):(?P<mi>[0-5]\d)(?!\d)", _clock),
    ("时点", _HOUR, _clock),
    ("点", _SPOKEN_HOUR, _clock),
    ("%‰点bBPp", rf"(?P<n>{_A})[ ]{{0,3}}(?P<u>{_PART})", _percent),
    ("点", rf"(?P<n>{_C})(?P<u>个百分点|个?基点)", _percent),
    ("latin", rf"(?P<n>{_E})[ ]{{0,3}}(?:percent|per\scent|%)", _percent),
    ("分", rf"(?P<u>百分之|千分之|万分之)(?P<n>{_N})", _percent),
    (
        "亿万千",
        rf"(?P<n>{_A})[ ]?(?P<s>亿|万|千)(?P<n2>\d{{1,4}})(?P<s2>万|千|百|)[ ]{{0,3}}(?P<u>{_UNIT}|)(?!\d)",
        _amount,
    ),
    ("", rf"(?P<n>{_A})[ ]{{0,3}}(?P<s>{_S}|)[ ]{{0,3}}(?P<u>{_UNIT})", _amount),
    ("点", rf"(?P<n>{_SPOKEN_DECIMAL})(?P<s>{_S})(?P<u>{_UNIT}|)", _amount),
    ("", rf"(?P<n>{_C})(?P<s>)[ ]{{0,3}}(?P<u>{_UNIT})", _amount),
    ("latin", rf"(?P<n>{_A})[ ]{{0,3}}(?P<s>{_SE})[ ]{{0,3}}(?P<u>{_UNIT}|)", _amount),
    ("latin", rf"(?P<n>{_E})(?P<s>)[ ]{{0,3}}(?P<u>{_UNIT})", _amount),
    ("", rf"(?P<sign>{_SIGN})[ ]?(?P<n>{_A})(?:[ ]?(?P<s>{_S}|(?:{_SE})(?![A-Za-z])))?", _amount),
    ("亿万千百", rf"(?P<n>{_A})[ ]{{0,3}}(?P<s>{_S})(?!分之)", _amount),
    ("年", rf"(?P<n>{_N}|半)[ ]?(?P<u>年)(?P<half>半)?期?(?!月|度)", _term),
    ("", rf"(?P<n>{_N}|半)[ ]?-?(?P<u>{_TERM_UNIT})(?!岁)", _term),
    ("latin", rf"(?P<n>{_E})[ -](?P<u>{_TERM_UNIT})", _term),
    ("", rf"(?<![这那该每任某同另哪])(?!一(?:{_ARTICLES}))(?P<n>{_N})[ ]?(?:{COUNTERS})", _count),
    ("万亿", _SPOKEN_LARGE, _amount),
    ("", rf"(?:(?<![A-Za-z0-9.])|(?<=[A-Za-z])(?=\d{{1,3}},\d{{3}}))(?P<n>{_A})(?![A-Za-z0-9])", _count),
    ("", r"(?<!\d)\d{25,}(?!\d)", _long),
)
_RULES = tuple(
    (needs, re.compile(pattern, re.IGNORECASE if read in (_amount, _term, _percent) else 0), read)
    for needs, pattern, read in _TABLE
)
_NUMERALS = re.compile(rf"[0-9{CHINESE}半]|(?i:{ENGLISH})")
_LATIN = re.compile(r"[A-Za-z]")


def find_figures(text: str) -> list[FoundFigure]:
    """All figures, left to right, none overlapping: an earlier rule wins its characters."""
    return list(_found_again(text) if len(text) <= _SHORT else _found(text))


@lru_cache(maxsize=16_384)
def _found_again(text: str) -> tuple[FoundFigure, ...]:
    """Lines and passages are searched by one step after another."""
    return _found(text)


def _found(text: str) -> tuple[FoundFigure, ...]:
    searched = narrow(text)
    if not _NUMERALS.search(searched):
        return ()
    taken = bytearray(len(text))
    found: list[FoundFigure] = []
    latin = _LATIN.search(searched) is not None
    for needs, pattern, read in _RULES:
        if needs == "latin":
            if not latin:
                continue
        elif needs and not any(c in searched for c in needs):
            continue
        for m in pattern.finditer(searched):
            start, end = m.span()
            if start == end or any(taken[start:end]):
                continue
            normalised = read(m)
            if normalised is None:
                continue
            taken[start:end] = b"\x01" * (end - start)
            found.append(FoundFigure(text[start:end], start, end, normalised))
    return tuple(with_bounds(searched, text, sorted(found, key=lambda f: f.start), _value_of))


def _value_of(spelt: str) -> str | None:
    """The value of a text that is one figure from its first character to its last, or None."""
    for _, pattern, read in _RULES:
        m = pattern.fullmatch(spelt)
        if m is not None and m[0] and (normalised := read(m)) is not None:
            return normalised
    return None


def is_supported(figure: FoundFigure, source: Iterable[FoundFigure]) -> bool:
    """Does the source state this figure?

    The same kind and value; or a bare number of the source, whose unit stands in a table header; or, for a day without
    a year, the same day with one. Bounds and range ends are not compared here: what a sentence says of a figure is
    for the checks of an answer.
    """
    return any(same_value(figure, other) for other in source)


def same_value(figure: FoundFigure, other: FoundFigure) -> bool:
    """Is it the same value, whatever its spelling?"""
    if other.normalised == figure.normalised:
        return True
    if other.value == figure.value and {other.kind, figure.kind} in _WITHOUT_UNIT:
        return (other if other.kind == "num" else figure).raw[-1:].isdigit()  # 5次 counts something: it is not 5元
    years = (figure.value[:4], other.value[:4])
    return figure.kind == other.kind == "date" and "----" in years and figure.value[4:] == other.value[4:]


_WITHOUT_UNIT = ({"num", "amt"}, {"num", "pct"}, {"num", "phone"})
