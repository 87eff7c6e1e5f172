"""The summary of a call without a model: for each section the sentences that carry it, quoted and masked.

A sentence goes where it weighs most, and nowhere twice. Reads words, not meaning: what is said between the lines is not
found. What a call is about, how it ended and in what mood is told by gist.py.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from seatmate.aftercall.call_kinds import is_broken_off, kinds_of
from seatmate.aftercall.candidates import has_cue
from seatmate.aftercall.gist import intents_of, mood_of, outcome_of
from seatmate.aftercall.outline_rules import SECTIONS, OutlineRules, Section, SectionRule
from seatmate.aftercall.talk import Sentence, Talk
from seatmate.compliance.clauses import clauses
from seatmate.domain.calls import Conversation, Direction, Speaker
from seatmate.domain.evidence import quote_of
from seatmate.domain.figures import find_figures
from seatmate.domain.findings import OutcomeStatus, Source, Summary, SummaryItem
from seatmate.domain.redaction import mask_conversation, redact
from seatmate.domain.words import informative

_ALIKE = 0.6
"""Two lines that share so much of what the shorter says are one."""
_BESIDE = 2
"""Turns: what is said so soon after the reason of the call may belong to it."""


@dataclass(frozen=True)
class Outline:
    """A call's outline, and what its rules think of any utterance of it."""

    rules: OutlineRules
    talk: Talk
    names: tuple[str, ...]
    summary: Summary

    @classmethod
    def of(cls, conversation: Conversation, rules: OutlineRules, names: Sequence[str] = ()) -> "Outline":
        """`names` are the products in force; their codes are told by who knows them."""
        talk = Talk.of(conversation)
        return cls(rules, talk, tuple(names), _drawn(talk, rules, names))

    def above(self, section: Section, utt_id: str) -> float:
        """By how much an utterance's best sentence weighs more than the section asks; below 0 when it is too light."""
        rule = self.rules.rule(section)
        weights = (_weight(self.talk, rule, sentence, self.names)[0] for sentence in self._sentences(utt_id))
        return max(weights, default=0.0) - rule.least

    def said(self, section: Section, utt_id: str) -> SummaryItem | None:
        """The sentence of an utterance that carries a section, as the outline shows it; None when none does."""
        places = list(_places(self.talk, self.rules.rule(section), self._sentences(utt_id), self.names))
        best = sorted(places, key=lambda place: place.weight, reverse=True)[:1]
        return next(iter(_items(self.talk, self.rules, best)), None)

    def _sentences(self, utt_id: str) -> list[Sentence]:
        turn = self.talk.ids.index(utt_id)
        return [sentence for sentence in self.talk.sentences if sentence.turn == turn]

    def suits(self, section: Section, utt_id: str) -> bool:
        """May an utterance stand for a section, whoever proposes it?"""
        rule, turn = self.rules.rule(section), self.talk.ids.index(utt_id)
        if self.talk.speakers[turn] not in rule.speakers:
            return False
        if rule.needs_cue:
            return self.above(section, utt_id) >= 0
        return not any(pattern.search(self.talk.texts[turn]) for pattern in rule.never)


def draw_outline(conversation: Conversation, rules: OutlineRules, names: Sequence[str] = ()) -> Summary:
    return Outline.of(conversation, rules, names).summary


def alike(one: str, other: str) -> bool:
    """Do two lines say nearly the same?"""
    a, b = informative(one), informative(other)
    return bool(a) and bool(b) and len(a & b) >= _ALIKE * min(len(a), len(b))


def _drawn(talk: Talk, rules: OutlineRules, names: Sequence[str]) -> Summary:
    chosen = _chosen(talk, rules, names)
    outcome = outcome_of(talk, rules.outcome, is_broken_off(talk, rules.kinds))
    status = None if outcome is None else outcome.status
    reason = [place.sentence for place in chosen.get("situation", ())]
    intents = intents_of(talk, rules.intents, reason, status is OutcomeStatus.RESOLVED)
    return Summary(
        **{section: _items(talk, rules, chosen.get(section, ())) for section in SECTIONS},
        intents=intents,
        outcome=outcome,
        sentiment=mood_of(talk, rules.mood),
        kinds=kinds_of(talk, rules.kinds, status, len(intents)),
    )


# ── what carries a section ─────────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Place:
    sentence: Sentence
    clause: tuple[int, int]
    """Where the heaviest cue stands."""
    weight: float
    above: float
    """By how much it weighs more than it must."""


def _chosen(talk: Talk, rules: OutlineRules, names: Sequence[str]) -> dict[Section, tuple[_Place, ...]]:
    """The reason of the call first; then every sentence for the section where it stands out most."""
    reason = _reason(talk, rules, names)
    chosen: dict[Section, list[_Place]] = {"situation": reason}
    taken = {place.sentence for place in reason}
    places = [
        (place.above, -order, -place.sentence.turn, rule, place)
        for order, rule in enumerate(rules.sections)
        if rule.section != "situation"
        for place in _places(talk, rule, talk.sentences, names)
    ]
    for _, _, _, rule, place in sorted(places, key=lambda one: one[:3], reverse=True):
        there = chosen.setdefault(rule.section, [])
        most = rules.most(rule.section, len(talk.texts))
        if (
            (most is not None and len(there) >= most)
            or place.sentence in taken
            or any(_repeats(talk, place, other) for other in there)
        ):
            continue
        there.append(place)
        taken.add(place.sentence)
    return {section: tuple(sorted(there, key=_in_time)) for section, there in chosen.items()}


