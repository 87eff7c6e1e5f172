"""A record's model work against three separate LangChain structured-output calls on the same vLLM (issue 4).

    python -m tests.bench.bundle

The bundle is one transcript prefill and three short outputs: utterance numbers, enums, short values. The peer asks the
same engine and adapter for summary, facts and voices as people do who start from LangChain's documentation: a pydantic
model per task, quotes written out, instruction before transcript. It asks in a row, all at once, and all at once with
the transcript first, which the documentation does not say. The engine runs as `seatmate up` starts it. Both may write
320 tokens a task, with temperature 0. Transcripts have about 1,100 tokens, which with candidates and answers is most of
what seatmate-mini can read; the longer they are, the more a shared prefix saves. One call at a time, each way in turn,
another one first each time, so that what else the machine does meets all of them; figures are medians over the calls.
"""

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from langchain_core.messages import HumanMessage, SystemMessage
from langchain_openai import ChatOpenAI
from openai import LengthFinishReasonError
from pydantic import BaseModel, Field

from seatmate.adapters.langchain_chat import LangChainChat, open_langchain
from seatmate.aftercall.disposition import load_dispositions
from seatmate.aftercall.fields import load_catalogue
from seatmate.aftercall.flow import Aftercall
from seatmate.aftercall.node_pack import load_nodes
from seatmate.aftercall.outline_rules import load_outline
from seatmate.aftercall.summary import intents_of
from seatmate.aftercall.transcript import number_transcript
from seatmate.compliance.pack import load_pack
from seatmate.domain.calls import Conversation
from seatmate.prompts import Prompts
from seatmate.serving.engine import Endpoint, Engine, checked_adapter, is_merged
from seatmate.settings import HOME, Settings
from seatmate.testing.calls import MemoryCalls
from seatmate.testing.stores import MemoryKnowledge
from seatmate.wiring import bank_now
from seatmate_eval.cases import load_conversations

PORT = 8693
CALLS, CHARACTERS, MOST = 7, 1_500, 320
"""The first call warms the engine up and is not counted."""
PATIENCE_S = 600.0


class Item(BaseModel):
    text: str = Field(max_length=60)
    evidence_quote: str = Field(max_length=60)


class CallSummary(BaseModel):
    """通话小结"""

    situation: list[Item] = Field(max_length=2)
    action: list[Item] = Field(max_length=3)
    commitments: list[Item] = Field(max_length=2)
    follow_ups: list[Item] = Field(max_length=2)
    objections: list[Item] = Field(max_length=2)
    risk_notes: list[Item] = Field(max_length=2)
    outcome: Literal["resolved", "partly", "unresolved", "handed_over", "abandoned"]


class Fact(BaseModel):
    field: str = Field(max_length=24)
    value: str = Field(max_length=30)
    subject: Literal["self", "spouse", "child", "parent", "other"]
    polarity: Literal["affirmed", "negated"]
    modality: Literal["fact", "plan", "hypothetical", "question"]
    evidence_quote: str = Field(max_length=60)


class Facts(BaseModel):
    """客户事实"""

    facts: list[Fact] = Field(max_length=12)


class Voice(BaseModel):
    label: str = Field(max_length=16)
    polarity: Literal["positive", "negative", "suggestion"]
    severity: int = Field(ge=1, le=4)
    evidence_quote: str = Field(max_length=60)


class Voices(BaseModel):
    """客户之声"""

    items: list[Voice] = Field(max_length=12)


TASKS: tuple[tuple[type[BaseModel], str], ...] = (
    (CallSummary, "请根据下面的通话写通话小结，每项一句话并附原话。"),
    (Facts, "请从下面的通话中抽取客户事实，附原话。"),
    (Voices, "请从下面的通话中抽取客户之声（表扬、抱怨、建议），附原话。"),
)


Way = Callable[[Conversation], Awaitable[dict[str, float]]]
"""To ask for a call's summary, facts and voices; what it cost."""


def long_calls() -> list[Conversation]:
    """Calls of the sample bank, one after another, until each is as long as wanted."""
    whole = list(load_conversations(HOME / "corpus" / "calls").values())
    made = []
    for number in range(CALLS):
        utterances, size = [], 0
        for part in whole[number * 3 :]:
            for one in part.utterances:
                if size + len(one.text) > CHARACTERS - 120:
                    break
                size += len(one.text) + 7
                utterances.append(one.model_copy(update={"utt_id": f"u{len(utterances) + 1}"}))
            if size > CHARACTERS - 200:
                break
        change = {"conversation_id": f"bench-{number}", "utterances": tuple(utterances)}
        made.append(whole[number].model_copy(update=change))
    return made


async def bundle(flow: Aftercall, calls: MemoryCalls, call: Conversation) -> dict[str, float]:
    await calls.receive(call)
    began = time.perf_counter()
    record = await flow.close_call(call)
    return {
        "seconds": time.perf_counter() - began,
        "written": sum(step.completion_tokens for step in record.usage),
        "prompt": sum(step.prompt_tokens for step in record.usage),
        "cached": sum(step.cached_tokens for step in record.usage),
    }


async def in_a_row(chat: ChatOpenAI, call: Conversation) -> dict[str, float]:
    began = time.perf_counter()
    used = [await structured(chat, shape, f"{instruction}\n\n{shown(call)}") for shape, instruction in TASKS]
    return cost(began, used)


