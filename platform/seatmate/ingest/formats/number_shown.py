"""A workbook's value to what its cell shows: 0.0145 under 0.00% is 1.45%. Knows number formats, no sheets.

As a spreadsheet does it: rounded half up in decimal, sections for negative and zero, literal words kept, dates in the
order that the format says. Colours, fill characters and fractions are not shown.
"""

import re
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation, localcontext

from seatmate.domain.numerals import plain

_AS_IT_IS = frozenset({"General", "@", "", "G/通用格式"})
_CONDITION = re.compile(
    r"\[(?:[<>=]+[-\d.]+|Red|Black|Blue|Green|White|Yellow|Cyan|Magenta|Color\d+|红色|黑色|蓝色)\]", re.I
)
_CURRENCY = re.compile(r"\[\$([^\]-]*)(?:-[^\]]*)?\]")
_OTHER_BRACKETS = re.compile(r"\[(?![hms]+\])[^\]]*\]", re.I)
_LITERAL = re.compile(r'"([^"]*)"|\\(.)|_.|\*.')
_PLACES = re.compile(r"(?:[#0?][#0?,]*(?:\.[#0?]*)?|\.[#0?]+),*")
_DATE_PARTS = re.compile(
    r"yyyy|yy|mmmmm|mmmm|mmm|mm|m|dddd|ddd|dd|d|aaaa|aaa|hh|h|ss|s|AM/PM|上午/下午|\[h+\]|\[m+\]|\[s+\]", re.I
)
_WEEKDAYS = "一二三四五六日"
_BUILT_IN_DATES = frozenset({"mm-dd-yy", "m/d/yy", "mm/dd/yy", "m/d/yyyy", "d-mmm-yy"})
"""Formats that every installation shows in its own country's order: written as 2026-11-09, which no one misreads."""
_MARK = "\x00"
_UNDERSTOOD = re.compile(r"[\x00\x01\s$¥￥€£+\-()（）:%‰,\u4e00-\u9fff]*")
"""What may stand around the figure."""


