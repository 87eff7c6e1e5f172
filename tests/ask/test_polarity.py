"""Yes and no: what may, must, costs and counts is as the source's clause of the same matter has it."""

import pytest

from seatmate.ask.polarity import flipped

ROW = "项目：取现手续费；普卡：1%，最低10元；金卡：1%，最低10元；白金卡：免收"
PENALTY = "还款满3年后提前还款免收违约金；满1年不满3年的，按提前还款金额的0.5%收取违约金。"


@pytest.mark.parametrize(
    ("said", "source"),
    [
        ("锁定期间可以办理支取。", "锁定期间不得办理支取，但可以存入。"),
        ("锁定期间不可以存入。", "锁定期间不得办理支取，但可以存入。"),
        ("非开放期受理赎回。", "开放期内9:00至15:30受理申购和赎回，非开放期不受理赎回。"),
        ("大额存单可以部分提前支取。", "大额存单可以转让、可以质押，但不得部分提前支取。"),
        ("代理人可以再委托他人。", "可以指定一名代理人开箱，代理人不得再委托他人。"),
        ("客户有权提前支取。", "存续期内客户无权提前支取，本行有权提前终止。"),
        ("本行无权提前终止。", "存续期内客户无权提前支取，本行有权提前终止。"),
        ("提前还款须支付违约金。", "提前还款无须支付违约金，但应提前5天告知。"),
        ("本产品不可质押。", "是否可质押：可质押，质押率最高90%"),
        ("普卡含机场贵宾厅。", "项目：免费机场贵宾厅；普卡：不含；金卡：每年2次；白金卡：每年12次"),
        ("已持有本行信用卡的客户可以参加。", "已持有本行信用卡的客户不参加。"),
        ("还款日遇节假日顺延。", "还款日为每月20日，遇节假日不顺延。"),
        ("提前退租退还剩余租金。", "租金按年预收，提前退租不退剩余租金。"),
    ],
)
def test_the_nearest_clause_that_takes_a_stand_decides(said: str, source: str) -> None:
    assert flipped(said, [source])


@pytest.mark.parametrize(
    ("said", "source"),
    [
        ("锁定期间能存钱，但是不能取钱。", "锁定期间不得办理支取，但可以存入。"),
        ("手机银行跨行转账都不收手续费。", "通过手机银行办理的跨行转账免收手续费。"),
        ("受让方不用付任何费用。", "每笔收取手续费20元，由转让方承担，受让方无须支付任何费用。"),
        ("金卡取现按1%收，最低10元。", ROW),
        ("白金卡取现免手续费。", ROW),
        ("没有认购费和赎回费。", "固定管理费0.20%；不收取认购费和赎回费"),
        ("连续12个月没有收付的，转为久悬户。", "连续12个月未发生收付活动的，转为久悬户。"),
        ("不在开放期的时候不能赎回。", "开放期内受理申购和赎回，非开放期不受理赎回。"),
        ("周一到周五9:10到22:30能交易。", "交易时间为周一至周五9:10至22:30，其余时间不开放。"),
        ("还满3年再提前还款不收违约金。", PENALTY),
    ],
)
def test_the_same_stand_in_other_words_is_no_flip(said: str, source: str) -> None:
    assert not flipped(said, [source])


def test_a_charge_is_that_of_the_same_card() -> None:
    assert flipped("普卡取现免收手续费。", [ROW])
    assert flipped("白金卡取现收取手续费。", [ROW])


def test_what_one_customer_has_free_another_has_not() -> None:
    row = "权益：柜台汇款手续费；金卡客户：八折；白金客户：五折；钻石客户：全免"
    assert flipped("白金客户柜台汇款手续费全免。", [row])
    assert not flipped("钻石客户柜台汇款手续费全免。", [row])


def test_a_charge_is_that_of_the_same_condition() -> None:
    assert flipped("还款满3年后提前还款，收取违约金。", [PENALTY])
    assert flipped("还款满1年后提前还款，免收违约金。", [PENALTY])


def test_a_line_that_is_not_cited_decides_where_the_cited_one_is_silent() -> None:
    assert flipped("批量代付支持跨行撤销。", ["代发工资每笔收取0.5元。"], ["批量代付不支持跨行撤销。"])
    assert not flipped("批量代付不支持跨行撤销。", ["代发工资每笔收取0.5元。"], ["批量代付不支持跨行撤销。"])
