"""One model call of the bundle, kept as soon as it is there: a job that starts again asks for nothing twice."""

import time
from dataclasses import dataclass

from seatmate.domain.call_ports import CallLedger
from seatmate.domain.findings import StepUsage
from seatmate.domain.model import Shape
from seatmate.domain.ports import ChatModel, ChatRequest
from seatmate.prompts import Prompts


class Reply(Shape):
    """What the model wrote, unread."""

    text: str
    usage: StepUsage


@dataclass(frozen=True)
class Tasks:
    """Runs tasks over the transcript of one call. Raises ModelUnavailable or Overloaded: the job comes back later."""

    prompts: Prompts
    model: ChatModel
    calls: CallLedger
    conversation_id: str
    release_id: str
    max_tokens: int
    part: int = 1
    """Which part of a long call this is; each has its own steps."""

    async def run(self, task: str, request: ChatRequest) -> Reply:
        task = task if self.part == 1 else f"{task}.{self.part}"
        kept = await self.calls.load_step(self.conversation_id, self.release_id, task)
        if kept is not None:
            return Reply.model_validate_json(kept)
        began = time.perf_counter()
        answer = await self.model.complete(request)
        usage = StepUsage(
            step=task,
            prompt_tokens=answer.usage.prompt_tokens,
            cached_tokens=answer.usage.cached_tokens,
            completion_tokens=answer.usage.completion_tokens,
            seconds=round(time.perf_counter() - began, 3),
        )
        reply = Reply(text=answer.text, usage=usage)
        await self.calls.save_step(self.conversation_id, self.release_id, task, reply.model_dump_json())
        return reply
