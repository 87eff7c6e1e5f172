"""Chinese, English and Arabic numerals to exact decimals. Pure text, no locale; used by figures and by KYC values."""

import re
from decimal import Decimal

DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "幺": 1, "两": 2}
_FORMAL = {c: i for i, c in enumerate("零壹贰叁肆伍陆柒捌玖")}
_SMALL = {"十": 10, "百": 100, "千": 1_000, "拾": 10, "佰": 100, "仟": 1_000}
_LARGE = {"万": 10_000, "亿": 100_000_000, "萬": 10_000, "億": 100_000_000}
UNITS = _SMALL | _LARGE
_ALL_DIGITS = DIGITS | _FORMAL

CHINESE = "零〇一二两三四五六七八九十百千万亿壹贰叁肆伍陆柒捌玖拾佰仟萬億"
"""Every character that a Chinese numeral may have."""

# Only what a figure is written with: 。；！？ end a clause for other readers, and stay.
_MARKS = "．，％：＋－（）／～＄"
_WIDE = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F) if chr(code) in _MARKS or chr(code - 0xFEE0).isalnum()}

_ENGLISH_SMALL = {
    word: number
    for number, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
        ]
    )
} | {
    word: 10 * n
    for n, word in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"], start=2)
}
_ENGLISH_LARGE = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
ENGLISH = "|".join(sorted((*_ENGLISH_SMALL, *_ENGLISH_LARGE), key=len, reverse=True))
"""The words of an English numeral, for a pattern."""


def narrow(text: str) -> str:
    """Full-width digits, letters and marks to ASCII, one code point for one, so that offsets stay true."""
    return text.translate(_WIDE)


def parse_chinese(numeral: str) -> Decimal | None:
    """一百二十三 → 123, 三点零五 → 3.05, 两万五 → 25000, 二〇二六 → 2026; None when it is not a number."""
    whole, point, fraction = numeral.partition("点")
    if point and (not fraction or any(c not in _ALL_DIGITS for c in fraction)):
        return None
    value = _parse_whole(whole)
    if value is None:
        return None
    if point:
        value += Decimal("0." + "".join(str(_ALL_DIGITS[c]) for c in fraction))
    return value


def parse_english(numeral: str) -> Decimal | None:
    """fifty thousand → 50000, two hundred and five → 205; None when it is not a number."""
    words = re.findall(r"[a-z]+", numeral.lower())
    total = section = 0
    seen = False
    for word in words:
        if word == "and" and seen:
            continue
        if word in _ENGLISH_SMALL:
            section += _ENGLISH_SMALL[word]
        elif word == "hundred":
            section = (section or 1) * 100
        elif word in _ENGLISH_LARGE:
            total, section = total + (section or 1) * _ENGLISH_LARGE[word], 0
        else:
            return None
        seen = True
    return Decimal(total + section) if seen else None


def _parse_whole(numeral: str) -> Decimal | None:
    if not numeral or any(c not in _ALL_DIGITS and c not in UNITS for c in numeral):
        return None
    if all(c in _ALL_DIGITS for c in numeral):  # read digit by digit: 二〇二六
        return Decimal("".join(str(_ALL_DIGITS[c]) for c in numeral))
    total = section = 0
    digit: int | None = None
    last_unit = 1
    for c in numeral:
        if c in _ALL_DIGITS:
            digit = _ALL_DIGITS[c]
            if digit == 0:
                last_unit = 1
        elif c in _SMALL:
            section += (1 if digit is None else digit) * _SMALL[c]
            last_unit, digit = _SMALL[c], None
        elif _LARGE[c] == 10_000 and total >= 100_000_000:  # 一亿五千万: the 亿 stands
            high = total // 100_000_000 * 100_000_000
            total = high + (total - high + section + (digit or 0)) * _LARGE[c]
            section, digit, last_unit = 0, None, _LARGE[c]
        else:
            total = (total + section + (digit or 0)) * _LARGE[c] if section or digit or total else _LARGE[c]
            section, digit, last_unit = 0, None, _LARGE[c]
    if digit is not None:  # 两万五 is 25,000; 一百零五 is 105
        section += digit * (last_unit // 10 if last_unit >= 100 else 1)
    return Decimal(total + section)


def plain(value: Decimal) -> str:
    """3.050 → 3.05, 5E+4 → 50000: one spelling for one number."""
    if value == 0:
        return "0"
    text = format(value, "f")
    return text if "." not in text else text.rstrip("0").rstrip(".")
