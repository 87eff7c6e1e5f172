"""What kind of call it was, by its length, its end and who spoke: a record of a silent call says that it was silent."""

import re

from seatmate.aftercall.candidates import has_cue
from seatmate.aftercall.outline_rules import KindRules
from seatmate.aftercall.talk import Talk
from seatmate.compliance.clauses import clause_around
from seatmate.domain.calls import Speaker
from seatmate.domain.findings import CallKind, OutcomeStatus

_END_TURNS = 3
"""A call is broken off in its last turns, the system's word included."""
_MARKS = re.compile(r"[^\w]|_")


def kinds_of(talk: Talk, rules: KindRules, outcome: OutcomeStatus | None, topics: int) -> tuple[CallKind, ...]:
    """In the order of the enum; NORMAL stands alone. `topics` is the number of intents."""
    found = {
        CallKind.SILENT: is_silent(talk, rules),
        CallKind.VERY_SHORT: _is_short(talk, rules),
        CallKind.ABANDONED: outcome is OutcomeStatus.ABANDONED,
        CallKind.LONG: len(talk.turns(Speaker.AGENT, Speaker.CUSTOMER)) >= rules.long_turns,
        CallKind.MULTI_TOPIC: topics > 1 and (topics > 2 or _turns_to_another(talk, rules)),
    }
    return tuple(kind for kind in CallKind if found.get(kind)) or (CallKind.NORMAL,)


def is_silent(talk: Talk, rules: KindRules) -> bool:
    return not any(_said(talk, turn, rules) for turn in talk.turns(Speaker.CUSTOMER))


def is_broken_off(talk: Talk, rules: KindRules) -> bool:
    """Does the call end without an end: silent, cut, or left?

    A customer who has spoken and says goodbye ends it; an agent says goodbye to a dead line as well.
    """
    if is_silent(talk, rules):
        return True
    last = talk.turns(*Speaker)[-_END_TURNS:]
    leaves = [talk.texts[turn] for turn in last if talk.speakers[turn] is Speaker.CUSTOMER][-1:]
    if not _is_short(talk, rules) and any(_is_goodbye(text, rules) for text in leaves):
        return False
    return any(_breaks(talk.texts[turn], rules) for turn in last)


def _is_goodbye(text: str, rules: KindRules) -> bool:
    """「嗯 挂了」 is one, 「听不清 挂了」 none."""
    left = text
    for pattern in rules.goodbye:
        left = pattern.sub("", left)
    return left != text and not _breaks(left, rules)


def _breaks(text: str, rules: KindRules) -> bool:
    for pattern in rules.broken_off:
        for found in pattern.finditer(text):
            if not has_cue(rules.another_time, text[slice(*clause_around(text, *found.span()))]):
                return True
    return False


def _is_short(talk: Talk, rules: KindRules) -> bool:
    turns = talk.turns(Speaker.AGENT, Speaker.CUSTOMER)
    said = sum(len(_said(talk, turn, rules)) for turn in talk.turns(Speaker.CUSTOMER))
    return len(turns) <= rules.short_turns or said <= rules.short_chars


def _said(talk: Talk, turn: int, rules: KindRules) -> str:
    """The words of a turn, without marks and without what is no word."""
    text = talk.texts[turn]
    for pattern in rules.nothing:
        text = pattern.sub("", text)
    return _MARKS.sub("", text)


def _turns_to_another(talk: Talk, rules: KindRules) -> bool:
    return any(has_cue(rules.other_topic, talk.texts[turn]) for turn in talk.turns(Speaker.CUSTOMER))
