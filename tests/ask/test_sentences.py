"""A sentence leaves when it is whole, and not before; it does not depend on how the stream was cut."""

from collections.abc import AsyncIterator

from hypothesis import given
from hypothesis import strategies as st

from seatmate.ask.sentences import MAX_SENTENCES, split_sentences, whole_sentences


async def _collect(text: str, cuts: list[int]) -> list[str]:
    async def pieces() -> AsyncIterator[str]:
        at = 0
        for cut in sorted({min(c, len(text)) for c in cuts} | {len(text)}):
            yield text[at:cut]
            at = cut

    return [sentence async for sentence in whole_sentences(pieces())]


async def test_citations_stay_with_their_sentence() -> None:
    text = "起购金额为«F1»。[1][2]赎回T+1到账。[3]"
    assert await _collect(text, [3, 9, 12, 14]) == ["起购金额为«F1»。[1][2]", "赎回T+1到账。[3]"]


async def test_a_bare_citation_is_a_sentence() -> None:
    assert await _collect("[3][4]", [2]) == ["[3][4]"]


async def test_endless_output_is_cut() -> None:
    assert len(await _collect("是。[1]" * 500, list(range(0, 3000, 7)))) == MAX_SENTENCES


@given(
    st.lists(st.sampled_from(["年利率为«F1»。[1]", "[2]", "无答案。", "起购«F2»！[1][3]", "好的，请看。"]), max_size=6),
    st.lists(st.integers(0, 80), max_size=12),
)
async def test_the_cut_of_the_stream_does_not_matter(parts: list[str], cuts: list[int]) -> None:
    text = "".join(parts)
    assert await _collect(text, cuts) == split_sentences(text)
