"""`seatmate demo`: the main job on the sample bank, on real parts, from start to a report that can be checked.

Starts the platform, loads three weekly drops, asks eight questions, submits three calls, prints what came out and who
wrote each sentence, and leaves var/demo/report.json. With --once the exit status is 0 only if every stored quote is
exact and every figure is supported, both checked here again from the outside.
"""

import asyncio
import json
import platform as host
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import httpx
import typer
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from seatmate.cli.client import ApiClient
from seatmate.cli.run import wait_for_interrupt
from seatmate.cli.show import answer_panel, console, record_panel
from seatmate.cli.show_build import build_view
from seatmate.cli.stack import Stack, running_stack
from seatmate.domain.errors import SeatmateError
from seatmate.domain.figures import FoundFigure, find_figures, is_supported
from seatmate.settings import Settings

DROPS = ("2026-W45", "2026-W46", "2026-W47")
AFTER_THE_CHANGE = "2026-11-18T10:00:00+08:00"
BEFORE_THE_CHANGE = "2026-11-05T10:00:00+08:00"
QUESTIONS: tuple[tuple[str, str, str], ...] = (
    ("利率查询（上周口径）", "整存整取一年期利率是多少？", BEFORE_THE_CHANGE),
    ("利率查询（调整后）", "整存整取一年期利率是多少？", AFTER_THE_CHANGE),
    ("易混产品", "稳盈90天A的起购金额是多少？", AFTER_THE_CHANGE),
    ("易混产品", "稳盈90天C的起购金额是多少？", AFTER_THE_CHANGE),
    ("停售产品", "远川安享7天现在还能申购吗？", AFTER_THE_CHANGE),
    ("办理流程", "银行卡丢了怎么挂失？", AFTER_THE_CHANGE),
    ("活动期限", "手续费减免活动什么时候结束？", AFTER_THE_CHANGE),
    ("应当拒答", "今天上证指数收盘多少点？", AFTER_THE_CHANGE),
)
CALLS = ("YC-P-001", "YC-P-002", "YC-W-001")


def demo(
    once: Annotated[bool, typer.Option("--once", help="exit afterwards, status 0 only if all checks hold")] = False,
) -> None:
    """Run the main job on the sample bank and leave var/demo/report.json."""
    settings = Settings.load()
    fresh = settings.in_folder(settings.var / "demo")
    shutil.rmtree(fresh.var, ignore_errors=True)
    fresh.var.mkdir(parents=True)
    faults = asyncio.run(_demo(fresh, once))
    raise typer.Exit(1 if faults else 0)


async def _demo(settings: Settings, once: bool) -> list[str]:
    began = time.perf_counter()
    report: dict[str, Any] = {"started_at": datetime.now(UTC).isoformat(), "machine": _machine(), "seconds": {}}
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), console=console) as progress:
        task = progress.add_task("启动模型服务（首次约一分钟）…")
        stack = await running_stack(
            settings, lambda stage, _: progress.update(task, description=f"启动模型服务：{stage} …")
        )
    try:
        report["seconds"]["start"] = time.perf_counter() - began
        report["engine"] = _engine(stack)
        faults = await asyncio.to_thread(_main_job, settings, report)
        report["seconds"]["total"] = time.perf_counter() - began
        report["faults"] = faults
        path = settings.var / "report.json"
        path.write_text(json.dumps(report, ensure_ascii=False, indent=2), encoding="utf-8")
        _conclude(report, faults, path)
        if not once:
            console.print(
                f"平台在 http://{settings.api.host}:{settings.api.port} 继续运行（/docs 有接口说明），Ctrl-C 结束。"
            )
            await wait_for_interrupt()
    finally:
        await stack.stop()
    return faults


def _main_job(settings: Settings, report: dict[str, Any]) -> list[str]:
    client = ApiClient(settings)
    report["builds"] = list(_load_drops(client))
    report["answers"] = list(_ask_questions(client))
    report["records"] = list(_submit_calls(client, settings.corpus / "calls"))
    return [*_faults_of_answers(report["answers"]), *_faults_of_records(report["records"])]


def _load_drops(client: ApiClient) -> Iterator[dict[str, Any]]:
    console.rule("每周资料")
    for drop in DROPS:
        build = client.post("/api/knowledge/builds", {"drop": drop})
        client.post("/api/knowledge/publish", {"snapshot": build["snapshot"]})
        console.print(build_view(build))
        console.print(f"已发布快照 {build['snapshot']}，用时 {build['seconds']:.1f} 秒\n")
        yield build


