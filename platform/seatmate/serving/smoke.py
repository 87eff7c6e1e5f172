"""Does an adapter that was just loaded answer as it must? Asked before anybody's question is given to it.

Three of the platform's own prompts, rendered by its own templates, greedily. Each reply must be whole, not empty and of
the form that the flow can read; and the replies must be the adapter's: other than the base's, or said with another
certainty, on one prompt at least; or exactly those that its card tells. This finds an adapter that is broken or changes
nothing; how good one is, the gate measures.
"""

import asyncio
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from seatmate.domain.fits import misfit
from seatmate.domain.ports import ChatRequest, Message
from seatmate.prompts import Prompts
from seatmate.serving.lora_api import LoraApi, Reply
from seatmate.serving.store import AdapterRefused

_SOURCES = """[1] 晨光定存 产品说明 > 利率：«P1»一年期年利率为«F1»，起存金额«F2»。
[2] 晨光定存 产品说明 > 提前支取：提前支取部分按活期利率«F3»计息。"""
_QUESTION = "«P1»一年期的年利率是多少？"
_TRANSCRIPT = """1 坐席：您好，请问有什么可以帮您？
2 客户：我有二十万定期下个月到期，想问问现在一年期利率多少。
3 坐席：一年期现在是1.40%，到期以后您可以在手机银行续存。
4 客户：有点低，我再考虑一下，下周再联系你们。
5 坐席：好的，祝您生活愉快，再见。"""
_VALUES = {"candidates": "1) 2 maturing_funds；2) 4 interest_level"}
_ANSWER = re.compile(r"\[\d+\]|无答案")
_PRIORITY = 5
_NOISE = 0.005
"""Of the mean log-probability of a reply's tokens, from one run of the same model to the next."""


@dataclass(frozen=True)
class SmokeTest:
    """`base` is the served name of the base model."""

    api: LoraApi
    prompts: Prompts
    base: str
    timeout_s: float = 180.0

    async def run(self, name: str, wanted: Mapping[str, str]) -> None:
        """AdapterRefused says what is wrong with the first reply that is. `wanted`: sha256 by prompt, from its card."""
        try:
            async with asyncio.timeout(self.timeout_s):
                await self._run(name, wanted)
        except TimeoutError:
            raise AdapterRefused(f"{name}: its smoke test took more than {self.timeout_s:.0f} s") from None

    async def _run(self, name: str, wanted: Mapping[str, str]) -> None:
        said: dict[str, Reply] = {}
        for prompt, request in smoke_requests(self.prompts).items():
            reply = await self.api.reply(name, request)
            if fault := fault_of(reply.text, reply.is_whole, request):
                raise AdapterRefused(f"{name}: smoke test {prompt}: {fault}")
            said[prompt] = reply
        if wanted:
            if other := [p for p, sha256 in wanted.items() if p not in said or _sha256(said[p].text) != sha256]:
                raise AdapterRefused(
                    f"{name}: smoke test {', '.join(sorted(other))}: not the reply that its card tells"
                )
            return
        for prompt, request in smoke_requests(self.prompts).items():
            if _differ(said[prompt], await self.api.reply(self.base, request)):
                return
        raise AdapterRefused(f"{name}: smoke test: every reply is the base model's, the adapter changes nothing")


def _differ(one: Reply, other: Reply) -> bool:
    return one.text != other.text or abs(one.mean_logprob - other.mean_logprob) > _NOISE


def smoke_requests(prompts: Prompts) -> dict[str, ChatRequest]:
    """By prompt. Rendered as the flows render them."""
    answer = prompts["ask/answer"].render(sources=_SOURCES, as_of="2026-11-09", question=_QUESTION)
    return {
        "ask/answer": ChatRequest(answer, 96, priority=_PRIORITY),
        "aftercall/kyc": _about_the_call(prompts, "kyc", 256),
        "aftercall/quotes": _about_the_call(prompts, "quotes", 256),
    }


def _about_the_call(prompts: Prompts, task: str, max_tokens: int) -> ChatRequest:
    shared, prompt = prompts["aftercall/transcript"].render(transcript=_TRANSCRIPT), prompts[f"aftercall/{task}"]
    (instruction,) = prompt.render(**{name: _VALUES.get(name, "") for name in prompt.variables})
    last = Message("user", f"{shared[-1].content}\n\n{instruction.content}")
    return ChatRequest((*shared[:-1], last), max_tokens, task, prompt.schema, priority=_PRIORITY)


def fault_of(text: str, is_whole: bool, request: ChatRequest) -> str:
    """What a flow could not use; empty: nothing."""
    if not text.strip():
        return "the reply is empty"
    if not is_whole:
        return f"the reply does not end within {request.max_tokens} tokens"
    if request.schema is None:
        return "" if _ANSWER.search(text) else "the reply names no source and does not abstain"
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return "the reply is not JSON"
    return misfit(request.schema, value)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
