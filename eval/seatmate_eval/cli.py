"""`seatmate-eval check`: is the gold of the suites right? Prints every fault; exit status 1 when there is one.

`seatmate-eval nodes`: how often the process nodes agree with their gold, by part of the suite.
"""

from collections.abc import Iterator
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from seatmate.aftercall.node_pack import load_nodes
from seatmate.aftercall.node_rules import NodePack
from seatmate.settings import HOME
from seatmate_eval.cases import (
    Part,
    faults_of_call_figures,
    faults_of_calls,
    faults_of_figures,
    faults_of_nodes,
    load_asks,
    load_calls,
    load_conversations,
    load_line_cases,
    load_nodes_cases,
    repeated_ids,
)
from seatmate_eval.node_accuracy import accuracy, mistakes
from seatmate_eval.sample_bank import documents_of

app = typer.Typer(help="Measure releases on the suites.", no_args_is_help=True, add_completion=False)
console = Console()


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
    cases = load_nodes_cases(HOME / "eval" / "suites" / "nodes.jsonl")
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


def node_pack() -> NodePack:
    """The process nodes of the sample bank."""
    return load_nodes(HOME / "corpus" / "rules" / "process_nodes.yaml")


def faults_of_the_suites() -> Iterator[str]:
    """All that cannot be right in eval/suites."""
    suites = HOME / "eval" / "suites"
    conversations = load_conversations(HOME / "corpus" / "calls")
    documents = documents_of(sorted((HOME / "corpus" / "drops").glob("20*")))
    asks = [case for path in sorted(suites.glob("ask*.jsonl")) for case in load_asks(path)]
    calls = [case for path in sorted(suites.glob("aftercall-*.jsonl")) for case in load_calls(path)]
    executed = load_nodes_cases(suites / "nodes.jsonl")
    lines = load_line_cases(suites / "compliance.jsonl")
    yield from repeated_ids([*asks, *calls, *executed, *lines])
    yield from faults_of_figures(asks, documents)
    yield from faults_of_calls(calls, conversations)
    yield from faults_of_call_figures(calls, conversations, documents)
    yield from faults_of_nodes(executed, conversations, node_pack())
    without_gold = set(conversations) - {case.conversation_id for case in calls}
    yield from (f"{conversation_id}: has no gold" for conversation_id in sorted(without_gold))


def main() -> None:
    """The `seatmate-eval` command."""
    app()
