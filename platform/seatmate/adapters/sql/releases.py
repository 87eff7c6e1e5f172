"""Releases on SQLite or PostgreSQL. A step is kept only by who saw all the steps before it."""

from collections.abc import Mapping

from sqlalchemy import Connection, Engine, Select, insert, select, update

from seatmate.adapters.sql import release_tables as t
from seatmate.adapters.sql.base import run
from seatmate.domain.errors import Conflict, NotFound
from seatmate.domain.releases import ReleaseRecord, ReleaseState


class SqlReleases:
    """The Releases port."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def add(self, record: ReleaseRecord, files: Mapping[str, bytes]) -> None:
        def work(connection: Connection) -> None:
            if connection.scalar(_state_of(record.release_id)) is not None:
                raise Conflict(f"release {record.release_id} is there already")
            connection.execute(insert(t.releases).values(release_id=record.release_id, **_row(record)))
            for number in range(len(record.steps)):
                _add_step(connection, record, number)
            rows = [{"release_id": record.release_id, "path": path, "content": files[path]} for path in sorted(files)]
            if rows:
                connection.execute(insert(t.release_files), rows)

        await run(self._engine, work)

    async def release(self, release_id: str) -> ReleaseRecord:
        def work(connection: Connection) -> str | None:
            return connection.scalar(select(t.releases.c.record).where(t.releases.c.release_id == release_id))

        kept = await run(self._engine, work, writes=False)
        if kept is None:
            raise NotFound(f"no release {release_id}")
        return ReleaseRecord.model_validate_json(kept)

    async def releases(self, *states: ReleaseState) -> list[ReleaseRecord]:
        def work(connection: Connection) -> list[str]:
            query = select(t.releases.c.record).order_by(t.releases.c.changed_at.desc(), t.releases.c.release_id)
            if states:
                query = query.where(t.releases.c.state.in_([state.value for state in states]))
            return list(connection.scalars(query))

        return [ReleaseRecord.model_validate_json(kept) for kept in await run(self._engine, work, writes=False)]

    async def keep(self, *records: ReleaseRecord) -> None:
        def work(connection: Connection) -> None:
            # In one order, so that two who keep the same releases do not wait for each other.
            for record in sorted(records, key=lambda record: record.release_id):
                mine = (t.releases.c.release_id == record.release_id, t.releases.c.steps == len(record.steps) - 1)
                if not connection.execute(update(t.releases).where(*mine).values(**_row(record))).rowcount:
                    raise Conflict(f"somebody else changed {record.release_id} meanwhile; look again")
                _add_step(connection, record, len(record.steps) - 1)

        await run(self._engine, work)

    async def files(self, release_id: str) -> dict[str, bytes]:
        def work(connection: Connection) -> dict[str, bytes] | None:
            if connection.scalar(_state_of(release_id)) is None:
                return None
            mine = t.release_files.c.release_id == release_id
            rows = connection.execute(select(t.release_files.c.path, t.release_files.c.content).where(mine))
            return {path: bytes(content) for path, content in rows}

        found = await run(self._engine, work, writes=False)
        if found is None:
            raise NotFound(f"no release {release_id}")
        return found


def _state_of(release_id: str) -> Select[tuple[str]]:
    return select(t.releases.c.state).where(t.releases.c.release_id == release_id)


def _row(record: ReleaseRecord) -> dict[str, object]:
    return {
        "state": record.state.value,
        "changed_at": record.steps[-1].at,
        "steps": len(record.steps),
        "record": record.model_dump_json(),
    }


def _add_step(connection: Connection, record: ReleaseRecord, number: int) -> None:
    step = record.steps[number]
    values = {
        "release_id": record.release_id,
        "number": number + 1,
        "state": step.state.value,
        "actor": step.by,
        "at": step.at,
        "why": step.why,
        "verdict_sha256": step.verdict_sha256,
    }
    connection.execute(insert(t.release_steps).values(values))
