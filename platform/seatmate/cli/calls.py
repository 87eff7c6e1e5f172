"""`seatmate calls submit|show|record`: finished conversations and what became of them."""

import json as json_module
from pathlib import Path
from typing import Annotated

import typer

from seatmate.cli.client import ApiClient
from seatmate.cli.show import console, record_panel
from seatmate.domain.errors import BadInput
from seatmate.settings import Settings

app = typer.Typer(help="通话：提交与查看记录。 Finished conversations.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="print data as JSON")]


@app.command()
def submit(
    files: Annotated[list[Path], typer.Argument(help="会话 JSON 文件", exists=True, dir_okay=False)],
    json: AsJson = False,
) -> None:
    """Hand conversations in; each is on disk when its receipt is printed."""
    client = ApiClient(Settings.load())
    for file in files:
        try:
            conversation = json_module.loads(file.read_text(encoding="utf-8"))
        except (UnicodeDecodeError, json_module.JSONDecodeError) as error:
            raise BadInput(f"{file}: not JSON in UTF-8 ({error})") from error
        receipt = client.post("/api/calls", conversation)
        if json:
            console.print_json(data=receipt)
        else:
            console.print(f"已收下 {receipt['conversation_id']}（{receipt['state']}）")
    if not json:
        console.print("下一步：seatmate calls record CONVERSATION_ID")


@app.command()
def show(conversation_id: str, json: AsJson = False) -> None:
    """Where a conversation stands."""
    receipt = ApiClient(Settings.load()).get(f"/api/calls/{conversation_id}")
    if json:
        console.print_json(data=receipt)
    else:
        console.print(
            f"{receipt['conversation_id']}：{receipt['state']}，第 {receipt['attempts']} 次处理 {receipt['detail']}"
        )


@app.command()
def record(conversation_id: str, json: AsJson = False) -> None:
    """The newest record of a conversation, with its quotes."""
    found = ApiClient(Settings.load()).get(f"/api/calls/{conversation_id}/record")
    console.print_json(data=found) if json else console.print(record_panel(found))
