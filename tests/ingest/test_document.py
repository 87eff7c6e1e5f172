"""A manifest row and its file to a document version: whose word counts, and what is told to the owner."""

from datetime import date, datetime

import pytest

from seatmate.domain.errors import BadInput
from seatmate.domain.knowledge import BANK_ZONE
from seatmate.ingest.document import DateSource, date_findings, read_dates, to_version
from seatmate.ingest.manifest import ManifestRow
from seatmate.ingest.pieces import Heading, Paragraph, join

NINTH, SIXTEENTH = date(2026, 11, 9), date(2026, 11, 16)


def row(
    first: date | None = None, last: date | None = None, published: datetime | None = None, title: str = ""
) -> ManifestRow:
    return ManifestRow("fee.md", "fee", title, "费率表", (), ("retail",), first, last, published, None, ())


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=BANK_ZONE)


def test_the_manifest_wins_and_the_conflict_is_told() -> None:
    reading = read_dates(row(SIXTEENTH), "本标准自2026年11月9日起执行。")
    assert (reading.since.moment, reading.since.source) == (at("2026-11-16"), DateSource.MANIFEST)
    [finding] = date_findings("fee", reading)
    assert (finding.bound, finding.said, finding.conflict) == ("since", at("2026-11-09"), at("2026-11-16"))
    assert finding.quote == "自2026年11月9日起执行"


def test_where_both_say_the_same_there_is_nothing_to_tell() -> None:
    reading = read_dates(row(NINTH, date(2026, 11, 30)), "活动时间：2026年11月9日0:00至2026年11月30日24:00")
    assert date_findings("fee", reading) == ()


def test_a_time_of_day_is_no_conflict_with_a_day_of_the_manifest() -> None:
    reading = read_dates(row(NINTH, date(2026, 11, 30)), "活动时间：2026年11月9日9:00至2026年11月30日17:00")
    assert date_findings("fee", reading) == ()
    assert (reading.validity.since, reading.validity.until) == (at("2026-11-09"), at("2026-12-01"))


def test_where_the_manifest_is_silent_the_text_speaks_and_is_shown() -> None:
    reading = read_dates(row(), "活动时间：2026年11月9日9:00至2026年11月30日17:00")
    assert (reading.validity.since, reading.validity.until) == (at("2026-11-09T09:00"), at("2026-11-30T17:00"))
    assert [(f.bound, f.conflict) for f in date_findings("fee", reading)] == [("since", None), ("until", None)]


def test_where_both_are_silent_it_always_holds() -> None:
    reading = read_dates(row(), "自2026年11月16日起，可以到柜台办理。")
    assert (reading.since.source, reading.until.source) == (DateSource.NONE, DateSource.NONE)
    assert reading.validity.holds_at(at("1999-01-01"))


def test_one_bound_may_come_from_the_manifest_and_the_other_from_the_text() -> None:
    reading = read_dates(row(NINTH), "本公告有效期至2026年11月30日。")
    assert (reading.since.source, reading.until.source) == (DateSource.MANIFEST, DateSource.TEXT)
    assert reading.validity.last_day == date(2026, 11, 30)


def test_a_document_that_ends_before_it_begins_is_refused() -> None:
    with pytest.raises(BadInput, match="ends on 2026-11-08, before it begins on 2026-11-09"):
        read_dates(row(NINTH), "本公告有效期至2026年11月8日。")


def test_即日_is_the_day_of_the_text_before_that_of_the_manifest() -> None:
    published = at("2026-11-16T09:00")
    by_manifest = read_dates(row(published=published), "本公告自即日起生效。")
    by_text = read_dates(row(published=published), "本公告自即日起生效。\n远川银行股份有限公司\n2026年11月12日")
    assert by_manifest.validity.first_day == SIXTEENTH
    assert by_text.validity.first_day == date(2026, 11, 12)
    assert by_text.published_at == published


def test_a_missing_day_of_publication_is_read_under_the_text() -> None:
    reading = read_dates(row(), "公告正文。\n远川银行股份有限公司\n2026年11月12日")
    assert reading.published_at == at("2026-11-12")


def test_a_version_has_the_validity_of_its_reading() -> None:
    read = join([Heading("转账收费", 1), Paragraph("本标准自2026年11月9日起执行。")])
    version = to_version(row(), read, ())
    assert (version.title, version.validity.since, version.validity.until) == ("转账收费", at("2026-11-09"), None)


def test_the_same_day_from_text_or_manifest_is_the_same_version_and_another_hour_is_not() -> None:
    read = join([Heading("转账收费", 1), Paragraph("本标准自2026年11月9日起执行。")])
    later = join([Heading("转账收费", 1), Paragraph("本标准自2026年11月9日9:00起执行。")])
    assert to_version(row(), read, ()).version == to_version(row(NINTH), read, ()).version
    assert to_version(row(), later, ()).version != to_version(row(NINTH), later, ()).version


def test_the_day_a_drop_is_published_does_not_make_a_version() -> None:
    read = join([Heading("转账收费", 1), Paragraph("本标准自2026年11月9日起执行。")])
    assert to_version(row(published=at("2026-11-09")), read, ()).version == to_version(row(), read, ()).version


def test_its_own_title_in_the_manifest_makes_the_text_speak_of_itself() -> None:
    text = "各支行：\n《个人转账汇款收费标准》自2026年11月9日起执行。"
    assert read_dates(row(title="个人转账汇款收费标准"), text).validity.first_day == NINTH
    assert read_dates(row(title="理财产品清单"), text).validity.first_day is None
