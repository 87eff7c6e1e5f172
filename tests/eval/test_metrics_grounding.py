"""A figure, a quote, a day and a reader are checked against the documents, whatever the flow says of them."""

from dataclasses import replace

import pytest

from seatmate.domain.answers import Answer, Figure
from seatmate_eval.metrics.grounding import Asked, figures_of, measure
from tests.eval.small_bank import BANK, DAY, FEES, MEMO, OLD_DAY, OLD_RATES, RATES, answer, cite, sentence

ONE_YEAR = cite(RATES, "一年期：1.40%")
OLD_ONE_YEAR = cite(OLD_RATES, "一年期：1.45%")
TRUE = sentence("一年期利率为1.40%。", ONE_YEAR)
NOTE = "（以上为2026年11月5日的口径。《挂牌利率表》的相关内容有效期至2026年11月8日，现已失效。）"
ASKED = Asked("一年定期多少", DAY, ("retail",))
OF_THE_PAST = Asked("11月5日那天一年定期多少", DAY, ("retail",))
FLOORS = ("wrong_figure_shown", "false_quote", "expired_citation", "foreign_document")


def breached(given: Answer, asked: Asked = ASKED) -> set[str]:
    found = {one.metric: one for one in measure(given, asked, BANK.documents)}
    assert all(found[name].evidence for name in FLOORS if found[name].value)
    return {name for name in FLOORS if found[name].value}


def support(given: Answer) -> tuple[int, int]:
    figures = figures_of(given, ASKED, BANK.documents)
    return figures.supported, figures.supported + len(figures.unsupported)


def test_a_true_answer_breaches_nothing() -> None:
    assert breached(answer(TRUE)) == set()
    assert support(answer(TRUE)) == (2, 2)


@pytest.mark.parametrize("spelling", ["百分之一点四", "1.4%", "140bp"])
def test_a_figure_is_compared_by_its_value(spelling: str) -> None:
    assert breached(answer(sentence(f"一年期利率为{spelling}。", ONE_YEAR))) == set()


@pytest.mark.parametrize("wrong", ["1.41%", "14.0%", "1.75%", "1.40元"])
def test_a_wrong_figure_is_seen_even_if_the_document_has_it_in_another_row(wrong: str) -> None:
    assert breached(answer(sentence(f"一年期利率为{wrong}。", ONE_YEAR))) == {"wrong_figure_shown"}


def test_the_flows_own_word_for_a_figure_counts_nothing() -> None:
    lie = Figure(raw="1.99%", normalised="pct:1.99", supported=True)
    said = sentence("一年期利率为1.99%。", ONE_YEAR).model_copy(update={"figures": (lie,)})
    assert breached(answer(said)) == {"wrong_figure_shown"}


def test_a_figure_of_a_text_that_is_no_sentence_is_seen_too() -> None:
    assert breached(answer(TRUE, text=f"{TRUE.text}手续费99元。")) == {"wrong_figure_shown"}


def test_a_day_may_stand_elsewhere_in_the_cited_document_and_a_rate_may_not() -> None:
    given = answer(sentence("自11月9日起，一年期利率为1.40%。", ONE_YEAR))
    assert breached(given) == set()
    assert support(given) == (2, 3)
    assert breached(answer(sentence("自11月10日起，一年期利率为1.40%。", ONE_YEAR))) == {"wrong_figure_shown"}


def test_the_askers_own_amount_is_no_claim_beside_a_supported_figure() -> None:
    asked = replace(ASKED, words="跨行转2万收多少")
    fee = cite(FEES, "每笔10元")
    assert breached(answer(sentence("转2万元收10元。", fee)), asked) == set()
    assert breached(answer(sentence("收2万元。", fee)), asked) == {"wrong_figure_shown"}
    assert breached(answer(sentence("转3万元收10元。", fee)), asked) == {"wrong_figure_shown"}


def test_a_rate_that_the_asker_supposes_is_a_claim() -> None:
    asked = replace(ASKED, words="一年定期是不是1.99%")
    assert breached(answer(sentence("一年期利率为1.99%。", ONE_YEAR)), asked) == {"wrong_figure_shown"}


def test_an_article_is_no_figure() -> None:
    assert breached(answer(sentence("一笔收10元。", cite(FEES, "每笔10元")))) == set()


def test_a_quote_that_is_off_by_one_is_seen() -> None:
    quote = "一年期：1.40%"
    off = cite(RATES, quote, start=RATES.text.index(quote) + 1)
    assert "false_quote" in breached(answer(sentence("一年期利率为1.40%。", off)))
    changed = ONE_YEAR.model_copy(update={"quote": "一年期：1.41%"})
    assert breached(answer(sentence("一年期利率为1.41%。", changed))) == {"false_quote", "wrong_figure_shown"}


def test_a_version_that_nobody_knows_is_neither_true_nor_current_nor_open() -> None:
    unknown = ONE_YEAR.model_copy(update={"version": "0" * 12})
    assert breached(answer(sentence("一年期利率为1.40%。", unknown))) == set(FLOORS)


def test_a_version_that_came_back_or_ended_is_the_same_words() -> None:
    again = ONE_YEAR.model_copy(update={"version": f"{RATES.version}.7"})
    assert breached(answer(sentence("一年期利率为1.40%。", again))) == set()


def test_an_expired_version_is_seen_and_its_figures_count_nothing() -> None:
    given = answer(sentence("一年期利率为1.45%。", OLD_ONE_YEAR))
    assert breached(given) == {"expired_citation", "wrong_figure_shown"}
    assert breached(given, replace(ASKED, as_of=OLD_DAY)) == set()


def test_what_held_on_an_earlier_day_is_told_only_to_who_asks_and_with_its_days() -> None:
    said = sentence("一年期利率为1.45%。", OLD_ONE_YEAR)
    assert breached(answer(said, as_of=OLD_DAY, note=NOTE), OF_THE_PAST) == set()
    assert "expired_citation" in breached(answer(said, as_of=OLD_DAY, note=NOTE))
    assert "expired_citation" in breached(answer(said, as_of=OLD_DAY), OF_THE_PAST)
    unsaid = answer(said, as_of=OLD_DAY, note="（以上为2026年11月5日的口径。）")
    assert breached(unsaid, OF_THE_PAST) == {"expired_citation"}


def test_a_wrong_day_in_the_note_is_a_wrong_figure() -> None:
    said = sentence("一年期利率为1.45%。", OLD_ONE_YEAR)
    wrong = NOTE.replace("11月8日", "12月8日")
    assert breached(answer(said, as_of=OLD_DAY, note=wrong), OF_THE_PAST) == {"wrong_figure_shown"}


def test_a_document_of_others_is_seen_beside_a_refusal_too() -> None:
    memo = cite(MEMO, MEMO.text)
    assert breached(answer(sentence("班长可减免200元。", memo))) == {"foreign_document"}
    assert breached(answer(nearest=(memo,))) == {"foreign_document"}
    assert breached(answer(nearest=(memo,)), replace(ASKED, scopes=("supervisor",))) == set()
    assert breached(answer(TRUE), replace(ASKED, scopes=())) == {"foreign_document"}


def test_an_answer_without_figures_has_no_share_of_them() -> None:
    measured = {
        one.metric for one in measure(answer(sentence("挂失免费。", cite(FEES, "挂失免费"))), ASKED, BANK.documents)
    }
    assert measured == set(FLOORS)
