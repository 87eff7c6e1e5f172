"""Conversations, the steps of their analysis and their records in SQL. Every write is idempotent by its key.

Knows nothing of how a record is made, nor of the job runner's own tables.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Engine, and_, func, insert, or_, select, update

from seatmate.adapters.sql import call_tables as t
from seatmate.adapters.sql import correction_tables as k
from seatmate.adapters.sql.base import run
from seatmate.adapters.sql.outbox import confirmations_of, put_in_outbox
from seatmate.adapters.sql.reviews import open_reviews
from seatmate.adapters.sql.upsert import insert_once, upsert
from seatmate.domain.call_ports import CallStatus
from seatmate.domain.calls import CallState, Conversation
from seatmate.domain.corrections import CONFIRMED, KeptCorrection, confirmed
from seatmate.domain.errors import Conflict, NotFound
from seatmate.domain.findings import CallRecord
from seatmate.domain.timeline import CustomerCall

LEASE_S = 600.0
"""A call that has been running for so long without a sign of life has lost its worker."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


class SqlCalls:
    """The CallLedger on SQLite or PostgreSQL. `webhooks` are told of every record (adapters/sql/outbox)."""

    def __init__(
        self,
        engine: Engine,
        *,
        webhooks: Sequence[str] = (),
        lease_s: float = LEASE_S,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._engine = engine
        self._webhooks = tuple(webhooks)
        self._lease = timedelta(seconds=lease_s)
        self._now = now

    async def receive(self, conversation: Conversation) -> CallStatus:
        key, sha = conversation.conversation_id, conversation.transcript_sha256
        at = self._now()

        def work(connection: Connection) -> CallStatus:
            insert_once(
                connection,
                t.calls,
                {
                    "conversation_id": key,
                    "transcript_sha256": sha,
                    "customer_id": conversation.customer_id,
                    "conversation": conversation.model_dump_json(),
                    "state": CallState.QUEUED.value,
                    "attempts": 0,
                    "detail": "",
                    "started_at": conversation.started_at,
                    "received_at": at,
                    "changed_at": at,
                },
            )
            status = _status(connection, key)
            if status.transcript_sha256 != sha:
                raise Conflict(
                    f"conversation {key} is known with another transcript ({status.transcript_sha256[:12]}…)"
                )
            return status

        return await run(self._engine, work)

    async def conversation(self, conversation_id: str) -> Conversation:
        def work(connection: Connection) -> str | None:
            return connection.scalar(select(t.calls.c.conversation).where(t.calls.c.conversation_id == conversation_id))

        stored = await run(self._engine, work, writes=False)
        if stored is None:
            raise NotFound(f"no conversation {conversation_id}")
        return Conversation.model_validate_json(stored)

    async def status(self, conversation_id: str) -> CallStatus:
        return await run(self._engine, lambda connection: _status(connection, conversation_id), writes=False)

    async def waiting(self, limit: int) -> list[str]:
        def work(connection: Connection) -> list[str]:
            query = (
                select(t.calls.c.conversation_id)
                .where(self._is_waiting())
                .order_by(t.calls.c.received_at, t.calls.c.conversation_id)
                .limit(limit)
            )
            return list(connection.scalars(query))

        return await run(self._engine, work, writes=False)

    async def waiting_count(self) -> int:
        def work(connection: Connection) -> int:
            return connection.scalar(select(func.count()).select_from(t.calls).where(self._is_waiting())) or 0

        return await run(self._engine, work, writes=False)

    def _is_waiting(self) -> ColumnElement[bool]:
        abandoned = and_(t.calls.c.state == CallState.RUNNING.value, t.calls.c.changed_at < self._now() - self._lease)
        return or_(t.calls.c.state == CallState.QUEUED.value, abandoned)

    async def mark(self, conversation_id: str, state: CallState, detail: str = "") -> None:
        values = {"state": state.value, "detail": detail, "changed_at": self._now()}

        def work(connection: Connection) -> None:
            change = update(t.calls).where(t.calls.c.conversation_id == conversation_id).values(values)
            if state is CallState.RUNNING:
                change = change.values(attempts=t.calls.c.attempts + 1)
            if not connection.execute(change).rowcount:
                raise NotFound(f"no conversation {conversation_id}")

        await run(self._engine, work)

    async def take_over(self, conversation_id: str) -> bool:
        now = self._now()

        def work(connection: Connection) -> bool:
            silent = (self._is_waiting(), t.calls.c.changed_at < now - self._lease)
            change = update(t.calls).where(t.calls.c.conversation_id == conversation_id, *silent)
            return connection.execute(change.values(changed_at=now)).rowcount == 1

        return await run(self._engine, work)

    async def save_step(self, conversation_id: str, release_id: str, step: str, result: str) -> None:
        values = {"conversation_id": conversation_id, "release_id": release_id, "step": step, "result": result}
        at = self._now()

        def work(connection: Connection) -> None:
            alive = update(t.calls).where(t.calls.c.conversation_id == conversation_id).values(changed_at=at)
            if not connection.execute(alive).rowcount:
                raise NotFound(f"no conversation {conversation_id}")
            upsert(connection, t.call_steps, values)

        await run(self._engine, work)

    async def load_step(self, conversation_id: str, release_id: str, step: str) -> str | None:
        def work(connection: Connection) -> str | None:
            return connection.scalar(
                select(t.call_steps.c.result).where(
                    t.call_steps.c.conversation_id == conversation_id,
                    t.call_steps.c.release_id == release_id,
                    t.call_steps.c.step == step,
                )
            )

        return await run(self._engine, work, writes=False)

    async def save_record(self, record: CallRecord) -> None:
        key = record.conversation_id

        def work(connection: Connection) -> None:
            if _status(connection, key).transcript_sha256 != record.transcript_sha256:
                raise Conflict(f"the record of {key} is of another transcript ({record.transcript_sha256[:12]}…)")
            upsert(
                connection,
                t.call_records,
                {
                    "conversation_id": key,
                    "transcript_sha256": record.transcript_sha256,
                    "release_id": record.release_id,
                    "recorded_at": record.recorded_at,
                    "record": record.model_dump_json(),
                },
            )
            open_reviews(connection, record)
            put_in_outbox(connection, record, self._webhooks, self._now())
            connection.execute(
                update(t.calls)
                .where(t.calls.c.conversation_id == key)
                .values(state=CallState.RECORDED.value, detail="", changed_at=self._now())
            )

        await run(self._engine, work)

    async def record(self, conversation_id: str) -> CallRecord:
        def work(connection: Connection) -> str | None:
            return connection.scalar(
                select(t.call_records.c.record)
                .where(t.call_records.c.conversation_id == conversation_id)
                .order_by(t.call_records.c.recorded_at.desc(), t.call_records.c.release_id)
                .limit(1)
            )

        stored = await run(self._engine, work, writes=False)
        if stored is None:
            raise NotFound(f"no record of conversation {conversation_id}")
        return CallRecord.model_validate_json(stored)

    async def correct(self, conversation_id: str, corrections: Sequence[KeptCorrection]) -> None:
        rows = [
            {
                "conversation_id": conversation_id,
                "section": correction.section,
                "at": correction.at,
                "correction": correction.model_dump_json(),
            }
            for correction in corrections
        ]

        def work(connection: Connection) -> None:
            _status(connection, conversation_id)
            kept = [
                connection.scalar(insert(k.corrections).values(row).returning(k.corrections.c.correction_id))
                for row in rows
            ]
            confirming = [one for one in zip(kept, corrections, strict=True) if one[1].section in CONFIRMED]
            if confirming and (made := _made_by(connection, conversation_id, confirming[-1][1].release_id)):
                put_in_outbox(connection, made, self._webhooks, self._now(), confirming[-1][0])

        await run(self._engine, work)

    async def corrections(self, conversation_id: str) -> list[KeptCorrection]:
        def work(connection: Connection) -> list[str]:
            mine = k.corrections.c.conversation_id == conversation_id
            return list(
                connection.scalars(
                    select(k.corrections.c.correction).where(mine).order_by(k.corrections.c.correction_id)
                )
            )

        return [KeptCorrection.model_validate_json(kept) for kept in await run(self._engine, work, writes=False)]

    async def calls_of(self, customer_id: str, up_to: datetime) -> list[CustomerCall]:
        found = await self._recorded(t.calls.c.customer_id == customer_id, t.calls.c.started_at <= up_to)
        ids = [call.record.conversation_id for call in found]
        kept = await run(self._engine, lambda connection: confirmations_of(connection, ids), writes=False)
        return [
            CustomerCall(call.conversation, confirmed(call.record, kept.get(call.record.conversation_id, [])))
            for call in found
        ]

    async def calls_between(self, begin: datetime, end: datetime) -> list[CustomerCall]:
        return await self._recorded(t.calls.c.started_at >= begin, t.calls.c.started_at < end)

    async def _recorded(self, *which: ColumnElement[bool]) -> list[CustomerCall]:
        """Calls with their newest records, the oldest call first."""

        def work(connection: Connection) -> list[CustomerCall]:
            query = (
                select(t.calls.c.conversation, t.call_records.c.record)
                .join_from(t.calls, t.call_records, t.call_records.c.conversation_id == t.calls.c.conversation_id)
                .where(*which)
                .order_by(t.call_records.c.recorded_at, t.call_records.c.release_id.desc())
            )
            newest: dict[str, CustomerCall] = {}
            for row in connection.execute(query):
                conversation = Conversation.model_validate_json(row.conversation)
                record = CallRecord.model_validate_json(row.record)
                newest[conversation.conversation_id] = CustomerCall(conversation, record)
            return sorted(newest.values(), key=lambda c: (c.conversation.started_at, c.conversation.conversation_id))

        return await run(self._engine, work, writes=False)

    async def reopen(self, conversation_id: str) -> None:
        values = {"state": CallState.QUEUED.value, "detail": "", "changed_at": self._now()}

        def work(connection: Connection) -> None:
            waits = update(t.calls).where(t.calls.c.conversation_id == conversation_id).values(values)
            if not connection.execute(waits).rowcount:
                raise NotFound(f"no conversation {conversation_id}")

        await run(self._engine, work)


def _made_by(connection: Connection, conversation_id: str, release_id: str) -> CallRecord | None:
    """The newest record that a release made of a call."""
    mine = (t.call_records.c.conversation_id == conversation_id, t.call_records.c.release_id == release_id)
    newest = select(t.call_records.c.record).where(*mine).order_by(t.call_records.c.recorded_at.desc()).limit(1)
    stored = connection.scalar(newest)
    return None if stored is None else CallRecord.model_validate_json(stored)


def _status(connection: Connection, conversation_id: str) -> CallStatus:
    row = connection.execute(select(t.calls).where(t.calls.c.conversation_id == conversation_id)).one_or_none()
    if row is None:
        raise NotFound(f"no conversation {conversation_id}")
    releases = connection.scalars(
        select(t.call_records.c.release_id)
        .where(t.call_records.c.conversation_id == conversation_id)
        .order_by(t.call_records.c.recorded_at, t.call_records.c.release_id)
    )
    return CallStatus(
        conversation_id=row.conversation_id,
        transcript_sha256=row.transcript_sha256,
        state=CallState(row.state),
        attempts=row.attempts,
        received_at=row.received_at,
        detail=row.detail,
        recorded_releases=tuple(releases),
    )
