"""What every CallLedger and AnswerLedger keeps, in memory or in SQL. A test subclasses one and gives the ledger:

class TestSqliteKeepsTheContract(CallLedgerContract):
    @pytest.fixture
    async def ledger(self, clock: Clock, tmp_path): ...     # with `now=clock` and `lease_s=LEASE_S`
"""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from seatmate.domain.answers import Answer, AnswerStatus, Latency
from seatmate.domain.call_ports import CallLedger, Outbox, Reviews
from seatmate.domain.calls import CallState, Channel, Conversation, Direction, Speaker, Utterance
from seatmate.domain.compliance import ComplianceHit, Severity
from seatmate.domain.corrections import Correction, corrected, lines_of
from seatmate.domain.deliveries import EventType, event_id_of
from seatmate.domain.errors import Conflict, NotFound
from seatmate.domain.evidence import quote_of
from seatmate.domain.findings import CallRecord, Summary, VocItem, VocPolarity
from seatmate.domain.ports import AnswerLedger
from seatmate.domain.reviews import ReviewState, confirm, dismiss

LEASE_S = 60.0
NOON = datetime(2026, 11, 9, 12, tzinfo=UTC)


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.moment = NOON

    def __call__(self) -> datetime:
        return self.moment

    def move(self, seconds: float) -> None:
        self.moment += timedelta(seconds=seconds)


def conversation(conversation_id: str = "C-1", *said: str, customer: str = "K-1") -> Conversation:
    """A call in which agent and customer take turns, agent first."""
    lines = said or ("您好，远川银行。", "我想问一下三年期存款的利率。")
    return Conversation(
        conversation_id=conversation_id,
        channel=Channel.PHONE,
        direction=Direction.INBOUND,
        scenario="inbound_service",
        started_at=NOON,
        agent_id="A-1",
        customer_id=customer,
        utterances=tuple(
            Utterance(utt_id=f"u{n}", speaker=Speaker.AGENT if n % 2 else Speaker.CUSTOMER, text=text)
            for n, text in enumerate(lines, start=1)
        ),
    )


def record(of: Conversation, release_id: str = "rel-1", recorded_at: datetime = NOON) -> CallRecord:
    return CallRecord(
        conversation_id=of.conversation_id,
        transcript_sha256=of.transcript_sha256,
        release_id=release_id,
        recorded_at=recorded_at,
        summary=Summary(),
    )


def voice(of: Conversation) -> VocItem:
    """A complaint, told by the customer's first words."""
    quote = quote_of(of, "u2")
    assert quote is not None
    return VocItem(polarity=VocPolarity.NEGATIVE, label_l1="process", label="流程", severity=2, evidence=(quote,))


