"""Is an acknowledged call kept? The door of calls is killed again and again while several clients post to it.

A client that hears nothing posts again at the next life, as a bank's recorder does. After each death every call that
was acknowledged must be there, once and as it was said; one that was not may be there or not. The moment of death moves
in small steps through the time that a post takes, some acknowledgements after the start; that both sides of a commit
were hit shows in what became of the posts in flight.
"""

import asyncio
import socket
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from sqlalchemy import Engine, text

from seatmate.adapters.sql.base import open_engine, upgrade
from seatmate.domain.calls import Conversation
from tests.api.killed_intake import serve
from tests.bench.kept_calls import a_call, another, one
from tests.forks import forked

WRITERS = 8
LONGEST_S = 0.05
"""From an acknowledgement to the last moment of death: about as long as a post takes."""
PATIENCE_S = 60.0


class Door:
    """The server, one life after the other."""

    def __init__(self, records_url: str) -> None:
        self._records_url = records_url
        self._port = free_port()
        self.base_url = f"http://127.0.0.1:{self._port}"

    async def open(self) -> None:
        self._process = await asyncio.to_thread(forked, serve, self._port, self._records_url)
        deadline = time.monotonic() + PATIENCE_S
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self._port)
            except OSError:
                assert time.monotonic() < deadline, "the door does not open"
                await asyncio.sleep(0.01)
            else:
                writer.close()
                return

    def kill(self, after_s: float = 0.0) -> None:
        time.sleep(after_s)
        self._process.kill()
        self._process.join()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Sent:
    """What the clients know."""

    acknowledged: dict[str, str] = field(default_factory=dict)
    """The receipt of each call that got one: when it was received first."""
    in_doubt: deque[Conversation] = field(default_factory=deque)
    """Posted without an answer."""
    new: int = 0
    answer: asyncio.Event = field(default_factory=asyncio.Event)
    """Of the next acknowledgement."""

    def next(self) -> Conversation:
        if self.in_doubt:
            return self.in_doubt.popleft()
        self.new += 1
        return a_call(self.new)


async def intake_killed(work: Path, deaths: int) -> dict[str, Any]:
    url = f"sqlite:///{work / 'seatmate.db'}"
    engine = open_engine(url)
    upgrade(engine)
    door, sent, faults = Door(url), Sent(), list[str]()
    broken_off = committed = hit = 0
    try:
        for death in range(deaths):
            await door.open()
            faults += missing(engine, sent)
            await one_life(door, sent, acknowledged=death % 8, lasts_s=LONGEST_S * death / deaths)
            there = kept(engine)
            broken_off += len(sent.in_doubt)
            committed += sum(call.conversation_id in there for call in sent.in_doubt)
            hit += bool(sent.in_doubt)
        await door.open()
        faults += missing(engine, sent)
        async with client(door) as http:
            faults += await afterwards(http, sent)
        faults += torn(engine, sent)
    finally:
        door.kill()
        engine.dispose()
    return {
        "kills": deaths,
        "acknowledged": len(sent.acknowledged),
        "kills_with_posts_in_flight": hit,
        "posts_without_an_answer": broken_off,
        "of_these_on_disk": committed,
        "faults": faults,
    }


def client(door: Door) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=door.base_url, timeout=PATIENCE_S, headers={"content-type": "application/json"})


async def one_life(door: Door, sent: Sent, acknowledged: int, lasts_s: float) -> None:
    """It ends so long after so many acknowledgements."""
    enough = len(sent.acknowledged) + acknowledged

    async def death() -> None:
        while len(sent.acknowledged) < enough:
            await sent.answer.wait()
        await asyncio.to_thread(door.kill, lasts_s)

    async with client(door) as http:
        dying = asyncio.create_task(death())
        unanswered = await asyncio.gather(*(posts(http, sent) for _ in range(WRITERS)))
        await dying
    sent.in_doubt.extend(unanswered)


async def posts(http: httpx.AsyncClient, sent: Sent) -> Conversation:
    """One after the other until the door is dead; returns what got no answer."""
    while True:
        call = sent.next()
        try:
            await receipt(http, call, sent)
        except httpx.TransportError:
            return call


async def receipt(http: httpx.AsyncClient, call: Conversation, sent: Sent) -> None:
    reply = await http.post("/api/calls", content=call.model_dump_json())
    assert reply.status_code == 202, reply.text
    sent.acknowledged[call.conversation_id] = reply.json()["received_at"]
    sent.answer.set()
    sent.answer = asyncio.Event()


async def afterwards(http: httpx.AsyncClient, sent: Sent) -> list[str]:
    """What is still in doubt is posted; all comes again, and with other words."""
    while sent.in_doubt:
        await receipt(http, sent.in_doubt.popleft(), sent)
    first, faults = dict(sent.acknowledged), []
    for number in range(1, sent.new + 1):
        await receipt(http, a_call(number), sent)
        reply = await http.post("/api/calls", content=another(number).model_dump_json())
        if reply.status_code != 409:
            faults.append(f"{reply.status_code} to another transcript of call {number}")
    return faults + [f"{name} got another receipt" for name, at in first.items() if sent.acknowledged[name] != at]


def kept(engine: Engine) -> set[str]:
    with engine.connect().execution_options(writes=False) as connection:
        return set(connection.scalars(text("SELECT conversation_id FROM calls")))


def missing(engine: Engine, sent: Sent) -> list[str]:
    """Acknowledged and lost, or there and never sent."""
    there = kept(engine)
    known = sent.acknowledged.keys() | {call.conversation_id for call in sent.in_doubt}
    return [f"{name} is lost" for name in sent.acknowledged.keys() - there] + [
        f"{name} was never sent" for name in there - known
    ]


def torn(engine: Engine, sent: Sent) -> list[str]:
    """In the end: every call once, word for word, waiting for its record, and a file without faults."""
    with engine.connect().execution_options(writes=False) as connection:
        rows = connection.execute(text("SELECT conversation, state FROM calls ORDER BY conversation_id")).all()
        sound = connection.scalar(text("PRAGMA integrity_check"))
    stored = [Conversation.model_validate_json(row.conversation) for row in rows]
    faults = [] if sound == "ok" else [f"the file: {sound}"]
    if sorted(stored, key=lambda call: call.conversation_id) != [a_call(n) for n in range(1, sent.new + 1)]:
        faults.append("what is kept is not what was sent")
    if waits := one(engine, "SELECT count(*) FROM calls WHERE state <> 'queued'"):
        faults.append(f"{waits} calls do not wait")
    return faults
