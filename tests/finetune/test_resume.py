"""A run that is killed goes on to the same adapter, to the bit, as one that never was (on a CPU). Needs .venv-engine."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
import yaml

from seatmate.settings import HOME

ENGINE = HOME / ".venv-engine" / "bin" / "python"
BASE = HOME / "finetune" / "models" / "seatmate-mini"
_PATIENCE_S = 600


def _can_train() -> bool:
    """Training's libraries are a list of their own (`make setup-finetune`): `make test` does not install them."""
    looked = [str(ENGINE), "-c", "import peft, transformers"]
    return ENGINE.exists() and subprocess.run(looked, capture_output=True, check=False).returncode == 0


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not _can_train() or not BASE.is_dir(), reason="no training environment (make setup-finetune)"),
]


def recipe(folder: Path) -> Path:
    """A few steps, with dropout, a checkpoint after each."""
    content = yaml.safe_load((HOME / "finetune" / "recipes" / "smoke.yaml").read_text(encoding="utf-8"))
    content |= {"out": str(folder / "adapters"), "work": str(folder / "work"), "save_seconds": 0}
    content["adapter"] |= {"dropout": 0.1}
    content["stages"][0] |= {"tokens": 5000}
    content["optimiser"] |= {"batch_tokens": 700}
    folder.mkdir()
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return path


def start(path: Path) -> "subprocess.Popen[bytes]":
    words = [str(ENGINE), "-m", "seatmate_tune.cli", "train", str(path)]
    env = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/tmp"), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(words, cwd=HOME, env=env | {"HF_HUB_OFFLINE": "1"}, stderr=subprocess.PIPE)


def finish(path: Path) -> tuple[list[str], str]:
    """The adapters' names, which are of their weights' hash, and what the run said."""
    _, said = start(path).communicate(timeout=_PATIENCE_S)
    return sorted(found.name for found in (path.parent / "adapters").iterdir()), said.decode()


def wait_for(there: Path, run: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + _PATIENCE_S
    while not there.exists() and run.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    assert there.exists(), run.stderr.read().decode() if run.stderr and run.poll() is not None else "too slow"


def test_kill_9_and_the_same_command_again_give_the_same_bits(tmp_path: Path) -> None:
    whole, _ = finish(recipe(tmp_path / "whole"))
    path = recipe(tmp_path / "killed")
    run = start(path)
    wait_for(path.parent / "work" / "state.pt", run)
    run.send_signal(signal.SIGKILL)
    run.communicate()
    assert not (path.parent / "adapters").exists(), "it was killed before its end"
    again, said = finish(path)
    assert "continues at step" in said
    assert again == whole
    reports = [
        (p / "work" / "progress.jsonl").read_text("utf-8").splitlines() for p in (tmp_path / "whole", path.parent)
    ]
    assert [line.split('"tokens"')[0] for line in reports[0]] == [line.split('"tokens"')[0] for line in reports[1]]
    assert {"run.json", "loss.png", "progress.jsonl"} <= {p.name for p in (path.parent / "work").iterdir()}

    changed = path.read_text(encoding="utf-8").replace("seed: 20261128", "seed: 1")
    path.write_text(changed, encoding="utf-8")
    _, refused = start(path).communicate(timeout=_PATIENCE_S)
    assert b"other_run" in refused
