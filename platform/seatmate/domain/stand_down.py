"""When a canary has to end by itself: its answers of late are worse than those of the live release.

Pure rule. An answer is looked at when the model was asked for it: one without the model's help (`degraded`), or with a
sentence that failed a check, is a bad one. Live's answers of the same time are the measure, so that a model server that
is away for everybody blames nobody, and a small model whose sentences often fail is held against itself.
"""

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from seatmate.domain.answers import Answer, AnswerStatus

AUTOPILOT = "autopilot"
"""Who ends a canary when nobody did."""
_MOST_KEPT = 5_000
_Z = 1.96


class Course(StrEnum):
    """How an answer that the model was asked for went."""

    GOOD = "good"
    REJECTED = "rejected"
    """A sentence failed a check: another figure than the source's, no source, against the rules."""
    DEGRADED = "degraded"
    """The model did not answer."""


@dataclass(frozen=True)
class StandDownRule:
    """`margin`: by how much the canary's share of bad answers must surely exceed live's."""

    window: timedelta = timedelta(minutes=15)
    min_answers: int = 20
    margin: float = 0.1


RULE = StandDownRule()


@dataclass
class Tally:
    """What one release has answered of late."""

    _seen: deque[tuple[datetime, Course]] = field(default_factory=lambda: deque(maxlen=_MOST_KEPT))

    def note(self, at: datetime, course: Course) -> None:
        self._seen.append((at, course))

    def since(self, moment: datetime) -> list[Course]:
        return [course for at, course in self._seen if at >= moment]


def course_of(answer: Answer) -> Course | None:
    """None: the model had no part in it, or was right to have none."""
    if answer.status is AnswerStatus.DEGRADED:
        return Course.DEGRADED
    if answer.rejected or answer.status is AnswerStatus.EXTRACTIVE:
        return Course.REJECTED
    return Course.GOOD if answer.completion_tokens and answer.approved_id is None else None


def reason_to_stand_down(canary: Tally, live: Tally, at: datetime, rule: StandDownRule = RULE) -> str:
    """Empty: none. Each kind of badness is looked at by itself, and then both together."""
    since = at - rule.window
    seen, beside = canary.since(since), live.since(since)
    if len(seen) < rule.min_answers:
        return ""
    for kinds, label in (
        ({Course.DEGRADED}, "模型没有作答"),
        ({Course.REJECTED}, "有句子未通过核对"),
        ({Course.DEGRADED, Course.REJECTED}, "模型没有作答或有句子未通过核对"),
    ):
        bad, of_live = _count(seen, kinds), _share(beside, kinds)
        if _at_least(bad, len(seen)) > of_live + rule.margin:
            minutes = round(rule.window.total_seconds() / 60)
            return f"{minutes} 分钟内 {len(seen)} 条答复中 {bad} 条{label}，在用版本为 {of_live:.0%}"
    return ""


def _count(seen: Iterable[Course], kinds: set[Course]) -> int:
    return sum(course in kinds for course in seen)


def _share(seen: list[Course], kinds: set[Course]) -> float:
    return _count(seen, kinds) / len(seen) if seen else 0.0


def _at_least(bad: int, of: int) -> float:
    """Lower end of the Wilson interval: with few answers, chance explains a lot."""
    share, z2 = bad / of, _Z * _Z
    half = _Z * math.sqrt(share * (1 - share) / of + z2 / (4 * of * of))
    return (share + z2 / (2 * of) - half) / (1 + z2 / of)
