"""The whole platform with the real engine, and its overhead over a mock upstream.

Times are wall clock on whatever machine this is; what compares is the
ratio to the peer of the same run (raw upstream call against the platform's answer over the same upstream).
"""

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from seatmate.cli.client import ApiClient
from seatmate.cli.stack import Stack, running_stack
from seatmate.settings import HOME, Settings
from seatmate.testing.openai_server import OpenAIServer

DROPS = ("2026-W45", "2026-W46", "2026-W47")
CALLS = ("YC-P-001", "YC-P-003", "YC-A-001", "YC-A-002", "YC-W-001", "YC-W-002")
OVERHEAD_ROUNDS = 60


async def run(work: Path, seed: int, quick: bool) -> dict[str, Any]:
    """Start, memory, questions, records, overhead. Nothing here is drawn at random."""
    settings = Settings.load().in_folder(work)
    results: dict[str, Any] = {}
    began = time.perf_counter()
    stack = await running_stack(settings, lambda stage, seconds: print(f"  {seconds:5.1f} s  {stage}", file=sys.stderr))
    try:
        results["start_s"] = round(time.perf_counter() - began, 1)
        results["memory_gib"] = memory_gib(stack)
        results |= await asyncio.to_thread(with_the_real_engine, settings)
    finally:
        await stack.stop()
    results["overhead"] = await overhead(settings)
    return results


def with_the_real_engine(settings: Settings) -> dict[str, Any]:
    client = ApiClient(settings, timeout_s=300)
    return {
        "index": list(load(client)),
        "questions": ask_all(client),
        "records": list(submit(client)),
    }


def load(client: ApiClient) -> Iterator[dict[str, Any]]:
    for drop in DROPS:
        report = client.post("/api/knowledge/builds", {"drop": drop})
        client.post("/api/knowledge/publish", {"snapshot": report["snapshot"]})
        added = sum(change["passages_added"] for change in report["changes"])
        yield {"drop": drop, "passages": report["passages"], "written": added, "seconds": report["seconds"]}


def ask_all(client: ApiClient) -> dict[str, Any]:
    """The questions of the ask suite, one after another: milliseconds by step, and who wrote the sentences."""
    cases = [json.loads(line) for line in (HOME / "eval/suites/ask.jsonl").read_text(encoding="utf-8").splitlines()]
    answers = [
        client.post("/api/ask", {key: case[key] for key in ("question", "history", "as_of") if key in case})
        for case in cases
    ]
    steps = {
        step: spread([a["latency_ms"][step] for a in answers if a["latency_ms"][step] is not None])
        for step in ("rewrite", "retrieve", "first_sentence", "total")
    }
    sentences = [sentence["source"] for answer in answers for sentence in answer["sentences"]]
    return {
        "asked": len(answers),
        "ms": steps,
        "status": count([answer["status"] for answer in answers]),
        "sentences": count(sentences),
        "rejected": count([rejected["reason"] for answer in answers for rejected in answer["rejected"]]),
        "tokens": {
            "prompt": spread([a["prompt_tokens"] for a in answers if a["prompt_tokens"]]),
            "completion": spread([a["completion_tokens"] for a in answers if a["completion_tokens"]]),
        },
    }


def submit(client: ApiClient) -> Iterator[dict[str, Any]]:
    """One call after another, from 202 to the record."""
    for call in CALLS:
        body = json.loads((HOME / "corpus/calls" / f"{call}.json").read_text(encoding="utf-8"))
        began = time.perf_counter()
        client.post("/api/calls", body)
        acknowledged = time.perf_counter() - began
        while client.get(f"/api/calls/{call}")["state"] != "recorded":
            time.sleep(0.05)
        seconds = time.perf_counter() - began
        record = client.get(f"/api/calls/{call}/record")
        yield {
            "call": call,
            "turns": len(body["utterances"]),
            "acknowledged_ms": round(acknowledged * 1000, 1),
            "record_s": round(seconds, 2),
            "usage": record["usage"],
        }


async def overhead(settings: Settings) -> dict[str, Any]:
    """The platform's share of a request: an answer over a mock upstream, in turn with the same upstream raw."""
    with OpenAIServer(lambda body: "[1]", models=("bank@mock",)) as upstream:
        engine = settings.engine.model_copy(
            update={"base_url": upstream.base_url, "api_key": SecretStr("-"), "served_model": "bank@mock"}
        )
        stack = await running_stack(settings.model_copy(update={"engine": engine}), lambda *_: None)
        try:
            return await asyncio.to_thread(in_turn, settings, upstream.base_url)
        finally:
            await stack.stop()


def in_turn(settings: Settings, upstream: str) -> dict[str, Any]:
    client = ApiClient(settings)
    question = {"question": "整存整取一年期利率是多少？", "as_of": "2026-11-18T10:00:00+08:00"}
    message = {"role": "user", "content": "字" * 500}
    body = {"model": "bank@mock", "messages": [message], "max_tokens": 64, "stream": True}
    raw: list[float] = []
    answered: list[float] = []
    with httpx.Client(trust_env=False) as direct:
        for _ in range(OVERHEAD_ROUNDS):
            began = time.perf_counter()
            direct.post(f"{upstream}/chat/completions", json=body).raise_for_status()
            raw.append((time.perf_counter() - began) * 1000)
            began = time.perf_counter()
            client.post("/api/ask", question)
            answered.append((time.perf_counter() - began) * 1000)
    return {
        "raw_ms": spread(raw),
        "answer_ms": spread(answered),
        "platform_ms_p50": round(statistics.median(a - r for a, r in zip(answered, raw, strict=True)), 2),
    }


def spread(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    if not ordered:
        return {}
    return {
        "p50": round(statistics.median(ordered), 1),
        "p95": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))], 1),
    }


def count(names: list[str]) -> dict[str, int]:
    return {name: names.count(name) for name in sorted(set(names))}


def memory_gib(stack: Stack) -> float:
    """Resident memory of everything below this process, the engine included."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    family = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= more
    pages = 0
    for pid in family:
        try:
            pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 2**30, 2)


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(asyncio.run(run(Path(folder), seed=0, quick=False)), ensure_ascii=False, indent=2))
