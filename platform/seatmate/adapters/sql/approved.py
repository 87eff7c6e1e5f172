"""Approved answers in SQL; a withdrawn one stays on record with who withdrew it."""

from datetime import datetime

from sqlalchemy import Connection, Engine, select, update

from seatmate.adapters.sql import knowledge_tables as t
from seatmate.adapters.sql.base import run
from seatmate.adapters.sql.upsert import insert_once
from seatmate.domain.approved import ApprovedAnswer
from seatmate.domain.errors import Conflict, NotFound

_ANSWERS = t.approved_answers.c


class SqlApproved:
    """The ApprovedAnswers on SQLite or PostgreSQL."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def pin(self, answer: ApprovedAnswer) -> None:
        def work(connection: Connection) -> None:
            content = answer.model_dump_json()
            values = {"approved_id": answer.approved_id, "answer": content, "pinned_at": answer.pinned_at}
            insert_once(connection, t.approved_answers, values)
            query = select(_ANSWERS.answer).where(_ANSWERS.approved_id == answer.approved_id)
            if ApprovedAnswer.model_validate_json(connection.scalar(query) or "") != answer:
                raise Conflict(f"{answer.approved_id} is another approved answer already")

        await run(self._engine, work)

    async def withdraw(self, approved_id: str, by: str, at: datetime) -> None:
        def work(connection: Connection) -> None:
            there = _ANSWERS.approved_id == approved_id
            if connection.scalar(select(_ANSWERS.approved_id).where(there)) is None:
                raise NotFound(f"there is no approved answer {approved_id}")
            first = update(t.approved_answers).where(there, _ANSWERS.withdrawn_at.is_(None))
            connection.execute(first.values(withdrawn_at=at, withdrawn_by=by))

        await run(self._engine, work)

    async def pinned(self) -> list[ApprovedAnswer]:
        def work(connection: Connection) -> list[ApprovedAnswer]:
            query = (
                select(_ANSWERS.answer)
                .where(_ANSWERS.withdrawn_at.is_(None))
                .order_by(_ANSWERS.pinned_at, _ANSWERS.approved_id)
            )
            return [ApprovedAnswer.model_validate_json(answer) for answer in connection.scalars(query)]

        return await run(self._engine, work, writes=False)
