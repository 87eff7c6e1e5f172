"""In a conversation: numbers in pieces, read back, asked for; one number has one token, and the way back is exact."""

import string

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatmate.domain.calls import Conversation
from seatmate.domain.errors import BadInput
from seatmate.domain.redaction import Kind, drop_secrets, mask_conversation, redact_conversation, refuse_secrets, reveal
from seatmate.testing.said import call


def shown(*lines: str) -> list[str]:
    return [utterance.text for utterance in redact_conversation(call(*lines)).utterances]


def test_a_number_said_in_pieces_is_masked_in_each() -> None:
    assert shown(
        "客户：卡号是六二二八四八零", "坐席：嗯", "客户：四零二五六四八", "坐席：您继续", "客户：九零零一八"
    ) == [
        "卡号是⟦CARD⟧",
        "嗯",
        "⟦CARD⟧",
        "您继续",
        "⟦CARD⟧",
    ]


def test_pieces_are_found_without_a_label_when_they_check() -> None:
    assert shown("客户：110105", "客户：19491231", "客户：002X") == ["⟦ID⟧", "⟦ID⟧", "⟦ID⟧"]


@pytest.mark.parametrize(
    ("said", "left"),
    [
        ("卡号六二二六零九零零，诶等会儿啊，零三四一九二七八", "卡号⟦CARD⟧，诶等会儿啊，⟦CARD⟧"),
        ("卡号 6228 4804 等等有电话进来 好了 0256 4890 018", "卡号 ⟦CARD⟧ 等等有电话进来 好了 ⟦CARD⟧"),
        ("62284804，我看不清，02564890018", "⟦CARD⟧，我看不清，⟦CARD⟧"),
        ("身份证110105 哎你别闹 19491231002X", "身份证⟦ID⟧ 哎你别闹 ⟦ID⟧"),
        ("手机号一三九，喂听得到吗，零零零零四七二八", "手机号⟦PHONE⟧，喂听得到吗，⟦PHONE⟧"),
    ],
)
def test_talk_in_the_middle_of_a_number_does_not_break_it(said: str, left: str) -> None:
    assert shown(f"客户：{said}") == [left]


def test_an_interruption_in_an_utterance_of_its_own_does_not_break_it() -> None:
    lines = ["客户：6228 4804 0256", "坐席：嗯您说", "客户：等会儿啊，卡掉地上了", "坐席：不着急", "客户：4890 018"]
    assert [text for text in shown(*lines) if "⟦" in text] == ["⟦CARD⟧", "⟦CARD⟧"]


@pytest.mark.parametrize(
    "said",
    ["客服959000，私行959009，境外+86-10-0000-9590", "卡号尾号1234，转5000，再转30000，分12期", "卡里5000，转给他3200"],
)
def test_numbers_that_belong_to_nothing_are_not_joined(said: str) -> None:
    assert shown(f"坐席：{said}") == [said]


def test_what_one_begins_the_other_completes() -> None:
    assert shown("坐席：号码最前面是138吗", "客户：是，接着0013，8000") == ["号码最前面是⟦PHONE⟧吗", "是，接着⟦PHONE⟧"]


def test_what_is_read_back_in_pieces_is_masked_too() -> None:
    lines = shown("客户：手机13800138000", "坐席：幺三八零零，对吧", "客户：对", "坐席：后面幺三八零零零")
    assert lines == ["手机⟦PHONE⟧", "⟦PHONE⟧，对吧", "对", "后面⟦PHONE⟧"]


def test_a_piece_that_puts_right_is_masked() -> None:
    assert shown("客户：手机13800138000", "坐席：好的", "客户：不对，是8001")[2] == "不对，是⟦PHONE⟧"


def test_the_question_is_the_label_of_the_answer() -> None:
    assert shown("坐席：请报一下账号", "客户：310012345678") == ["请报一下账号", "⟦ACCOUNT⟧"]
    assert shown("坐席：请报一下订单号", "客户：6228480402564890018") == ["请报一下订单号", "6228480402564890018"]


