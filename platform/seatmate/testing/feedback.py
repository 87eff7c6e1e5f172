"""Agents' thumbs in memory."""

from collections.abc import Iterable
from datetime import datetime

from seatmate.domain.feedback import Feedback
from seatmate.domain.ports import AnswerLedger


class MemoryFeedback:
    """The FeedbackLedger in a dictionary, beside the answers that it is about."""

    def __init__(self, answers: AnswerLedger) -> None:
        self._answers = answers
        self._kept: dict[tuple[str, str], Feedback] = {}

    async def save(self, feedback: Feedback) -> bool:
        await self._answers.answer(feedback.answer_id)
        key = (feedback.answer_id, feedback.by)
        if key in self._kept and feedback.says_the_same_as(self._kept[key]):
            return False
        self._kept[key] = feedback
        return True

    async def of_answer(self, answer_id: str) -> list[Feedback]:
        return _in_order(f for f in self._kept.values() if f.answer_id == answer_id)

    async def between(self, begin: datetime, end: datetime) -> list[Feedback]:
        return _in_order(f for f in self._kept.values() if begin <= f.at < end)


def _in_order(found: Iterable[Feedback]) -> list[Feedback]:
    return sorted(found, key=lambda f: (f.at, f.answer_id, f.by))
