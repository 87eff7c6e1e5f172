"""A conversation against compliance rules: hits, each with the exact words, and what was found and doubted.

Judges what was said, not what was meant: tone of voice, a document on the screen and a filled-in form are not text.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import singledispatch
from itertools import chain

from seatmate.compliance.clauses import clause_around, sentence_around
from seatmate.compliance.rules import (
    Elements,
    Learned,
    Missing,
    Ordered,
    ReadsAloud,
    Rule,
    RulePack,
    Says,
    Scoped,
    Scopes,
    Unsuitable,
)
from seatmate.compliance.scope import is_taken_back, is_withdrawn
from seatmate.compliance.shelf import EMPTY, Shelf
from seatmate.compliance.suitability import Offered, unfit
from seatmate.compliance.talk import Talk, Turn, first, matches, read
from seatmate.domain.calls import Conversation, Speaker
from seatmate.domain.compliance import ComplianceHit
from seatmate.domain.evidence import Evidence, quote_of
from seatmate.domain.redaction import find_personal


@dataclass(frozen=True)
class Examined:
    """What rules make of a conversation, in its order, at most one per rule and utterance.

    `doubted` are finds of patterns in turns that are worded like no breach: no hits, and nobody is told of them.
    """

    hits: tuple[ComplianceHit, ...]
    doubted: tuple[ComplianceHit, ...]


def examine(pack: RulePack, conversation: Conversation, shelf: Shelf = EMPTY) -> Examined:
    """By all rules."""
    talk = read(conversation, pack.scopes, shelf)
    of_rules = [_examined(rule, talk) for rule in pack.rules]
    order = {utterance.utt_id: place for place, utterance in enumerate(conversation.utterances)}

    def in_order(found: Iterable[ComplianceHit]) -> tuple[ComplianceHit, ...]:
        return tuple(sorted(found, key=lambda hit: (order[hit.evidence[-1].utt_id], hit.rule)))

    hits, doubted = (one.hits for one in of_rules), (one.doubted for one in of_rules)
    return Examined(in_order(chain.from_iterable(hits)), in_order(chain.from_iterable(doubted)))


def find_hits(pack: RulePack, conversation: Conversation, shelf: Shelf = EMPTY) -> list[ComplianceHit]:
    """The hits of all rules."""
    return list(examine(pack, conversation, shelf).hits)


def rule_hits(rule: Rule, scopes: Scopes, conversation: Conversation, shelf: Shelf = EMPTY) -> list[ComplianceHit]:
    """The hits of one rule."""
    return list(_examined(rule, read(conversation, scopes, shelf)).hits)


@dataclass(frozen=True)
class _Place:
    utt_id: str
    start: int
    end: int


@dataclass(frozen=True)
class _Found:
    """The places that a detector objects to; the last one names the utterance of the hit."""

    places: tuple[_Place, ...]
    because: str = ""
    """What the reader cannot see in the quote."""
    is_doubtful: bool = False


_WORDS = re.compile(r"\w")
_ENOUGH_SAID = 8
"""Characters of a turn that is worded one way or another: 「我要找媒体曝光」 stands as it is."""


@dataclass(frozen=True)
class _Case:
    """A rule at work on a talk."""

    rule: Rule
    talk: Talk

    def is_doubtful(self, detector: Scoped, turn: Turn) -> bool:
        """Is all of the turn worded like no breach of the rule, whatever a pattern has found in it?"""
        table, before = self.rule.table, self.talk.before(turn)
        if table is None or not detector.doubtful or len(_WORDS.findall(turn.text)) < _ENOUGH_SAID:
            return False
        return all(table.is_doubtful(piece, before) for piece in turn.pieces)


def _examined(rule: Rule, talk: Talk) -> Examined:
    about, conversation = rule.applies_if, talk.conversation
    if about.scenarios and conversation.scenario not in about.scenarios:
        return Examined((), ())
    if about.channels and conversation.channel not in about.channels:
        return Examined((), ())
    case = _Case(rule, talk)
    found: dict[str, _Found] = {}
    doubted: dict[str, _Found] = {}
    for detector in rule.detectors:
        for one in _detect(detector, case):
            (doubted if one.is_doubtful else found).setdefault(one.places[-1].utt_id, one)
    return Examined(
        tuple(_hit(rule, conversation, one) for one in found.values()),
        tuple(_hit(rule, conversation, one) for utt_id, one in doubted.items() if utt_id not in found),
    )


def _hit(rule: Rule, conversation: Conversation, found: _Found) -> ComplianceHit:
    quotes = (quote_of(conversation, place.utt_id, place.start, place.end) for place in found.places)
    evidence: tuple[Evidence, ...] = tuple(quote for quote in quotes if quote is not None)
    return ComplianceHit(
        rule=rule.name,
        severity=rule.severity,
        title=rule.title,
        verdict=f"{rule.verdict}：{found.because}" if found.because else rule.verdict,
        clause=rule.clause,
        evidence=evidence,
    )


@singledispatch
def _detect(detector: object, case: _Case) -> Iterator[_Found]:
    raise TypeError(f"no matching for {type(detector).__name__}")


@_detect.register
def _says(detector: Says, case: _Case) -> Iterator[_Found]:
    if detector.scenarios and case.talk.conversation.scenario not in detector.scenarios:
        return
    for turn in case.talk.by(case.rule.speaker):
        for found in matches(detector.patterns, turn.text):
            if not is_taken_back(detector, case.talk, turn, found):
                yield _Found((_clause(turn, found),), is_doubtful=case.is_doubtful(detector, turn))
                break


@_detect.register
def _ordered(detector: Ordered, case: _Case) -> Iterator[_Found]:
    turns = case.talk.turns
    for turn in case.talk.by(detector.first_speaker):
        cue = first(detector.first, turn.text)
        if cue is None or first(detector.first_unless, turn.text):
            continue
        for later in turns[turn.place + 1 : turn.place + 1 + detector.within]:
            answer = first(detector.then, later.text) if later.speaker is case.rule.speaker else None
            if answer is not None:
                if not is_taken_back(detector, case.talk, later, answer):
                    places = _clause(turn, cue), _clause(later, answer)
                    yield _Found(places, is_doubtful=case.is_doubtful(detector, later))
                break


@_detect.register
def _missing(detector: Missing, case: _Case) -> Iterator[_Found]:
    """Risk that was told of another product was not told of this one; what was taken back needs no such words."""
    talk, turns = case.talk, list(case.talk.by(case.rule.speaker))
    for turn in turns:
        found = first(detector.when, turn.text)
        if found is None or first(detector.unless, turn.text[slice(*sentence_around(turn.text, *found.span()))]):
            continue
        if detector.not_about and talk.topic(turn, found.end()) in detector.not_about:
            continue
        product = talk.product(turn, found.end())
        if not any(_cures(detector, talk, turn, other, product.name if product else "") for other in turns):
            yield _Found((_clause(turn, found),))
            return


def _cures(detector: Missing, talk: Talk, turn: Turn, other: Turn, name: str) -> bool:
    named = {one.name for one in talk.shelf.named_in(other.text)}
    if first(detector.required, other.text):
        return not (name and named) or name in named
    return other.place > turn.place and is_withdrawn(talk.scopes, other.text)


_LEVEL = re.compile(r"(?<![A-Z0-9])R([1-5])(?!\d)")


@_detect.register
def _unsuitable(detector: Unsuitable, case: _Case) -> Iterator[_Found]:
    talk = case.talk
    turns = list(talk.by(case.rule.speaker))
    if any(first(detector.cured, turn.text) for turn in turns):
        return
    for turn in turns:
        for start, end, product in _offered(turn, talk.shelf):
            opens, closes = sentence_around(turn.text, start, end)
            sentence = turn.text[opens:closes]
            against = unfit(product, talk.conversation.customer, talk.conversation.started_at.date())
            because = [one.label for one in against if one in detector.unfit]
            if not because or not first(detector.offers, sentence) or first(detector.unless, sentence):
                continue
            if not is_withdrawn(talk.scopes, turn.text):
                yield _Found((_Place(turn.utt_id, opens, closes),), "、".join(because))
                break


def _offered(turn: Turn, shelf: Shelf) -> Iterator[tuple[int, int, Offered]]:
    for found in _LEVEL.finditer(turn.text):
        yield found.start(), found.end(), Offered(int(found[1]))
    for one in shelf.named_in(turn.text):
        yield one.start, one.end, one.product


@_detect.register
def _reads_aloud(detector: ReadsAloud, case: _Case) -> Iterator[_Found]:
    for turn in case.talk.by(case.rule.speaker):
        for span in find_personal(turn.said):
            if span.kind in detector.numbers:
                yield _Found((_Place(turn.utt_id, *clause_around(turn.text, span.start, span.end)),))
                break


@_detect.register
def _elements(detector: Elements, case: _Case) -> Iterator[_Found]:
    turns = case.talk.turns
    if any(first(detector.aborted, turn.text) for turn in turns):
        return
    done = next((turn for turn in reversed(turns) if first(detector.completed, turn.text)), None)
    if done is None:
        return
    lacking = [
        element.name
        for element in detector.elements
        if not any(turn.speaker is element.speaker and first(element.patterns, turn.text) for turn in turns)
    ]
    last = next((turn for turn in reversed(turns[: done.place + 1]) if turn.speaker is Speaker.AGENT), done)
    if lacking and last.text.strip():
        yield _Found((_Place(last.utt_id, 0, len(last.text)),), f"缺{'、'.join(lacking)}")


@_detect.register
def _learned(detector: Learned, case: _Case) -> Iterator[_Found]:
    for turn in case.talk.by(case.rule.speaker):
        before = case.talk.before(turn)
        piece = next((one for one in turn.pieces if detector.table.is_breach(one, before)), None)
        if piece is not None and not is_withdrawn(case.talk.scopes, turn.text):
            yield _Found((_Place(turn.utt_id, *detector.table.heaviest(piece)),))


def _clause(turn: Turn, found: re.Match[str]) -> _Place:
    return _Place(turn.utt_id, *clause_around(turn.text, *found.span()))
