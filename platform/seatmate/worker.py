"""The background worker: conversations that wait become records, once each, whatever dies in between.

A dispatcher looks for waiting calls and starts a durable job for each, named after the call, its transcript and the
release: started twice, it exists once. A job tries until there is a record: for as long as it takes while the model or
the records are away, a few times when anything else fails; then the call is marked FAILED with the reason. Killed
between steps, it goes on where it was after the next start. Job arguments are ids: no transcript is in the job store.
"""

import asyncio
import logging
import signal
import sqlite3
import time
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from dbos import DBOS, DBOSConfig, DBOSPortableJSONSerializer, SetWorkflowID, WorkflowStatus

from seatmate.aftercall.deliver import DeliveryOptions, deliver_due
from seatmate.domain.call_ports import CallLedger, Outbox, Webhook
from seatmate.domain.calls import CallState, Conversation
from seatmate.domain.errors import ModelUnavailable, Overloaded, SeatmateError, StoreUnavailable
from seatmate.domain.findings import CallRecord
from seatmate.log import start_logging
from seatmate.settings import Settings
from seatmate.wiring import bank_now
from seatmate.wiring.worker import open_worker

log = logging.getLogger(__name__)

CloseCall = Callable[[Conversation], Awaitable[CallRecord]]
ReleaseFor = Callable[[str], Awaitable[str]]
"""The release that a conversation belongs to now."""
Job = Callable[[str, str], Coroutine[Any, Any, str]]

_QUEUE = "calls"
_VERSION = "calls-1"
"""Of the job's course, not of the code: a job begun before an upgrade goes on after it. Change it with the course."""
_BATCH = 100
_ENDED = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")


@dataclass(frozen=True)
class WorkerOptions:
    jobs_url: str
    executor_id: str
    """Fixed per worker: a restarted worker takes up its own unfinished jobs."""
    poll_s: float = 0.5
    concurrency: int = 2
    max_attempts: int = 5
    retry_s: float = 1.0
    retry_cap_s: float = 60.0
    lease_s: float = 600.0
    """A job of another worker without a sign of life for so long is taken over."""
    stop_grace_s: float = 20.0


class _Outcome(StrEnum):
    RECORDED = "recorded"
    FAILED = "failed"
    WAITS = "waits"
    """Not this call's fault: the model or the records are away."""
    FAULTY = "faulty"


@dataclass
class _Parts:
    calls: CallLedger
    close_call: CloseCall
    options: WorkerOptions
    stop: asyncio.Event
    attempts: set[asyncio.Future[None]] = field(default_factory=set)


async def work(settings: Settings) -> None:
    """The worker as a process: everything from the settings."""
    wanted = settings.aftercall
    async with open_worker(settings) as wiring:

        async def close_call(conversation: Conversation) -> CallRecord:
            aftercall = await wiring.aftercalls.serving(conversation.conversation_id)
            return await aftercall.close_call(conversation)

        await run_worker(
            calls=wiring.calls,
            close_call=close_call,
            release_for=wiring.aftercalls.release_for,
            outbox=wiring.outbox,
            webhooks=wiring.webhooks,
            options=WorkerOptions(
                jobs_url=wanted.jobs_url,
                executor_id=wanted.executor_id,
                poll_s=wanted.poll_s,
                concurrency=wanted.concurrency,
                max_attempts=wanted.max_attempts,
            ),
        )


async def run_worker(
    *,
    calls: CallLedger,
    close_call: CloseCall,
    release_for: ReleaseFor,
    options: WorkerOptions,
    outbox: Outbox | None = None,
    webhooks: Sequence[Webhook] = (),
    stop: asyncio.Event | None = None,
) -> None:
    """Work until `stop` is set; without one, until SIGTERM or SIGINT. Unfinished jobs go on at the next start."""
    parts = _Parts(calls, close_call, options, stop or _stop_on_signal())
    job = _launch(parts)
    await DBOS.register_queue_async(
        _QUEUE, worker_concurrency=options.concurrency, polling_interval_sec=options.poll_s, on_conflict="always_update"
    )
    log.info("worker started")
    telling = [asyncio.create_task(_tell(parts, outbox, webhook)) for webhook in webhooks if outbox is not None]
    try:
        await _dispatch(parts, job, release_for)
    finally:
        await _finish(parts)
        for task in telling:
            task.cancel()
        await asyncio.gather(*telling, return_exceptions=True)
    log.info("worker stopped")


