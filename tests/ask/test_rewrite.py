"""A follow-up stands alone after rewriting, with the product it is about."""

from datetime import datetime

import pytest

from seatmate.ask.past import day_meant
from seatmate.ask.rewrite import products_named, rewrite
from seatmate.domain.answers import Question, Turn
from seatmate.domain.attributes import Attribute
from seatmate.domain.knowledge import BANK_ZONE, Product

A = Product("YCWY090A", "远川稳盈90天A", ("稳盈90A",))
C = Product("YCWY090C", "远川稳盈90天C", ("稳盈90C",))
NOW = datetime(2026, 11, 18, 10, tzinfo=BANK_ZONE)


def test_a_spoken_name_becomes_the_catalogues_name() -> None:
    query = rewrite(Question(question="稳盈90a起购多少"), [A, C], NOW)
    assert query.products == (A,)
    assert "远川稳盈90天A" in query.text


def test_a_follow_up_inherits_the_product_last_spoken_of() -> None:
    history = (Turn(role="user", content="稳盈90C风险几级"), Turn(role="assistant", content="R2"))
    query = rewrite(Question(question="那起购呢？", history=history), [A, C], NOW)
    assert query.products == (C,)
    assert query.text == "远川稳盈90天C 那起购呢？"


def test_a_new_subject_inherits_nothing() -> None:
    history = (Turn(role="user", content="稳盈90C风险几级"),)
    query = rewrite(Question(question="信用卡挂失怎么办理", history=history), [A, C], NOW)
    assert query.products == ()
    assert query.text == "信用卡挂失怎么办理"


def test_the_longest_name_wins_its_characters() -> None:
    short = Product("YCWY", "远川稳盈")
    assert products_named("远川稳盈90天A怎么样", [short, A]) == (A,)


def test_a_follow_up_about_another_product_inherits_the_attribute() -> None:
    history = (Turn(role="user", content="稳盈90A的销售服务费多少"),)
    for asked in ("那C类的呢", "稳盈90C呢？"):
        query = rewrite(Question(question=asked, history=history), [A, C], NOW)
        assert (query.products, query.attributes) == ((C,), (Attribute.FEE_SALES,))
        assert "远川稳盈90天C" in query.text
        assert "销售服务费" in query.text


def test_a_follow_up_about_neither_inherits_the_question_before_it() -> None:
    history = (Turn(role="user", content="手机银行往澳洲汇款手续费怎么收"),)
    query = rewrite(Question(question="电讯费呢", history=history), [A, C], NOW)
    assert "手续费" in query.text
    assert query.text.endswith("电讯费呢")


@pytest.mark.parametrize(
    ("question", "day"),
    [
        ("10月5日那天一年定期利率是多少", "2026-10-05"),
        ("2025年12月1日当天的基准", "2025-12-01"),
        ("上周的业绩比较基准", "2026-11-11"),
        ("昨天一年定期是多少", "2026-11-17"),
    ],
)
def test_a_question_about_an_earlier_day_says_which(question: str, day: str) -> None:
    meant = day_meant(question, NOW)
    assert meant is not None
    assert meant.date().isoformat() == day


@pytest.mark.parametrize(
    "question",
    [
        "客户10月20号存的一年，会不会跟着降",
        "我上个月存的会不会跟着降",
        "11月18日当天能赎回吗",
        "12月1日那天到期的怎么办",
        "2月30日当天",
        "一年定期多少",
    ],
)
def test_the_day_of_a_customers_deed_is_not_the_day_that_is_asked_about(question: str) -> None:
    assert day_meant(question, NOW) is None


def test_a_product_named_in_order_not_to_be_meant_is_not_asked_about() -> None:
    query = rewrite(Question(question="稳盈90A起购多少，别拿成稳盈90C的"), [A, C], NOW)
    assert query.products == (A,)


def test_a_question_in_traditional_characters_is_read_as_its_twin() -> None:
    history = (Turn(role="user", content="穩盈90C風險幾級"),)
    query = rewrite(Question(question="那起購呢？", history=history), [A, C], NOW)
    assert query.text == "远川稳盈90天C 那起购呢？"
    twin = rewrite(Question(question="10月5日那天稳盈90A的赎回费是多少"), [A, C], NOW)
    assert rewrite(Question(question="10月5日那天穩盈90A的贖回費是多少"), [A, C], NOW) == twin
    assert twin.attributes == (Attribute.FEE_REDEMPTION,)


def test_a_catalogue_in_traditional_characters_is_named_in_either() -> None:
    product = Product("HKB1", "港灣增利90天A", ("增利90A",))
    for asked in ("港灣增利90天A起購多少", "港湾增利90天A起购多少"):
        query = rewrite(Question(question=asked), [product, A], NOW)
        assert query.products == (product,)
        assert query.text == "港灣增利90天A 港湾增利90天A起购多少"
    assert rewrite(Question(question="别拿成港湾增利90天A的"), [product], NOW).products == ()
