"""Reports of the weekly check on SQLite or PostgreSQL. Asked again, the newer report takes the older one's place."""

from sqlalchemy import Connection, Engine, select

from seatmate.adapters.sql.base import run
from seatmate.adapters.sql.upsert import upsert
from seatmate.adapters.sql.weekly_tables import snapshot_checks
from seatmate.domain.errors import NotFound
from seatmate.domain.weekly import WeeklyReport

_NOTHING_LIVE = 0


class SqlWeeklyChecks:
    """The WeeklyChecks port."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def keep(self, report: WeeklyReport) -> None:
        values = {
            "snapshot": report.snapshot,
            "live_snapshot": report.live_snapshot or _NOTHING_LIVE,
            "release_id": report.release_id,
            "at": report.at,
            "report": report.model_dump_json(),
        }
        await run(self._engine, lambda connection: upsert(connection, snapshot_checks, values))

    async def report_on(self, snapshot: int, live_snapshot: int | None, release_id: str) -> WeeklyReport | None:
        def work(connection: Connection) -> str | None:
            t = snapshot_checks.c
            mine = (t.snapshot == snapshot, t.live_snapshot == (live_snapshot or _NOTHING_LIVE))
            return connection.scalar(select(t.report).where(*mine, t.release_id == release_id))

        kept = await run(self._engine, work, writes=False)
        return None if kept is None else WeeklyReport.model_validate_json(kept)

    async def newest(self, snapshot: int) -> WeeklyReport:
        def work(connection: Connection) -> str | None:
            t = snapshot_checks.c
            return connection.scalar(select(t.report).where(t.snapshot == snapshot).order_by(t.at.desc()).limit(1))

        kept = await run(self._engine, work, writes=False)
        if kept is None:
            raise NotFound(f"snapshot {snapshot} was never asked")
        return WeeklyReport.model_validate_json(kept)
