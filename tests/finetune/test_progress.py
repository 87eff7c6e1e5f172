"""What a run tells: lines that can be read back, a bar only for a person, nothing of steps that are done again."""

import io
import json
import logging
from pathlib import Path

import pytest
from rich.console import Console

from seatmate_tune.progress import PROGRESS, SAMPLES, Report, Teller, forget_after


def told(work: Path, console: Console) -> list[dict[str, object]]:
    with Teller(work, steps=40, done=0, console=console) as teller:
        teller.step(20, 0.5)
        teller.report(Report(20, 40, 0.51234, None, 4000, 2.0))
        teller.report(Report(40, 40, 0.25, 0.75, 8000, 4.0))
    return [json.loads(line) for line in (work / PROGRESS).read_text(encoding="utf-8").splitlines()]


def test_every_report_is_a_line_of_json(tmp_path: Path) -> None:
    first, last = told(tmp_path, Console(file=io.StringIO()))
    assert first == {
        "step": 20, "steps": 40, "loss": 0.5123, "held_out_loss": None, "tokens": 4000, "seconds": 2.0,
        "tokens_per_second": 2000,
    }  # fmt: skip
    assert last["held_out_loss"] == 0.75


def test_piped_it_is_log_lines_and_no_bar(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    out = io.StringIO()
    with caplog.at_level(logging.INFO):
        told(tmp_path, Console(file=out))
    assert out.getvalue() == ""
    assert len(caplog.records) == 2


def test_in_a_terminal_a_bar_moves(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    out = io.StringIO()
    with caplog.at_level(logging.INFO):
        told(tmp_path, Console(file=out, force_terminal=True, width=120))
    assert "20/40" in out.getvalue()
    assert "loss 0.5000" in out.getvalue()
    assert not caplog.records


def test_what_is_done_again_is_told_again(tmp_path: Path) -> None:
    """Killed after step 6 with a checkpoint of step 4, in the middle of a line."""
    for name in (PROGRESS, SAMPLES):
        lines = [json.dumps({"step": step}) for step in (2, 4, 6)]
        (tmp_path / name).write_text("\n".join([*lines, '{"step": 7, "lo']), encoding="utf-8")
    forget_after(tmp_path, 4)
    for name in (PROGRESS, SAMPLES):
        assert [json.loads(line)["step"] for line in (tmp_path / name).read_text("utf-8").splitlines()] == [2, 4]
