"""A day, month or year as customers say it, counted from the day of the call: 明年三月 → 2027-03, 后天 → 2026-11-28.

A month or a day without a year is the next one to come, unless the words look back (去年, 上个月, 刚). Feasts of the
moon calendar stand in a table of years. Texts are folded (compliance.clauses.fold). Knows nothing of what happens then.
"""

import calendar
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from seatmate.domain.numerals import parse_chinese

_SPRING_FESTIVAL = {
    2024: date(2024, 2, 10),
    2025: date(2025, 1, 29),
    2026: date(2026, 2, 17),
    2027: date(2027, 2, 6),
    2028: date(2028, 1, 26),
    2029: date(2029, 2, 13),
    2030: date(2030, 2, 3),
    2031: date(2031, 1, 23),
    2032: date(2032, 2, 11),
}
"""GB/T 33661-2017, the calculation of the Chinese calendar: first day of the first month."""
_MID_AUTUMN = {
    2025: date(2025, 10, 6),
    2026: date(2026, 9, 25),
    2027: date(2027, 9, 15),
    2028: date(2028, 10, 3),
    2029: date(2029, 9, 22),
    2030: date(2030, 9, 12),
}
_FIXED_FEASTS = {"元旦": (1, 1), "五一": (5, 1), "劳动节": (5, 1), "六一": (6, 1), "国庆": (10, 1), "十一": (10, 1)}
_YEARS = {"前年": -2, "去年": -1, "上一年": -1, "今年": 0, "本年": 0, "明年": 1, "来年": 1, "后年": 2, "大后年": 3}
_DAYS = {
    "大前天": -3,
    "前天": -2,
    "昨天": -1,
    "昨晚": -1,
    "今天": 0,
    "今晚": 0,
    "今儿": 0,
    "明天": 1,
    "明儿": 1,
    "明早": 1,
}
_DAYS |= {"明晚": 1, "后天": 2, "后儿": 2, "大后天": 3}
_MONTHS = {
    "上上个月": -2,
    "上个月": -1,
    "上月": -1,
    "这个月": 0,
    "本月": 0,
    "当月": 0,
    "下个月": 1,
    "下月": 1,
    "下下个月": 2,
}
_SEASONS = {"春天": (3, 5), "开春": (3, 3), "夏天": (6, 8), "秋天": (9, 11), "冬天": (12, 12), "入冬": (11, 11)}
_SEASONS |= {"暑假": (7, 8), "上半年": (1, 6), "下半年": (7, 12), "年中": (6, 6), "年底": (12, 12), "年末": (12, 12)}
_SEASONS |= {"年初": (1, 1), "一季度": (1, 3), "二季度": (4, 6), "三季度": (7, 9), "四季度": (10, 12), "腊月": (12, 12)}
_WEEKDAYS = {c: n for n, c in enumerate("一二三四五六日")} | {"天": 6}

_N = r"(?:\d{1,2}|[一二三四五六七八九十]{1,3})"
_YEAR = (
    rf"(?P<year>{'|'.join(sorted(_YEARS, key=len, reverse=True))}|\d{{4}}年|[二〇零一二三四五六七八九]{{4}}年|[23]\d年)"
)
_MONTH = rf"(?P<month>{_N}|元|腊)月份?(?!子|饼|供|薪)"
_PART = r"(?P<part>初|底|末|中旬?|上旬|下旬)?"
_DAY = rf"(?P<day>{_N})(?:[号日](?!线))"
_BACK = re.compile(r"刚|了|过|已经|之前|以前|那时|当时|那会|那年|上回|上次")


@dataclass(frozen=True)
class When:
    """`spelt` is `2027`, `2027-03`, `2026-12-05` or `2027-03..2027-05`; where it stands in the words."""

    spelt: str
    start: int
    end: int


def find_when(words: str, today: date) -> When | None:
    """The first time that the words name, or None."""
    found = sorted(_all(words, today), key=lambda when: (when.start, -when.end))
    return found[0] if found else None


