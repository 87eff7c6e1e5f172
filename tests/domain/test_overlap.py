"""A text that shares a sentence with another is found, however it is spelled; one that shares set phrases is not."""

from hypothesis import given
from hypothesis import strategies as st

from seatmate.domain.overlap import WINDOW, Windows, folded

SENTENCE = "我二十万的大额存单下个月十八号到期，利率还能给到一点八吗"


def test_a_sentence_is_found_in_any_width_and_punctuation() -> None:
    windows = Windows([SENTENCE])
    assert windows.shared_with(f"您好！{SENTENCE.replace('，', ' ')}？谢谢") == folded(SENTENCE)
    assert windows.shared_with("我２０万的大额存单，还没想好") == ""


def test_set_phrases_are_nobodys() -> None:
    windows = Windows(["嗯", "好的", "请问有什么可以帮您", SENTENCE])
    assert windows.shared_with("嗯") == ""
    assert windows.shared_with("利率还能给到吗") == ""
    assert windows.shared_with("请问有什么可以帮您") == "请问有什么可以帮您"


@given(
    st.text(alphabet="存取款利率一二三四五年月", min_size=WINDOW, max_size=60),
    st.text(max_size=20),
    st.text(max_size=20),
)
def test_a_text_within_another_is_always_found(text: str, before: str, after: str) -> None:
    assert folded(text) in folded(Windows([text]).shared_with(before + text + after))


@given(st.text(max_size=80), st.text(max_size=80))
def test_what_is_shared_stands_in_both(one: str, other: str) -> None:
    shared = Windows([one]).shared_with(other)
    assert shared in folded(one) or not shared or len(shared) >= WINDOW
    assert shared in folded(other)
