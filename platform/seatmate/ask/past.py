"""Is a question about another day than the one on which it is asked? 「10月5日那天利率是多少」「上周的基准」.

Only what names that day as the day of the rate counts: the day on which a customer bought or deposited something
(「10月20号存的」) is part of his case, and the rules of today say what becomes of it.
"""

import re
from datetime import date, datetime, time, timedelta

from seatmate.domain.figures import find_figures
from seatmate.domain.knowledge import BANK_ZONE

_THEN = re.compile(
    r"^\s*(?:那天|当天|当日|那会儿?|当时|的时候|时(?!间|候?段)|前后)|^\s*的(?:利率|基准|费率|价格|收费|标准|口径)"
)
_DEED = re.compile(r"^[^，。,？?]{0,6}?(?:存|买|购|办|开|签|借|贷|还|转|汇)")
_AGO = (
    (re.compile("昨天|昨日"), timedelta(days=1)),
    (re.compile("前天"), timedelta(days=2)),
    (re.compile("上周|上个?星期|上礼拜"), timedelta(days=7)),
    (re.compile("上个?月"), timedelta(days=30)),
    (re.compile("去年"), timedelta(days=365)),
)
_NOON = time(12)
_HALF_A_YEAR = 183


def day_meant(question: str, asked_at: datetime) -> datetime | None:
    """The earlier moment that a question is about, if it says so: noon of the day it names. None: it is about now."""
    for figure in find_figures(question):
        if figure.kind == "date" and _THEN.match(question[figure.end :]):
            return _day(figure.value, asked_at)
    for words, ago in _AGO:
        found = words.search(question)
        if found and not _DEED.match(question[found.end() :]):
            return asked_at - ago
    return None


def _day(value: str, asked_at: datetime) -> datetime | None:
    """`2026-11-09`, or `----11-09`: of this year, or of the last one if this year's is half a year ahead."""
    today = asked_at.astimezone(BANK_ZONE).date()
    year, month, day = value[:-6], value[-5:-3], value[-2:]
    if not (month.isdigit() and day.isdigit()):
        return None
    try:
        named = date(int(year) if year.isdigit() else today.year, int(month), int(day))
        if not year.isdigit() and (named - today).days > _HALF_A_YEAR:
            named = named.replace(year=named.year - 1)
    except ValueError:
        return None
    return None if named >= today else datetime.combine(named, _NOON, BANK_ZONE)
