"""`seatmate-eval check`: is the gold of the suites right? Prints every fault; exit status 1 when there is one."""

from collections.abc import Iterator

import typer
from rich.console import Console

from seatmate.settings import HOME
from seatmate_eval.cases import (
    faults_of_call_figures,
    faults_of_calls,
    faults_of_figures,
    load_asks,
    load_calls,
    load_conversations,
    repeated_ids,
)
from seatmate_eval.sample_bank import documents_of

app = typer.Typer(help="Measure releases on the suites.", no_args_is_help=True, add_completion=False)
console = Console()


@app.callback()
def _group() -> None:
    """More verbs follow."""


@app.command()
def check() -> None:
    """Check every suite against the conversations and documents of the sample bank."""
    faults = list(faults_of_the_suites())
    for fault in faults:
        console.print(fault, markup=False)
    console.print(f"{len(faults)} faults")
    raise typer.Exit(bool(faults))


def faults_of_the_suites() -> Iterator[str]:
    """All that cannot be right in eval/suites."""
    suites = HOME / "eval" / "suites"
    conversations = load_conversations(HOME / "corpus" / "calls")
    documents = documents_of(sorted((HOME / "corpus" / "drops").glob("20*")))
    asks = [case for path in sorted(suites.glob("ask*.jsonl")) for case in load_asks(path)]
    calls = [case for path in sorted(suites.glob("aftercall-*.jsonl")) for case in load_calls(path)]
    yield from repeated_ids([*asks, *calls])
    yield from faults_of_figures(asks, documents)
    yield from faults_of_calls(calls, conversations)
    yield from faults_of_call_figures(calls, conversations, documents)
    without_gold = set(conversations) - {case.conversation_id for case in calls}
    yield from (f"{conversation_id}: has no gold" for conversation_id in sorted(without_gold))


def main() -> None:
    """The `seatmate-eval` command."""
    app()
