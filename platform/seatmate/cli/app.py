"""The commands and how a failure is told: one plain sentence, exit status 1, no traceback for an expected error."""

import sys

import typer
from rich.console import Console

from seatmate.cli import adapters, ask, calls, corpus, demo, feedback, knowledge, release, run
from seatmate.domain.errors import SeatmateError

app = typer.Typer(
    help="坐席伴侣：远程银行的私域大模型平台。 Seatmate, the LLM platform of a remote bank.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(corpus.app, name="corpus")
app.add_typer(calls.app, name="calls")
app.add_typer(release.app, name="release")
app.add_typer(adapters.app, name="adapters")
app.add_typer(knowledge.answers, name="answers")
app.add_typer(feedback.app, name="feedback")
app.command()(ask.ask)
app.command()(knowledge.product)
app.command()(demo.demo)
app.command()(run.up)
app.command()(run.api)
app.command()(run.worker)
app.command()(run.doctor)


def main() -> None:
    """The `seatmate` command."""
    try:
        app()
    except SeatmateError as error:
        Console(stderr=True).print(f"[red]{error.code}[/red] {error.detail}")
        sys.exit(1)