def _stop_on_signal() -> asyncio.Event:
    stop = asyncio.Event()
    for sent in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sent, stop.set)
    return stop


# ── the job ────────────────────────────────────────────────────────────────────────────────────────────────────────


async def _close(parts: _Parts, conversation_id: str) -> _Outcome:
    """Attempts and pauses until the call is recorded or given up. Every attempt and pause is a durable step."""
    faults, pause, reason = 0, parts.options.retry_s, ""
    while True:

        async def attempt(reason: str = reason, last: bool = faults + 1 >= parts.options.max_attempts) -> list[str]:
            return await _attempt(parts, conversation_id, reason, last)

        said, reason = await DBOS.run_step_async({"name": "attempt"}, attempt)
        outcome = _Outcome(said)
        if outcome in (_Outcome.RECORDED, _Outcome.FAILED):
            return outcome
        faults += outcome is _Outcome.FAULTY
        await DBOS.sleep_async(pause)
        pause = min(pause * 2, parts.options.retry_cap_s)


async def _attempt(parts: _Parts, conversation_id: str, before: str, last: bool) -> list[str]:
    """One try at one call: its outcome, and the reason when there is no record."""
    if parts.stop.is_set():
        await asyncio.Event().wait()  # the worker ends; the next one makes this attempt
    ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    parts.attempts.add(ended)
    try:
        await parts.calls.mark(conversation_id, CallState.RUNNING, before)
        record = await parts.close_call(await parts.calls.conversation(conversation_id))
        await parts.calls.save_record(record)
    except (ModelUnavailable, Overloaded, StoreUnavailable) as error:
        log.warning("call waits: %s", error.code, extra={"conversation_id": conversation_id})
        return [_Outcome.WAITS.value, f"{error.code}: {error.detail}"]
    except Exception as error:  # the job loop: whatever it is, it must not stop the other calls
        log.exception("call could not be closed", extra={"conversation_id": conversation_id})
        return await _faulty(parts, conversation_id, _plain(error), last)
    finally:
        parts.attempts.discard(ended)
        ended.set_result(None)
    return [_Outcome.RECORDED.value, ""]


async def _faulty(parts: _Parts, conversation_id: str, reason: str, last: bool) -> list[str]:
    if not last:
        return [_Outcome.FAULTY.value, reason]
    try:
        await parts.calls.mark(conversation_id, CallState.FAILED, reason)
    except StoreUnavailable as error:
        return [_Outcome.WAITS.value, f"{error.code}: {error.detail}"]
    except SeatmateError:
        log.exception("call cannot be marked", extra={"conversation_id": conversation_id})
    return [_Outcome.FAILED.value, reason]


def _plain(error: Exception) -> str:
    """A reason for people. The text of a foreign error may hold what a customer said: only its type is told."""
    return f"{error.code}: {error.detail}" if isinstance(error, SeatmateError) else type(error).__name__


# ── the dispatcher ─────────────────────────────────────────────────────────────────────────────────────────────────


async def _dispatch(parts: _Parts, job: Job, release_for: ReleaseFor) -> None:
    names: dict[str, _Name] = {}
    while not parts.stop.is_set():
        try:
            waiting = await parts.calls.waiting(_BATCH)
            names = {call: names.get(call) or await _named(parts, call, release_for) for call in waiting}
            known = await _known_jobs([name.job for name in names.values()])
            for call, name in names.items():
                await _start(parts, job, call, name, known.get(name.job))
        except StoreUnavailable as error:
            log.warning("records are away: %s", error.detail)
        try:
            await asyncio.wait_for(parts.stop.wait(), parts.options.poll_s)
        except TimeoutError:
            continue


@dataclass(frozen=True)
class _Name:
    job: str
    release_id: str


async def _named(parts: _Parts, conversation_id: str, release_for: ReleaseFor) -> _Name:
    call, release_id = await parts.calls.status(conversation_id), await release_for(conversation_id)
    return _Name(f"call-{conversation_id}-{call.transcript_sha256[:12]}-{release_id}", release_id)


