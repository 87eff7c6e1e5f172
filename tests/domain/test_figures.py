"""Figures: one spelling for one value, exact places, nothing invented; bounds and ranges with them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatmate.domain.figures import Bound, RangeEnd, find_figures, is_supported


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
        (["5个基点", "5bp", "0.05个百分点", "万分之五"], "pct:0.05"),
        (["2.5 percent", "2.50%", "百分之二点五"], "pct:2.5"),
        (
            ["人民币5万元", "RMB 50,000", "CNY 50,000", "￥50,000", "fifty thousand yuan", "5万块钱", "50千元"],
            "amt:50000",
        ),
        (["1万5千元", "一万五千元", "1.5万", "15,000元"], "amt:15000"),
        (["六点三万元", "63000元"], "amt:63000"),
        (["5.36亿元", "53600万元"], "amt:536000000"),
        (["100美元", "USD 100", "$100", "一百美元"], "amt:100USD"),
        (["半年", "6个月", "两个季度", "六个月期"], "term:6m"),
        (["两年半", "30个月"], "term:30m"),
        (["2周", "14天", "14个自然日", "14 days"], "term:14d"),
        (["3个工作日", "三个交易日", "3 business days"], "term:3wd"),
        (["11月9日", "11月9号", "11/9", "十一月九日"], "date:-----11-09"),
        (["November 9, 2026", "9 Nov 2026"], "date:2026-11-09"),
        (["2026年10月末", "2026年10月"], "date:2026-10"),
        (["下午3点", "15:00", "15点", "15：00"], "time:15:00"),
        (["下午三点半", "15点30分"], "time:15:30"),
        (["Ｔ＋２", "t+2"], "t:2"),
        (["Ｃ３", "c3"], "level:C3"),
        (["959000"], "phone:959000"),
        (["400-123-4567", "4001234567"], "phone:4001234567"),
        (["010-12345678", "(010)12345678"], "phone:01012345678"),
        (["138 0013 8000", "13800138000"], "phone:13800138000"),
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


def test_another_currency_is_another_amount() -> None:
    assert not is_supported(find_figures("100元")[0], find_figures("100美元"))


def test_an_amount_is_no_hotline() -> None:
    assert normalised("95000元") == ["amt:95000"]


def test_a_working_day_is_no_day() -> None:
    assert normalised("3天内、3个工作日内") == ["term:3d", "term:3wd"]


def test_a_number_does_not_count_the_word_of_the_next_line() -> None:
    assert [f.raw for f in find_figures("标准：1,000,000\n项目")] == ["1,000,000"]


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("2.30%–2.80%", "pct:2.3", "pct:2.8"),
        ("2.30至2.80%", "pct:2.3", "pct:2.8"),
        ("百分之二点三到二点八", "pct:2.3", "pct:2.8"),
        ("5–10万元", "amt:50000", "amt:100000"),
        ("1万到5万元", "amt:10000", "amt:50000"),
        ("一到五万元", "amt:10000", "amt:50000"),
        ("5-10万美元", "amt:50000USD", "amt:100000USD"),
        ("三至五个工作日", "term:3wd", "term:5wd"),
        ("9:00–17:00", "time:09:00", "time:17:00"),
        ("2026年11月9日至11月20日", "date:2026-11-09", "date:2026-11-20"),
        ("10月20–25日", "date:-----10-20", "date:-----10-25"),
        ("R1–R3", "level:R1", "level:R3"),
    ],
)
def test_a_range_has_two_ends_in_one_unit(text: str, low: str, high: str) -> None:
    ends = [(f.normalised, f.range_end) for f in find_figures(text)]
    assert ends == [(low, RangeEnd.LOW), (high, RangeEnd.HIGH)]


def test_two_moments_are_the_ends_of_a_period() -> None:
    found = find_figures("2026年10月26日9:00至11月6日17:00")
    assert [f.normalised for f in found] == ["date:2026-10-26", "time:09:00", "date:2026-11-06", "time:17:00"]
    assert [f.range_end for f in found] == [RangeEnd.LOW, RangeEnd.LOW, RangeEnd.HIGH, RangeEnd.HIGH]


@pytest.mark.parametrize(
    ("bound", "texts"),
    [
        (Bound.EXACTLY, ["管理费0.20%", "每笔2元"]),
        (
            Bound.AT_LEAST,
            ["5万元以上", "5万元（含）以上", "不低于5万元", "至少5万元", "5万元起购", "最低还款5万元", "满30天"],
        ),
        (Bound.AT_LEAST, ["at least 10,000 yuan", "自2026年11月9日（含）起"]),
        (
            Bound.AT_MOST,
            ["5万元以内", "不超过5万元", "最高取现额度5万元", "最多5次", "单户持有上限：500万元", "up to 3%"],
        ),
        (Bound.MORE_THAN, ["超过5万元", "高于5%", "over 90 days"]),
        (Bound.LESS_THAN, ["不足5万元", "未满30天", "15:00前", "under 5%", "低于起存金额50,000元"]),
    ],
)
def test_what_is_said_around_a_figure_is_its_bound(bound: Bound, texts: list[str]) -> None:
    for text in texts:
        assert [f.bound for f in find_figures(text)] == [bound], text


def test_an_article_counts_nothing() -> None:
    assert normalised("管理费这一项，是一款理财产品，每一笔都收") == []


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


@given(st.text(max_size=80))
def test_no_text_is_too_strange(text: str) -> None:
    taken: set[int] = set()
    for figure in find_figures(text):
        places = set(range(figure.start, figure.end))
        assert text[figure.start : figure.end] == figure.raw
        assert places
        assert not places & taken
        taken |= places


@given(st.integers(min_value=1, max_value=9_999).filter(lambda n: n % 10))
def test_equal_amounts_in_different_spellings_are_one(thousands: int) -> None:
    yuan = thousands * 1_000
    spellings = [
        f"{yuan}元",
        f"{yuan:,}元",
        f"{yuan / 10_000:g}万元",
        f"人民币{yuan:,}元",
        f"{yuan}块",
        f"RMB {yuan:,}",
    ]
    assert {tuple(normalised(s)) for s in spellings} == {(f"amt:{yuan}",)}


@given(st.integers(min_value=1, max_value=9_999))
def test_equal_rates_in_different_spellings_are_one(points: int) -> None:
    percent = f"{points // 100}.{points % 100:02}"
    spellings = [
        f"{percent}%",
        f"{percent}％",
        f"{points}bp",
        f"{points}个基点",
        f"百分之{percent}",
        f"{percent} percent",
    ]
    assert len({tuple(normalised(s)) for s in spellings}) == 1


@pytest.mark.parametrize(
    "piece",
    [
        "1",
        "1,",
        "1,111",
        "一",
        "一点",
        "1.",
        "9:0",
        "百分之",
        "1-",
        "5万",
        "fifty ",
        "不超过",
        "3至",
        "A1",
        "2026年",
        "+86-",
    ],
)
def test_time_grows_with_the_length_of_the_text_only(piece: str) -> None:
    def seconds(length: int) -> float:
        text = (piece * length)[:length]
        best = float("inf")
        for _ in range(3):
            began = time.thread_time()
            find_figures(text)
            best = min(best, time.thread_time() - began)
        return best

    # Four times the text takes about four times the time; a search that goes over the rest again takes sixteen times.
    assert seconds(32_000) < 9 * seconds(8_000) + 0.02
