"""`seatmate up`, its children `api` and `worker`, and `doctor`."""

import asyncio
import os
import signal
import sys
from typing import Annotated

import typer

from seatmate.cli.show import console
from seatmate.cli.stack import running_stack
from seatmate.serving.doctor import Level, examine
from seatmate.settings import Settings


def up() -> None:
    """Keep the platform running: model server, API and worker, each restarted when it crashes."""
    asyncio.run(_up(Settings.load()))


async def _up(settings: Settings) -> None:
    with console.status("启动 …") as status:
        stack = await running_stack(settings, lambda stage, seconds: status.update(f"启动模型服务：{stage} …"))
    try:
        console.print(
            f"坐席伴侣在 http://{settings.api.host}:{settings.api.port} 运行（/docs 有接口说明），Ctrl-C 结束。"
        )
        await wait_for_interrupt()
    finally:
        console.print("正在停止 …")
        await stack.stop()


async def wait_for_interrupt() -> None:
    """Return on Ctrl-C or SIGTERM."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    await stop.wait()


def api() -> None:
    """The HTTP door alone; the model server is named by SEATMATE_ENGINE__BASE_URL."""
    _become("seatmate.api")


def worker() -> None:
    """The background worker alone: turns conversations into records."""
    _become("seatmate.worker")


def _become(module: str) -> None:
    """This process turns into another door: doors do not import each other."""
    os.execv(sys.executable, (sys.executable, "-m", module))


def doctor(json: Annotated[bool, typer.Option("--json", help="print the findings as JSON")] = False) -> None:
    """Say in plain words what is wrong with this installation."""
    findings = examine(Settings.load())
    if json:
        console.print_json(data=[{"level": f.level, "text": f.text, "remedy": f.remedy} for f in findings])
    else:
        colours = {Level.OK: "green", Level.WARNING: "yellow", Level.FAULT: "red"}
        for found in findings:
            console.print(f"[{colours[found.level]}]{found.level:8}[/] {found.text}")
            if found.remedy:
                console.print(f"         [dim]→ {found.remedy}[/]")
    raise typer.Exit(any(f.level is Level.FAULT for f in findings))
