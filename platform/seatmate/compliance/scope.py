"""Does the talk around some words take them back? Negation, denial, other people's words, quotation, question,
supposition, correction, another topic. Rules of language, the same for every compliance rule; the words are the pack's.
"""

import re

from seatmate.compliance.clauses import clause_around, sentence_around
from seatmate.compliance.rules import Scoped, Scopes
from seatmate.compliance.talk import Talk, Turn, first

_QUOTED = re.compile(r"「[^」]*」|“[^”]*”|『[^』]*』|\"[^\"]*\"")


def is_taken_back(detector: Scoped, talk: Talk, turn: Turn, found: re.Match[str]) -> bool:
    scopes, text = talk.scopes, turn.text
    start, end = clause_around(text, *found.span())
    opens, closes = sentence_around(text, *found.span())
    clause, sentence = text[start:end], text[opens:closes]
    return bool(
        first(detector.unless, clause)
        or first(detector.unless_sentence, sentence)
        or any(pattern.search(sentence) is None for pattern in detector.beside)
        or (detector.negatable and _is_negated(scopes, text[start : found.start()], text[found.end() : closes]))
        or (detector.askable and _is_asked(scopes, clause, sentence, ends_it=end >= closes - 1))
        or (detector.reportable and _is_anothers(scopes, text, opens, found))
        or (detector.supposable and first(scopes.supposed, text[opens : found.start()]))
        or not _is_about(detector, talk.topic(turn, end, found.span()))
        or (detector.withdrawable and is_withdrawn(scopes, text))
    )


def is_withdrawn(scopes: Scopes, text: str) -> bool:
    return first(scopes.withdrawn, text) is not None


def _is_negated(scopes: Scopes, before: str, after: str) -> bool:
    for pattern in scopes.idle:
        before = pattern.sub("", before)
    return first(scopes.negated, before) is not None or first(scopes.denied, after) is not None


def _is_asked(scopes: Scopes, clause: str, sentence: str, ends_it: bool) -> bool:
    return first(scopes.asked, clause) is not None or (ends_it and sentence.endswith(("?", "？")))


def _is_anothers(scopes: Scopes, text: str, opens: int, found: re.Match[str]) -> bool:
    """Somebody else said it, or the words are only mentioned, in quotation marks."""
    if first(scopes.reported, text[opens : found.start()]):
        return True
    return any(q.start() <= found.start() and found.end() <= q.end() for q in _QUOTED.finditer(text))


def _is_about(detector: Scoped, topic: str) -> bool:
    return topic not in detector.not_about and (not detector.about or topic in detector.about)
