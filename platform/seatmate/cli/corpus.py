"""`seatmate corpus build|diff|publish|rollback|status`: weekly drops, through the API, which owns the index."""

from typing import Annotated

import typer
from rich.table import Table

from seatmate.cli.client import ApiClient
from seatmate.cli.show import build_table, console
from seatmate.settings import Settings

app = typer.Typer(help="知识：每周资料的构建与发布。 Weekly document drops.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="print data as JSON")]
Drop = Annotated[str, typer.Argument(help="资料包的文件夹名，如 2026-W47（在 corpus/drops 下）")]


@app.command()
def build(drop: Drop, json: AsJson = False) -> None:
    """Plan and index a drop as a candidate snapshot; nobody sees it before it is published."""
    with console.status(f"构建 {drop} …"):
        report = ApiClient(Settings.load()).post("/api/knowledge/builds", {"drop": drop})
    if json:
        console.print_json(data=report)
        return
    console.print(build_table(report))
    console.print(f"下一步：seatmate corpus publish {report['snapshot']}")


@app.command()
def diff(drop: Drop, json: AsJson = False) -> None:
    """What a build of this drop would change; writes nothing."""
    report = ApiClient(Settings.load()).post("/api/knowledge/diffs", {"drop": drop})
    console.print_json(data=report) if json else console.print(build_table(report))


@app.command()
def publish(snapshot: Annotated[int, typer.Argument(help="快照号")], json: AsJson = False) -> None:
    """Make a built snapshot the live one."""
    status = ApiClient(Settings.load()).post("/api/knowledge/publish", {"snapshot": snapshot})
    console.print_json(data=status) if json else console.print(f"已发布快照 {status['snapshot']}（{status['drop']}）")


@app.command()
def rollback(json: AsJson = False) -> None:
    """Make the snapshot before the live one live again."""
    status = ApiClient(Settings.load()).post("/api/knowledge/rollback")
    console.print_json(data=status) if json else console.print(f"已退回快照 {status['snapshot']}（{status['drop']}）")


@app.command()
def status(json: AsJson = False) -> None:
    """All snapshots and which one is live."""
    snapshots = ApiClient(Settings.load()).get("/api/knowledge/snapshots")
    if json:
        console.print_json(data=snapshots)
        return
    table = Table("快照", "资料包", "状态", "资料", "片段", "构建于", "发布于")
    for s in snapshots:
        counts = (str(s["documents"]), str(s["passages"]))
        table.add_row(
            str(s["snapshot"]), s["drop"], s["state"], *counts, s["built_at"][:19], (s["published_at"] or "")[:19]
        )
    console.print(table)