def test_other_numbers_after_a_number_stay() -> None:
    lines = ["客户：手机13800138000", "坐席：尾号8000，转5000块，20261109到账", "客户：打959001，分36期"]
    assert shown(*lines)[1:] == [line[3:] for line in lines[1:]]


def test_one_number_has_one_token_in_a_conversation() -> None:
    masked = mask_conversation(
        call("客户：手机13800138000", "坐席：幺三八零零幺三八零零零对吗", "客户：对，我老婆的13900139000")
    )
    assert [u.text for u in masked.conversation.utterances] == [
        "手机⟦PHONE⟧",
        "⟦PHONE⟧对吗",
        "对，我老婆的⟦PHONE_B⟧",
    ]
    assert masked.values == {"⟦PHONE⟧": "13800138000", "⟦PHONE_B⟧": "13900139000"}
    assert "13800138000" not in repr(masked)


def test_tokens_are_letters_only_and_never_run_out() -> None:
    numbers = [f"139{n:08}" for n in range(60)]
    values = mask_conversation(call(*(f"客户：手机{number}" for number in numbers))).values
    assert len(values) == 60
    assert all(set(token) <= set(string.ascii_uppercase + "⟦⟧_") for token in values)


def test_a_secret_has_no_value() -> None:
    masked = mask_conversation(call("客户：密码是123456，手机13800138000"))
    assert set(masked.values) == {"⟦PHONE⟧"}
    with pytest.raises(BadInput):
        refuse_secrets({Kind.SECRET.token: "123456"})


words = [
    "密码是",
    "验证码报一下",
    "卡号",
    "我叫王建国",
    "13800138000",
    "6228480402564890018",
    "11010519491231002X",
    "123456",
    "文三路478号",
    "三个六",
    "不对",
]
pieces = st.lists(st.sampled_from([*words, *"零一二九幺点０１２9X客户的万，。 ＊嗯对"]), min_size=1, max_size=9).map(
    "".join
)
calls = st.lists(st.tuples(st.sampled_from(["坐席：", "客户："]), pieces), min_size=1, max_size=6).map(
    lambda lines: call("客户：您好", *(who + text for who, text in lines))
)


@given(calls)
def test_the_map_of_offsets_is_exact_both_ways(conversation: Conversation) -> None:
    stored = drop_secrets(conversation)
    masked = mask_conversation(conversation)
    for source, redacted in zip(stored.utterances, masked.utterances, strict=True):
        hidden = {at for span in redacted.spans for at in range(span.start, span.end)}
        for at in range(len(source.text) + 1):
            there = redacted.redacted_offset(at)
            assert 0 <= there <= len(redacted.text)
            if at not in hidden:
                assert redacted.source_offset(there) == at
                assert at == len(source.text) or source.text[at] == redacted.text[there]
        places = [redacted.source_offset(at) for at in range(len(redacted.text) + 1)]
        assert places == sorted(places)
        assert places[-1] == len(source.text)


@given(calls)
def test_the_spans_of_the_source_and_the_tokens_make_the_text(conversation: Conversation) -> None:
    stored = drop_secrets(conversation)
    for source, redacted in zip(stored.utterances, mask_conversation(conversation).utterances, strict=True):
        text = redacted.text
        for span, token in reversed(list(zip(redacted.spans, redacted.tokens, strict=True))):
            at = redacted.redacted_offset(span.start)
            assert text[at : at + len(token)] == token
            text = text[:at] + source.text[span.start : span.end] + text[at + len(token) :]
        assert text == source.text


@settings(max_examples=300, deadline=None)
@given(calls)
def test_masking_again_changes_nothing_and_values_come_back(conversation: Conversation) -> None:
    once = drop_secrets(conversation)
    assert drop_secrets(once) == once
    assert [len(u.text) for u in once.utterances] == [len(u.text) for u in conversation.utterances]
    masked = mask_conversation(conversation)
    assert mask_conversation(once) == masked
    for utterance in masked.conversation.utterances:
        assert "⟦PHONE" not in reveal(utterance.text, masked.values)