def shown(value: object, number_format: str | None) -> str:
    """None is empty. A format that is not understood gives the value itself, never a guess."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, datetime | date | time):
        return _moment(value, number_format or "")
    if isinstance(value, timedelta):
        return _duration(value)
    if isinstance(value, int | float | Decimal):
        return _number(value, number_format or "")
    return str(value)


def _number(value: float | Decimal, number_format: str) -> str:
    try:
        exact = Decimal(repr(value) if isinstance(value, float) else str(value))
    except InvalidOperation:
        return str(value)
    if not exact.is_finite() or number_format in _AS_IT_IS:
        return plain(exact) if exact.is_finite() else str(value)
    sections = _sections(number_format)
    section = sections[0]
    if exact < 0 and len(sections) > 1:
        section, exact = sections[1], -exact
    elif exact == 0 and len(sections) > 2:
        section = sections[2]
    return _in_section(exact, section)


def _sections(number_format: str) -> list[str]:
    """At the semicolons that are not inside quotes."""
    return re.findall(r'(?:"[^"]*"|\\.|[^;"\\])+', number_format) or [""]


def _in_section(value: Decimal, section: str) -> str:
    section = _OTHER_BRACKETS.sub("", _CURRENCY.sub(lambda m: f'"{m[1]}"', _CONDITION.sub("", section)))
    literals: list[str] = []

    def keep(found: re.Match[str]) -> str:
        literals.append(found[1] or found[2] or "")
        return _MARK

    bare = _LITERAL.sub(keep, section)
    places = _PLACES.search(bare)
    if re.search(r"E[+-]", bare) or "/" in bare:
        return plain(value)
    if bare.strip() in _AS_IT_IS - {""}:
        figure, bare = plain(value), _MARK.join([""] * (len(literals) + 1)) + "0"
        places = _PLACES.search(bare)
    elif places is None:
        figure = ""
    else:
        figure = _figure(value, places[0], bare.count("%"))
    if places is not None:
        bare = bare[: places.start()] + "\x01" + _PLACES.sub("", bare[places.end() :])
    if not _UNDERSTOOD.fullmatch(bare) or not (figure or literals):
        return plain(value)
    words = iter(literals)
    return "".join(figure if c == "\x01" else next(words, "") if c == _MARK else c for c in bare).strip()


def _figure(value: Decimal, places: str, percents: int) -> str:
    whole, _, fraction = places.rstrip(",").partition(".")
    thousands = len(places) - len(places.rstrip(","))  # each comma at the end divides by a thousand
    with localcontext() as context:
        context.prec = 400
        scaled = value * Decimal(100) ** percents / Decimal(1000) ** thousands
        rounded = scaled.quantize(Decimal(1).scaleb(-len(fraction)), ROUND_HALF_UP)
    digits = f"{rounded:,f}" if "," in whole else f"{rounded:f}"
    least = len(fraction.rstrip("#?"))
    if "." in digits:
        kept, tail = digits.split(".")
        tail = tail[:least] + tail[least:].rstrip("0")
        digits = f"{kept}.{tail}" if tail else kept
    zeros = whole.count("0")
    sign, bare = ("-", digits[1:]) if digits.startswith("-") else ("", digits)
    if zeros > 1 and "," not in whole:
        head, point, tail = bare.partition(".")
        bare = head.zfill(zeros) + point + tail
    return sign + bare


def _moment(value: datetime | date | time, number_format: str) -> str:
    section = _OTHER_BRACKETS.sub("", _sections(number_format)[0])
    parts = _DATE_PARTS.findall(_LITERAL.sub("", section))
    if not parts or section.lower() in _BUILT_IN_DATES or any(part.lower() == "mmm" for part in parts):
        return _standard(value)
    if isinstance(value, time) and any(part[0].lower() in "yd" for part in parts):
        return _standard(value)
    written, at, last = "", 0, ""
    half_day = any(part.upper() == "AM/PM" or part == "上午/下午" for part in parts)
    pattern = re.compile(f"{_LITERAL.pattern}|({_DATE_PARTS.pattern})", re.I)
    for found in pattern.finditer(section):
        written += section[at : found.start()]
        at = found.end()
        if found[3] is None:
            written += found[1] or found[2] or ""
            continue
        part = found[3].lower()
        rest = _DATE_PARTS.search(_LITERAL.sub("", section[at:]))
        is_minute = part in ("m", "mm") and (last.startswith("h") or (rest is not None and rest[0].lower()[0] == "s"))
        written += _part(value, part, is_minute, half_day)
        last = part
    return (written + section[at:]).strip()


def _part(value: datetime | date | time, part: str, is_minute: bool, half_day: bool) -> str:
    clock = value if isinstance(value, time) else value.time() if isinstance(value, datetime) else time.min
    day = value if isinstance(value, date) else date.min
    hour = (clock.hour % 12 or 12) if half_day else clock.hour
    number = {"yyyy": day.year, "d": day.day, "dd": day.day, "h": hour, "hh": hour, "s": clock.second}
    number |= {"ss": clock.second, "yy": day.year % 100, "m": day.month, "mm": day.month}
    if is_minute:
        number |= {"m": clock.minute, "mm": clock.minute}
    if part in number:
        return f"{number[part]:0{len(part)}d}"
    if part in ("aaaa", "dddd", "aaa", "ddd"):
        return ("星期" if len(part) == 4 else "") + _WEEKDAYS[day.weekday()]
    if part in ("mmmm", "mmmmm"):
        return f"{day.month}月"
    if part in ("am/pm", "上午/下午"):
        return "上午" if clock.hour < 12 else "下午"
    return f"{clock.hour if 'h' in part else clock.minute if 'm' in part else clock.second:02d}"


def _standard(value: datetime | date | time) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time.min else value.strftime("%Y-%m-%d %H:%M")
    return value.isoformat() if isinstance(value, date) else value.strftime("%H:%M")


def _duration(value: timedelta) -> str:
    minutes, seconds = divmod(int(value.total_seconds()), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if seconds else f"{hours}:{minutes:02d}"
