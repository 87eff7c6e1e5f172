"""A run that is killed goes on with the same command; what it had is not asked again."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from seatmate.testing.openai_server import OpenAIServer
from seatmate_eval.results import BadRun, RunState, read_run
from seatmate_eval.run import Watch, run
from tests.eval import world

CASES = 200


def asked_in(server: OpenAIServer) -> Counter[str]:
    """How often the model was asked each question."""
    questions: Counter[str] = Counter()
    for body in server.bodies:
        prompt = body["messages"][-1]["content"]
        questions[next(f"（{n}）" for n in range(CASES) if f"（{n}）" in prompt)] += 1
    return questions


def started(folder: Path, server: OpenAIServer) -> subprocess.Popen[bytes]:
    script = Path(__file__).with_name("run_process.py")
    return subprocess.Popen([sys.executable, str(script), str(folder), server.base_url])


def lines_of(folder: Path) -> int:
    files = list((folder / "var" / "eval" / "runs").glob("*/items.jsonl"))
    return files[0].read_bytes().count(b"\n") if files else 0


def wait_for_lines(process: subprocess.Popen[bytes], folder: Path, wanted: int) -> None:
    until = time.monotonic() + 180
    while lines_of(folder) < wanted and time.monotonic() < until:
        assert process.poll() is None, "the run ended by itself"
        time.sleep(0.02)


def kill(process: subprocess.Popen[bytes]) -> None:
    os.kill(process.pid, signal.SIGKILL)
    process.wait()


@pytest.mark.slow
async def test_a_killed_run_goes_on_and_asks_at_most_a_hundredth_again(tmp_path: Path) -> None:
    cases = [world.ask(n) for n in range(CASES)]
    options = replace(world.options(tmp_path, answer=cases), has_model=True, concurrency=2, reads_cache=False)
    there: list[int] = []
    with OpenAIServer(lambda body: world.SLOT, models=("mock",), chunk_pause_s=0.002) as server:
        settings = world.settings(tmp_path, server.base_url)
        process = started(tmp_path, server)
        try:
            wait_for_lines(process, tmp_path, CASES // 2)
        finally:
            kill(process)
        had = lines_of(tmp_path)
        assert CASES // 2 <= had < CASES
        found = read_run(await run(options, settings, world.good, Watch(begins=lambda done, of: there.append(done))))
        asked = asked_in(server)
    assert there == [had]
    assert len(found.items) == len({item.case_id for item in found.items}) == CASES
    assert found.manifest.state is RunState.COMPLETE
    assert not any(item.cached for item in found.items)
    assert sum(asked.values()) - CASES <= CASES // 100
    assert not (found.folder / "world").exists()


@pytest.mark.slow
async def test_a_run_that_is_at_work_is_left_alone(tmp_path: Path) -> None:
    cases = [world.ask(n) for n in range(CASES)]
    options = replace(world.options(tmp_path, answer=cases), has_model=True)
    with OpenAIServer(lambda body: world.SLOT, models=("mock",), chunk_pause_s=0.01) as server:
        process = started(tmp_path, server)
        try:
            wait_for_lines(process, tmp_path, 1)
            at_work = next((tmp_path / "var" / "eval" / "runs").glob("*"))
            with pytest.raises(BadRun, match="another process"):
                await run(replace(options, out=at_work), world.settings(tmp_path, server.base_url), world.good)
        finally:
            kill(process)
