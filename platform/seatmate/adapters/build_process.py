"""Builds in a process of their own, so that a week's work does not keep the agents' questions waiting.

The process is started for one build or plan and is gone after it; it gives way to everything else on the machine. It
asks for the index over its pipes, tells the steps it begins, and ends with a report or the error to raise. When it
dies, what it leaves is a candidate that was never finished: it cannot be published, and the next build discards it.

    builds = BuildProcess((sys.executable, "-m", "seatmate.builder"), settings.environment(), index)
    report = await builds.build(folder, told=print)
"""

import asyncio
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from seatmate.adapters.index_pipe import HEAD, answer, lengths
from seatmate.domain.builds import BuildReport
from seatmate.domain.errors import Conflict, StoreUnavailable, error_of
from seatmate.domain.ports import PassageIndex, Told


class BuildProcess:
    """The Builds port. `command` is given what to do and a folder; `environment` is all it knows of settings."""

    def __init__(self, command: Sequence[str], environment: Mapping[str, str], index: PassageIndex) -> None:
        self._command = tuple(command)
        self._environment = dict(environment)
        self._index = index
        self._building = asyncio.Lock()
        self._running: asyncio.subprocess.Process | None = None

    async def build(self, folder: Path, told: Told = lambda step: None) -> BuildReport:
        """One after another: a second build would discard the candidate that the first is writing."""
        async with self._building:
            return await self._report("build", folder, told)

    async def diff(self, folder: Path) -> BuildReport:
        if self._building.locked():
            raise Conflict("a build is running: what it changes is told when it is done")
        async with self._building:
            return await self._report("diff", folder, lambda step: None)

    async def aclose(self) -> None:
        if self._running is not None:
            await _end(self._running)

    async def _report(self, what: str, folder: Path, told: Told) -> BuildReport:
        process = await asyncio.create_subprocess_exec(
            *self._command, what, str(folder),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, env=os.environ | self._environment,
        )  # fmt: skip
        self._running = process
        try:
            return await self._attend(process, told)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise StoreUnavailable(
                f"the building process ended before the build did ({await _how(process)}): nothing of it was "
                "published, and the next build begins anew; the log has its last words"
            ) from error
        finally:
            self._running = None
            await _end(process)

    async def _attend(self, process: asyncio.subprocess.Process, told: Told) -> BuildReport:
        assert process.stdin is not None and process.stdout is not None  # noqa: PT018 it has the pipes it was made with
        while True:
            json_bytes, vector_bytes = lengths(await process.stdout.readexactly(HEAD))
            said = json.loads(await process.stdout.readexactly(json_bytes))
            body = await process.stdout.readexactly(vector_bytes)
            if "call" in said:
                process.stdin.write(await answer(self._index, said, body))
                await process.stdin.drain()
            elif "step" in said:
                told(said["step"])
            elif "report" in said:
                return BuildReport.model_validate(said["report"])
            else:
                raise error_of(said["refused"], said["detail"])


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        process.kill()
    await process.wait()


async def _how(process: asyncio.subprocess.Process) -> str:
    try:
        status = await asyncio.wait_for(process.wait(), timeout=2)
    except TimeoutError:
        return "it closed its pipe"
    return f"signal {-status}" if status < 0 else f"status {status}"
