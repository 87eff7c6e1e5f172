"""A document's own dates: what counts as one, when it begins and ends, and what must not be taken for one."""

import time
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatmate.domain.knowledge import BANK_ZONE
from seatmate.ingest.dates import dates_in, parse_day

NOTICE = "关于调整部分业务的公告\n"
PUBLISHED = date(2026, 11, 16)

# (text, from, until): until is the first moment after it; `|` parts a title line from the text.
GOLD = [
    ("本规则自2026年3月9日起执行。", "2026-03-09", None),
    ("本办法自2026年3月9日起施行，原办法同时废止。", "2026-03-09", None),
    ("本通知自2026年3月9日起生效。", "2026-03-09", None),
    ("自2026年10月1日（含）起施行", "2026-10-01", None),
    ("自2026年10月1日（含当日）起正式实施。", "2026-10-01", None),
    ("自 2026 年 10 月 1 日 起 执行", "2026-10-01", None),
    ("从2026年5月1日开始执行。", "2026-05-01", None),
    ("本细则于2026年5月1日起实施。", "2026-05-01", None),
    ("本标准自2026/3/9起执行。", "2026-03-09", None),
    ("本标准自2026.3.9起执行。", "2026-03-09", None),
    ("本标准自2026-03-09起执行。", "2026-03-09", None),
    ("本办法自二〇二六年三月九日起施行。", "2026-03-09", None),
    ("本办法自二○二六年十二月三十一日起施行。", "2026-12-31", None),
    ("本办法自２０２６年３月９日起施行。", "2026-03-09", None),
    ("本辦法自2026年3月9日起執行。", "2026-03-09", None),
    ("生效日期：2026-07-01", "2026-07-01", None),
    ("执行日期：自2026年1月1日起　金额单位：元", "2026-01-01", None),
    ("文件编号：远川〔2026〕18号 施行日期：2026年4月15日", "2026-04-15", None),
    ("《柜面业务操作手册》|《柜面业务操作手册》自2026年6月1日起启用。", "2026-06-01", None),
    ("手机银行转账限额表（自2026年6月1日起执行）", "2026-06-01", None),
    ("本表适用于个人借记卡，自2026年6月1日起按新标准执行。", "2026-06-01", None),
    ("本公告自2026年11月16日09:00起生效。", "2026-11-16T09:00", None),
    ("本公告自2026年11月16日上午9点起生效。", "2026-11-16T09:00", None),
    ("本公告自2026年11月16日下午2时30分起生效。", "2026-11-16T14:30", None),
    ("本公告自2026年11月17日24:00起生效。", "2026-11-18", None),
    ("本规定原拟年内出台，现推迟至2026年4月1日起执行。", "2026-04-01", None),
    ("本公告自2026年11月9日起代替此前的公告。", "2026-11-09", None),
    ("调整后的利率自2026年11月9日起执行。", "2026-11-09", None),
    (NOTICE + "|我行自2026年11月9日起调整一年期存款利率。", "2026-11-09", None),
    (NOTICE + "|一、停售时间\n自2026年11月16日（含）起停止申购。", "2026-11-16", None),
    ("第六条 本规定自2026年4月1日起施行。", "2026-04-01", None),
    ("第四十一条 本条例自2026年4月1日起施行。", "2026-04-01", None),
    ("本公告有效期至2026年11月6日。", None, "2026-11-07"),
    ("本公告有效期截至2026年11月6日17:00。", None, "2026-11-06T17:00"),
    ("本说明书有效期至2027年11月8日产品到期。", None, "2027-11-09"),
    ("有效期：至2026年12月31日（含）", None, "2027-01-01"),
    ("有效期至2026年12月31日（不含）。", None, "2026-12-31"),
    ("失效日期：2026-12-31", None, "2027-01-01"),
    ("本次活动延长至2026年12月31日。", None, "2027-01-01"),
    ("本优惠截至2026年12月31日止。", None, "2027-01-01"),
    ("本办法自2026年12月1日起废止。", None, "2026-12-01"),
    ("本公告自2026年12月1日起停止执行。", None, "2026-12-01"),
    ("本公告有效期自2026年11月1日至2026年11月30日。", "2026-11-01", "2026-12-01"),
    ("活动时间：2026年11月11日00:00至11月30日24:00。", "2026-11-11", "2026-12-01"),
    ("活动时间：2026年11月11日0:00起至2026年11月30日24:00止。", "2026-11-11", "2026-12-01"),
    ("活动时间：2026年11月11日09:00至11月30日17:30。", "2026-11-11T09:00", "2026-11-30T17:30"),
    ("活动时间：2026年11月11日（周三）9:00—11月30日（周一）23:59。", "2026-11-11T09:00", "2026-12-01"),
    ("活动时间：2026年11月11日00:00:00至2026年11月30日23:59:59。", "2026-11-11", "2026-12-01"),
    ("活动时间：2026年11月11日10:00至22:00。", "2026-11-11T10:00", "2026-11-11T22:00"),
    ("一、活动时间\n2026年11月11日至30日\n二、活动对象\n全体持卡客户", "2026-11-11", "2026-12-01"),
    ("活动期限：2026.11.11-11.30", "2026-11-11", "2026-12-01"),
    ("活动期间：2026/11/11~2026/11/30", "2026-11-11", "2026-12-01"),
    ("优惠期限：2026年1月1日—2026年3月31日", "2026-01-01", "2026-04-01"),
    ("优惠时间：自2026年1月1日起到2026年3月31日止", "2026-01-01", "2026-04-01"),
    ("活动时间：二〇二六年十一月十一日至十一月三十日", "2026-11-11", "2026-12-01"),
    ("有效期限：2026年1月1日——2027年12月31日", "2026-01-01", "2028-01-01"),
    ("活动时间：2026年11月11日起，长期有效。", "2026-11-11", None),
    ("活动时间：2026年11月11日至另行通知之日止。", "2026-11-11", None),
    ("活动时间：2026年12月20日至次年1月10日。", "2026-12-20", None),
    ("活动时间：2026年12月20日至1月10日。", "2026-12-20", None),
    ("本政策长期有效。", None, None),
    ("本说明书自2026年10月1日起执行，至本行公告新版本之日止。", "2026-10-01", None),
    ("本办法自2026年1月1日起施行，有效期两年。", "2026-01-01", "2028-01-01"),
    ("本通知自2026年11月15日起执行，有效期6个月。", "2026-11-15", "2027-05-15"),
    (NOTICE + "|自2026年11月11日起至2026年11月30日止，跨行转账免收手续费。", "2026-11-11", "2026-12-01"),
    ("本公告自即日起生效。", "2026-11-16", None),
    ("即日起执行。", "2026-11-16", None),
    ("活动时间：即日起至2026年12月31日", "2026-11-16", "2027-01-01"),
    ("本办法自发布之日起施行。", "2026-11-16", None),
    ("本通知自印发之日起执行。", "2026-11-16", None),
    (NOTICE + "|即日起，我行恢复夜间转账服务。", "2026-11-16", None),
    ("本通知即日起执行。\n远川银行股份有限公司\n2026年11月12日", "2026-11-12", None),
    ("发布日期：2026年11月10日\n本通知自发布之日起生效。", "2026-11-10", None),
]

