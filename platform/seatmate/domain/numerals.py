"""Chinese and Arabic numerals to exact decimals. Pure text, no locale; used by figures and by KYC values."""

from decimal import Decimal

DIGITS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "幺": 1, "两": 2}
_SMALL = {"十": 10, "百": 100, "千": 1_000}
_LARGE = {"万": 10_000, "亿": 100_000_000}
UNITS = _SMALL | _LARGE

_WIDE = str.maketrans("０１２３４５６７８９．，％：＋－（）／", "0123456789.,%:+-()/")


def narrow(text: str) -> str:
    """Full-width digits and marks to ASCII, one code point for one, so that offsets stay true."""
    return text.translate(_WIDE)


def parse_chinese(numeral: str) -> Decimal | None:
    """一百二十三 → 123, 三点零五 → 3.05, 两万五 → 25000, 二〇二六 → 2026; None when it is not a number."""
    whole, point, fraction = numeral.partition("点")
    if point and (not fraction or any(c not in DIGITS for c in fraction)):
        return None
    value = _parse_whole(whole)
    if value is None:
        return None
    if point:
        value += Decimal("0." + "".join(str(DIGITS[c]) for c in fraction))
    return value


def _parse_whole(numeral: str) -> Decimal | None:
    if not numeral or any(c not in DIGITS and c not in UNITS for c in numeral):
        return None
    if all(c in DIGITS for c in numeral):  # read digit by digit: 二〇二六
        return Decimal("".join(str(DIGITS[c]) for c in numeral))
    total = section = 0
    digit: int | None = None
    last_unit = 1
    for c in numeral:
        if c in DIGITS:
            digit = DIGITS[c]
            if digit == 0:
                last_unit = 1
        elif c in _SMALL:
            section += (1 if digit is None else digit) * _SMALL[c]
            last_unit, digit = _SMALL[c], None
        else:
            total = (total + section + (digit or 0)) * _LARGE[c] if section or digit or total else _LARGE[c]
            section, digit, last_unit = 0, None, _LARGE[c]
    if digit is not None:  # 两万五 is 25,000; 一百零五 is 105
        section += digit * (last_unit // 10 if last_unit >= 100 else 1)
    return Decimal(total + section)


def plain(value: Decimal) -> str:
    """3.050 → 3.05, 5E+4 → 50000: one spelling for one number."""
    text = format(value.normalize(), "f")
    return text if "." not in text else text.rstrip("0").rstrip(".")
