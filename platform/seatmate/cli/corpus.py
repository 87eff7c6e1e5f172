"""`seatmate corpus build|diff|report|check|waive|publish|rollback|status`: weekly drops, through the API.

The API process owns the index, so that nothing here opens it.
"""

from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from seatmate.cli.client import ApiClient, Refused
from seatmate.cli.show import console
from seatmate.cli.show_build import build_view
from seatmate.cli.show_weekly import weekly_view
from seatmate.settings import Settings

app = typer.Typer(help="知识：每周资料的构建与发布。 Weekly document drops.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="print data as JSON")]
Drop = Annotated[Path, typer.Argument(help="资料包文件夹，如 2026-W47 或 corpus/drops/2026-W47")]
Snapshot = Annotated[int, typer.Argument(help="快照号")]

STEPS = {"read": "读取资料", "plan": "比对上一版", "inspect": "检查资料", "write": "写入候选快照"}


@app.command()
def build(drop: Drop, json: AsJson = False) -> None:
    """Plan and index a drop as a candidate snapshot; nobody sees it before it is published."""
    settings = Settings.load()
    report = _built(ApiClient(settings, timeout_s=3_600.0), _name(settings, drop))
    if json:
        console.print_json(data=report)
        return
    console.print(build_view(report))
    console.print(f"下一步：seatmate corpus publish {report['snapshot']}")


@app.command()
def diff(drop: Drop, json: AsJson = False) -> None:
    """What a build of this drop would change; writes nothing."""
    settings = Settings.load()
    report = ApiClient(settings, timeout_s=3_600.0).post("/api/knowledge/diffs", {"drop": _name(settings, drop)})
    console.print_json(data=report) if json else console.print(build_view(report))


@app.command()
def report(snapshot: Snapshot, json: AsJson = False) -> None:
    """The report of an earlier build: changes, dates, disagreements, lint."""
    found = ApiClient(Settings.load()).get(f"/api/knowledge/reports/{snapshot}")
    console.print_json(data=found) if json else console.print(build_view(found))


@app.command()
def waive(
    snapshot: Snapshot,
    product: Annotated[str, typer.Argument(help="产品代码")],
    by: Annotated[str, typer.Option(help="放行人姓名")],
    reason: Annotated[str, typer.Option(help="放行理由")],
    json: AsJson = False,
) -> None:
    """Show a product although its documents disagree; somebody answers for it by name."""
    body = {"snapshot": snapshot, "product_code": product, "by": by, "reason": reason}
    waiver = ApiClient(Settings.load()).post("/api/knowledge/waivers", body)
    console.print_json(data=waiver) if json else console.print(f"{product} 已由 {by} 放行：{reason}")


@app.command()
def check(snapshot: Snapshot, json: AsJson = False) -> None:
    """Ask a candidate what its differences raise; show how it went and what a person must look at. Changes nothing."""
    report = _patient().post("/api/knowledge/checks", {"snapshot": snapshot})
    console.print_json(data=report) if json else console.print(weekly_view(report))


@app.command()
def publish(
    snapshot: Snapshot,
    accept_by: Annotated[str, typer.Option(help="答错仍要发布时：放行人姓名")] = "",
    why: Annotated[str, typer.Option(help="答错仍要发布时：理由")] = "",
    json: AsJson = False,
) -> None:
    """Make a built snapshot the live one, unless it answers questions of the week wrongly."""
    if bool(accept_by) != bool(why):
        raise typer.BadParameter("--accept-by 与 --why 须一起给出")
    accepted = {"accepted": {"by": accept_by, "why": why}} if accept_by else {}
    client = _patient()
    try:
        status = client.post("/api/knowledge/publish", {"snapshot": snapshot, **accepted})
    except Refused:
        if not json:
            _show_check(client, snapshot)
        raise
    if json:
        console.print_json(data=status)
        return
    _show_check(client, snapshot)
    console.print(f"已发布快照 {status['snapshot']}（{status['drop']}）")
    for code in status["withheld"]:
        console.print(f"[yellow]{code} 的资料互相矛盾，暂不对坐席展示；核对后：seatmate corpus waive {snapshot} {code}")


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
    table = Table("快照", "资料包", "状态", "资料", "片段", "构建于", "发布于", "暂不展示")
    for s in snapshots:
        counts = (str(s["documents"]), str(s["passages"]))
        times = (s["built_at"][:19], (s["published_at"] or "")[:19])
        table.add_row(str(s["snapshot"]), s["drop"], s["state"], *counts, *times, "、".join(s["withheld"]))
    console.print(table)


def _built(client: ApiClient, drop: str) -> Any:
    """The report, with a line that says what is being done until it comes."""
    columns = (SpinnerColumn(), TextColumn("构建 {task.fields[drop]}：{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("开始", total=None, drop=drop)
        for name, data in client.events("/api/knowledge/builds", {"drop": drop}):
            if name == "report":
                return data
            progress.update(task, description=STEPS.get(data["step"], data["step"]))
    raise Refused("the build ended without a report")


def _patient() -> ApiClient:
    """A check asks the model up to a few hundred questions."""
    return ApiClient(Settings.load(), timeout_s=3_600.0)


def _show_check(client: ApiClient, snapshot: int) -> None:
    """A snapshot that was never asked has nothing to show: the refusal, if any, says why."""
    with suppress(Refused):
        console.print(weekly_view(client.get(f"/api/knowledge/checks/{snapshot}")))


def _name(settings: Settings, drop: Path) -> str:
    """The API reads drops from one folder only; a path must lead there."""
    drops = settings.corpus / "drops"
    if drop.parent != Path() and drop.resolve().parent != drops.resolve():
        raise typer.BadParameter(f"资料包须放在 {drops} 下")
    return drop.name
