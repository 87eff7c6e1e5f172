"""Voices that no entry of the catalogue tells: words of a turn, and the agent's reply, lean to praise, blame or a wish.

Polarity is read off the whole turn, the label off what it and the question before are about; a turn has one such voice
at most, quoted whole, since where in it the customer says so is not known. How sure that is comes from certain.yaml.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from seatmate.aftercall.candidates import has_cue
from seatmate.aftercall.fields import Catalogue
from seatmate.aftercall.leaning import WordCounts, grams_of
from seatmate.aftercall.telling import Turn, customer_turns
from seatmate.domain.calls import Conversation
from seatmate.domain.evidence import quote_of
from seatmate.domain.findings import FoundBy, VocItem, VocPolarity

_LEAST = 4
"""Characters of a turn that says something."""
_TO_NONE = -1.0
"""A turn that leans to its likeliest polarity by less than this has no voice, nearly always."""
_SEVERITY: Mapping[VocPolarity, int] = MappingProxyType(
    {VocPolarity.POSITIVE: 1, VocPolarity.NEGATIVE: 2, VocPolarity.SUGGESTION: 2}
)
_LENGTHS = (10, 20, 40, 80)
_NOTHING: Mapping[str, WordCounts] = MappingProxyType({})


@dataclass(frozen=True)
class Leaned:
    """What a turn leans to, with the signs and measures of how sure that is."""

    turn: Turn
    polarity: VocPolarity
    label: str
    signs: frozenset[str]
    measures: Mapping[str, float]

    @property
    def name(self) -> str:
        return f"{self.polarity.value} {self.label}"


def leaned_turns(
    conversation: Conversation,
    catalogue: Catalogue,
    counts: Mapping[str, WordCounts],
    less: Mapping[str, WordCounts] = _NOTHING,
) -> Iterator[Leaned]:
    """`counts` of polarities and labels; `less` of the same names is not counted."""
    for turn in customer_turns(conversation):
        if len(turn.text) < _LEAST:
            continue
        grams = grams_of(turn.text, turn.before, turn.after)
        polarities = counts["polarity"].leanings(grams, less.get("polarity"))
        labels = counts["label"].leanings(grams_of(turn.text, turn.before), less.get("label"))
        known = {label: to for label, to in labels.items() if label in catalogue.labels}
        if not known or max(polarities.values(), default=_TO_NONE) <= _TO_NONE:
            continue
        polarity, label = max(polarities, key=polarities.__getitem__), max(known, key=known.__getitem__)
        yield Leaned(
            turn=turn,
            polarity=VocPolarity(polarity),
            label=label,
            signs=frozenset(_signs(turn, VocPolarity(polarity), label, catalogue)),
            measures={
                "polarity": polarities[polarity],
                "polarity ahead": _ahead(polarities, polarity),
                "label": known[label],
                "label ahead": _ahead(known, label),
            },
        )


def _ahead(leanings: Mapping[str, float], of: str) -> float:
    return leanings[of] - max((to for name, to in leanings.items() if name != of), default=0.0)


def _signs(turn: Turn, polarity: VocPolarity, label: str, catalogue: Catalogue) -> Iterator[str]:
    yield polarity.value
    yield f"voice {polarity.value} {label}"
    yield f"turn: up to {next((most for most in _LENGTHS if len(turn.text) <= most), 'more')} characters"
    if has_cue(catalogue.labels[label].cues, turn.text):
        yield "topic in the turn"
    if has_cue(catalogue.labels[label].cues, turn.before):
        yield "topic before"
    if has_cue(catalogue.polarity[polarity], turn.text):
        yield "feeling in the turn"


def tell_leaned(conversation: Conversation, catalogue: Catalogue) -> Iterator[VocItem]:
    """Those that are sure enough to be told."""
    weights = catalogue.certainty.leaned_voc
    for one in leaned_turns(conversation, catalogue, catalogue.certainty.words.counts):
        confidence = weights.confidence(one.signs, {"record": weights.record_of(one.name, ""), **one.measures})
        spans = one.turn.spans
        quote = quote_of(conversation, one.turn.utterance.utt_id, spans[0][0], spans[-1][1]) if spans else None
        if quote is None or not weights.is_told(confidence):
            continue
        escalates = one.polarity is VocPolarity.NEGATIVE and has_cue(catalogue.escalation, one.turn.text)
        yield VocItem(
            polarity=one.polarity,
            label_l1=one.label,
            label=catalogue.labels[one.label].name,
            severity=3 if escalates else _SEVERITY[one.polarity],
            escalation_risk=escalates,
            confidence=confidence,
            certain=weights.is_certain(confidence),
            found_by=FoundBy.WORDS,
            evidence=(quote,),
        )
