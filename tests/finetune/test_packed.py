"""Packed rows teach to rounding what rows apart teach, and none sees another. Needs .venv-engine, as the engine does."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from seatmate.settings import HOME

pytestmark = [pytest.mark.engine, pytest.mark.slow]

PYTHON = HOME / ".venv-engine" / "bin" / "python"
TINY = str(Path(__file__).with_name("tiny_packed.py"))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    env = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/tmp"), "OMP_NUM_THREADS": "1"}
    words = [str(PYTHON), TINY, str(tmp_path_factory.mktemp("packed"))]
    done = subprocess.run(words, env=env, capture_output=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return dict(json.loads(done.stdout.decode().splitlines()[-1]))


def test_a_row_sees_itself_alone(told: dict[str, Any]) -> None:
    """Rows of two, one, three and one token."""
    assert told["mask"] == [
        "■······",
        "■■·····",
        "··■····",
        "···■···",
        "···■■··",
        "···■■■·",
        "······■",
    ]
    assert told["flash"] == [[0, 2, 3, 6, 7], 3], "flash attention reads the same rows off the positions"


@pytest.mark.parametrize("attention", ["sdpa", "eager"])
def test_loss_gradients_and_logits_are_those_of_rows_apart(told: dict[str, Any], attention: str) -> None:
    found = told[attention]
    assert found["wanted"] == 0
    assert found["loss"] < 1e-6
    assert found["gradients"] < 1e-6 * found["gradients_are"] + 1e-7
    assert found["logits"] < 1e-6 * found["logits_are"] + 1e-7
    assert found["neighbours"] < 1e-6 * found["logits_are"] + 1e-7
    assert found["run_on"] > 0.01 * found["logits_are"], "without the positions rows would see each other"


def test_the_loop_learns_of_packed_rows_what_it_learns_of_rows_apart(told: dict[str, Any]) -> None:
    apart, packed = told["losses"]["apart"], told["losses"]["packed"]
    assert apart[-1] < apart[0] - 0.5
    assert packed == pytest.approx(apart, abs=0.02)
