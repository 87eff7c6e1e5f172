"""What a customer told in words that need no model: facts and voices by the catalogue's `told` patterns, and beside
them what words lean to.

Precise rather than complete: what is in doubt is left to the model's candidates. Every finding is quoted from the
stored conversation, by clauses.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from seatmate.aftercall.candidates import has_cue
from seatmate.aftercall.certainty import Weights
from seatmate.aftercall.facts import fact_of
from seatmate.aftercall.fields import Catalogue, Patterns, Told, ToldVoice, VocLabel
from seatmate.aftercall.leaned_facts import tell_leaned_facts
from seatmate.aftercall.leaned_voices import tell_leaned
from seatmate.aftercall.telling import Claim, F, Match, Telling, Turn, claim_of, customer_turns
from seatmate.aftercall.told_signs import Beside, measures_of, signs_of
from seatmate.domain.calls import Conversation
from seatmate.domain.evidence import Evidence, quote_of
from seatmate.domain.findings import FoundBy, KycFact, VocItem, VocPolarity

_NEXT = 3
"""Characters between clauses that may be one saying: 「在她手上 她说了算」."""


def tell_facts(conversation: Conversation, catalogue: Catalogue) -> list[KycFact]:
    """Facts of the customer and his family, in the order of the conversation; the same fact said twice is one."""
    weights = catalogue.certainty.kyc
    tellings = fact_tellings(conversation, catalogue)
    told = _told(_weighed(tellings, catalogue, weights), weights)
    places = {(one.name, one.match.turn.utterance.utt_id) for one in tellings}
    leaned = [f for f in tell_leaned_facts(conversation, catalogue) if (f.field, f.evidence[0].utt_id) not in places]
    return _in_order([*told, *_merged(leaned)], conversation)


def tell_voices(conversation: Conversation, catalogue: Catalogue) -> list[VocItem]:
    """Praise, blame and wishes, in the order of the conversation; the same one twice in a turn is one."""
    weights = catalogue.certainty.voc
    told = _told(_weighed(voice_tellings(conversation, catalogue), catalogue, weights), weights)
    known = {claim_of(one) for one in told}
    leaned = [one for one in tell_leaned(conversation, catalogue) if claim_of(one) not in known]
    return _in_order([*told, *leaned], conversation)


def _in_order(found: Sequence[F], conversation: Conversation) -> list[F]:
    places = {utterance.utt_id: number for number, utterance in enumerate(conversation.utterances)}
    return sorted(found, key=lambda one: places[one.evidence[0].utt_id])


def fact_tellings(conversation: Conversation, catalogue: Catalogue) -> list[Telling[KycFact]]:
    """Each fact with the words that told it, before anything is put together or weighed."""
    found: list[Telling[KycFact]] = []
    for turn in customer_turns(conversation):
        for field in catalogue.fields.values():
            told = (
                Telling(fact, one, match)
                for one in field.told
                for match in _matches(one, turn)
                if (fact := fact_of(conversation, field, match, one)) is not None
            )
            found += _apart(told)
    return found


def voice_tellings(conversation: Conversation, catalogue: Catalogue) -> list[Telling[VocItem]]:
    """Each voice with the words that told it."""
    found: list[Telling[VocItem]] = []
    for turn in customer_turns(conversation):
        voices = (
            Telling(voice, one, match)
            for label in catalogue.labels.values()
            for one in label.told
            for match in _matches(one, turn)
            if (voice := _voice(conversation, catalogue, label, one, match)) is not None
        )
        found += _apart(voices)
    return found


def _weighed(tellings: Sequence[Telling[F]], catalogue: Catalogue, weights: Weights) -> list[F]:
    """The findings with how sure the words are of them."""
    beside = Beside.of(tellings)
    found = []
    for one in tellings:
        signs = signs_of(one, beside, catalogue)
        confidence = weights.confidence(signs, measures_of(one, weights, catalogue.certainty.words))
        how = {"confidence": confidence, "certain": weights.is_certain(confidence)}
        found.append(one.finding.model_copy(update=how))
    return found


def _told(findings: Sequence[F], weights: Weights) -> list[F]:
    """Those that are sure enough to be told."""
    return [one for one in _merged(findings) if weights.is_told(one.confidence or 0.0)]


def _merged(findings: Sequence[F]) -> list[F]:
    """What is told again is one finding with more evidence: 「字越来越小 看不清了」 is one with two quotes."""
    kept: dict[Claim, F] = {}
    for one in findings:
        key = claim_of(one)
        kept[key] = _both(kept[key], one) if key in kept else one
    return list(kept.values())


def _both(known: F, again: F) -> F:
    """As sure as the surer of the two, and as grave as the graver."""
    more: tuple[Evidence, ...] = tuple(one for one in again.evidence if one not in known.evidence)
    how: dict[str, object] = {
        "evidence": (*known.evidence, *more),
        "confidence": max(known.confidence or 0.0, again.confidence or 0.0),
        "certain": known.certain or again.certain,
    }
    if isinstance(known, VocItem) and isinstance(again, VocItem):
        how["severity"] = max(known.severity, again.severity)
        how["escalation_risk"] = known.escalation_risk or again.escalation_risk
    return known.model_copy(update=how)


# ── where words stand ──────────────────────────────────────────────────────────────────────────────────────────────


def _matches(told: Told, turn: Turn) -> Iterator[Match]:
    if told.after and not has_cue(told.after, turn.before):
        return
    if has_cue(told.unless_after, turn.before) or has_cue(told.unless_turn, turn.text):
        return
    seen: set[tuple[int, int]] = set()
    for found in _finds(told.says, turn.text):
        held = [span for span in turn.spans if span[0] < found.end() and found.start() < span[1]]
        if not held:
            continue
        clause = held[0][0], held[-1][1]
        if clause in seen:
            continue  # it would be the same quote again, and a long clause may hold hundreds
        seen.add(clause)
        if not any(cue.search(turn.text, *clause) for cue in told.unless):
            yield Match(turn, found, clause)


def _finds(patterns: Patterns, text: str) -> Iterator[re.Match[str]]:
    for pattern in patterns:
        yield from pattern.finditer(text)


def _apart(found: Iterable[Telling[F]]) -> list[Telling[F]]:
    """One finding of a field or label in one place: of those that overlap, or go on in words alone, the first stays."""
    kept: list[Telling[F]] = []
    for telling in found:
        one, new = telling.finding, telling.finding.evidence[0]
        room = _NEXT if isinstance(one, KycFact) and one.value == one.value_text else 0
        others = (e.finding.evidence[0] for e in kept if _same(e.finding, one))
        if not any(e.start < new.end + room and new.start < e.end + room for e in others):
            kept.append(telling)
    return kept


def _same(one: KycFact | VocItem, other: KycFact | VocItem) -> bool:
    if isinstance(one, KycFact) and isinstance(other, KycFact):
        return (one.subject, one.polarity, one.modality) == (other.subject, other.polarity, other.modality)
    # One complaint about one thing: the words of a clause have one polarity.
    return isinstance(one, VocItem) and isinstance(other, VocItem) and one.polarity is other.polarity


# ── findings ───────────────────────────────────────────────────────────────────────────────────────────────────────


def _voice(
    conversation: Conversation, catalogue: Catalogue, label: VocLabel, told: ToldVoice, match: Match
) -> VocItem | None:
    quote = quote_of(conversation, match.turn.utterance.utt_id, *match.clause)
    if quote is None:
        return None
    escalates = told.polarity is VocPolarity.NEGATIVE and has_cue(catalogue.escalation, match.turn.text)
    return VocItem(
        polarity=told.polarity,
        label_l1=label.label,
        label=label.name,
        severity=max(told.severity, 3) if escalates else told.severity,
        escalation_risk=escalates,
        found_by=FoundBy.WORDS,
        evidence=(quote,),
    )
