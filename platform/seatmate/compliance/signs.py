"""How much a line is worded like the breaches of a rule: signs, each with a weight, and what they add up to.

A sign is a run of up to four characters, or a word of the rule (`<SOON>`), in the line or (`«`) in what was said just
before it, or a scope of the pack (`<negated>`). One table a rule, in tenths of log-odds, learned of the labelled lines
and the talks of finetune/talks and not to be edited: `.venv/bin/python -m tests.bench.rule_signs` writes them. From
which sum on a line is a breach was measured on lines that made no weight. A table raises what no pattern has, and
clears nothing that one has.

Knows wording and not what was meant. A long text is read in pieces: it has a little of every sign.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from seatmate.compliance.clauses import clauses

BIAS, BREACH = "(bias)", "(breach)"
"""Weights that are no sign's: what every line has, and from where on it is a breach."""
BEFORE = "«"
"""Marks a sign of what was said just before."""
WORD = re.compile(rf"{BEFORE}?<(\w+)>")
SCOPES = ("negated", "reported", "asked", "supposed", "withdrawn")
_LONGEST = 4
_PIECE = 100
"""Characters that are read as one: lines that are learned of are shorter."""
_SENTENCE = re.compile(r"[^。！？!?；;\n]*[。！？!?；;\n]*")
_MARKS = (
    (re.compile(r"[?？]+"), "?"),
    (re.compile(r"[。！!；;\n]+"), "。"),
    (re.compile(r"[\s，,、：:…~～—]+"), ","),
)


def runs_of(text: str) -> frozenset[str]:
    """All runs of a folded text; its start and end count, marks are of three kinds."""
    for mark, kind in _MARKS:
        text = mark.sub(kind, text)
    text = f"^{text}$"
    return frozenset(text[at : at + n] for n in range(1, _LONGEST + 1) for at in range(len(text) - n + 1))


@dataclass(frozen=True)
class Piece:
    """Sentences of a folded text that are read as one, and where they begin."""

    start: int
    text: str

    @cached_property
    def runs(self) -> frozenset[str]:
        return runs_of(self.text)


def pieces(text: str) -> Iterator[Piece]:
    """Whole sentences, of so many characters together where they are shorter."""
    start = end = 0
    for sentence in _SENTENCE.finditer(text):
        if sentence.end() - start > _PIECE and end > start:
            yield Piece(start, text[start:end])
            start = end
        end = sentence.end()
    if end > start:
        yield Piece(start, text[start:end])


@dataclass(frozen=True)
class Table:
    """The weights of a rule."""

    bias: int
    breach: int
    runs: Mapping[str, int]
    before: Mapping[str, int]
    words: Sequence[tuple[re.Pattern[str], bool, int]]
    """A pattern, whether it is looked for in what was said before, and its weight."""

    def is_breach(self, piece: Piece, before: Piece) -> bool:
        """Words and scopes are looked for only where they can still turn the scale: they are slow."""
        runs = self._runs(piece, before)
        return runs + self._most >= self.breach and runs + self._words(piece, before) >= self.breach

    def heaviest(self, piece: Piece) -> tuple[int, int]:
        """The clause that speaks most for a breach."""
        spans = clauses(piece.text) or [(0, len(piece.text))]
        start, end = max(spans, key=lambda span: _sum(self.runs, runs_of(piece.text[slice(*span)])))
        return piece.start + start, piece.start + end

    def _runs(self, piece: Piece, before: Piece) -> int:
        return self.bias + _sum(self.runs, piece.runs) + _sum(self.before, before.runs)

    def _words(self, piece: Piece, before: Piece) -> int:
        return sum(w for pattern, earlier, w in self.words if pattern.search(before.text if earlier else piece.text))

    @cached_property
    def _most(self) -> int:
        return sum(weight for _, _, weight in self.words if weight > 0)


def _sum(weights: Mapping[str, int], runs: frozenset[str]) -> int:
    return sum(weights[run] for run in weights.keys() & runs)


def table_of(signs: Mapping[str, int], patterns: Mapping[str, re.Pattern[str]]) -> Table:
    """`patterns`: what each sign in brackets stands for."""
    runs, before, words = dict[str, int](), dict[str, int](), []
    for sign, weight in signs.items():
        earlier = sign.startswith(BEFORE)
        if found := WORD.fullmatch(sign):
            words.append((patterns[found[1]], earlier, weight))
        elif sign not in (BIAS, BREACH):
            (before if earlier else runs)[sign.removeprefix(BEFORE)] = weight
    return Table(signs[BIAS], signs[BREACH], runs, before, tuple(words))


def read_signs(path: Path) -> dict[str, int]:
    """`+12 sign sign …`, a line a weight or several; `#` begins a remark. Raises ValueError."""
    lines = (line.split() for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    signs = {sign: int(weight) for weight, *signs in filter(None, lines) for sign in signs}
    if lacking := {BIAS, BREACH} - set(signs):
        raise ValueError(f"without {', '.join(sorted(lacking))}")
    return signs


def written(signs: Mapping[str, int]) -> Iterable[str]:
    """The lines of such a file, the heaviest first."""
    for weight in sorted(set(signs.values()), reverse=True):
        same = " ".join(sorted(sign for sign, w in signs.items() if w == weight))
        yield from (f"{weight:+d} {line}" for line in re.findall(r"\S.{0,100}(?!\S)", same))
