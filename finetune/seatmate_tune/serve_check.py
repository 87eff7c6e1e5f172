"""Does real vLLM serve what was trained? Base and adapter on one server, the same token ids, different answers.

Starts a server of its own on a loopback port and stops it afterwards.
"""

import json
import logging
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

from seatmate.domain.errors import Misconfigured
from seatmate_tune.evaluate import held_out
from seatmate_tune.example import Example
from seatmate_tune.recipe import Recipe
from seatmate_tune.render import Renderer
from seatmate_tune.score import score

log = logging.getLogger(__name__)
_PORT = 8699
_PER_TASK = 6


def serve_check(recipe: Recipe, adapter: Path) -> None:
    base = recipe.base or recipe.out
    server = _start(base, adapter)
    try:
        _wait(server)
        cases = _some(held_out(recipe))
        _same_tokens(Renderer(base), base, cases)
        outputs = {name: [_ask(name, case) for case in cases] for name in ("seatmate-mini", adapter.name)}
        differ = sum(a != b for a, b in zip(*outputs.values(), strict=True))
        for name, said in outputs.items():
            log.info("%s through vLLM: %s", name, score(cases, said))
        log.info("%d of %d outputs of adapter and base differ", differ, len(cases))
        for case, *said in list(zip(cases, *outputs.values(), strict=True))[:: _PER_TASK // 2]:
            log.info("wanted %s | base %s | adapter %s", case.target, *said)
        if not differ:
            raise Misconfigured("the adapter changes nothing: was it loaded?")
    finally:
        server.terminate()
        server.wait(timeout=60)


def _some(cases: list[Example]) -> list[Example]:
    tasks = dict.fromkeys(case.task for case in cases)
    return [case for task in tasks for case in [c for c in cases if c.task == task][:_PER_TASK]]


def _start(base: Path, adapter: Path) -> "subprocess.Popen[bytes]":
    words = [
        sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(base.resolve()),
        "--served-model-name", "seatmate-mini", "--enable-lora", "--max-lora-rank", "16",
        "--lora-modules", f"{adapter.name}={adapter.resolve()}", "--chat-template", str((base / "chat_template.jinja").resolve()),
        "--max-model-len", "2048", "--dtype", "float32", "--enforce-eager", "--host", "127.0.0.1", "--port", str(_PORT),
    ]  # fmt: skip
    quiet = {"VLLM_CPU_KVCACHE_SPACE": "1", "HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}
    return subprocess.Popen(words, env={**os.environ, **quiet}, stdout=subprocess.DEVNULL)


def _wait(server: "subprocess.Popen[bytes]", seconds: float = 300) -> None:
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if server.poll() is not None:
            raise Misconfigured(f"the server ended with {server.returncode}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{_PORT}/health", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(2)
    raise Misconfigured(f"the server was not up after {seconds} s")


def _post(path: str, body: dict[str, Any]) -> dict[str, Any]:
    asked = urllib.request.Request(
        f"http://127.0.0.1:{_PORT}{path}", json.dumps(body).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(asked, timeout=120) as answer:
        return dict(json.loads(answer.read()))


def _messages(case: Example) -> list[dict[str, str]]:
    return [{"role": m.role, "content": m.content} for m in case.prompt]


def _same_tokens(renderer: Renderer, base: Path, cases: list[Example]) -> None:
    for case in cases:
        served = _post(
            "/tokenize", {"model": "seatmate-mini", "messages": _messages(case), "add_generation_prompt": True}
        )
        if served["tokens"] != renderer.prompt_ids(case.prompt):
            raise Misconfigured(f"the server of {base} reads a {case.task} prompt as other tokens than training did")
    log.info("%d prompts have the same token ids in training and serving", len(cases))


def _ask(model: str, case: Example) -> str:
    body = {
        "model": model,
        "messages": _messages(case),
        "max_tokens": 400,
        "temperature": 0,
        "skip_special_tokens": False,
    }
    return str(_post("/v1/chat/completions", body)["choices"][0]["message"]["content"] or "").replace("<|im_end|>", "")
