"""One supervised child process: `seatmate up` keeps the engine, the API and the worker with it.

Starts the command under a guard (guard.py), writes its output to a log file, asks until it is ready, notices a crash,
restarts with growing pauses, and stops the whole group. Does not know what the command is or what ready means; does
not notice a child that is alive and hangs.

    child = Child(Command("api", argv, log, pid_file), is_ready=answers)
    await child.start()
    status = await child.settled()      # READY, or RESTARTING with the exit code of the first attempt
    …
    await child.stop()
"""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

from seatmate.serving import guard

_KEPT_LOG_BYTES = 10_000_000


class ChildState(StrEnum):
    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"
    STOPPED = "stopped"


@dataclass(frozen=True)
class ChildStatus:
    """What a supervisor's page shows. `pid` is the guard's; 0 while nothing runs."""

    state: ChildState
    pid: int = 0
    restarts: int = 0
    last_exit: int | None = None


@dataclass(frozen=True)
class Backoff:
    """Pauses between restarts; a child that stayed ready for `healthy_s` starts again from the first."""

    first_s: float = 1.0
    most_s: float = 30.0
    healthy_s: float = 60.0


@dataclass(frozen=True)
class Command:
    """What to run. The parent's environment is passed on, less names that begin with `without`, plus `env`."""

    name: str
    argv: Sequence[str]
    log: Path
    pid_file: Path
    env: Mapping[str, str] = field(default_factory=dict)
    without: tuple[str, ...] = ()


class Child:
    def __init__(
        self,
        command: Command,
        is_ready: Callable[[], Awaitable[bool]],
        *,
        backoff: Backoff = Backoff(),
        grace_s: float = 10.0,
        poll_s: float = 0.25,
    ) -> None:
        self.command = command
        self._is_ready = is_ready
        self._backoff = backoff
        self._grace_s = grace_s
        self._poll_s = poll_s
        self._status = ChildStatus(ChildState.STOPPED)
        self._changed = asyncio.Condition()
        self._supervision: asyncio.Task[None] | None = None

    @property
    def status(self) -> ChildStatus:
        return self._status

    async def start(self) -> None:
        """Begin to run and supervise. A child of ours that an earlier, killed supervisor left behind is ended first."""
        if self._supervision is None:
            await asyncio.to_thread(end_leftover, self.command.pid_file)
            await self._become(ChildStatus(ChildState.STARTING))
            self._supervision = asyncio.create_task(self._supervise(), name=f"child {self.command.name}")

    async def settled(self) -> ChildStatus:
        """The status once the present attempt is decided: ready, or ended before it was."""
        async with self._changed:
            await self._changed.wait_for(lambda: self._status.state is not ChildState.STARTING)
            return self._status

    async def stop(self) -> None:
        """SIGTERM to the group, SIGKILL after the grace; returns when nothing of it is left."""
        if self._supervision is not None:
            self._supervision.cancel()
            await asyncio.gather(self._supervision, return_exceptions=True)
            self._supervision = None
        await self._become(replace(self._status, state=ChildState.STOPPED, pid=0))

    async def _supervise(self) -> None:
        pause = self._backoff.first_s
        while True:
            last_exit, ready_s = await self._run_once()
            if ready_s >= self._backoff.healthy_s:
                pause = self._backoff.first_s
            restarts = self._status.restarts + 1
            await self._become(ChildStatus(ChildState.RESTARTING, restarts=restarts, last_exit=last_exit))
            await asyncio.sleep(pause)
            pause = min(pause * 2, self._backoff.most_s)
            # A guard that was itself killed may have left its group.
            await asyncio.to_thread(end_leftover, self.command.pid_file)
            await self._become(replace(self._status, state=ChildState.STARTING))

    async def _run_once(self) -> tuple[int, float]:
        """Run to the end: its exit code, and for how many seconds it was ready."""
        running = await self._spawn()
        try:
            await self._become(replace(self._status, pid=running.pid))
            ended = asyncio.create_task(running.wait())
            while not ended.done() and not await self._is_ready():
                await asyncio.wait({ended}, timeout=self._poll_s)
            since = time.monotonic()
            if not ended.done():
                await self._become(replace(self._status, state=ChildState.READY))
            return await ended, time.monotonic() - since
        finally:
            # Also when cancelled: letting go of the pipe is what stops the group.
            if running.stdin is not None:
                running.stdin.close()
            await asyncio.shield(running.wait())

    async def _spawn(self) -> asyncio.subprocess.Process:
        command = self.command
        command.log.parent.mkdir(parents=True, exist_ok=True)
        command.pid_file.parent.mkdir(parents=True, exist_ok=True)
        if command.log.exists() and command.log.stat().st_size > _KEPT_LOG_BYTES:
            command.log.replace(command.log.with_suffix(".old.log"))
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(command.without)}
        with command.log.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                *(sys.executable, "-I", "-S", guard.__file__, str(command.pid_file), str(self._grace_s), "--"),
                *command.argv,
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=inherited | dict(command.env),
                start_new_session=True,
            )

    async def _become(self, status: ChildStatus) -> None:
        async with self._changed:
            self._status = status
            self._changed.notify_all()


def end_leftover(pid_file: Path) -> None:
    """Kill what a killed guard left of its command's session. Whoever merely has its number now is left alone."""
    try:
        session, began, boot = pid_file.read_text().split()
    except FileNotFoundError:
        return
    leader_began = guard.started(int(session))
    if boot == guard.boot_id() and leader_began in (0, int(began)):
        for pid in _members(int(session)):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
    pid_file.unlink(missing_ok=True)


def _members(session: int) -> list[int]:
    """Processes of a session, which the guard made for its command alone. Empty where there is no /proc."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[3]) == session:
            found.append(int(entry.name))
    return found
