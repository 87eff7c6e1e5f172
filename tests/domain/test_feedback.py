"""A thumb has a reason when it points down, and holds nobody's numbers."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from seatmate.domain.feedback import MAX_COMMENT_CHARS, DownReason, Feedback, Verdict, thumb

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)


def test_down_without_a_reason_is_down_for_another_reason() -> None:
    assert thumb("ans-1", Verdict.DOWN, "A-1", NOON).reason is DownReason.OTHER
    assert thumb("ans-1", Verdict.DOWN, "A-1", NOON, DownReason.INCOMPLETE).reason is DownReason.INCOMPLETE


@pytest.mark.parametrize(("verdict", "reason"), [(Verdict.UP, DownReason.OTHER), (Verdict.DOWN, None)])
def test_a_reason_belongs_to_a_thumb_down(verdict: Verdict, reason: DownReason | None) -> None:
    with pytest.raises(ValidationError):
        Feedback(answer_id="ans-1", verdict=verdict, reason=reason, by="A-1", at=NOON)


def test_a_comment_is_kept_without_personal_numbers() -> None:
    kept = thumb("ans-1", Verdict.DOWN, "A-1", NOON, comment="客户13812345678说身份证330106198704121537也不对 ")
    assert kept.comment == "客户⟦PHONE⟧说身份证⟦ID⟧也不对"


def test_the_longest_comment_is_kept_although_its_tokens_are_longer_than_what_they_hide() -> None:
    secret = "验证码384756，"
    said = secret * (MAX_COMMENT_CHARS // len(secret))
    assert len(thumb("ans-1", Verdict.UP, "A-1", NOON, comment=said).comment) >= len(said)


def test_a_name_is_the_same_with_blanks_around_it() -> None:
    assert thumb("ans-1", Verdict.UP, " A-1 ", NOON).by == "A-1"
