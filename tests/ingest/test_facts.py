"""What documents state of products: whose it is, what it is worth, under which condition, and where it stands."""

import time
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seatmate.domain.attributes import Attribute
from seatmate.domain.facts import ProductFact
from seatmate.domain.knowledge import DocumentVersion, Product, Validity
from seatmate.ingest.disagreements import disagreements
from seatmate.ingest.facts import facts_of
from seatmate.ingest.formats.from_markdown import read_markdown
from seatmate.ingest.pieces import join
from tests.bench.facts import OTHERS, WEEKS, Bank, Gold, against_gold, bank, gold, other

A = Product("YCWY090A", "远川稳盈90天A", ("稳盈90A",))
C = Product("YCWY090C", "远川稳盈90天C", ("稳盈90C",))
LONG = Product("YCWY180A", "远川稳盈180天A")
OTHER = Product("HYWY090", "海岳稳盈90天")
CARD = Product("YCXK01", "远川金卡")
ALL = (A, C, LONG, OTHER, CARD)
OF_A = ("YCWY090A",)
SINCE = Validity.of_days(date(2026, 11, 9), None)


def facts_in(text: str, codes: tuple[str, ...] = OF_A, validity: Validity = SINCE) -> list[ProductFact]:
    read = join(read_markdown(text))
    document = DocumentVersion(
        "d", "v", "d.md", "说明", "产品说明书", codes, ("retail",), validity, None, None, read.text
    )
    facts = facts_of(document, read.blocks, ALL)
    assert all(document.text[f.start : f.end] == f.quote and f.raw in f.quote for f in facts)
    return facts


def stated(text: str, codes: tuple[str, ...] = OF_A) -> set[tuple[str, str, str, str]]:
    return {(f.product_code, f.attribute.value, f.value, f.condition) for f in facts_in(text, codes)}


def of_a(text: str) -> dict[str, str]:
    return {f.attribute.value: f.value for f in facts_in(text) if f.product_code == A.code}


@pytest.mark.parametrize(
    ("text", "attribute", "value"),
    [
        ("首次购买10,000元起，追加以1,000元为最低金额。", "min_amount", "amt:10000"),
        ("首次购买10,000元起，追加以1,000元为最低金额。", "additional_amount", "amt:1000"),
        ("起购金额：1万元", "min_amount", "amt:10000"),
        ("1元即可起购，没有门槛。", "min_amount", "amt:1"),
        ("内部风险评级为R2（中低风险）。", "risk_level", "level:R2"),
        ("适合风险测评结果为C2稳健型及以上的个人客户。", "eligibility", "level:C2"),
        ("业绩比较基准为年化2.30%–2.80%。", "benchmark", "pct:2.3~pct:2.8"),
        ("参照2026年9月末各类资产收益水平，扣除费用后测算得出。", "benchmark_basis", "date:2026-09"),
        ("每个工作日均可申购。", "opening_days", "每个工作日"),
        ("申购于T+1确认份额。", "purchase_confirmation", "t:1"),
        ("满90天后可以赎回，T+1确认，资金T+2到账。", "redemption_confirmation", "t:1"),
        ("满90天后可以赎回，T+1确认，资金T+2到账。", "redemption_arrival", "t:2"),
        ("封闭364天，2027年11月8日到期。", "term", "term:364d"),
        ("封闭364天，2027年11月8日到期。", "maturity", "date:2027-11-08"),
        ("本产品不保本、不保证收益。", "principal_protection", "不保本"),
        ("持有期内不能赎回。", "redemption_rule", "持有期内不可赎回"),
        ("无最短持有期。", "holding_period", "term:0d"),
        ("赎回费为0。", "fee_redemption", "pct:0"),
        ("赎回费：免收", "fee_redemption", "pct:0"),
        ("赎回费：0%", "fee_redemption", "pct:0"),
        ("本产品由远川银行股份有限公司自主发行。", "issuer", "远川银行股份有限公司"),
        (
            "募集期：2026年10月26日9:00至2026年11月6日17:00",
            "raising_period",
            "date:2026-10-26T09:00~date:2026-11-06T17:00",
        ),
    ],
)
def test_a_sheets_sentences_and_lines_state_values_in_one_spelling(text: str, attribute: str, value: str) -> None:
    assert of_a(text)[attribute] == value


