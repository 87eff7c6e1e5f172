"""How quickly the engine answers with its adapter beside the base or merged into it, each with and without n-grams.

    python -m tests.bench.serving [--quick] [--seed N]

Four engines run at once and each prompt goes to one after the other: what else the machine does meets all of them, and
no prompt is in a cache. Prompts are made as training's are, held out by their seed, in the served form (seatmate_tune).
`times_faster` is the median over prompts of the time with `lora` by the time with this profile; `answers_differ` counts
replies that are not `lora`'s.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from seatmate.adapters.chat import OpenAIChat
from seatmate.domain.ports import ChatModel, ChatRequest
from seatmate.prompts import Prompts
from seatmate.serving.engine import Engine
from seatmate.settings import EngineSettings, Settings
from seatmate_tune.dataset import examples
from seatmate_tune.recipe import Stage, TaskName

PROFILES: dict[str, dict[str, bool]] = {
    "lora": {"merged": False, "ngram_speculation": False},
    "merged": {"merged": True, "ngram_speculation": False},
    "lora_ngram": {"merged": False, "ngram_speculation": True},
    "merged_ngram": {"merged": True, "ngram_speculation": True},
}
SHARES: dict[TaskName, int] = {"answer": 6, "summary": 1, "kyc": 1, "voc": 1}
FORM = Stage(name="bench", seed=0, tokens=0, lines=(3, 8), turns=(8, 36), tasks=dict.fromkeys(SHARES, 0.25))
"""What live questions and finished calls look like: source lines and turns."""
STREAMS = 8
_FIRST_PORT = 8611


@dataclass(frozen=True)
class Asked:
    task: str
    request: ChatRequest


@dataclass(frozen=True)
class Said:
    text: str
    tokens: int
    first_s: float
    whole_s: float


@dataclass
class Measured:
    """Of one profile. `alone` is by prompt, `together` by batch of eight streams: tokens and seconds."""

    alone: list[Said] = field(default_factory=list)
    together: list[tuple[int, float]] = field(default_factory=list)


async def run(work: Path, seed: int, quick: bool) -> dict[str, Any]:
    settings = Settings.load()
    rounds = 1 if quick else 4
    alone = [asked for n in range(rounds) for asked in prompts(settings, f"{seed}/{n}/alone", 1)]
    batches = [prompts(settings, f"{seed}/{n}/together", 2) for n in range(rounds)]
    measured = {name: Measured() for name in PROFILES}
    async with AsyncExitStack() as closing:
        models = {
            name: await started(settings.engine.model_copy(update=said), port, work / name, closing)
            for port, (name, said) in enumerate(PROFILES.items(), _FIRST_PORT)
        }
        for model in models.values():
            for asked in prompts(settings, f"{seed}/warm", 1):
                await ask(model, asked)
        for number, asked in enumerate(alone):
            for name in turn(number):
                measured[name].alone.append(await ask(models[name], asked))
        for number, batch in enumerate(batches):
            for name in turn(number):
                measured[name].together.append(await ask_together(models[name], batch))
    return {"load": round(os.getloadavg()[0], 1), **figures([asked.task for asked in alone], measured)}


def turn(number: int) -> list[str]:
    """All profiles, each time another one first."""
    names = list(PROFILES)
    first = number % len(names)
    return names[first:] + names[:first]


async def started(engine: EngineSettings, port: int, var: Path, closing: AsyncExitStack) -> ChatModel:
    own = Engine(engine.model_copy(update={"base_url": None, "port": port}), var)
    closing.push_async_callback(own.stop)
    endpoint = await own.start()
    print(f"  {var.name} answers", file=sys.stderr)
    model = OpenAIChat(
        endpoint.base_url, endpoint.api_key, endpoint.model, total_timeout_s=300, first_token_timeout_s=120
    )
    closing.push_async_callback(model.aclose)
    return model


def prompts(settings: Settings, seed: str, times: int) -> list[Asked]:
    """`times` the shares of tasks, fresh for each seed, with the schemas and limits of the flows."""
    kept = Prompts.load(settings.prompts)
    found: list[Asked] = []
    for task, share in SHARES.items():
        stream = examples(task, Random(f"bench/{seed}/{task}"), kept, FORM, ())
        for _ in range(share * times):
            messages = next(stream).prompt
            if task == "answer":
                request = ChatRequest(messages, settings.ask.max_tokens)
            else:
                request = ChatRequest(messages, settings.aftercall.max_tokens, task, kept[f"aftercall/{task}"].schema)
            found.append(Asked(task, request))
    return found


async def ask_together(model: ChatModel, batch: Sequence[Asked]) -> tuple[int, float]:
    free = asyncio.Semaphore(STREAMS)

    async def in_turn(asked: Asked) -> Said:
        async with free:
            return await ask(model, asked)

    began = time.perf_counter()
    said = await asyncio.gather(*(in_turn(asked) for asked in batch))
    return sum(one.tokens for one in said), time.perf_counter() - began


async def ask(model: ChatModel, asked: Asked) -> Said:
    began = time.perf_counter()
    first, tokens, text = 0.0, 0, ""
    async for delta in model.stream(asked.request):
        first = first or time.perf_counter() - began
        text += delta.text
        tokens = delta.usage.completion_tokens if delta.usage else tokens
    return Said(text, tokens, first, time.perf_counter() - began)


def figures(tasks: Sequence[str], measured: dict[str, Measured]) -> dict[str, Any]:
    lora = measured["lora"]
    shown = {}
    for name, found in measured.items():
        pairs = list(zip(lora.alone, found.alone, strict=True))
        answers = [pair for task, pair in zip(tasks, pairs, strict=True) if task == "answer"]
        records = [pair for task, pair in zip(tasks, pairs, strict=True) if task != "answer"]
        both = list(zip(lora.together, found.together, strict=True))
        shown[name] = {
            "answer_first_ms": milliseconds(answer.first_s for _, answer in answers),
            "answer_ms": milliseconds(answer.whole_s for _, answer in answers),
            "tokens_s_1_record": rate([(record.tokens, record.whole_s) for _, record in records]),
            f"tokens_s_{STREAMS}": rate(found.together),
            "answers_differ": f"{sum(one.text != other.text for one, other in pairs)} of {len(pairs)}",
            "times_faster": {
                "answer_first": middle(one.first_s / other.first_s for one, other in answers),
                "answer": middle(one.whole_s / other.whole_s for one, other in answers),
                "record_first": middle(one.first_s / other.first_s for one, other in records),
                "tokens_1_record": middle(per_token(one) / per_token(other) for one, other in records),
                f"tokens_{STREAMS}": middle(one[1] / one[0] / (other[1] / other[0]) for one, other in both),
            },
        }
    return {"profiles": shown}


def per_token(said: Said) -> float:
    return said.whole_s / said.tokens


def middle(ratios: Iterable[float]) -> float:
    return round(statistics.median(ratios), 2)


def milliseconds(seconds: Iterable[float]) -> float:
    return round(statistics.median(seconds) * 1000, 1)


def rate(taken: Sequence[tuple[int, float]]) -> float:
    return round(sum(tokens for tokens, _ in taken) / sum(seconds for _, seconds in taken), 1)


async def _main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seed", type=int, default=20261128)
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(await run(Path(folder), given.seed, given.quick), ensure_ascii=False, indent=2))


if __name__ == "__main__":
    asyncio.run(_main())
