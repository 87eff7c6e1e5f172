"""A document's own dates, where the manifest is silent."""

from datetime import date

import pytest

from seatmate.ingest.dates import first_day_in, last_day_in, parse_day


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("本规则自2026年3月9日起执行。", date(2026, 3, 9), None),
        ("自2026年10月1日（含）起施行", date(2026, 10, 1), None),
        ("自 2026 年 10 月 1 日起调整部分利率", date(2026, 10, 1), None),
        ("生效日期：2026-07-01", date(2026, 7, 1), None),
        ("执行日期：自2026年1月1日起　金额单位：元", date(2026, 1, 1), None),
        ("本公告有效期至2026年11月6日。", None, date(2026, 11, 6)),
        ("活动时间：2026年11月11日0:00起至2026年11月30日24:00止。", date(2026, 11, 11), date(2026, 11, 30)),
        ("优惠期限：2026年1月1日—2026年3月31日", date(2026, 1, 1), date(2026, 3, 31)),
        ("自2026年11月16日起，可以到柜台。", None, None),
        ("测评有效期12个月，预约有效期2个工作日。", None, None),
        ("成立日：2026年11月9日", None, None),
        ("自2026年2月30日起执行，自2026年3月1日起执行。", date(2026, 3, 1), None),
    ],
)
def test_what_a_document_says_of_its_own_time(text: str, first: date | None, last: date | None) -> None:
    assert (first_day_in(text), last_day_in(text)) == (first, last)


@pytest.mark.parametrize("cell", ["2026-11-09", "2026/11/9", "20261109", "2026年11月9日"])
def test_a_manifest_may_write_a_day_in_four_ways(cell: str) -> None:
    assert parse_day(cell) == date(2026, 11, 9)


@pytest.mark.parametrize("cell", ["", "2026", "2026-13-01", "11月9日", "2026-11-09 至今"])
def test_anything_else_is_no_day(cell: str) -> None:
    with pytest.raises(ValueError, match=r"date|month|day"):
        parse_day(cell)