async def _known_jobs(names: list[str]) -> dict[str, WorkflowStatus]:
    """In one query: most calls that wait have their job already, and wait for a worker."""
    if not names:
        return {}
    found = await DBOS.list_workflows_async(workflow_ids=names, load_input=False, load_output=False)
    return {job.workflow_id: job for job in found}


async def _start(parts: _Parts, job: Job, conversation_id: str, named: _Name, known: WorkflowStatus | None) -> None:
    """Make sure that a job is under way for a waiting call.

    A job may end and the call yet wait: it was reopened, the records were restored, or the job store is another's. Then
    it is begun anew, under the next number. Whether it still waits is asked after its job was seen to have ended, or a
    call that another worker has recorded meanwhile would be analysed again.
    """
    name, number = named.job, 1
    while known is not None and known.status in _ENDED:
        if (await parts.calls.status(conversation_id)).state not in (CallState.QUEUED, CallState.RUNNING):
            return
        number += 1
        name = f"{named.job}#{number}"
        known = await DBOS.get_workflow_status_async(name)
    if known is None:
        with SetWorkflowID(name):
            await DBOS.enqueue_workflow_async(_QUEUE, job, conversation_id, named.release_id)
    elif _is_abandoned(known, parts.options) and await parts.calls.take_over(conversation_id):
        log.warning("taking over a job of %s", known.executor_id, extra={"conversation_id": conversation_id})
        await DBOS.resume_workflow_async(name, queue_name=_QUEUE)


def _is_abandoned(job: WorkflowStatus, options: WorkerOptions) -> bool:
    """Does a job that should run belong to a worker that shows no life? One's own is taken up at start."""
    silent_s = time.time() - (job.updated_at or job.created_at or 0) / 1000
    return job.status == "PENDING" and job.executor_id != options.executor_id and silent_s > options.lease_s


# ── the outbox ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def _tell(parts: _Parts, outbox: Outbox, webhook: Webhook) -> None:
    """Send what is due to one webhook, until the worker ends. What was being sent then is sent again by the next."""
    while not parts.stop.is_set():
        try:
            taken = await deliver_due(outbox, webhook, DeliveryOptions(), bank_now)
        except StoreUnavailable as error:
            log.warning("records are away: %s", error.detail)
            taken = 0
        if not taken:
            await asyncio.sleep(parts.options.poll_s)


# ── the job store ──────────────────────────────────────────────────────────────────────────────────────────────────


def _launch(parts: _Parts) -> Job:
    """Open the job store and take up what a killed worker left. The store is the process's one DBOS."""
    if parts.options.jobs_url.startswith("sqlite:///"):
        _prepare_sqlite(Path(parts.options.jobs_url.removeprefix("sqlite:///")))
    DBOS(config=_config(parts.options))
    library = logging.getLogger("dbos")
    library.handlers.clear()  # its own handler knows no redaction
    library.propagate = True

    @DBOS.workflow(name="close_call", max_recovery_attempts=None)
    async def close_call(conversation_id: str, release_id: str) -> str:
        return (await _close(parts, conversation_id)).value

    DBOS.launch()
    return close_call


def _prepare_sqlite(path: Path) -> None:
    """With a write-ahead log a commit waits for the disk once, and readers do not wait for writers."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path, timeout=30)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")


def _config(options: WorkerOptions) -> DBOSConfig:
    return DBOSConfig(
        name="seatmate",
        system_database_url=options.jobs_url,
        executor_id=options.executor_id,
        application_version=_VERSION,
        # The default serialiser is pickle: whoever writes to the job store could run code here.
        serializer=DBOSPortableJSONSerializer(),
        enable_otlp=False,
        log_level="WARNING",
    )


async def _finish(parts: _Parts) -> None:
    """Let running attempts end within the grace, then close the job store. The next start takes up what is left."""
    running = set(parts.attempts)
    if running:
        await asyncio.wait(running, timeout=parts.options.stop_grace_s)
    await asyncio.to_thread(DBOS.destroy, destroy_registry=True)


def main() -> None:
    """`python -m seatmate.worker`."""
    settings = Settings.load()
    start_logging(settings.log_level)
    asyncio.run(work(settings))


if __name__ == "__main__":
    main()
