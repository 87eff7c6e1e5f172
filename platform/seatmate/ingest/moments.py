"""A day in a text, with its time of day if it has one: 2026年11月30日24:00, 二〇二六年三月九日, 2026.3.9（含）.

Texts are given narrowed (`domain.numerals.narrow`). Knows nothing of what the day is the day of.
"""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from seatmate.domain.knowledge import BANK_ZONE
from seatmate.domain.numerals import parse_chinese

_Y = r"(?P<y>\d{4}|[〇零○一二三四五六七八九]{4})"
_M = r"(?P<m>\d{1,2}|元|[一二三四五六七八九十]{1,2})"
_D = r"(?P<d>\d{1,2}|[一二三四五六七八九十]{1,3})"
_GAP = r"[^\S\n]*"
_NOTE = r"(?:\([^()]{0,6}含[^()]{0,6}\)|\((?:周|星期)[一二三四五六日天]\)|\(北京时间\))"
_TIME = (
    r"(?:(?P<part>凌晨|清晨|早上|上午|中午|下午|傍晚|晚上|晚)?[^\S\n]*(?P<h>\d{1,2}|[零〇一二三四五六七八九十]{1,3})"
    r"(?::(?P<mi>\d{2})(?::(?P<s>\d{2}))?(?!\d)|[时点](?:(?P<mi2>\d{1,2})分?|(?P<half>半)|整)?))"
)
_NOTES_TIME = rf"(?P<n1>(?:{_GAP}{_NOTE})*)(?:{_GAP}{_TIME})?(?P<n2>(?:{_GAP}{_NOTE})*)"

MOMENT = re.compile(
    rf"(?<!\d){_Y}{_GAP}(?:年|[-/.]){_GAP}{_M}{_GAP}(?:月|[-/.]){_GAP}{_D}(?!\d){_GAP}[日号]?{_NOTES_TIME}"
)
_WITHOUT_YEAR = re.compile(
    rf"(?:{_M}{_GAP}月{_GAP}(?P<d>\d{{1,2}}|[一二三四五六七八九十]{{1,3}}){_GAP}[日号]"
    rf"|(?P<m2>\d{{1,2}})[-/.](?P<d2>\d{{1,2}})(?![\d.]))(?:{_NOTES_TIME})"
)
_DAY_ALONE = re.compile(rf"{_D}{_GAP}[日号]{_NOTES_TIME}")
_TIME_ALONE = re.compile(_TIME)
_TO = re.compile(r"\s*(?:起|开始)?\s*(?:截?至|截止到?|到|-{1,2}|[—–―─~～〜]{1,2})[^\S\n]*")
_STOP = re.compile(r"[^\S\n]*止")


@dataclass(frozen=True)
class Moment:
    """A day as a beginning and as an end: `day` is its midnight, `at` the time of day that was written, if one was."""

    day: datetime
    at: timedelta | None
    excluded: bool = False
    """（不含）: it begins after this day, or ends before it."""
    closed: bool = False
    """The minute or second written last belongs to it: 23:59."""
    step: timedelta = timedelta(0)

    @property
    def begin(self) -> datetime:
        if self.at is None:
            return self.day + timedelta(days=1) if self.excluded else self.day
        return self.day + self.at

    @property
    def finish(self) -> datetime:
        """The first moment after it."""
        if self.at is None:
            return self.day if self.excluded else self.day + timedelta(days=1)
        return self.day + self.at + (self.step if self.closed else timedelta(0))


def moment_of(found: re.Match[str]) -> Moment | None:
    """What a match of MOMENT says; None for a day or hour that there is not."""
    return _moment(found, _number(found["y"]), _number(found["m"]), _number(found["d"]))


def end_of_range(text: str, at: int, begin: Moment) -> tuple[datetime | None, int] | None:
    """After a range's first moment, where it says 至: its end and the offset after it.

    The second day may leave out year and month. An end that would lie before the beginning, or that is in other words
    (次年, 另行通知), is None: said, but not when. Without 至 there is no range: None.
    """
    to = _TO.match(text, at)
    if to is None:
        return None
    end, offset = _second(text, to.end(), begin)
    if end is None or end.finish <= begin.begin:
        return None, to.end()
    stop = _STOP.match(text, offset)
    return end.finish, stop.end() if stop else offset


def _second(text: str, at: int, begin: Moment) -> tuple[Moment | None, int]:
    day = begin.day
    if found := MOMENT.match(text, at):
        return moment_of(found), found.end()
    if found := _WITHOUT_YEAR.match(text, at):
        month, number = found["m"] or found["m2"], found["d"] or found["d2"]
        return _moment(found, day.year, _number(month), _number(number)), found.end()
    if found := _DAY_ALONE.match(text, at):
        return _moment(found, day.year, day.month, _number(found["d"])), found.end()
    if begin.at is not None and (found := _TIME_ALONE.match(text, at)):
        return _moment(found, day.year, day.month, day.day), found.end()
    return None, at


def _moment(found: re.Match[str], year: int | None, month: int | None, number: int | None) -> Moment | None:
    parts = found.groupdict()
    if year is None or month is None or number is None or not 1900 <= year <= 2999:
        return None
    try:
        day = datetime.combine(datetime(year, month, number), time.min, BANK_ZONE)
    except ValueError:
        return None
    excluded = "不含" in (parts.get("n1") or "") + (parts.get("n2") or "")
    if parts.get("h") is None:
        return Moment(day, None, excluded)
    at = _time_of_day(parts)
    if at is None:
        return None
    step = timedelta(seconds=1) if parts.get("s") else timedelta(minutes=1)
    return Moment(day, at, excluded, closed=(parts.get("s") or parts.get("mi") or "") == "59", step=step)


def _time_of_day(parts: dict[str, str | None]) -> timedelta | None:
    hour = _number(parts["h"])
    minute = 30 if parts.get("half") else int(parts.get("mi") or parts.get("mi2") or 0)
    second = int(parts.get("s") or 0)
    if hour is None:
        return None
    if parts.get("part") in ("下午", "傍晚", "晚上", "晚") and hour < 12:
        hour += 12
    at = timedelta(hours=hour, minutes=minute, seconds=second)
    return at if minute < 60 and second < 60 and at <= timedelta(hours=24) else None


def _number(text: str | None) -> int | None:
    if not text:
        return None
    if text == "元":
        return 1
    if text.isdigit() and text.isascii():
        return int(text)
    value = parse_chinese(text.replace("○", "〇"))
    return None if value is None else int(value)
