"""What a model proposes against what was said. Nothing passes that the transcript does not hold, word for word.

Evidence is copied from the stored conversation, never from the model's text; what cannot be verified is dropped with a
reason. Knows nothing of prompts or of where a proposal came from.
"""

import re
from dataclasses import dataclass

from seatmate.aftercall.candidates import has_cue
from seatmate.aftercall.fields import Catalogue, Cues, KycField
from seatmate.aftercall.guard import Reading, guarded
from seatmate.aftercall.transcript import NumberedTranscript
from seatmate.compliance.clauses import clauses, fold
from seatmate.domain.calls import Conversation, Speaker, Utterance
from seatmate.domain.evidence import Evidence, is_exact, quote_of
from seatmate.domain.figures import FoundFigure, find_figures
from seatmate.domain.findings import KycFact, Modality, Polarity, Skipped, SkipReason, Subject, VocItem, VocPolarity
from seatmate.domain.model import Shape


class FactProposal(Shape):
    """One fact as the model names it: utterance number, field, and how it is meant."""

    u: int
    f: str
    s: Subject
    p: Polarity
    m: Modality


class VoiceProposal(Shape):
    u: int
    p: VocPolarity
    l: str  # noqa: E741  (the key of the prompt's schema)
    v: int


@dataclass(frozen=True)
class Said:
    """A call as the checks see it: what was stored, and the numbers under which the model read it."""

    conversation: Conversation
    transcript: NumberedTranscript

    def utterance(self, number: int) -> Utterance | None:
        utt_id = self.transcript.utt_id(number)
        return next((u for u in self.conversation.utterances if u.utt_id == utt_id), None)


# ── facts ──────────────────────────────────────────────────────────────────────────────────────────────────────────

# Priors, not measured probabilities: a reading that rules and model agree on, and one that a rule had to correct.
_AGREED, _CORRECTED, _CONFIRMED = 0.9, 0.6, 0.7


def check_fact(proposal: FactProposal, said: Said, catalogue: Catalogue) -> KycFact | Skipped:
    """A fact with the customer's exact words, or why not."""
    field = catalogue.fields.get(proposal.f)
    utterance = said.utterance(proposal.u)
    if field is None:
        return _dropped("kyc", SkipReason.MODEL_OUTPUT_INVALID, f"unknown field {proposal.f[:40]}")
    if utterance is None:
        return _dropped("kyc", SkipReason.UNVERIFIED_EVIDENCE, f"{field.field}: no utterance {proposal.u}")
    confirmation = None
    if utterance.speaker is not Speaker.CUSTOMER:
        confirmation = _confirmation(said, proposal.u)
        if confirmation is None:
            detail = f"{field.field}: utterance {proposal.u} is not the customer's and was not confirmed"
            return _dropped("kyc", SkipReason.UNVERIFIED_EVIDENCE, detail)
    place = _cue_place(field.cues, utterance.text)
    if place is None:
        return _dropped("kyc", SkipReason.UNVERIFIED_EVIDENCE, f"{field.field}: no cue in utterance {proposal.u}")
    quote = quote_of(said.conversation, utterance.utt_id, *place.clause)
    evidence = tuple(e for e in (quote, confirmation) if e is not None)
    if quote is None or not all(is_exact(e, said.conversation) for e in evidence):
        return _dropped(
            "kyc", SkipReason.UNVERIFIED_EVIDENCE, f"{field.field}: utterance {proposal.u} cannot be quoted"
        )
    proposed = Reading(proposal.s, proposal.p, proposal.m)
    reading = guarded(field, fold(utterance.text), place.clause, place.cue, proposed)
    if confirmation is not None and reading.modality is Modality.QUESTION:
        reading = Reading(reading.subject, reading.polarity, proposal.m)  # an agent asks, the yes makes it a statement
    figures = find_figures(quote.quote)
    confidence = _CONFIRMED if confirmation is not None else _AGREED if reading == proposed else _CORRECTED
    return KycFact(
        field=field.field,
        value=_value(field, figures) or quote.quote,
        value_text=quote.quote,
        subject=reading.subject,
        polarity=reading.polarity,
        modality=reading.modality,
        said_at=said.conversation.started_at,
        event_time=next((figure.value for figure in figures if figure.kind == "date"), None),
        confidence=confidence,
        evidence=evidence,
    )


