"""What a number must satisfy to be one of its kind. Digits only; knows nothing of the text around.

Sources: GB 11643-1999 (citizen identity number: region, birthday, order, ISO 7064 MOD 11-2 check character), ISO/IEC
7812-1 (card number: issuer prefix, Luhn check digit), 电信网编号计划 (mobile 1[3-9]…, area codes).
"""

import re
from datetime import date

_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
# GB/T 2260: the first two digits of a region.
_PROVINCE = re.compile(r"1[1-5]|2[1-3]|3[1-7]|4[1-6]|5[0-4]|6[1-5]|71|8[1-3]")
_ID_SHAPE = re.compile(r"\d{17}[\dX]")
# Issuers of cards that people in China hold: UnionPay 62, its forerunners, Visa, Mastercard, JCB, American Express.
_CARD_PREFIX = re.compile(r"62|60|65|68|69|9558|4|5[1-5]|35|3[47]")
_MOBILE = re.compile(r"(?:0?0?86)?(1[3-9]\d{9})")
_LANDLINE = re.compile(r"0(?:10|2\d)[2-8]\d{6,7}|0[3-9]\d{2}[2-8]\d{6,7}|010[2-8]\d{7}")
# What anybody may call: 95588, 959001, 400…, 12378, 10086, 110.
_SERVICE = re.compile(r"9[56]\d{3}|9(?:5(?!58)|6)\d{4}|[48]00\d{7}|1[0-2]\d|123\d{2}|100\d{2}")


def is_citizen_id(digits: str) -> bool:
    """GB 11643-1999 in full: region, birthday, check character."""
    return looks_like_citizen_id(digits) and id_checks(digits)


def looks_like_citizen_id(digits: str) -> bool:
    """Region and birthday, whatever the check character: a misheard digit breaks that one first."""
    return bool(_ID_SHAPE.fullmatch(digits)) and _PROVINCE.match(digits) is not None and _is_birthday(digits[6:14])


def id_checks(digits: str) -> bool:
    """The check character of GB 11643-1999."""
    total = sum(weight * int(digit) for weight, digit in zip(_ID_WEIGHTS, digits[:17], strict=True))
    return "10X98765432"[total % 11] == digits[17]


def _is_birthday(digits: str) -> bool:
    try:
        return 1900 <= date(int(digits[:4]), int(digits[4:6]), int(digits[6:])).year <= 2100
    except ValueError:
        return False


def is_card(digits: str) -> bool:
    """ISO/IEC 7812: an issuer's prefix, 16 to 19 digits, the Luhn digit. Luhn alone passes one number in ten."""
    return 16 <= len(digits) <= 19 and digits.isdigit() and bool(_CARD_PREFIX.match(digits)) and luhn(digits)


_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def luhn(digits: str) -> bool:
    """The check digit of ISO/IEC 7812-1, annex B."""
    back = digits[::-1]
    return (sum(map(int, back[::2])) + sum(_DOUBLED[int(digit)] for digit in back[1::2])) % 10 == 0


def mobile(digits: str) -> str | None:
    """The eleven digits of a mobile number, its country code left out."""
    found = _MOBILE.fullmatch(digits)
    return found[1] if found else None


def is_landline(digits: str) -> bool:
    """Area code and number, with 0."""
    return bool(_LANDLINE.fullmatch(digits))


def is_service_number(digits: str) -> bool:
    """A number of a bank, an operator or an office, that is nobody's own."""
    return bool(_SERVICE.fullmatch(digits))
