"""What callers say for what documents write."""

import pytest

from seatmate.domain.sayings import SAYINGS, sayings_in


@pytest.mark.parametrize(
    ("spoken", "written"),
    [
        ("能不能拿出来", "支取"),
        ("给别的行打钱", "跨行"),
        ("给别的行打钱", "转账"),
        ("磁条刷不出来", "损坏"),
        ("撑死能取几万", "最高"),
        ("礼拜天买的", "非工作日"),
        ("让我姐替我弄", "代办"),
    ],
)
def test_a_spoken_wording_is_the_matter_that_documents_write(spoken: str, written: str) -> None:
    assert any(written in said.saying.written for said in sayings_in(spoken))


def test_the_longest_wording_wins_its_characters() -> None:
    text = "刷脸转账"
    assert [text[said.start : said.end] for said in sayings_in(text)] == ["刷脸", "转账"]


def test_still_is_no_repayment() -> None:
    assert not sayings_in("还有呢")


def test_a_short_written_word_tells_a_document_and_no_caller() -> None:
    assert any("起" in saying.written for saying in SAYINGS)
    assert not any("起" in said.saying.written for said in sayings_in("一起的呢"))
