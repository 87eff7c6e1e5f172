"""Agents' thumbs on SQLite or PostgreSQL: a person's newer opinion of an answer takes the older one's place."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Engine, select

from seatmate.adapters.sql import call_tables as t
from seatmate.adapters.sql.base import run
from seatmate.adapters.sql.feedback_tables import feedback as table
from seatmate.adapters.sql.upsert import upsert
from seatmate.domain.errors import NotFound
from seatmate.domain.feedback import Feedback


class SqlFeedback:
    """The FeedbackLedger."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def save(self, feedback: Feedback) -> bool:
        def work(connection: Connection) -> bool:
            there = select(t.answers.c.answer_id).where(t.answers.c.answer_id == feedback.answer_id)
            if connection.scalar(there) is None:
                raise NotFound(f"no answer {feedback.answer_id}")
            mine = (table.c.answer_id == feedback.answer_id, table.c.given_by == feedback.by)
            before = connection.scalar(select(table.c.feedback).where(*mine))
            if before is not None and feedback.says_the_same_as(Feedback.model_validate_json(before)):
                return False
            values = {
                "answer_id": feedback.answer_id,
                "given_by": feedback.by,
                "verdict": feedback.verdict.value,
                "at": feedback.at,
                "feedback": feedback.model_dump_json(),
            }
            upsert(connection, table, values)
            return True

        return await run(self._engine, work)

    async def of_answer(self, answer_id: str) -> list[Feedback]:
        return await self._where(table.c.answer_id == answer_id)

    async def between(self, begin: datetime, end: datetime) -> list[Feedback]:
        return await self._where(table.c.at >= begin, table.c.at < end)

    async def _where(self, *conditions: ColumnElement[bool]) -> list[Feedback]:
        def work(connection: Connection) -> list[str]:
            order = (table.c.at, table.c.answer_id, table.c.given_by)
            return list(connection.scalars(select(table.c.feedback).where(*conditions).order_by(*order)))

        return [Feedback.model_validate_json(kept) for kept in await run(self._engine, work, writes=False)]