def _in_time(place: _Place) -> tuple[int, int]:
    return place.sentence.turn, place.sentence.start


def _repeats(talk: Talk, place: _Place, other: _Place) -> bool:
    return alike(talk.words(place.sentence), talk.words(other.sentence))


def _reason(talk: Talk, rules: OutlineRules, names: Sequence[str]) -> list[_Place]:
    """The first sentence of the one who wants something, and one more: another matter, or what is said beside it."""
    rule = rules.rule("situation")
    sides = [Speaker.CUSTOMER, Speaker.AGENT]
    if talk.conversation.direction is Direction.OUTBOUND:
        sides.reverse()
    for speaker in sides:
        turns = talk.turns(speaker)[: rules.opening.turns]
        found = list(_places(talk, rule, [s for s in talk.sentences if s.turn in turns], names))
        if found:
            first = found[0]
            near = [p for p in found[1:] if p.sentence.turn <= first.sentence.turn + _BESIDE]
            beside = [p for p in near if not _stands_out_elsewhere(talk, rules, p, names)]
            more = sorted(beside, key=lambda place: place.weight, reverse=True)
            other = [] if speaker is Speaker.AGENT else _other_matters(talk, rules, first, names)
            return sorted(
                [first, *[*other, *more][: (rules.most("situation", len(talk.texts)) or 1) - 1]], key=_in_time
            )
    return []


def _stands_out_elsewhere(talk: Talk, rules: OutlineRules, place: _Place, names: Sequence[str]) -> bool:
    """「凭什么扣我」 right after the request is an objection, not one more request."""
    others = (rule for rule in rules.sections if rule.section not in ("situation", "action"))
    return any(_weight(talk, rule, place.sentence, names)[0] - rule.least >= place.above for rule in others)


def _other_matters(talk: Talk, rules: OutlineRules, first: _Place, names: Sequence[str]) -> list[_Place]:
    later = [
        sentence
        for sentence in talk.sentences
        if sentence.turn > first.sentence.turn
        and talk.speakers[sentence.turn] is Speaker.CUSTOMER
        and has_cue(rules.kinds.other_topic, talk.words(sentence))
    ]
    return list(_places(talk, rules.rule("situation"), later, names))


def _places(talk: Talk, rule: SectionRule, sentences: Sequence[Sentence], names: Sequence[str]) -> Iterator[_Place]:
    for sentence in sentences:
        weight, clause = _weight(talk, rule, sentence, names)
        if weight >= rule.least:
            yield _Place(sentence, clause, weight, weight - rule.least)


def _weight(talk: Talk, rule: SectionRule, sentence: Sentence, names: Sequence[str]) -> tuple[float, tuple[int, int]]:
    """What a sentence weighs, and the clause of its heaviest cue; without a cue it weighs nothing."""
    speaker, words = talk.speakers[sentence.turn], talk.words(sentence)
    whole = (sentence.start, sentence.end)
    if speaker not in rule.speakers or any(pattern.search(words) for pattern in rule.never):
        return 0.0, whole
    found = [(cue.weight, clause) for cue in rule.cues if (clause := talk.said(cue, sentence)) is not None]
    if not any(weight > 0 for weight, _ in found):
        return 0.0, whole
    weight = sum(weight for weight, _ in found)
    weight += rule.figure * min(len(find_figures(words)), 2) if rule.figure else 0
    weight += rule.product if rule.product and any(name in words for name in names) else 0
    part = sentence.turn / max(len(talk.speakers) - 1, 1)
    return weight + rule.early * (1 - part) + rule.late * part, max(found, key=lambda one: one[0])[1]


# ── what is shown of it ────────────────────────────────────────────────────────────────────────────────────────────


def _items(talk: Talk, rules: OutlineRules, places: Sequence[_Place]) -> tuple[SummaryItem, ...]:
    masked = mask_conversation(talk.conversation).utterances if places else ()
    items = []
    for place in places:
        turn = place.sentence.turn
        quote = quote_of(talk.conversation, talk.ids[turn], *_shown(talk, rules, place))
        if quote is not None:
            # Masked in its conversation: alone, an answer to 「您的卡号」 is only a number.
            said = masked[turn]
            text = said.text[said.redacted_offset(quote.start) : said.redacted_offset(quote.end)]
            shown = text.strip() or redact(quote.quote).text
            items.append(SummaryItem(text=shown, source=Source.QUOTE, evidence=(quote,)))
    return tuple(items)


def _shown(talk: Talk, rules: OutlineRules, place: _Place) -> tuple[int, int]:
    """The sentence without the chatter at its ends; of a long one the clauses around its cue."""
    text, sentence = talk.texts[place.sentence.turn], place.sentence
    spans = [span for span in clauses(text) if sentence.start <= span[0] and span[1] <= sentence.end]
    heavy = next(n for n, span in enumerate(spans) if span[0] <= place.clause[0] < span[1] or span == spans[-1])
    first, last = 0, len(spans) - 1
    while first < heavy and _is_chatter(text, spans[first], rules):
        first += 1
    while last > heavy and _is_chatter(text, spans[last], rules):
        last -= 1
    while spans[last][1] - spans[first][0] > rules.shown_chars and first < last:
        # What follows a cue (when, how much) tells more than what leads to it.
        if heavy - first >= last - heavy:
            first += 1
        else:
            last -= 1
    return spans[first][0], sentence.end if last == len(spans) - 1 else spans[last][1]


def _is_chatter(text: str, span: tuple[int, int], rules: OutlineRules) -> bool:
    return any(pattern.fullmatch(text, *span) for pattern in rules.chatter)
