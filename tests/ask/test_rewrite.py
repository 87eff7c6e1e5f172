"""A follow-up stands alone after rewriting, with the product it is about."""

from seatmate.ask.rewrite import products_named, rewrite
from seatmate.domain.answers import Question, Turn
from seatmate.domain.knowledge import Product

A = Product("YCWY090A", "远川稳盈90天A", ("稳盈90A",))
C = Product("YCWY090C", "远川稳盈90天C", ("稳盈90C",))


def test_a_spoken_name_becomes_the_catalogues_name() -> None:
    query = rewrite(Question(question="稳盈90a起购多少"), [A, C])
    assert query.products == (A,)
    assert "远川稳盈90天A" in query.text


def test_a_follow_up_inherits_the_product_last_spoken_of() -> None:
    history = (Turn(role="user", content="稳盈90C风险几级"), Turn(role="assistant", content="R2"))
    query = rewrite(Question(question="那起购呢？", history=history), [A, C])
    assert query.products == (C,)
    assert query.text == "远川稳盈90天C 那起购呢？"


def test_a_new_subject_inherits_nothing() -> None:
    history = (Turn(role="user", content="稳盈90C风险几级"),)
    query = rewrite(Question(question="信用卡挂失怎么办理", history=history), [A, C])
    assert query.products == ()
    assert query.text == "信用卡挂失怎么办理"


def test_the_longest_name_wins_its_characters() -> None:
    short = Product("YCWY", "远川稳盈")
    assert products_named("远川稳盈90天A怎么样", [short, A]) == (A,)
