"""The matters that a text speaks of, with every wording by which a document may speak of them.

An attribute of a product (domain/attributes) wins its characters; what is left is read as callers say it
(domain/sayings). Knows nothing of passages or weights.
"""

from dataclasses import dataclass

from seatmate.domain.attributes import attributes_in, words_of
from seatmate.domain.sayings import sayings_in


@dataclass(frozen=True)
class Matter:
    """`text[start:end]` speaks of it; so does a text that has any of the wordings."""

    wordings: tuple[str, ...]
    start: int
    end: int

    def is_in(self, text: str) -> bool:
        return any(wording in text for wording in self.wordings)


def matters_in(text: str) -> list[Matter]:
    """Attributes first, then sayings, each from left to right."""
    named = [Matter(words_of(found.attribute), found.start, found.end) for found in attributes_in(text)]
    left = blanked(text, named)
    said = [Matter((left[s.start : s.end], *s.saying.written), s.start, s.end) for s in sayings_in(left)]
    return [*named, *said]


def blanked(text: str, matters: list[Matter]) -> str:
    """The text with blanks in the place of the matters; as long as before."""
    for matter in matters:
        text = f"{text[: matter.start]}{' ' * (matter.end - matter.start)}{text[matter.end :]}"
    return text
