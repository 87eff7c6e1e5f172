"""A conversation as rules read it: folded turns, what the talk is about, which product was last named."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from seatmate.compliance.clauses import fold
from seatmate.compliance.rules import Scopes
from seatmate.compliance.shelf import Named, Shelf
from seatmate.compliance.signs import Piece, pieces
from seatmate.domain.calls import Conversation, Speaker

_REMEMBERED = 12
"""Utterances after which nobody remembers what was talked about."""


@dataclass(frozen=True)
class Turn:
    """An utterance as rules read it; offsets are those of the utterance."""

    place: int
    utt_id: str
    speaker: Speaker
    said: str
    text: str

    @cached_property
    def pieces(self) -> tuple[Piece, ...]:
        return tuple(pieces(self.text))


_NOTHING = Piece(0, "")


@dataclass(frozen=True)
class Talk:
    conversation: Conversation
    turns: tuple[Turn, ...]
    scopes: Scopes
    shelf: Shelf

    def by(self, speaker: Speaker) -> Iterator[Turn]:
        return (turn for turn in self.turns if turn.speaker is speaker)

    def before(self, turn: Turn) -> Piece:
        """The end of what was said just before, whoever said it."""
        earlier = self.turns[turn.place - 1].pieces if turn.place else ()
        return earlier[-1] if earlier else _NOTHING

    def topic(self, turn: Turn, end: int, but: tuple[int, int] = (0, 0)) -> str:
        """What the talk is about at that place; empty when nobody said. What is named within `but` does not count:
        「说白了就是个定期」 is no talk of deposits. The other side only sets it in the utterance just before."""
        for earlier, until in self._back_from(turn, end):
            if earlier.speaker is not turn.speaker and earlier.place < turn.place - 1:
                continue
            mentions = (
                (found.start(), topic)
                for topic, patterns in self.scopes.topics.items()
                for found in matches(patterns, earlier.text[:until])
                if earlier is not turn or not but[0] <= found.start() < but[1]
            )
            last = max(mentions, default=None)
            if last is not None:
                return last[1]
        return ""

    def product(self, turn: Turn, end: int) -> Named | None:
        """The product of the shelf that was last named at that place."""
        for earlier, until in self._back_from(turn, end):
            named = [one for one in self.shelf.named_in(earlier.text) if one.end <= until]
            if named:
                return named[-1]
        return None

    def _back_from(self, turn: Turn, end: int) -> Iterator[tuple[Turn, int]]:
        yield turn, end
        for earlier in reversed(self.turns[max(turn.place - _REMEMBERED, 0) : turn.place]):
            yield earlier, len(earlier.text)


def read(conversation: Conversation, scopes: Scopes, shelf: Shelf) -> Talk:
    turns = (
        Turn(place, said.utt_id, said.speaker, said.text, scopes.understood(fold(said.text)))
        for place, said in enumerate(conversation.utterances)
    )
    return Talk(conversation, tuple(turns), scopes, shelf)


def first(patterns: Sequence[re.Pattern[str]], text: str) -> re.Match[str] | None:
    return next(matches(patterns, text), None)


def matches(patterns: Sequence[re.Pattern[str]], text: str) -> Iterator[re.Match[str]]:
    return (found for pattern in patterns for found in pattern.finditer(text))