class CallLedgerContract:
    @pytest.fixture
    def clock(self) -> Clock:
        return Clock()

    @pytest.fixture
    async def ledger(self, clock: Clock) -> CallLedger:
        raise NotImplementedError

    async def test_what_is_received_is_kept_whole(self, ledger: CallLedger) -> None:
        status = await ledger.receive(conversation())
        assert (status.state, status.attempts, status.received_at) == (CallState.QUEUED, 0, NOON)
        assert await ledger.conversation("C-1") == conversation()

    async def test_the_same_again_gets_the_first_receipt(self, ledger: CallLedger, clock: Clock) -> None:
        first = await ledger.receive(conversation())
        await ledger.mark("C-1", CallState.RUNNING)
        clock.move(5)
        again = await ledger.receive(conversation())
        assert (again.received_at, again.state) == (first.received_at, CallState.RUNNING)
        assert await ledger.waiting_count() == 0

    async def test_many_at_once_are_received_once(self, ledger: CallLedger) -> None:
        receipts = await asyncio.gather(*(ledger.receive(conversation()) for _ in range(8)))
        assert {receipt.received_at for receipt in receipts} == {NOON}
        assert await ledger.waiting(10) == ["C-1"]

    async def test_another_transcript_under_the_same_id_is_a_conflict(self, ledger: CallLedger) -> None:
        await ledger.receive(conversation())
        with pytest.raises(Conflict):
            await ledger.receive(conversation("C-1", "您好。", "别的话。"))
        assert await ledger.conversation("C-1") == conversation()

    async def test_what_waits_comes_oldest_first(self, ledger: CallLedger, clock: Clock) -> None:
        for name in ("C-3", "C-1", "C-2"):
            await ledger.receive(conversation(name))
            clock.move(1)
        assert await ledger.waiting(2) == ["C-3", "C-1"]
        assert await ledger.waiting_count() == 3

    async def test_a_running_call_waits_again_when_its_worker_shows_no_life(
        self, ledger: CallLedger, clock: Clock
    ) -> None:
        await ledger.receive(conversation())
        await ledger.mark("C-1", CallState.RUNNING)
        assert await ledger.waiting(10) == []
        clock.move(LEASE_S + 1)
        assert await ledger.waiting(10) == ["C-1"]

    async def test_a_step_that_is_kept_is_a_sign_of_life(self, ledger: CallLedger, clock: Clock) -> None:
        await ledger.receive(conversation())
        await ledger.mark("C-1", CallState.RUNNING)
        for step in ("summary", "kyc"):
            clock.move(0.7 * LEASE_S)
            await ledger.save_step("C-1", "rel-1", step, "{}")
        assert await ledger.waiting(10) == []
        assert not await ledger.take_over("C-1")
        clock.move(LEASE_S + 1)
        assert await ledger.waiting(10) == ["C-1"]

    async def test_a_call_without_a_sign_of_life_is_taken_over_by_one_of_those_who_ask(
        self, ledger: CallLedger, clock: Clock
    ) -> None:
        await ledger.receive(conversation())
        await ledger.mark("C-1", CallState.RUNNING)
        assert not await ledger.take_over("C-1")
        for _ in range(2):
            clock.move(LEASE_S + 1)
            taken = await asyncio.gather(*(ledger.take_over("C-1") for _ in range(8)))
            assert sorted(taken) == [False] * 7 + [True]
        await ledger.save_record(record(conversation()))
        clock.move(LEASE_S + 1)
        assert not await ledger.take_over("C-1"), "it has its record"

    async def test_every_run_is_an_attempt_and_says_why_it_runs_again(self, ledger: CallLedger) -> None:
        await ledger.receive(conversation())
        await ledger.mark("C-1", CallState.RUNNING)
        await ledger.mark("C-1", CallState.RUNNING, "MODEL_UNAVAILABLE: down")
        status = await ledger.status("C-1")
        assert (status.attempts, status.detail) == (2, "MODEL_UNAVAILABLE: down")

    async def test_a_failed_call_waits_no_more(self, ledger: CallLedger) -> None:
        await ledger.receive(conversation())
        await ledger.mark("C-1", CallState.FAILED, "ValueError")
        assert await ledger.waiting(10) == []
        assert (await ledger.status("C-1")).detail == "ValueError"

    async def test_a_step_is_kept_by_its_key_and_the_last_write_stands(self, ledger: CallLedger) -> None:
        await ledger.receive(conversation())
        assert await ledger.load_step("C-1", "rel-1", "kyc") is None
        await ledger.save_step("C-1", "rel-1", "kyc", "{}")
        await ledger.save_step("C-1", "rel-1", "kyc", '{"a":1}')
        assert await ledger.load_step("C-1", "rel-1", "kyc") == '{"a":1}'
        assert await ledger.load_step("C-1", "rel-2", "kyc") is None

    async def test_a_record_ends_the_waiting_and_is_one_however_often_it_is_saved(self, ledger: CallLedger) -> None:
        call = conversation()
        await ledger.receive(call)
        await ledger.save_record(record(call))
        await ledger.save_record(record(call))
        status = await ledger.status("C-1")
        assert (status.state, status.recorded_releases) == (CallState.RECORDED, ("rel-1",))
        assert await ledger.waiting(10) == []
        assert await ledger.record("C-1") == record(call)

    async def test_the_newest_record_is_shown_and_the_older_one_kept(self, ledger: CallLedger) -> None:
        call = conversation()
        await ledger.receive(call)
        await ledger.save_record(record(call, "rel-1"))
        await ledger.save_record(record(call, "rel-2", NOON + timedelta(hours=1)))
        assert (await ledger.record("C-1")).release_id == "rel-2"
        assert (await ledger.status("C-1")).recorded_releases == ("rel-1", "rel-2")

    async def test_every_correction_is_kept_in_its_order(self, ledger: CallLedger) -> None:
        await ledger.receive(conversation())
        told = record(conversation())
        await ledger.save_record(told)
        first = corrected(told, Correction(section="situation", lines=("客户咨询利率",)), "李敏", NOON)
        second = corrected(told, Correction(section="situation", lines=("客户咨询三年期利率",)), "李敏", NOON)
        await ledger.correct("C-1", [first])
        await ledger.correct("C-1", [second])
        assert await ledger.corrections("C-1") == [first, second]
        assert await ledger.record("C-1") == told, "the record stays what the release made of the call"
        with pytest.raises(NotFound):
            await ledger.correct("C-9", [first])

    async def test_a_customers_calls_come_with_their_newest_records(self, ledger: CallLedger) -> None:
        for name, customer in (("C-2", "K-1"), ("C-1", "K-1"), ("C-3", "K-2"), ("C-4", "K-1")):
            await ledger.receive(conversation(name, customer=customer))
        for name, release, hour in (("C-1", "rel-2", 2), ("C-1", "rel-1", 1), ("C-2", "rel-1", 1), ("C-3", "rel-1", 1)):
            told = record(conversation(name), release, NOON + timedelta(hours=hour))
            await ledger.save_record(told)
        found = await ledger.calls_of("K-1", NOON)
        assert [(c.conversation.conversation_id, c.record.release_id) for c in found] == [
            ("C-1", "rel-2"),
            ("C-2", "rel-1"),
        ]
        assert await ledger.calls_of("K-1", NOON - timedelta(seconds=1)) == []
        assert await ledger.calls_of("K-9", NOON) == []

    async def test_what_an_agent_confirmed_is_certain_for_his_customer(self, ledger: CallLedger) -> None:
        call = conversation()
        unsure = voice(call).model_copy(update={"certain": False})
        told = record(call).model_copy(update={"voc": (unsure, unsure.model_copy(update={"label_l1": "fees"}))})
        await ledger.receive(call)
        await ledger.save_record(told)
        assert [v.certain for v in (await ledger.calls_of("K-1", NOON))[0].record.voc] == [False, False]
        kept = corrected(told, Correction(section="voc", lines=lines_of(told, "voc")[:1]), "李敏", NOON)
        await ledger.correct("C-1", [kept])
        [found] = await ledger.calls_of("K-1", NOON)
        assert [(v.label_l1, v.certain) for v in found.record.voc] == [(unsure.label_l1, True)]
        assert await ledger.record("C-1") == told, "the record stays what the release made of the call"

    async def test_calls_of_a_span_of_time_end_before_its_end(self, ledger: CallLedger) -> None:
        for name in ("C-2", "C-1"):
            await ledger.receive(conversation(name))
            await ledger.save_record(record(conversation(name)))
        later = NOON + timedelta(hours=1)
        found = await ledger.calls_between(NOON, later)
        assert [call.conversation.conversation_id for call in found] == ["C-1", "C-2"]
        assert await ledger.calls_between(NOON - timedelta(hours=1), NOON) == []
        assert await ledger.calls_between(NOON + timedelta(seconds=1), later) == []

    async def test_a_reopened_call_waits_again_and_keeps_its_record(self, ledger: CallLedger) -> None:
        await ledger.receive(conversation())
        await ledger.save_record(record(conversation()))
        await ledger.reopen("C-1")
        assert await ledger.waiting(10) == ["C-1"]
        assert await ledger.record("C-1") == record(conversation())
        with pytest.raises(NotFound):
            await ledger.reopen("C-9")

    async def test_a_record_of_another_transcript_is_refused(self, ledger: CallLedger) -> None:
        await ledger.receive(conversation())
        with pytest.raises(Conflict):
            await ledger.save_record(record(conversation("C-1", "您好。", "别的话。")))
        assert (await ledger.status("C-1")).state is CallState.QUEUED

    async def test_what_is_not_known_is_not_found(self, ledger: CallLedger) -> None:
        for asked in (ledger.conversation, ledger.status, ledger.record):
            with pytest.raises(NotFound):
                await asked("C-9")
        with pytest.raises(NotFound):
            await ledger.mark("C-9", CallState.RUNNING)
        with pytest.raises(NotFound):
            await ledger.save_step("C-9", "rel-1", "kyc", "{}")
        with pytest.raises(NotFound):
            await ledger.save_record(record(conversation("C-9")))


