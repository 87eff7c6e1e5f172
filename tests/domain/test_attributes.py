"""The words by which documents and customers speak of a product's attributes."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatmate.domain.attributes import Attribute, attribute_of, attributes_in


@pytest.mark.parametrize(
    ("name", "attribute"),
    [
        ("起购金额", Attribute.MIN_AMOUNT),
        ("业绩比较基准（年化）", Attribute.BENCHMARK),
        ("管理费（年）", Attribute.FEE_MANAGEMENT),
        ("固定管理费率", Attribute.FEE_MANAGEMENT),
        ("成立日（起息日）", Attribute.START_DATE),
        ("产品托管费", Attribute.FEE_CUSTODY),
        ("申购确认日", Attribute.PURCHASE_CONFIRMATION),
        ("赎回资金到账", Attribute.REDEMPTION_ARRIVAL),
        ("主卡年费（元/年）", Attribute.FEE_ANNUAL),
        ("产品管理人", Attribute.ISSUER),
        ("收取方式", None),
        ("说明", None),
        ("单户持有上限", None),
        ("起购金额与费用", None),
    ],
)
def test_a_header_is_an_attribute_only_if_it_names_nothing_else(name: str, attribute: Attribute | None) -> None:
    assert attribute_of(name) is attribute


def test_the_longest_word_wins_its_characters() -> None:
    named = attributes_in("认购/申购费为0，销售服务费0.20%，最短持有90天")
    assert [n.attribute for n in named] == [Attribute.FEE_PURCHASE, Attribute.FEE_SALES, Attribute.HOLDING_PERIOD]


@given(
    st.lists(st.sampled_from([*(a.label for a in Attribute), "，", "0.20%", "的", "远川稳盈90天A", "费"]), max_size=8)
)
def test_attributes_are_found_left_to_right_and_none_overlap(parts: list[str]) -> None:
    text = "".join(parts)
    named = attributes_in(text)
    assert all(a.end <= b.start for a, b in pairwise(named))
    assert all(attribute_of(text[n.start : n.end]) is n.attribute for n in named)


def test_every_label_names_its_attribute() -> None:
    assert all(attribute_of(attribute.label) is attribute for attribute in Attribute)
