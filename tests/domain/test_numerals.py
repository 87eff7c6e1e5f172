"""Numerals of two languages and two widths to one exact number."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatmate.domain.numerals import narrow, parse_chinese, parse_english, plain


@pytest.mark.parametrize(
    ("numeral", "value"),
    [
        ("一百二十三", 123),
        ("一千零五", 1_005),
        ("两万五", 25_000),
        ("十", 10),
        ("三百万", 3_000_000),
        ("一千零五十万", 10_500_000),
        ("一亿五千万", 150_000_000),
        ("二〇二六", 2026),
        ("伍万叁仟", 53_000),
    ],
)
def test_a_chinese_numeral_has_one_value(numeral: str, value: int) -> None:
    assert parse_chinese(numeral) == value


def test_a_chinese_decimal_keeps_its_places() -> None:
    assert parse_chinese("三点零五") == Decimal("3.05")
    assert parse_chinese("三点") is None


@pytest.mark.parametrize(
    ("numeral", "value"),
    [("fifty thousand", 50_000), ("two hundred and five", 205), ("Twelve", 12), ("one million", 1_000_000)],
)
def test_an_english_numeral_has_one_value(numeral: str, value: int) -> None:
    assert parse_english(numeral) == value


def test_words_that_are_no_numeral_have_no_value() -> None:
    assert parse_chinese("万能") is None
    assert parse_english("fifty apples") is None
    assert parse_english("") is None


@given(st.text(max_size=40))
def test_narrowing_keeps_every_place(text: str) -> None:
    assert len(narrow(text)) == len(text)


def test_full_width_letters_digits_and_marks_are_narrowed() -> None:
    assert narrow("Ｒ２，Ｔ＋１，１０％") == "R2,T+1,10%"
    assert narrow("。；！？") == "。；！？"


@given(st.decimals(min_value=0, max_value=10**12, places=4, allow_nan=False, allow_infinity=False))
def test_plain_is_one_spelling_and_exact(value: Decimal) -> None:
    assert Decimal(plain(value)) == value
    assert plain(value) == plain(value * Decimal("1.000"))


@given(st.integers(min_value=0, max_value=9_999))
def test_what_is_spoken_is_heard(number: int) -> None:
    assert parse_chinese(spoken(number)) == number


def spoken(number: int) -> str:
    """1005 → 一千零五."""
    said = ""
    for unit, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, unit)
        if digit:
            said += "零一二三四五六七八九"[digit] + name
        elif said and number and not said.endswith("零"):
            said += "零"
    return said or "零"
