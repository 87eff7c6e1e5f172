"""What every store of approved answers keeps, fake or real. See index_contract."""

from datetime import UTC, datetime, timedelta

import pytest

from seatmate.domain.approved import ApprovedAnswer, ApprovedSource
from seatmate.domain.errors import Conflict, NotFound
from seatmate.domain.ports import ApprovedAnswers

NOON = datetime(2026, 11, 9, 12, tzinfo=UTC)


class ApprovedAnswersContract:
    @pytest.fixture
    async def approved(self) -> ApprovedAnswers:
        raise NotImplementedError

    def answer(self, approved_id: str, text: str = "口头挂失免费。", hour: int = 9) -> ApprovedAnswer:
        return ApprovedAnswer(
            approved_id=approved_id,
            questions=("口头挂失收费吗",),
            text=text,
            sources=(ApprovedSource(doc_id="loss", quote="口头挂失不收费"),),
            scope=("retail",),
            valid_until=NOON + timedelta(days=30),
            reviewed_by="周敏",
            pinned_at=NOON.replace(hour=hour),
        )

    async def test_pinned_answers_come_back_oldest_first(self, approved: ApprovedAnswers) -> None:
        late, early = self.answer("b", hour=11), self.answer("a", hour=10)
        await approved.pin(late)
        await approved.pin(early)
        await approved.pin(early)
        assert await approved.pinned() == [early, late]

    async def test_an_id_means_one_answer_for_ever(self, approved: ApprovedAnswers) -> None:
        await approved.pin(self.answer("a"))
        with pytest.raises(Conflict):
            await approved.pin(self.answer("a", text="口头挂失收10元。"))

    async def test_a_withdrawn_answer_is_not_given(self, approved: ApprovedAnswers) -> None:
        await approved.pin(self.answer("a"))
        await approved.withdraw("a", "周敏", NOON)
        await approved.withdraw("a", "周敏", NOON)
        assert await approved.pinned() == []
        with pytest.raises(NotFound):
            await approved.withdraw("b", "周敏", NOON)
