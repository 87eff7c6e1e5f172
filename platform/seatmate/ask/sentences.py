"""A stream of pieces to whole sentences with their citations, each as soon as it is certain to be whole."""

import re
from collections.abc import AsyncIterator

MAX_SENTENCES = 12
"""An answer longer than this is a model that does not stop."""

_CITED = r"(?:\s*\[\d{1,3}\])*"
_WHOLE = re.compile(rf"\s*(?:(?:\[\d{{1,3}}\]\s*)+|[^。！？!?\n]+[。！？!?\n]{_CITED})\s*(?=[^\[\s\d\]])")


async def whole_sentences(pieces: AsyncIterator[str]) -> AsyncIterator[str]:
    """Sentences in order; the rest of the stream when it ends. At most MAX_SENTENCES."""
    buffer = ""
    count = 0
    async for piece in pieces:
        buffer += piece
        while found := _WHOLE.match(buffer):
            buffer = buffer[found.end() :]
            count += 1
            yield found[0].strip()
            if count >= MAX_SENTENCES:
                return
    for sentence in split_sentences(buffer)[: MAX_SENTENCES - count]:
        yield sentence


def split_sentences(text: str) -> list[str]:
    """The same for a text that is complete."""
    found = re.findall(rf"(?:\[\d{{1,3}}\]\s*)+|[^。！？!?\n]+(?:[。！？!?\n]{_CITED}|$)", text)
    return [sentence.strip() for sentence in found if sentence.strip()]
