"""Fusion: points of words and cosines are added, and every engine's hits come out in one order."""

from hypothesis import given
from hypothesis import strategies as st

from seatmate.adapters.fuse import Fusion, fuse
from seatmate.domain.ports import Hit

FUSION = Fusion()


def order(sparse: dict[str, float], dense: dict[str, float], fusion: Fusion = FUSION, limit: int = 10) -> list[str]:
    hits = ([Hit(i, s) for i, s in scores.items()] for scores in (sparse, dense))
    return [hit.passage_id for hit in fuse(*hits, fusion, limit)]


def test_sure_words_outvote_a_vague_meaning() -> None:
    assert order({"said": 60.0, "other": 20.0}, {"other": 0.5, "said": 0.2}) == ["said", "other"]


def test_meaning_decides_where_the_words_find_little() -> None:
    assert order({"junk": 3.0}, {"meant": 0.7, "junk": 0.1}) == ["meant", "junk"]


def test_a_passage_found_twice_beats_its_equals() -> None:
    assert order({"a": 10.0, "both": 10.0}, {"both": 0.4, "b": 0.4, "far": 0.0})[0] == "both"


def test_missing_from_the_meanings_is_as_good_as_the_last_of_them() -> None:
    alike = {f"p{n}": 0.6 for n in range(9)}
    assert order({"p0": 5.0, "unseen": 5.1}, alike)[:2] == ["unseen", "p0"]


def test_meaning_counts_less_the_more_the_words_have_found() -> None:
    near = {"meant": 0.9, "said": 0.3}
    assert order({"said": 5.0, "meant": 0.1}, near) == ["meant", "said"]
    assert order({"said": 50.0, "meant": 45.1}, near) == ["said", "meant"]


def test_what_is_near_to_nothing_is_not_found() -> None:
    assert order({}, {"a": 0.0, "b": -0.3}) == []


def test_weights_of_nothing_leave_the_other_list() -> None:
    sparse, dense = {"a": 2.0, "b": 1.0}, {"b": 0.9, "a": 0.1}
    assert order(sparse, dense, Fusion(dense_weight=0.0)) == ["a", "b"]
    assert order(sparse, dense, Fusion(sparse_weight=0.0)) == ["b", "a"]


def test_ties_are_broken_by_id_after_the_last_bits_are_gone() -> None:
    assert order({"b": 1.0, "a": 1.00000001, "c": 1.0}, {}) == ["a", "b", "c"]


SCORES = st.dictionaries(st.text("abcdef", min_size=1, max_size=2), st.floats(-1, 100), max_size=12)


@given(SCORES, SCORES, st.integers(0, 8))
def test_any_lists_give_one_sorted_order_whatever_order_they_came_in(
    sparse: dict[str, float], dense: dict[str, float], limit: int
) -> None:
    one = [[Hit(i, s) for i, s in scores.items()] for scores in (sparse, dense)]
    other = [list(reversed(hits)) for hits in one]
    fused = fuse(*one, FUSION, limit)
    assert fused == fuse(*other, FUSION, limit)
    assert len(fused) <= limit
    assert fused == sorted(fused, key=lambda hit: (-hit.score, hit.passage_id))
    assert {hit.passage_id for hit in fused} <= sparse.keys() | dense.keys()
