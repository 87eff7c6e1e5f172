"""Hits carry the exact words; what takes a statement back takes the hit back."""

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatmate.compliance.clauses import clauses, fold
from seatmate.compliance.match import find_hits
from seatmate.compliance.rules import RulePack
from seatmate.compliance.shelf import Shelf
from seatmate.compliance.suitability import Offered
from seatmate.domain.calls import Customer, RiskTolerance, Speaker, Utterance
from seatmate.domain.evidence import is_exact
from seatmate.testing.call_contract import conversation


@pytest.mark.parametrize(
    "harmless",
    [
        "这款不保本。",
        "业绩比较基准不等于实际收益。",
        "不是说一定能到4%，要看市场。",
        "如果有人跟您说肯定能赚到10%，那多半是骗子。",
        "更正一下，刚才说保本是我说错了，理财都不保本。",
        "您是想问保不保本是吗？",
    ],
)
def test_a_statement_taken_back_is_no_breach(rules_of: Callable[..., list[str]], harmless: str) -> None:
    assert rules_of(harmless) == []


def test_a_hit_quotes_the_clause_exactly_also_in_traditional_characters(pack: RulePack) -> None:
    call = conversation("C-1", "您好，這款絕對能拿到4.2%，您放心。")
    [hit] = find_hits(pack, call)
    assert (hit.rule, hit.evidence[0].quote) == ("promise_return@3", "這款絕對能拿到4.2%")
    assert is_exact(hit.evidence[0], call)


def test_the_customer_may_say_what_an_agent_may_not(rules_of: Callable[..., list[str]]) -> None:
    assert rules_of("您好。", "这款保本的吧，肯定能到4%") == []


def test_a_product_above_the_customers_tolerance_is_a_mismatch_and_one_within_is_not(pack: RulePack) -> None:
    said = conversation("C-1", "这款R3的您可以考虑一下。")
    for level, wanted in ((RiskTolerance.C2, ["mismatch_sale@4"]), (RiskTolerance.C3, []), (None, [])):
        call = said.model_copy(update={"customer": Customer(risk_level=level)})
        assert [hit.rule for hit in find_hits(pack, call)] == wanted


def test_a_benchmark_without_any_word_of_risk_is_found_once(rules_of: Callable[..., list[str]]) -> None:
    quoted = "这款业绩比较基准是百分之二点八到三点六。"
    assert rules_of(quoted, "哦", "基准百分之二点八哦") == ["risk_not_disclosed"]
    assert rules_of(quoted, "哦", "产品有风险，不保本。") == []


def test_a_rule_fires_once_an_utterance(rules_of: Callable[..., list[str]]) -> None:
    assert rules_of("保本的，肯定保本，亏不了。", "嗯", "真的保本。") == ["principal_guarantee"] * 2


@given(st.text(alphabet="保本，。 不3.05%,：萬嗎a？", max_size=30))
def test_folding_and_cutting_keep_every_offset(text: str) -> None:
    assert len(fold(text)) == len(text)
    at = 0
    for start, end in clauses(text):
        assert at <= start < end <= len(text)
        at = end


def test_an_agent_who_agrees_that_it_is_safe_says_so_himself(rules_of: Callable[..., list[str]]) -> None:
    assert rules_of("您好。", "那就是保本的呗？", "对，可以这么理解。") == ["principal_guarantee"]
    assert rules_of("您好。", "那就是保本的呗？", "不是的，净值会波动。") == []
    assert rules_of("您好。", "存单安全吧？", "安全的，您放心。") == []


def test_a_deposit_may_be_promised_its_rate(rules_of: Callable[..., list[str]]) -> None:
    assert rules_of("三年期定期，到期肯定有1.80%。") == []
    assert rules_of("稳盈这款，到期肯定有3.80%。") == ["promise_return"]


def test_calling_a_product_a_deposit_is_no_talk_of_deposits(rules_of: Callable[..., list[str]]) -> None:
    assert rules_of("这款理财说白了就是个定期。") == ["product_confusion"]
    assert rules_of("大额存单说白了就是个定期存款。") == []


def test_risk_that_was_told_of_another_product_was_not_told_of_this_one(pack: RulePack) -> None:
    shelf = Shelf({"稳盈365天": Offered(3), "安享日开": Offered(1)})
    quoted = "稳盈365天业绩比较基准2.80%到3.60%。"
    for told, wanted in (("安享日开不保本。", ["risk_not_disclosed@4"]), ("稳盈365天不保本。", []), ("不保本。", [])):
        call = conversation("C-1", quoted, "哦", told)
        assert [hit.rule for hit in find_hits(pack, call, shelf)] == wanted


def test_a_recording_that_was_finished_names_all_that_it_lacks(pack: RulePack) -> None:
    said = conversation("C-1", "工号271，全程录音录像，请出示身份证。", "明白", "这款R3，我行发行，可能损失本金。")
    ended = Utterance(utt_id="u9", speaker=Speaker.SYSTEM, text="双录结束")
    call = said.model_copy(update={"scenario": "dual_recording", "utterances": (*said.utterances, ended)})
    [hit] = find_hits(pack, call)
    assert (hit.rule, hit.evidence[-1].utt_id) == ("dual_record_flow@4", "u3")
    assert hit.verdict.endswith("缺费用")
    aborted = ended.model_copy(update={"text": "双录终止，未完成"})
    assert find_hits(pack, call.model_copy(update={"utterances": (*said.utterances, aborted)})) == []
