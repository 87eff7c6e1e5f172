"""What stands against offering a product to a customer."""

from collections.abc import Callable
from datetime import date

import pytest

from seatmate.compliance.match import find_hits
from seatmate.compliance.rules import RulePack
from seatmate.compliance.shelf import Shelf, shelf_of
from seatmate.compliance.suitability import Offered, Unfit, unfit, valid_until
from seatmate.domain.attributes import Attribute
from seatmate.domain.calls import Customer, RiskTolerance
from seatmate.domain.facts import ProductFact
from seatmate.domain.knowledge import Product, Validity
from seatmate.testing.call_contract import conversation

TODAY = date(2026, 11, 18)


@pytest.mark.parametrize(
    ("product", "customer", "against"),
    [
        (Offered(3), Customer(risk_level=RiskTolerance.C3), []),
        (Offered(4), Customer(risk_level=RiskTolerance.C3), [Unfit.LEVEL_ABOVE]),
        (Offered(5), Customer(), []),
        (Offered(1), Customer(assessed_on=date(2025, 11, 18)), []),
        (Offered(1), Customer(assessed_on=date(2025, 11, 17)), [Unfit.ASSESSMENT_EXPIRED]),
        (Offered(3), Customer(birth_year=1961), [Unfit.ELDER_UNRECORDED]),
        (Offered(2), Customer(birth_year=1961), []),
        (Offered(3), Customer(birth_year=1962), []),
        (Offered(4, private=True), Customer(risk_level=RiskTolerance.C5), [Unfit.PRIVATE]),
    ],
)
def test_level_age_of_the_assessment_and_age_of_the_customer_count(
    product: Offered, customer: Customer, against: list[Unfit]
) -> None:
    assert list(unfit(product, customer, TODAY)) == against


def test_an_assessment_of_a_leap_day_ends_on_the_28th() -> None:
    assert valid_until(date(2024, 2, 29)) == date(2025, 2, 28)


def test_a_product_is_known_by_the_name_that_people_say() -> None:
    shelf = Shelf({"稳盈365天A": Offered(3), "稳盈90天A": Offered(2), "海岳稳盈90天": Offered(3)})
    for said, level in (("稳盈三百六十五天", 3), ("稳盈三六五", 3), ("稳盈九十天", 2), ("海岳稳盈九十天", 3)):
        [named] = shelf.named_in(f"有个{said}的，您看")
        assert (named.name, named.product.risk_level) == (said, level)


def test_a_name_that_products_share_is_the_mildest_of_them() -> None:
    [named] = Shelf({"稳盈90天A": Offered(2), "稳盈90天C": Offered(3)}).named_in("稳盈90天")
    assert named.product.risk_level == 2


def test_the_shelf_is_what_the_facts_state_on_that_day() -> None:
    def level(value: str, validity: Validity) -> ProductFact:
        return ProductFact("P1", Attribute.RISK_LEVEL, value, value, "级", "", validity, (), "d", "v", 0, 2, value)

    facts = [
        level("level:R2", Validity.of_days(None, date(2026, 6, 30))),
        level("level:R3", Validity.of_days(date(2026, 7, 1), None)),
    ]
    products = [Product("P1", "云帆季季红", scope=("private_banking",)), Product("P2", "无等级产品")]
    call = conversation("C-1", "您好").started_at
    before, after = (shelf_of(products, facts, call.replace(month=month)) for month in (3, 9))
    assert [one.product for one in before.named_in("云帆季季红")] == [Offered(2, private=True)]
    assert [one.product for one in after.named_in("云帆季季红")] == [Offered(3, private=True)]
    assert after.named_in("无等级产品") == []


def test_an_offer_by_name_is_judged_by_the_level_on_the_shelf(pack: RulePack) -> None:
    shelf = Shelf({"海岳稳盈90天": Offered(3)})
    call = conversation("C-1", "您不妨考虑一下海岳稳盈九十天，产品有风险。")
    for level, wanted in ((RiskTolerance.C2, ["mismatch_sale@4"]), (RiskTolerance.C3, [])):
        hits = find_hits(pack, call.model_copy(update={"customer": Customer(risk_level=level)}), shelf)
        assert [hit.rule for hit in hits] == wanted
        assert all(hit.verdict.endswith("产品等级高于客户等级") for hit in hits)


def test_an_agent_who_asks_for_a_new_assessment_offers_nothing_amiss(
    pack: RulePack, rules_of: Callable[..., list[str]]
) -> None:
    stale = Customer(risk_level=RiskTolerance.C3, assessed_on=date(2020, 1, 1))
    offer = "R2的您可以考虑一下。"
    for said, wanted in (((offer,), ["mismatch_sale@4"]), ((offer, "嗯", "不过您得先重新测评。"), [])):
        call = conversation("C-1", *said).model_copy(update={"customer": stale})
        assert [hit.rule for hit in find_hits(pack, call)] == wanted
