"""Ledgers of calls and answers in memory, for tests and experiments. They forget everything when the process ends."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from seatmate.domain.answers import Answer
from seatmate.domain.call_ports import CallStatus
from seatmate.domain.calls import CallState, Conversation
from seatmate.domain.compliance import Severity
from seatmate.domain.corrections import CONFIRMED, KeptCorrection, confirmed
from seatmate.domain.deliveries import Delivery, EventType, event_id_of
from seatmate.domain.errors import Conflict, NotFound
from seatmate.domain.findings import CallRecord
from seatmate.domain.reviews import Review, ReviewState, reviews_of
from seatmate.domain.timeline import CustomerCall


def _utc_now() -> datetime:
    return datetime.now(UTC)


class MemoryCalls:
    """The CallLedger in dictionaries."""

    def __init__(
        self,
        *,
        outbox: "MemoryOutbox | None" = None,
        reviews: "MemoryReviews | None" = None,
        lease_s: float = 600.0,
        now: Callable[[], datetime] = _utc_now,
    ) -> None:
        self._outbox = outbox
        self._reviews = reviews
        self._lease = timedelta(seconds=lease_s)
        self._now = now
        self._conversations: dict[str, Conversation] = {}
        self._status: dict[str, CallStatus] = {}
        self._changed: dict[str, datetime] = {}
        self._steps: dict[tuple[str, str, str], str] = {}
        self._records: dict[tuple[str, str, str], CallRecord] = {}
        self._corrections: dict[str, list[KeptCorrection]] = {}

    async def receive(self, conversation: Conversation) -> CallStatus:
        key, sha = conversation.conversation_id, conversation.transcript_sha256
        if key not in self._status:
            self._conversations[key] = conversation
            self._changed[key] = self._now()
            self._status[key] = CallStatus(key, sha, CallState.QUEUED, 0, self._changed[key])
        if self._status[key].transcript_sha256 != sha:
            raise Conflict(f"conversation {key} is known with another transcript")
        return self._status[key]

    async def conversation(self, conversation_id: str) -> Conversation:
        self._known(conversation_id)
        return self._conversations[conversation_id]

    async def status(self, conversation_id: str) -> CallStatus:
        return self._known(conversation_id)

    async def waiting(self, limit: int) -> list[str]:
        dead = self._now() - self._lease
        found = [
            status
            for key, status in self._status.items()
            if status.state is CallState.QUEUED or (status.state is CallState.RUNNING and self._changed[key] < dead)
        ]
        found.sort(key=lambda status: (status.received_at, status.conversation_id))
        return [status.conversation_id for status in found[:limit]]

    async def waiting_count(self) -> int:
        return len(await self.waiting(len(self._status)))

    async def mark(self, conversation_id: str, state: CallState, detail: str = "") -> None:
        before = self._known(conversation_id)
        attempts = before.attempts + (state is CallState.RUNNING)
        self._status[conversation_id] = replace(before, state=state, detail=detail, attempts=attempts)
        self._changed[conversation_id] = self._now()

    async def take_over(self, conversation_id: str) -> bool:
        state, now = self._known(conversation_id).state, self._now()
        works = state in (CallState.QUEUED, CallState.RUNNING)
        if not works or self._changed[conversation_id] >= now - self._lease:
            return False
        self._changed[conversation_id] = now
        return True

    async def save_step(self, conversation_id: str, release_id: str, step: str, result: str) -> None:
        self._known(conversation_id)
        self._changed[conversation_id] = self._now()
        self._steps[conversation_id, release_id, step] = result

    async def load_step(self, conversation_id: str, release_id: str, step: str) -> str | None:
        return self._steps.get((conversation_id, release_id, step))

    async def save_record(self, record: CallRecord) -> None:
        status = self._known(record.conversation_id)
        if status.transcript_sha256 != record.transcript_sha256:
            raise Conflict(f"the record of {record.conversation_id} is of another transcript")
        self._records[record.conversation_id, record.transcript_sha256, record.release_id] = record
        if self._outbox is not None:
            self._outbox.put(self._conversations[record.conversation_id], record)
        if self._reviews is not None:
            self._reviews.open(record)
        mine = sorted(
            (r for r in self._records.values() if r.conversation_id == record.conversation_id),
            key=lambda r: (r.recorded_at, r.release_id),
        )
        self._status[record.conversation_id] = replace(
            status, state=CallState.RECORDED, detail="", recorded_releases=tuple(r.release_id for r in mine)
        )

    async def record(self, conversation_id: str) -> CallRecord:
        mine = [r for r in self._records.values() if r.conversation_id == conversation_id]
        if not mine:
            raise NotFound(f"no record of conversation {conversation_id}")
        return max(mine, key=lambda r: r.recorded_at)

    async def correct(self, conversation_id: str, corrections: Sequence[KeptCorrection]) -> None:
        self._known(conversation_id)
        kept = self._corrections.setdefault(conversation_id, [])
        kept.extend(corrections)
        confirming = [one for one in corrections if one.section in CONFIRMED]
        if self._outbox is not None and confirming:
            release = confirming[-1].release_id
            made = [r for (of, _, by), r in self._records.items() if (of, by) == (conversation_id, release)]
            if made:
                newest = max(made, key=lambda r: r.recorded_at)
                self._outbox.put(self._conversations[conversation_id], newest, kept)

    async def corrections(self, conversation_id: str) -> list[KeptCorrection]:
        return list(self._corrections.get(conversation_id, []))

    async def calls_of(self, customer_id: str, up_to: datetime) -> list[CustomerCall]:
        found = await self._recorded(lambda c: c.customer_id == customer_id and c.started_at <= up_to)
        return [
            CustomerCall(call.conversation, confirmed(call.record, await self.corrections(call.record.conversation_id)))
            for call in found
        ]

    async def calls_between(self, begin: datetime, end: datetime) -> list[CustomerCall]:
        return await self._recorded(lambda c: begin <= c.started_at < end)

    async def _recorded(self, which: Callable[[Conversation], bool]) -> list[CustomerCall]:
        recorded = {r.conversation_id for r in self._records.values()}
        found = [c for c in self._conversations.values() if which(c) and c.conversation_id in recorded]
        found.sort(key=lambda c: (c.started_at, c.conversation_id))
        return [CustomerCall(c, await self.record(c.conversation_id)) for c in found]

    async def reopen(self, conversation_id: str) -> None:
        await self.mark(conversation_id, CallState.QUEUED)

    def _known(self, conversation_id: str) -> CallStatus:
        try:
            return self._status[conversation_id]
        except KeyError:
            raise NotFound(f"no conversation {conversation_id}") from None


class MemoryReviews:
    """The Reviews port in a dictionary."""

    def __init__(self) -> None:
        self._reviews: dict[tuple[str, str, str], Review] = {}

    def open(self, record: CallRecord) -> None:
        for review in reviews_of(record):
            self._reviews.setdefault((review.conversation_id, review.rule, review.utt_id), review)

    async def queue(self, states: Sequence[ReviewState], limit: int) -> list[Review]:
        grave = list(Severity)
        found = [review for review in self._reviews.values() if review.state in states]
        found.sort(key=lambda r: (-grave.index(r.severity), r.raised_at, r.conversation_id))
        return found[:limit]

    async def of_call(self, conversation_id: str) -> list[Review]:
        mine = [review for review in self._reviews.values() if review.conversation_id == conversation_id]
        return sorted(mine, key=lambda r: (r.raised_at, r.utt_id, r.rule))

    async def review(self, conversation_id: str, rule: str, utt_id: str) -> Review:
        try:
            return self._reviews[conversation_id, rule, utt_id]
        except KeyError:
            raise NotFound(f"no hit of {rule} at {utt_id} of conversation {conversation_id}") from None

    async def keep(self, review: Review) -> None:
        key = (review.conversation_id, review.rule, review.utt_id)
        if len(self._reviews[key].steps) != len(review.steps) - 1:
            raise Conflict("somebody else reviewed this hit meanwhile; look again")
        self._reviews[key] = review


@dataclass
class _Waiting:
    delivery: Delivery
    due_at: datetime | None
    detail: str = ""
    delivered: bool = False


class MemoryOutbox:
    """The Outbox in a dictionary."""

    def __init__(
        self,
        webhooks: Sequence[str],
        *,
        now: Callable[[], datetime] = _utc_now,
        lease: timedelta = timedelta(minutes=2),
    ) -> None:
        self._webhooks = tuple(webhooks)
        self._now = now
        self._lease = lease
        self._waiting: dict[tuple[str, str], _Waiting] = {}

    def put(self, conversation: Conversation, record: CallRecord, kept: Sequence[KeptCorrection] = ()) -> None:
        """`kept` are the corrections of a record of which something was confirmed."""
        for webhook in self._webhooks:
            delivery = Delivery(
                event_id_of(record, len(kept) or None),
                webhook,
                EventType.CALL_CONFIRMED if kept else EventType.CALL_RECORDED,
                self._now() if kept else record.recorded_at,
                0,
                conversation.customer_id,
                conversation.agent_id,
                confirmed(record, kept),
            )
            self._waiting.setdefault((delivery.event_id, webhook), _Waiting(delivery, self._now()))

    async def take_due(self, webhook: str, limit: int) -> list[Delivery]:
        now = self._now()
        due = [
            w
            for w in self._waiting.values()
            if w.delivery.webhook == webhook and w.due_at is not None and w.due_at <= now
        ]
        due.sort(key=lambda w: (w.due_at, w.delivery.event_id))
        taken = [w.delivery for w in due[:limit]]
        for w in due[:limit]:
            w.due_at = now + self._lease
            w.delivery = replace(w.delivery, attempts=w.delivery.attempts + 1)
        return taken

    async def delivered(self, delivery: Delivery) -> None:
        self._set(delivery, None, "")
        self._waiting[delivery.event_id, delivery.webhook].delivered = True

    async def postpone(self, delivery: Delivery, detail: str, until: datetime) -> None:
        self._set(delivery, until, detail)

    async def give_up(self, delivery: Delivery, detail: str) -> None:
        self._set(delivery, None, detail)

    async def waiting_count(self) -> int:
        return sum(w.due_at is not None for w in self._waiting.values())

    def _set(self, delivery: Delivery, due_at: datetime | None, detail: str) -> None:
        waiting = self._waiting[delivery.event_id, delivery.webhook]
        if not waiting.delivered:
            waiting.due_at, waiting.detail = due_at, detail


class MemoryAnswers:
    """The AnswerLedger in a dictionary."""

    def __init__(self) -> None:
        self._answers: dict[str, Answer] = {}

    async def save_answer(self, answer: Answer) -> None:
        self._answers[answer.answer_id] = answer

    async def answer(self, answer_id: str) -> Answer:
        try:
            return self._answers[answer_id]
        except KeyError:
            raise NotFound(f"no answer {answer_id}") from None
