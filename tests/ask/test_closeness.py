"""Told in the source's own words: product, value and a word may agree, and the sentence still be untrue."""

from datetime import datetime

import pytest

from seatmate.ask.compose import compose
from seatmate.ask.flaws import Flaw
from seatmate.ask.ground import Grounder, Rejection
from seatmate.ask.rewrite import StandaloneQuery, products_named
from seatmate.domain.answers import Sentence
from seatmate.domain.knowledge import BANK_ZONE, Passage, Product, Validity
from seatmate.prompts import Prompts
from seatmate.settings import HOME

LOAN = Product("JY01", "澄江周转贷", ("周转贷",))
FUND = Product("LC01", "澄江月月盈", ("月月盈",))
PRODUCTS = [LOAN, FUND]


def line(text: str, product: Product, heading: str, columns: tuple[str, ...] = ()) -> Passage:
    return Passage(
        "sheet", "sheet", "v1", f"{product.name}产品说明书", "", (product.code,), ("retail",), Validity(), 0, len(text),
        text, headings=(heading,), columns=columns,
    )  # fmt: skip


OVERDUE = line("项目：逾期罚息；标准：合同利率上浮50%", LOAN, "费用", ("项目", "标准"))
RATE = line("年利率：4.20%", LOAN, "利率")
LONGEST = line("贷款期限最长3年。", LOAN, "期限")
PAPERS = line("抵押注销材料在结清后10个工作日内出具。", LOAN, "结清")
HELD = line("持有满90天后可以赎回，T+2到账。", FUND, "赎回")
LOCKED = line("交易密码输错次数：当日3次。", FUND, "密码")
REDEEMED = line("普通赎回：工作日15:00前申请，T+1确认。", FUND, "赎回")
FROM = line("起购100元，追加10元。", FUND, "购买")


def check(question: str, source: Passage, sentence: str, *, close: bool = True) -> Flaw | None:
    """Why the sentence is not shown; None when it is."""
    composed = compose(Prompts.load(HOME / "prompts"), question, datetime.now(BANK_ZONE), [source], PRODUCTS, 8, 100)
    query = StandaloneQuery(question, products_named(question, PRODUCTS))
    checked = Grounder(query, composed, PRODUCTS, close).check(f"{sentence}[1]")
    assert isinstance(checked, Sentence | Rejection)
    return checked.flaw if isinstance(checked, Rejection) else None


@pytest.mark.parametrize(
    ("question", "source", "sentence"),
    [
        ("周转贷利率多少", RATE, "澄江周转贷的年利率为4.20%。"),
        ("周转贷利率多少", RATE, "澄江周转贷的贷款利率为4.20%。"),
        ("周转贷最长几年", LONGEST, "澄江周转贷的贷款期限最长为3年。"),
        ("月月盈多少起购", FROM, "澄江月月盈的起购金额为100元。"),
        ("月月盈赎回几天到账", HELD, "澄江月月盈持有满90天后赎回，T+2到账。"),
        ("逾期罚息怎么算", OVERDUE, "澄江周转贷的逾期罚息为合同利率上浮50%。"),
    ],
)  # fmt: skip
def test_the_sources_own_words_and_its_attributes_other_names_pass(
    question: str, source: Passage, sentence: str
) -> None:
    assert check(question, source, sentence) is None


@pytest.mark.parametrize(
    ("question", "source", "sentence"),
    [
        ("周转贷利率多少", OVERDUE, "澄江周转贷的年化利率为50%。"),  # what the line says of it is not said
        ("注销材料多久能拿到", PAPERS, "澄江周转贷的贷款期限为10个工作日。"),  # what is said is not in the line
        ("月月盈赎回几天到账", HELD, "澄江月月盈的赎回到账为90天。"),
        ("周转贷能借几年", LONGEST, "澄江周转贷的贷款期限为3年。"),  # the bound is lost
        ("密码输错几次会锁", LOCKED, "交易密码输错次数为3。"),  # the unit
        ("月月盈普通赎回几点截止", REDEEMED, "澄江月月盈的普通赎回申请为15:00。"),  # the moment
        ("月月盈多少起购", FROM, "起购起购金额为100元。"),  # it stutters
        ("月月盈多少起购", FROM, "100元的起购金额为100元。"),
    ],
)
def test_a_figure_of_the_line_in_other_words_is_not_shown(question: str, source: Passage, sentence: str) -> None:
    assert check(question, source, sentence) is not None


def test_only_where_the_release_asks_for_close_words() -> None:
    loose = ("周转贷能借几年", LONGEST, "澄江周转贷的贷款期限为3年。")
    assert check(*loose) is Flaw.LOOSE_WORDS
    assert check(*loose, close=False) is None


def test_words_without_a_figure_are_the_lines_too() -> None:
    rule = line("挂失后可以在手机银行解除。", FUND, "挂失")
    assert check("挂失了怎么解除", rule, "挂失后可在手机银行解除。") is None
    assert check("挂失了怎么解除", rule, "挂失后可以去网点柜面解除银行卡。") is not None


def test_no_range_ends_in_a_product() -> None:
    benchmark = line("业绩比较基准：年化1.75%（单一值）", FUND, "基准")
    told = check("月月盈的基准", benchmark, "澄江月月盈的业绩比较基准为1.75%-LC01。", close=False)
    assert told is Flaw.FIGURE_OF_SOMETHING_ELSE
