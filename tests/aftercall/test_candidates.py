"""What words have settled is not asked of a model again; what they leave open is."""

from seatmate.aftercall.candidates import kyc_candidates, untold_facts, untold_voices, voc_candidates
from seatmate.aftercall.told import tell_facts, tell_voices
from seatmate.domain.findings import VocPolarity
from seatmate.testing.call_contract import conversation

from . import world

CALL = conversation("C-1", "您好。", "我打算给女儿攒学费。", "好的。", "你们手续费太贵了，建议你们把手续费降一降。")
SAID = world.said(CALL)


def test_a_fact_that_words_told_is_not_asked_again() -> None:
    told = tell_facts(CALL, world.catalogue())
    possible = kyc_candidates(CALL, SAID.transcript, world.catalogue())
    settled = {(fact.field, SAID.transcript.number(quote.utt_id)) for fact in told for quote in fact.evidence}
    asked = untold_facts(possible, SAID.transcript, told)
    assert settled
    assert asked == [one for one in possible if (one.key, one.number) not in settled]
    assert untold_facts(possible, SAID.transcript, ()) == possible


def test_a_label_is_asked_about_until_words_told_all_that_the_utterance_can_hold_of_it() -> None:
    possible = voc_candidates(CALL, SAID.transcript, world.catalogue())
    told = [item for item in tell_voices(CALL, world.catalogue()) if item.label_l1 == "fees"]
    blame = [item for item in told if item.polarity is VocPolarity.NEGATIVE]
    assert {item.polarity for item in told} == {VocPolarity.NEGATIVE, VocPolarity.SUGGESTION}
    assert "fees" in {one.key for one in untold_voices(possible, CALL, SAID.transcript, blame, world.catalogue())}
    assert "fees" not in {one.key for one in untold_voices(possible, CALL, SAID.transcript, told, world.catalogue())}
