"""Figures as people say them are the figures that documents write."""

import pytest

from seatmate.ask.spoken import figures_in
from seatmate.domain.figures import Bound, find_figures


@pytest.mark.parametrize(
    ("spoken", "written"),
    [
        ("首付两成五", "首付25%"),
        ("不超过评估价值的七成", "不超过评估价值的70%"),
        ("一半", "50%"),
        ("每笔五毛", "每笔0.5元"),
        ("每笔三块五毛", "每笔3.5元"),
        ("年费一千八", "年费1,800元"),
        ("T加2到账", "T+2到账"),
        ("减25个BP", "减0.25%"),
        ("2026年底以前", "2026年12月31日以前"),
        ("半年", "6个月"),
        ("两年", "24个月"),
        ("打八五折", "打8.5折"),
        ("PR2级", "R2级"),
    ],
)
def test_the_spoken_figure_is_the_written_one(spoken: str, written: str) -> None:
    assert [f.normalised for f in figures_in(spoken)] == [f.normalised for f in figures_in(written)]


@pytest.mark.parametrize(
    ("one", "other"), [("半年", "180天"), ("一年", "365天"), ("3个工作日", "3天"), ("15号", "15元")]
)
def test_what_is_not_the_same_stays_apart(one: str, other: str) -> None:
    assert {f.normalised for f in figures_in(one)} != {f.normalised for f in figures_in(other)}


@pytest.mark.parametrize("text", ["产品成立于9月", "客户等级C4成长型", "三折算", "主角", "其他角度"])
def test_a_character_of_another_word_is_no_figure(text: str) -> None:
    assert [f.raw for f in figures_in(text)] == [f.raw for f in find_figures(text)]


@pytest.mark.parametrize(
    ("text", "bound"),
    [
        ("存期满3个月的", Bound.AT_LEAST),
        ("逾期满3个月的", Bound.AT_LEAST),
        ("C2稳健型及以上", Bound.AT_LEAST),
        ("C2稳健型及以下", Bound.AT_MOST),
        ("高过108%的", Bound.MORE_THAN),
        ("存期不满半年的，按一年期", Bound.LESS_THAN),
    ],
)
def test_a_bound_is_read_over_the_word_between(text: str, bound: Bound) -> None:
    assert figures_in(text)[0].bound is bound


def test_a_bound_ends_at_the_comma() -> None:
    assert [f.bound for f in figures_in("存期不满半年的，按一年期利率计息")] == [Bound.LESS_THAN, Bound.EXACTLY]
