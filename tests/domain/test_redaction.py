"""Personal numbers are found as people say and write them, offsets stay true, and a secret is never stored."""

import random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from seatmate.domain.calls import Conversation
from seatmate.domain.personal.kinds import Kind
from seatmate.domain.redaction import (
    BLANK,
    drop_secrets,
    find_personal,
    mask_conversation,
    redact,
    redact_conversation,
)
from seatmate.testing.said import call


def texts(conversation: Conversation) -> list[str]:
    return [utterance.text for utterance in conversation.utterances]


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("我身份证是11010519491231002X谢谢", "我身份证是⟦ID⟧谢谢"),
        ("身份证１１０１０５１９４９１２３１００２Ｘ", "身份证⟦ID⟧"),
        ("幺幺零幺零五 幺九四九 幺二三一 零零二X", "⟦ID⟧"),
        ("卡号6228480402564890018到了", "卡号⟦CARD⟧到了"),
        ("6228 4804 0256 4890 018", "⟦CARD⟧"),
        ("卡号六二二八四八零四零二五六四八九零零一八", "卡号⟦CARD⟧"),
        ("手机13800138000可以", "手机⟦PHONE⟧可以"),
        ("打138，0013，8000", "打⟦PHONE⟧"),
        ("幺三八零零幺三八零零零", "⟦PHONE⟧"),
        ("+8613800138000", "+⟦PHONE⟧"),
        ("密码是123456", "密码是⟦SECRET⟧"),
        ("密码abc12345", "密码⟦SECRET⟧"),
        ("验证码收到了，五八三九二一", "验证码收到了，⟦SECRET⟧"),
        ("卡背面后三位是123", "卡背面后三位是⟦SECRET⟧"),
        ("来电13800138000，密码是123456", "来电⟦PHONE⟧，密码是⟦SECRET⟧"),
        ("583921这个是验证码", "⟦SECRET⟧这个是验证码"),
    ],
)
def test_a_personal_number_becomes_its_token(said: str, shown: str) -> None:
    assert redact(said).text == shown


@pytest.mark.parametrize(
    "said",
    [
        "10,000元存一年，13,000，500,000也行",
        "密码是6位数字，输错5次就锁了，验证码60秒有效",
        "修改密码请打95588或959000",
        "订单号202611231234567890",
        "二零二六年十一月十二日，两万五千元",
        "卡号尾号1234",
        "YCWY180A业绩比较基准2.45%到2.85%",
    ],
)
def test_other_numbers_stay(said: str) -> None:
    assert redact(said).text == said


def test_a_card_with_a_misheard_digit_is_still_a_card_where_a_word_says_so() -> None:
    wrong = "6228480402564890019"
    assert redact(wrong).text == wrong
    assert redact(f"银行卡{wrong}").text == "银行卡⟦CARD⟧"


def test_a_random_order_number_is_hardly_ever_an_id() -> None:
    digits = random.Random(1)
    numbers = ["".join(digits.choice("0123456789") for _ in range(18)) for _ in range(2_000)]
    assert sum(any(span.kind == "ID" for span in find_personal(number)) for number in numbers) < 5


def test_a_secret_is_blanked_in_place_before_it_is_stored() -> None:
    stored = drop_secrets(call("客户：密码是123456，卡号6228480402564890018"))
    assert texts(stored) == [f"密码是{BLANK * 6}，卡号6228480402564890018"]


def test_a_secret_is_one_also_when_the_question_came_before() -> None:
    stored = drop_secrets(call("坐席：您收到的验证码报一下？", "客户：583921", "坐席：好的，转5000块是吧"))
    assert texts(stored)[1:] == [BLANK * 6, "好的，转5000块是吧"]


def test_a_warning_does_not_make_the_next_number_a_secret() -> None:
    said = call("坐席：验证码千万不要告诉别人。", "客户：好，尾号是1234的卡")
    assert drop_secrets(said) is said


def test_what_is_stored_hashes_as_it_is_stored_and_dropping_twice_changes_nothing() -> None:
    once = drop_secrets(call("客户：我密码是一二三四五六"))
    assert drop_secrets(once) == once
    assert drop_secrets(once).transcript_sha256 == once.transcript_sha256


def test_a_model_reads_neither_secrets_nor_numbers() -> None:
    shown = redact_conversation(call("客户：密码是123456，手机13800138000"))
    assert texts(shown) == [f"密码是{BLANK * 6}，手机⟦PHONE⟧"]


TOKEN_LETTERS = frozenset("".join(kind.token for kind in Kind))
words = ["密码是", "卡号", "身份证", "13800138000", "6228480402564890018", "11010519491231002X", "123456"]
pieces = st.sampled_from([*words, *"零一二九幺点０１２9X客户的万， "])


@given(st.lists(pieces, max_size=12).map("".join))
@example("万一一")  # a name
def test_offsets_are_true_whatever_is_said(text: str) -> None:
    redacted = redact(text)
    at = 0
    rebuilt = ""
    for span in redacted.spans:
        assert at <= span.start < span.end <= len(text)
        rebuilt += text[at : span.start] + span.kind.token
        at = span.end
    assert redacted.text == rebuilt + text[at:]
    for offset in range(len(redacted.text)):
        source = redacted.source_offset(offset)
        assert 0 <= source < max(len(text), 1)
        if redacted.text[offset] not in TOKEN_LETTERS:
            assert redacted.text[offset] == text[source]


@given(st.lists(pieces, min_size=1, max_size=12).map("".join))
def test_blanking_keeps_the_length(text: str) -> None:
    said = call(f"客户：{text}x")
    assert len(texts(drop_secrets(said))[0]) == len(text) + 1


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("動態碼 882211", "動態碼 ⟦SECRET⟧"),
        ("麻煩寄到海淀區中關村大街27號院3號樓502室", "麻煩寄到⟦ADDRESS⟧"),
        ("我叫歐陽建國，聯繫電話一三八零零一三八零零零", "我叫⟦NAME⟧，聯繫電話⟦PHONE⟧"),
    ],
)
def test_traditional_characters_hide_nothing(said: str, shown: str) -> None:
    assert redact(said).text == shown


def test_what_a_token_stands_for_is_as_it_was_written() -> None:
    lines = "坐席：請問您貴姓", "客户：我叫張偉國", "坐席：收到驗證碼了嗎，請報一下", "客户：五五二八九零"
    masked = mask_conversation(call(*lines))
    assert texts(masked.conversation) == ["請問您貴姓", "我叫⟦NAME⟧", "收到驗證碼了嗎，請報一下", "＊＊＊＊＊＊"]
    assert masked.values == {"⟦NAME⟧": "張偉國"}
