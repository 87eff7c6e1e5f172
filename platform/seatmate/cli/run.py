"""`seatmate up`, its children `api` and `worker`, and `doctor`."""

import asyncio
import signal
import sys
from typing import Annotated

import typer

from seatmate.cli.show import console
from seatmate.log import start_logging
from seatmate.settings import Settings


def up() -> None:
    """Keep the platform running: model server, API and worker, each restarted when it crashes."""
    asyncio.run(_up(Settings.load()))


async def _up(settings: Settings) -> None:
    from seatmate.cli.stack import running_stack

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
    import uvicorn

    from seatmate.api.app import create_app
    from seatmate.wiring import open_wiring

    settings = Settings.load()
    start_logging(settings.log_level)
    app = create_app(settings, open_wiring)
    uvicorn.run(app, host=settings.api.host, port=settings.api.port, log_config=None, access_log=False)


def worker() -> None:
    """The background worker alone: turns conversations into records."""
    from seatmate.worker import work

    settings = Settings.load()
    start_logging(settings.log_level)
    asyncio.run(work(settings))


def doctor(json: Annotated[bool, typer.Option("--json", help="print the findings as JSON")] = False) -> None:
    """Say in plain words what is wrong with this installation."""
    from seatmate.serving.doctor import Grade, examine

    findings = examine(Settings.load())
    if json:
        console.print_json(data=[finding.__dict__ for finding in findings])
    colours = {Grade.OK: "green", Grade.WARNING: "yellow", Grade.FAULT: "red"}
    for finding in findings if not json else []:
        console.print(f"[{colours[finding.grade]}]{finding.grade.value:8}[/] {finding.text}")
    sys.exit(1 if any(finding.grade is Grade.FAULT for finding in findings) else 0)
