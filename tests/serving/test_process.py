"""The supervisor, with small real processes: nothing is patched, and nothing may be left running."""

import asyncio
import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from seatmate.serving import guard
from seatmate.serving.process import Backoff, Child, ChildState, Command

QUICK = Backoff(first_s=0.05, most_s=0.2, healthy_s=60)


async def at_once() -> bool:
    return True


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"


async def until(true: Callable[[], bool], seconds: float = 8.0) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "did not happen in time"
        await asyncio.sleep(0.02)


def read_pid(path: Path) -> int:
    return int(path.read_text())


class Yard:
    """Makes children in a folder and stops them all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.children: list[Child] = []

    def child(self, script: str, *, ready: str | None = None, grace_s: float = 5, **env: str) -> Child:
        """A bash script; ready when it has made the file `ready`."""

        async def is_ready() -> bool:
            return ready is None or (self.folder / ready).exists()

        command = Command(
            "test",
            ["bash", "-c", f"cd {self.folder}; {script}"],
            self.folder / "child.log",
            self.folder / "child.pid",
            env=env,
            without=("SECRET_",),
        )
        child = Child(command, is_ready, backoff=QUICK, grace_s=grace_s, poll_s=0.02)
        self.children.append(child)
        return child


@pytest.fixture
async def yard(tmp_path: Path) -> AsyncIterator[Yard]:
    yard = Yard(tmp_path)
    yield yard
    for child in yard.children:
        await child.stop()


async def test_a_child_is_starting_until_its_check_says_ready(yard: Yard) -> None:
    child = yard.child("sleep 0.3; touch up; sleep 60", ready="up")
    await child.start()
    assert child.status.state is ChildState.STARTING
    status = await child.settled()
    assert status.state is ChildState.READY
    assert (yard.folder / "up").exists()
    assert alive(status.pid)


async def test_output_goes_to_the_log_file(yard: Yard) -> None:
    child = yard.child("echo to out; echo to err >&2; touch up; sleep 60", ready="up")
    await child.start()
    await child.settled()
    assert child.command.log.read_text() == "to out\nto err\n"


async def test_the_parents_environment_is_passed_on_less_what_is_withheld(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SECRET_KEY", "hush")
    monkeypatch.setenv("PLAIN", "seen")
    child = yard.child('echo "[$SECRET_KEY][$PLAIN][$ADDED]"; touch up; sleep 60', ready="up", ADDED="new")
    await child.start()
    await child.settled()
    assert child.command.log.read_text() == "[][seen][new]\n"


async def test_a_child_that_dies_before_it_is_ready_settles_with_its_exit_code(yard: Yard) -> None:
    child = yard.child("exit 7", ready="never")
    await child.start()
    status = await child.settled()
    assert (status.state, status.last_exit) == (ChildState.RESTARTING, 7)


async def test_a_crash_is_noticed_and_the_child_started_again(yard: Yard) -> None:
    child = yard.child("echo $$ > new; mv new pid; touch up; sleep 60", ready="up")
    await child.start()
    await child.settled()
    first = read_pid(yard.folder / "pid")
    os.kill(first, signal.SIGKILL)
    await until(lambda: child.status.state is ChildState.READY and read_pid(yard.folder / "pid") != first)
    assert child.status.restarts == 1
    assert child.status.last_exit == 128 + signal.SIGKILL


async def test_the_pauses_between_restarts_double_up_to_the_most(yard: Yard) -> None:
    child = yard.child("date +%s.%N >> times; exit 1", ready="never")
    await child.start()
    await until(lambda: child.status.restarts >= 5)
    times = [float(line) for line in (yard.folder / "times").read_text().split()]
    pauses = [later - earlier for earlier, later in itertools.pairwise(times)]
    for pause, at_least in zip(pauses, (0.05, 0.1, 0.2, 0.2), strict=False):
        assert pause >= at_least
    assert pauses[3] < 4 * 0.2 + 2, "it kept doubling"


async def test_stopping_ends_the_whole_group(yard: Yard) -> None:
    child = yard.child("sleep 60 & echo $! > grandchild; touch up; wait", ready="up")
    await child.start()
    await child.settled()
    grandchild = read_pid(yard.folder / "grandchild")
    await child.stop()
    assert child.status.state is ChildState.STOPPED
    assert not alive(grandchild)
    assert not child.command.pid_file.exists()


async def test_a_child_that_ignores_sigterm_is_killed_after_the_grace(yard: Yard) -> None:
    child = yard.child("trap '' TERM; echo $$ > pid; touch up; while :; do sleep 0.1; done", ready="up", grace_s=0.3)
    await child.start()
    await child.settled()
    pid = read_pid(yard.folder / "pid")
    began = time.monotonic()
    await child.stop()
    assert time.monotonic() - began >= 0.3
    assert not alive(pid)


async def test_a_grandchild_with_a_session_of_its_own_is_ended_too(yard: Yard) -> None:
    child = yard.child("setsid sleep 60 & echo $! > stray; touch up; wait", ready="up", grace_s=0.3)
    await child.start()
    await child.settled()
    await child.stop()
    assert not alive(read_pid(yard.folder / "stray"))


async def test_a_crash_takes_the_grandchildren_along(yard: Yard) -> None:
    child = yard.child("sleep 60 & echo $! > grandchild; echo $$ > pid; touch up; wait", ready="up", grace_s=0.3)
    await child.start()
    await child.settled()
    grandchild = read_pid(yard.folder / "grandchild")
    os.kill(read_pid(yard.folder / "pid"), signal.SIGKILL)
    await until(lambda: child.status.restarts == 1)
    assert not alive(grandchild)


async def test_stopping_during_a_pause_does_not_start_again(yard: Yard) -> None:
    child = yard.child("echo x >> runs; exit 1", ready="never")
    await child.start()
    await child.settled()
    await child.stop()
    runs = (yard.folder / "runs").read_text()
    await asyncio.sleep(0.3)
    assert (yard.folder / "runs").read_text() == runs


SUPERVISOR = """
import asyncio, pathlib, sys
from seatmate.serving import guard
from seatmate.serving.process import Child, Command
folder = pathlib.Path(sys.argv[1])
async def ready(): return (folder / "up").exists()
async def main():
    script = f"cd {folder}; sleep 60 & echo $! > grandchild; echo $$ > pid; touch up; wait"
    child = Child(Command("t", ["bash", "-c", script], folder / "log", folder / "child.pid"), ready, grace_s=0.3)
    await child.start()
    print((await child.settled()).pid, flush=True)
    await asyncio.sleep(60)
