"""Which customer utterances may hold which field or label: recognisers propose, the model decides, checks verify.

Deterministic, by the cues of the catalogue; knows nothing of subject, negation or modality.
"""

from collections.abc import Sequence

from seatmate.aftercall.fields import Catalogue, Cues
from seatmate.aftercall.transcript import Candidate, NumberedTranscript
from seatmate.compliance.clauses import fold
from seatmate.domain.calls import Conversation, Speaker
from seatmate.domain.findings import KycFact, VocItem


def kyc_candidates(conversation: Conversation, transcript: NumberedTranscript, catalogue: Catalogue) -> list[Candidate]:
    """Fields whose cues a customer said."""
    return [
        Candidate(number, field.field)
        for number, said in _customer_turns(conversation, transcript)
        for field in catalogue.fields.values()
        if has_cue(field.cues, said)
    ]


def voc_candidates(conversation: Conversation, transcript: NumberedTranscript, catalogue: Catalogue) -> list[Candidate]:
    """Labels of what a customer praised, blamed or wished for. The topic may stand in the utterance before."""
    folded = {u.utt_id: fold(u.text) for u in conversation.utterances}
    found = []
    for number, said in _customer_turns(conversation, transcript):
        if not any(has_cue(cues, said) for cues in catalogue.polarity.values()):
            continue
        labels = [label.label for label in catalogue.labels.values() if has_cue(label.cues, said)]
        if not labels and (before_id := transcript.utt_id(number - 1)):
            before = folded[before_id]
            labels = [label.label for label in catalogue.labels.values() if has_cue(label.cues, before)]
        found += [Candidate(number, label) for label in labels]
    return found


def untold_facts(
    candidates: Sequence[Candidate], transcript: NumberedTranscript, told: Sequence[KycFact]
) -> list[Candidate]:
    """Without those that words have settled: where both find something, the words' reading stands."""
    known = {(fact.field, quote.utt_id) for fact in told for quote in fact.evidence}
    return [one for one in candidates if (one.key, transcript.utt_id(one.number)) not in known]


def untold_voices(
    candidates: Sequence[Candidate], said: Conversation, transcript: NumberedTranscript, told: Sequence[VocItem],
    catalogue: Catalogue,
) -> list[Candidate]:  # fmt: skip
    """Without those of which words have told every voice that the utterance can hold: a complaint, and a wish."""
    known = {(item.label_l1, quote.utt_id, item.polarity) for item in told for quote in item.evidence}
    folded = {u.utt_id: fold(u.text) for u in said.utterances}
    return [
        one
        for one in candidates
        if (utt_id := transcript.utt_id(one.number)) is not None
        and any(
            has_cue(cues, folded[utt_id]) and (one.key, utt_id, polarity) not in known
            for polarity, cues in catalogue.polarity.items()
        )
    ]


def has_cue(cues: Cues, folded: str) -> bool:
    return any(cue.search(folded) for cue in cues)


def _customer_turns(conversation: Conversation, transcript: NumberedTranscript) -> list[tuple[int, str]]:
    turns = []
    for utterance in conversation.utterances:
        number = transcript.number(utterance.utt_id)
        if utterance.speaker is Speaker.CUSTOMER and number is not None:
            turns.append((number, fold(utterance.text)))
    return turns
