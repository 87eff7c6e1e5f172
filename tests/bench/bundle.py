"""A record's model work against three separate LangChain structured-output calls on the same vLLM (issue 4).

The bundle is one transcript prefill and three short outputs: utterance numbers, enums, short values. The peer asks the
same engine and adapter for summary, facts and voices as people do who start from LangChain's documentation: a pydantic
model per task, quotes written out, instruction before transcript. Both may write 320 tokens a task, with temperature 0.
Transcripts have about 1,500 tokens (a token a character here); one call at a time, in turn; times are medians.
"""

import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Sequence
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
from seatmate.serving.engine import Endpoint, Engine
from seatmate.settings import HOME, EngineSettings
from seatmate.testing.calls import MemoryCalls
from seatmate.testing.stores import MemoryKnowledge
from seatmate.wiring import bank_now
from seatmate_eval.cases import load_conversations

PORT = 8693
CALLS, CHARACTERS, MOST = 8, 1_500, 320


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


async def three_calls(chat: ChatOpenAI, call: Conversation) -> dict[str, float]:
    shown = number_transcript(call).text
    began = time.perf_counter()
    written = prompt = 0
    for shape, instruction in TASKS:
        asked = [SystemMessage("你是银行通话分析助手。"), HumanMessage(f"{instruction}\n\n{shown}")]
        structured = chat.with_structured_output(shape, method="json_schema", include_raw=True)
        try:
            reply: Any = await structured.ainvoke(asked)
        except LengthFinishReasonError as error:  # cut off at its limit: it was written all the same
            cut = error.completion.usage
            written += cut.completion_tokens if cut else MOST
            prompt += cut.prompt_tokens if cut else 0
            continue
        used = reply["raw"].usage_metadata
        written += used["output_tokens"]
        prompt += used["input_tokens"]
    return {"seconds": time.perf_counter() - began, "written": written, "prompt": prompt}


async def measured(endpoint: Endpoint) -> dict[str, Any]:
    calls, rules, prompts = MemoryCalls(), HOME / "corpus" / "rules", Prompts.load(HOME / "prompts")
    base_url, key, name = endpoint.base_url, endpoint.api_key, endpoint.model
    model = LangChainChat(open_langchain(base_url, key, name), name)
    flow = Aftercall(
        prompts=prompts,
        model=model,
        calls=calls,
        knowledge=MemoryKnowledge(),
        catalogue=load_catalogue(rules),
        rules=load_pack(rules / "compliance"),
        nodes=load_nodes(rules / "process_nodes.yaml"),
        outline=load_outline(rules / "summary.yaml"),
        dispositions=load_dispositions(rules / "dispositions.yaml", intents_of(prompts)),
        model_adds=frozenset({"summary", "kyc", "voc"}),
        release_id="bench",
        max_tokens=MOST,
        part_chars=100_000,
        now=bank_now,
    )
    chat = open_langchain(base_url, key, name).model_copy(update={"temperature": 0.0, "max_tokens": MOST})
    ours: list[dict[str, float]] = []
    theirs: list[dict[str, float]] = []
    for call in long_calls():
        theirs.append(await three_calls(chat, call))
        ours.append(await bundle(flow, calls, call))
    await model.aclose()
    return {
        "calls": CALLS,
        "bundle": told(ours),
        "three LangChain calls": told(theirs),
        "bundle is faster by": round(middle(theirs, "seconds") / middle(ours, "seconds"), 2),
        "bundle writes": f"{middle(ours, 'written') / middle(theirs, 'written'):.2f} of their tokens",
    }


def middle(runs: Sequence[dict[str, float]], name: str) -> float:
    return statistics.median(run[name] for run in runs)


def told(runs: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: round(middle(runs, name), 2) for name in runs[0]}


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(EngineSettings(port=PORT), Path(folder), on_progress=lambda *_: None)
        endpoint = await engine.start()
        try:
            print(json.dumps(await measured(endpoint), ensure_ascii=False, indent=2))
        finally:
            await engine.stop()


if __name__ == "__main__":
    asyncio.run(main())
