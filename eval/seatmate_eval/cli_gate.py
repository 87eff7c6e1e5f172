"""`seatmate-eval compare RUN LIVE`: two runs case by case, what got worse first.
`seatmate-eval gate RUN --live RUN`: may this release go on?

A run is its folder, or its id below var/eval/runs. Exit status of `gate`: 0 passes (or is waived by name), 1 fails, 2
is insufficient evidence, 3 is a harness that could not decide; all of them but 0 block.
"""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from seatmate.domain.errors import SeatmateError
from seatmate.domain.knowledge import BANK_ZONE
from seatmate.domain.verdicts import Check, GateVerdict, Outcome
from seatmate.settings import Settings
from seatmate_eval.aggregate import WHOLE
from seatmate_eval.cache import key_of
from seatmate_eval.compare import Changed, Compared, Comparison, NotComparable, Verdict, compare
from seatmate_eval.completeness import Installed
from seatmate_eval.gate import gate
from seatmate_eval.gates import BadGates, load_gates
from seatmate_eval.metrics.catalogue import METRICS
from seatmate_eval.plan import code
from seatmate_eval.results import BadRun, Run, Score, read_run
from seatmate_eval.sample_bank import CALLS, DROPS, load_bank
from seatmate_eval.scoring import scores_of
from seatmate_eval.suites import load_suites

BROKEN = 3
SHOWN = 10
"""So many cases that got worse are told by `compare`; --json has all."""
console = Console()
told = Console(stderr=True)
_DoneT = TypeVar("_DoneT")

_RunName = Annotated[str, typer.Argument(help="The run's folder or id.")]
_Json = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


def compare_command(
    run: _RunName, live: Annotated[str, typer.Argument(help="The live release's run.")], as_json: _Json = False
) -> None:
    """Compare two runs of the same suites, pair by pair."""
    found = _or_broken(lambda: compare(_run(run), _run(live)))
    if as_json:
        console.print_json(found.model_dump_json())
        return
    for note in found.notes:
        console.print(f"note: {note}", markup=False)
    console.print(_compared_table(found))
    for one, case in _worst(found):
        line = f"{case.case_id} {one.metric} {_told(case.live)} → {_told(case.candidate)} {case.evidence}"
        console.print(line.strip(), markup=False)
    console.print(_in_one_line(found), markup=False)


def gate_command(
    run: _RunName,
    live: Annotated[str | None, typer.Option(help="A run of the live release, to compare with.")] = None,
    gates: Annotated[Path | None, typer.Option(help="By default eval/gates.yaml.")] = None,
    out: Annotated[Path | None, typer.Option(help="Write the sealed verdict here, for `seatmate release`.")] = None,
    release: Annotated[str | None, typer.Option(help="The release that must have been measured.")] = None,
    suites: Annotated[Path | None, typer.Option(help="By default eval/suites.")] = None,
    drops: Annotated[Path, typer.Option(help="The weekly drops that must have been loaded.")] = DROPS,
    calls: Annotated[Path, typer.Option(help="The conversations that must have been loaded.")] = CALLS,
    as_json: _Json = False,
) -> None:
    """Decide on a release by its run, the gates and a run of the live release."""

    def decide() -> GateVerdict:
        settings = Settings.load()
        verdict = gate(
            _run(run, settings),
            _run(live, settings) if live else None,
            load_gates(gates or settings.evals / "gates.yaml"),
            _installed(suites or settings.evals / "suites", drops, calls),
            now=datetime.now(BANK_ZONE),
            release_id=release,
            key=settings.releases.gate_key.get_secret_value(),
        )
        if out is not None:
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_text(verdict.model_dump_json(indent=1) + "\n", encoding="utf-8")
        return verdict

    verdict = _or_broken(decide)
    if as_json:
        console.print_json(verdict.model_dump_json())
    else:
        console.print(_verdict_table(verdict))
        console.print(summary_of(verdict), markup=False)
    raise typer.Exit(verdict.exit_status)


def summary_of(verdict: GateVerdict) -> str:
    """The verdict in one line."""
    open_checks = [check for check in verdict.checks if check.outcome is verdict.outcome]
    line = f"{verdict.outcome.value.upper()} {verdict.release_id}"
    if verdict.outcome is Outcome.PASS:
        return f"{line}: all {len(verdict.checks)} checks"
    more = [check.more_cases for check in open_checks if check.more_cases]
    wish = f", about {max(more)} more cases would decide" if verdict.outcome is Outcome.INSUFFICIENT and more else ""
    named = ", ".join(check.id for check in open_checks[:4]) + (", …" if len(open_checks) > 4 else "")
    return f"{line}: {len(open_checks)} of {len(verdict.checks)} checks: {named}{wish}"


def _or_broken(work: Callable[[], _DoneT]) -> _DoneT:
    """What comes of it, or exit status 3 and a sentence."""
    try:
        return work()
    except (BadRun, BadGates, NotComparable, SeatmateError, ValidationError, OSError) as error:
        told.print(f"[red]no verdict[/red] {escape(str(error))}")
    except Exception:  # noqa: BLE001  the door: whatever breaks the harness is no verdict of 1
        told.print("[red]no verdict[/red] the harness itself is broken:")
        told.print_exception()
    raise typer.Exit(BROKEN)


