"""Is every call that was delivered recorded once? Under redelivery, kill -9, several workers, and a new release.

    python -m tests.bench.deliveries [--quick] [--seed N] [--part kills|intake|sharing|releases] [--calls N]

Worker, job store, records, outbox and the door of calls are the real ones, in processes of their own. Scripted is what
a model would say (tests/diary_worker), so that what is measured is the way and not the model.
"""

import argparse
import asyncio
import json
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Engine, text

from seatmate.adapters.sql.base import open_engine, upgrade
from seatmate.adapters.sql.calls import SqlCalls
from seatmate.domain.calls import Conversation
from seatmate.domain.errors import Conflict, StoreUnavailable
from tests.bench.intake import intake_killed
from tests.bench.kept_calls import (
    a_call,
    a_duty,
    all_told,
    another,
    faults_of_outbox,
    faults_of_records,
    name_of,
    one,
    recorded,
    told_and_analysed,
    until,
)
from tests.bench.sharing import postgres, shared
from tests.diary_worker import Duty, start

# ── redelivery and kills ───────────────────────────────────────────────────────────────────────────────────────────


async def kills(work: Path, seed: int, calls: int, deaths: int) -> dict[str, Any]:
    """Every call delivered one to five times in any order, while the worker that records them is killed."""
    rng, duty = Random(seed), a_duty(work)
    engine = open_engine(duty.records_url)
    upgrade(engine)
    posts = shuffled(rng, calls)
    began = time.perf_counter()
    async with asyncio.TaskGroup() as group:
        delivering = group.create_task(delivered(SqlCalls(engine), posts))
        working = group.create_task(killed(engine, duty, rng, calls, deaths))
    took = time.perf_counter() - began
    answers = delivering.result()["answers"]
    mistaken = [f"{answers[what]} {what}" for what in ("right refused", "conflicting accepted") if what in answers]
    found = {
        "calls": calls,
        "deliveries": len(posts),
        **delivering.result(),
        **working.result(),
        "seconds": round(took, 1),
        "calls_per_s": round(calls / took, 1),
        **told_and_analysed(Path(duty.diaries), calls),
        "faults": [*mistaken, *faults_of_records(engine, calls), *faults_of_outbox(engine, calls)],
    }
    engine.dispose()
    return found


