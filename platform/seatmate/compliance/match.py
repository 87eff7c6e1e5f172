"""A conversation against compliance rules: hits, each with the exact words. Nothing here clears a hit.

Judges what was said, not what was meant: tone of voice, a document on the screen and a filled-in form are not text.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import singledispatch

from seatmate.compliance.clauses import clause_around, fold, sentence_around
from seatmate.compliance.rules import Defuses, Mismatch, Missing, Ordered, ReadsAloud, Rule, RulePack, Says
from seatmate.domain.calls import Conversation, RiskTolerance, Speaker
from seatmate.domain.compliance import ComplianceHit
from seatmate.domain.evidence import Evidence, quote_of
from seatmate.domain.redaction import find_personal


def find_hits(pack: RulePack, conversation: Conversation) -> list[ComplianceHit]:
    """All hits of all rules, in the order of the conversation, at most one per rule and utterance."""
    talk = _folded(conversation)
    hits = [hit for rule in pack.rules for hit in _hits(rule, pack.defuses, talk)]
    order = {utterance.utt_id: place for place, utterance in enumerate(conversation.utterances)}
    return sorted(hits, key=lambda hit: (order[hit.evidence[0].utt_id], hit.rule))


def rule_hits(rule: Rule, defuses: Defuses, conversation: Conversation) -> list[ComplianceHit]:
    """The hits of one rule."""
    return _hits(rule, defuses, _folded(conversation))


@dataclass(frozen=True)
class _Turn:
    """An utterance as rules read it; offsets are those of the utterance."""

    utt_id: str
    speaker: Speaker
    said: str
    text: str


@dataclass(frozen=True)
class _Talk:
    conversation: Conversation
    turns: tuple[_Turn, ...]

    def by(self, speaker: Speaker) -> Iterator[_Turn]:
        return (turn for turn in self.turns if turn.speaker is speaker)


@dataclass(frozen=True)
class _Place:
    utt_id: str
    start: int
    end: int


@dataclass(frozen=True)
class _Case:
    """A rule at work on a talk."""

    rule: Rule
    defuses: Defuses
    talk: _Talk


def _folded(conversation: Conversation) -> _Talk:
    turns = (_Turn(u.utt_id, u.speaker, u.text, fold(u.text)) for u in conversation.utterances)
    return _Talk(conversation, tuple(turns))


def _hits(rule: Rule, defuses: Defuses, talk: _Talk) -> list[ComplianceHit]:
    about, conversation = rule.applies_if, talk.conversation
    if about.scenarios and conversation.scenario not in about.scenarios:
        return []
    if about.channels and conversation.channel not in about.channels:
        return []
    case = _Case(rule, defuses, talk)
    found: dict[str, tuple[_Place, ...]] = {}
    for detector in rule.detectors:
        for places in _detect(detector, case):
            found.setdefault(places[-1].utt_id, places)
    return [_hit(rule, conversation, places) for places in found.values()]


def _hit(rule: Rule, conversation: Conversation, places: Sequence[_Place]) -> ComplianceHit:
    quotes = (quote_of(conversation, place.utt_id, place.start, place.end) for place in places)
    evidence: tuple[Evidence, ...] = tuple(quote for quote in quotes if quote is not None)
    return ComplianceHit(
        rule=rule.name,
        severity=rule.severity,
        title=rule.title,
        verdict=rule.verdict,
        clause=rule.clause,
        evidence=evidence,
    )


@singledispatch
def _detect(detector: object, case: _Case) -> Iterator[tuple[_Place, ...]]:
    """The places that a detector objects to; the last one names the utterance of the hit."""
    raise TypeError(f"no matching for {type(detector).__name__}")


@_detect.register
def _says(detector: Says, case: _Case) -> Iterator[tuple[_Place, ...]]:
    for turn in case.talk.by(case.rule.speaker):
        for found in _matches(detector.patterns, turn.text):
            if not _is_defused(detector, case.defuses, turn.text, found):
                yield (_Place(turn.utt_id, *clause_around(turn.text, *found.span())),)
                break


@_detect.register
def _ordered(detector: Ordered, case: _Case) -> Iterator[tuple[_Place, ...]]:
    turns = case.talk.turns
    for at, turn in enumerate(turns):
        cue = _first(detector.first, turn.text) if turn.speaker is detector.first_speaker else None
        if cue is None:
            continue
        for later in turns[at + 1 : at + 1 + detector.within]:
            answer = _first(detector.then, later.text) if later.speaker is case.rule.speaker else None
            if answer is not None and not _is_withdrawn(case.defuses, later.text):
                first = _Place(turn.utt_id, *clause_around(turn.text, *cue.span()))
                yield first, _Place(later.utt_id, *clause_around(later.text, *answer.span()))
                break


@_detect.register
def _missing(detector: Missing, case: _Case) -> Iterator[tuple[_Place, ...]]:
    turns = list(case.talk.by(case.rule.speaker))
    if any(_first(detector.required, turn.text) for turn in turns):
        return
    for turn in turns:
        found = _first(detector.when, turn.text)
        if found is not None:
            yield (_Place(turn.utt_id, *clause_around(turn.text, *found.span())),)
            return


_LEVEL = re.compile(r"(?<![A-Z0-9])R([1-5])(?!\d)")


@_detect.register
def _mismatch(detector: Mismatch, case: _Case) -> Iterator[tuple[_Place, ...]]:
    tolerance = case.talk.conversation.customer.risk_level
    if tolerance is None:
        return
    most = list(RiskTolerance).index(tolerance) + 1
    for turn in case.talk.by(case.rule.speaker):
        for found in _LEVEL.finditer(turn.text):
            start, end = sentence_around(turn.text, *found.span())
            sentence = turn.text[start:end]
            offered = int(found[1]) > most and _first(detector.offers, sentence)
            if offered and not _first(detector.unless, sentence) and not _is_withdrawn(case.defuses, turn.text):
                yield (_Place(turn.utt_id, start, end),)
                break


@_detect.register
def _reads_aloud(detector: ReadsAloud, case: _Case) -> Iterator[tuple[_Place, ...]]:
    for turn in case.talk.by(case.rule.speaker):
        for span in find_personal(turn.said):
            if span.kind in detector.numbers:
                yield (_Place(turn.utt_id, *clause_around(turn.text, span.start, span.end)),)
                break


def _is_defused(detector: Says, defuses: Defuses, text: str, found: re.Match[str]) -> bool:
    """Does the talk around a match take it back: negated, somebody else's words, a question, a correction?"""
    start, end = clause_around(text, *found.span())
    first, last = sentence_around(text, *found.span())
    clause, sentence = text[start:end], text[first:last]
    if _first(detector.unless, clause) or _first(detector.unless_sentence, sentence):
        return True
    before, long_before = text[start : found.start()], text[first : found.start()]
    if detector.negatable and _first(defuses.negated, before):
        return True
    if detector.askable and (_first(defuses.asked, clause) or (sentence.endswith(("?", "？")) and end >= last - 1)):
        return True
    if detector.reportable and _first(defuses.reported, long_before):
        return True
    return _is_withdrawn(defuses, text)


def _is_withdrawn(defuses: Defuses, text: str) -> bool:
    return _first(defuses.withdrawn, text) is not None


def _first(patterns: Sequence[re.Pattern[str]], text: str) -> re.Match[str] | None:
    return next(_matches(patterns, text), None)


def _matches(patterns: Sequence[re.Pattern[str]], text: str) -> Iterator[re.Match[str]]:
    return (found for pattern in patterns for found in pattern.finditer(text))