def _run(name: str, settings: Settings | None = None) -> Run:
    folder = Path(name)
    if not (folder / "manifest.json").exists():
        folder = (settings or Settings.load()).var / "eval" / "runs" / name
    return read_run(folder.resolve())


def _installed(folder: Path, drops: Path, calls: Path) -> Installed:
    suites = load_suites(folder)
    bank = load_bank(drops, calls)
    cases = {(suite.name, case.id): case for suite in suites.values() for case in suite.cases}

    def again(run: Run) -> Iterator[Score]:
        for item in run.items:
            case = cases.get((item.suite, item.case_id))
            if case is not None:
                yield from scores_of(case, item, bank)

    return Installed(suites, bank.corpus_sha256, code(), again, key_of)


def _verdict_table(verdict: GateVerdict) -> Table:
    """What did not pass with its reason; the checks of completeness that passed are one row."""
    table = Table("outcome", "check", "measured", "must be", "cases", "why")
    whole = [check for check in verdict.checks if check.kind == "complete" and check.outcome is Outcome.PASS]
    if whole:
        table.add_row(_coloured(Outcome.PASS), "complete", "", "", "", f"{len(whole)} checks")
    for check in verdict.checks:
        if check not in whole:
            cells = (check.id, _measured(check), _threshold(check), str(check.cases or ""), _why(check))
            table.add_row(_coloured(check.outcome), *map(escape, cells))
    return table


def _coloured(outcome: Outcome) -> str:
    colour = {Outcome.PASS: "green", Outcome.FAIL: "red"}.get(outcome, "yellow")
    return f"[{colour}]{outcome.value}[/{colour}]"


def _measured(check: Check) -> str:
    if check.estimate is None:
        return ""
    ends = f" [{_shown(check.low, check)}, {_shown(check.high, check)}]" if check.low is not None else ""
    return f"{_shown(check.estimate, check)}{ends}"


def _threshold(check: Check) -> str:
    if check.threshold is None:
        return ""
    if check.kind == "no_regression":
        return f"> {_shown(check.threshold, check)}"
    more = check.metric in METRICS and METRICS[check.metric].better == "more"
    return f"{'≥' if more else '≤'} {_shown(check.threshold, check)}"


def _why(check: Check) -> str:
    if check.waiver is None:
        return check.detail
    return f"waived by {check.waiver.by} until {check.waiver.until}: {check.waiver.why}; {check.detail}"


def _shown(value: float | None, check: Check | Compared) -> str:
    if value is None:
        return "–"
    if check.metric not in METRICS or METRICS[check.metric].unit == "share":
        return f"{value:.3f}"
    return f"{value:.1f} {METRICS[check.metric].unit}"


def _compared_table(found: Comparison) -> Table:
    """Whole suites and all of them together, and those slices that differ beyond chance."""
    table = Table("suite", "metric", "slice", "candidate", "live", "gain, more is better", "worse/better", "finds from")
    for one in (*found.compared, *found.together):
        if one.slice == WHOLE or _style(one):
            table.add_row(*map(escape, _row(one)), style=_style(one))
    return table


def _row(one: Compared) -> Iterable[str]:
    gain = one.gain
    values = [_shown(side.value if side else None, one) for side in (one.candidate, one.live)]
    interval = f"{_shown(gain.value, one)} [{_shown(gain.low, one)}, {_shown(gain.high, one)}]" if gain else "–"
    left = f" ({one.left_out} left out)" if one.left_out else ""
    finds = _shown(gain.detectable, one) if gain else "–"
    suite = one.suite or "(together)"
    return (suite, one.metric, one.slice, *values, interval, f"{one.worse}/{one.better}{left}", finds)


def _style(one: Compared) -> str:
    """Of what differs beyond chance."""
    if one.gain is None:
        return ""
    return {Verdict.BETTER: "green", Verdict.WORSE: "red"}.get(one.gain.verdict, "")


def _worst(found: Comparison) -> list[tuple[Compared, Changed]]:
    """Of verdicts first: a wrong answer is worse than a slower one."""
    cases = [(one, case) for one in found.compared for case in one.got_worse if METRICS[one.metric].unit == "share"]
    return sorted(cases, key=lambda pair: (not METRICS[pair[0].metric].binary, pair[1].gain, pair[1].case_id))[:SHOWN]


def _told(value: float | None) -> str:
    return "nothing" if value is None else f"{value:g}"


def _in_one_line(found: Comparison) -> str:
    whole = [one for one in found.compared if one.slice == WHOLE]
    worse = [f"{one.metric} of {one.suite}" for one in whole if _style(one) == "red"]
    better = sum(_style(one) == "green" for one in whole)
    named = f" ({', '.join(worse[:4])}{', …' if len(worse) > 4 else ''})" if worse else ""
    return (
        f"{found.release_id} against {found.live_release_id}: of {len(whole)} figures {better} better and {len(worse)} "
        f"worse beyond chance{named}; this decides nothing, `gate` does"
    )
