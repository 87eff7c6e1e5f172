"""A worker in a process of its own that keeps a diary, for the tests and measurements of deliveries to kill.

Worker, job store, records and outbox are the real ones. Scripted is the analysis: two steps, kept as the flow keeps its
steps, that take as long as the duty says. The diary has every step as it begins and as it is kept, and every event that
is told; its clock is the machine's, so that diaries of several processes can be laid beside each other.
"""

import asyncio
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from seatmate.adapters.sql.base import open_engine, upgrade
from seatmate.adapters.sql.calls import SqlCalls
from seatmate.adapters.sql.outbox import SqlOutbox
from seatmate.domain.calls import Conversation
from seatmate.domain.deliveries import Delivery
from seatmate.domain.findings import CallRecord
from seatmate.testing.call_contract import record
from seatmate.wiring import bank_now
from seatmate.worker import WorkerOptions, run_worker
from tests.forks import forked

WEBHOOKS = ("crm", "lake")
"""The first is told; the other's events stay in the outbox, as those of a system that is away."""
STEPS = ("summary", "kyc")


@dataclass(frozen=True)
class Duty:
    diaries: str
    """The folder of the diaries, one for each process."""
    records_url: str
    jobs_url: str
    executor_id: str = "worker-1"
    release_id: str = "rel-1"
    concurrency: int = 16
    poll_s: float = 0.05
    step_s: float = 0.0
    lease_s: float = 600.0
    outbox_lease_s: float = 3.0


@dataclass(frozen=True)
class Entry:
    worker: str
    process: int
    at: float
    what: str
    """`begin` or `kept` of a step, `told` of an event."""
    of: str
    """The call or the event."""
    step: str


def start(duty: Duty) -> ForkServerProcess:
    return forked(work, duty)


def entries(diaries: Path) -> Iterator[Entry]:
    """Of all processes, in the order of time. A last line that a kill cut short is left out."""
    found = []
    for diary in diaries.glob("*.diary"):
        worker, _, process = diary.stem.rpartition("@")
        for line in diary.read_text("utf-8").split("\n")[:-1]:
            at, what, of, step = line.split(" ")
            found.append(Entry(worker, int(process), float(at), what, of, step))
    return iter(sorted(found, key=lambda entry: entry.at))


class Diary:
    def __init__(self, duty: Duty) -> None:
        path = Path(duty.diaries) / f"{duty.executor_id}@{os.getpid()}.diary"
        self._file = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY)

    def write(self, what: str, of: str, step: str = "-") -> None:
        os.write(self._file, f"{time.monotonic()} {what} {of} {step}\n".encode())


class Scripted:
    """The analysis: what is kept of it is not done again."""

    def __init__(self, duty: Duty, calls: SqlCalls, diary: Diary) -> None:
        self._duty = duty
        self._calls = calls
        self._diary = diary

    async def close_call(self, call: Conversation) -> CallRecord:
        key, release = call.conversation_id, self._duty.release_id
        for step in STEPS:
            if await self._calls.load_step(key, release, step) is None:
                self._diary.write("begin", key, step)
                await asyncio.sleep(self._duty.step_s)
                await self._calls.save_step(key, release, step, "{}")
                self._diary.write("kept", key, step)
        return record(call, release, bank_now())


class Told:
    """A receiver that never says no."""

    name = WEBHOOKS[0]

    def __init__(self, diary: Diary) -> None:
        self._diary = diary

    async def send(self, delivery: Delivery) -> None:
        self._diary.write("told", delivery.event_id)


def work(duty: Duty) -> None:
    """Until SIGTERM, or a kill."""
    with (Path(duty.diaries) / "errors.txt").open("a") as errors:
        os.dup2(errors.fileno(), sys.stderr.fileno())
    asyncio.run(_work(duty))


async def _work(duty: Duty) -> None:
    engine = open_engine(duty.records_url)
    await asyncio.to_thread(upgrade, engine)
    diary = Diary(duty)
    calls = SqlCalls(engine, webhooks=WEBHOOKS, lease_s=duty.lease_s)

    async def release_for(conversation_id: str) -> str:
        return duty.release_id

    await run_worker(
        calls=calls,
        close_call=Scripted(duty, calls, diary).close_call,
        release_for=release_for,
        options=WorkerOptions(
            jobs_url=duty.jobs_url,
            executor_id=duty.executor_id,
            poll_s=duty.poll_s,
            concurrency=duty.concurrency,
            lease_s=duty.lease_s,
        ),
        outbox=SqlOutbox(engine, now=bank_now, lease=timedelta(seconds=duty.outbox_lease_s)),
        webhooks=[Told(diary)],
    )
    engine.dispose()
