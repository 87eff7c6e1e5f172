"""Watches what the releases in traffic answer, and says when the canary must end. The rule is domain/stand_down's.

Counts what this process answered since it started; several API processes count each for itself, and the first that has
seen enough ends the canary for all. A canary that begins anew, or gets another share, is counted from then on.
"""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime

from seatmate.domain.answers import Answer
from seatmate.domain.ports import AnswerLedger
from seatmate.domain.releases import Routing
from seatmate.domain.stand_down import RULE, StandDownRule, Tally, course_of, reason_to_stand_down


class Breaker:
    def __init__(self, now: Callable[[], datetime], rule: StandDownRule = RULE) -> None:
        self._now = now
        self._rule = rule
        self._tallies: defaultdict[str, Tally] = defaultdict(Tally)
        self._watching: Routing | None = None

    def note(self, answer: Answer) -> None:
        course = course_of(answer)
        if course is not None:
            self._tallies[answer.release_id].note(self._now(), course)

    def tripped(self, routing: Routing) -> str:
        """Why the canary of this routing must end; empty: nothing speaks against it, or there is none."""
        if routing != self._watching:
            self._watching = routing
            self._tallies.clear()
        if routing.canary is None:
            return ""
        return reason_to_stand_down(self._tallies[routing.canary], self._tallies[routing.live], self._now(), self._rule)


class WatchedAnswers:
    """An AnswerLedger that shows the breaker every answer that was kept."""

    def __init__(self, answers: AnswerLedger, breaker: Breaker) -> None:
        self._answers = answers
        self._breaker = breaker

    async def save_answer(self, answer: Answer) -> None:
        await self._answers.save_answer(answer)
        self._breaker.note(answer)

    async def answer(self, answer_id: str) -> Answer:
        return await self._answers.answer(answer_id)
