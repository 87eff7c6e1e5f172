"""The child process that reads files: `python -m seatmate.ingest.read_process LIMITS`, started by isolate.

Takes a frame with a name and one with the bytes from its standard input, gives one frame of JSON back, until the input
ends. It has no use of network, files or other programs, and is stopped if hostile bytes try; it never outlives its
parent. Knows nothing of why a file is read.
"""

import json
import os
import resource
import sys
from typing import Any, BinaryIO

from seatmate.domain.errors import UnreadableDocument
from seatmate.ingest.parent import end_with_parent
from seatmate.ingest.read import read
from seatmate.ingest.wire import LENGTH, MOST, OUT_OF_MEMORY, framed, shape_of

_FORBIDDEN = ("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system", "os.remove", "os.rename")
"""Audit events of what no parser has to do."""
_RECURSION = 1_000
_GRACE_S = 2


def main() -> None:
    limits: dict[str, Any] = json.loads(sys.argv[1])
    frames, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a parser prints is no answer
    end_with_parent()
    _confine(int(limits["memory_mb"]))
    try:
        while (head := _frame(frames)) is not None and (data := _frame(frames)) is not None:
            _allow_seconds(float(limits["seconds"]))
            answers.write(framed(_answer(json.loads(head)["name"], data, int(limits["memory_mb"]))))
            answers.flush()
    except MemoryError:
        os._exit(OUT_OF_MEMORY)


def _answer(name: str, data: bytes, memory_mb: int) -> bytes:
    try:
        answer = json.dumps(shape_of(read(data, name))).encode()
    except UnreadableDocument as error:
        return json.dumps({"refused": error.detail}).encode()
    except MemoryError:
        return json.dumps({"refused": f"reading it needs more than {memory_mb} MB of memory", "spent": True}).encode()
    if len(answer) > MOST:
        return json.dumps({"refused": "its tables are too large to be written out"}).encode()
    return answer


def _frame(source: BinaryIO) -> bytes | None:
    """None when the parent has closed the pipe."""
    length = source.read(LENGTH)
    if len(length) < LENGTH:
        return None
    size = int.from_bytes(length, "big")
    data = source.read(size)
    return data if len(data) == size else None


def _confine(memory_mb: int) -> None:
    size = memory_mb * 2**20
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.setrecursionlimit(_RECURSION)
    sys.addaudithook(_forbid)


def _forbid(event: str, arguments: tuple[object, ...]) -> None:
    if event.startswith(_FORBIDDEN):
        raise UnreadableDocument(f"it is hostile: reading it led to {event}")
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        raise UnreadableDocument("it is hostile: reading it led to writing a file")


def _allow_seconds(seconds: float) -> None:
    """Computing is counted over the whole life of a process, so the limit moves on with every file."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime + seconds) + _GRACE_S
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.RLIM_INFINITY))


if __name__ == "__main__":
    main()
