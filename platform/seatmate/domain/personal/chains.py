"""Numbers that one speaker spreads over several utterances, and what the other makes of them in between.

A chain goes on while its speaker's utterances begin with digits, and the other only murmurs (嗯, 您继续) or reads back.
"""

from collections.abc import Callable, Container, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from seatmate.domain.calls import Speaker
from seatmate.domain.personal.checks import is_service_number
from seatmate.domain.personal.digits import FILLING, Run, beside_digits, joined, read_runs
from seatmate.domain.personal.kinds import Span
from seatmate.domain.personal.labels import (
    Label,
    is_counted,
    is_glued,
    is_named_otherwise,
    label_around,
    label_before,
    last_label,
)
from seatmate.domain.personal.recognise import is_sure, is_whole, numbers_of

_GAP = 3
"""Utterances of the other speaker that a chain bears between two of its pieces."""
_MURMUR = 10
_BREAK = 14
_WORDS_BEFORE = 6
_BARE = 5
_WORDS_AFTER = 8


@dataclass
class _Chain:
    speaker: Speaker
    label: Label | None
    pieces: list[tuple[int, Run]]
    bare: list[bool]
    """Is a piece all that its utterance says?"""
    gap: int = 0


@dataclass(frozen=True)
class Turn:
    speaker: Speaker
    text: str

    @cached_property
    def runs(self) -> tuple[Run, ...]:
        """Digits that stand together, two or more; read once for all who ask."""
        return tuple(read_runs(self.text))


Asked = Callable[[int], Label | None]
"""The label that is in force as an utterance begins; looked for only where there are digits."""


def chained(turns: Sequence[Turn], asked: Asked, secret: Container[int]) -> Iterator[tuple[int, Span]]:
    """Spans of numbers that more than one utterance holds, each with the place of its utterance.

    Utterances in `secret` say a password or a code, and are no piece of any number.
    """
    chains: dict[Speaker, _Chain] = {}
    for place, turn in enumerate(turns):
        if turn.speaker is Speaker.SYSTEM or place in secret or not (chains or turn.runs):
            continue
        chain = chains.get(turn.speaker) or _taken_up(chains, place, turn)
        if chain is not None:
            runs = turn.runs or tuple(read_runs(turn.text, 1))
            if runs and _goes_on(turn.text, runs[0]):
                chain.pieces.append((place, runs[0]))
                chain.bare.append(len(beside_digits(turn.text)) <= _BARE)
                chain.gap = 0
                if len(runs) > 1 or not _is_open(turn.text, runs[-1]):
                    yield from _closed(chains.pop(chain.speaker))
                    chain = None
            elif not turn.runs and _breaks_off(turn, chain):
                chain.gap += 1
            elif turn.runs or not _is_murmur(turn):
                yield from _closed(chains.pop(turn.speaker))
                chain = None
        if chain is None and turn.runs and _is_open(turn.text, turn.runs[-1]):
            label = label_around(turn.text, turn.runs[-1]) or asked(place)
            if label not in (Label.OTHER, Label.TAIL) and not is_whole(turn.runs[-1], label):
                chains[turn.speaker] = _Chain(turn.speaker, label, [(place, turn.runs[-1])], [True])
        yield from _others_wait(chains, turn)
    for chain in chains.values():
        yield from _closed(chain)


def _taken_up(chains: dict[Speaker, _Chain], place: int, turn: Turn) -> _Chain | None:
    """What the other began a moment ago and this one completes: 「最前面是138吗」「是，接着…」."""
    for chain in chains.values():
        if (
            chain.label is not None
            and chain.speaker is not turn.speaker
            and chain.pieces[-1][0] == place - 1
            and turn.runs
        ):
            run = turn.runs[0]
            is_tail = label_before(turn.text, run.start) is Label.TAIL
            return chain if not is_tail and _goes_on(turn.text, run) and _is_next(chain, run) else None
    return None


def _is_next(chain: _Chain, run: Run) -> bool:
    """Digits that go on, and do not read back what was just said."""
    said = "".join(piece.digits for _, piece in chain.pieces)
    return not said.startswith(run.digits[:3]) and run.digits not in said


def _others_wait(chains: dict[Speaker, _Chain], turn: Turn) -> Iterator[tuple[int, Span]]:
    for speaker in [speaker for speaker in chains if speaker is not turn.speaker]:
        chains[speaker].gap += 1
        if chains[speaker].gap > _GAP or not _is_murmur(turn):
            yield from _closed(chains.pop(speaker))


def _closed(chain: _Chain) -> Iterator[tuple[int, Span]]:
    if len(chain.pieces) < 2:
        return
    bare = all(chain.bare[1:])
    for number in numbers_of(joined([run for _, run in chain.pieces]), chain.label):
        if number.digits[0].piece == number.digits[-1].piece or not (bare or is_sure(number)):
            continue
        for piece, (place, _) in enumerate(chain.pieces):
            mine = [digit for digit in number.digits if digit.piece == piece]
            if mine:
                yield place, Span(number.kind, mine[0].start, mine[-1].end, number.value)


def _goes_on(text: str, run: Run) -> bool:
    """Few words before, and after it few or a new clause; not an amount, a code or a street's number."""
    before, after = FILLING.sub("", text[: run.start]), text[run.end :]
    if "尾号" in before or "张" in after or is_named_otherwise(text, run.start):
        return False
    if len(before) > _WORDS_BEFORE or last_label(before) not in (None, Label.TAIL) or _is_counted(text, run):
        return False
    if len(FILLING.sub("", after)) > _WORDS_AFTER and after[0] not in "，,。 ":
        return False
    return len(run.digits) > 1 or not beside_digits(text)


def _is_open(text: str, run: Run) -> bool:
    after = FILLING.sub("", text[run.end :])
    return len(after) <= _WORDS_AFTER and not _is_counted(text, run) and last_label(after) is None


def _is_counted(text: str, run: Run) -> bool:
    if is_counted(text, run.end) or is_glued(text, run):
        return True
    if is_service_number(run.digits) and beside_digits(text):
        return True
    if text[: run.start].endswith(("单元", "栋", "楼", "室", "路", "街", "弄")):
        return True
    return text[run.end :].startswith(("号", "室", "栋", "楼", "单元", "弄"))


def _breaks_off(turn: Turn, chain: _Chain) -> bool:
    """等会儿啊，卡掉地上了: talk in between, of nothing that has another number."""
    return chain.gap < _GAP and len(turn.text) <= _BREAK and last_label(turn.text) in (None, Label.TAIL, Label.CARD)


def _is_murmur(turn: Turn) -> bool:
    if turn.runs:
        return len(beside_digits(turn.text)) <= _MURMUR
    return len(turn.text) <= _MURMUR and last_label(turn.text) in (None, Label.TAIL)
