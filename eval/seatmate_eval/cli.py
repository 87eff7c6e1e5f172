"""`seatmate-eval check`: is the gold of the suites right? Prints every fault; exit status 1 when there is one.

`seatmate-eval nodes`: how often the process nodes agree with their gold, by part of the suite.
"""

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from seatmate.domain.errors import SeatmateError
from seatmate.settings import HOME
from seatmate_eval import cli_gate, cli_incident, cli_judge, cli_report, cli_run
from seatmate_eval.cases import NodesCase, Part, load_cases, load_conversations
from seatmate_eval.node_accuracy import accuracy, mistakes
from seatmate_eval.suites import SUITES, faults_of_the_suites, node_pack

app = typer.Typer(help="Measure releases on the suites.", no_args_is_help=True, add_completion=False)
console = Console()
app.command("run")(cli_run.run_command)
app.command("compare")(cli_gate.compare_command)
app.command("gate")(cli_gate.gate_command)
app.command("add-case")(cli_incident.add_case_command)
app.command("report")(cli_report.report_command)
app.command("judge")(cli_judge.judge)
app.command("agreement")(cli_judge.agreement)


@app.command()
def check() -> None:
    """Check every suite against the conversations and documents of the sample bank."""
    faults = list(faults_of_the_suites())
    for fault in faults:
        console.print(fault, markup=False)
    console.print(f"{len(faults)} faults")
    raise typer.Exit(bool(faults))


@app.command()
def nodes(
    mistaken: Annotated[bool, typer.Option("--mistakes", help="List every disagreement with its evidence.")] = False,
) -> None:
    """Agreement of the process nodes with the gold of eval/suites/nodes.jsonl, by part."""
    cases = load_cases(SUITES / "nodes.jsonl", NodesCase)
    conversations = load_conversations(HOME / "corpus" / "calls")
    pack = node_pack()
    table = Table("part", "calls", "verdict", "of all nodes", "of those owed by the gold")
    for part in Part:
        of_part = [case for case in cases if case.part is part]
        for verdict, agreed in accuracy(of_part, conversations, pack).items() if of_part else ():
            owed = f"{agreed.owed_right}/{agreed.owed}" if verdict != "eligible" else ""
            table.add_row(part.value, str(len(of_part)), verdict, f"{agreed.right}/{agreed.of}", owed)
    console.print(table)
    for mistake in mistakes(cases, conversations, pack) if mistaken else ():
        console.print(mistake, markup=False)


def main() -> None:
    """The `seatmate-eval` command. What it cannot do is told in a sentence, with exit status 3: there is no verdict."""
    try:
        app()
    except SeatmateError as error:
        Console(stderr=True).print(f"[red]{error.code}[/red] {error.detail}")
        sys.exit(3)
