"""Names and addresses are masked where the words around say that one comes; what names nobody stays."""

import pytest

from seatmate.domain.redaction import redact, redact_conversation
from seatmate.testing.said import call


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("我叫王建国，查下余额", "我叫⟦NAME⟧，查下余额"),
        ("户名是欧阳小敏", "户名是⟦NAME⟧"),
        ("请问您是李梅本人吗", "请问您是⟦NAME⟧本人吗"),
        ("陈志强先生您好", "⟦NAME⟧先生您好"),
        ("您是蒋一帆先生本人吗", "您是⟦NAME⟧先生本人吗"),
        ("帮诸葛大力先生问一下", "帮⟦NAME⟧先生问一下"),
        ("付款人 尉迟明远 ，金额", "付款人 ⟦NAME⟧ ，金额"),
        ("钟离雪女士您的定期", "⟦NAME⟧女士您的定期"),
        ("我姓付，付建军，不是傅", "我姓付，⟦NAME⟧，不是傅"),
        ("去你们中山路支行就行，家在解放巷18号5号楼2门301", "去你们中山路支行就行，家在⟦ADDRESS⟧"),
        ("住址和平里东街3号院7号楼1门10号", "住址⟦ADDRESS⟧"),
        ("我住在浙江省杭州市西湖区文三路478号3单元502，寄到家", "我住在⟦ADDRESS⟧，寄到家"),
        ("寄到阳光小区三栋二单元五零一吧", "寄到⟦ADDRESS⟧吧"),
    ],
)
def test_a_name_or_an_address_becomes_its_token(said: str, shown: str) -> None:
    assert redact(said).text == shown


@pytest.mark.parametrize(
    "said",
    [
        "王女士您好，我是客户经理",
        "我是老客户，高先生介绍来的",
        "我想办金卡，安全第一",
        "我在深圳工作，家在广州",
        "网点在人民路88号，你们支行几点开门",
        "给我孙子也办一张",
        "好的，欧阳先生",
        "关于李先生的贷款，周末陈女士来办",
        "我姓王，王女士",
        "我行地址人民路88号，电话959001",
    ],
)
def test_what_names_nobody_stays(said: str) -> None:
    assert redact(said).text == said


def test_an_answer_to_a_question_for_a_name_is_one() -> None:
    shown = redact_conversation(call("坐席：怎么称呼您", "客户：谭秀云，秀丽的秀", "坐席：谭秀云是吧"))
    assert [u.text for u in shown.utterances][1:] == ["⟦NAME⟧，⟦NAME_B⟧", "⟦NAME⟧是吧"]


def test_an_answer_to_a_question_for_an_address_needs_no_house() -> None:
    shown = redact_conversation(call("坐席：您的住址是哪里", "客户：西湖区文三路"))
    assert shown.utterances[1].text == "⟦ADDRESS⟧"
