"""A run in a process of its own, for test_run_kill.py to kill. Run: python run_process.py <folder> <model server>"""

import asyncio
import sys
from dataclasses import replace
from pathlib import Path

from seatmate_eval.run import run

sys.path.insert(0, str(Path(__file__).parent))

import world  # type: ignore[import-not-found]


def main(folder: Path, base_url: str) -> None:
    options = replace(world.options(folder), has_model=True, concurrency=2)
    asyncio.run(run(options, world.settings(folder, base_url), world.good))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
