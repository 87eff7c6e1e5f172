"""`seatmate ask QUESTION`: one question, answered by the running platform."""

from typing import Annotated, Any

import typer

from seatmate.cli.client import ApiClient
from seatmate.cli.show import answer_panel, console
from seatmate.settings import Settings


def ask(
    question: Annotated[str, typer.Argument(help="问题，例如：一年期定期存款利率是多少？")],
    as_of: Annotated[str | None, typer.Option(help="口径时间，RFC 3339，如 2026-11-05T10:00:00+08:00")] = None,
    json: Annotated[bool, typer.Option("--json", help="print the answer as JSON")] = False,
) -> None:
    """Ask the bank's documents; figures and citations are checked before they are shown."""
    body: dict[str, Any] = {"question": question} | ({"as_of": as_of} if as_of else {})
    answer = ApiClient(Settings.load()).post("/api/ask", body)
    if json:
        console.print_json(data=answer)
    else:
        console.print(answer_panel(answer))
