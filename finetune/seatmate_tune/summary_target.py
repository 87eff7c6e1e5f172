"""The summary that a call should have had, as the model would have to write it: sentences with utterance numbers.

An agent corrects words, not evidence. A corrected line takes the evidence of the line it replaced, or of the utterance
it has most words of, if it rests on it by the rule that serving applies; a line that does not would never be shown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from seatmate.aftercall.transcript import NumberedTranscript
from seatmate.aftercall.words import rests_on
from seatmate.domain.calls import Conversation
from seatmate.domain.corrections import KeptCorrection, Section, lines_of
from seatmate.domain.evidence import Evidence
from seatmate.domain.findings import CallRecord, SummaryItem
from seatmate.domain.redaction import find_personal
from seatmate_tune.draft import Reason
from seatmate_tune.near import jaccard, shingles

SECTIONS: tuple[Section, ...] = ("situation", "action", "commitments", "follow_ups", "objections", "risk_notes")
"""In the order of the prompt's schema."""
_MOST_NUMBERS = 3
_ALIKE = 0.2
"""Share of two-letter pieces from which on a line is a rewording of an earlier one."""


class Ungrounded(Exception):
    """No target can be made; says why without the words."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


@dataclass(frozen=True)
class Numbers:
    """What was said under which number."""

    transcript: NumberedTranscript
    texts: dict[int, str]

    @classmethod
    def of(cls, conversation: Conversation, transcript: NumberedTranscript) -> "Numbers":
        said = {utterance.utt_id: utterance.text for utterance in conversation.utterances}
        numbered = ((n, said[utt_id]) for n, utt_id in enumerate(transcript.utt_ids, start=transcript.first))
        return cls(transcript, dict(numbered))

    def of_evidence(self, evidence: Sequence[Evidence]) -> list[int]:
        found = (self.transcript.number(quote.utt_id) for quote in evidence)
        return list(dict.fromkeys(n for n in found if n is not None))[:_MOST_NUMBERS]

    def nearest(self, line: str) -> int:
        """The utterance that has most of a line's two-letter pieces."""
        pieces = shingles(line, 2)
        return max(self.texts, key=lambda n: (len(pieces & shingles(self.texts[n], 2)), -n))


def summary_target(record: CallRecord, corrections: Sequence[KeptCorrection], numbers: Numbers) -> dict[str, Any]:
    """In the order of the schema. Raises Ungrounded."""
    summary = record.summary
    newest = {correction.section: correction for correction in corrections}
    if summary.outcome is None or summary.sentiment is None:
        raise Ungrounded(Reason.INCOMPLETE, "no outcome or no mood")
    rewritten = newest.get("outcome")
    if rewritten is not None and rewritten.lines != lines_of(record, "outcome"):
        # The schema's outcome is a status; the agent wrote words. Which status he means is not ours to guess.
        raise Ungrounded(Reason.UNGROUNDED, "outcome")
    intents = [
        {"l": intent.label, "r": intent.resolved, "u": numbers.of_evidence(intent.evidence)}
        for intent in summary.intents
        if numbers.of_evidence(intent.evidence)
    ]
    sections: dict[str, Any] = {
        section: _section(record, section, newest.get(section), numbers) for section in SECTIONS
    }
    outcome = {"s": summary.outcome.status.value, "u": numbers.of_evidence(summary.outcome.evidence)}
    moods = {"begin": summary.sentiment.begin.value, "end": summary.sentiment.end.value}
    return {"intents": intents, **sections, "outcome": outcome, **moods}


def _section(
    record: CallRecord, section: Section, correction: KeptCorrection | None, numbers: Numbers
) -> list[dict[str, Any]]:
    items: tuple[SummaryItem, ...] = getattr(record.summary, section)
    if correction is None:
        kept = [{"t": item.text, "u": numbers.of_evidence(item.evidence)} for item in items]
        return [item for item in kept if item["u"]]
    return [{"t": line.strip(), "u": _grounded(line, section, items, numbers)} for line in correction.lines]


def _grounded(line: str, section: str, items: Sequence[SummaryItem], numbers: Numbers) -> list[int]:
    if find_personal(line):
        raise Ungrounded(Reason.PERSONAL_DATA, section)
    same = [item for item in items if item.text == line]
    reworded = sorted(items, key=lambda item: -jaccard(shingles(line, 2), shingles(item.text, 2)))
    near = [item for item in reworded[:1] if jaccard(shingles(line, 2), shingles(item.text, 2)) >= _ALIKE]
    tried = [numbers.of_evidence(item.evidence) for item in (*same, *near)] + [[numbers.nearest(line)]]
    whole = list(numbers.texts.values())
    for cited in tried:
        if cited and rests_on(line, [numbers.texts[n] for n in cited], whole):
            return cited
    raise Ungrounded(Reason.UNGROUNDED, section)
