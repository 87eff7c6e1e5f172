"""A one-time code is blanked also when nobody asked for it, or it comes in pieces; bare numbers of other talk stay."""

import pytest

from seatmate.domain.redaction import BLANK, drop_secrets
from seatmate.testing.said import call


def stored(*lines: str) -> list[str]:
    return [utterance.text.replace(BLANK, "") for utterance in drop_secrets(call(*lines)).utterances]


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("六位的那个，幺零七三二六，对不对", "六位的那个，，对不对"),
        ("那串数字是二二八零九幺", "那串数字是"),
        ("短信说773201，五分钟内有效", "短信说，五分钟内有效"),
        ("码是7731", "码是"),
        ("码来了，七七四九零零", "码来了，"),
        ("是不是要我报那六个数，幺零零二三四", "是不是要我报那六个数，"),
        ("动态口令前三位二二零，后三位九九幺", "动态口令前三位，后三位"),
        ("验证码，喂，五八，喂听见没，三九二幺", "验证码，喂，，喂听见没，"),
    ],
)
def test_a_code_needs_no_proper_name(said: str, left: str) -> None:
    assert stored(f"客户：{said}") == [left]


@pytest.mark.parametrize(
    ("said", "answer", "left"),
    [
        ("来了来了 三零九八四四", "这是验证码，您不要念", "来了来了 "),
        ("482 915", "您把验证码发出来了", ""),
        ("我收到个短信 660158 干嘛的", "验证码别跟任何人讲", "我收到个短信  干嘛的"),
        ("说是客服，要我念四四零七幺九", "那是验证码，钱转走了吗", "说是客服，要我念"),
        ("四位的8076", "那是验证码，别说", "四位的"),
        ("我念给你听啊，五零七七二三", "停停停，您别念", "我念给你听啊，"),
    ],
)
def test_what_is_called_a_code_afterwards_was_one(said: str, answer: str, left: str) -> None:
    assert stored(f"客户：{said}", f"坐席：{answer}") == [left, answer]


def test_digits_after_any_word_of_a_code_are_one_in_a_row_of_pieces() -> None:
    lines = ["坐席：短信里的数字您自己输就行。", "客户：三八", "客户：零二", "客户：九七 是这个吧"]
    assert stored(*lines)[1:] == ["", "", " 是这个吧"]


def test_murmurs_and_slips_between_the_pieces_do_not_matter() -> None:
    lines = [
        "坐席：验证码有没有收到",
        "客户：收到了",
        "坐席：嗯",
        "客户：幺二",
        "坐席：对",
        "客户：三四",
        "客户：不对，三五",
    ]
    assert stored(*lines)[3:] == ["", "对", "", "不对，"]


def test_the_first_piece_goes_too_and_so_does_a_pause() -> None:
    assert stored("客户：验证码是九九", "客户：对", "客户：八七", "客户：零幺") == ["验证码是", "对", "", ""]


@pytest.mark.parametrize("answer", ["有了，583921", "有，583921", "输入583921", "共六位，583921"])
def test_an_answer_with_a_code_is_no_amount(answer: str) -> None:
    assert stored("坐席：短信验证码收到没有", f"客户：{answer}")[1] == answer.removesuffix("583921")


def test_a_word_between_the_question_and_the_answer_does_not_close_it() -> None:
    lines = ["坐席：验证码报一下", "客户：等下", "坐席：就是短信里那个号码", "客户：五八三九二一"]
    assert stored(*lines)[3] == ""


def test_a_code_told_against_the_warning_is_gone() -> None:
    assert stored("坐席：验证码不要告诉我，您直接输", "客户：噢噢，九幺三三七零")[1] == "噢噢，"


@pytest.mark.parametrize(
    "lines",
    [
        ("坐席：验证码发到您尾号4728的手机了", "客户：我尾号是4729"),
        ("坐席：请输入金额", "客户：283915", "坐席：您自己输密码"),
        ("客户：我才存了3650", "坐席：您别这么说，慢慢来"),
        ("客户：短信说我那只217003涨了", "坐席：那是基金净值提醒"),
        ("坐席：收到短信没有", "客户：收到了，我转6800", "客户：959000发的"),
        ("坐席：安全码您知道吗", "客户：不知道", "坐席：那您卡里有3500吗", "客户：有的，3500"),
        ("坐席：密码连续输错会锁定", "坐席：工号5031为您服务", "坐席：您手机尾号4990，对吗"),
        ("坐席：短信验证过了", "坐席：分几期", "客户：12", "坐席：好", "客户：36"),
        ("客户：系统显示20260213有一笔扣款", "坐席：验证码请不要告诉别人"),
    ],
)
def test_bare_numbers_of_other_talk_stay(lines: tuple[str, ...]) -> None:
    said = call(*lines)
    assert drop_secrets(said) is said


def test_a_card_in_pieces_after_a_warning_is_a_card_and_no_code() -> None:
    for pieces in (
        ["客户：62284804", "客户：02564890018"],
        ["客户：第一段622848", "坐席：嗯", "客户：第二段040256", "坐席：嗯", "客户：第三段4890018"],
        ["客户：我手机啊，１７７", "坐席：嗯", "客户：４５９９１６", "坐席：还有四位", "客户：８３"],
    ):
        lines = ["坐席：密码验证码别往这发哈", *pieces]
        assert stored(*lines) == [line[3:] for line in lines]


def test_a_code_after_a_whole_number_is_one_all_the_same() -> None:
    lines = ["客户：手机13800138000", "坐席：短信发您了", "客户：三八", "客户：零二", "客户：九七"]
    assert stored(*lines)[2:] == ["", "", ""]
    assert stored(*lines[:2], "客户：五八三九二一")[2] == ""
