"""What the model gets wrong, the checks catch: every flaw has its test, and true sentences pass."""

from datetime import datetime

import pytest

from seatmate.ask.compose import Composed, compose
from seatmate.ask.flaws import Flaw
from seatmate.ask.ground import Abstains, Grounder, Rejection
from seatmate.ask.rewrite import StandaloneQuery
from seatmate.domain.answers import Sentence, SentenceSource
from seatmate.domain.knowledge import BANK_ZONE, Passage, Product, Validity
from seatmate.prompts import Prompts
from seatmate.settings import HOME

A = Product("YCWY090A", "远川稳盈90天A", ("稳盈90A",))
C = Product("YCWY090C", "远川稳盈90天C", ("稳盈90C",))


def passage(product: Product, text: str) -> Passage:
    title = f"{product.name}产品说明书"
    return Passage(
        product.code, product.code, "v1", title, "产品说明书", (product.code,), ("retail",), Validity(), 100,
        100 + len(text), text, headings=("购买",),
    )  # fmt: skip


@pytest.fixture
def composed() -> Composed:
    passages = [
        passage(A, "起购金额10,000元，追加1,000元。管理费0.20%/年。持有期内不能赎回，收取管理费0.20%/年。"),
        passage(C, "起购金额1元。"),
    ]
    prompts = Prompts.load(HOME / "prompts")
    return compose(prompts, "远川稳盈90天A起购金额多少", datetime.now(BANK_ZONE), passages, [A, C], 8, 100)


@pytest.fixture
def grounder(composed: Composed) -> Grounder:
    return Grounder(StandaloneQuery("远川稳盈90天A起购金额多少", (A,)), composed, [A, C])


def number_of(composed: Composed, words: str) -> int:
    return next(line.number for line in composed.lines if words in line.text)


def slot_of(composed: Composed, raw: str) -> str:
    return f"«F{next(i for i, (r, _) in enumerate(composed.slots.figures, 1) if r == raw)}»"


def test_a_true_sentence_passes_with_its_exact_place(composed: Composed, grounder: Grounder) -> None:
    n = number_of(composed, "起购金额10,000元")
    checked = grounder.check(f"«P1»的起购金额为{slot_of(composed, '10,000元')}。[{n}]")
    assert isinstance(checked, Sentence)
    assert checked.text == "远川稳盈90天A的起购金额为10,000元。"
    assert checked.source is SentenceSource.MODEL
    assert [f.normalised for f in checked.figures] == ["amt:10000"]
    (cited,) = checked.citations
    assert cited.quote == "起购金额10,000元，追加1,000元。"
    assert cited.start == 100


def test_a_fee_is_no_length_of_time() -> None:
    sheet = passage(A, "赎回费：0元；赎回确认：一工作日，T+1到账。")
    composed = compose(Prompts.load(HOME / "prompts"), "赎回费多少", datetime.now(BANK_ZONE), [sheet], [A], 8, 100)
    grounder = Grounder(StandaloneQuery("远川稳盈90天A赎回费多少", (A,)), composed, [A])
    for told in ("«P1»的赎回费为一工作日。[1]", "«P1»的赎回费为T+1。[1]"):
        checked = grounder.check(told)
        assert isinstance(checked, Rejection)
        assert checked.flaw is Flaw.FIGURE_OF_SOMETHING_ELSE
    assert isinstance(grounder.check("«P1»的赎回费为0元。[1]"), Sentence)


def test_a_time_is_no_number_of_times() -> None:
    table = passage(A, "登录密码输错次数：连续5次；锁定时间：24小时。")
    composed = compose(
        Prompts.load(HOME / "prompts"), "密码锁定时间多长", datetime.now(BANK_ZONE), [table], [A], 8, 100
    )
    grounder = Grounder(StandaloneQuery("密码锁定时间多长", ()), composed, [A])
    checked = grounder.check("密码锁定时间为5次。[1]")
    assert isinstance(checked, Rejection)
    assert checked.flaw is Flaw.FIGURE_OF_SOMETHING_ELSE
    assert isinstance(grounder.check("密码锁定时间为24小时。[1]"), Sentence)


def test_another_spelling_of_the_figure_passes(composed: Composed, grounder: Grounder) -> None:
    n = number_of(composed, "起购金额10,000元")
    assert isinstance(grounder.check(f"起购金额为1万元。[{n}]"), Sentence)


def test_citations_alone_quote_the_source(composed: Composed, grounder: Grounder) -> None:
    checked = grounder.check(f"[{number_of(composed, '管理费')}]")
    assert isinstance(checked, Sentence)
    assert (checked.source, checked.text) == (SentenceSource.QUOTE, "管理费0.20%/年。")


