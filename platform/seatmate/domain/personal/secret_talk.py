"""Codes of class C3 that a conversation makes one: an answer to a question for one, told unasked, or said again.

A question opens (`_Asked`): the answer may come in pieces. What nobody asked for is `volunteered`'s. Whatever was told
is then looked for wherever else it is said. A warning (验证码不要告诉别人) asks for none.
"""

import re
from collections.abc import Iterator, Sequence

from seatmate.domain.personal.card_secrets import asks_expiry, expiries_in, expiry_pieces
from seatmate.domain.personal.digits import COUNTED, beside_digits, read_runs
from seatmate.domain.personal.kinds import BLANK
from seatmate.domain.personal.labels import Label, label_after, label_before
from seatmate.domain.personal.secret_codes import (
    Place,
    asks_for_secret,
    is_moved,
    is_service,
    only_names_code,
    secrets_in,
)
from seatmate.domain.personal.volunteered import OTHER_QUESTION, is_alone, volunteered

_BLANKED = re.compile(rf"{BLANK}{{2,}}")
_SHORT = 3
_USUAL = 4
_FULL = 6
_MOST = 10
_WITHIN = 4
"""Utterances that a question waits for its answer; a pause (嗯，稍等) does not use it up."""
_PAUSE_CHARS = 6
_PIECE = 2
_WORDS = 10
_SOON = 5
_MOST_SOON = 40
_CARD_NEAR = 3


def all_secrets(turns: Sequence[tuple[object, str]]) -> list[list[Place]]:
    """The secrets of each utterance; a last look finds where they are said again, before or after."""
    asked = _Asked()
    found = [asked.hear(speaker, text) for speaker, text in turns]
    for place, spot in list(volunteered(turns, found)):
        found[place].append(spot)
        asked.told(place, turns[place][1], spot)
    for place, (_, text) in enumerate(turns):
        found[place] += asked.read_back(place, text)
    return found


class _Asked:
    """Follows a conversation, utterance by utterance: which codes are said in answer to a question for one?"""

    def __init__(self) -> None:
        self._asker: object = None
        self._left = 0
        self._told: list[tuple[int, str]] = []
        self._place = -1
        self._last = 0
        self._bare_only = False
        self._for_expiry = False
        self._card_at = -_CARD_NEAR - 1
        self._answered_by: object = None

    def hear(self, speaker: object, text: str) -> list[Place]:
        """The secrets in the next utterance."""
        self._place += 1
        found = list(dict.fromkeys(secrets_in(text, beside_card=self._place - self._card_at <= _CARD_NEAR)))
        asks = asks_for_secret(text)
        names = not asks and only_names_code(text)
        if not found and self._left > 0 and not (asks or names):
            found = self._answers(speaker, text)
        if next(expiries_in(text), None) or (found and self._for_expiry):
            self._card_at = self._place
        for spot in found:
            self.told(self._place, text, spot)
        if found:
            self._last = max(len(_digits(text[start:end])) or end - start for start, end in found)
        self._wait(speaker, text, bool(found), asks or names)
        if asks or names:
            self._bare_only, self._for_expiry = names, asks_expiry(text)
        return found

    def told(self, place: int, text: str, spot: Place) -> None:
        self._told.append((place, _digits(text[spot[0] : spot[1]])))

    def read_back(self, place: int, text: str) -> Iterator[Place]:
        """Places where a secret that was told is said again, or, soon after, a part of it."""
        if not self._told:
            return
        whole = {value for _, value in self._told if len(value) > _SHORT}
        soon = [value for at, value in self._told if len(value) > _USUAL and 0 < place - at <= _SOON][:_MOST_SOON]
        next_ = {value for at, value in self._told if len(value) == _SHORT and 0 < place - at <= _PIECE}
        for run in read_runs(text, _SHORT):
            alone = is_alone(text, run)
            if (run.digits in whole and (alone or len(run.digits) > _USUAL)) or (
                alone and any(run.digits in value for value in soon)
            ):
                yield run.start, run.end
                continue
            if run.digits in next_ and alone and len(beside_digits(text)) <= _USUAL:
                yield run.start, run.end
            for group in run.groups:
                if len(group) > _USUAL and "".join(digit.value for digit in group) in whole:
                    yield group[0].start, group[-1].end

    def _answers(self, speaker: object, text: str) -> list[Place]:
        """Codes in an answer: bare digits, or few words with them; more digits only when they come at once."""
        beside = len(beside_digits(text))
        bare = beside <= (0 if speaker is self._asker else _PIECE)
        if not bare and (self._bare_only or self._answered_by is not None or speaker is self._asker or beside > _WORDS):
            return []
        blanked = [found.span() for found in _BLANKED.finditer(text)]
        if self._for_expiry and speaker is not self._asker:
            return blanked + list(expiry_pieces(text))
        runs = [run for run in read_runs(text, _PIECE) if len(run.digits) <= _MOST]
        return blanked + [
            (run.start, run.end)
            for run in runs
            if (bare or len(run.digits) >= _SHORT) and _is_code(text, run.start, run.end, bare)
        ]

    def _wait(self, speaker: object, text: str, found: bool, asks: bool) -> None:
        if found:
            self._asker, self._answered_by = None if asks else self._asker, speaker
            self._left = 2 if self._last < _FULL else 0
        elif asks:
            self._asker, self._left, self._answered_by = speaker, _WITHIN, None
        elif self._left and speaker is self._asker and _turns_to_another(text):
            self._left = 0
        elif self._left:
            self._left -= 1 if len(text) <= _PAUSE_CHARS else 2


def _turns_to_another(text: str) -> bool:
    """Does the asker say a number, or ask for another?"""
    return bool(next(read_runs(text, _USUAL), None)) or OTHER_QUESTION.search(text) is not None


def _is_code(text: str, start: int, end: int, bare: bool) -> bool:
    if (label_before(text, start) or label_after(text, end)) not in (None, Label.SECRET, Label.CARD):
        return False
    if text[start - 1 : start].isascii() and text[start - 1 : start].isalpha():
        return False
    if is_moved(text, start):
        return False
    return COUNTED.match(text, end) is None and (bare or not is_service(text, start, end))


def _digits(text: str) -> str:
    return "".join(run.digits for run in read_runs(text, 1))