class ReviewsContract:
    """`calls` opens in `reviews` what its records find."""

    @pytest.fixture
    async def stores(self) -> tuple[CallLedger, Reviews]:
        raise NotImplementedError

    def found(self, release_id: str = "rel-1", *severities: Severity, name: str = "C-1", hour: int = 0) -> CallRecord:
        of = conversation(name)
        quote = quote_of(of, "u1")
        assert quote is not None
        hits = tuple(
            ComplianceHit(
                rule=f"rule_{severity.value}@1",
                severity=severity,
                title="t",
                verdict="v",
                clause="c",
                evidence=(quote,),
            )
            for severity in severities
        )
        at = NOON + timedelta(hours=hour)
        return record(of, release_id, at).model_copy(update={"compliance": hits})

    async def test_a_hit_is_opened_once_and_keeps_its_verdict_when_the_call_is_analysed_again(
        self, stores: tuple[CallLedger, Reviews]
    ) -> None:
        calls, reviews = stores
        await calls.receive(conversation())
        await calls.save_record(self.found("rel-1", Severity.MAJOR))
        opened = await reviews.review("C-1", "rule_major@1", "u1")
        judged = confirm(opened, "QA-1", NOON, "属实")
        await reviews.keep(judged)
        await calls.save_record(self.found("rel-2", Severity.MAJOR, Severity.TIP, hour=1))
        assert await reviews.review("C-1", "rule_major@1", "u1") == judged
        assert [review.state for review in await reviews.of_call("C-1")] == [ReviewState.CONFIRMED, ReviewState.OPEN]

    async def test_the_gravest_comes_first_then_the_oldest(self, stores: tuple[CallLedger, Reviews]) -> None:
        calls, reviews = stores
        for name, severity, hour in (("C-1", Severity.TIP, 0), ("C-2", Severity.MAJOR, 2), ("C-3", Severity.MAJOR, 1)):
            await calls.receive(conversation(name))
            await calls.save_record(self.found("rel-1", severity, name=name, hour=hour))
        queue = await reviews.queue([ReviewState.OPEN], 10)
        assert [review.conversation_id for review in queue] == ["C-3", "C-2", "C-1"]
        assert len(await reviews.queue([ReviewState.OPEN], 1)) == 1
        assert await reviews.queue([ReviewState.APPEALED], 10) == []

    async def test_of_two_verdicts_at_once_one_is_kept(self, stores: tuple[CallLedger, Reviews]) -> None:
        calls, reviews = stores
        await calls.receive(conversation())
        await calls.save_record(self.found("rel-1", Severity.MAJOR))
        opened = await reviews.review("C-1", "rule_major@1", "u1")
        await reviews.keep(confirm(opened, "QA-1", NOON, "属实"))
        with pytest.raises(Conflict):
            await reviews.keep(dismiss(opened, "QA-2", NOON, "误报"))
        assert (await reviews.review("C-1", "rule_major@1", "u1")).state is ReviewState.CONFIRMED

    async def test_a_hit_that_nobody_found_is_not_there(self, stores: tuple[CallLedger, Reviews]) -> None:
        _, reviews = stores
        with pytest.raises(NotFound):
            await reviews.review("C-1", "rule_major@1", "u1")
        assert await reviews.of_call("C-9") == []


