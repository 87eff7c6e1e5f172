"""The questions that a weekly update raises, and what was made of their answers before it was published.

A question is made of one difference between the live snapshot and the candidate, and knows the right value and the one
that would give a mistake away. It is written by code from what documents state; no model has a hand in it, and no
question is right because the model says so.
"""

from enum import StrEnum
from typing import Annotated, Protocol

from pydantic import AwareDatetime, Field

from seatmate.domain.attributes import Attribute
from seatmate.domain.errors import Conflict
from seatmate.domain.model import Shape


class QuestionKind(StrEnum):
    """Which mistake a question looks for."""

    NEW_VALUE = "new_value"
    """What holds from now on; the old value gives it away."""
    AS_OF_OLD = "as_of_old"
    """What holds until the change; the new value gives it away."""
    WITHDRAWN = "withdrawn"
    """What holds no more: nobody may be told of it."""
    NEIGHBOUR = "neighbour"
    """The same of the product that is called most alike; the changed product's value gives it away."""
    EXCHANGED = "exchanged"
    """Two products have taken each other's values in one document: rows were swapped, as long as nobody says otherwise.
    The old value counts."""

    @property
    def label(self) -> str:
        return {
            "new_value": "新值",
            "as_of_old": "调整前",
            "withdrawn": "已撤下",
            "neighbour": "易混产品",
            "exchanged": "疑似错行",
        }[self.value]


class Difference(StrEnum):
    """What became of the value that a question comes from. Their order is that in which they are asked."""

    CHANGED = "changed"
    ENDED = "ended"
    ADDED = "added"


class WeeklyQuestion(Shape):
    """One question. `wanted` and `traps` are values as facts spell them (domain.facts); any of `wanted` will do."""

    kind: QuestionKind
    difference: Difference
    question: str
    asked_at: AwareDatetime
    """The moment that is asked about."""
    scopes: tuple[str, ...]
    product_code: str = ""
    """Empty where a table states it of no product: a listed rate, a fee of an account."""
    attribute: Attribute | None = None
    condition: str = ""
    words: tuple[str, ...] = ()
    """Instead of product and attribute: what a line is about."""
    wanted: tuple[str, ...] = ()
    traps: tuple[str, ...] = ()
    trap_of: str = ""
    """The product whose value the trap is, where it is another one's."""
    doc_ids: tuple[str, ...] = ()
    """Which documents made the question."""
    must_answer: bool = False
    """The live snapshot answers it: silence is a mistake too."""
    high_risk: str = ""
    """Why a person looks at it even when it was merely not answered; empty: he need not."""


class WeeklyQuestions(Shape):
    asked: tuple[WeeklyQuestion, ...] = ()
    left_out: Annotated[int, Field(ge=0)] = 0
    """Beyond the most that are asked."""
    unworded: tuple[str, ...] = ()
    """Changed lines with figures that no question could be made of: where they stand, for a person."""


class Judgement(StrEnum):
    RIGHT = "right"
    WRONG = "wrong"
    UNANSWERED = "unanswered"
    REVIEW = "review"
    """In doubt: a figure that may be of something else. A person looks."""

    @property
    def label(self) -> str:
        return {"right": "正确", "wrong": "错误", "unanswered": "未答", "review": "待人工看"}[self.value]


class JudgedAnswer(Shape):
    """A question with its answer. `why` is a sentence for people."""

    question: WeeklyQuestion
    judgement: Judgement
    why: str
    answer: str
    cited: tuple[str, ...] = ()
    without_model: bool = False

    @property
    def for_people(self) -> bool:
        """Only failures, doubts, and silence on what can do most harm."""
        if self.judgement is Judgement.UNANSWERED:
            return bool(self.question.high_risk)
        return self.judgement is not Judgement.RIGHT


class Accepted(Shape):
    """Who publishes in spite of wrong answers, and why."""

    by: Annotated[str, Field(min_length=2, max_length=64)]
    why: Annotated[str, Field(min_length=10, max_length=500)]


class Acceptance(Accepted):
    at: AwareDatetime


class WeeklyReport(Shape):
    """What a candidate would answer, against the snapshot that was live and with the release that was in traffic."""

    snapshot: int
    live_snapshot: int | None
    release_id: str
    at: AwareDatetime
    withheld: tuple[str, ...]
    """Products that nobody was told of when it was asked: a waiver since then makes the report old."""
    judged: tuple[JudgedAnswer, ...]
    left_out: int = 0
    unworded: tuple[str, ...] = ()
    seconds: float
    accepted: Acceptance | None = None

    @property
    def wrong(self) -> list[JudgedAnswer]:
        return [j for j in self.judged if j.judgement is Judgement.WRONG]

    @property
    def without_model(self) -> int:
        return sum(j.without_model for j in self.judged)


class PublishRefused(Conflict):
    """The candidate answers questions of the week wrongly, and nobody answers for it by name."""

    code = "WEEKLY_CHECK_FAILED"


_NAMED = 3


def refuse_if_wrong(report: WeeklyReport) -> None:
    """PublishRefused, with the first wrong answers, unless somebody has accepted them."""
    if not report.wrong or report.accepted is not None:
        return
    first = "；".join(f"「{j.question.question}」{j.why}" for j in report.wrong[:_NAMED])
    more = f"等共 {len(report.wrong)} 题" if len(report.wrong) > _NAMED else ""
    raise PublishRefused(
        f"快照 {report.snapshot} 未发布，本周变化答错：{first}{more}。核对资料后重建，或写明由谁、为何放行"
    )


class WeeklyChecks(Protocol):
    """Reports in SQL: one for each candidate, snapshot that was live, and release; the newest counts."""

    async def keep(self, report: WeeklyReport) -> None: ...

    async def report_on(self, snapshot: int, live_snapshot: int | None, release_id: str) -> WeeklyReport | None: ...

    async def newest(self, snapshot: int) -> WeeklyReport:
        """NotFound when the snapshot was never asked."""
        ...
