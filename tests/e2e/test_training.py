"""The smoke recipe in a short form: trained, killed, resumed to the same bits, and served by the real vLLM."""

import asyncio
import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from seatmate.serving.engine import Endpoint
from seatmate.serving.lora_api import LoraApi
from seatmate.settings import HOME, EngineSettings
from seatmate_tune.evaluate import TASKS
from seatmate_tune.recipe import load
from seatmate_tune.serve_check import Server, check

pytestmark = [pytest.mark.engine, pytest.mark.slow]

TUNE = HOME / ".venv-engine" / "bin" / "seatmate-tune"
_PATIENCE_S = 600


@dataclass(frozen=True)
class Run:
    folder: Path

    @property
    def recipe(self) -> Path:
        return self.folder / "recipe.yaml"

    @property
    def work(self) -> Path:
        return self.folder / "work"

    @property
    def adapters(self) -> list[Path]:
        """Named after their weights' hash."""
        return sorted((self.folder / "adapters").glob("*"))

    def start(self) -> "subprocess.Popen[bytes]":
        env = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/tmp"), "OMP_NUM_THREADS": "1"}
        words = [str(TUNE), "train", str(self.recipe)]
        return subprocess.Popen(words, cwd=HOME, env=env | {"HF_HUB_OFFLINE": "1"}, stderr=subprocess.PIPE)

    def reports(self) -> list[dict[str, object]]:
        lines = (self.work / "progress.jsonl").read_text(encoding="utf-8").splitlines()
        timed = ("seconds", "tokens_per_second")
        return [{k: v for k, v in json.loads(line).items() if k not in timed} for line in lines]


def make_run(folder: Path) -> Run:
    """A few steps that learn much, with dropout, and a checkpoint after each."""
    content = yaml.safe_load((HOME / "finetune" / "recipes" / "smoke.yaml").read_text(encoding="utf-8"))
    content |= {"out": str(folder / "adapters"), "work": str(folder / "work"), "save_seconds": 0, "held_out": 1}
    content["adapter"] |= {"dropout": 0.1}
    content["stages"][0] |= {"tokens": 4000}
    content["optimiser"] |= {"batch_tokens": 600, "lr": 0.01}
    run = Run(folder)
    run.recipe.write_text(yaml.safe_dump(content), encoding="utf-8")
    return run


def end(running: "subprocess.Popen[bytes]") -> str:
    """What it said."""
    _, said = running.communicate(timeout=_PATIENCE_S)
    return said.decode()


def kill_after_a_checkpoint(run: Run, running: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + _PATIENCE_S
    while not (run.work / "state.pt").exists() and running.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    assert (run.work / "state.pt").exists(), end(running) if running.poll() is not None else "too slow"
    running.send_signal(signal.SIGKILL)
    running.communicate()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return make_run(tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module")
def killed(whole: Run, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Killed beside a run that goes through, and then started again."""
    run = make_run(tmp_path_factory.mktemp("killed"))
    through, running = whole.start(), run.start()
    kill_after_a_checkpoint(run, running)
    assert not run.adapters, "it was killed before its end"
    assert "continues at step" in end(run.start())
    assert "continues" not in end(through)
    return run


def test_kill_9_and_the_same_command_again_give_the_same_bits(whole: Run, killed: Run) -> None:
    assert whole.adapters
    assert [path.name for path in killed.adapters] == [path.name for path in whole.adapters]
    assert killed.reports() == whole.reports()
    left = {"run.json", "totals.json", "loss.png", "progress.jsonl", "samples.jsonl", "state.pt", "export"}
    assert {path.name for path in killed.work.iterdir()} - {"tensorboard"} == left


def test_a_checkpoint_is_not_gone_on_with_by_another_recipe(killed: Run) -> None:
    other = killed.recipe.read_text(encoding="utf-8").replace("seed: 20261128", "seed: 1")
    killed.recipe.write_text(other, encoding="utf-8")
    assert "other_run" in end(killed.start())


@pytest.mark.asyncio(loop_scope="session")
async def test_what_was_trained_is_what_is_served(engine: Endpoint, whole: Run, killed: Run) -> None:
    """Token ids as in training, and answers that are not the base's."""
    adapter, base = killed.adapters[0], EngineSettings().model.name
    server = Server(engine.base_url.removesuffix("/v1"), engine.api_key)
    api = LoraApi(engine.base_url, engine.api_key)
    await api.load(adapter.name, adapter)
    try:
        found = await asyncio.to_thread(check, load(whole.recipe), server, base, adapter.name, 1)
    finally:
        await api.unload(adapter.name)
        await api.aclose()
    assert found.asked == len(TASKS)
    print(f"{found.differ} of {found.asked} answers differ; {found.scores}")
