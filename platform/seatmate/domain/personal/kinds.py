"""The kinds of personal data that are masked, and a place in a text that holds one.

Classes are those of JR/T 0171-2020 (个人金融信息保护技术规范) §4.2: C3 authenticates (passwords, one-time codes, CVN, a
card's expiry) and is never kept or sent; C2 identifies a person or their money and is masked.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum

BLANK = "＊"
"""Takes the place of each character of a secret: the length stays, so every other offset does too."""


class Kind(StrEnum):
    ID = "ID"
    CARD = "CARD"
    PHONE = "PHONE"
    ACCOUNT = "ACCOUNT"
    NAME = "NAME"
    ADDRESS = "ADDRESS"
    SECRET = "SECRET"

    @property
    def token(self) -> str:
        """What a reader sees in its place. Letters only: no figure, and none of the original's digits."""
        return f"⟦{self.value}⟧"


@dataclass(frozen=True)
class Span:
    """`source[start:end]` is of this kind. `value` is what it stands for: a piece of a number stands for the whole."""

    kind: Kind
    start: int
    end: int
    value: str = field(default="", repr=False)


def as_written(span: Span, text: str, read: str) -> Span:
    """The span with its value as `text` has it, where `read` is the same text in simplified characters."""
    said = text[span.start : span.end]
    return replace(span, value=said) if span.value and span.value == read[span.start : span.end] else span


def claim(found: list[Span], span: Span) -> None:
    """Add a span where nothing was found before it."""
    if all(span.end <= other.start or other.end <= span.start for other in found):
        found.append(span)
