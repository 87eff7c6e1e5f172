"""Reviews of compliance hits on SQLite or PostgreSQL, opened in the transaction that saves the record."""

from collections.abc import Sequence

from sqlalchemy import Connection, Engine, select, update

from seatmate.adapters.sql import review_tables as t
from seatmate.adapters.sql.base import run
from seatmate.adapters.sql.upsert import insert_once
from seatmate.domain.compliance import Severity
from seatmate.domain.errors import Conflict, NotFound
from seatmate.domain.findings import CallRecord
from seatmate.domain.reviews import Review, ReviewState, reviews_of

_GRAVITY = {severity: gravity for gravity, severity in enumerate(Severity)}


class SqlReviews:
    """The Reviews port."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def queue(self, states: Sequence[ReviewState], limit: int) -> list[Review]:
        def work(connection: Connection) -> list[str]:
            query = (
                select(t.reviews.c.review)
                .where(t.reviews.c.state.in_([state.value for state in states]))
                .order_by(t.reviews.c.gravity.desc(), t.reviews.c.raised_at, t.reviews.c.conversation_id)
                .limit(limit)
            )
            return list(connection.scalars(query))

        return [Review.model_validate_json(kept) for kept in await run(self._engine, work, writes=False)]

    async def of_call(self, conversation_id: str) -> list[Review]:
        def work(connection: Connection) -> list[str]:
            mine = t.reviews.c.conversation_id == conversation_id
            order = (t.reviews.c.raised_at, t.reviews.c.utt_id, t.reviews.c.rule)
            return list(connection.scalars(select(t.reviews.c.review).where(mine).order_by(*order)))

        return [Review.model_validate_json(kept) for kept in await run(self._engine, work, writes=False)]

    async def review(self, conversation_id: str, rule: str, utt_id: str) -> Review:
        def work(connection: Connection) -> str | None:
            mine = (
                t.reviews.c.conversation_id == conversation_id,
                t.reviews.c.rule == rule,
                t.reviews.c.utt_id == utt_id,
            )
            return connection.scalar(select(t.reviews.c.review).where(*mine))

        kept = await run(self._engine, work, writes=False)
        if kept is None:
            raise NotFound(f"no hit of {rule} at {utt_id} of conversation {conversation_id}")
        return Review.model_validate_json(kept)

    async def keep(self, review: Review) -> None:
        def work(connection: Connection) -> None:
            changed = connection.execute(
                update(t.reviews)
                .where(
                    t.reviews.c.conversation_id == review.conversation_id,
                    t.reviews.c.rule == review.rule,
                    t.reviews.c.utt_id == review.utt_id,
                    t.reviews.c.steps == len(review.steps) - 1,
                )
                .values(state=review.state.value, steps=len(review.steps), review=review.model_dump_json())
            )
            if not changed.rowcount:
                raise Conflict("somebody else reviewed this hit meanwhile; look again")

        await run(self._engine, work)


def open_reviews(connection: Connection, record: CallRecord) -> None:
    """A review for each hit of the record that has none yet."""
    for review in reviews_of(record):
        insert_once(
            connection,
            t.reviews,
            {
                "conversation_id": review.conversation_id,
                "rule": review.rule,
                "utt_id": review.utt_id,
                "gravity": _GRAVITY[review.severity],
                "state": review.state.value,
                "raised_at": review.raised_at,
                "steps": 0,
                "review": review.model_dump_json(),
            },
        )
