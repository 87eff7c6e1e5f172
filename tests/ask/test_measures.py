"""How often, without limit, before and after: what measures beside the figures. Lines in small."""

import pytest

from seatmate.ask.measures import measured_otherwise
from seatmate.ask.polarity import flipped
from seatmate.domain.knowledge import Passage
from tests.ask.test_agreement import flaws, row
from tests.ask.test_siblings import passage


def is_otherwise(sentence: str, source: Passage) -> bool:
    return measured_otherwise(sentence, [(source, source.start, source.end)])


@pytest.mark.parametrize(
    ("source", "true", "false"),
    [
        ("利息按月支付，本金到期归还。", "利息每月支付。", "利息按季支付。"),
        ("费用逐日计提，按季收取。", "每天计提，按季收取。", "每天计提，按月收取。"),
        ("最低10元，最高500元。", "最低10元，封顶500元。", "最低10元，没有封顶。"),
        ("每年提前还款不得超过3次。", "每年最多提前还3次。", "每年提前还款不限次数。"),
    ],
)
def test_how_often_and_how_much_at_most(source: str, true: str, false: str) -> None:
    assert not is_otherwise(true, passage(source))
    assert is_otherwise(false, passage(source))


def test_the_free_tier_of_a_row_is_the_one_that_is_free() -> None:
    tiers = row(
        ("品种", "住房贷款"), ("放款未满6个月", "0.8%"), ("放款满6个月未满12个月", "0.5%"), ("放款满12个月", "0")
    )
    assert not is_otherwise("放款满12个月的，不收违约金。", tiers)
    assert is_otherwise("放款满6个月、不满12个月的，不收违约金。", tiers)


def test_a_term_is_counted_to_a_day_or_from_it() -> None:
    assert flaws("首次领取日之前30天确定。", "应于首次领取日前30天确定。") == set()
    assert flaws("首次领取日之后30天确定。", "应于首次领取日前30天确定。")
    assert flaws("扣费前60天内可以申请。", "可以在扣费后60天内申请。")


def test_the_period_of_a_rate_is_said() -> None:
    assert flaws("装修贷年利率4.15%到6.90%。", "装修贷年利率4.15%–6.90%。") == set()
    assert flaws("装修贷月利率4.15%到6.90%。", "装修贷年利率4.15%–6.90%。")
    assert flaws("逾期按月利率0.05%收罚息。", "逾期罚息按日利率0.05%计收。")


def test_an_arrow_parts_what_was_from_what_is() -> None:
    assert flaws("起存金额现在是5万元。", "起存金额 1万元 → 5万元。") == set()
    assert flaws("起存金额现在是1万元。", "起存金额 1万元 → 5万元。")


def test_no_going_and_not_having_done_are_denials() -> None:
    assert not flipped("签确认书也不行。", ["不得以签署确认书的方式变通购买。"])
    assert not flipped("没按时归还的，要付违约金。", ["未按时归还的，须支付违约金。"])
    assert flipped("学生账户不免管理费。", ["学生账户免管理费。"])


def test_not_full_is_less_and_a_rows_number_is_no_figure() -> None:
    assert flaws("放款没满6个月的，收2%违约金。", "放款未满6个月的，收2%违约金；满6个月的，收1%违约金。") == set()
    assert flaws("放款没满6个月的，收1%违约金。", "放款未满6个月的，收2%违约金；满6个月的，收1%违约金。")
    fee = row(("序号", "7"), ("服务项目", "异地取现"), ("收费标准", "取现金额的5‰"), ("单笔最高", "25元"))
    assert flaws("异地取现最高25元。", fee) == set()
    assert flaws("异地取现收7元。", fee)
