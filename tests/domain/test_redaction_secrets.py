"""Class C3 is blanked before anything is stored: passwords, codes, CVN, a card's expiry, however they come up."""

import pytest

from seatmate.domain.redaction import BLANK, drop_secrets
from seatmate.testing.said import call


def stored(*lines: str) -> list[str]:
    return [utterance.text.replace(BLANK, "") for utterance in drop_secrets(call(*lines)).utterances]


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("客户：取款密码一直是幺二三四五六，没改过", "取款密码一直是，没改过"),
        ("客户：登录密码被我改成wang1234了", "登录密码被我改成了"),
        ("客户：密码六个八", "密码"),
        ("客户：验证码是五八三，然后九二一", "验证码是"),
        ("客户：【远川银行】583921（动态密码），请勿泄露", "【远川银行】（动态密码），请勿泄露"),
        ("客户：卡背面后三位是幺二三", "卡背面后三位是"),
        ("客户：卡片有效期是08/29", "卡片有效期是"),
        ("客户：他问我要验证码，我就报了583921", "他问我要验证码，我就报了"),
    ],
)
def test_a_secret_that_is_named_is_gone(said: str, left: str) -> None:
    assert stored(said) == [left]


def test_a_secret_that_is_asked_for_is_gone_in_pieces_and_read_back() -> None:
    lines = ["坐席：收到的验证码报一下", "客户：五八三", "客户：九二一", "坐席：583921对吗"]
    assert stored(*lines) == ["收到的验证码报一下", "", "", "对吗"]


def test_a_pause_before_the_answer_does_not_matter() -> None:
    assert stored("坐席：收到验证码了吗？", "客户：还没有", "坐席：再等一下", "客户：来了，583921")[3] == "来了，"


def test_a_secret_is_gone_wherever_else_it_is_said() -> None:
    assert stored("客户：我输的583921", "坐席：您说的是什么", "客户：验证码583921")[0] == "我输的"


@pytest.mark.parametrize(
    "lines",
    [
        ("坐席：密码连续输错3次会锁定，验证码60秒内有效",),
        ("坐席：修改密码请打95588或者959001",),
        ("坐席：验证码不要告诉别人", "客户：好，转5000块"),
        ("客户：密码忘了，手机13800138000",),
        ("坐席：您的产品有效期到2026年12月31日",),
        ("坐席：请输入验证码", "客户：我买了YCWY090A，63000元"),
        ("客户：验证码一直收不到", "坐席：您要存多少", "客户：存50000"),
    ],
)
def test_what_is_no_secret_is_stored_as_it_was_said(lines: tuple[str, ...]) -> None:
    said = call(*lines)
    assert drop_secrets(said) is said
