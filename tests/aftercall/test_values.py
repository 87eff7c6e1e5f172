"""Money, rates, terms and times as customers say them, spelt one way."""

import re
from datetime import date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatmate.aftercall.values import value_of
from seatmate.aftercall.when import find_when
from seatmate.domain.knowledge import BANK_ZONE

CALL = datetime(2026, 11, 26, 10, 0, tzinfo=BANK_ZONE)
SPELT = re.compile(
    r"|~?[\d.]+ [A-Z]{3}|[\d.]+\.\.[\d.]+ [A-Z]{3}|[\d.]+%(?:\.\.[\d.]+%)?|~?[\d.]+[md](?:\.\.[\d.]+[md])?"
    r"|\d{4}(?:-\d\d(?:-\d\d)?)?(?:\.\.\d{4}-\d\d)?"
)


@pytest.mark.parametrize(
    ("words", "spelt"),
    [
        ("手里有五十来万", "~500000 CNY"),
        ("剩七八万吧", "70000..80000 CNY"),
        ("大概二三十万", "200000..300000 CNY"),
        ("三五万", "30000..50000 CNY"),
        ("十七八万", "170000..180000 CNY"),
        ("一个月三千八", "3800 CNY"),
        ("12万5", "125000 CNY"),
        ("两百来块", "~200 CNY"),
        ("能动的六十个左右", "~600000 CNY"),
        ("一百二十万", "1200000 CNY"),
        ("万把块", "~10000 CNY"),
        ("几十万", "200000..900000 CNY"),
        ("3到5万", "30000..50000 CNY"),
        ("两万美元", "20000 USD"),
        ("50,000元", "50000 CNY"),
        ("首付要凑一百五", ""),
        ("养了三个孩子", ""),
        ("二零二六年", ""),
        ("六十岁了", ""),
    ],
)
def test_money_is_read_as_it_is_spoken(words: str, spelt: str) -> None:
    assert value_of(["amt"], words, CALL).spelt == spelt


@pytest.mark.parametrize(
    ("words", "spelt"),
    [
        ("两个点", "2%"),
        ("三个半点", ""),
        ("百分之五", "5%"),
        ("一点八", "1.8%"),
        ("3.2%", "3.2%"),
        ("亏一成", "10%"),
        ("两三成", "20%..30%"),
        ("百分之一二", "1%..2%"),
    ],
)
def test_rates_are_read_as_they_are_spoken(words: str, spelt: str) -> None:
    assert value_of(["pct"], words, CALL).spelt == spelt


@pytest.mark.parametrize(
    ("words", "spelt"),
    [("存三年", "36m"), ("半年", "6m"), ("一年半", "18m"), ("三五年", "36m..60m"), ("九十天", "90d"), ("三年级", "")],
)
def test_terms_are_read_as_they_are_spoken(words: str, spelt: str) -> None:
    assert value_of(["term"], words, CALL).spelt == spelt


@pytest.mark.parametrize(
    ("words", "spelt"),
    [
        ("明年三月", "2027-03"),
        ("明年3月8号", "2027-03-08"),
        ("下个月十号", "2026-12-10"),
        ("12月3号到期", "2026-12-03"),
        ("三月份要用", "2027-03"),
        ("下周三", "2026-12-02"),
        ("后天", "2026-11-28"),
        ("过年", "2027-02"),
        ("明年国庆", "2027-10-01"),
        ("年底", "2026-12"),
        ("月底", "2026-11-30"),
        ("25号到期", "2026-12-25"),
        ("去年12月20放的", "2025-12"),
        ("上个月刚生", "2026-10"),
        ("后年", "2028"),
        ("再过两个月", "2027-01"),
        ("明年暑假", "2027-07..2027-08"),
        ("十二个月", None),
        ("2月30号", None),
    ],
)
def test_times_count_from_the_day_of_the_call(words: str, spelt: str | None) -> None:
    found = find_when(words, CALL.date())
    assert (found.spelt if found else None) == spelt


def test_the_first_kind_asked_for_wins_and_the_time_is_told_beside_it() -> None:
    value = value_of(["amt", "date"], "明年三月要用二十万", CALL)
    assert (value.spelt, value.date) == ("200000 CNY", "2027-03")


@given(
    st.text(
        alphabet="一二两三四五六七八九十百千万亿零半几多来个块元年月日号天周点成%.,0123456789明后去上下底初",
        max_size=24,
    ),
    st.dates(date(2025, 1, 1), date(2030, 12, 31)),
)
def test_any_text_has_a_value_of_the_known_spellings_or_none(words: str, today: date) -> None:
    said_at = datetime(today.year, today.month, today.day, tzinfo=BANK_ZONE)
    for kind in ("amt", "pct", "term", "date"):
        assert SPELT.fullmatch(value_of([kind], words, said_at).spelt)
    found = find_when(words, today)
    assert found is None or 0 <= found.start < found.end <= len(words)
