"""What every FeedbackLedger keeps, fake or real. See index_contract."""

from datetime import UTC, datetime, timedelta

import pytest

from seatmate.domain.answers import Answer, AnswerStatus, Latency
from seatmate.domain.errors import NotFound
from seatmate.domain.feedback import DownReason, Feedback, FeedbackLedger, Verdict, thumb
from seatmate.domain.ports import AnswerLedger

NOON = datetime(2026, 11, 9, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
Stores = tuple[AnswerLedger, FeedbackLedger]


def answer(answer_id: str) -> Answer:
    return Answer(
        answer_id=answer_id,
        release_id="rel-1",
        snapshot=3,
        as_of=NOON,
        question="三年期利率？",
        standalone_query="三年期利率？",
        text="三年期1.80%。",
        sentences=(),
        status=AnswerStatus.GROUNDED,
        latency_ms=Latency(rewrite=0.1, retrieve=2.0, first_sentence=80.0, total=120.0),
    )


def up(answer_id: str = "ans-1", by: str = "A-101", at: datetime = NOON) -> Feedback:
    return thumb(answer_id, Verdict.UP, by, at)


def down(answer_id: str = "ans-1", by: str = "A-101", at: datetime = NOON, comment: str = "") -> Feedback:
    return thumb(answer_id, Verdict.DOWN, by, at, DownReason.WRONG_FIGURE, comment)


class FeedbackLedgerContract:
    @pytest.fixture
    async def stores(self) -> Stores:
        """Answers, and the feedback on them."""
        raise NotImplementedError

    @pytest.fixture
    async def ledger(self, stores: Stores) -> FeedbackLedger:
        """With the answers ans-1 and ans-2."""
        answers, ledger = stores
        for answer_id in ("ans-1", "ans-2"):
            await answers.save_answer(answer(answer_id))
        return ledger

    async def test_a_thumb_comes_back_as_it_was(self, ledger: FeedbackLedger) -> None:
        given = down(comment="应为 1.75%")
        assert await ledger.save(given)
        assert await ledger.of_answer("ans-1") == [given]
        assert await ledger.of_answer("ans-2") == []

    async def test_a_second_opinion_of_the_same_person_takes_the_place_of_the_first(
        self, ledger: FeedbackLedger
    ) -> None:
        await ledger.save(up())
        assert await ledger.save(down(at=NOON + HOUR))
        assert await ledger.of_answer("ans-1") == [down(at=NOON + HOUR)]

    async def test_the_same_again_changes_nothing(self, ledger: FeedbackLedger) -> None:
        await ledger.save(down())
        assert not await ledger.save(down(at=NOON + HOUR))
        assert await ledger.of_answer("ans-1") == [down()]

    async def test_everybody_has_an_opinion_of_his_own(self, ledger: FeedbackLedger) -> None:
        late, early = up(by="A-102", at=NOON + HOUR), down(by="A-101")
        await ledger.save(late)
        await ledger.save(early)
        assert await ledger.of_answer("ans-1") == [early, late]

    async def test_a_span_has_its_beginning_and_not_its_end(self, ledger: FeedbackLedger) -> None:
        first, second, third = up(), down("ans-2", at=NOON + HOUR), up(by="A-102", at=NOON + 2 * HOUR)
        for given in (third, first, second):
            await ledger.save(given)
        assert await ledger.between(NOON, NOON + 2 * HOUR) == [first, second]
        assert await ledger.between(NOON + HOUR, NOON + 3 * HOUR) == [second, third]

    async def test_what_nobody_answered_cannot_be_judged(self, ledger: FeedbackLedger) -> None:
        with pytest.raises(NotFound):
            await ledger.save(up("ans-9"))
