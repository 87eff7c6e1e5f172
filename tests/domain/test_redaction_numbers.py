"""Numbers of persons are found however they are written or said; other numbers are left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatmate.domain.personal.checks import id_checks, is_card, is_citizen_id, is_landline, luhn, mobile
from seatmate.domain.personal.digits import read_runs
from seatmate.domain.redaction import Kind, find_personal, redact


def read(text: str) -> list[str]:
    return [run.digits for run in read_runs(text)]


@pytest.mark.parametrize(
    ("said", "digits"),
    [
        ("幺三八零零幺三八零零零", "13800138000"),
        ("腰三八洞洞幺三八洞洞洞", "13800138000"),
        ("一三八，零零一三，八零零零", "13800138000"),
        ("１３８００１３８０００", "13800138000"),
        ("138-0013-8000", "13800138000"),
        ("138 嗯 0013，那个，8000", "13800138000"),
        ("幺三八然后零零幺三后面是八零零零", "13800138000"),
        ("幺三八双零幺三八三个零", "13800138000"),
        ("13八00一三8000", "13800138000"),
        ("两八八", "288"),
    ],
)
def test_digits_are_read_as_they_are_said(said: str, digits: str) -> None:
    assert read(said) == [digits]


@pytest.mark.parametrize(
    "said", ["一百三十八", "三点零五", "百分之三点二五", "10,000", "3.05%", "2026-11-09", "15:40:30"]
)
def test_a_quantity_is_not_digits(said: str) -> None:
    assert read(said) == []


def test_a_digit_knows_its_place() -> None:
    (run,) = read_runs("号码是三个六，幺幺")
    assert [(digit.value, digit.start, digit.end) for group in run.groups for digit in group] == [
        ("6", 3, 6),
        ("6", 3, 6),
        ("6", 3, 6),
        ("1", 7, 8),
        ("1", 8, 9),
    ]


@given(st.integers(10**16, 10**17 - 1))
def test_exactly_one_check_character_fits_gb_11643(body: int) -> None:
    assert sum(id_checks(f"{body}{check}") for check in "0123456789X") == 1


@given(st.integers(10**14, 10**18 - 1))
def test_exactly_one_check_digit_fits_luhn(body: int) -> None:
    assert sum(luhn(f"{body}{check}") for check in range(10)) == 1


def test_a_citizen_id_has_a_region_and_a_birthday() -> None:
    assert is_citizen_id("11010519491231002X")
    assert not is_citizen_id("110105194912310021")
    assert not is_citizen_id("990105194912310029")
    assert not any(is_citizen_id(f"11010519491331002{check}") for check in "0123456789X")


def test_a_card_has_an_issuers_prefix() -> None:
    assert is_card("6228480402564890018")
    assert not is_card("0000000000000000")
    assert mobile("008613800138000") == mobile("8613800138000") == "13800138000"
    assert is_landline("01062345678")
    assert not is_landline("0959001")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("座机是010-62345678", "座机是⟦PHONE⟧"),
        ("打零七五五八二三四五六七八", "打⟦PHONE⟧"),
        ("家里电话62345678", "家里电话⟦PHONE⟧"),
        ("账号 3100 1234 5678 901", "账号 ⟦ACCOUNT⟧"),
        ("存折账号三一零零一二三四五六七八", "存折账号⟦ACCOUNT⟧"),
        ("身份证是110105，1949，1231，002叉", "身份证是⟦ID⟧"),
        ("护照号E12345678", "护照号⟦ID⟧"),
        ("卡号六二二八四八零四零二五六四八九零零幺八", "卡号⟦CARD⟧"),
        ("6228480402564890018，这是我的卡号", "⟦CARD⟧，这是我的卡号"),
        ("手机幺三八，零零幺三，不对，零零幺四，八零零零", "手机⟦PHONE⟧"),
        ("身份证号110105194912310029", "身份证号⟦ID⟧"),
        ("短信发到13800138000了吗", "短信发到⟦PHONE⟧了吗"),
    ],
)
def test_a_number_of_a_person_becomes_its_token(said: str, shown: str) -> None:
    assert redact(said).text == shown


@pytest.mark.parametrize(
    "said",
    [
        "这笔消费金额6228元",
        "一共一百三十八块",
        "产品代码YCWY090A，到期日20261109",
        "订单号6228480402564890018",
        "流水号20261109123456789012",
        "借据号2026110912345678",
        "发票号码1380013800012",
        "卡里有5000，3000，20000",
        "年利率3.05%，五年期3.35%，三点八五个点",
        "请拨打客服热线400-889-5533或95588",
        "官方电话959001，九五九零零幺",
        "您手机尾号8000，卡尾号六六八八",
        "工号幺零二四为您服务",
        "2026-11-09 15:40:30到账",
        "积分64,329，额度13,000，500,000",
        "R2级，365天，分36期",
    ],
)
def test_a_number_of_no_person_stays(said: str) -> None:
    assert redact(said).text == said


def test_the_label_decides_between_an_account_and_a_card() -> None:
    number = "3100123456789012"
    assert find_personal(number) == ()
    assert [span.kind for span in find_personal(f"账号{number}")] == [Kind.ACCOUNT]
    assert [span.kind for span in find_personal(f"卡号{number}")] == [Kind.CARD]


def test_a_span_has_the_value_and_does_not_print_it() -> None:
    (span,) = find_personal("手机+86 幺三八 零零幺三 八零零零")
    assert span.value == "13800138000"
    assert "13800138000" not in repr(span)
