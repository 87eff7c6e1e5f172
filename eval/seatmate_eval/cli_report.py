"""`seatmate-eval report RUN --live RUN --verdict FILE`: a run as one page for people, JSON for programs, JUnit for CI.

The page opens from disk, without a server and without a network. The verdict is the file that `gate --out` wrote; the
report shows it and decides nothing. Exit status 0: written. 3: the run, the verdict or the suites cannot be read.
"""

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console

from seatmate.domain.errors import SeatmateError
from seatmate.domain.knowledge import BANK_ZONE
from seatmate.domain.verdicts import GateVerdict
from seatmate.settings import Settings
from seatmate_eval.cases import load_conversations
from seatmate_eval.report.write import write_report
from seatmate_eval.results import BadRun, Run, read_run
from seatmate_eval.sample_bank import CALLS
from seatmate_eval.suites import load_suites

BROKEN = 3
console = Console()
told = Console(stderr=True)


def report_command(
    run: Annotated[str, typer.Argument(help="The run's folder or id.")],
    live: Annotated[str | None, typer.Option(help="A run of the live release, to stand beside it.")] = None,
    verdict: Annotated[Path | None, typer.Option(help="What `gate --out` wrote.")] = None,
    out: Annotated[Path | None, typer.Option(help="By default the folder report in the run's.")] = None,
    suites: Annotated[Path | None, typer.Option(help="By default eval/suites.")] = None,
    calls: Annotated[Path, typer.Option(help="The conversations that the cases are about.")] = CALLS,
) -> None:
    """Write report.html, report.json and junit.xml of a run."""
    try:
        settings = Settings.load()
        shown = _run(run, settings)
        written = write_report(
            shown,
            out or shown.folder / "report",
            live=_run(live, settings) if live else None,
            verdict=GateVerdict.model_validate_json(verdict.read_bytes()) if verdict else None,
            suites=load_suites(suites or settings.evals / "suites"),
            calls=load_conversations(calls),
            made_at=datetime.now(BANK_ZONE),
            command=" ".join(("seatmate-eval", *sys.argv[1:])),
            key=settings.releases.gate_key.get_secret_value(),
        )
    except (BadRun, SeatmateError, ValidationError, ValueError, OSError) as error:
        told.print(f"no report: {error}", markup=False, style="red")
        raise typer.Exit(BROKEN) from None
    for path in written:
        console.print(str(path), markup=False, soft_wrap=True)


def _run(name: str, settings: Settings) -> Run:
    folder = Path(name)
    if not (folder / "manifest.json").exists():
        folder = settings.var / "eval" / "runs" / name
    return read_run(folder.resolve())
