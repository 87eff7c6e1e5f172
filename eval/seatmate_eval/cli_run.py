"""`seatmate-eval run`: drive the suites through the real flows of the release that the settings name.

    seatmate-eval run --without-model            rules, words and search; no engine is needed
    seatmate-eval run                            with an engine of its own
    SEATMATE_ENGINE__BASE_URL=… seatmate-eval run --suite answer --limit 20

Exit status 0: the run is complete. 3: the harness is broken or the model server is away; the same command goes on.
"""

import asyncio
import hashlib
import json
import time
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.table import Table

from seatmate.domain.errors import BadInput, SeatmateError
from seatmate.settings import Settings
from seatmate_eval.breaker import ModelAway
from seatmate_eval.plan import Options
from seatmate_eval.results import BadRun, Item, Run, read_run
from seatmate_eval.run import Watch, run
from seatmate_eval.sample_bank import DROPS
from seatmate_eval.scoring import scores_of
from seatmate_eval.suites import SUITES

BROKEN = 3
console = Console()
told = Console(stderr=True)


def run_command(
    suite: Annotated[list[str] | None, typer.Option("--suite", help="Only this suite; may be said again.")] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="So many cases of each suite: a look, no basis.")] = None,
    repeats: Annotated[int, typer.Option(min=1, help="Ask each case so often.")] = 1,
    concurrency: Annotated[int, typer.Option(min=1, max=64, help="So many cases at a time.")] = 4,
    without_model: Annotated[bool, typer.Option("--without-model", help="Start and ask no model server.")] = False,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Ask again what earlier runs have asked.")] = False,
    failed: Annotated[str | None, typer.Option(help="Only the cases that failed in this run (id or folder).")] = None,
    out: Annotated[Path | None, typer.Option(help="The run's folder; by default var/eval/runs/<run id>.")] = None,
    suites: Annotated[Path, typer.Option(help="A folder of suites.")] = SUITES,
    drops: Annotated[Path, typer.Option(help="A folder of weekly drops.")] = DROPS,
    prompts: Annotated[Path | None, typer.Option(help="A folder of prompts.")] = None,
    rules: Annotated[Path | None, typer.Option(help="A folder of rules, as corpus/rules.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """Run the suites on a release; a killed run goes on with the same command."""
    began = time.monotonic()
    try:
        settings = _overridden(Settings.load(), prompts, rules)
        options = Options(
            suites=tuple(suite or ()),
            limit=limit,
            repeats=repeats,
            concurrency=concurrency,
            has_model=not without_model,
            reads_cache=not no_cache,
            failed_of=_run_named(failed, settings) if failed else None,
            out=out,
            suites_folder=suites,
            drops=drops,
        )
        with _progress() as progress:
            folder = asyncio.run(run(options, settings, scores_of, _watch(progress)))
        finished = read_run(folder)
    except (SeatmateError, BadRun, ModelAway, ValidationError, ValueError) as error:
        told.print(f"[red]{type(error).__name__}[/red]", end=" ")
        told.print(str(error), markup=False)
        raise typer.Exit(BROKEN) from None
    except KeyboardInterrupt:
        told.print("stopped; the same command goes on")
        raise typer.Exit(BROKEN) from None
    except Exception:  # noqa: BLE001  the door: whatever breaks the harness is no verdict of 1
        told.print_exception()
        raise typer.Exit(BROKEN) from None
    _conclude(finished, time.monotonic() - began, as_json)


def _overridden(settings: Settings, prompts: Path | None, rules: Path | None) -> Settings:
    """Other prompts and other rules than the installation's: how a candidate is measured before it is installed."""
    changes: dict[str, Path] = {}
    if prompts is not None:
        changes["prompts"] = _folder(prompts)
    if rules is not None:
        changes["corpus"] = _corpus_with(_folder(rules), settings.var / "eval")
    return settings.model_copy(update=changes)


def _folder(path: Path) -> Path:
    if not path.is_dir():
        raise BadInput(f"{path} is no folder")
    return path.resolve()


def _corpus_with(rules: Path, var: Path) -> Path:
    """Rules are looked for below a corpus: one that has nothing but these."""
    corpus = var / "rules" / hashlib.sha256(str(rules).encode()).hexdigest()[:12]
    corpus.mkdir(parents=True, exist_ok=True)
    link = corpus / "rules"
    link.unlink(missing_ok=True)
    link.symlink_to(rules)
    return corpus


def _run_named(name: str, settings: Settings) -> Path:
    """A run's folder, or its id among this installation's."""
    folder = Path(name)
    return folder if (folder / "manifest.json").exists() else settings.var / "eval" / "runs" / name


def _progress() -> Progress:
    columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn()
    return Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=told)


def _watch(progress: Progress) -> Watch:
    task = progress.add_task("opening", total=None)
    errors = 0

    def item(done: Item) -> None:
        nonlocal errors
        errors += bool(done.error)
        note = f" ({errors} errors)" if errors else ""
        progress.update(task, advance=1, description=f"{done.suite}{note}")

    return Watch(
        told=lambda step: progress.update(task, description=step),
        begins=lambda done, of: progress.update(task, completed=done, total=of),
        item=item,
    )


def _conclude(finished: Run, seconds: float, as_json: bool) -> None:
    cached, errors, items = Counter[str](), Counter[str](), Counter[str]()
    for item in finished.items:
        items[item.suite] += 1
        cached[item.suite] += item.cached
        errors[item.suite] += bool(item.error)
    if as_json:
        summary = {
            "run_id": finished.manifest.run_id,
            "folder": str(finished.folder),
            "release_id": finished.manifest.release_id,
            "sha256": finished.sha256,
            "items": dict(items),
            "cached": dict(cached),
            "errors": dict(errors),
            "scores": len(finished.scores),
            "seconds": round(seconds, 1),
        }
        console.print_json(json.dumps(summary, ensure_ascii=False))
        return
    table = Table("suite", "items", "from the cache", "errors")
    for name in items:
        table.add_row(name, str(items[name]), str(cached[name]), str(errors[name]))
    console.print(table)
    console.print(f"{finished.manifest.release_id}: {len(finished.scores)} scores in {seconds:.0f} s", markup=False)
    console.print(str(finished.folder), markup=False, soft_wrap=True)
