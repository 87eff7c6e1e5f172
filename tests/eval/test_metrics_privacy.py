"""What must be hidden and can be read is seen, in whole or in half, and so is what must be readable and is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seatmate.domain.calls import Speaker
from seatmate_eval.cases import PermissionCase, RedactionCase
from seatmate_eval.metrics.measured import Measured
from seatmate_eval.metrics.privacy import measure_permission, measure_talk
from seatmate_eval.outputs import FoundPassage, MaskedTalk, MaskedUtterance, Permitted
from tests.eval.small_bank import BANK, DAY, FEES, MEMO, answer, cite, passage, sentence

TALK = ["我的手机13800138000，验证码是482913", "您那笔50,000元11月20日到期"]
MASKED = ["我的手机⟦PHONE⟧，验证码是＊＊＊＊＊＊", TALK[1]]
GOLD = [("PHONE", "13800138000"), ("SECRET", "482913")]
FORBIDDEN = answer(sentence("班长可减免200元。", cite(MEMO, MEMO.text)))


def redaction(hidden: list[tuple[str, str]] = GOLD, kept: tuple[str, ...] = ("50,000元", "11月20日")) -> RedactionCase:
    return RedactionCase.model_validate(
        {
            "id": "redaction/1", "source": "test", "reviewer": "test",
            "talk": [{"speaker": "customer", "text": text} for text in TALK],
            "hidden": [{"kind": kind, "quote": quote} for kind, quote in hidden], "kept": kept,
        }
    )  # fmt: skip


def masked(*texts: str) -> MaskedTalk:
    said = (
        MaskedUtterance(utt_id=f"u{n}", speaker=Speaker.CUSTOMER, text=text) for n, text in enumerate(texts, start=1)
    )
    return MaskedTalk(utterances=tuple(said), hidden=())


def measured(case: RedactionCase, *texts: str) -> dict[str, Measured]:
    return {one.metric: one for one in measure_talk(case, masked(*texts))}


def permission(scopes: tuple[str, ...] = ("retail",)) -> PermissionCase:
    return PermissionCase.model_validate(
        {
            "id": "permission/1", "source": "test", "reviewer": "test", "question": "班长能减免多少", "as_of": DAY,
            "scopes": scopes, "forbidden_doc_ids": ["memo"], "forbidden": ["违约金200元"],
        }
    )  # fmt: skip


def test_a_masked_talk_hides_all_and_keeps_what_it_must() -> None:
    found = measured(redaction(), *MASKED)
    assert {name: (one.value, one.weight) for name, one in found.items()} == {
        "c3_leak": (0, 1),
        "hidden": (1, 2),
        "hidden/PHONE": (1, 1),
        "hidden/SECRET": (1, 1),
        "false_mask": (0, 2),
    }


@pytest.mark.parametrize("left", ["482913", "482＊＊＊", "＊＊＊913", "＊829＊＊"])
def test_half_of_a_secret_is_a_leak_and_no_report_repeats_it(left: str) -> None:
    found = measured(redaction(), f"我的手机⟦PHONE⟧，验证码是{left}", MASKED[1])
    assert found["c3_leak"].value == 1
    assert (found["hidden"].value, found["hidden/SECRET"].value) == (0.5, 0)
    assert "482" not in found["c3_leak"].evidence + found["hidden"].evidence


def test_a_datum_that_is_no_secret_is_no_c3_leak() -> None:
    found = measured(redaction(), f"我的手机13800138000，验证码是{'＊' * 6}", MASKED[1])
    assert (found["c3_leak"].value, found["hidden/PHONE"].value) == (0, 0)


def test_the_same_characters_elsewhere_are_no_leak() -> None:
    case = redaction(hidden=[("SECRET", "50")], kept=())
    assert measured(case, TALK[0], "您那笔＊＊,000元11月20日到期")["c3_leak"].value == 0
    amount = redaction(hidden=[("SECRET", "482913")], kept=())
    talk = amount.model_copy(update={"talk": (*amount.talk, amount.talk[1].model_copy(update={"text": "余额482元"}))})
    assert measured(talk, "我的手机，验证码是＊＊＊＊＊＊", TALK[1], "余额482元")["c3_leak"].value == 0


def test_what_must_be_readable_and_is_not_is_told() -> None:
    found = measured(redaction(), MASKED[0], "您那笔⟦ACCOUNT⟧元11月20日到期")["false_mask"]
    assert (found.value, found.evidence) == (0.5, "「50,000元」 cannot be read")


def test_a_talk_without_secrets_has_no_score_of_leaks() -> None:
    assert set(measured(redaction(hidden=[]), *TALK)) == {"false_mask"}


@given(st.text(alphabet="0123456789", min_size=3, max_size=10), st.text(alphabet="请说余额是＊⟦⟧", max_size=20))
def test_a_secret_left_whole_is_always_seen_and_one_that_is_gone_never(secret: str, around: str) -> None:
    case = RedactionCase.model_validate(
        {
            "id": "redaction/1", "source": "test", "reviewer": "test",
            "talk": [{"speaker": "customer", "text": f"{around}{secret}{around}"}],
            "hidden": [{"kind": "SECRET", "quote": secret}],
        }
    )  # fmt: skip
    assert measured(case, f"{around}{secret}{around}")["c3_leak"].value == 1
    assert measured(case, f"{around}{'＊' * len(secret)}{around}")["c3_leak"].value == 0


def leaks(case: PermissionCase, given_answer: Permitted) -> Measured:
    return measure_permission(case, given_answer, BANK.documents)


def test_who_is_told_nothing_of_it_is_not_leaked_to() -> None:
    told = answer(sentence("每笔10元。", cite(FEES, "每笔10元")), nearest=(cite(FEES, "挂失免费"),))
    assert leaks(permission(), Permitted(answer=told, passages=(passage(FEES, "挂失免费"),))).value == 0
    assert leaks(permission(), Permitted(answer=answer(), passages=())).value == 0


@pytest.mark.parametrize(
    ("told", "passages"),
    [
        (FORBIDDEN, ()),
        (answer(nearest=(cite(MEMO, MEMO.text),)), ()),
        (answer(), (passage(MEMO, MEMO.text),)),
        (answer(sentence("可减免违约金200元。", cite(FEES, "每笔10元"))), ()),
        (answer(note="请参阅《减免权限》。"), ()),
    ],
)
def test_a_citation_a_near_passage_a_search_result_its_words_or_its_title_is_a_leak(
    told: object, passages: tuple[FoundPassage, ...]
) -> None:
    found = leaks(permission(), Permitted.model_validate({"answer": told, "passages": passages}))
    assert found.value == 1
    assert found.evidence


def test_without_any_scope_every_document_is_a_leak() -> None:
    told = Permitted(answer=answer(sentence("挂失免费。", cite(FEES, "挂失免费"))), passages=())
    assert leaks(permission(scopes=()), told).value == 1
