"""Sparse vectors: figures and codes whole, words and pairs, the same for ever."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatmate.adapters.sparse import SparseEncoder, term_id

ENCODER = SparseEncoder()


def terms_in_common(a: str, b: str) -> set[int]:
    return set(ENCODER.encode_query(a).indices) & set(ENCODER.encode_query(b).indices)


@pytest.mark.parametrize(
    ("said", "written"),
    [
        ("50,000元", "5万"),
        ("50000", "五万元"),
        ("3.05%", "百分之三点零五"),
        ("305bp", "3.05%"),
        ("T+1", "ｔ＋１"),
        ("ycwy090a", "YCWY090A"),
        ("r2", "R2"),
        ("一年期", "12个月"),
        ("11月9日", "2026年11月9日"),
        ("轉賬手續費", "转账手续费"),
        ("90A", "90天A"),
    ],
)
def test_two_writings_of_one_thing_share_a_term(said: str, written: str) -> None:
    assert terms_in_common(said, written)


@pytest.mark.parametrize(
    ("one", "other"), [("3.05%", "3.5%"), ("YCWY090A", "YCWY090C"), ("T+1", "T+2"), ("R2", "R3"), ("0.20%", "0.02%")]
)
def test_two_things_that_look_alike_share_none(one: str, other: str) -> None:
    assert not terms_in_common(one, other)


def test_a_term_has_the_same_id_in_every_process() -> None:
    assert term_id("手续") == 479834869
    assert term_id("pct:3.05") == 1286225470


def test_a_query_term_weighs_the_same_however_often_it_is_said() -> None:
    once, often = ENCODER.encode_query("手续费，"), ENCODER.encode_query("手续费，手续费，手续费")
    assert (once.indices, once.values) == (often.indices, often.values)


def test_in_a_query_a_word_weighs_more_than_a_chance_pair_and_a_long_word_repeats_its_pairs() -> None:
    vector = ENCODER.encode_query("银行卡转账")
    weight = dict(zip(vector.indices, vector.values, strict=True))
    assert weight[term_id("转账")] > weight[term_id("卡转")] > weight[term_id("银行卡")]


def test_a_passage_in_traditional_characters_has_the_vector_of_its_simplified_twin() -> None:
    assert ENCODER.encode_passage("轉賬手續費每筆五萬元") == ENCODER.encode_passage("转账手续费每笔五万元")


def test_a_term_weighs_more_the_oftener_and_the_shorter_the_passage() -> None:
    def weight(text: str) -> float:
        vector = ENCODER.encode_passage(text)
        return dict(zip(vector.indices, vector.values, strict=True))[term_id("手续")]

    assert weight("手续费，手续费") > weight("手续费，跨行转")
    assert weight("手续费") > weight("手续费" + "跨行转账的收费标准由本行公布" * 5)


def test_the_fingerprint_follows_the_parameters() -> None:
    assert ENCODER.fingerprint == SparseEncoder().fingerprint
    assert ENCODER.fingerprint != SparseEncoder(k1=1.5).fingerprint


@given(st.text())
def test_any_text_has_a_sorted_vector_without_repeats(text: str) -> None:
    vector = ENCODER.encode_passage(text)
    assert list(vector.indices) == sorted(set(vector.indices))
    assert len(vector.values) == len(vector.indices)
    assert all(0 <= index < 2**32 for index in vector.indices)
    assert all(value > 0 for value in vector.values)