def _ask_questions(client: ApiClient) -> Iterator[dict[str, Any]]:
    console.rule("坐席提问")
    for kind, question, as_of in QUESTIONS:
        answer = client.post("/api/ask", {"question": question, "as_of": as_of})
        console.print(answer_panel(answer, f"{kind}  "))
        yield answer


def _submit_calls(client: ApiClient, folder: Path) -> Iterator[dict[str, Any]]:
    console.rule("通话记录")
    conversations = [json.loads((folder / f"{call}.json").read_text(encoding="utf-8")) for call in CALLS]
    for conversation in conversations:
        client.post("/api/calls", conversation)
    for conversation in conversations:
        began = time.perf_counter()
        record = _wait_for_record(client, conversation["conversation_id"])
        console.print(record_panel(record))
        yield {"conversation": conversation, "record": record, "waited_s": time.perf_counter() - began}


def _wait_for_record(client: ApiClient, conversation_id: str, patience_s: float = 180.0) -> dict[str, Any]:
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        receipt = client.get(f"/api/calls/{conversation_id}")
        if receipt["state"] == "recorded":
            record: dict[str, Any] = client.get(f"/api/calls/{conversation_id}/record")
            return record
        if receipt["state"] == "failed":
            raise SeatmateError(f"{conversation_id}: {receipt['detail']}")
        time.sleep(0.3)
    raise SeatmateError(f"{conversation_id}: no record after {patience_s:.0f} s")


def _faults_of_answers(answers: list[dict[str, Any]]) -> Iterator[str]:
    """Every figure of every sentence must stand in a cited quote: checked anew, from the answer's own JSON."""
    for answer in answers:
        for sentence in answer["sentences"]:
            cited = [figure for c in sentence["citations"] for figure in find_figures(c["quote"])]
            for figure in sentence["figures"]:
                stated = FoundFigure(figure["raw"], 0, len(figure["raw"]), figure["normalised"])
                if not is_supported(stated, cited):
                    yield f"{answer['question']}: {figure['raw']} stands in no cited span"


def _faults_of_records(records: list[dict[str, Any]]) -> Iterator[str]:
    """Every stored quote must be the exact substring that it claims to be, of what was submitted."""
    for entry in records:
        said = {u["utt_id"]: u["text"] for u in entry["conversation"]["utterances"]}
        for evidence in _evidence_in(entry["record"]):
            if said.get(evidence["utt_id"], "")[evidence["start"] : evidence["end"]] != evidence["quote"]:
                yield f"{entry['conversation']['conversation_id']}: {evidence['utt_id']} does not say its quote"


def _evidence_in(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if {"utt_id", "start", "end", "quote"} <= set(value):
            yield value
        for inner in value.values():
            yield from _evidence_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _evidence_in(inner)


def _conclude(report: dict[str, Any], faults: list[str], path: Path) -> None:
    console.rule("结果")
    sentences = [s for a in report["answers"] for s in a["sentences"]]
    by = {source: sum(s["source"] == source for s in sentences) for source in ("model", "quote", "source_text")}
    quotes = sum(1 for entry in report["records"] for _ in _evidence_in(entry["record"]))
    figures = sum(len(s["figures"]) for s in sentences)
    console.print(
        f"{len(report['answers'])} 个问题，{len(sentences)} 句：模型写 {by['model']}，模型选取原文 {by['quote']}，"
        f"原文 {by['source_text']}；{figures} 个数字全部有据"
        if not faults
        else "核对未通过："
    )
    console.print(f"{len(report['records'])} 通通话，{quotes} 处原话逐字一致" if not faults else "\n".join(faults))
    console.print(f"启动 {report['seconds']['start']:.0f} 秒，共 {report['seconds']['total']:.0f} 秒；报告：{path}")


def _engine(stack: Stack) -> dict[str, Any]:
    """Which model server answered: its own word for its version, the adapter, the address without the key."""
    root = stack.endpoint.base_url.removesuffix("/v1")
    version = httpx.get(f"{root}/version", trust_env=False).json().get("version", "unknown")
    return {"base_url": stack.endpoint.base_url, "model": stack.endpoint.model, "vllm": version}


def _machine() -> dict[str, Any]:
    return {"python": host.python_version(), "system": host.system(), "processor": host.machine()}
