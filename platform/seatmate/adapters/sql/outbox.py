"""The Outbox on SQLite or PostgreSQL: deliveries are written with the record that they tell of, in one transaction.

A delivery is due at `due_at`; one that was taken or given up has none.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, func, select, update

from seatmate.adapters.sql import call_tables as c
from seatmate.adapters.sql import correction_tables as k
from seatmate.adapters.sql import outbox_tables as t
from seatmate.adapters.sql.base import run
from seatmate.adapters.sql.upsert import insert_once
from seatmate.domain.calls import Conversation
from seatmate.domain.corrections import CONFIRMED, KeptCorrection, confirmed
from seatmate.domain.deliveries import Delivery, EventType, event_id_of
from seatmate.domain.findings import CallRecord


class SqlOutbox:
    """`lease` is how long whoever took a delivery has to send it before it is due again."""

    def __init__(self, engine: Engine, *, now: Callable[[], datetime], lease: timedelta = timedelta(minutes=2)) -> None:
        self._engine = engine
        self._now = now
        self._lease = lease

    async def take_due(self, webhook: str, limit: int) -> list[Delivery]:
        now = self._now()

        def work(connection: Connection) -> list[Delivery]:
            due = (
                select(t.deliveries.c.event_id)
                .where(t.deliveries.c.webhook == webhook, t.deliveries.c.due_at <= now)
                .order_by(t.deliveries.c.due_at, t.deliveries.c.event_id)
                .limit(limit)
                .with_for_update(skip_locked=True)  # SQLite has one writer at a time and needs no such lock
            )
            taken = list(connection.scalars(due))
            if not taken:
                return []
            mine = (t.deliveries.c.webhook == webhook, t.deliveries.c.event_id.in_(taken))
            rows = connection.execute(_WITH_RECORD.where(*mine).order_by(t.deliveries.c.event_id)).all()
            changed = [row.conversation_id for row in rows if row.type == EventType.CALL_CONFIRMED]
            kept = confirmations_of(connection, changed)
            connection.execute(
                update(t.deliveries).where(*mine).values(due_at=now + self._lease, attempts=t.deliveries.c.attempts + 1)
            )
            return [_delivery(row, kept.get(row.conversation_id, [])) for row in rows]

        return await run(self._engine, work)

    async def delivered(self, delivery: Delivery) -> None:
        await self._set(delivery, due_at=None, delivered_at=self._now(), detail="")

    async def postpone(self, delivery: Delivery, detail: str, until: datetime) -> None:
        await self._set(delivery, due_at=until, detail=detail)

    async def give_up(self, delivery: Delivery, detail: str) -> None:
        await self._set(delivery, due_at=None, detail=detail)

    async def waiting_count(self) -> int:
        def work(connection: Connection) -> int:
            waiting = select(func.count()).select_from(t.deliveries).where(t.deliveries.c.due_at.is_not(None))
            return connection.scalar(waiting) or 0

        return await run(self._engine, work, writes=False)

    async def _set(self, delivery: Delivery, **values: object) -> None:
        mine = (t.deliveries.c.event_id == delivery.event_id, t.deliveries.c.webhook == delivery.webhook)

        def work(connection: Connection) -> None:
            # What one worker delivered is not made due again by another whose lease ran out meanwhile.
            still = t.deliveries.c.delivered_at.is_(None)
            connection.execute(update(t.deliveries).where(*mine, still).values(**values))

        await run(self._engine, work)


def put_in_outbox(
    connection: Connection, record: CallRecord, webhooks: Sequence[str], at: datetime, correction_id: int | None = None
) -> None:
    """In the transaction that keeps the record, or a correction that confirms something of it. The same again is the
    same event."""
    type_ = EventType.CALL_RECORDED if correction_id is None else EventType.CALL_CONFIRMED
    for webhook in webhooks:
        insert_once(
            connection,
            t.deliveries,
            {
                "event_id": event_id_of(record, correction_id),
                "webhook": webhook,
                "type": type_.value,
                "conversation_id": record.conversation_id,
                "transcript_sha256": record.transcript_sha256,
                "release_id": record.release_id,
                "happened_at": record.recorded_at if correction_id is None else at,
                "attempts": 0,
                "due_at": at,
                "detail": "",
            },
        )


_WITH_RECORD = (
    select(t.deliveries, c.call_records.c.record, c.calls.c.conversation)
    .join_from(
        t.deliveries,
        c.call_records,
        (c.call_records.c.conversation_id == t.deliveries.c.conversation_id)
        & (c.call_records.c.transcript_sha256 == t.deliveries.c.transcript_sha256)
        & (c.call_records.c.release_id == t.deliveries.c.release_id),
    )
    .join(c.calls, c.calls.c.conversation_id == t.deliveries.c.conversation_id)
)


def confirmations_of(connection: Connection, conversation_ids: Sequence[str]) -> dict[str, list[KeptCorrection]]:
    """The corrections of facts and voices by conversation, the oldest first."""
    mine = k.corrections.c.conversation_id.in_(conversation_ids) & k.corrections.c.section.in_(CONFIRMED)
    kept: dict[str, list[KeptCorrection]] = {}
    rows = select(k.corrections).where(mine).order_by(k.corrections.c.correction_id)
    for row in connection.execute(rows) if conversation_ids else ():
        kept.setdefault(row.conversation_id, []).append(KeptCorrection.model_validate_json(row.correction))
    return kept


def _delivery(row: Row[Any], kept: Sequence[KeptCorrection]) -> Delivery:
    """`kept` counts for a confirmation only: what was recorded is told as it was."""
    conversation = Conversation.model_validate_json(row.conversation)
    record = CallRecord.model_validate_json(row.record)
    confirms = row.type == EventType.CALL_CONFIRMED
    return Delivery(
        event_id=row.event_id,
        webhook=row.webhook,
        type=EventType(row.type),
        happened_at=row.happened_at,
        attempts=row.attempts,
        customer_id=conversation.customer_id,
        agent_id=conversation.agent_id,
        record=confirmed(record, kept) if confirms else record,
    )
