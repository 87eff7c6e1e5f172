"""A fact from the words that tell it: whose it is, whether it holds or is planned, and its value.

A question, an if, a friend's house and a no are seen by rule (guard); what they forbid is no fact. Does not know what
made anybody think that these words tell it.
"""

from seatmate.aftercall.fields import KycField, ToldFact
from seatmate.aftercall.guard import Reading, guarded, is_denied, is_planned
from seatmate.aftercall.telling import Match
from seatmate.aftercall.values import value_of
from seatmate.domain.calls import Conversation
from seatmate.domain.evidence import quote_of
from seatmate.domain.findings import FoundBy, KycFact, Modality, Polarity, Subject
from seatmate.domain.redaction import redact


def fact_of(conversation: Conversation, field: KycField, match: Match, told: ToldFact | None = None) -> KycFact | None:
    """`told` is the entry of the catalogue that matched; without one the words are taken as a statement."""
    proposed = Reading((told and told.subject) or Subject.SELF, Polarity.AFFIRMED, Modality.FACT)
    reading = guarded(field, match.turn.text, match.clause, match.found.span(), proposed)
    modality = _modality(told, match, reading.modality)
    if modality is None or reading.subject is Subject.OTHER:
        return None
    negated = told is not None and told.negated
    if not negated and not field.negatable and is_denied(match.turn.text[match.clause[0] : match.found.start()]):
        return None
    quote = quote_of(conversation, match.turn.utterance.utt_id, *match.clause)
    if quote is None:
        return None
    named = match.found.groupdict().get("value")
    value = value_of(field.values, named or match.words, conversation.started_at)
    words = redact(quote.quote).text  # a value is read by more people than the call; the evidence stays exact
    return KycFact(
        field=field.field,
        value=(told and told.value) or value.spelt or named or words,
        value_text=words,
        subject=(told and told.subject) or reading.subject,
        polarity=Polarity.NEGATED if negated else reading.polarity,
        modality=modality,
        said_at=conversation.started_at,
        event_time=value.date,
        confidence=0.0,  # weighed when all that the call tells is known
        found_by=FoundBy.WORDS,
        evidence=(quote,),
    )


def _modality(told: ToldFact | None, match: Match, read: Modality) -> Modality | None:
    """None when the words only ask or suppose and the entry does not allow it."""
    if read is Modality.QUESTION and not (told and told.askable):
        return None
    if read is Modality.HYPOTHETICAL:
        return read if told and told.supposable else None  # 再…我就…: an intention under a condition is no plan yet
    if told and told.modality is not None:
        return told.modality
    return Modality.PLAN if is_planned(match.words) else Modality.FACT
