"""What every store of weekly checks keeps, fake or real. See index_contract."""

from datetime import UTC, datetime, timedelta

import pytest

from seatmate.domain.errors import NotFound
from seatmate.domain.weekly import (
    Acceptance,
    Difference,
    JudgedAnswer,
    Judgement,
    QuestionKind,
    WeeklyChecks,
    WeeklyQuestion,
    WeeklyReport,
)

NOON = datetime(2026, 11, 16, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def weekly_report(
    snapshot: int = 2, live: int | None = 1, release_id: str = "rel-a", at: datetime = NOON, judgement: str = "wrong"
) -> WeeklyReport:
    """One question, answered so."""
    question = WeeklyQuestion(
        kind=QuestionKind.NEW_VALUE,
        difference=Difference.CHANGED,
        question="远川稳盈90天C的销售服务费是多少？",
        asked_at=at,
        scopes=("retail",),
        wanted=("pct:0.25",),
        traps=("pct:0.35",),
    )
    judged = JudgedAnswer(question=question, judgement=Judgement(judgement), why="答成 0.35%", answer="0.35%。")
    return WeeklyReport(
        snapshot=snapshot,
        live_snapshot=live,
        release_id=release_id,
        at=at,
        withheld=(),
        judged=(judged,),
        seconds=0.5,
    )


class WeeklyChecksContract:
    @pytest.fixture
    async def checks(self) -> WeeklyChecks:
        raise NotImplementedError

    async def test_a_report_comes_back_as_it_was(self, checks: WeeklyChecks) -> None:
        await checks.keep(weekly_report())
        assert await checks.report_on(2, 1, "rel-a") == weekly_report()

    async def test_it_speaks_of_one_candidate_one_live_snapshot_and_one_release(self, checks: WeeklyChecks) -> None:
        await checks.keep(weekly_report())
        await checks.keep(weekly_report(live=None))
        for other in ((3, 1, "rel-a"), (2, 3, "rel-a"), (2, 1, "rel-b"), (2, None, "rel-b")):
            assert await checks.report_on(*other) is None
        assert await checks.report_on(2, None, "rel-a") == weekly_report(live=None)

    async def test_asked_again_the_newer_report_counts(self, checks: WeeklyChecks) -> None:
        await checks.keep(weekly_report())
        accepted = Acceptance(by="周敏", why="与产品部核对过，以新表为准", at=NOON + HOUR)
        newer = weekly_report(at=NOON + HOUR).model_copy(update={"accepted": accepted})
        await checks.keep(newer)
        assert await checks.report_on(2, 1, "rel-a") == newer

    async def test_the_newest_of_all_is_found_by_the_snapshot_alone(self, checks: WeeklyChecks) -> None:
        newest = weekly_report(release_id="rel-b", at=NOON + HOUR)
        for report in (weekly_report(), newest, weekly_report(snapshot=3, at=NOON + 2 * HOUR)):
            await checks.keep(report)
        assert await checks.newest(2) == newest
        with pytest.raises(NotFound):
            await checks.newest(4)