def _all(words: str, today: date) -> Iterator[When]:
    taken: list[tuple[int, int]] = []
    for pattern, read in _READERS:
        for m in pattern.finditer(words):
            if any(m.start() < end and start < m.end() for start, end in taken):
                continue
            spelt = read(m, words, today)
            if spelt is not None:
                taken.append(m.span())
                yield When(spelt, *m.span())


# ── readings ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _number(text: str) -> int | None:
    if text.isdigit():
        return int(text)
    value = parse_chinese(text)
    return int(value) if value is not None and value == value.to_integral_value() else None


def _named(m: re.Match[str], group: str) -> str | None:
    """A group that not every pattern has."""
    return m.groupdict().get(group)


def _year(written: str | None, today: date) -> int | None:
    if written is None:
        return None
    if written in _YEARS:
        return today.year + _YEARS[written]
    value = _number(written.removesuffix("年"))
    return None if value is None else value + 2000 if value < 100 else value


def _month_of(m: re.Match[str]) -> int | None:
    special = {"元": 1, "腊": 12}.get(m["month"])
    month = special or _number(m["month"])
    return month if month is not None and 1 <= month <= 12 else None


def _looks_back(words: str) -> bool:
    return _BACK.search(words) is not None


def _year_month_day(m: re.Match[str], words: str, today: date) -> str | None:
    month, day = _month_of(m), _number(m["day"])
    if month is None or day is None:
        return None
    year = _year(_named(m, "year"), today)
    if year is None:
        year = today.year
        passed = (month, day) < (today.month, today.day)
        if passed and not _looks_back(words):
            year += 1
        elif not passed and _looks_back(words) and (month, day) > (today.month, today.day):
            year -= 1
    return _spelt_day(year, month, day)


def _spelt_day(year: int, month: int, day: int) -> str | None:
    if not 1 <= day <= calendar.monthrange(year, month)[1]:
        return None
    return f"{year}-{month:02}-{day:02}"


def _year_month(m: re.Match[str], words: str, today: date) -> str | None:
    month = _month_of(m)
    if month is None:
        return None
    year = _year(_named(m, "year"), today)
    if year is None:
        year = today.year
        if month < today.month and not _looks_back(words):
            year += 1
        elif month > today.month and _looks_back(words):
            year -= 1
    return f"{year}-{month:02}"


def _shifted(today: date, months: int) -> tuple[int, int]:
    at = today.year * 12 + today.month - 1 + months
    return at // 12, at % 12 + 1


def _relative_month(m: re.Match[str], words: str, today: date) -> str | None:
    year, month = _shifted(today, _MONTHS[m["rel"]])
    day = _number(m["day"]) if m["day"] else None
    return f"{year}-{month:02}" if day is None else _spelt_day(year, month, day)


def _day_of_month(m: re.Match[str], words: str, today: date) -> str | None:
    day = _number(m["day"])
    if day is None or not 1 <= day <= 31:
        return None
    year, month = today.year, today.month
    if day < today.day and not _looks_back(words):
        year, month = _shifted(today, 1)
    return _spelt_day(year, month, day)


def _relative_day(m: re.Match[str], words: str, today: date) -> str | None:
    return (today + timedelta(days=_DAYS[m["rel"]])).isoformat()


def _weekday(m: re.Match[str], words: str, today: date) -> str | None:
    monday = today - timedelta(days=today.weekday())
    weeks = m["rel"].count("下") - m["rel"].count("上")
    day = monday + timedelta(days=7 * weeks + _WEEKDAYS[m["wd"]])
    if not weeks and "这" not in m["rel"] and "本" not in m["rel"] and day < today:
        day += timedelta(days=7)
    return day.isoformat()


def _season(m: re.Match[str], words: str, today: date) -> str | None:
    first, last = _SEASONS[m["season"]]
    year = _year(m["year"], today)
    if year is None:
        year = today.year + (1 if last < today.month and not _looks_back(words) else 0)
    return f"{year}-{first:02}" if first == last else f"{year}-{first:02}..{year}-{last:02}"


