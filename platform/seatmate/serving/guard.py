"""Runs one command and takes everything it started down with it. Stdlib only: run by path, imports nothing of Seatmate.

    python -I -S guard.py PID_FILE GRACE_S -- COMMAND…

The supervisor holds the other end of this process's standard input. When that end closes, because the supervisor wants
it or because it was killed with -9, the command's group gets SIGTERM, and SIGKILL after the grace. It is a process of
its own since a killed supervisor cannot clean up, and PR_SET_PDEATHSIG alone reaches only the child: vLLM's EngineCore
was seen running ten seconds after its API server had been killed. Knows nothing of readiness and restarts.
"""

import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def main() -> int:
    pid_file, grace_s, command = Path(sys.argv[1]), float(sys.argv[2]), sys.argv[4:]
    asked = _Asked()
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)  # orphaned grandchildren become ours, so that none is lost sight of
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=_in_child)
    _note(pid_file, child.pid)
    status = _until_ended_or_asked(child.pid, asked)
    _end_group(child.pid, grace_s)
    pid_file.unlink(missing_ok=True)
    if status is None:
        return 0
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


class _Asked:
    """Whether someone asked us to stop by signal. A handler, not SIG_IGN, which the command would inherit."""

    def __init__(self) -> None:
        self.by_signal = False
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._remember)

    def _remember(self, *_: object) -> None:
        self.by_signal = True


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _in_child() -> None:
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)  # in case the guard itself is killed


def _note(pid_file: Path, pid: int) -> None:
    """Which session runs here, for the next start to clean up after a killed guard."""
    beside = pid_file.with_suffix(".new")
    beside.write_text(f"{pid} {started(pid)} {boot_id()}\n")
    beside.replace(pid_file)


def started(pid: int) -> int:
    """When a process began, in ticks since boot: with its number it names a process once and for all. 0: no such."""
    try:
        # The command name, in brackets, may hold blanks: count from its end.
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19])
    except (FileNotFoundError, ProcessLookupError):
        return 0


def boot_id() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except FileNotFoundError:
        return "unknown"


def _until_ended_or_asked(pid: int, asked: _Asked) -> int | None:
    """The child's wait status, or None when it is to stop: by signal, or because the pipe was let go."""
    while not asked.by_signal:
        ended = _reap()
        if pid in ended:
            return ended[pid]
        readable, _, _ = select.select([0], [], [], 0.2)
        if readable and not os.read(0, 1):
            return None
    return None


def _reap() -> dict[int, int]:
    ended: dict[int, int] = {}
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid == 0:
            return ended
        ended[pid] = status


def _end_group(group: int, grace_s: float) -> None:
    _signal(group, signal.SIGTERM)
    deadline = time.monotonic() + grace_s
    while time.monotonic() < deadline:
        _reap()
        if not _alive(group):
            return
        time.sleep(0.05)
    while _alive(group):
        _signal(group, signal.SIGKILL)
        time.sleep(0.02)
        _reap()


def _alive(group: int) -> bool:
    return bool(_strays()) or _group_alive(group)


def _group_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def _strays() -> list[int]:
    """Children of ours, among them orphans that left the group with a session of their own."""
    me = os.getpid()
    try:
        return [int(pid) for pid in Path(f"/proc/{me}/task/{me}/children").read_text().split()]
    except FileNotFoundError:
        return []  # not Linux: the group is all we can see


def _signal(group: int, number: signal.Signals) -> None:
    for send, target in ((os.killpg, group), *((os.kill, pid) for pid in _strays())):
        try:
            send(target, number)
        except ProcessLookupError:
            continue


if __name__ == "__main__":
    sys.exit(main())
