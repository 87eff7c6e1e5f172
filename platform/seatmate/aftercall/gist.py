"""What a call was about, how it ended and in what mood, by the cues of the outline's rules. No model.

A status is told by the first rule of the file that weighs enough, so the file's order says what goes before what.
"""

from collections.abc import Sequence

from seatmate.aftercall.candidates import has_cue
from seatmate.aftercall.outline_rules import Cues, IntentRules, MoodRules, OutcomeRules
from seatmate.aftercall.talk import Sentence, Talk
from seatmate.domain.calls import Speaker
from seatmate.domain.evidence import Evidence, quote_of
from seatmate.domain.findings import Intent, Outcome, OutcomeStatus, Sentiment, SentimentShift
from seatmate.domain.redaction import redact

# The reason of the call tells its intent; what the agent brings up beside it tells little.
_REASON, _CUSTOMER, _AGENT = 3.0, 1.0, 0.4
_QUOTES = 2
"""Of an intent."""


def intents_of(talk: Talk, rules: IntentRules, reason: Sequence[Sentence], resolved: bool) -> tuple[Intent, ...]:
    """The heaviest labels; all are as resolved as the call is."""
    weights: dict[str, float] = {}
    carriers: dict[str, list[tuple[float, Sentence]]] = {}
    first = {sentence.turn for sentence in reason}
    for sentence in talk.sentences:
        factor = _CUSTOMER if talk.speakers[sentence.turn] is Speaker.CUSTOMER else _AGENT
        factor = _REASON if sentence.turn in first else factor
        for rule in rules.labels:
            weight = factor * talk.weight(rule.cues, sentence)
            if weight > 0:
                weights[rule.label] = weights.get(rule.label, 0.0) + weight
                carriers.setdefault(rule.label, []).append((weight, sentence))
    best = sorted(weights, key=lambda label: weights[label], reverse=True)
    kept = [label for label in best if weights[label] >= max(rules.least, rules.share * weights[best[0]])]
    found = [_intent(talk, label, carriers[label], resolved) for label in kept[: rules.most]]
    if found or not reason:
        return tuple(found)
    return (Intent(label=rules.otherwise, resolved=resolved, evidence=_quotes(talk, reason[:1])),)


def _intent(talk: Talk, label: str, carriers: Sequence[tuple[float, Sentence]], resolved: bool) -> Intent:
    heaviest = sorted(carriers, key=lambda one: one[0], reverse=True)[:_QUOTES]
    sentences = sorted((sentence for _, sentence in heaviest), key=lambda s: (s.turn, s.start))
    return Intent(label=label, resolved=resolved, evidence=_quotes(talk, sentences))


def outcome_of(talk: Talk, rules: OutcomeRules, broken_off: bool) -> Outcome | None:
    """None when nobody said a word. A call that was broken off and dealt with nothing was abandoned."""
    if not talk.sentences:
        return None
    for rule in rules.statuses:
        if broken_off and rule.status is rules.otherwise:
            continue  # what was left open before the line failed is not how the call ended
        turns = talk.turns(Speaker.AGENT, Speaker.CUSTOMER)[-(rule.last_turns or 0) :]
        found = [s for s in talk.sentences if s.turn in turns and talk.weight(rule.cues, s) > 0]
        if sum(talk.weight(rule.cues, sentence) for sentence in found) >= rule.least:
            return _outcome(talk, rule.status, [found[-1], *_last_words(talk, rules.farewell)])
    status = OutcomeStatus.ABANDONED if broken_off else rules.otherwise
    return _outcome(talk, status, _last_words(talk, rules.farewell))


def _last_words(talk: Talk, farewell: Cues) -> list[Sentence]:
    """How the customer leaves it, or who speaks last where he says nothing: the last that is more than a goodbye."""
    telling = [s for s in talk.sentences if not has_cue(farewell, talk.words(s))] or list(talk.sentences)
    return ([s for s in telling if talk.speakers[s.turn] is Speaker.CUSTOMER] or telling)[-1:]


def _outcome(talk: Talk, status: OutcomeStatus, sentences: Sequence[Sentence]) -> Outcome:
    """Shown by what tells the status, proved by the last words as well."""
    evidence = _quotes(talk, list(dict.fromkeys(sentences)))
    return Outcome(status=status, text=redact(evidence[0].quote).text, evidence=evidence)


def mood_of(talk: Talk, rules: MoodRules) -> SentimentShift | None:
    """How the customer sounds in his first turns and in his last; None when he says nothing."""
    turns = talk.turns(Speaker.CUSTOMER)
    if not turns:
        return None
    # In a short call no turn is both: an angry beginning may end well.
    half = max(len(turns) // 2, 1)
    begin = [talk.texts[turn] for turn in turns[: min(rules.begin_turns, half)]]
    end = [talk.texts[turn] for turn in turns[-min(rules.end_turns, half) :]]
    return SentimentShift(begin=_mood(begin, rules), end=_mood(end, rules))


def _mood(texts: Sequence[str], rules: MoodRules) -> Sentiment:
    bad = sum(has_cue((cue,), text) for text in texts for cue in rules.negative)
    good = sum(has_cue((cue,), text) for text in texts for cue in rules.positive)
    if bad > good:
        return Sentiment.NEGATIVE
    return Sentiment.POSITIVE if good > bad else Sentiment.NEUTRAL


def _quotes(talk: Talk, sentences: Sequence[Sentence]) -> tuple[Evidence, ...]:
    found = (quote_of(talk.conversation, talk.ids[s.turn], s.start, s.end) for s in sentences)
    return tuple(quote for quote in found if quote is not None)