NOT_SAID = [
    "自2026年11月16日起，可以到柜台办理。",
    "测评有效期12个月，预约有效期2个工作日。",
    "成立日：2026年11月9日\n到期日：2027年11月8日",
    "募集期：2026年10月26日9:00至2026年11月6日17:00",
    "发行期自2026年10月8日至2026年12月31日，额度用完即止。",
    "测算参照2026年9月末各类资产的收益水平。",
    "截至2026年9月30日，本行理财规模为120亿元。",
    "截至2026年6月30日止的统计数据仅供参考。",
    "详见2026年10月1日发布的《关于调整存款利率的公告》。",
    "《关于调整存款利率的公告》自2026年10月1日起执行。",
    "2026年7月1日起执行的版本自同日起停止使用。",
    "原办法自2020年1月1日起施行，现予废止。",
    "例如，某产品自2026年3月9日起执行新费率。",
    "假设新利率自2026年3月9日起执行，利息应分段计算。",
    "案例\n张女士的合同自2026年3月9日起生效。",
    "客户王女士的保单自2026年3月9日起生效。",
    "贷款合同自2026年3月9日起生效。",
    "客户的身份证有效期至2026年12月31日，须先更新。",
    "您的证件已登记，有效期至2026年12月31日。",
    "坐席可以说：“新标准自2026年3月9日起执行。”",
    "客户：听说自2026年3月9日起执行新标准？",
    "是否自2026年3月9日起执行，以公告为准。",
    "并非自2026年3月9日起执行。",
    "定于2026年11月8日（周日）0:30至4:30进行系统升级维护。",
    "2026年11月17日24:00前，日累计限额仍为500,000元。",
    "销售服务费自2026年11月16日起由0.35%调整为0.25%。",
    "自2026年12月1日起恢复原标准。",
    "截至2026年6月30日止六个月，本集团营业收入同比增长。",
    "征求意见的截止时间为2026年9月7日。",
    "该意见自2026年8月25日起施行，有效期至2028年12月31日。",
    "《反洗钱管理规定》已出台，将于2026年10月1日起施行。",
    NOTICE + "本次施工时间自2026年8月10日起至2026年10月10日。",
    "报名时间：2026年11月1日至11月10日",
    "本办法自发布之日起30日后施行。",
    "本办法自次月1日起施行，第二年起每年修订。",
    "自2026年2月30日起执行。",
    "本办法自2026年13月1日起施行。",
    "本公告自2026年11月16日25:00起生效。",
    "产品：甲；生效日期：2026-01-01\n产品：乙；生效日期：2026-05-01",
    "序号：1；活动时间：2026年1月1日至1月31日\n序号：2；活动时间：2026年2月1日至2月28日",
    "",
]


