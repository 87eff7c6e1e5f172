"""From when until when a document holds, in its own words. Asked only where the manifest is silent.

Reads dates that say of themselves that the document applies from or until them. Knows no holidays, no "from the next
month", and no paragraph that holds at another time than the rest of its document.
"""

import re
from datetime import date

_DATE = r"(\d{4})\s*(?:年|[-/.])\s*(\d{1,2})\s*(?:月|[-/.])\s*(\d{1,2})\s*日?"
_INCLUSIVE = r"(?:\s*[（(]含[^）)]{0,4}[）)])?"
_TIME = r"(?:\s*\d{1,2}(?:[:：]\d{2}|[时点])(?:\d{2}分?)?)?"
_APPLIES = r"(?:正式)?(?:执行|施行|实施|生效|适用|启用|实行|调整|停止|有效|暂停)"
_PERIOD = r"(?:活动时间|活动期间|活动期限|优惠期限?|优惠时间|有效期限?|执行期限?|适用期限?|减免期限?)"
_ITSELF = r"(?:^|[，。；：、\s（(]|本[^，。；\s]{1,6})"

_FROM = (
    re.compile(rf"自\s*{_DATE}{_INCLUSIVE}{_TIME}\s*起{_INCLUSIVE}[，,]?\s*{_APPLIES}"),
    re.compile(rf"(?:执行|生效|施行|实施|启用)(?:日期|时间|日)\s*[：:为]\s*自?\s*{_DATE}"),
    re.compile(rf"{_DATE}{_INCLUSIVE}{_TIME}\s*起{_APPLIES}"),
    re.compile(rf"{_PERIOD}\s*[：:为]?\s*自?\s*{_DATE}{_INCLUSIVE}{_TIME}\s*起?\s*(?:至|到|[-—–~～])"),
)
_UNTIL = (
    re.compile(rf"{_ITSELF}有效期限?\s*[：:为]?\s*(?:截?至|到)\s*{_DATE}", re.MULTILINE),
    re.compile(rf"{_PERIOD}\s*[：:为]?\s*自?\s*[^。；\n]{{8,24}}?(?:至|到|[-—–~～])\s*{_DATE}"),
    re.compile(rf"(?:失效|截止)(?:日期|时间|日)\s*[：:为]\s*{_DATE}"),
)


def first_day_in(text: str) -> date | None:
    return _earliest(_FROM, text)


def last_day_in(text: str) -> date | None:
    return _earliest(_UNTIL, text)


def parse_day(cell: str) -> date:
    """A manifest's day: 2026-11-09, 2026/11/9, 20261109 or 2026年11月9日; ValueError for anything else."""
    compact = re.fullmatch(r"(\d{4})(\d{2})(\d{2})", cell)
    found = compact or re.fullmatch(_DATE, cell)
    if found is None:
        raise ValueError(f"{cell!r} is no date")
    return date(int(found[1]), int(found[2]), int(found[3]))


def _earliest(patterns: tuple[re.Pattern[str], ...], text: str) -> date | None:
    """What the text says first; a day that the calendar does not have is not said."""
    found = sorted((m for pattern in patterns for m in pattern.finditer(text)), key=lambda m: m.start())
    for m in found:
        try:
            return date(int(m[1]), int(m[2]), int(m[3]))
        except ValueError:
            continue
    return None
