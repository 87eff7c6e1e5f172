"""Slots: what goes out comes back as the source's own characters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatmate.ask.slots import SlotMaker, UnknownSlot
from seatmate.domain.knowledge import Product

A = Product("YCWY090A", "远川稳盈90天A", ("稳盈90A",))


def test_figures_and_names_leave_the_prompt() -> None:
    maker = SlotMaker([A])
    masked = maker.mask("稳盈90A起购金额10,000元，追加1,000元", 1)
    assert masked == "«P1»起购金额«F1»，追加«F2»"
    assert maker.slots().fill("«P1»起购«F1»") == "远川稳盈90天A起购10,000元"


def test_every_occurrence_of_a_figure_has_its_own_slot() -> None:
    maker = SlotMaker([])
    assert maker.mask("管理费0.20%", 1) + maker.mask("销售费0.20%", 2) == "管理费«F1»销售费«F2»"
    assert maker.slots().figures == (("0.20%", 1), ("0.20%", 2))


def test_a_slot_that_the_prompt_does_not_have_is_an_error() -> None:
    with pytest.raises(UnknownSlot):
        SlotMaker([A]).slots().fill("年利率为«F7»")


@given(st.text(alphabet="利率为年1234.5%元万，。A天远川稳盈90", max_size=50))
def test_filling_undoes_masking(text: str) -> None:
    maker = SlotMaker([Product("X", "远川稳盈")])
    masked = maker.mask(text, 1)
    assert maker.slots().fill(masked) == text


def test_a_figure_that_the_question_states_is_a_key_and_stays() -> None:
    maker = SlotMaker([A])
    assert maker.mask_question("稳盈90A存一年利率多少") == "«P1»存一年利率多少"
    assert maker.mask("存期：12个月；年利率：1.40%", 1) == "存期：12个月；年利率：«F1»"
    assert maker.mask("存期：二年；年利率：1.55%", 2) == "存期：«F2»；年利率：«F3»"