def _month_end(m: re.Match[str], words: str, today: date) -> str | None:
    return f"{today.year}-{today.month:02}-{calendar.monthrange(today.year, today.month)[1]:02}"


def _fixed_feast(m: re.Match[str], words: str, today: date) -> str | None:
    month, day = _FIXED_FEASTS[m["feast"]]
    year = _year(m["year"], today)
    if year is None:
        year = today.year + (1 if (month, day) < (today.month, today.day) and not _looks_back(words) else 0)
    return f"{year}-{month:02}-{day:02}"


def _of_the_moon(table: dict[int, date]) -> Callable[[re.Match[str], str, date], str | None]:
    def read(m: re.Match[str], words: str, today: date) -> str | None:
        year = _year(m["year"], today)
        if year is None:
            coming = (day for _, day in sorted(table.items()) if day >= today)
            found = next(coming, None)
        else:
            found = table.get(year)
        return None if found is None else f"{found.year}-{found.month:02}"

    return read


def _year_alone(m: re.Match[str], words: str, today: date) -> str | None:
    year = _year(m["year"], today)
    return None if year is None else str(year)


def _from_now(m: re.Match[str], words: str, today: date) -> str | None:
    """再过两个月, 三年后, 半年以后."""
    count = Decimal("0.5") if m["n"] == "半" else parse_chinese(m["n"]) if not m["n"].isdigit() else Decimal(m["n"])
    if count is None:
        return None
    months = int(count * (12 if m["unit"] == "年" else 1))
    year, month = _shifted(today, months)
    return f"{year}-{month:02}"


_RELATIVE_MONTH = "|".join(sorted(_MONTHS, key=len, reverse=True))
_SEASON = "|".join(sorted(_SEASONS, key=len, reverse=True))
_AHEAD = r"(?P<n>\d{1,2}|半|[一两三四五六七八九十]{1,2})(?:个)?(?P<unit>月|年)"
_Reader = Callable[[re.Match[str], str, date], str | None]
# In the order in which they win their characters: the longer reading first.
_READERS: tuple[tuple[re.Pattern[str], _Reader], ...] = tuple(
    (re.compile(pattern), read)
    for pattern, read in (
        (rf"(?:{_YEAR}的?)?(?<!\d){_MONTH}{_DAY}", _year_month_day),
        (r"(?P<year>\d{4}年?)[-/.](?P<month>\d{1,2})[-/.](?P<day>\d{1,2})", _year_month_day),
        (rf"(?P<rel>{_RELATIVE_MONTH})(?:的)?(?:(?P<day>{_N})[号日])?", _relative_month),
        (rf"{_YEAR}的?{_MONTH}{_PART}", _year_month),
        (r"(?P<rel>(?:这个?|本|上+个?|下+个?)?)(?:周|星期|礼拜)(?P<wd>[一二三四五六日天])", _weekday),
        (rf"(?P<rel>{'|'.join(sorted(_DAYS, key=len, reverse=True))})", _relative_day),
        (rf"(?:{_YEAR}的?)?(?:过年|春节|年三十|除夕)(?!前后的)", _of_the_moon(_SPRING_FESTIVAL)),
        (rf"(?:{_YEAR}的?)?中秋", _of_the_moon(_MID_AUTUMN)),
        (
            rf"(?:{_YEAR}的?)?(?P<feast>元旦|五一|劳动节|六一|国庆|十一(?=放假|长假|假期|前|后|办|期间|结婚))",
            _fixed_feast,
        ),
        (rf"(?:{_YEAR}的?)?(?P<season>{_SEASON})", _season),
        (rf"(?<![\d一二三四五六七八九十个几]){_MONTH}{_PART}(?!期|{_N}[号日])", _year_month),
        (rf"再过{_AHEAD}", _from_now),
        (rf"(?<![满放存]){_AHEAD}(?:之?后|以后)", _from_now),
        (r"月底|月末", _month_end),
        (rf"(?<![\d一二三四五六七八九十月]){_DAY}", _day_of_month),
        (_YEAR, _year_alone),
    )
)