asyncio.run(main())
"""


def supervisor(folder: Path) -> tuple[subprocess.Popen[str], int]:
    process = subprocess.Popen([sys.executable, "-c", SUPERVISOR, str(folder)], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, int(process.stdout.readline())


async def test_nothing_survives_a_supervisor_killed_with_9(tmp_path: Path) -> None:
    process, guard_pid = supervisor(tmp_path)
    with process:
        process.kill()
    pids = [guard_pid, read_pid(tmp_path / "pid"), read_pid(tmp_path / "grandchild")]
    await until(lambda: not any(alive(pid) for pid in pids))


async def test_what_a_killed_guard_left_is_ended_by_the_next_start(tmp_path: Path, yard: Yard) -> None:
    process, guard_pid = supervisor(tmp_path)
    with process:
        process.kill()
        os.kill(guard_pid, signal.SIGKILL)
    left = read_pid(tmp_path / "grandchild")
    if not (tmp_path / "child.pid").exists():
        pytest.fail("the guard was quicker than the test: it cleaned up")
    child = yard.child("touch again; sleep 60", ready="again")
    await child.start()
    await child.settled()
    assert not alive(left)


async def test_a_process_that_merely_has_the_noted_number_is_left_alone(yard: Yard) -> None:
    bystander = await asyncio.create_subprocess_exec("sleep", "60", start_new_session=True)
    child = yard.child("touch up; sleep 60", ready="up")
    child.command.pid_file.write_text(f"{bystander.pid} 12345 {guard.boot_id()}\n")
    await child.start()
    await child.settled()
    assert bystander.returncode is None
    assert alive(bystander.pid)
    bystander.kill()
    await bystander.wait()


async def test_an_adopted_guard_stops_on_sigterm(yard: Yard) -> None:
    child = yard.child("echo $$ > pid; touch up; sleep 60", ready="up")
    await child.start()
    status = await child.settled()
    pid = read_pid(yard.folder / "pid")
    os.kill(status.pid, signal.SIGTERM)
    await until(lambda: not alive(pid))
