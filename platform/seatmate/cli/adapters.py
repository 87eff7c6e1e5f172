"""`seatmate adapters list|check|load|unload`: what the engine can serve, and what it serves now."""

from typing import Annotated, Any

import typer
from rich.table import Table

from seatmate.cli.client import ApiClient
from seatmate.cli.show import console
from seatmate.settings import Settings

app = typer.Typer(help="适配器：检查、加载与卸载。 Adapters.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="print data as JSON")]
Name = Annotated[str, typer.Argument(help="适配器名，如 bank@39f7ede58e03")]

_PATIENCE_S = 420.0
"""A load waits for its smoke test, an unload for the last answer."""


@app.command(name="list")
def list_(json: AsJson = False) -> None:
    """Every adapter, what is wrong with it, and which are loaded."""
    found = _api().get("/api/adapters")
    if json:
        console.print_json(data=found)
        return
    console.print(_table(found["adapters"]))
    if found["trouble"]:
        console.print(found["trouble"], style="red", markup=False)


@app.command()
def check(name: Name, json: AsJson = False) -> None:
    """Check an adapter's folder and keep a copy; nothing is loaded."""
    _show(_api().post(f"/api/adapters/{name}/check"), json, f"{name} 可以加载")


@app.command()
def load(name: Name, json: AsJson = False) -> None:
    """Load an adapter into the running engine and test it."""
    _show(_api().post(f"/api/adapters/{name}/load"), json, f"{name} 已加载并通过冒烟测试；提出含它的版本后才会作答")


@app.command()
def unload(name: Name, json: AsJson = False) -> None:
    """Take an adapter out once nobody is being answered by it."""
    _show(_api().post(f"/api/adapters/{name}/unload"), json, f"{name} 已卸载")


def _api() -> ApiClient:
    return ApiClient(Settings.load(), timeout_s=_PATIENCE_S)


def _show(done: dict[str, Any], json: bool, said: str) -> None:
    if json:
        console.print_json(data=done)
    else:
        console.print(said, markup=False)


def _table(adapters: list[dict[str, Any]]) -> Table:
    table = Table("适配器", "已检查", "已加载", "版本需要", "问题")
    for adapter in adapters:
        marks = ("✓" if adapter[key] else "" for key in ("is_kept", "is_loaded", "is_wanted"))
        table.add_row(adapter["name"], *marks, "\n".join(adapter["faults"]))
    return table
