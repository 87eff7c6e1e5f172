"""One build, or the plan of one, in a process of its own: `python -m seatmate.builder build|diff FOLDER`.

Started by the API (adapters/build_process), which owns the index: calls of the index go out over standard output, their
answers come in over standard input; the steps go out too, and at the end the report or the error. It gives way to every
other process and ends with the one that started it; nobody starts it by hand.
"""

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from seatmate.adapters.index_pipe import PipedIndex, frame
from seatmate.domain.builds import BuildReport
from seatmate.domain.errors import SeatmateError
from seatmate.ingest import flow
from seatmate.ingest.parent import end_with_parent
from seatmate.log import start_logging
from seatmate.settings import Settings
from seatmate.wiring.knowledge import open_builder

Say = Callable[[dict[str, Any]], None]

_GIVES_WAY = 10
"""Of 19: an agent's question is answered first, and a build still ends the same day on a busy machine."""


def main() -> None:
    end_with_parent()
    os.nice(_GIVES_WAY)
    answers, calls = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no frame

    def say(what: dict[str, Any]) -> None:
        calls.write(frame(what))
        calls.flush()

    settings = Settings.load()
    start_logging(settings.log_level)
    try:
        report = asyncio.run(_work(settings, sys.argv[1], Path(sys.argv[2]), PipedIndex(answers, calls), say))
    except SeatmateError as error:
        say({"refused": error.code, "detail": error.detail})
    else:
        say({"report": report.model_dump(mode="json")})


async def _work(settings: Settings, what: str, folder: Path, index: PipedIndex, say: Say) -> BuildReport:
    work = flow.build if what == "build" else flow.diff
    async with open_builder(settings, index) as stores:
        return await work(stores, folder, told=lambda step: say({"step": step}))


if __name__ == "__main__":
    main()
