"""The after-call tasks as examples: the served prompt over a synthetic call, and the compact JSON that answers it."""

import json
from collections.abc import Iterator
from random import Random

from seatmate.aftercall.transcript import NumberedTranscript, number_transcript, task_request
from seatmate.domain.ports import Message
from seatmate.prompts import Prompts
from seatmate_tune.calls import Call, call
from seatmate_tune.example import Example, answered

MAX_TOKENS = 600


def call_examples(rng: Random, prompts: Prompts, task: str, turns: tuple[int, int]) -> Iterator[Example]:
    """Without end; `calls` asks all three tasks of one call in one chat, which is dense but not what is served."""
    while True:
        made = call(rng, turns)
        transcript = number_transcript(made.conversation)
        if task != "calls":
            yield answered(task, request(prompts, task, transcript, made), target(task, made))
            continue
        order = ["kyc", "voc", "summary"]
        rng.shuffle(order)
        messages = list(request(prompts, order[0], transcript, made))
        for number, name in enumerate(order):
            if number:
                whole = request(prompts, name, transcript, made)[-1].content
                messages.append(Message(role="user", content=whole.rsplit("\n\n", 1)[1]))
            messages.append(Message(role="assistant", content=target(name, made)))
        yield Example("calls", tuple(messages))


def request(prompts: Prompts, task: str, transcript: NumberedTranscript, made: Call) -> tuple[Message, ...]:
    """The messages that the platform sends for this task."""
    values: dict[str, str] = {}
    if task != "summary":
        candidates = made.kyc_candidates if task == "kyc" else made.voc_candidates
        values["candidates"] = "；".join(f"{number} {key}" for number, key in candidates) or "无"
    return task_request(prompts, task, transcript, MAX_TOKENS, **values).messages


def target(task: str, made: Call) -> str:
    """Compact JSON, keys in the order of the schema."""
    gold: dict[str, object] = made.summary
    if task == "kyc":
        gold = {"facts": list(made.kyc)}
    elif task == "voc":
        gold = {"items": list(made.voc)}
    return json.dumps(gold, ensure_ascii=False, separators=(",", ":"))
