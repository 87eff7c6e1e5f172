"""Seatmate itself may not say what an agent may not."""

from seatmate.compliance.answer import check_answer
from seatmate.compliance.rules import RulePack
from seatmate.compliance.shelf import Shelf
from seatmate.compliance.suitability import Offered
from seatmate.domain.calls import MAX_UTTERANCE_CHARS, Customer, RiskTolerance


def rules(pack: RulePack, text: str) -> list[str]:
    return [hit.rule.partition("@")[0] for hit in check_answer(pack, text)]


def test_an_answer_is_judged_as_an_agents_words(pack: RulePack) -> None:
    assert rules(pack, "该产品保本，到期肯定能到4%。") == ["principal_guarantee", "promise_return"]
    assert rules(pack, "该产品不保本，业绩比较基准不代表实际收益。") == []


def test_a_benchmark_needs_its_words_of_risk_in_the_answer_itself(pack: RulePack) -> None:
    quoted = "稳盈90天的业绩比较基准为2.30%至2.80%。"
    assert rules(pack, quoted) == ["risk_not_disclosed"]
    assert rules(pack, quoted + "理财产品不保本，业绩比较基准不代表实际收益。") == []


def test_rules_for_customers_do_not_judge_an_answer(pack: RulePack) -> None:
    assert rules(pack, "客户称被要求把钱转到安全账户时，应立即劝阻并上报；可拨打12378投诉。") == []


def test_evidence_is_the_answers_own_words(pack: RulePack) -> None:
    [hit] = check_answer(pack, "您好。这款保本的。")
    assert (hit.evidence[0].utt_id, hit.evidence[0].quote) == ("answer.1", "这款保本的")


def test_suitability_is_judged_when_the_customer_is_known(pack: RulePack) -> None:
    text = "建议您考虑稳盈365天，产品有风险。"
    shelf = Shelf({"稳盈365天": Offered(3)})
    assert check_answer(pack, text, shelf=shelf) == []
    [hit] = check_answer(pack, text, customer=Customer(risk_level=RiskTolerance.C2), shelf=shelf)
    assert hit.rule == "mismatch_sale@4"


def test_a_blank_answer_says_nothing_and_a_long_one_is_read_to_its_end(pack: RulePack) -> None:
    assert check_answer(pack, " \n") == []
    [hit] = check_answer(pack, "。" * MAX_UTTERANCE_CHARS + "这款保本的。")
    assert hit.evidence[0].utt_id == "answer.2"
