"""A passage speaks of a question in its own words, and not of what it does not say."""

from datetime import UTC, datetime

import pytest

from seatmate.adapters.sparse import SparseEncoder
from seatmate.ask.relevance import relevances
from seatmate.ask.rewrite import StandaloneQuery
from seatmate.domain.knowledge import Passage, Product, Validity

CUT = SparseEncoder().words
BOND = Product("XJ090", "晓江90天")


def passage(text: str, title: str = "", codes: tuple[str, ...] = ()) -> Passage:
    when = Validity(datetime(2026, 1, 1, tzinfo=UTC))
    return Passage(
        Passage.id_of(title, "1", 0, len(text)), title, "1", title, "制度", codes, ("retail",), when, 0, 0, text
    )


LOST = passage("正式挂失后7日可以补卡，补卡5元/张。", "借记卡挂失与补卡")
EARLY = passage("提前支取的部分按支取日活期利率计息。", "定期存款支取")
FEES = passage("柜面跨行转账手续费为5元/笔。", "转账收费")
FOUND = (LOST, EARLY, FEES)


def best(question: str, products: tuple[Product, ...] = (), found: tuple[Passage, ...] = FOUND) -> tuple[int, float]:
    of = relevances(StandaloneQuery(question, products), found, CUT)
    return max(enumerate(of), key=lambda pair: pair[1])


@pytest.mark.parametrize(
    ("question", "which"),
    [
        ("卡弄丢了，补办一张要几块钱", LOST),
        ("死期半路拿出来，利钱怎么给", EARLY),
        ("去柜台给外行打钱咋收", FEES),
    ],
)
def test_a_question_in_callers_words_finds_the_passage_in_the_banks(question: str, which: Passage) -> None:
    place, share = best(question)
    assert FOUND[place] is which
    assert share > 0.6


@pytest.mark.parametrize("question", ["积分能换啥", "支票怎么挂失", "保管箱一年收多少", "转账送话费吗"])
def test_what_no_passage_speaks_of_outweighs_what_one_says(question: str) -> None:
    assert best(question)[1] < 0.3


def test_who_asks_and_how_does_not_count() -> None:
    plain, wordy = best("补卡多少钱"), best("哎，就是说我老妈现在着急，补卡到底多少钱呀")
    assert wordy == pytest.approx(plain)


def test_how_the_caller_came_to_ask_counts_less_than_what_he_asks() -> None:
    told, asked = best("在超市排队的时候想起来，补卡多少钱")[1], best("补卡多少钱，超市能排队吗")[1]
    assert told > asked


@pytest.mark.parametrize("amount", ["两千块", "八千", "几万"])
def test_an_amount_of_the_callers_own_counts_little(amount: str) -> None:
    assert best(f"柜台转给外行{amount}咋收")[1] > 0.9


def test_the_product_named_counts() -> None:
    mine, other = (
        passage("每个工作日可以赎回。", "说明", ("XJ090",)),
        passage("每个工作日可以赎回。", "说明", ("XJ180",)),
    )
    of_mine, of_other = relevances(StandaloneQuery("晓江90天能赎回吗", (BOND,)), (mine, other), CUT)
    assert of_mine > of_other


def test_a_question_that_asks_for_nothing_is_spoken_of_by_nobody() -> None:
    assert relevances(StandaloneQuery("那个呢", ()), FOUND, CUT) == [0.0, 0.0, 0.0]


def test_a_passage_in_traditional_characters_speaks_of_what_its_twin_speaks_of() -> None:
    written = passage("正式掛失後7日可以補卡，補卡5元/張。", "借記卡掛失與補卡")
    for asked in ("卡弄丢了，补办一张要几块钱", "补卡要不要先正式挂失"):
        assert best(asked, found=(written, EARLY, FEES)) == best(asked)
