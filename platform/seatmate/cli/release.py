"""`seatmate release propose|verdict|approve|canary|promote|rollback|list|show|replay`: what answers, and since when."""

import json as json_
from pathlib import Path
from typing import Annotated, Any

import typer

from seatmate.cli.client import ApiClient
from seatmate.cli.show import console
from seatmate.cli.show_release import release_panel, releases_table, replay_panel
from seatmate.domain.errors import BadInput
from seatmate.settings import Settings

app = typer.Typer(help="版本：提出、评测、批准、灰度、上线与回退。 Releases.", no_args_is_help=True)

AsJson = Annotated[bool, typer.Option("--json", help="print data as JSON")]
By = Annotated[str, typer.Option(help="操作人姓名")]
Why = Annotated[str, typer.Option(help="理由")]
ReleaseId = Annotated[str, typer.Argument(help="版本号，如 rel-0123456789ab")]


@app.command()
def propose(
    by: By,
    why: Why,
    adapter: Annotated[str | None, typer.Option(help="另一个适配器，如 bank@39f7ede58e03")] = None,
    json: AsJson = False,
) -> None:
    """Keep what this installation is now, or would be with another adapter, as a draft."""
    step = {"by": by, "why": why, "adapter": adapter}
    _show(_api().post("/api/releases", step), json, "下一步：seatmate-eval run，seatmate-eval gate")


@app.command()
def verdict(
    release_id: ReleaseId,
    file: Annotated[Path, typer.Argument(help="seatmate-eval gate --out 写出的结论")],
    by: By,
    json: AsJson = False,
) -> None:
    """Hand in the gate's verdict."""
    try:
        given: dict[str, Any] = json_.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadInput(f"{file} cannot be read as JSON: {error}") from error
    _show(_api().post(f"/api/releases/{release_id}/verdict", {"by": by, "verdict": given}), json)


@app.command()
def approve(release_id: ReleaseId, by: By, why: Why, json: AsJson = False) -> None:
    """Approve an evaluated release; not by who proposed it."""
    _show(_api().post(f"/api/releases/{release_id}/approve", {"by": by, "why": why}), json)


@app.command()
def canary(
    release_id: ReleaseId,
    by: By,
    why: Why,
    share: Annotated[float, typer.Option(min=0.001, max=0.5, help="会话比例，如 0.05")],
    json: AsJson = False,
) -> None:
    """Let an approved release answer a share of conversations."""
    _show(_api().post(f"/api/releases/{release_id}/canary", {"by": by, "why": why, "share": share}), json)


@app.command()
def promote(
    release_id: ReleaseId,
    by: By,
    why: Why,
    after_restart: Annotated[bool, typer.Option(help="代码或基座模型不同，换装重启后生效")] = False,
    json: AsJson = False,
) -> None:
    """Put an approved release into use; not by who approved it."""
    step = {"by": by, "why": why, "after_restart": after_restart}
    _show(_api().post(f"/api/releases/{release_id}/promote", step), json)


@app.command()
def rollback(by: By, why: Why, json: AsJson = False) -> None:
    """Stop the canary; without one, back to the release that was live before."""
    _show(_api().post("/api/releases/rollback", {"by": by, "why": why}), json, "一秒内生效，无需重启")


@app.command(name="list")
def list_(json: AsJson = False) -> None:
    """Every release, what answers now, and what this installation is."""
    api = _api()
    found, current = api.get("/api/releases"), api.get("/api/releases/current")
    if json:
        console.print_json(data={"current": current, "releases": found})
    else:
        console.print(releases_table(found, current))


@app.command()
def show(release_id: ReleaseId, json: AsJson = False) -> None:
    """A release: its parts, its steps and its verdict."""
    _show(_api().get(f"/api/releases/{release_id}"), json)


@app.command()
def replay(answer_id: Annotated[str, typer.Argument(help="答复编号")], json: AsJson = False) -> None:
    """A past answer: does its evidence stand, and does the same release say the same?"""
    found = _api().post(f"/api/answers/{answer_id}/replay")
    console.print_json(data=found) if json else console.print(replay_panel(found))


def _api() -> ApiClient:
    return ApiClient(Settings.load())


def _show(record: dict[str, Any], json: bool, then: str = "") -> None:
    if json:
        console.print_json(data=record)
        return
    console.print(release_panel(record))
    if then:
        console.print(then)
