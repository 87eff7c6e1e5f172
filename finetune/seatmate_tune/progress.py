"""What a run tells while it goes: a JSON line per report in `progress.jsonl`, a bar in a terminal, TensorBoard if it is there.

Piped, reports are log lines. Knows nothing of torch.
"""

import json
import logging
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

log = logging.getLogger(__name__)
PROGRESS, SAMPLES, TENSORBOARD = "progress.jsonl", "samples.jsonl", "tensorboard"


@dataclass(frozen=True)
class Report:
    step: int
    steps: int
    loss: float
    held_out_loss: float | None
    tokens: int
    seconds: float
    """Spent on training, not on looking at what is held out."""

    def row(self) -> dict[str, Any]:
        return {
            "step": self.step,
            "steps": self.steps,
            "loss": round(self.loss, 4),
            "held_out_loss": None if self.held_out_loss is None else round(self.held_out_loss, 4),
            "tokens": self.tokens,
            "seconds": round(self.seconds, 1),
            "tokens_per_second": round(self.tokens / max(self.seconds, 1e-9)),
        }


class Teller:
    """One run's; `with` it, or the bar stays in the terminal."""

    def __init__(self, work: Path, steps: int, done: int, console: Console | None = None) -> None:
        self._work = work
        self._console = console or Console(stderr=True)
        self._bar = Progress(
            TextColumn("step"), MofNCompleteColumn(), BarColumn(), TimeRemainingColumn(), TextColumn("{task.description}"),
            console=self._console, disable=not self._console.is_terminal,
        )  # fmt: skip
        self._task = self._bar.add_task("", total=steps, completed=done)
        self._board: Any = _board(work / TENSORBOARD, done)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()
        if self._board is not None:
            self._board.close()

    def step(self, step: int, loss: float) -> None:
        self._bar.update(self._task, completed=step, description=f"loss {loss:.4f}")

    def report(self, report: Report) -> None:
        row = report.row()
        with (self._work / PROGRESS).open("a", encoding="utf-8") as out:
            out.write(json.dumps(row) + "\n")
        if self._console.is_terminal:
            self._console.print(f"step {row['step']}: {row}", highlight=False)
        else:
            log.info("%s", row)
        if self._board is not None:
            for name in ("loss", "held_out_loss", "tokens_per_second"):
                if row[name] is not None:
                    self._board.add_scalar(name, row[name], report.step)


def forget_after(work: Path, step: int) -> None:
    """Steps that are done again are reported again; a line that was cut off by a kill is forgotten, too."""
    for reports in (path for name in (PROGRESS, SAMPLES) if (path := work / name).exists()):
        lines = [line for line in reports.read_text(encoding="utf-8").splitlines() if line.endswith("}")]
        kept = [line for line in lines if json.loads(line)["step"] <= step]
        reports.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")


def _board(folder: Path, done: int) -> Any:
    """None: TensorBoard is not installed."""
    if find_spec("tensorboard") is None:
        return None
    from torch.utils.tensorboard import SummaryWriter

    return SummaryWriter(str(folder), purge_step=done + 1)