def shuffled(rng: Random, calls: int) -> list[Conversation]:
    """One to five copies of each call; for one in fifty another transcript, some time after its first copy."""
    posts = [a_call(number) for number in range(calls) for _ in range(rng.randint(1, 5))]
    rng.shuffle(posts)
    first = {post.conversation_id: at for at, post in reversed(list(enumerate(posts)))}
    wrong = [another(number) for number in rng.sample(range(calls), max(1, calls // 50))]
    places = sorted(((rng.randint(first[post.conversation_id] + 1, len(posts)), post) for post in wrong), key=_place)
    for at, post in reversed(places):
        posts.insert(at, post)
    return posts


def _place(placed: tuple[int, Conversation]) -> int:
    return placed[0]


async def delivered(calls: SqlCalls, posts: Sequence[Conversation], writers: int = 8) -> dict[str, Any]:
    """Several at once; a copy may overtake another, but no conflicting one its original."""
    became, left = Counter[str](), iter(posts)
    right = {post.conversation_id: post.transcript_sha256 for post in reversed(posts)}
    kept = {name: asyncio.Event() for name in right}

    async def deliver() -> None:
        for post in left:
            is_right = right[post.conversation_id] == post.transcript_sha256
            if not is_right:
                await kept[post.conversation_id].wait()
            answer = await answered(calls, post, became)
            became[f"{'right' if is_right else 'conflicting'} {answer}"] += 1
            kept[post.conversation_id].set()

    began = time.perf_counter()
    await asyncio.gather(*(deliver() for _ in range(writers)))
    took = time.perf_counter() - began
    return {"answers": dict(became), "receipts_per_s": round(len(posts) / took, 1)}


async def answered(calls: SqlCalls, post: Conversation, became: Counter[str]) -> str:
    """As the door answers; told that the records are away, a sender comes again."""
    while True:
        try:
            await calls.receive(post)
        except StoreUnavailable:
            became["came again"] += 1
        except Conflict:
            return "refused"
        else:
            return "accepted"


async def killed(engine: Engine, duty: Duty, rng: Random, calls: int, deaths: int) -> dict[str, Any]:
    """Kill the worker at random counts of records; every fifth time again while its successor starts."""
    at_start = deaths // 5
    counts = sorted(rng.sample(range(calls), deaths - at_start))
    again = set(rng.sample(range(len(counts)), at_start))
    worker, died = start(duty), Counter[str]()
    try:
        for n, at in enumerate(counts):
            await recorded(engine, at, worker)
            await asyncio.sleep(rng.uniform(0, 0.3))
            died["at work"] += await killed_now(worker)
            worker = start(duty)
            if n in again:
                await asyncio.sleep(rng.uniform(0.1, 5.0))
                died["while it started"] += await killed_now(worker)
                worker = start(duty)
        await recorded(engine, calls, worker)
        await all_told(engine, worker)
    finally:
        worker.terminate()
        await asyncio.to_thread(worker.join)
    return {"kills": sum(died.values()), "killed": dict(died)}


async def killed_now(worker: ForkServerProcess) -> int:
    worker.kill()
    await asyncio.to_thread(worker.join)
    return int(worker.exitcode == -9)


# ── a new release ──────────────────────────────────────────────────────────────────────────────────────────────────


async def releases(work: Path, calls: int) -> dict[str, Any]:
    """Calls recorded under one release, reopened, recorded under the next; then reopened once more under that."""
    duty = a_duty(work, concurrency=4, release_id="rel-1")
    engine = open_engine(duty.records_url)
    upgrade(engine)
    ledger = SqlCalls(engine)
    names = [name_of(number) for number in range(calls)]
    for number in range(calls):
        await ledger.receive(a_call(number))
    await worked(engine, duty, calls)
    first = [await ledger.record(name) for name in names]
    for name in names:
        await ledger.reopen(name)
    await worked(engine, replace(duty, release_id="rel-2"), 2 * calls)
    second = [await ledger.record(name) for name in names]
    status = [await ledger.status(name) for name in names]
    faults = [*faults_of_records(engine, calls, 2), *faults_of_outbox(engine, calls, 2)]
    for name in names:
        await ledger.reopen(name)
    await worked(engine, replace(duty, release_id="rel-2"), 2 * calls)
    faults += [*faults_of_records(engine, calls, 2), *faults_of_outbox(engine, calls, 2)]
    found = {
        "calls": calls,
        "second_is_current": sum(record.release_id == "rel-2" for record in second),
        "both_are_kept_in_order": sum(one.recorded_releases == ("rel-1", "rel-2") for one in status),
        "first_unchanged": len({record.model_dump_json() for record in first} & set(texts(engine, "rel-1"))),
        "faults": faults,
    }
    engine.dispose()
    return found


async def worked(engine: Engine, duty: Duty, records: int) -> None:
    """A worker until there are so many records, nothing waits, and everything is told."""
    worker = start(duty)
    try:
        await recorded(engine, records, worker)
        total = one(engine, "SELECT count(*) FROM calls")
        await until(engine, "SELECT count(*) FROM calls WHERE state = 'recorded'", total, [worker])
        await all_told(engine, worker)
    finally:
        worker.terminate()
        await asyncio.to_thread(worker.join)


def texts(engine: Engine, release_id: str) -> list[str]:
    with engine.connect().execution_options(writes=False) as connection:
        query = text("SELECT record FROM call_records WHERE release_id = :release")
        return list(connection.scalars(query, {"release": release_id}))


# ── all ────────────────────────────────────────────────────────────────────────────────────────────────────────────


async def run(work: Path, seed: int, quick: bool, calls: int, part: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {"seed": seed}
    if part in ("", "kills"):
        found["kills"] = await kills(work / "kills", seed, calls or (300 if quick else 10_000), 5 if quick else 50)
    if part in ("", "intake"):
        found["intake"] = await intake_killed(work / "intake", 20 if quick else 200)
    if part in ("", "sharing"):
        with postgres() as url:
            diaries = work / "sharing"
            diaries.mkdir()
            found["sharing"] = await shared(diaries, url, calls or (60 if quick else 300))
    if part in ("", "releases"):
        found["releases"] = await releases(work / "releases", calls or (10 if quick else 100))
    return found


if __name__ == "__main__":
    asked = argparse.ArgumentParser()
    asked.add_argument("--quick", action="store_true")
    asked.add_argument("--seed", type=int, default=20261124)
    asked.add_argument("--part", choices=("", "kills", "intake", "sharing", "releases"), default="")
    asked.add_argument("--calls", type=int, default=0)
    wanted = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(run(Path(folder), wanted.seed, wanted.quick, wanted.calls, wanted.part))
    print(json.dumps(figures, ensure_ascii=False, indent=2))