class OutboxContract:
    """`calls` put into `outbox` for the webhooks `crm` and `lake`; both with `now=clock`, a lease of LEASE_S."""

    @pytest.fixture
    def clock(self) -> Clock:
        return Clock()

    @pytest.fixture
    async def stores(self, clock: Clock) -> tuple[CallLedger, Outbox]:
        raise NotImplementedError

    async def recorded(self, calls: CallLedger, *names: str, release_id: str = "rel-1") -> None:
        for name in names:
            await calls.receive(conversation(name))
            await calls.save_record(record(conversation(name), release_id))

    async def test_a_record_is_one_event_for_each_webhook_however_often_it_is_saved(
        self, stores: tuple[CallLedger, Outbox]
    ) -> None:
        calls, outbox = stores
        await self.recorded(calls, "C-1", "C-1", "C-1")
        assert await outbox.waiting_count() == 2
        for webhook in ("crm", "lake"):
            [delivery] = await outbox.take_due(webhook, 10)
            assert (delivery.record, delivery.customer_id, delivery.agent_id) == (record(conversation()), "K-1", "A-1")
            assert (delivery.event_id, delivery.attempts) == (event_id_of(record(conversation())), 0)

    async def test_the_record_of_another_release_is_another_event(self, stores: tuple[CallLedger, Outbox]) -> None:
        calls, outbox = stores
        await self.recorded(calls, "C-1")
        await self.recorded(calls, "C-1", release_id="rel-2")
        assert len({d.event_id for d in await outbox.take_due("crm", 10)}) == 2

    async def test_what_an_agent_confirms_is_told_once_more(self, stores: tuple[CallLedger, Outbox]) -> None:
        calls, outbox = stores
        call = conversation()
        unsure = voice(call).model_copy(update={"certain": False})
        told = record(call).model_copy(update={"voc": (unsure, unsure.model_copy(update={"label_l1": "fees"}))})
        await calls.receive(call)
        await calls.save_record(told)
        [made] = await outbox.take_due("crm", 10)
        await outbox.delivered(made)
        wording = corrected(told, Correction(section="situation", lines=("客户咨询利率",)), "李敏", NOON)
        await calls.correct("C-1", [wording])
        assert await outbox.take_due("crm", 10) == []
        stands = corrected(told, Correction(section="voc", lines=lines_of(told, "voc")[:1]), "李敏", NOON)
        await calls.correct("C-1", [stands])
        [again] = await outbox.take_due("crm", 10)
        assert (made.type, again.type) == (EventType.CALL_RECORDED, EventType.CALL_CONFIRMED)
        assert again.event_id != made.event_id
        assert [(v.label_l1, v.certain) for v in again.record.voc] == [(unsure.label_l1, True)]
        assert [v.certain for v in made.record.voc] == [False, False]

    async def test_what_is_taken_is_not_due_for_anybody_else_until_the_lease_is_over(
        self, stores: tuple[CallLedger, Outbox], clock: Clock
    ) -> None:
        calls, outbox = stores
        await self.recorded(calls, "C-1", "C-2", "C-3")
        first, rest = await outbox.take_due("crm", 2), await outbox.take_due("crm", 10)
        assert (len(first), len(rest)) == (2, 1)
        assert await outbox.take_due("crm", 10) == []
        clock.move(LEASE_S + 1)
        again = await outbox.take_due("crm", 10)
        assert {d.event_id for d in again} == {d.event_id for d in (*first, *rest)}
        assert {d.attempts for d in again} == {1}

    async def test_what_was_delivered_or_given_up_is_not_due_again(
        self, stores: tuple[CallLedger, Outbox], clock: Clock
    ) -> None:
        calls, outbox = stores
        await self.recorded(calls, "C-1", "C-2")
        one, other = await outbox.take_due("crm", 10)
        await outbox.delivered(one)
        await outbox.give_up(other, "crm: it wants no more events (410)")
        clock.move(10 * LEASE_S)
        assert await outbox.take_due("crm", 10) == []
        assert await outbox.waiting_count() == 2, "the other webhook's"

    async def test_what_is_postponed_is_due_then_and_not_before(
        self, stores: tuple[CallLedger, Outbox], clock: Clock
    ) -> None:
        calls, outbox = stores
        await self.recorded(calls, "C-1")
        [delivery] = await outbox.take_due("crm", 10)
        await outbox.postpone(delivery, "crm: status 503", NOON + timedelta(hours=1))
        clock.move(3_599)
        assert await outbox.take_due("crm", 10) == []
        clock.move(1)
        assert [d.attempts for d in await outbox.take_due("crm", 10)] == [1]

    async def test_what_one_worker_delivered_another_cannot_make_due_again(
        self, stores: tuple[CallLedger, Outbox], clock: Clock
    ) -> None:
        calls, outbox = stores
        await self.recorded(calls, "C-1")
        [slow] = await outbox.take_due("crm", 10)
        clock.move(LEASE_S + 1)
        [fast] = await outbox.take_due("crm", 10)
        await outbox.delivered(fast)
        await outbox.postpone(slow, "crm: ReadTimeout", clock.moment)
        assert await outbox.take_due("crm", 10) == []


class AnswerLedgerContract:
    @pytest.fixture
    async def answers(self) -> AnswerLedger:
        raise NotImplementedError

    async def test_an_answer_is_kept_whole_and_by_its_id(self, answers: AnswerLedger) -> None:
        given = Answer(
            answer_id="ans-1",
            release_id="rel-1",
            snapshot=3,
            as_of=NOON,
            question="三年期利率？",
            standalone_query="三年期存款利率",
            text="三年期1.80%。",
            sentences=(),
            status=AnswerStatus.GROUNDED,
            latency_ms=Latency(rewrite=0.1, retrieve=2.0, first_sentence=80.0, total=120.0),
        )
        await answers.save_answer(given)
        await answers.save_answer(given)
        assert await answers.answer("ans-1") == given

    async def test_an_unknown_answer_is_not_found(self, answers: AnswerLedger) -> None:
        with pytest.raises(NotFound):
            await answers.answer("ans-9")
