"""ROUGE by character lies between 0 and 1, does not care which text is which, and is 1 for a text and itself."""

from hypothesis import given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from seatmate_eval.metrics.rouge import characters, rouge_l, rouge_n

TEXTS: SearchStrategy[str] = st.text(alphabet="客户询问一年期利率，1.45% abＡ。", max_size=60)


def longest_common(left: str, right: str) -> int:
    """The table of the textbooks."""
    row = [0] * (len(right) + 1)
    for a in left:
        before = row[:]
        for n, b in enumerate(right, start=1):
            row[n] = before[n - 1] + 1 if a == b else max(before[n], row[n - 1])
    return row[-1]


def test_shared_characters_and_pairs_are_counted() -> None:
    assert rouge_n("客户要存款", "客户存款", 1) == 2 * 4 / 9
    assert rouge_n("客户要存款", "客户存款", 2) == 2 * 2 / 7
    assert rouge_l("客户要存款", "存款客户") == 2 * 2 / 9


def test_spaces_punctuation_width_and_case_do_not_count() -> None:
    assert characters("Ａpp 登录，１.4５％。") == "app登录145"
    assert rouge_l("利率 1.45%", "利率：１.４５％") == 1


def test_nothing_shares_nothing() -> None:
    assert rouge_n("", "", 1) == rouge_n("好", "", 1) == rouge_n("好", "好", 2) == rouge_l("，", "。") == 0


@given(TEXTS, TEXTS)
def test_every_rouge_lies_between_0_and_1_and_is_symmetric(one: str, other: str) -> None:
    for size in (1, 2):
        assert 0 <= rouge_n(one, other, size) == rouge_n(other, one, size) <= 1
    assert 0 <= rouge_l(one, other) == rouge_l(other, one) <= 1


@given(TEXTS)
def test_a_text_and_itself_are_1(text: str) -> None:
    said = characters(text)
    assert rouge_n(text, text, 1) == rouge_l(text, text) == float(len(said) > 0)
    assert rouge_n(text, text, 2) == float(len(said) > 1)


@given(TEXTS, TEXTS)
def test_the_fast_subsequence_is_that_of_the_table(one: str, other: str) -> None:
    left, right = characters(one), characters(other)
    shared = longest_common(left, right)
    assert rouge_l(one, other) == (2 * shared / (len(left) + len(right)) if left or right else 0)
