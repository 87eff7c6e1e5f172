"""Calls with planted personal data and other numbers, from a bank of scenes; seeded, and every planted place is known.

Numbers are valid (check digits, prefixes) unless a scene asks for a misheard one. They are written and spoken as a
recogniser of speech gives them: ASCII, full width, spoken with 幺 or 一, in groups, with fillers and repeats.
"""

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from types import ModuleType

from tests.bench.redaction_bank import values

SPEAKERS = {"坐": "agent", "客": "customer"}
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Planted:
    """`turns[turn].text[start:end]`: of a class that must be masked, or of a kind of other numbers that must not."""

    name: str
    turn: int
    start: int
    end: int
    scene: str


@dataclass
class Call:
    turns: list[tuple[str, str]] = field(default_factory=list)
    personal: list[Planted] = field(default_factory=list)
    others: list[Planted] = field(default_factory=list)


def made_calls(bank: ModuleType, count: int, seed: int) -> Iterator[Call]:
    dice = random.Random(seed)
    scenes = {name: [part.strip() for part in text.split("\n\n")] for name, text in bank.SCENES.items()}
    others, talk = _lines(bank.OTHER_NUMBERS), _lines(bank.TALK)
    for _ in range(count):
        yield _made(scenes, others, talk, dice)


def _made(scenes: dict[str, list[str]], others: list[str], talk: list[str], dice: random.Random) -> Call:
    call = Call()
    parts: list[Callable[[], None]] = []
    for name in dice.sample(sorted(scenes), dice.choice((1, 2, 2, 3))):
        parts.append(lambda name=name: _scene(call, name, dice.choice(scenes[name]), dice))  # type: ignore[misc]
    for _ in range(dice.randint(3, 6)):
        parts.append(lambda: _other(call, dice.choice(others), dice))
    for _ in range(dice.randint(3, 6)):
        parts.append(lambda: _say(call, dice.choice(talk)))
    dice.shuffle(parts)
    for part in parts:
        part()
    return call


def _lines(text: str) -> list[str]:
    return [line for line in text.split("\n") if line]


def _say(call: Call, line: str) -> None:
    call.turns.append((SPEAKERS[line[0]], line[2:]))


def _other(call: Call, line: str, dice: random.Random) -> None:
    text, places = _filled(line[2:], lambda slot: values.OTHERS[slot](dice))
    for slot, start, end in places:
        call.others.append(Planted(slot, len(call.turns), start, end, line))
    call.turns.append((SPEAKERS[line[0]], text))


def _scene(call: Call, name: str, scene: str, dice: random.Random) -> None:
    said = values.PERSONAL[name](dice, 3 if "{c}" in scene else 2)
    for line in scene.split("\n"):
        text, places = _filled(line[2:], lambda slot: said.slot(slot, dice))
        for slot, start, end in places:
            if slot == "t":
                call.others.append(Planted("tail", len(call.turns), start, end, scene))
            else:
                call.personal.append(Planted(name, len(call.turns), start, end, scene))
        call.turns.append((SPEAKERS[line[0]], text))


def _filled(line: str, value: Callable[[str], str]) -> tuple[str, list[tuple[str, int, int]]]:
    text, places, last = "", [], 0
    for slot in _SLOT.finditer(line):
        text += line[last : slot.start()]
        start = len(text)
        text += value(slot[1])
        places.append((slot[1], start, len(text)))
        last = slot.end()
    return text + line[last:], places
