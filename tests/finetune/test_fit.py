"""Looking at a run does not change it, and two processes learn what one learns. Needs .venv-engine, as the engine does."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from seatmate.settings import HOME

pytestmark = [pytest.mark.engine, pytest.mark.slow]

BIN = HOME / ".venv-engine" / "bin"
FIT = str(Path(__file__).with_name("tiny_fit.py"))


def fitted(words: list[str], folder: Path, *kinds: str) -> dict[str, str]:
    """Weights' hashes by kind."""
    env = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/tmp"), "OMP_NUM_THREADS": "1"}
    done = subprocess.run([*words, FIT, str(folder), *kinds], env=env, capture_output=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return dict(json.loads(done.stdout.decode().splitlines()[-1]))


def reports(folder: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (folder / "progress.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    folder = tmp_path_factory.mktemp("alone")
    return folder, fitted([str(BIN / "python")], folder, "watched", "unwatched", "plain")


def test_a_watched_run_is_to_the_bit_the_run_that_nobody_watches(alone: tuple[Path, dict[str, str]]) -> None:
    folder, weights = alone
    assert weights["watched"] == weights["unwatched"] != weights["plain"]
    seen, unseen = reports(folder / "watched"), reports(folder / "unwatched")
    assert [row["loss"] for row in seen] == [row["loss"] for row in unseen]
    assert [row["step"] for row in seen] == [10, 20, 30, 31]
    assert all(row["held_out_loss"] for row in seen)
    assert not any(row["held_out_loss"] for row in unseen)
    samples = [json.loads(line) for line in (folder / "watched" / "samples.jsonl").read_text("utf-8").splitlines()]
    assert [row["step"] for row in samples] == [10, 20, 30, 31]
    assert not (folder / "unwatched" / "samples.jsonl").exists()


def test_two_processes_learn_what_one_learns(alone: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    """They share each batch; one writes."""
    fitted([str(BIN / "torchrun"), "--standalone", "--nproc-per-node", "2"], tmp_path, "plain")
    one, two = reports(alone[0] / "plain"), reports(tmp_path / "plain")
    assert [row["tokens"] for row in two] == [row["tokens"] for row in one], "a line of each process?"
    assert one[-2]["held_out_loss"] < one[0]["held_out_loss"] - 1
    for name in ("loss", "held_out_loss"):
        assert [row[name] for row in two] == pytest.approx([row[name] for row in one], abs=0.05)