def at(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).replace(tzinfo=BANK_ZONE)


@pytest.mark.parametrize(("text", "since", "until"), GOLD)
def test_what_a_document_says_of_its_own_time(text: str, since: str | None, until: str | None) -> None:
    title, _, rest = text.rpartition("|")
    full = title + rest
    words = dates_in(full, title.strip("《》\n"), PUBLISHED)
    assert (words.since and words.since.moment, words.until and words.until.moment) == (at(since), at(until))
    for said in (words.since, words.until):
        assert said is None or full[said.start : said.end] == said.quote


@pytest.mark.parametrize("text", NOT_SAID)
def test_what_is_no_date_of_the_document(text: str) -> None:
    words = dates_in(text, "", PUBLISHED)
    assert (words.since, words.until) == (None, None)


def test_an_impossible_day_does_not_hide_the_next() -> None:
    words = dates_in("自2026年2月30日起执行。自2026年3月1日起执行。")
    assert words.since is not None
    assert words.since.quote == "自2026年3月1日起执行"


def test_what_the_document_says_of_itself_wins_over_what_it_announces() -> None:
    words = dates_in(NOTICE + "我行自2026年12月1日起调整利率。\n本公告自2026年11月20日起生效。")
    assert words.since is not None
    assert words.since.moment == at("2026-11-20")


def test_without_a_day_of_publication_from_today_on_means_no_day() -> None:
    assert dates_in("本公告自即日起生效。").since is None


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("公告正文。\n远川银行股份有限公司\n2026年11月16日", date(2026, 11, 16)),
        ("公告正文。\n远川银行股份有限公司 二〇二六年十一月十六日", date(2026, 11, 16)),
        ("公告正文。\n2026年11月16日\n咨询电话：959000", date(2026, 11, 16)),
        ("发布时间：2026-11-16 09:00\n公告正文。", date(2026, 11, 16)),
        ("公告正文。\n到期日：2027年11月8日", None),
        ("公告正文。\n本说明书有效期至2027年11月8日", None),
        ("2026年11月16日", None),
    ],
)
def test_the_day_under_a_text_is_when_it_was_published(text: str, day: date | None) -> None:
    assert dates_in(text).published == day


def chinese(number: int) -> str:
    tens, ones = divmod(number, 10)
    return ("" if tens == 0 else "十" if tens == 1 else "一二三"[tens - 1] + "十") + (
        "一二三四五六七八九"[ones - 1 : ones] or ""
    )


