"""The exact words that a finding rests on, and the only way to make one."""

from enum import StrEnum
from typing import Self

from pydantic import model_validator

from seatmate.domain.calls import Conversation
from seatmate.domain.model import Shape


class EvidenceStatus(StrEnum):
    VERIFIED = "verified"
    UNVERIFIED = "unverified"


class Evidence(Shape):
    """`utterance.text[start:end] == quote`, code points, in the transcript with this hash."""

    utt_id: str
    start: int
    end: int
    quote: str
    transcript_sha256: str
    status: EvidenceStatus = EvidenceStatus.VERIFIED

    @model_validator(mode="after")
    def _span_fits_quote(self) -> Self:
        if not (0 <= self.start < self.end) or self.end - self.start != len(self.quote):
            raise ValueError("the span does not fit the quote")
        return self


def quote_of(conversation: Conversation, utt_id: str, start: int = 0, end: int | None = None) -> Evidence | None:
    """Copy `text[start:end]` of an utterance, trimmed of white space; None when there is nothing to quote."""
    utterance = next((u for u in conversation.utterances if u.utt_id == utt_id), None)
    if utterance is None:
        return None
    text = utterance.text
    end = len(text) if end is None else min(end, len(text))
    start = max(start, 0)
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    if start >= end:
        return None
    return Evidence(
        utt_id=utt_id, start=start, end=end, quote=text[start:end], transcript_sha256=conversation.transcript_sha256
    )


def is_exact(evidence: Evidence, conversation: Conversation) -> bool:
    """Does the evidence still say what the transcript says? Checked again before anything is stored."""
    if evidence.transcript_sha256 != conversation.transcript_sha256:
        return False
    return any(
        u.utt_id == evidence.utt_id and u.text[evidence.start : evidence.end] == evidence.quote
        for u in conversation.utterances
    )
