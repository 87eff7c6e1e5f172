"""Figures: one spelling for one value, exact places, nothing invented."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatmate.domain.figures import find_figures, is_supported


def normalised(text: str) -> list[str]:
    return [figure.normalised for figure in find_figures(text)]


@pytest.mark.parametrize(
    ("spellings", "value"),
    [
        (["3.05%", "百分之三点零五", "305bp", "305个基点", "３．０５％"], "pct:3.05"),
        (["5万", "50,000元", "5万元", "五万元", "50000块"], "amt:50000"),
        (["12个月", "一年期", "1年", "十二个月"], "term:12m"),
        (["90天", "九十天", "90日"], "term:90d"),
        (["T+1", "T + 1", "D+1"], "t:1"),
        (["2026年11月9日", "2026-11-09", "2026/11/9", "二〇二六年十一月九日"], "date:2026-11-09"),
        (["R2"], "level:R2"),
        (["YCWY090A"], "code:YCWY090A"),
        (["0.5‰"], "pct:0.05"),
        (["15:30"], "time:15:30"),
        (["65周岁", "65岁"], "num:65"),
    ],
)
def test_one_value_has_one_spelling(spellings: list[str], value: str) -> None:
    for spelling in spellings:
        assert normalised(spelling) == [value], spelling


def test_a_product_code_is_not_a_run_of_digits() -> None:
    assert normalised("YCWY180A的起购金额") == ["code:YCWY180A"]
    assert normalised("稳盈90A") == []


def test_a_word_without_a_number_is_no_figure() -> None:
    assert normalised("万一一般统一办理，一些客户") == []


def test_a_bare_table_cell_supports_the_figure_that_its_header_gives_a_unit() -> None:
    (said,) = find_figures("10,000元")
    assert is_supported(said, find_figures("起购金额（元）：10000"))
    assert not is_supported(said, find_figures("起购金额（元）：1000"))


def test_a_day_without_a_year_is_supported_by_the_same_day_with_one() -> None:
    (said,) = find_figures("11月9日")
    assert is_supported(said, find_figures("自2026年11月9日起"))
    assert not is_supported(said, find_figures("自2026年11月8日起"))


def test_a_rate_is_not_supported_by_an_amount_of_the_same_digits() -> None:
    (said,) = find_figures("5%")
    assert not is_supported(said, find_figures("5元"))


@given(st.text(alphabet="0123456789.%万亿元年月日天个百分之点零一二三十 ，、T+RCbp利率YCW-:：", max_size=60))
def test_places_are_exact_and_do_not_overlap(text: str) -> None:
    at = 0
    for figure in find_figures(text):
        assert figure.start >= at
        assert text[figure.start : figure.end] == figure.raw
        at = figure.end
