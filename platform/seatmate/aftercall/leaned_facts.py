"""Facts that no entry of the catalogue tells: words of a clause, and of those beside it, lean to a field.

Clauses that follow one another and lean to the same field are one fact, quoted whole: where in them the customer says
so is not known. How sure that is comes from certain.yaml.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby

from seatmate.aftercall.candidates import has_cue
from seatmate.aftercall.facts import fact_of
from seatmate.aftercall.fields import Catalogue, KycField
from seatmate.aftercall.leaning import NOTHING, WordCounts
from seatmate.aftercall.telling import Match, Turn, customer_turns
from seatmate.aftercall.told_signs import signs_of_talk, signs_of_words
from seatmate.domain.calls import Conversation
from seatmate.domain.findings import KycFact

_TO_NONE = 0.0
"""A clause that leans to its likeliest field by less than this tells none, nearly always."""
_WHOLE = re.compile(r"(?s).*")


@dataclass(frozen=True)
class LeanedFact:
    """Words that lean to a field, with the signs and measures of how sure that is."""

    fact: KycFact
    signs: frozenset[str]
    measures: Mapping[str, float]


@dataclass(frozen=True)
class _Lean:
    """Of one clause; `field` is empty where it leans to none."""

    clause: tuple[int, int]
    field: str = ""
    to: float = 0.0
    ahead: float = 0.0


def leaned_clauses(
    conversation: Conversation, catalogue: Catalogue, counts: WordCounts, less: WordCounts = NOTHING
) -> Iterator[LeanedFact]:
    """`less` is not counted."""
    for turn in customer_turns(conversation):
        leans = (_lean(turn, clause, catalogue, counts, less) for clause in turn.spans)
        for name, group in groupby(leans, key=lambda lean: lean.field):
            if not name:
                continue
            same = list(group)
            clause = same[0].clause[0], same[-1].clause[1]
            field, best = catalogue.fields[name], max(same, key=lambda lean: lean.to)
            match = Match(turn, _cue(field, turn, clause), clause)
            if (fact := fact_of(conversation, field, match)) is not None:
                signs = frozenset(_signs(field, match, fact))
                yield LeanedFact(fact, signs, {"field": best.to, "field ahead": best.ahead})


def _lean(turn: Turn, clause: tuple[int, int], catalogue: Catalogue, counts: WordCounts, less: WordCounts) -> _Lean:
    found = counts.leanings(turn.grams(clause), less)
    known = sorted(((to, name) for name, to in found.items() if name in catalogue.fields), reverse=True)
    if not known or known[0][0] <= _TO_NONE:
        return _Lean(clause)
    (to, name), *others = known
    return _Lean(clause, name, to, to - (others[0][0] if others else 0.0))


def _cue(field: KycField, turn: Turn, clause: tuple[int, int]) -> re.Match[str]:
    """Where the field is spoken of; without a cue, the words themselves."""
    cues = (found for cue in field.cues if (found := cue.search(turn.text, *clause)))
    whole = _WHOLE.match(turn.text, *clause)
    assert whole is not None
    return next(cues, whole)


def _signs(field: KycField, match: Match, fact: KycFact) -> Iterator[str]:
    turn = match.turn
    yield f"field {field.field}"
    yield f"group {field.group}"
    yield f"{fact.modality.value} of {fact.subject.value}"
    yield from signs_of_words(turn, match.clause)
    yield from signs_of_talk(turn)
    if has_cue(field.cues, match.words):
        yield "cue in the words"
    elif has_cue(field.cues, turn.text):
        yield "cue in the turn"
    if has_cue(field.cues, turn.before):
        yield "cue before"
    if field.values:
        yield f"value: {'words' if fact.value == fact.value_text else 'figure'}"


def tell_leaned_facts(conversation: Conversation, catalogue: Catalogue) -> Iterator[KycFact]:
    """Those that are sure enough to be told."""
    weights = catalogue.certainty.leaned_kyc
    for one in leaned_clauses(conversation, catalogue, catalogue.certainty.words.field.counts):
        confidence = weights.confidence(one.signs, {"record": weights.record_of(one.fact.field, ""), **one.measures})
        if weights.is_told(confidence):
            yield one.fact.model_copy(update={"confidence": confidence, "certain": weights.is_certain(confidence)})
