"""Acknowledged calls become records, once each: when the model is away, when a call is bad, when the worker dies."""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from seatmate.adapters.sql.base import open_engine, upgrade
from seatmate.adapters.sql.calls import SqlCalls
from seatmate.domain.call_ports import CallLedger, Outbox, Webhook
from seatmate.domain.calls import CallState, Conversation
from seatmate.domain.deliveries import Delivery
from seatmate.domain.errors import ModelUnavailable
from seatmate.domain.findings import CallRecord
from seatmate.testing.call_contract import conversation, record
from seatmate.testing.calls import MemoryCalls, MemoryOutbox
from seatmate.worker import WorkerOptions, run_worker

LINES = ("您好，您有一笔二十万的定期月底到期。", "嗯，我打算给女儿攒学费，你们手续费太贵了。")
PATIENCE_S = 30.0


async def first_release(conversation_id: str) -> str:
    return "rel-1"


async def until(true: Callable[[], Awaitable[bool]]) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not await true():
        assert time.monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.05)


@asynccontextmanager
async def working(
    folder: Path,
    calls: CallLedger,
    close_call: Callable[[Conversation], Awaitable[CallRecord]],
    outbox: Outbox | None = None,
    webhooks: Sequence[Webhook] = (),
) -> AsyncIterator[None]:
    """A worker in this process while the block runs."""
    stop = asyncio.Event()
    options = WorkerOptions(
        jobs_url=f"sqlite:///{folder / 'jobs.db'}",
        executor_id="worker-1",
        poll_s=0.05,
        max_attempts=2,
        retry_s=0.05,
        retry_cap_s=0.1,
        stop_grace_s=1.0,
    )
    worker = asyncio.create_task(
        run_worker(
            calls=calls,
            close_call=close_call,
            release_for=first_release,
            options=options,
            outbox=outbox,
            webhooks=webhooks,
            stop=stop,
        )
    )
    try:
        yield
    finally:
        stop.set()
        await worker


def state_is(calls: CallLedger, conversation_id: str, state: CallState) -> Callable[[], Awaitable[bool]]:
    async def check() -> bool:
        return (await calls.status(conversation_id)).state is state

    return check


async def test_a_call_waits_as_long_as_the_model_is_away(tmp_path: Path) -> None:
    calls, tries = MemoryCalls(), 0

    async def close(call: Conversation) -> CallRecord:
        nonlocal tries
        tries += 1
        if tries < 5:  # more often than max_attempts
            raise ModelUnavailable("down")
        return record(call)

    await calls.receive(conversation())
    async with working(tmp_path, calls, close):
        await until(state_is(calls, "C-1", CallState.RECORDED))
    assert (await calls.status("C-1")).recorded_releases == ("rel-1",)


async def test_a_bad_call_fails_with_a_reason_and_does_not_stop_the_next(tmp_path: Path) -> None:
    calls, tries = MemoryCalls(), 0

    async def close(call: Conversation) -> CallRecord:
        nonlocal tries
        if call.conversation_id == "C-1":
            tries += 1
            raise ValueError("密码是123456")
        return record(call)

    await calls.receive(conversation("C-1"))
    await calls.receive(conversation("C-2"))
    async with working(tmp_path, calls, close):
        await until(state_is(calls, "C-1", CallState.FAILED))
        await until(state_is(calls, "C-2", CallState.RECORDED))
    assert tries == 2
    assert (await calls.status("C-1")).detail == "ValueError", "what a foreign error says may be a customer's words"


async def test_a_job_that_ended_without_a_record_is_begun_anew(tmp_path: Path) -> None:
    calls = MemoryCalls()

    async def close(call: Conversation) -> CallRecord:
        return record(call)

    await calls.receive(conversation())
    async with working(tmp_path, calls, close):
        await until(state_is(calls, "C-1", CallState.RECORDED))
        await calls.mark("C-1", CallState.QUEUED)  # as after a restore of the records
        await until(state_is(calls, "C-1", CallState.RECORDED))


