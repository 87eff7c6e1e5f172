"""What the talk around some words does to them: rules of language, the same for every compliance rule."""

from collections.abc import Callable

import pytest

RulesOf = Callable[..., list[str]]


@pytest.mark.parametrize(
    ("scope", "harmless", "breach"),
    [
        ("negation", "理财不能保证收益。", "理财我们保证收益。"),
        ("what only looks like one", "这款不是没风险。", "不瞒您说，这款没风险。"),
        ("denial afterwards", "内部额度这种话都别信。", "这是我手里的内部额度。"),
        ("other people's words", "中介说有内部额度的您别理。", "我说，这是内部额度。"),
        ("quotation", "您问的「稳赚」不能这么说。", "这款稳赚的。"),
        ("question", "您是想问保不保本是吗？", "这款保本。"),
        ("supposition", "假设年化肯定到4%，也还要扣费用。", "年化肯定到4%，您放心。"),
        ("one's own correction", "更正一下，刚才说稳赚是我说错了。", "刚才说了，稳赚的。"),
    ],
)
def test_it_takes_a_statement_back_and_a_bare_statement_stands(
    rules_of: RulesOf, scope: str, harmless: str, breach: str
) -> None:
    assert rules_of(harmless) == [], scope
    assert rules_of(breach) != [], scope


def test_somebody_elses_error_is_no_correction_of_ones_own(rules_of: RulesOf) -> None:
    assert rules_of("网上那都是瞎说的，这款稳赚。") == ["promise_return"]


def test_regret_in_the_same_breath_does_not_undo_a_threat(rules_of: RulesOf) -> None:
    assert rules_of("我不该这么说，可您再不还我们就联系你单位领导了。") == ["collection_conduct"]


def test_words_are_understood_as_they_were_meant_when_misheard(rules_of: RulesOf) -> None:
    assert rules_of("双路就不做了，我给您走普通流程。") == ["dual_record_flow"]


def test_a_victim_speaks_for_himself_and_not_for_his_neighbour(rules_of: RulesOf) -> None:
    assert rules_of("您好。", "他让我把钱转到安全账户。") == ["fraud_signal"]
    assert rules_of("您好。", "我听说楼上阿姨被骗了，钱转到安全账户。") == []
