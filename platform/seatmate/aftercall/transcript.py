"""A conversation as the model reads it, and the way back from its sentence numbers to utterance ids.

All tasks of a call share one prefix, system text and transcript first, the task last: the transcript is prefilled once
(DESIGN §3). Sentences are numbered 1, 2, 3… because a small number costs a token or two and an utterance id may cost ten.
"""

from dataclasses import dataclass
from typing import Any

from seatmate.domain.calls import Conversation, Speaker
from seatmate.domain.ports import ChatRequest, Message
from seatmate.prompts import Prompts

BACKGROUND_PRIORITY = 5


@dataclass(frozen=True)
class NumberedTranscript:
    """`utt_ids[n - 1]` is the utterance with number n; silent and system utterances are left out."""

    text: str
    utt_ids: tuple[str, ...]

    def utt_id(self, number: int) -> str | None:
        return self.utt_ids[number - 1] if 1 <= number <= len(self.utt_ids) else None

    def number(self, utt_id: str) -> int | None:
        return self.utt_ids.index(utt_id) + 1 if utt_id in self.utt_ids else None


def number_transcript(conversation: Conversation) -> NumberedTranscript:
    """`1 坐席：您好…` line by line; line breaks inside an utterance become spaces, so that a line cannot be forged."""
    lines: list[str] = []
    ids: list[str] = []
    for utterance in conversation.utterances:
        words = " ".join(utterance.text.split())
        if not words or utterance.speaker is Speaker.SYSTEM:
            continue
        ids.append(utterance.utt_id)
        lines.append(f"{len(ids)} {utterance.speaker.label}：{words}")
    return NumberedTranscript("\n".join(lines), tuple(ids))


def task_request(
    prompts: Prompts, task: str, transcript: NumberedTranscript, max_tokens: int, **values: str
) -> ChatRequest:
    """One task over the shared prefix; `task` names prompts/aftercall/<task>.md, whose schema binds the output."""
    shared = prompts["aftercall/transcript"].render(transcript=transcript.text)
    prompt = prompts[f"aftercall/{task}"]
    (instruction,) = prompt.render(**values)
    schema: dict[str, Any] | None = prompt.schema
    last = Message(role="user", content=f"{shared[-1].content}\n\n{instruction.content}")
    return ChatRequest(
        messages=(*shared[:-1], last),
        max_tokens=max_tokens,
        schema_name=task,
        schema=schema,
        priority=BACKGROUND_PRIORITY,
    )
