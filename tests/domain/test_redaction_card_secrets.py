"""A card's expiry and CVN are blanked however customers say them; the months and three digits of anything else stay."""

import pytest

from seatmate.domain.redaction import BLANK, drop_secrets
from seatmate.testing.said import call


def stored(*lines: str) -> list[str]:
    return [utterance.text.replace(BLANK, "") for utterance in drop_secrets(call(*lines)).utterances]


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("卡号6253610088421174 有效期09/29 后面三位 736 帮我看", "卡号6253610088421174 有效期 后面三位  帮我看"),
        ("有效期是零九二九", "有效期是"),
        ("有效期限０９／２９", "有效期限"),
        ("有效期我念下，零二斜杠三一", "有效期我念下，"),
        ("那个有效期啊，零三，然后是三零", "那个有效期啊，"),
        ("信用卡有效期到2028年9月", "信用卡有效期到"),
        ("有效期是二零二九年六月，安全码四四一", "有效期是，安全码"),
        ("有效期嘛，二九年三月", "有效期嘛，"),
        ("到期月份是七月二七年", "到期月份是"),
        ("我信用卡的到期时间11/28", "我信用卡的到期时间"),
        ("Valid thru 05/28，Cvv118", "Valid thru ，Cvv"),
        ("卡面上印的08/27", "卡面上印的"),
        ("我这张卡0930到期", "我这张卡到期"),
    ],
)
def test_a_cards_expiry_goes_in_every_form(said: str, left: str) -> None:
    assert stored(f"客户：{said}") == [left]


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("卡背面签名条最后仨数幺二洞", "卡背面签名条最后仨数"),
        ("签名栏那里三位数是八零六", "签名栏那里三位数是"),
        ("反面的三个数字，八 二 五", "反面的三个数字，"),
        ("最后三位029，就是背后那个", "最后三位，就是背后那个"),
        ("736，背面那个", "，背面那个"),
        ("卡背面那几个数都告诉他了，五五零", "卡背面那几个数都告诉他了，"),
        ("CVN码二零两", "CVN码"),
        ("有效期0829，后三码７３６", "有效期，后三码"),
    ],
)
def test_a_cvn_is_named_by_its_place_on_the_card(said: str, left: str) -> None:
    assert stored(f"客户：{said}") == [left]


def test_what_follows_a_whole_card_number_is_its_expiry_and_cvn() -> None:
    assert stored("客户：卡号6253 6100 8842 1174，0929，736，查查") == ["卡号6253 6100 8842 1174，，查查"]
    assert stored("客户：卡号6228480402564890018后面三个数是288")[0] == "卡号6228480402564890018后面三个数是"


def test_an_expiry_that_is_asked_for_may_come_in_pieces() -> None:
    assert stored("坐席：卡正面的月份和年份报一下", "客户：零五月", "客户：二八年的")[1:] == ["", "的"]
    assert stored("坐席：信用卡有效期呢", "客户：嗯，我看看啊，1027")[1] == "嗯，我看看啊，"


def test_a_cvn_that_is_asked_for_may_come_digit_by_digit() -> None:
    assert stored("坐席：卡片背面的三位安全码请报一下", "客户：两", "客户：九九")[1:] == ["", ""]


def test_a_cvn_that_is_read_back_is_gone_too() -> None:
    assert stored("坐席：背面后三位报一下", "客户：736", "坐席：736对吗")[2] == "对吗"


@pytest.mark.parametrize(
    "lines",
    [
        ("坐席：产品有效期到2027年3月，业绩比较基准2.30%",),
        ("坐席：优惠券有效期到09月30日，活动有效期为11/01到11/30",),
        ("坐席：您身份证有效期到2031年5月8日",),
        ("坐席：这个额度有效期一年，到2027年9月",),
        ("坐席：预约码有效期30分钟，评级有效期12个月",),
        ("客户：我买的YCWY090A，到期时间2027-03-15",),
        ("坐席：定期到期日11/28，本金50000",),
        ("坐席：您的卡2029年才到期呢", "客户：那45天免息期呢"),
        ("客户：后面三位排队的还要等多久，我是736号",),
        ("坐席：请在背面签名，一共3份", "客户：签了，花了180天"),
        ("客户：身份证后三位736，能查吗",),
        ("客户：我排736号", "坐席：前面还有12位，您别着急"),
    ],
)
def test_months_and_three_digits_of_anything_else_stay(lines: tuple[str, ...]) -> None:
    said = call(*lines)
    assert drop_secrets(said) is said
