"""Files from outside, each read in a child process with limits on time and memory.

One child takes file after file over its pipes: it gets bytes and gives back JSON, and needs no file and no network. It
is ended and started anew when it takes too long, dies, or has read its number of files; the next file never notices.
Started with `python -m`, never forked, so it may be used in a server with threads. Knows no format.

    with open_reader() as reader:
        document = reader.read(path)
"""

import json
import os
import selectors
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType

from seatmate.domain.errors import UnreadableDocument
from seatmate.ingest.pieces import ReadDocument
from seatmate.ingest.read import MAX_BYTES
from seatmate.ingest.wire import LENGTH, MOST, OUT_OF_MEMORY, document_of, framed

_CHILD = "seatmate.ingest.read_process"
_STEP = 1 << 16
_FLAGS = os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
"""What was a plain file a moment ago may be a link or a pipe now."""
_START_S = 5.0
"""For a child to come up, on top of the time for its first file."""


@dataclass(frozen=True)
class Limits:
    """What one file may cost: its bytes, seconds (of computing and of waiting alike), and the child's memory in MB."""

    file_bytes: int = MAX_BYTES
    seconds: float = 20.0
    memory_mb: int = 1_024
    files: int = 200
    """So many files, then a new child: what a file left behind does not add up."""


class _Died(Exception):
    """The child ended before it answered; the message says how."""


class _TooLong(Exception):
    """The child did not answer in time."""


class Reader:
    """Reads files one at a time, in the thread that opened it: on Linux its child ends with the thread that started it.

    Open it with `open_reader`; nothing starts before the first file.
    """

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._child: _Child | None = None

    def __enter__(self) -> "Reader":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the child, if there is one. The reader may still be used: it starts another."""
        if self._child is not None:
            self._child.end()
            self._child = None

    def read(self, path: Path) -> ReadDocument:
        """Raises UnreadableDocument with what is wrong with the file."""
        return self.read_bytes(take(path, self._limits.file_bytes), path.name)

    def read_bytes(self, data: bytes, name: str) -> ReadDocument:
        """The bytes of a file, by its name's ending. Raises UnreadableDocument."""
        try:
            answer = self._ready().ask({"name": name}, data, self._limits.seconds)
        except _TooLong as error:
            self.close()
            raise UnreadableDocument(f"reading it took longer than {self._limits.seconds:g} s") from error
        except _Died as error:
            self.close()
            raise UnreadableDocument(_reason(str(error), self._limits)) from error
        except BaseException:
            self.close()  # an interrupted read: what the child says next would belong to this file
            raise
        if "refused" in answer:
            if answer.get("spent"):
                self.close()
            raise UnreadableDocument(str(answer["refused"]))
        return document_of(answer)

    def _ready(self) -> "_Child":
        if self._child is not None and self._child.files >= self._limits.files:
            self.close()
        if self._child is None:
            self._child = _Child(self._limits)
        return self._child


@contextmanager
def open_reader(limits: Limits | None = None) -> Iterator[Reader]:
    """A reader whose child is ended when the block is left."""
    with Reader(limits or Limits()) as reader:
        yield reader


def take(path: Path, most: int = MAX_BYTES) -> bytes:
    """The bytes of a plain file of at most that size; a link, a folder, a pipe are refused before they are opened."""
    try:
        before = path.lstat()
        if stat.S_ISLNK(before.st_mode):
            raise UnreadableDocument("it is a link, and where it leads may change")
        if not stat.S_ISREG(before.st_mode):
            raise UnreadableDocument("it is a folder" if stat.S_ISDIR(before.st_mode) else "it is not a plain file")
        with os.fdopen(os.open(path, _FLAGS), "rb") as file:
            size = os.fstat(file.fileno()).st_size
            data = b"" if size > most else file.read(most + 1)
    except PermissionError as error:
        raise UnreadableDocument("it may not be opened: its owner has not given permission") from error
    except FileNotFoundError as error:
        raise UnreadableDocument("it is gone") from error
    except OSError as error:
        raise UnreadableDocument(f"it cannot be opened ({error.strerror})") from error
    if max(size, len(data)) > most:
        raise UnreadableDocument(f"it has {max(size, len(data)) / 2**20:,.0f} MB; {most / 2**20:.0f} MB is the most")
    return data


def _reason(how: str, limits: Limits) -> str:
    if how == "SIGXCPU":
        return f"reading it took longer than {limits.seconds:g} s of computing"
    if how == f"status {OUT_OF_MEMORY}":
        return f"reading it needs more than {limits.memory_mb} MB of memory"
    if how == "SIGKILL":
        return f"its reader was killed: it may need more than {limits.memory_mb} MB of memory"
    return f"it is broken: its reader crashed ({how})"


class _Child:
    """One child process and its two pipes."""

    def __init__(self, limits: Limits) -> None:
        self.files = 0
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-B", "-m", _CHILD, json.dumps(asdict(limits))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            env={"PATH": "", "LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
        )
        if self._process.stdin is None or self._process.stdout is None:
            raise AssertionError("a process with pipes has them")
        self._in, self._out = self._process.stdin, self._process.stdout
        os.set_blocking(self._in.fileno(), False)
        os.set_blocking(self._out.fileno(), False)

    def ask(self, head: dict[str, str], data: bytes, seconds: float) -> dict[str, object]:
        """One file's answer. Raises _TooLong or _Died; after either the child is of no further use."""
        deadline = time.monotonic() + seconds + (0 if self.files else _START_S)
        self.files += 1
        self._send(framed(json.dumps(head).encode()) + framed(data), deadline)
        size = int.from_bytes(self._receive(LENGTH, deadline), "big")
        if size > MOST:
            raise _Died("it answered too much")
        try:
            answer = json.loads(self._receive(size, deadline))
        except ValueError as error:
            raise _Died("it answered nonsense") from error
        if not isinstance(answer, dict):
            raise _Died("it answered nonsense")
        return answer

    def end(self) -> None:
        """At once: it holds nothing worth keeping."""
        self._process.kill()
        self._process.wait()
        self._in.close()
        self._out.close()

    def _send(self, data: bytes, deadline: float) -> None:
        rest = memoryview(data)
        while rest:
            self._wait(self._in.fileno(), selectors.EVENT_WRITE, deadline)
            try:
                rest = rest[os.write(self._in.fileno(), rest[:_STEP]) :]
            except BrokenPipeError as error:
                raise _Died(self._how()) from error
            except BlockingIOError:
                continue

    def _receive(self, size: int, deadline: float) -> bytes:
        got = bytearray()
        while len(got) < size:
            self._wait(self._out.fileno(), selectors.EVENT_READ, deadline)
            with suppress(BlockingIOError):
                step = os.read(self._out.fileno(), min(_STEP, size - len(got)))
                if not step:
                    raise _Died(self._how())
                got += step
        return bytes(got)

    def _wait(self, pipe: int, event: int, deadline: float) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(pipe, event)
            if not selector.select(max(0.0, deadline - time.monotonic())):
                raise _TooLong

    def _how(self) -> str:
        """How it ended: the name of a signal, or its exit status."""
        try:
            status = self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return "it closed its pipe"
        return signal.Signals(-status).name if status < 0 else f"status {status}"
