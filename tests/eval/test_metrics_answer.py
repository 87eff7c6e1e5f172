"""An answer is right when it says all that the gold asks for, nothing that it forbids, and refuses when it should."""

from typing import Any

import pytest

from seatmate.domain.answers import Answer, AnswerStatus, Rejected, SentenceSource
from seatmate_eval.cases import AskCase
from seatmate_eval.metrics.answer import diagnose, measure, says, states
from seatmate_eval.metrics.measured import Measured
from tests.eval.small_bank import BANK, DAY, FEES, OLD_DAY, OLD_RATES, RATES, answer, cite, sentence

RATE = sentence("一年期利率为百分之一点四。", cite(RATES, "一年期：1.40%"))
FREE = sentence("挂失免费。", cite(FEES, "挂失免费"))


def ask(**changed: Any) -> AskCase:
    given = {
        "id": "ask/1", "source": "test", "reviewer": "test", "question": "一年定期多少", "as_of": DAY, "kind": "lookup",
        "figures": ["1.40%"], "doc_ids": ["rates"], "status": "grounded",
    }  # fmt: skip
    return AskCase.model_validate(given | changed)


REFUSED = ask(figures=(), doc_ids=(), kind="refusal", status="abstained")


def measured(case: AskCase, given: Answer) -> dict[str, Measured]:
    return {one.metric: one for one in measure(case, given, BANK.documents)}


def test_a_right_answer_has_the_figure_in_any_spelling() -> None:
    found = measured(ask(), answer(RATE))
    assert {name: one.value for name, one in found.items()} == {
        "right": 1,
        "trap_hit": 0,
        "citation_precision": 1,
        "citation_recall": 1,
    }


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"figures": ["1.40%", "10元"]}, "10元 is missing"),
        ({"points": ["挂失|口挂"]}, "「挂失|口挂」 is missing"),
        ({"trap_figures": ["1.4%"], "figures": []}, "shows 1.4%, a trap"),
        ({"trap_doc_ids": ["rates"], "doc_ids": []}, "cites rates, a trap"),
        ({"status": "abstained", "figures": []}, "is grounded, should be abstained"),
    ],
)
def test_what_is_wrong_with_an_answer_is_told(changed: dict[str, Any], why: str) -> None:
    found = measured(ask(**changed), answer(RATE))["right"]
    assert (found.value, found.evidence) == (0, why)


def test_a_refusal_of_what_can_be_answered_is_wrong_and_so_is_an_answer_to_what_cannot() -> None:
    refusal = measured(ask(), answer())
    assert (refusal["right"].value, refusal["refusal_precision"].value) == (0, 0)
    assert "refusal_recall" not in refusal
    told = measured(REFUSED, answer(RATE))
    assert (told["right"].value, told["refusal_recall"].value) == (0, 0)
    assert "refusal_precision" not in told
    right = measured(REFUSED, answer())
    assert {name: right[name].value for name in ("right", "refusal_precision", "refusal_recall")} == {
        "right": 1,
        "refusal_precision": 1,
        "refusal_recall": 1,
    }


def test_a_trap_in_the_note_is_none_for_a_note_names_what_has_ended() -> None:
    given = answer(RATE, note="《挂牌利率表》的相关内容有效期至2026年11月8日，现已失效。")
    assert measured(ask(trap_figures=["2026年11月8日"]), given)["trap_hit"].value == 0


def test_citations_are_compared_with_the_golds_documents() -> None:
    found = measured(ask(points=["免费"]), answer(RATE, FREE))
    assert (found["citation_precision"].value, found["citation_precision"].weight) == (0.5, 2)
    assert found["citation_precision"].evidence == "cites fees"
    assert (found["citation_recall"].value, found["citation_recall"].weight) == (0.5, 2)
    assert found["citation_recall"].evidence == "no citation for 免费"


def test_of_several_documents_that_say_the_same_one_is_enough() -> None:
    assert measured(ask(doc_ids=["rates", "notice"]), answer(RATE))["citation_recall"].value == 1


def test_an_expired_version_of_the_right_document_cites_nothing() -> None:
    old = sentence("一年期利率为1.45%。", cite(OLD_RATES, "一年期：1.45%"))
    assert measured(ask(figures=["1.45%"]), answer(old))["citation_recall"].value == 0
    assert measured(ask(figures=["1.45%"], as_of=OLD_DAY), answer(old, as_of=OLD_DAY))["citation_recall"].value == 1


def test_without_figures_and_points_any_document_of_the_gold_will_do() -> None:
    case = ask(figures=[], doc_ids=["fees"])
    assert measured(case, answer(FREE))["citation_recall"].value == 1
    assert measured(case, answer(RATE))["citation_recall"].value == 0
    assert measured(case, answer(RATE))["citation_recall"].weight == 1


def test_all_figures_of_a_range_must_be_there() -> None:
    assert states("业绩比较基准2.30%至2.80%", "2.30%–2.80%")
    assert not states("业绩比较基准2.30%", "2.30%–2.80%")
    assert not states("补卡15元/张", "5元")


def test_a_point_is_made_in_one_of_its_spellings_whatever_the_script_and_the_spaces() -> None:
    assert says("需要客戶 本人辦理", "客户本人|本人")
    assert not says("代办即可", "客户本人|本人")


def test_who_wrote_an_answer_and_what_it_cost_needs_no_gold() -> None:
    quoted = sentence("挂失免费。", cite(FEES, "挂失免费"), source=SentenceSource.SOURCE_TEXT)
    given = answer(RATE, quoted).model_copy(update={"rejected": (Rejected(text="1.99%", reason="UNSUPPORTED"),)})
    found = {one.metric: (one.value, one.weight) for one in diagnose(given)}
    assert found == {
        "by_model": (0.5, 2),
        "accepted": (0.5, 2),
        "rejected_sentences": (1, 1),
        "degraded": (0, 1),
        "first_sentence_ms": (30, 1),
        "total_ms": (40, 1),
        "answer_tokens": (320, 1),
    }


def test_a_refusal_has_no_first_sentence_and_a_degraded_answer_is_told() -> None:
    assert "first_sentence_ms" not in {one.metric for one in diagnose(answer())}
    degraded = {one.metric: one.value for one in diagnose(answer(RATE, status=AnswerStatus.DEGRADED))}
    assert degraded["degraded"] == 1
