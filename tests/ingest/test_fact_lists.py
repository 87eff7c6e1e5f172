"""Bullets under bullets, labels in clauses, and values that their own words keep apart."""

import time

import pytest

from seatmate.domain.attributes import Attribute
from tests.ingest.test_fact_tables import CARD, of
from tests.ingest.test_facts import facts_in, of_a, stated

MIN, RATE = Attribute.MIN_AMOUNT, Attribute.RATE


@pytest.mark.parametrize(
    "text",
    [
        "普通客户1,000元起购，私行客户10万元起购。",
        "普通客户首次购买不低于1,000元，私行客户首次购买不低于10万元。",
        "- 门槛：普通客户1,000元起，私行客户10万元起",
        "- 起购金额\n  - 普通客户：1,000元\n  - 私行客户：10万元",
        "|项目|内容|\n|-|-|\n|起购金额（普通客户）|1,000元|\n|起购金额（私行客户）|10万元|",
        "|项目|普通客户|私行客户|\n|-|-|-|\n|起购金额|1,000元|10万元|",
    ],
)
def test_kinds_of_customers_keep_two_minima_apart_however_they_are_written(text: str) -> None:
    assert of(text, MIN) == {("普通客户", "amt:1000"), ("私行客户", "amt:100000")}


def test_a_clause_that_only_sets_the_channel_is_of_the_next_one() -> None:
    text = "通过手机银行申购的，单笔最低1元；通过网点申购的，单笔最低10,000元。"
    assert of(text, MIN) == {("手机银行", "amt:1"), ("网点", "amt:10000")}


def test_terms_in_a_list_keep_rates_apart() -> None:
    assert of("- 利率：1个月0.90%，6个月1.20%", RATE) == {("1个月", "pct:0.9"), ("6个月", "pct:1.2")}
    assert of("- 期限与利率\n  - 1个月：0.90%\n  - 6个月：1.20%", RATE) == {("1个月", "pct:0.9"), ("6个月", "pct:1.2")}


def test_spans_written_with_signs_are_tiers_whole() -> None:
    assert of("- 赎回费：T<7日 1.50%；7日≤T<30日 0.10%；T≥30日 0", Attribute.FEE_REDEMPTION) == {
        ("T<7日", "pct:1.5"),
        ("7日≤T<30日", "pct:0.1"),
        ("T≥30日", "pct:0"),
    }


def test_a_bound_of_a_rate_is_no_rate_for_any_kind_of_customer() -> None:
    assert facts_in("- 利率：优质客户3.20%起，普通客户最低3.60%") == []


def test_headings_that_name_kinds_are_conditions() -> None:
    text = "# 某贷\n\n## 一、受薪客户\n\n- 额度：最高50万元\n\n## 二、小微客户\n\n- 额度：最高100万元"
    assert of(text, Attribute.CREDIT_LIMIT) == {("受薪客户", "amt:500000"), ("小微客户", "amt:1000000")}


def test_words_over_repeated_labels_are_kinds_and_the_list_may_go_on_without_them() -> None:
    text = "- 公务员\n  - 额度：最高100万元\n- 国企员工\n  - 额度：最高60万元\n- 期限：最长5年"
    assert of(text, Attribute.CREDIT_LIMIT) == {("公务员", "amt:1000000"), ("国企员工", "amt:600000")}
    assert of(text, Attribute.TERM) == {("", "term:60m")}


def test_what_may_still_be_under_a_kind_states_nothing() -> None:
    assert of("- 手机银行：\n  - 起购金额：100元\n- 管理费：0.2%", MIN) == set()


def test_several_values_whose_kinds_nobody_can_read_state_nothing() -> None:
    assert facts_in("整存整取起存金额仍为50元，七天通知存款起存金额仍为50,000元。") == []
    assert of("|场景|起购金额|\n|-|-|\n||1元|\n||100元|", MIN) == set()


def test_a_table_against_prose_is_kept_to_be_disputed() -> None:
    text = "|项目|内容|\n|-|-|\n|起购金额|1万元|\n\n首次购买50,000元起。"
    assert of(text, MIN) == {("", "amt:10000"), ("", "amt:50000")}


def test_labels_inside_a_clause_and_behind_its_number() -> None:
    text = (
        "第六条（费用） （一）固定管理费：按前一日净资产的0.20%年费率计提；（二）托管费：0.015%；不设申购费、赎回费。"
    )
    found = of_a(text)
    assert (found["fee_management"], found["fee_custody"]) == ("pct:0.2", "pct:0.015")
    assert (found["fee_purchase"], found["fee_redemption"]) == ("pct:0", "pct:0")
    assert of_a("第七条（业绩比较基准） 年化2.40%~3.00%。")["benchmark"] == "pct:2.4~pct:3"


