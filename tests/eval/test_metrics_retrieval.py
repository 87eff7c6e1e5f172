"""A gold place is found once, by the first passage that holds half of it, in the version that is in force."""

from hypothesis import given
from hypothesis import strategies as st

from seatmate_eval.cases import RetrievalCase
from seatmate_eval.metrics.measured import Measured
from seatmate_eval.metrics.retrieval import measure, ndcg
from seatmate_eval.outputs import FoundPassage
from tests.eval.small_bank import BANK, DAY, FEES, MEMO, OLD_RATES, RATES, passage

ONE_YEAR = ("rates", "一年期：1.40%")
FEE = ("fees", "每笔10元，最高50元")
RANKS = st.lists(st.none() | st.integers(1, 12), min_size=1, max_size=12)


def search(*gold: tuple[str, str], stale: tuple[str, ...] = ()) -> RetrievalCase:
    return RetrievalCase.model_validate(
        {
            "id": "retrieval/1", "source": "test", "reviewer": "test", "query": "一年定期", "as_of": DAY,
            "passages": [{"doc_id": doc_id, "quote": quote} for doc_id, quote in gold], "stale_doc_ids": stale,
        }
    )  # fmt: skip


def measured(case: RetrievalCase, *found: FoundPassage) -> dict[str, Measured]:
    return {one.metric: one for one in measure(case, found, BANK.documents)}


def test_recall_counts_gold_places_and_the_first_rank_counts_for_mrr() -> None:
    found = measured(search(ONE_YEAR, FEE), passage(RATES, "三年期：1.75%"), passage(RATES, "一年期：1.40%"))
    assert (found["recall_at_1"].value, found["recall_at_5"].value, found["recall_at_8"].value) == (0, 0.5, 0.5)
    assert found["recall_at_5"].weight == 2
    assert found["recall_at_5"].evidence == "fees 「每笔10元，最高50元」 is not found"
    assert found["mrr"].value == 0.5
    assert 0 < found["ndcg_at_8"].value < 1


def test_half_of_the_words_is_enough_and_less_is_not() -> None:
    case = search(("fees", "每笔10元，最高50元"))
    assert measured(case, passage(FEES, "最高50元。\n挂失免费"))["recall_at_1"].value == 0
    assert measured(case, passage(FEES, "，最高50元。\n挂失免费"))["recall_at_1"].value == 1


def test_a_passage_of_an_ended_version_finds_nothing_and_is_stale() -> None:
    found = measured(search(("rates", "三年期：1.75%")), passage(OLD_RATES, "三年期：1.80%"), passage(FEES, "挂失免费"))
    assert found["recall_at_8"].value == found["mrr"].value == found["ndcg_at_8"].value == 0
    assert (found["stale_passages"].value, found["stale_passages"].weight) == (0.5, 2)


def test_a_document_that_the_case_calls_stale_is_stale_whatever_its_validity() -> None:
    assert measured(search(ONE_YEAR, stale=("fees",)), passage(FEES, "挂失免费"))["stale_passages"].value == 1


def test_a_document_of_others_is_a_breach_at_any_rank() -> None:
    ten = [passage(RATES, "一年期：1.40%")] * 9
    assert measured(search(ONE_YEAR), *ten)["foreign_passage"].value == 0
    assert measured(search(ONE_YEAR), *ten, passage(MEMO, MEMO.text))["foreign_passage"].value == 1


def test_nothing_found_is_zero_recall_and_no_share_of_stale_passages() -> None:
    found = measured(search(ONE_YEAR))
    assert found["recall_at_8"].value == found["mrr"].value == 0
    assert "stale_passages" not in found


def test_the_same_place_in_two_passages_is_found_once() -> None:
    once = measured(search(ONE_YEAR, FEE), passage(RATES, "一年期：1.40%"))["ndcg_at_8"].value
    twice = measured(search(ONE_YEAR, FEE), passage(RATES, "一年期：1.40%"), passage(RATES, RATES.text))[
        "ndcg_at_8"
    ].value
    assert once == twice


def test_two_places_in_one_passage_are_worth_no_more_than_the_best_order() -> None:
    found = measured(search(ONE_YEAR, ("rates", "三年期：1.75%")), passage(RATES, RATES.text))
    assert found["ndcg_at_8"].value == found["recall_at_1"].value == 1


@given(RANKS, st.integers(1, 10))
def test_ndcg_lies_between_0_and_1_and_is_1_for_the_best_order(ranks: list[int | None], depth: int) -> None:
    assert 0 <= ndcg(ranks, depth) <= 1
    assert ndcg(list(range(1, len(ranks) + 1)), depth) == 1


@given(RANKS.filter(any), st.integers(1, 10))
def test_a_gold_place_that_moves_up_never_makes_ndcg_less(ranks: list[int | None], depth: int) -> None:
    at = next(place for place, rank in enumerate(ranks) if rank)
    better = [max(1, (rank or 1) - 1) if place == at else rank for place, rank in enumerate(ranks)]
    assert ndcg(better, depth) >= ndcg(ranks, depth)