class StaleList(MemoryCalls):
    """Its list of what waits is late, as a list is that another worker acts upon meanwhile."""

    async def waiting(self, limit: int) -> list[str]:
        return sorted(self._status)[:limit]


async def test_a_call_that_was_recorded_since_it_was_listed_is_not_analysed_again(tmp_path: Path) -> None:
    calls, tries = StaleList(), 0

    async def close(call: Conversation) -> CallRecord:
        nonlocal tries
        tries += 1
        return record(call)

    await calls.receive(conversation("C-1"))
    async with working(tmp_path, calls, close):
        await until(state_is(calls, "C-1", CallState.RECORDED))
        for name in ("C-2", "C-3"):  # each takes several looks at the list
            await calls.receive(conversation(name))
            await until(state_is(calls, name, CallState.RECORDED))
    assert tries == 3


async def test_a_call_is_begun_anew_as_often_as_it_is_reopened(tmp_path: Path) -> None:
    calls, tries = MemoryCalls(), 0

    async def close(call: Conversation) -> CallRecord:
        nonlocal tries
        tries += 1
        return record(call)

    await calls.receive(conversation())
    async with working(tmp_path, calls, close):
        for _ in range(4):
            await until(state_is(calls, "C-1", CallState.RECORDED))
            await calls.reopen("C-1")
        await until(state_is(calls, "C-1", CallState.RECORDED))
    assert tries == 5


class Receiver:
    name = "crm"

    def __init__(self) -> None:
        self.got: list[str] = []

    async def send(self, delivery: Delivery) -> None:
        self.got.append(delivery.record.conversation_id)


async def test_a_record_is_told_to_the_banks_systems_and_one_that_an_earlier_worker_left_too(tmp_path: Path) -> None:
    outbox, receiver = MemoryOutbox(["crm"]), Receiver()
    calls = MemoryCalls(outbox=outbox)

    async def close(call: Conversation) -> CallRecord:
        return record(call)

    await calls.receive(conversation("C-1"))
    await calls.save_record(record(conversation("C-1")))  # its worker died before it told anybody
    await calls.receive(conversation("C-2"))

    async def both_told() -> bool:
        return sorted(receiver.got) == ["C-1", "C-2"]

    async with working(tmp_path, calls, close, outbox, [receiver]):
        await until(both_told)
    assert await outbox.waiting_count() == 0


# ── a worker of flesh ──────────────────────────────────────────────────────────────────────────────────────────────


class Process:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, slow_step: str = "") -> subprocess.Popen[bytes]:
        script = Path(__file__).parent / "worker_process.py"
        process = subprocess.Popen([sys.executable, str(script), str(self.folder), slow_step])
        self.running.append(process)
        return process

    def asked(self) -> list[str]:
        diary = self.folder / "asked.txt"
        return diary.read_text().split() if diary.exists() else []


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    started = Process(tmp_path)
    yield started
    for one in started.running:
        one.kill()
        one.wait()


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM])
async def test_a_worker_that_dies_between_steps_leaves_one_record_and_repeats_no_finished_step(
    tmp_path: Path, process: Process, sent: signal.Signals
) -> None:
    engine = open_engine(f"sqlite:///{tmp_path / 'seatmate.db'}")
    upgrade(engine)
    calls = SqlCalls(engine)
    await calls.receive(conversation("C-1", *LINES))

    async def both_asked() -> bool:
        return "kyc" in process.asked() and await calls.load_step("C-1", "rel-test", "voc") is not None

    first = process.start(slow_step="kyc")
    await until(both_asked)
    first.send_signal(sent)
    status = await asyncio.to_thread(first.wait, PATIENCE_S)
    assert status == (-signal.SIGKILL if sent is signal.SIGKILL else 0)
    assert (await calls.status("C-1")).recorded_releases == ()

    process.start()
    await until(state_is(calls, "C-1", CallState.RECORDED))
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM call_records")) == 1
    assert sorted(process.asked()) == ["kyc", "kyc", "summary", "voc"]
    engine.dispose()