@pytest.mark.parametrize(
    ("written", "flaw"),
    [
        ("起购金额为20,000元。[{a}]", Flaw.UNSUPPORTED_FIGURE),
        ("起购金额为10,001元。[{a}]", Flaw.UNSUPPORTED_FIGURE),
        ("起购金额为1,000元。[{a}]", Flaw.FIGURE_OF_SOMETHING_ELSE),
        ("管理费率为1,000元。[{a}]", Flaw.FIGURE_OF_SOMETHING_ELSE),
        ("起购金额为0.20%。[{a}]", Flaw.UNSUPPORTED_FIGURE),
        ("风险等级为10,000元。[{a}]", Flaw.FIGURE_OF_SOMETHING_ELSE),
        ("起购金额为1元。[{c}]", Flaw.OTHER_PRODUCT),
        ("起购金额为10,000美元。[{a}]", Flaw.UNSUPPORTED_FIGURE),
        ("起购金额最高10,000元。[{a}]", Flaw.WRONG_BOUND),
        ("追加金额为10,000元。[{a}]", Flaw.FIGURE_OF_SOMETHING_ELSE),
        ("托管费为0.20%。[{m}]", Flaw.FIGURE_OF_SOMETHING_ELSE),
        ("收取管理费0.20%/年，持有期内可以赎回。[{r}]", Flaw.FLIPPED_CLAIM),
        ("远川稳盈90天C的起购金额为10,000元。[{a}]", Flaw.OTHER_PRODUCT),
        ("起购金额为10,000元。[99]", Flaw.UNKNOWN_CITATION),
        ("起购金额为10,000元。", Flaw.NO_CITATION),
        ("起购金额为«F60»。[{a}]", Flaw.UNKNOWN_SLOT),
        ("本产品保本保息，稳赚不赔，收益肯定很高。[{a}]", Flaw.UNSUPPORTED_WORDS),
        ("", Flaw.EMPTY),
    ],
)
def test_a_lie_is_caught(composed: Composed, grounder: Grounder, written: str, flaw: Flaw) -> None:
    words = {"a": "起购金额10,000元", "c": "起购金额1元", "m": "管理费0.20%", "r": "不能赎回"}
    places = {name: number_of(composed, text) for name, text in words.items()}
    checked = grounder.check(written.format(**places))
    assert isinstance(checked, Rejection)
    assert checked.flaw is flaw


def test_a_wrong_citation_is_repaired_when_another_line_states_the_figure(
    composed: Composed, grounder: Grounder
) -> None:
    checked = grounder.check(f"远川稳盈90天A的起购金额为1万元。[{number_of(composed, '管理费0.20%')}]")
    assert isinstance(checked, Sentence)
    assert [c.quote for c in checked.citations] == ["起购金额10,000元，追加1,000元。"]


def test_another_products_line_is_replaced_by_the_right_ones(composed: Composed, grounder: Grounder) -> None:
    checked = grounder.check(f"起购金额为10,000元。[{number_of(composed, '起购金额1元')}]")
    assert isinstance(checked, Sentence)
    assert [c.doc_id for c in checked.citations] == [A.code]


def test_no_answer_is_understood(grounder: Grounder) -> None:
    assert isinstance(grounder.check("无答案。"), Abstains)


def test_source_text_is_never_about_another_product(grounder: Grounder) -> None:
    found = grounder.sources("", most=8)
    assert found
    assert {source.citations[0].doc_id for source in found} == {A.code}


def test_an_attribute_by_another_name_is_the_sources_word(composed: Composed, grounder: Grounder) -> None:
    number = number_of(composed, "起购金额10,000元")
    checked = grounder.check(f"远川稳盈90天A的认购起点为10,000元。[{number}]")
    assert isinstance(checked, Sentence)
    assert isinstance(grounder.check(f"远川稳盈90天A的管理费为10,000元。[{number}]"), Rejection)


@pytest.mark.parametrize("value", ["YCWY090A", "«P1»", "稳盈90A", ""])
@pytest.mark.parametrize("attribute", ["起购金额", "最低购买金额", "认购起点", "管理费"])
def test_an_attribute_is_not_told_to_be_a_product_or_nothing(
    composed: Composed, grounder: Grounder, attribute: str, value: str
) -> None:
    n = number_of(composed, "起购金额10,000元")
    checked = grounder.check(f"«P1»的{attribute}为{value}。[{n}]")
    assert isinstance(checked, Rejection), checked


def test_a_figure_is_cited_where_it_stands_whatever_number_the_model_writes(
    composed: Composed, grounder: Grounder
) -> None:
    wanted = next(line for line in composed.lines if "起购金额10,000元" in line.text)
    for number in {line.number for line in composed.lines} - {wanted.number}:
        checked = grounder.check(f"«P1»的起购金额为{slot_of(composed, '10,000元')}。[{number}]")
        assert isinstance(checked, Sentence)
        assert [citation.quote for citation in checked.citations] == [wanted.text]
