"""Which way a table lies, and what keeps the values of its rows and columns apart."""

from seatmate.domain.attributes import Attribute
from tests.ingest.test_facts import facts_in, stated

CARD = ("YCXK01",)
TWO = ("YCWY090A", "HYWY090")


def of(text: str, attribute: Attribute, codes: tuple[str, ...] = CARD) -> set[tuple[str, str]]:
    return {(f.condition, f.value) for f in facts_in(text, codes) if f.attribute is attribute}


def test_products_are_columns_and_the_attribute_stands_in_a_later_column() -> None:
    head = "|类别|要素|远川稳盈90天A|海岳稳盈90天|\n|-|-|-|-|\n"
    table = head + "|基本|风险等级|R2|R3|\n|赎回|到账|T+2|T+3|\n|基本|管理费|0.1%|0.2%|"
    assert stated(table, TWO) == {
        ("YCWY090A", "risk_level", "level:R2", ""),
        ("HYWY090", "risk_level", "level:R3", ""),
        ("YCWY090A", "redemption_arrival", "t:2", ""),
        ("HYWY090", "redemption_arrival", "t:3", ""),
        ("YCWY090A", "fee_management", "pct:0.1", ""),
        ("HYWY090", "fee_management", "pct:0.2", ""),
    }


def test_the_attribute_stands_between_the_products() -> None:
    table = "|远川稳盈90天A|对比项|海岳稳盈90天|\n|-|-|-|\n|R2|风险等级|R3|\n|60天|最短持有期|30天|"
    assert ("YCWY090A", "holding_period", "term:60d", "") in stated(table, TWO)
    assert ("HYWY090", "holding_period", "term:30d", "") in stated(table, TWO)


def test_each_level_of_a_card_is_a_column() -> None:
    table = "||金卡|白金卡|\n|-|-|-|\n|主卡年费|200元|600元|\n|附属卡年费|100元|免|"
    assert of(table, Attribute.FEE_ANNUAL) == {
        ("主卡；金卡", "amt:200"),
        ("主卡；白金卡", "amt:600"),
        ("附属卡；金卡", "amt:100"),
        ("附属卡；白金卡", "amt:0"),
    }


def test_a_column_of_tiers_keeps_the_rows_of_one_attribute_apart() -> None:
    table = "|费用|分档|远川稳盈90天A|\n|-|-|-|\n|申购费|100万元以下|0.6%|\n|申购费|100万元（含）以上|0.3%|"
    assert of(table, Attribute.FEE_PURCHASE, TWO) == {("100万元以下", "pct:0.6"), ("100万元（含）以上", "pct:0.3")}


def test_a_header_names_the_tier_and_not_a_fee_of_a_million() -> None:
    table = "|产品代码|申购费：不足100万元|申购费：100万元以上|\n|-|-|-|\n|YCWY090A|0.4%|每笔1,000元|"
    assert of(table, Attribute.FEE_PURCHASE, TWO) == {("不足100万元", "pct:0.4"), ("100万元以上", "amt:1000")}


def test_both_ways_a_kind_what_stands_above_says_what_all_cells_are() -> None:
    table = "## 起存金额\n\n|渠道|普通|私行|\n|-|-|-|\n|柜面|1万元|5万元|\n|手机银行|50元|1万元|"
    assert of(table, Attribute.MIN_AMOUNT) == {
        ("柜面；普通", "amt:10000"),
        ("柜面；私行", "amt:50000"),
        ("手机银行；普通", "amt:50"),
        ("手机银行；私行", "amt:10000"),
    }


def test_terms_by_tiers_of_money_are_rates() -> None:
    table = "|存期|20万元（含）至50万元|50万元（含）以上|\n|-|-|-|\n|1年|1.45%|1.50%|\n|3年|1.85%|1.92%|"
    assert of(table, Attribute.RATE) == {
        ("1年；20万元（含）至50万元", "pct:1.45"),
        ("1年；50万元（含）以上", "pct:1.5"),
        ("3年；20万元（含）至50万元", "pct:1.85"),
        ("3年；50万元（含）以上", "pct:1.92"),
    }
    assert of(table, Attribute.TERM) == set()


def test_under_a_way_to_borrow_the_term_is_stated_and_sets_no_condition() -> None:
    table = "|担保方式|贷款期限|年利率|\n|-|-|-|\n|信用|12个月|4.5%|\n|房产抵押|120个月|3.5%|"
    assert of(table, Attribute.RATE) == {("信用", "pct:4.5"), ("房产抵押", "pct:3.5")}
    assert of(table, Attribute.TERM) == {("信用", "term:12m"), ("房产抵押", "term:120m")}


def test_a_column_of_a_name_that_nobody_knows_is_nobodys() -> None:
    table = "|项目|江月飞享9号|江月飞享10号|\n|-|-|-|\n|风险等级|R2|R4|\n|起购金额|1元|100元|"
    assert facts_in(table, TWO) == []


def test_of_two_attributes_in_one_label_the_cell_says_which() -> None:
    table = "|要素|远川稳盈90天A|海岳稳盈90天|\n|-|-|-|\n|持有/封闭期限|最短持有30天|封闭390天|\n|风险等级|R2|R3|"
    assert ("YCWY090A", "holding_period", "term:30d", "") in stated(table, TWO)
    assert ("HYWY090", "term", "term:390d", "") in stated(table, TWO)
    assert len(stated(table, TWO)) == 4


def test_names_and_values_twice_beside_each_other() -> None:
    table = "|要素|值一|指标|值二|\n|-|-|-|-|\n|风险等级|R2|起购金额|1元|\n|管理费|0.1%|托管费|0.02%|"
    found = {(f.attribute.value, f.value) for f in facts_in(table)}
    assert {("risk_level", "level:R2"), ("min_amount", "amt:1"), ("fee_custody", "pct:0.02")} <= found


def test_lines_of_plain_text_with_as_many_fields_are_a_table() -> None:
    text = "档位 触发情形 到期年化收益率\n\n高档 价格高于期初 2.35%\n\n低档 价格低于期初 1.05%"
    assert of(text, Attribute.RATE) == {("高档", "pct:2.35"), ("低档", "pct:1.05")}


def test_a_header_in_ten_thousands_is_read_so() -> None:
    assert of("|产品代码|起购金额（万元）|\n|-|-|\n|YCWY090A|5|", Attribute.MIN_AMOUNT, TWO) == {("", "amt:50000")}


def test_a_column_of_spans_is_of_the_fee_beside_it_and_states_no_period() -> None:
    table = "|持有期限|赎回费率|\n|-|-|\n|7天以内|1.5%|\n|7天-30天|0.5%|\n|30天以上|0|"
    assert of(table, Attribute.FEE_REDEMPTION) == {
        ("7天以内", "pct:1.5"),
        ("7天-30天", "pct:0.5"),
        ("30天以上", "pct:0"),
    }
    assert of(table, Attribute.HOLDING_PERIOD) == set()


def test_of_a_benchmark_or_rate_the_risk_level_of_the_row_decides() -> None:
    table = "|风险|业绩比较基准/利率|产品|\n|-|-|-|\n|R2|2.40%~3.00%|远川稳盈90天A|\n|R3|3.00%|海岳稳盈90天|"
    assert {f.attribute.value for f in facts_in(table, TWO)} == {"risk_level", "benchmark"}
