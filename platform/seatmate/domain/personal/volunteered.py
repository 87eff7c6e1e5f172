"""Codes told unasked: by a word of one before (短信里的数字您自己输), or by what is made of them (这是验证码，别念).

Less is sure than where a word names it, so only digits count that are shaped like a code: six of them, or a row of
short utterances with nothing else in them (三八 · 零二 · 九七). A number that was asked for, or goes on, is none.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from seatmate.domain.personal.card_secrets import asks_expiry, expiry_pieces
from seatmate.domain.personal.checks import is_service_number
from seatmate.domain.personal.digits import ANY_DIGIT, COUNTED, FILLING, Run, beside_digits, read_runs
from seatmate.domain.personal.kinds import BLANK
from seatmate.domain.personal.labels import Label, label_after, label_before
from seatmate.domain.personal.recognise import is_whole
from seatmate.domain.personal.secret_codes import NAME, Place, may_be_code, names_code, uncounted

_SHORT = 3
_USUAL = 4
_FULL = 6
_MOST = 10
_PIECE = 2
OTHER_QUESTION = re.compile(
    r"金额|余额|多少钱|(?:转|存|取|买|贷|还|借)(?:多少|几)|多少(?:元|万|块)|几年|几期|多久|哪[笔一张款天]|期限|尾号|工号|单号"
    r"|前[几三四六]位|开头|中间[的几]|卡号|手机号|证件|身份证|[账帐]号|[账帐]户|电话号|(?:报|说|念|记|留|提供)[^，。]{0,4}(?:号码|电话)|地址|姓名|户名"
)
_TELLING = r"(?:念|说|报|讲|发|告诉|给|透露|泄露|提供|外传|告知|输给)"
_IS_CODE = re.compile(
    rf"(?:这|那|您这|您说的|刚才|就)(?:个|串|就|都|可|才|条|些)?(?:数字?|六位数?|码|短信)?(?:就|可)?是[^。！？!?，,]{{0,8}}{NAME}"
    rf"|把[^。！？!?，,]{{0,6}}{NAME}[^。！？!?，,]{{0,4}}(?:{_TELLING}|出来)"
)
_WARNS_OF_CODE = re.compile(
    rf"{NAME}[^。！？!?]{{0,8}}(?:不要|别|勿|不能|不可|千万|不用|不必|无需|保密|自己(?:填|输|看|留)|过期|谁都)"
    rf"|(?:不要|别|勿|不能|不用|千万)[^。！？!?]{{0,6}}{NAME}"
)
_STOPS = re.compile(
    rf"(?:不要|别|勿|不能|不用|不必|千万)(?:再|把|告诉|跟|对|给)?[^。！？!?，,]{{0,5}}?(?:{_TELLING}|出来)|撤回|快?别{_TELLING}"
    r"|自己(?:在[^，,。]{1,8})?(?:输|填|看|留|知道|操作)"
)
_HURRIED = re.compile(r"慢|着急|急着|挂|客气|[这那]么|生气|误会")
_SPEAKS_OF_ONE = re.compile(r"[码位数]|[背反签]|后[面边头]?三|末三")
_STOPS_WITHIN = 20
_BARE = 6
_FEW = 12
_REACTS_WITHIN = 2
_MENTION = 5
_PIECES_APART = 3
_LONGEST_PIECE = 5
_LONGEST = 8
_MURMUR = 12
_DICTATED = 40
_NO_PIECE = re.compile(r"20[0-4]\d|19\d\d|20[0-4]\d(?:0[1-9]|1[0-2])(?:[0-2]\d|3[01])")
_HOUSE = re.compile(r"(?:单元|[栋幢座楼层室路街弄巷院号])$")
_PARTS = re.compile(r"第[一二三四五1-5](?:段|组|部分|截)|(?:先|前|后)[一二三四五六两2-6]?[位段个]")
_PART = re.compile(r"(?:第|先|前|后)[一二三四五六两1-6]$")
_SUM = re.compile(r"[1-9]\d{1,2}00")
_SOME = re.compile(rf"{ANY_DIGIT}|{BLANK}")


class _Reaction(StrEnum):
    """What is made of an utterance right afterwards."""

    CALLED = "called a code"
    WARNED = "followed by a warning about codes"
    STOPPED = "stopped"
    NONE = "none"


@dataclass
class _Row:
    """Numbers that one speaker says in a row of utterances, with nothing else in them."""

    places: list[int] = field(default_factory=list)
    spots: list[Place] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    is_numbers: bool = False
    """A telephone, a card, an account, an id, a date or a sum: by a label, by what it goes on with, by its looks."""

    @property
    def may_be_code(self) -> bool:
        return not self.is_numbers and max(self.sizes) <= _LONGEST_PIECE and _SHORT <= sum(self.sizes) <= _MOST


def volunteered(turns: Sequence[tuple[object, str]], found: Sequence[Sequence[Place]]) -> Iterator[tuple[int, Place]]:
    if not any(names_code(text) or _STOPS.search(text) for _, text in turns):
        return
    with_digits = [place for place, (_, text) in enumerate(turns) if _SOME.search(text)]
    mentioned = _mentions(turns)
    rows = list(_rows(turns, with_digits, found))
    others = {place for row in rows if row.is_numbers or sum(row.sizes) > _MOST for place in row.places}
    for place in with_digits:
        text = turns[place][1]
        if found[place] or place in others or not (runs := [uncounted(text, run) for run in read_runs(text, _SHORT)]):
            continue
        reaction = _reaction(turns, place)
        if reaction is not _Reaction.CALLED and not mentioned[place] and _answers_other(turns, place):
            continue
        yield from ((place, (run.start, run.end)) for run in runs if _is_told(text, run, mentioned[place], reaction))
        if reaction is _Reaction.STOPPED and asks_expiry(text):
            yield from ((place, spot) for spot in expiry_pieces(text))
    for row in rows:
        if len(row.places) > 1 and row.may_be_code and _is_code_row(turns, row, mentioned, found):
            yield from ((at, spot) for at, spot in zip(row.places, row.spots, strict=True) if spot not in found[at])


def _answers_other(turns: Sequence[tuple[object, str]], place: int) -> bool:
    return place > 0 and OTHER_QUESTION.search(turns[place - 1][1]) is not None


def _mentions(turns: Sequence[tuple[object, str]]) -> list[bool]:
    """For each utterance: was a code spoken of a moment ago, and nothing else asked for since?"""
    mentioned: list[bool] = []
    left = 0
    for _, text in turns:
        mentioned.append(left > 0)
        if names_code(text):
            left = _MENTION
        elif left and OTHER_QUESTION.search(text):
            left = 0
        elif left and not (_SOME.search(text) and len(beside_digits(text)) <= _BARE):
            left -= 1
    return mentioned


def _reaction(turns: Sequence[tuple[object, str]], place: int) -> _Reaction:
    """Only to what was said last: other digits in between are what is spoken of then."""
    speaker = turns[place][0]
    for other, text in turns[place + 1 : place + 1 + _REACTS_WITHIN]:
        if next(read_runs(text, _SHORT), None):
            return _Reaction.NONE
        if _IS_CODE.search(text):
            return _Reaction.CALLED
        if other is not speaker:
            if _WARNS_OF_CODE.search(text):
                return _Reaction.WARNED
            stops = len(text) <= _STOPS_WITHIN and _STOPS.search(text) and not _HURRIED.search(text)
            return _Reaction.STOPPED if stops else _Reaction.NONE
    return _Reaction.NONE


def _is_told(text: str, run: Run, mentioned: bool, reaction: _Reaction) -> bool:
    heard = _clause(text, run) if reaction is _Reaction.CALLED else text
    if not may_be_code(heard, run) or _NO_PIECE.fullmatch(run.digits):
        return False
    size, beside = len(run.digits), len(beside_digits(text))
    if size == _FULL and (reaction is not _Reaction.NONE or (mentioned and beside <= _BARE)):
        return True
    if reaction is _Reaction.CALLED and _USUAL <= size <= _LONGEST:
        return beside <= _FEW
    if reaction in (_Reaction.CALLED, _Reaction.STOPPED) and size in (_SHORT, _USUAL):
        return beside <= _PIECE or (beside <= _FEW and _SPEAKS_OF_ONE.search(text) is not None)
    return False


def _clause(text: str, run: Run) -> str:
    """Only what stands right before it: where it is called a code, 「说是客服，要我念…」 is no number to call."""
    front = max(text.rfind(mark, 0, run.start) for mark in "，,。 ") + 1
    return " " * front + text[front:]


def _is_code_row(
    turns: Sequence[tuple[object, str]], row: _Row, mentioned: Sequence[bool], found: Sequence[Sequence[Place]]
) -> bool:
    """Three digits in a row are one only where another of them is one already: a CVN that is asked for."""
    if any(found[place] for place in row.places):
        return True
    first = row.places[0]
    spoken_of = (
        mentioned[first] or names_code(turns[first][1]) or _reaction(turns, row.places[-1]) is not _Reaction.NONE
    )
    return spoken_of and sum(row.sizes) >= _USUAL


def _rows(
    turns: Sequence[tuple[object, str]], with_digits: Sequence[int], found: Sequence[Sequence[Place]]
) -> Iterator[_Row]:
    """The other only murmurs between the numbers of a row."""
    open_: dict[object, _Row] = {}
    last = -1
    for place in with_digits:
        speaker, text = turns[place]
        if any(len(between) > _MURMUR for _, between in turns[last + 1 : place]):
            yield from open_.values()
            open_.clear()
        last = place
        runs = list(read_runs(text, 1)) if len(text) <= _DICTATED or _SOME.match(text[-1]) else []
        run = _piece(text, runs)
        mine = open_.get(speaker)
        if run is None and mine is None and len(text) <= _MURMUR and all(len(one.digits) < _PIECE for one in runs):
            continue
        if run is None or (mine and place - mine.places[-1] > _PIECES_APART):
            if mine or run is None:
                yield from open_.values()
                open_.clear()
            mine = None
        run = run or _head(text, runs)
        if run is None:
            continue
        if mine is None:
            named = label_before(text, run.start)
            is_number = named is not None and named is not Label.SECRET
            mine = open_[speaker] = _Row(is_numbers=is_number or _goes_on(turns, place, found))
        mine.places.append(place)
        mine.spots.append((run.start, run.end))
        mine.sizes.append(len(run.digits))
        mine.is_numbers |= (_NO_PIECE.fullmatch(run.digits) or _SUM.fullmatch(text, run.start, run.end)) is not None
    yield from open_.values()


def _goes_on(turns: Sequence[tuple[object, str]], place: int, found: Sequence[Sequence[Place]]) -> bool:
    """Did its speaker say many digits a moment ago, that are no code? 「我读给你，552599，听见没」."""
    speaker = turns[place][0]
    for earlier in range(place - 1, max(place - 1 - _PIECES_APART, -1), -1):
        other, text = turns[earlier]
        if names_code(text):
            return False
        if other is speaker:
            runs = list(read_runs(text, _LONGEST_PIECE))
            return bool(runs) and not found[earlier] and not is_whole(runs[-1], None)
    return False


def _piece(text: str, runs: Sequence[Run]) -> Run | None:
    """The only digits of an utterance that says hardly anything else, and nothing in front."""
    runs = [run for run in runs if not _PART.search(text, 0, run.end)]
    if len(runs) != 1 or FILLING.sub("", _PARTS.sub("", text[: runs[0].start])):
        return None
    beside = beside_digits(text)
    if len(beside) > _BARE or (beside and len(runs[0].digits) == 1) or not is_alone(text, runs[0]):
        return None
    return runs[0]


def _head(text: str, runs: Sequence[Run]) -> Run | None:
    """Digits with which an utterance ends: the next may go on with them."""
    if not runs or runs[-1].end < len(text) or len(runs[-1].digits) < _PIECE:
        return None
    if _HOUSE.search(text, 0, runs[-1].start) or not (names_code(text) or len(beside_digits(text)) <= _FEW):
        return None
    if is_whole(runs[-1], label_before(text, runs[-1].start)):
        return None
    return runs[-1] if is_alone(text, runs[-1]) else None


def is_alone(text: str, run: Run) -> bool:
    """No unit, no label of something else, and no number to call."""
    if COUNTED.match(text, run.end) or text[run.end :].startswith("号"):
        return False
    label = label_before(text, run.start) or label_after(text, run.end)
    return label is not Label.TAIL and label is not Label.OTHER and not is_service_number(run.digits)
