"""A training example: the served messages, then the assistant's; and its form on disk. Knows nothing of tokens."""

from dataclasses import dataclass

from seatmate.domain.ports import Message


@dataclass(frozen=True)
class Example:
    """Messages with at least one assistant turn; only assistant turns are learned."""

    task: str
    messages: tuple[Message, ...]

    @property
    def prompt(self) -> tuple[Message, ...]:
        """What is served: everything before the last assistant turn."""
        return self.messages[:-1]

    @property
    def target(self) -> str:
        return self.messages[-1].content


def answered(task: str, prompt: tuple[Message, ...], target: str) -> Example:
    return Example(task, (*prompt, Message(role="assistant", content=target)))
