"""Documents that say different things of a product at the same time, and what only looks like it."""

import random
from dataclasses import replace
from datetime import date

import pytest

from seatmate.domain.attributes import Attribute
from seatmate.domain.facts import ProductFact
from seatmate.domain.knowledge import Product, Validity
from seatmate.ingest.disagreements import contradict, disagreements, same_condition
from tests.bench.facts import WEEKS, Bank, bank, other, seeded
from tests.ingest.test_facts import facts_in

A = Product("YCWY090A", "远川稳盈90天A")
ALWAYS = Validity.of_days(date(2026, 10, 1), None)


def fact(value: str, doc_id: str = "sheet", **changes: object) -> ProductFact:
    made = ProductFact(
        "YCWY090A", Attribute.FEE_SALES, value, value, "", "", ALWAYS, ("retail",), doc_id, "v", 0, 2, f"“{value}”"
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def disagree(a: str, b: str) -> bool:
    return bool(disagreements([fact(a), fact(b, "table")], [A]))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("pct:0.2", "pct:0.25"),
        ("pct:0", "pct:0.25"),
        ("pct:0", "num:5"),
        ("amt:10000", "amt:1000"),
        ("level:R2", "level:R3"),
        ("t:1", "t:2"),
        ("term:90d", "term:91d"),
        ("term:90d", "term:6m"),
        ("date:2027-11-08", "date:2027-11-09"),
        ("date:2026-11-06T17:00", "date:2026-11-06T15:00"),
        ("pct:2.3~pct:2.8", "pct:2.3~pct:2.9"),
        ("pct:2.3~pct:2.8", "pct:2.5"),
        ("每月10日，遇非工作日顺延", "每月15日，遇非工作日顺延"),
    ],
)
def test_other_figures_at_the_same_time_disagree(a: str, b: str) -> None:
    assert disagree(a, b)
    assert disagree(b, a)


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("pct:0.2", "pct:0.20"),
        ("pct:0", "amt:0"),
        ("pct:2.3~pct:2.8", "pct:2.8"),
        ("term:90d", "term:3m"),
        ("term:365d", "term:12m"),
        ("term:30d", "term:20wd"),
        ("date:2026-11-06T17:00", "date:2026-11-06"),
        ("date:-----11-06", "date:2026-11-06"),
        ("pct:0.2", "amt:50"),
        ("远川银行", "远川银行股份有限公司"),
        ("每个工作日", "每月10日"),
        ("在售", "募集中"),
    ],
)
def test_other_words_for_the_same_do_not_disagree(a: str, b: str) -> None:
    assert not disagree(a, b)
    assert not disagree(b, a)


def test_a_customers_rate_within_the_range_of_a_loan_does_not_disagree_and_one_outside_does() -> None:
    whole = fact("pct:3.95~pct:7.2", attribute=Attribute.RATE)
    assert not contradict(whole, fact("pct:5.4", "list", attribute=Attribute.RATE))
    assert contradict(whole, fact("pct:7.4", "list", attribute=Attribute.RATE))
    assert contradict(whole, fact("pct:3.9", "list", attribute=Attribute.RATE))


def test_a_general_value_and_one_with_a_condition_do_not_disagree() -> None:
    assert not disagreements([fact("pct:0"), fact("pct:0.5", condition="持有满365天不满730天")], [A])
    assert disagreements([fact("pct:1.4", condition="一年期"), fact("pct:1.45", "table", condition="12个月")], [A])


def test_conditions_in_other_words_are_the_same() -> None:
    assert same_condition("一年期") == same_condition("1年") == same_condition("12个月")
    assert same_condition("主卡") != same_condition("附属卡")
    assert same_condition("一年；私行客户") == same_condition("私行客户；1年")


def test_values_that_follow_each_other_in_time_do_not_disagree() -> None:
    before, after = Validity.of_days(None, date(2026, 11, 8)), Validity.of_days(date(2026, 11, 9), None)
    assert not disagreements([fact("pct:3", validity=before), fact("pct:2.9", "notice", validity=after)], [A])
    assert disagreements([fact("pct:3"), fact("pct:2.9", "notice", validity=after)], [A])


def test_an_old_value_of_a_notice_is_compared_with_its_last_day_only() -> None:
    first = fact("pct:0.4", "notice-1", validity=Validity.of_days(None, date(2026, 7, 31)))
    second = fact("pct:0.35", "notice-2", validity=Validity.of_days(None, date(2026, 11, 15)))
    assert not disagreements([first, second], [A])
    assert disagreements([second, fact("pct:0.3")], [A])


def test_other_products_attributes_and_unknown_products_do_not_disagree() -> None:
    other = fact("pct:0.25", product_code="YCWY090C")
    assert not disagreements([fact("pct:0.2"), other], [A, Product("YCWY090C", "远川稳盈90天C")])
    assert not disagreements([fact("pct:0.2"), fact("pct:0.25", attribute=Attribute.FEE_CUSTODY)], [A])
    assert not disagreements([fact("pct:0.2"), fact("pct:0.25", "table")], [])


def test_a_disagreement_shows_every_side_and_no_bystander() -> None:
    sides = [fact("pct:0.2"), fact("pct:0.20", "script"), fact("pct:0.25", "table"), fact("pct:0.2~pct:0.25", "list")]
    [found] = disagreements(sides, [A])
    assert (found.product_code, found.attribute) == ("YCWY090A", Attribute.FEE_SALES)
    assert [f.doc_id for f in found.facts] == ["sheet", "script", "table"]


@pytest.fixture(scope="module", params=WEEKS)
def week(request: pytest.FixtureRequest) -> Bank:
    return bank(request.param)


def test_the_sample_bank_does_not_disagree_with_itself(week: Bank) -> None:
    assert disagreements(week.facts(), week.products) == []


def test_levels_channels_and_tiers_of_a_bank_that_agrees_are_no_disagreement() -> None:
    made, _ = other("seventh_bank")
    assert disagreements(made.facts(), made.products) == []


def test_a_sheet_that_a_later_notice_has_overtaken_is_the_only_disagreement() -> None:
    made, _ = other("eighth_bank")
    found = disagreements(made.facts(), made.products)
    assert {(d.product_code, d.attribute, d.condition) for d in found} == {
        ("NP1001", Attribute.FEE_SALES, ""),
        ("NP1001", Attribute.MIN_AMOUNT, "网点"),
    }
    assert all(any(f.doc_id == "change" for f in d.facts) for d in found)


def test_a_table_and_the_prose_beside_it_that_differ_disagree() -> None:
    text = "|项目|内容|\n|-|-|\n|起购金额|1万元|\n\n首次购买50,000元起。"
    assert [d.attribute for d in disagreements(facts_in(text), [A])] == [Attribute.MIN_AMOUNT]


def test_several_values_in_one_place_are_tiers_and_no_disagreement() -> None:
    for text in ("起存金额仍为50元，另一种起存金额为50,000元。", "|场景|起购金额|\n|-|-|\n||1元|\n||100元|"):
        assert disagreements(facts_in(text), [A]) == []


def test_a_changed_figure_that_a_second_place_states_is_found_and_nothing_else(week: Bank) -> None:
    faults = list(seeded(week, random.Random(7), 15))
    assert sum(fault.twice for fault in faults) >= 8
    assert [fault for fault in faults if fault.twice and not fault.found] == []
    assert [fault for fault in faults if fault.false] == []
