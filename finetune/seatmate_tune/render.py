"""Examples to token ids, with a mask that is 1 on what the assistant says and on its end, and 0 on all else.

Uses the chat template that is served with the model, so that training and serving cannot drift apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

from seatmate.domain.ports import Message
from seatmate_tune.example import Example
from seatmate_tune.tokenizer import END


@dataclass(frozen=True)
class Rendered:
    ids: tuple[int, ...]
    mask: tuple[int, ...]


class Renderer:
    """The tokenizer and chat template of one model folder."""

    def __init__(self, folder: Path) -> None:
        from tokenizers import Tokenizer

        self.tokenizer: Any = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._template = jinja2.Environment(trim_blocks=True, lstrip_blocks=True).from_string(
            (folder / "chat_template.jinja").read_text(encoding="utf-8")
        )
        self.vocab: int = self.tokenizer.get_vocab_size()

    def text(self, messages: Sequence[Message], prompt: bool = False) -> str:
        """The whole chat as text; `prompt` opens the assistant's turn."""
        rows = [{"role": m.role, "content": m.content} for m in messages]
        return self._template.render(messages=rows, add_generation_prompt=prompt)

    def prompt_ids(self, messages: Sequence[Message]) -> list[int]:
        return list(self.tokenizer.encode(self.text(messages, prompt=True), add_special_tokens=False).ids)

    def render(self, examples: Sequence[Example]) -> list[Rendered]:
        spans, chats = [], []
        for example in examples:
            chats.append(self.text(example.messages))
            spans.append(self._learned(example))
        encoded = self.tokenizer.encode_batch(chats, add_special_tokens=False)
        return [_masked(e, learned) for e, learned in zip(encoded, spans, strict=True)]

    def plain(self, texts: Sequence[str], size: int) -> list[Rendered]:
        """Running text cut into pieces of `size` tokens, all learned; tails shorter than a quarter are dropped."""
        pieces = []
        for encoded in self.tokenizer.encode_batch(list(texts), add_special_tokens=False):
            for at in range(0, len(encoded.ids), size):
                ids = tuple(encoded.ids[at : at + size])
                if len(ids) >= size // 4:
                    pieces.append(Rendered(ids, (1,) * len(ids)))
        return pieces

    def _learned(self, example: Example) -> list[tuple[int, int]]:
        """Character spans of the assistant's words, each with its end mark."""
        spans = []
        for turn, message in enumerate(example.messages):
            if message.role == "assistant":
                start = len(self.text(example.messages[:turn], prompt=True))
                spans.append((start, start + len(message.content) + len(END)))
        if not spans:
            raise ValueError("an example without a word of the assistant trains nothing")
        return spans


def _masked(encoded: Any, spans: Sequence[tuple[int, int]]) -> Rendered:
    mask = tuple(int(any(start <= a and b <= end and a < b for start, end in spans)) for a, b in encoded.offsets)
    return Rendered(tuple(encoded.ids), mask)
