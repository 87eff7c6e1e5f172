"""Does real vLLM serve what was trained? Base and adapter on one server, the same token ids, different answers.

`serve_check` starts a server of its own on a free loopback port and stops it afterwards; `check` asks one that runs.
"""

import json
import logging
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seatmate.domain.errors import Misconfigured, ModelUnavailable
from seatmate_tune.evaluate import held_out
from seatmate_tune.example import Example
from seatmate_tune.recipe import Recipe
from seatmate_tune.render import Renderer
from seatmate_tune.score import score

log = logging.getLogger(__name__)
_BASE = "seatmate-mini"
"""The name under which the base is served."""
_PER_TASK = 6
_START_S, _ANSWER_S = 300, 120


@dataclass(frozen=True)
class Server:
    """A running vLLM; `url` is its address without /v1."""

    url: str
    key: str = ""

    def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {self.key}"} if self.key else {})
        asked = urllib.request.Request(f"{self.url}{path}", json.dumps(body).encode(), headers)
        try:
            with urllib.request.urlopen(asked, timeout=_ANSWER_S) as answer:
                return dict(json.loads(answer.read()))
        except (urllib.error.URLError, OSError, ValueError) as error:
            raise ModelUnavailable(f"{self.url}{path} does not answer: {error}") from error


@dataclass(frozen=True)
class Served:
    """What was found: `differ` of `asked` answers are not the base's."""

    asked: int
    differ: int
    scores: dict[str, dict[str, float]]
    """By served name."""


def serve_check(recipe: Recipe, adapter: Path) -> Served:
    """Misconfigured when vLLM reads other tokens than training did, or the adapter changes no answer."""
    base = recipe.base or recipe.out
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = _start(base, adapter, recipe.max_rank, port)
    try:
        server = Server(f"http://127.0.0.1:{port}")
        _wait(process, server)
        return check(recipe, server, _BASE, adapter.name)
    finally:
        process.terminate()
        process.wait(timeout=60)


def check(recipe: Recipe, server: Server, base_name: str, adapter_name: str, per_task: int = _PER_TASK) -> Served:
    """`server` serves both. Answers come one after the other: what is batched together changes answers, too."""
    cases = _some(held_out(recipe), per_task)
    _same_tokens(Renderer(recipe.base or recipe.out), server, base_name, cases)
    said = {name: [_ask(server, name, case) for case in cases] for name in (base_name, adapter_name)}
    differ = sum(a != b for a, b in zip(*said.values(), strict=True))
    found = Served(len(cases), differ, {name: score(cases, outputs) for name, outputs in said.items()})
    for name, scores in found.scores.items():
        log.info("%s through vLLM: %s", name, scores)
    log.info("%d of %d outputs of adapter and base differ", differ, len(cases))
    for case, *outputs in list(zip(cases, *said.values(), strict=True))[:: max(1, per_task // 2)]:
        log.info("wanted %s | base %s | adapter %s", case.target, *outputs)
    if not differ:
        raise Misconfigured("the adapter changes nothing: was it loaded?")
    return found


def _some(cases: list[Example], per_task: int) -> list[Example]:
    tasks = dict.fromkeys(case.task for case in cases)
    return [case for task in tasks for case in [c for c in cases if c.task == task][:per_task]]


def _start(base: Path, adapter: Path, max_rank: int, port: int) -> "subprocess.Popen[bytes]":
    words = [
        sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", str(base.resolve()),
        "--served-model-name", _BASE, "--enable-lora", "--max-lora-rank", str(max_rank),
        "--lora-modules", f"{adapter.name}={adapter.resolve()}", "--chat-template", str((base / "chat_template.jinja").resolve()),
        "--max-model-len", "2048", "--dtype", "float32", "--enforce-eager", "--host", "127.0.0.1", "--port", str(port),
    ]  # fmt: skip
    quiet = {"VLLM_CPU_KVCACHE_SPACE": "1", "HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "DO_NOT_TRACK": "1"}
    return subprocess.Popen(words, env={**os.environ, **quiet}, stdout=subprocess.DEVNULL)


def _wait(process: "subprocess.Popen[bytes]", server: Server) -> None:
    until = time.monotonic() + _START_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise Misconfigured(f"the server ended with {process.returncode}")
        try:
            with urllib.request.urlopen(f"{server.url}/health", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(2)
    raise Misconfigured(f"the server was not up after {_START_S} s")


def _messages(case: Example) -> list[dict[str, str]]:
    return [{"role": m.role, "content": m.content} for m in case.prompt]


def _same_tokens(renderer: Renderer, server: Server, base_name: str, cases: Sequence[Example]) -> None:
    for case in cases:
        body = {"model": base_name, "messages": _messages(case), "add_generation_prompt": True}
        if server.post("/tokenize", body)["tokens"] != renderer.prompt_ids(case.prompt):
            raise Misconfigured(f"{server.url} reads a {case.task} prompt as other tokens than training did")
    log.info("%d prompts have the same token ids in training and serving", len(cases))


def _ask(server: Server, model: str, case: Example) -> str:
    body = {
        "model": model,
        "messages": _messages(case),
        "max_tokens": 400,
        "temperature": 0,
        "skip_special_tokens": False,
    }
    said = server.post("/v1/chat/completions", body)["choices"][0]["message"]["content"]
    return str(said or "").replace("<|im_end|>", "")
