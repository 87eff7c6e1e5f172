"""What a reader sees of a case, line by line, with personal data hidden.

A veil belongs to one case: besides what can be recognised in any text it knows the case's own personal data, a number
spread over turns of the call or one that the gold marks. That matters most where the recogniser failed: the case that
shows a missed phone number must not show the number. Whole transcripts go through the masks of their talk.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from seatmate.domain.calls import Conversation
from seatmate.domain.redaction import BLANK, Kind, drop_secrets, mask_conversation, redact
from seatmate_eval.cases import Case, RedactionCase

SECTIONS = {
    "situation": "客户诉求",
    "action": "坐席处理",
    "commitments": "承诺事项",
    "follow_ups": "待办",
    "objections": "异议",
    "risk_notes": "风险提示",
    "outcome": "处理结果",
}
Tone = Literal["", "good", "bad", "quiet"]
_SHORTEST_NUMBER, _SHORTEST_WORDS = 4, 2
"""Shorter pieces of personal data are hidden where they were said, and not wherever their characters occur."""
_LONG_ENOUGH = 6


@dataclass(frozen=True)
class Line:
    """One thing: who says it or what it is, its words, and what stands under it in small type."""

    label: str
    text: str
    tone: Tone = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Veil:
    """Hides personal data in the words of one case."""

    known: tuple[tuple[str, str], ...] = ()
    """Words that are personal data here, and the token in their place; the longest first."""
    said: Mapping[str, str] | None = None
    """utt_id → what was said, masked as a whole talk."""

    def hide(self, text: str) -> str:
        for words, token in self.known:
            text = text.replace(words, token)
        return redact(text).text

    def over_masked(self) -> "Veil":
        """For an output that should have no personal data in it: what is hidden here had been left readable there."""
        return Veil(tuple((words, f"⟦未遮 {token.strip('⟦⟧')}⟧") for words, token in self.known), self.said)


def veil_of(case: Case | None, conversation: Conversation | None) -> Veil:
    known: set[tuple[str, str]] = set()
    if isinstance(case, RedactionCase):
        known |= {(gold.quote, Kind(gold.kind).token) for gold in case.hidden}
    if conversation is None:
        return Veil(_longest_first(known))
    masked = mask_conversation(conversation)
    for spoken, mask in zip(conversation.utterances, masked.utterances, strict=True):
        known |= {
            (spoken.text[span.start : span.end], token) for span, token in zip(mask.spans, mask.tokens, strict=True)
        }
    for spoken, stored in zip(conversation.utterances, drop_secrets(conversation).utterances, strict=True):
        known |= {(spoken.text[start:end], Kind.SECRET.token) for start, end in _blanked(spoken.text, stored.text)}
    said = {utterance.utt_id: utterance.text for utterance in masked.conversation.utterances}
    return Veil(_longest_first(pair for pair in known if _is_telling(pair[0])), said)


def veil_of_all(cases: Iterable[Case], conversations: Iterable[Conversation]) -> Veil:
    """For words that are of no single case: a check's detail, a reason. Only what is long enough to be nothing else."""
    veils = [veil_of(case, None) for case in cases] + [veil_of(None, conversation) for conversation in conversations]
    known = {pair for veil in veils for pair in veil.known if len(pair[0]) >= _LONG_ENOUGH}
    return Veil(_longest_first(known))


def _blanked(spoken: str, stored: str) -> Iterator[tuple[int, int]]:
    """Where the one has blanks and the other has none; both have the same length."""
    for run in re.finditer(f"{BLANK}+", stored):
        if BLANK not in spoken[run.start() : run.end()]:
            yield run.span()


def _longest_first(known: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(known, key=lambda pair: (-len(pair[0]), pair)))


def _is_telling(words: str) -> bool:
    digits = sum(character.isdigit() for character in words)
    return len(words) >= (_SHORTEST_NUMBER if digits else _SHORTEST_WORDS)