def test_an_arrow_is_a_change() -> None:
    found = {(f.value, f.validity.since is None) for f in facts_in("1. 销售服务费：0.30%/年→0.25%/年；")}
    assert found == {("pct:0.3", True), ("pct:0.25", False)}


def test_an_answer_about_a_product_nobody_knows_is_nobodys() -> None:
    text = "Q：大额存单第3期多少起？\n\nA：20万元起存。"
    assert facts_in(text, ("YCWY090A", "HYWY090")) == []


def test_a_sentence_that_names_no_product_is_not_of_a_card_and_a_fund_alike() -> None:
    assert stated("起购金额为100元。", ("YCWY090A", "YCXK01")) == set()
    assert {code for code, *_ in stated("以上产品起购金额均为100元。", ("YCWY090A", "YCXK01"))} == {
        "YCWY090A",
        "YCXK01",
    }


def test_a_products_own_value_wins_over_a_general_one() -> None:
    text = "远川稳盈90天A的起购金额为1元。\n\n起购金额为100元。"
    assert ("YCWY090A", "min_amount", "amt:1", "") in stated(text, ("YCWY090A", "YCWY090C"))
    assert ("YCWY090A", "min_amount", "amt:100", "") not in stated(text, ("YCWY090A", "YCWY090C"))


def test_words_of_a_condition_keep_their_figures() -> None:
    assert of("- 申请条件：年满22周岁，信用良好", Attribute.ELIGIBILITY, CARD) == {("", "年满22周岁")}


@pytest.mark.parametrize(
    "text",
    [
        "- 起购　1万元\n- 风险等级　R2",
        "【起购】1万元起，1千元递增 【风险】R2",
        "起购 1万元\n\n风险等级 R2\n\n管理费 0.2%",
    ],
)
def test_a_label_needs_no_colon(text: str) -> None:
    assert (of_a(text)["min_amount"], of_a(text)["risk_level"]) == ("amt:10000", "level:R2")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("起购金额（新客）为100元，起购金额（老客）为1万元。", {("新客", "amt:100"), ("老客", "amt:10000")}),
        ("- 起购金额：100元（手机银行）、1万元（柜面）", {("手机银行", "amt:100"), ("柜面", "amt:10000")}),
        ("起购金额为1万元，其中手机银行渠道起购金额为100元。", {("", "amt:10000"), ("手机银行渠道", "amt:100")}),
        ("乡村振兴版起购金额为1元。", {("乡村振兴版", "amt:1")}),
        ("定投起点100元，首次购买起点1万元，追加起点1千元。", {("定投", "amt:100"), ("", "amt:10000")}),
    ],
)
def test_a_minimum_has_the_kind_that_stands_before_or_behind_it(text: str, expected: set[tuple[str, str]]) -> None:
    assert of(text, MIN) == expected


def test_a_kind_may_be_written_with_a_figure() -> None:
    assert of("年利率：首套房3.05%，二套房3.55%", RATE) == {("首套房", "pct:3.05"), ("二套房", "pct:3.55")}


def test_the_money_of_a_tier_is_no_fee() -> None:
    text = "申购费：100万元以下1.2%；100-500万元0.8%；500万元以上每笔1000元"
    assert of(text, Attribute.FEE_PURCHASE) == {
        ("100万元以下", "pct:1.2"),
        ("100-500万元", "pct:0.8"),
        ("500万元以上", "amt:1000"),
    }


def test_of_a_list_of_rates_beside_a_list_of_terms_none_is_taken() -> None:
    assert of("本存单期限分为1个月、3个月、6个月三档，对应年利率为1.0%、1.1%、1.3%。", RATE) == set()


def test_what_a_customer_must_have_is_no_minimum() -> None:
    table = "|等级|门槛（月日均资产）|年费|\n|-|-|-|\n|金卡|5万元|10元|\n|白金|50万元|20元|"
    assert of(table, MIN) == set()
    assert of(table, Attribute.FEE_ANNUAL) == {("金卡", "amt:10"), ("白金", "amt:20")}


def test_thousands_of_labels_and_tiers_do_not_take_long() -> None:
    began = time.perf_counter()
    for text in ("【起购】1元" * 8_000, "起购金额：" + "手机银行1元，" * 8_000, "申购费：" + "100万元以下1%；" * 8_000):
        facts_in(text)
    assert time.perf_counter() - began < 20
