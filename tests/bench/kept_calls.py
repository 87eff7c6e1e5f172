"""Calls for the measurements of deliveries, and what is found wrong with their records, their events and the diaries.

Knows nothing of what was done to the workers meanwhile.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, text

from seatmate.domain.calls import Conversation
from seatmate.domain.findings import CallRecord
from seatmate.testing.call_contract import conversation
from tests.diary_worker import STEPS, WEBHOOKS, Duty, entries

PATIENCE_S = 120.0
"""Without anything new in so long, something is stuck."""
LOOK_S = 0.05


def a_duty(work: Path, **wanted: Any) -> Duty:
    work.mkdir(parents=True, exist_ok=True)
    return Duty(str(work), f"sqlite:///{work / 'seatmate.db'}", f"sqlite:///{work / 'jobs.db'}", **wanted)


def a_call(number: int) -> Conversation:
    return conversation(name_of(number), "您好，远川银行。", f"我想问一下三年期存款的利率，存{number}元。")


def name_of(number: int) -> str:
    return f"C-{number:05}"


def another(number: int) -> Conversation:
    """The same id with other words."""
    return conversation(name_of(number), "您好，远川银行。", "我要挂失。")


async def recorded(engine: Engine, wanted: int, *workers: ForkServerProcess) -> None:
    """Until there are so many records."""
    await until(engine, "SELECT count(*) FROM call_records", wanted, workers)


async def all_told(engine: Engine, *workers: ForkServerProcess) -> None:
    told = "SELECT count(*) FROM deliveries WHERE webhook = 'crm' AND delivered_at IS NOT NULL"
    await until(engine, told, one(engine, "SELECT count(*) FROM call_records"), workers)


async def until(engine: Engine, count: str, wanted: int, workers: Sequence[ForkServerProcess]) -> None:
    seen, since = -1, time.monotonic()
    while (there := await asyncio.to_thread(one, engine, count)) < wanted:
        if there > seen:
            seen, since = there, time.monotonic()
        if time.monotonic() - since > PATIENCE_S or all(not worker.is_alive() for worker in workers):
            raise AssertionError(f"{count}: {there} of {wanted}, and nothing goes on")
        await asyncio.sleep(LOOK_S)


def one(engine: Engine, query: str) -> int:
    with engine.connect().execution_options(writes=False) as connection:
        return int(connection.scalar(text(query)) or 0)


def faults_of_records(engine: Engine, calls: int, releases: int = 1) -> list[str]:
    """What is wrong with the records when every call should have one for each release."""
    wrong = {
        "calls that are not there": calls - one(engine, "SELECT count(*) FROM calls"),
        "records too many or too few": one(engine, "SELECT count(*) FROM call_records") - calls * releases,
        "calls without as many records as releases": one(
            engine,
            "SELECT count(*) FROM calls c WHERE (SELECT count(*) FROM call_records r WHERE r.conversation_id ="
            f" c.conversation_id AND r.transcript_sha256 = c.transcript_sha256) <> {releases}",
        ),
        "calls not in the state recorded": one(engine, "SELECT count(*) FROM calls WHERE state <> 'recorded'"),
        "failed calls": one(engine, "SELECT count(*) FROM calls WHERE state = 'failed'"),
        "records that cannot be read": unreadable(engine),
    }
    if engine.dialect.name == "sqlite":
        wrong["faults of the file"] = one(
            engine, "SELECT count(*) FROM pragma_integrity_check WHERE integrity_check <> 'ok'"
        )
    return [f"{count} {what}" for what, count in wrong.items() if count]


def unreadable(engine: Engine) -> int:
    """Records whose text is not that of their row."""
    with engine.connect().execution_options(writes=False) as connection:
        rows = connection.execute(text("SELECT conversation_id, release_id, record FROM call_records")).all()
    read = ((row, CallRecord.model_validate_json(row.record)) for row in rows)
    return sum((row.conversation_id, row.release_id) != (r.conversation_id, r.release_id) for row, r in read)


def faults_of_outbox(engine: Engine, calls: int, releases: int = 1) -> list[str]:
    """One event for each record and webhook; those of the webhook that takes them are delivered."""
    each = "SELECT webhook, conversation_id, release_id FROM deliveries GROUP BY 1, 2, 3"
    wrong = {
        "events too many or too few": one(engine, "SELECT count(*) FROM deliveries") - calls * releases * len(WEBHOOKS),
        "events twice": one(engine, f"SELECT count(*) FROM ({each} HAVING count(*) > 1) AS twice"),
        "records without their events": calls * releases * len(WEBHOOKS)
        - one(engine, f"SELECT count(*) FROM ({each}) AS told"),
        "events not delivered": one(
            engine, f"SELECT count(*) FROM deliveries WHERE webhook = '{WEBHOOKS[0]}' AND delivered_at IS NULL"
        ),
        "events given up": one(engine, "SELECT count(*) FROM deliveries WHERE due_at IS NULL AND delivered_at IS NULL"),
    }
    return [f"{count} {what}" for what, count in wrong.items() if count]


def told_and_analysed(diaries: Path, calls: int, releases: int = 1) -> dict[str, Any]:
    """What was done more than once: a step that a kill broke off, an event that a kill kept from being ticked off."""
    begun, kept, told = Counter[tuple[str, str]](), set[tuple[str, str]](), Counter[str]()
    repeated = 0
    for entry in entries(diaries):
        if entry.what == "told":
            told[entry.of] += 1
        elif entry.what == "begin":
            begun[entry.of, entry.step] += 1
            repeated += releases == 1 and (entry.of, entry.step) in kept
        else:
            kept.add((entry.of, entry.step))
    return {
        "steps": calls * releases * len(STEPS),
        "steps_begun": begun.total(),
        "kept_steps_repeated": repeated,
        "events_told": len(told),
        "events_told_again": told.total() - len(told),
    }