@pytest.mark.parametrize(
    "text",
    [
        "例如，首次购买10,000元起的产品。",
        "以远川稳盈90天A为例：\n\n“业绩比较基准是年化2.30%到2.80%，起购金额10,000元。”",
        "客户持有20万元，想再买5万元。",
        "单户持有上限500万元，快速赎回单日10,000元以内实时到账。",
        "赎回费为0的产品，仍须遵守最短持有期。",
        "原业绩比较基准3.00%自同日起不再适用。",
        "上一封闭期业绩比较基准为3.10%。",
        "业绩报酬：年化收益率超过4.80%的部分，管理人提取20%。",
        "债券类资产占80%–100%、货币市场工具占0–20%。",
        "管理费率高于稳盈90天系列，业绩比较基准不在本次调整范围内。",
        "年利率（单利）：5.40%起",
        "撤单资金T+1到账。",
    ],
)
def test_examples_customers_money_and_other_limits_state_nothing(text: str) -> None:
    assert facts_in(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "本产品风险等级为R3；远川稳盈90天A和C的风险等级为R2。",
            {("HYWY090", "level:R3"), ("YCWY090A", "level:R2"), ("YCWY090C", "level:R2")},
        ),
        ("与远川稳盈90天A不同，本产品风险等级为R3。", {("HYWY090", "level:R3")}),
        ("稳盈90天系列的风险等级为R2。", set()),
        (
            "另有远川稳盈90天A（YCWY090A，R2）和远川稳盈180天A（YCWY180A，R3）。",
            {("YCWY090A", "level:R2"), ("YCWY180A", "level:R3")},
        ),
        ("请看远川稳盈90天A。其风险等级为R2。", set()),
    ],
)
def test_a_sentence_that_names_another_product_is_that_products(text: str, expected: set[tuple[str, str]]) -> None:
    assert {(f.product_code, f.value) for f in facts_in(text, ("HYWY090",))} == expected


def test_a_share_class_is_the_one_of_the_series_that_is_spoken_of() -> None:
    text = "远川稳盈90天A与C费率不同：A类销售服务费0.20%，C类销售服务费0.25%，高于A类的0.20%。"
    assert stated(text, ("YCWY090A", "YCWY090C", "HYWY090")) == {
        ("YCWY090A", "fee_sales", "pct:0.2", ""),
        ("YCWY090C", "fee_sales", "pct:0.25", ""),
    }


def test_a_row_is_the_product_that_it_names() -> None:
    told = "与C类相比更稳健；海岳稳盈90天风险等级为R3，稳盈90天系列风险等级为R2"
    table = f"|项目|内容|\n|-|-|\n|区别|{told}|\n|风险等级|R2|"
    assert stated(table) == {("HYWY090", "risk_level", "level:R3", ""), ("YCWY090A", "risk_level", "level:R2", "")}


def test_a_row_of_a_list_whose_product_nobody_knows_states_nothing() -> None:
    table = "|产品名称|风险等级|起购金额|\n|-|-|-|\n|江月飞享9号|R4|1元|\n|海岳稳盈90天|R3|1,000元|"
    assert {code for code, *_ in stated(table, ("YCWY090A", "HYWY090"))} == {"HYWY090"}


def test_a_label_of_two_attributes_gives_each_its_own_value() -> None:
    text = "|项目|内容|\n|-|-|\n|起购/追加|10,000元起购，追加1,000元起|\n|赎回确认与到账|T+1确认，T+2到账|"
    assert stated(text) == {
        ("YCWY090A", "min_amount", "amt:10000", ""),
        ("YCWY090A", "additional_amount", "amt:1000", ""),
        ("YCWY090A", "redemption_confirmation", "t:1", ""),
        ("YCWY090A", "redemption_arrival", "t:2", ""),
    }


def test_a_rate_has_the_term_of_its_row_for_condition() -> None:
    table = "|子代码|期限|年利率|起存金额|\n|-|-|-|-|\n|YCWY090A-12M|1年|1.60%|20万元|\n|YCWY090A-36M|3年|2.00%|20万元|"
    rates = {(f.condition, f.value) for f in facts_in(table) if f.attribute is Attribute.RATE}
    assert rates == {("1年", "pct:1.6"), ("3年", "pct:2")}


def test_a_penalty_has_the_time_it_takes_for_condition() -> None:
    text = "放款满12个月的免违约金；未满12个月的，收取提前还款本金的1%。"
    assert stated(text) == {
        ("YCWY090A", "penalty", "pct:0", "放款满12个月"),
        ("YCWY090A", "penalty", "pct:1", "未满12个月"),
    }


def test_a_column_for_each_product_or_kind() -> None:
    table = "|比较项目|远川稳盈90天A|海岳稳盈90天|\n|-|-|-|\n|起购金额（元）|10,000|1,000|"
    assert stated(table, ()) == {("YCWY090A", "min_amount", "amt:10000", ""), ("HYWY090", "min_amount", "amt:1000", "")}
    kinds = "|事项|账单分期|消费分期|\n|-|-|-|\n|起点金额（元）|500|600|"
    assert {(f.condition, f.value) for f in facts_in(kinds, ("YCXK01",))} == {
        ("账单分期", "amt:500"),
        ("消费分期", "amt:600"),
    }


@pytest.mark.parametrize(
    "text",
    [
        "业绩比较基准由2.50%–3.00%调整为2.40%–2.90%，自2026年11月16日起执行。",
        "业绩比较基准自2026年11月16日起由2.50%–3.00%调整为2.40%–2.90%。",
        "自2026年11月16日起，本产品的业绩比较基准由2.50%–3.00%下调至2.40%–2.90%。",
    ],
)
def test_a_change_holds_from_its_day_and_the_old_value_until_then(text: str) -> None:
    new, old = sorted(facts_in(text), key=lambda f: f.value)
    assert (new.value, new.validity.first_day) == ("pct:2.4~pct:2.9", date(2026, 11, 16))
    assert (old.value, old.validity.last_day) == ("pct:2.5~pct:3", date(2026, 11, 15))


