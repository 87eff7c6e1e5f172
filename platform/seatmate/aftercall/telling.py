"""A finding together with the words that told it and where they stand: what the signs of certainty are read from."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from seatmate.aftercall.fields import Told
from seatmate.aftercall.leaning import Grams, grams_of
from seatmate.compliance.clauses import clauses, fold
from seatmate.domain.calls import Channel, Conversation, Speaker, Utterance
from seatmate.domain.findings import KycFact, VocItem

F = TypeVar("F", KycFact, VocItem)


@dataclass(frozen=True)
class Turn:
    """A customer's utterance."""

    utterance: Utterance
    text: str
    """Folded; offsets are those of the utterance."""
    before: str
    """The utterance before, folded; empty at the beginning."""
    after: str
    spans: tuple[tuple[int, int], ...]
    place: float
    """Among what was spoken in the call, from 0 to 1."""
    by_phone: bool
    """A recogniser wrote it."""

    def grams(self, clause: tuple[int, int]) -> Grams:
        """How words of a clause, or of several, are counted: with the clauses beside them and the utterance before."""
        left = next((span for span in reversed(self.spans) if span[1] <= clause[0]), (0, 0))
        right = next((span for span in self.spans if span[0] >= clause[1]), (0, 0))
        words, *beside = (self.text[slice(*span)] for span in (clause, left, right))
        return grams_of(words, self.before, "", *beside)


@dataclass(frozen=True)
class Match:
    turn: Turn
    found: re.Match[str]
    clause: tuple[int, int]
    """The clauses that hold the match."""

    @property
    def words(self) -> str:
        return self.turn.text[slice(*self.clause)]


@dataclass(frozen=True)
class Telling(Generic[F]):
    """What an entry of the catalogue made of a match."""

    finding: F
    told: Told
    match: Match

    @property
    def name(self) -> str:
        one = self.finding
        return one.field if isinstance(one, KycFact) else f"{one.polarity.value} {one.label_l1}"


AnyTelling = Telling[KycFact] | Telling[VocItem]
Claim = tuple[object, ...]


def claim_of(one: KycFact | VocItem) -> Claim:
    """What is the same of two findings is one: a fact said again, a complaint in two clauses of a turn."""
    if isinstance(one, KycFact):
        return one.field, one.subject, one.polarity, one.modality, one.value
    return one.label_l1, one.polarity, one.evidence[0].utt_id


def customer_turns(conversation: Conversation) -> Iterator[Turn]:
    """In the order of the call; `before` and `after` are what was said next to them, silences left out."""
    texts = [fold(utterance.text) for utterance in conversation.utterances]
    spoken = [bool(text.strip()) for text in texts]
    for number, utterance in enumerate(conversation.utterances):
        if utterance.speaker is Speaker.CUSTOMER:
            yield Turn(
                utterance=utterance,
                text=texts[number],
                before=next((text for text in reversed(texts[:number]) if text.strip()), ""),
                after=next((text for text in texts[number + 1 :] if text.strip()), ""),
                spans=tuple(clauses(utterance.text)),
                place=sum(spoken[:number]) / max(1, sum(spoken)),
                by_phone=conversation.channel is Channel.PHONE,
            )