async def at_once(chat: ChatOpenAI, call: Conversation) -> dict[str, float]:
    began = time.perf_counter()
    asked = (structured(chat, shape, f"{instruction}\n\n{shown(call)}") for shape, instruction in TASKS)
    return cost(began, await asyncio.gather(*asked))


async def transcript_first(chat: ChatOpenAI, call: Conversation) -> dict[str, float]:
    began = time.perf_counter()
    asked = (structured(chat, shape, f"{shown(call)}\n\n{instruction}") for shape, instruction in TASKS)
    return cost(began, await asyncio.gather(*asked))


async def structured(chat: ChatOpenAI, shape: type[BaseModel], asked: str) -> tuple[int, int]:
    """Tokens read and written."""
    model = chat.with_structured_output(shape, method="json_schema", include_raw=True)
    try:
        reply: Any = await model.ainvoke([SystemMessage("你是银行通话分析助手。"), HumanMessage(asked)])
    except LengthFinishReasonError as error:  # cut off at its limit: it was written all the same
        cut = error.completion.usage
        return (cut.prompt_tokens, cut.completion_tokens) if cut else (0, MOST)
    used = reply["raw"].usage_metadata
    return used["input_tokens"], used["output_tokens"]


def shown(call: Conversation) -> str:
    return number_transcript(call).text


def cost(began: float, used: Sequence[tuple[int, int]]) -> dict[str, float]:
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "written": sum(w for _, w in used), "prompt": sum(p for p, _ in used)}


async def measured(endpoint: Endpoint) -> dict[str, Any]:
    base_url, key, name = endpoint.base_url, endpoint.api_key, endpoint.model
    # On a machine that does other work, three calls at once can take minutes.
    client = open_langchain(base_url, key, name, total_timeout_s=PATIENCE_S)
    model = LangChainChat(client, name, total_timeout_s=PATIENCE_S)
    calls = MemoryCalls()
    flow = flow_over(model, calls)
    chat = client.model_copy(update={"temperature": 0.0, "max_tokens": MOST})

    def peer(way: Callable[[ChatOpenAI, Conversation], Awaitable[dict[str, float]]]) -> Way:
        # A salt of its own: no way of asking finds in the engine's cache what another one left there.
        salted = chat.model_copy(update={"extra_body": {"cache_salt": way.__name__}})
        return lambda call: way(salted, call)

    ways: dict[str, Way] = {
        "bundle": lambda call: bundle(flow, calls, call),
        "three LangChain calls in a row": peer(in_a_row),
        "at once": peer(at_once),
        "at once, transcript first": peer(transcript_first),
    }
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in ways}
    warm, *measured_on = long_calls()
    for way in ways.values():  # a grammar is compiled when it is first asked for
        await way(warm)
    for number, call in enumerate(measured_on):
        for name in turn(list(ways), number):
            runs[name].append(await ways[name](call))
            print(f"  call {number + 1}, {name}: {runs[name][-1]}", file=sys.stderr, flush=True)
    await model.aclose()
    return {"calls": len(measured_on), "load": round(os.getloadavg()[0], 1)} | {
        name: told(found) | ({} if name == "bundle" else beside(runs["bundle"], found)) for name, found in runs.items()
    }


def flow_over(model: LangChainChat, calls: MemoryCalls) -> Aftercall:
    rules, prompts = HOME / "corpus" / "rules", Prompts.load(HOME / "prompts")
    return Aftercall(
        prompts=prompts,
        model=model,
        calls=calls,
        knowledge=MemoryKnowledge(),
        catalogue=load_catalogue(rules),
        rules=load_pack(rules / "compliance"),
        nodes=load_nodes(rules / "process_nodes.yaml"),
        outline=load_outline(rules / "summary.yaml"),
        dispositions=load_dispositions(rules / "dispositions.yaml", intents_of(prompts)),
        model_adds=frozenset({"quotes", "kyc", "voc"}),
        release_id="bench",
        max_tokens=MOST,
        part_chars=100_000,
        now=bank_now,
    )


def turn(names: Sequence[str], number: int) -> list[str]:
    first = number % len(names)
    return [*names[first:], *names[:first]]


def beside(ours: Sequence[Mapping[str, float]], theirs: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Call by call: the same call, the same minute."""
    pairs = list(zip(ours, theirs, strict=True))
    return {
        "bundle is faster by": round(statistics.median(their["seconds"] / our["seconds"] for our, their in pairs), 2),
        "bundle writes of its tokens": round(
            sum(o["written"] for o, _ in pairs) / sum(t["written"] for _, t in pairs), 2
        ),
    }


def told(runs: Sequence[Mapping[str, float]]) -> dict[str, float]:
    return {name: round(statistics.median(run[name] for run in runs), 2) for name in runs[0]}


async def main() -> None:
    settings = Settings.load()
    with tempfile.TemporaryDirectory() as folder:
        adapter = checked_adapter(settings.engine)
        own = {"base_url": None, "port": PORT, "merged": is_merged(settings.engine, adapter, Path(folder))}
        engine = Engine(settings.engine.model_copy(update=own), Path(folder), on_progress=lambda *_: None)
        endpoint = await engine.start()
        try:
            print(json.dumps(await measured(endpoint), ensure_ascii=False, indent=2))
        finally:
            await engine.stop()


if __name__ == "__main__":
    asyncio.run(main())