def test_a_table_of_before_and_after_changes_when_the_notice_begins() -> None:
    table = "|项目|调整前|调整后|\n|-|-|-|\n|业绩比较基准（年化）|2.50%–3.00%|2.40%–2.90%|"
    new, old = sorted(facts_in(table), key=lambda f: f.value)
    assert (new.value, new.validity) == ("pct:2.4~pct:2.9", SINCE)
    assert (old.value, old.validity.last_day) == ("pct:2.5~pct:3", date(2026, 11, 8))


def test_a_question_above_says_of_which_product_its_answer_is() -> None:
    text = "# 常见问题\n\n## 问：远川金卡年费多少？\n\n答：主卡100元/年，附属卡50元/年。"
    assert stated(text, ("YCXK01", "HYWY090")) == {
        ("YCXK01", "fee_annual", "amt:100", "主卡"),
        ("YCXK01", "fee_annual", "amt:50", "附属卡"),
    }


_WORDS = [
    *(
        "起购金额",
        "业绩比较基准",
        "风险等级",
        "赎回费",
        "远川稳盈90天A",
        "海岳稳盈90天",
        "YCWY090A",
        "A类",
        "和",
        "、",
        "（",
        "）",
    ),
    *(
        "为",
        "：",
        "，",
        "；",
        "。",
        "由",
        "调整为",
        "自",
        "起",
        "10,000元",
        "2.30%–2.80%",
        "R2",
        "C2",
        "及以上",
        "T+1",
        "确认",
        "到账",
    ),
    *("2026年11月16日", "90天", "免", "0", "|", "\n", "“", "”", "例如", " ", "１万元", "\u200b", "\n\n", "|-|-|\n"),
]


@settings(max_examples=150, deadline=None)
@given(st.lists(st.sampled_from(_WORDS), max_size=40))
def test_a_fact_quotes_its_place_exactly_whatever_the_text(words: list[str]) -> None:
    for fact in facts_in("".join(words)):
        assert fact.value
        assert fact.product_code in {"YCWY090A", "YCWY090C", "HYWY090"}


@pytest.mark.parametrize(
    "text",
    [
        "“" * 60_000,
        "远川稳盈90天A、" * 6_000,
        "起购金额为" * 12_000,
        "持有满90天" * 8_000,
        "|" + "T+1|" * 1_900 + "\n|-|-|\n",
    ],
)
def test_no_text_takes_long(text: str) -> None:
    began = time.perf_counter()
    facts_in(text + "\n" + text)
    assert time.perf_counter() - began < 20


@pytest.fixture(scope="module")
def weeks() -> dict[str, Bank]:
    return {week: bank(week) for week in WEEKS}


def test_every_fact_of_the_sample_bank_quotes_its_place(weeks: dict[str, Bank]) -> None:
    for week in weeks.values():
        for document in week.documents:
            facts = week.facts_of(document)
            assert all(document.text[f.start : f.end] == f.quote and f.raw in f.quote for f in facts)
            assert all(f.scope == document.scope for f in facts)
        assert len(week.facts()) > 500


def _quoted(wanted: list[Gold], week: Bank) -> None:
    texts = {document.doc_id: document.text for document in week.documents}
    assert [g for g in wanted if g.quote not in texts[g.doc_id]] == []


def test_the_facts_written_down_by_hand_are_found_and_no_others(weeks: dict[str, Bank]) -> None:
    wanted = gold()
    _quoted(wanted, weeks["2026-W47"])
    right, missed, wrong = against_gold(weeks["2026-W47"].facts(), wanted)
    assert len(right) / (len(right) + len(missed)) >= 0.98, sorted(missed)
    assert len(right) / (len(right) + len(wrong)) >= 0.99, sorted(wrong)


@pytest.mark.parametrize("folder", OTHERS)
def test_documents_in_another_banks_words_are_read_too(folder: str) -> None:
    made, wanted = other(folder)
    _quoted(wanted, made)
    right, missed, wrong = against_gold(made.facts(), wanted)
    assert len(right) / (len(right) + len(missed)) >= 0.9, sorted(missed)
    assert len(right) / (len(right) + len(wrong)) >= 0.97, sorted(wrong)


@pytest.mark.parametrize(("folder", "least"), [("fifth_bank", 0.94), ("sixth_bank", 0.84)])
def test_what_is_read_of_a_strangers_documents_is_mostly_right_and_disputes_nothing(folder: str, least: float) -> None:
    """Recall is what it is (tests/bench/facts); a wrong fact, and worse a dispute that is none, is what harms."""
    made, wanted = other(folder)
    right, _, wrong = against_gold(made.facts(), wanted)
    assert len(right) / (len(right) + len(wrong)) >= least, sorted(wrong)
    assert disagreements(made.facts(), made.products) == []