_YES = re.compile(r"^(?:嗯+|啊|哦|欸|诶)?[,，。\s]*(?:对|是的|是啊|是呀|没错|对的|对啊|正确|可不是?嘛?|是$)(?!不|吗)")


def _confirmation(said: Said, number: int) -> Evidence | None:
    """The customer's yes right after an agent's turn."""
    after = said.utterance(number + 1)
    if after is None or after.speaker is not Speaker.CUSTOMER:
        return None
    found = _YES.search(fold(after.text))
    return None if found is None else quote_of(said.conversation, after.utt_id, *found.span())


def _value(field: KycField, figures: list[FoundFigure]) -> str | None:
    """The figure that a field is about, spelt one way: `220000 CNY`, `3.1%`, `12m`, `2027-03`."""
    spelt = {"amt": "{} CNY", "pct": "{}%", "term": "{}", "date": "{}"}
    for kind in field.values:
        for figure in figures:
            if figure.kind == kind:
                return spelt[kind].format(figure.value)
    return None


# ── voice ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def check_voice(proposal: VoiceProposal, said: Said, catalogue: Catalogue) -> VocItem | Skipped:
    """A praise, a complaint or a wish with the customer's exact words, or why not."""
    label = catalogue.labels.get(proposal.l)
    utterance = said.utterance(proposal.u)
    if label is None or not 1 <= proposal.v <= 4:
        return _dropped("voc", SkipReason.MODEL_OUTPUT_INVALID, f"label {proposal.l[:40]}, severity {proposal.v}")
    if utterance is None or utterance.speaker is not Speaker.CUSTOMER:
        detail = f"{label.label}: utterance {proposal.u} is not the customer's"
        return _dropped("voc", SkipReason.UNVERIFIED_EVIDENCE, detail)
    before = said.utterance(proposal.u - 1)
    talk = (utterance,) if before is None else (before, utterance)
    place = _cue_place(catalogue.polarity[proposal.p], utterance.text)
    if place is None or not any(has_cue(label.cues, fold(u.text)) for u in talk):
        detail = f"{label.label}: no {proposal.p.value} cue of it in utterance {proposal.u}"
        return _dropped("voc", SkipReason.UNVERIFIED_EVIDENCE, detail)
    quote = quote_of(said.conversation, utterance.utt_id, *place.clause)
    if quote is None or not is_exact(quote, said.conversation):
        detail = f"{label.label}: utterance {proposal.u} cannot be quoted"
        return _dropped("voc", SkipReason.UNVERIFIED_EVIDENCE, detail)
    escalates = proposal.p is VocPolarity.NEGATIVE and has_cue(catalogue.escalation, fold(utterance.text))
    return VocItem(
        polarity=proposal.p,
        label_l1=label.label,
        label=label.name,
        severity=max(proposal.v, 3) if escalates else proposal.v,
        escalation_risk=escalates,
        evidence=(quote,),
    )


# ── words ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _CuePlace:
    """A cue and the clause that holds it, in an utterance's own offsets."""

    cue: tuple[int, int]
    clause: tuple[int, int]


_SHORT = 8
"""A clause as short as this one says little alone: 「到期 22万」 belongs together."""


def _cue_place(cues: Cues, text: str) -> _CuePlace | None:
    """The clause to quote: the first with a cue and a figure, else the first with a cue."""
    folded = fold(text)
    spans = clauses(text)
    places = []
    for cue in cues:
        for found in cue.finditer(folded):
            held = [i for i, (start, end) in enumerate(spans) if start < found.end() and found.start() < end]
            if held:
                places.append((found.span(), held[0], held[-1]))
    if not places:
        return None
    places.sort()
    with_figure = [p for p in places if find_figures(text[spans[p[1]][0] : spans[p[2]][1]])]
    cue_span, first, last = (with_figure or places)[0]
    if not with_figure and last + 1 < len(spans):
        start, end = spans[last + 1]
        if end - start <= _SHORT and find_figures(text[start:end]):
            last += 1
    return _CuePlace(cue_span, (spans[first][0], spans[last][1]))


def _dropped(analysis: str, reason: SkipReason, detail: str) -> Skipped:
    return Skipped(analysis=analysis, reason=reason, detail=detail)
