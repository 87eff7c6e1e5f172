"""Reports of the weekly check in memory."""

from seatmate.domain.errors import NotFound
from seatmate.domain.weekly import WeeklyReport


class MemoryWeeklyChecks:
    """The WeeklyChecks port in a dictionary."""

    def __init__(self) -> None:
        self._reports: dict[tuple[int, int | None, str], WeeklyReport] = {}

    async def keep(self, report: WeeklyReport) -> None:
        self._reports[report.snapshot, report.live_snapshot, report.release_id] = report

    async def report_on(self, snapshot: int, live_snapshot: int | None, release_id: str) -> WeeklyReport | None:
        return self._reports.get((snapshot, live_snapshot, release_id))

    async def newest(self, snapshot: int) -> WeeklyReport:
        found = [report for report in self._reports.values() if report.snapshot == snapshot]
        if not found:
            raise NotFound(f"snapshot {snapshot} was never asked")
        return max(found, key=lambda report: report.at)
