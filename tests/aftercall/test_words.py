"""A summary's sentence says only what the call said."""

import pytest

from seatmate.aftercall.words import rests_on

SAID = ["您好，三年期现在是1.80%，二十万起存。", "那我想存二十万，月底到期了再转。"]


@pytest.mark.parametrize(
    "sentence", ["客户咨询三年期，表示月底到期再转。", "坐席告知三年期1.80%，20万起存。", "客户想存200,000元。"]
)
def test_a_sentence_of_the_calls_own_words_passes(sentence: str) -> None:
    assert rests_on(sentence, SAID, SAID)


@pytest.mark.parametrize(
    ("sentence", "why"),
    [
        ("坐席告知三年期2.80%。", "a figure that was not said"),
        ("客户购买股票。", "a word that was not said"),
        ("客户不想存二十万。", "a no that was not said"),
        ("", "nothing"),
    ],
)
def test_a_sentence_with_anything_else_does_not(sentence: str, why: str) -> None:
    assert not rests_on(sentence, SAID, SAID), why


def test_a_sentence_of_the_call_that_its_citation_does_not_hold_does_not_pass() -> None:
    assert not rests_on("月底到期。", ["您好。"], SAID)
    assert not rests_on("三年期1.80%。", [SAID[1]], SAID)
