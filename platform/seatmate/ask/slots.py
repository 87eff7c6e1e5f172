"""Figures and product names leave the prompt as slots and come back as the source's own characters (DESIGN §3).

A model reads «F3» and «P1» instead of digits and names, so it cannot misspell either: it selects them, as it selects
evidence. Every figure occurrence has a slot of its own, so a slot also says where its figure stands.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from seatmate.domain.figures import find_figures
from seatmate.domain.knowledge import Product

MAX_SLOTS = 64
"""seatmate-mini has this many slot tokens of each kind; figures beyond it stay as they are."""

SLOT = re.compile(r"«([FP])(\d{1,2})»")
FIGURE_SLOT = re.compile(r"«F\d{1,2}»")


class UnknownSlot(ValueError):
    """The model named a slot that the prompt does not have."""


@dataclass(frozen=True)
class Slots:
    """Slot → the source's characters; for a figure also the number of the line it stands in."""

    figures: tuple[tuple[str, int], ...]
    names: tuple[str, ...]

    def fill(self, text: str) -> str:
        """Replace every slot by what it stands for; UnknownSlot if there is no such slot."""

        def value(found: re.Match[str]) -> str:
            values: Sequence[str] = self.names if found[1] == "P" else [raw for raw, _ in self.figures]
            number = int(found[2])
            if not 1 <= number <= len(values):
                raise UnknownSlot(found[0])
            return values[number - 1]

        return SLOT.sub(value, text)


class SlotMaker:
    """Hands out slots line after line of one prompt.

    A figure that the question states stays as it is: it is a key (「一年期」), not an answer, and the line that has it
    must look different from the lines that have other terms.
    """

    def __init__(self, products: Iterable[Product]) -> None:
        self._keys: set[str] = set()
        spoken = {name: p.name for p in products for name in (p.name, *p.aliases) if name}
        # The longest name first: 稳盈90天A must not be found as 稳盈90天.
        self._official = spoken
        self._pattern = re.compile("|".join(re.escape(n) for n in sorted(spoken, key=len, reverse=True)) or r"(?!)")
        self._names: list[str] = []
        self._figures: list[tuple[str, int]] = []

    def mask(self, text: str, line: int) -> str:
        """Source text: names and figures become slots."""
        pieces: list[str] = []
        at = 0
        for found in self._pattern.finditer(text):
            pieces += [self._mask_figures(text[at : found.start()], line), self._name(found[0])]
            at = found.end()
        return "".join([*pieces, self._mask_figures(text[at:], line)])

    def mask_question(self, question: str) -> str:
        """The question, before any source text: names become slots, its figures stay and are keys from now on."""
        masked = self._pattern.sub(lambda found: self._name(found[0]), question)
        self._keys.update(figure.normalised for figure in find_figures(SLOT.sub(" ", masked)))
        return masked

    def slots(self) -> Slots:
        return Slots(tuple(self._figures), tuple(self._names))

    def _name(self, spoken: str) -> str:
        official = self._official[spoken]
        if official not in self._names:
            if len(self._names) >= MAX_SLOTS:
                return spoken
            self._names.append(official)
        return f"«P{self._names.index(official) + 1}»"

    def _mask_figures(self, text: str, line: int) -> str:
        pieces: list[str] = []
        at = 0
        for figure in find_figures(text):
            if figure.normalised in self._keys:
                continue
            if len(self._figures) >= MAX_SLOTS:
                break
            self._figures.append((figure.raw, line))
            pieces += [text[at : figure.start], f"«F{len(self._figures)}»"]
            at = figure.end
        return "".join([*pieces, text[at:]])