SPELLINGS = (
    lambda d: f"{d.year}年{d.month}月{d.day}日",
    lambda d: f"{d.year}年{d.month:02}月{d.day:02}日",
    lambda d: f"{d.year} 年 {d.month} 月 {d.day} 日",
    lambda d: f"{d.year}/{d.month}/{d.day}",
    lambda d: f"{d.year}.{d.month}.{d.day}",
    lambda d: d.isoformat(),
    lambda d: f"{''.join('〇一二三四五六七八九'[int(c)] for c in str(d.year))}年{chinese(d.month)}月{chinese(d.day)}日",
)
DAYS = st.dates(date(1990, 1, 1), date(2099, 12, 30))


@given(DAYS, st.sampled_from(SPELLINGS), st.integers(0, 3))
def test_every_day_comes_back_from_every_spelling(day: date, spelled, note: int) -> None:  # type: ignore[no-untyped-def]
    midnight = datetime(day.year, day.month, day.day, tzinfo=BANK_ZONE)
    text = f"前言。\n本办法自{spelled(day)}{('', '（含）', '（含当日）', ' ')[note]}起施行。"
    said = dates_in(text).since
    assert said is not None
    assert said.moment == midnight
    said = dates_in(f"本公告有效期至{spelled(day)}。").until
    assert said is not None
    assert said.moment == midnight + timedelta(days=1)


@given(DAYS, st.integers(1, 400), st.sampled_from(SPELLINGS), st.sampled_from("至到-—–~～"))
def test_every_range_comes_back(day: date, days: int, spelled, dash: str) -> None:  # type: ignore[no-untyped-def]
    last = min(day + timedelta(days=days), date(2100, 1, 1))
    words = dates_in(f"活动时间：{spelled(day)}{dash}{spelled(last)}")
    assert words.since is not None
    assert words.until is not None
    assert words.since.moment.date() == day
    assert words.until.moment.date() == last + timedelta(days=1)


@given(st.integers(1900, 2100), st.integers(0, 20), st.integers(0, 40))
def test_a_day_that_the_calendar_does_not_have_is_not_said(year: int, month: int, day: int) -> None:
    said = dates_in(f"本办法自{year}年{month}月{day}日起施行。").since
    try:
        expected = datetime(year, month, day, tzinfo=BANK_ZONE)
    except ValueError:
        assert said is None
    else:
        assert said is not None
        assert said.moment == expected


WORDS = """自 2026年3月9日 二〇二六年 起 执行 至 11月30日 24:00 有效期 活动时间： 本公告 （含） 。 ， “
即日起 止 《办法》 — 例如 9:00 ： 废止 两年 ； 次年 99 十"""
PIECES = st.sampled_from([*WORDS.split(), "\n", " "])


@given(st.one_of(st.text(), st.lists(PIECES, max_size=25).map("".join)))
def test_no_text_breaks_it_and_every_quote_stands_in_the_text(text: str) -> None:
    words = dates_in(text, published=PUBLISHED)
    for said in (words.since, words.until):
        assert said is None or (text[said.start : said.end] == said.quote and said.moment.tzinfo is BANK_ZONE)


def test_a_text_full_of_dates_does_not_take_long_and_its_last_words_are_read() -> None:
    began = time.perf_counter()
    words = dates_in("2026年3月9日，" * 200_000 + "\n本办法自2026年4月1日起施行。")
    assert time.perf_counter() - began < 20
    assert words.since is not None
    assert words.since.moment == at("2026-04-01")


@pytest.mark.parametrize("cell", ["2026-11-09", "2026/11/9", "20261109", "2026年11月9日"])
def test_a_manifest_may_write_a_day_in_four_ways(cell: str) -> None:
    assert parse_day(cell) == date(2026, 11, 9)


@pytest.mark.parametrize("cell", ["", "2026", "2026-13-01", "11月9日", "2026-11-09 至今"])
def test_anything_else_is_no_day(cell: str) -> None:
    with pytest.raises(ValueError, match=r"date|month|day"):
        parse_day(cell)
