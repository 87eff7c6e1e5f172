"""A conversation as the model reads it, and the way back from its sentence numbers to utterance ids.

All tasks of a call share one prefix, system text and transcript first, the task last: the transcript is prefilled
once (DESIGN §3). Sentences are numbered 1, 2, 3…: a small number costs a token or two, an utterance id may cost ten.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from seatmate.domain.calls import Conversation, Speaker
from seatmate.domain.ports import ChatRequest, Message
from seatmate.prompts import Prompts

BACKGROUND_PRIORITY = 5


@dataclass(frozen=True)
class NumberedTranscript:
    """`utt_ids[n - first]` is the utterance with number n; silent and system utterances are left out."""

    text: str
    utt_ids: tuple[str, ...]
    first: int = 1

    def utt_id(self, number: int) -> str | None:
        at = number - self.first
        return self.utt_ids[at] if 0 <= at < len(self.utt_ids) else None

    def number(self, utt_id: str) -> int | None:
        return self.utt_ids.index(utt_id) + self.first if utt_id in self.utt_ids else None


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


@dataclass(frozen=True)
class Candidate:
    """`number` is the utterance's number in the transcript that the model reads; `key` a KYC field or a VOC label."""

    number: int
    key: str


def candidates_text(candidates: Sequence[Candidate]) -> str:
    """As the prompt shows them: `1) 5 children；2) 9 mortgage`, the candidate's number, the sentence's, the name."""
    shown = (f"{n}) {candidate.number} {candidate.key}" for n, candidate in enumerate(candidates, start=1))
    return "；".join(shown) or "无"


def parts_of(transcript: NumberedTranscript, max_chars: int) -> list[NumberedTranscript]:
    """A transcript that a model can read whole, or its parts in order; a sentence keeps its number in every part.

    A sentence longer than `max_chars` is a part of its own, shown by its beginning: a prompt that is too long would be
    refused, and the call never recorded.
    """
    parts: list[NumberedTranscript] = []
    lines: list[str] = []
    size, first = 0, transcript.first
    for at, line in enumerate(transcript.text.split("\n") if transcript.utt_ids else []):
        shown = line[:max_chars]
        if lines and size + len(shown) > max_chars:
            parts.append(_part(transcript, lines, first))
            first, lines, size = transcript.first + at, [], 0
        lines.append(shown)
        size += len(shown) + 1
    return [*parts, _part(transcript, lines, first)]


def _part(whole: NumberedTranscript, lines: list[str], first: int) -> NumberedTranscript:
    at = first - whole.first
    return NumberedTranscript("\n".join(lines), whole.utt_ids[at : at + len(lines)], first)


_ANY_NUMBER = 2000
"""What prompts/aftercall says of the number of any sentence."""


def _numbered(schema: Any, last: int) -> Any:
    """A schema in which a sentence's number has no more digits than those of this transcript.

    A weak model goes on writing digits. An engine compiles a schema when it first sees it: so there are four of each.
    """
    if isinstance(schema, dict):
        most = min(10 ** len(str(last)) - 1, _ANY_NUMBER)
        changed = {key: _numbered(value, last) for key, value in schema.items()}
        return changed | ({"maximum": most} if schema.get("maximum") == _ANY_NUMBER else {})
    return [_numbered(one, last) for one in schema] if isinstance(schema, list) else schema


def task_request(
    prompts: Prompts, task: str, transcript: NumberedTranscript, max_tokens: int, **values: str
) -> ChatRequest:
    """One task over the shared prefix; `task` names prompts/aftercall/<task>.md, whose schema binds the output."""
    shared = prompts["aftercall/transcript"].render(transcript=transcript.text)
    prompt = prompts[f"aftercall/{task}"]
    (instruction,) = prompt.render(**values)
    last_number = transcript.first + len(transcript.utt_ids) - 1
    schema = None if prompt.schema is None else _numbered(prompt.schema, last_number)
    last = Message(role="user", content=f"{shared[-1].content}\n\n{instruction.content}")
    return ChatRequest(
        messages=(*shared[:-1], last),
        max_tokens=max_tokens,
        schema_name=task,
        schema=schema,
        priority=BACKGROUND_PRIORITY,
    )
