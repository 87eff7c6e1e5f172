"""A traditional text is read as its simplified twin, place for place, and a simplified one stays as it is."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from seatmate.domain import simplified as module
from seatmate.domain.attributes import Attribute, attributes_in
from seatmate.domain.sayings import SAYINGS
from seatmate.domain.simplified import simplified
from seatmate.domain.words import folded, informative
from tests.bench.simplified_table import table

TABLE = Path(module.__file__).with_name("simplified.txt").read_text(encoding="utf-8")


def test_the_table_is_openccs() -> None:
    assert table() == TABLE


def test_a_question_in_traditional_characters_is_its_twin() -> None:
    assert simplified("請問穩盈90天A的贖回費、徵信與餘額，１萬元") == "请问稳盈90天A的赎回费、征信与余额，１万元"
    assert folded("開戶５萬") == folded("开户5万") == "开户5万"
    assert informative("贖回到賬時間") == informative("赎回到账时间")


@given(st.text())
def test_every_character_stays_at_its_place(text: str) -> None:
    read = simplified(text)
    assert len(read) == len(text)
    assert all(simplified(character) == there for character, there in zip(text, read, strict=True))


def test_what_simplified_text_is_made_of_stays_as_it_is() -> None:
    """But for a few characters that a simplified text has in names and old words only: 乾, 夥, 徵."""
    common = [bytes((row, cell)).decode("gb2312", "ignore") for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF)]
    changed = "".join(character for character in common if simplified(character) != character)
    assert changed == "乾"
    tables = [
        *(word for saying in SAYINGS for word in (*saying.written, *saying.spoken)),
        *(a.label for a in Attribute),
    ]
    assert [word for word in tables if simplified(word) != word] == []
    assert attributes_in(simplified("起購金額"))[0].attribute is Attribute.MIN_AMOUNT
