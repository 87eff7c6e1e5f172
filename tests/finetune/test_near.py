"""Shingles, Jaccard and what MinHash may and may not find."""

from hypothesis import given
from hypothesis import strategies as st

from seatmate.domain.overlap import folded
from seatmate_tune.near import SIZE, jaccard, near_duplicates, shingles

TEXT = st.text(alphabet="存款利率一二三四五六年期到转 ，。AB12", max_size=80)


@given(TEXT)
def test_a_text_has_a_shingle_for_each_place_or_is_one(text: str) -> None:
    letters, found = folded(text), shingles(text)
    assert all(piece in letters for piece in found)
    assert len(found) <= max(1, len(letters) - SIZE + 1)
    assert bool(found) == bool(letters)


@given(TEXT, TEXT)
def test_jaccard_is_a_share_the_same_both_ways(a: str, b: str) -> None:
    share = jaccard(shingles(a), shingles(b))
    assert 0 <= share <= 1
    assert share == jaccard(shingles(b), shingles(a))
    assert jaccard(shingles(a), shingles(a)) == 1


@given(TEXT)
def test_punctuation_width_and_case_make_no_difference(text: str) -> None:
    assert shingles(text) == shingles(text.lower().replace("，", " , ").replace("1", "１"))


@given(st.lists(TEXT, max_size=12))
def test_what_is_found_is_alike_and_earlier_and_stays(texts: list[str]) -> None:
    found = near_duplicates(texts, 0.8)
    for number, (other, share) in found.items():
        assert other < number
        assert other not in found
        assert share == round(jaccard(shingles(texts[number]), shingles(texts[other])), 3)
        assert share >= 0.799


@given(st.lists(TEXT, min_size=1, max_size=8))
def test_every_repeated_text_is_found(texts: list[str]) -> None:
    found = near_duplicates([*texts, *texts], 0.8)
    assert set(range(len(texts), 2 * len(texts))) <= set(found)


def test_one_changed_word_in_a_call_is_nearly_the_same_and_another_call_is_not() -> None:
    call = "您好请问有什么可以帮您我想问一下三年的大额存单现在利率多少现在三年期是百分之二起存二十万那我再看看好的再见"
    other = "我的信用卡昨天在超市丢了麻烦帮我挂失一下好的已经为您办理挂失补卡大概七个工作日寄到您留的地址请注意查收"
    assert near_duplicates([call, call.replace("再见", "拜拜"), other], 0.8) == {1: (0, 0.922)}
