"""Which source lines tell the answer by themselves: the most relevant, one of each product, and what is as relevant."""

from datetime import datetime

from seatmate.ask.compose import Composed, compose
from seatmate.ask.ground import Grounder
from seatmate.ask.rewrite import StandaloneQuery, products_named
from seatmate.domain.answers import Sentence, SentenceSource
from seatmate.domain.knowledge import BANK_ZONE, Passage, Product, Validity
from seatmate.prompts import Prompts
from seatmate.settings import HOME

GOLD = Product("XK01", "澄江金卡", ("金卡",))
PLATINUM = Product("XK02", "澄江白金卡", ("白金卡",))
PRODUCTS = [GOLD, PLATINUM]


def page(doc_id: str, text: str, *products: Product) -> Passage:
    codes = tuple(product.code for product in products)
    return Passage(doc_id, doc_id, "v1", doc_id, "", codes, ("retail",), Validity(), 0, len(text), text)


def composed(question: str, *pages: Passage) -> Composed:
    now = datetime.now(BANK_ZONE)
    return compose(Prompts.load(HOME / "prompts"), question, now, pages, PRODUCTS, 8, 100)


def grounder(question: str, *pages: Passage) -> Grounder:
    query = StandaloneQuery(question, products_named(question, PRODUCTS))
    return Grounder(query, composed(question, *pages), PRODUCTS)


def shown(question: str, *pages: Passage, most: int = 3, told: str = "") -> list[str]:
    found = grounder(question, *pages).sources(told, most)
    assert {sentence.source for sentence in found} <= {SentenceSource.SOURCE_TEXT}
    assert all(sentence.citations[0].quote == sentence.text.rstrip("。") for sentence in found)
    return [sentence.citations[0].quote for sentence in found]


COUNTER = page("fees", "柜面挂失手续费5元\n手机银行挂失手续费0元\n换开存折收工本费")


def test_lines_as_relevant_as_the_best_are_shown_and_no_others() -> None:
    assert set(shown("挂失手续费多少", COUNTER)) == {"柜面挂失手续费5元", "手机银行挂失手续费0元"}
    assert shown("手机银行挂失手续费多少", COUNTER) == ["手机银行挂失手续费0元"]


def test_what_is_of_another_kind_is_not_as_relevant_however_alike_the_rest_is() -> None:
    pages = (page("大额存单", "存三年利率2.00%"), page("挂牌利率表", "存三年利率1.80%，整存整取，起存50元"))
    assert shown("大额存单存三年利率多少", *pages) == ["存三年利率2.00%"]


def test_no_more_lines_than_the_release_says() -> None:
    assert len(shown("挂失手续费多少", COUNTER, most=1)) == 1


def test_what_the_model_quotes_is_not_shown_again() -> None:
    quote = grounder("挂失手续费多少", COUNTER).check("[1]")
    assert isinstance(quote, Sentence)
    rest = shown("挂失手续费多少", COUNTER, told=quote.text)
    assert len(rest) == 1
    assert rest[0] not in quote.text


def test_the_line_behind_the_models_own_words_is_shown_in_its_words() -> None:
    assert len(shown("挂失手续费多少", COUNTER, told="柜面挂失收5元。")) == 2


def test_a_comparison_has_a_line_of_each_product() -> None:
    pages = (
        page("gold", "年费100元，按年收取", GOLD),
        page("platinum", "主卡收取年费标准：600元", PLATINUM),
        page("rules", "年费按年收取，年费当年有效", GOLD, PLATINUM),
    )
    found = shown("澄江金卡和澄江白金卡年费按年收取多少", *pages)
    assert {"年费100元，按年收取", "主卡收取年费标准：600元"} <= set(found)


def test_a_line_that_names_another_product_alone_is_not_added() -> None:
    faq = page("faq", "年费满6次免\n白金卡年费满6次不免", GOLD, PLATINUM)
    assert shown("澄江金卡年费满6次免吗", faq) == ["年费满6次免"]


def test_a_line_of_the_product_goes_before_one_that_names_another() -> None:
    table = page("table", "白金卡年费600元，主卡年费按年收取\n金卡年费100元", GOLD, PLATINUM)
    assert shown("澄江金卡主卡年费按年收取多少", table, most=1) == ["金卡年费100元"]


def test_the_same_words_of_two_documents_are_shown_once() -> None:
    assert shown("挂失手续费多少", page("a", "挂失手续费5元"), page("b", "挂失手续费5元")) == ["挂失手续费5元"]


def test_a_line_that_only_leads_to_the_next_is_not_added() -> None:
    assert shown("挂失手续费多少", page("a", "挂失手续费5元\n挂失手续费如下：")) == ["挂失手续费5元"]
