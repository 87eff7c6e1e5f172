"""Answers in SQL, each with the release and the snapshot that made it. Knows nothing of how they are made."""

from sqlalchemy import Connection, Engine, select

from seatmate.adapters.sql import call_tables as t
from seatmate.adapters.sql.base import run
from seatmate.adapters.sql.upsert import upsert
from seatmate.domain.answers import Answer
from seatmate.domain.errors import NotFound


class SqlAnswers:
    """The AnswerLedger on SQLite or PostgreSQL."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def save_answer(self, answer: Answer) -> None:
        values = {
            "answer_id": answer.answer_id,
            "release_id": answer.release_id,
            "snapshot": answer.snapshot,
            "status": answer.status.value,
            "as_of": answer.as_of,
            "answer": answer.model_dump_json(),
        }
        await run(self._engine, lambda connection: upsert(connection, t.answers, values))

    async def answer(self, answer_id: str) -> Answer:
        def work(connection: Connection) -> str | None:
            return connection.scalar(select(t.answers.c.answer).where(t.answers.c.answer_id == answer_id))

        stored = await run(self._engine, work, writes=False)
        if stored is None:
            raise NotFound(f"no answer {answer_id}")
        return Answer.model_validate_json(stored)
