"""How much a line is worded like the breaches of a rule: signs, each with a weight, and what they add up to.

A sign is a run of up to four characters, or a word of the rule (`<SOON>`), in the line or (`«`) in what was said just
before it, or a scope of the pack (`<negated>`). One table a rule, in hundredths of log-odds, learned of the labelled
lines and the talks of finetune/talks and not to be edited: `.venv/bin/python -m tests.bench.rule_signs` writes them.
From one sum on a line is a breach though no pattern finds it; below another, what a pattern finds is worded like what
agents say all day and is not raised. Both were chosen on talks that made no weight.

Knows wording and not what was meant. A long text is read in pieces: it has a little of every sign.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from seatmate.compliance.clauses import clauses

BIAS, BREACH, DOUBT = "(bias)", "(breach)", "(doubt)"
"""Weights that are no sign's: what every line has, from where on it is a breach, below where a pattern's find is none.
"""
SCALE = 100
"""Weights are whole: hundredths."""
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

    @cached_property
    def _had(self) -> dict[str, bool]:
        return {}

    def has(self, word: re.Pattern[str]) -> bool:
        """Looked for once: most words are of all rules."""
        found = self._had.get(word.pattern)
        if found is None:
            found = self._had[word.pattern] = word.search(self.text) is not None
        return found


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
    doubt: int
    runs: Mapping[str, int]
    before: Mapping[str, int]
    words: Sequence[tuple[re.Pattern[str], bool, int]]
    """A pattern, whether it is looked for in what was said before, and its weight."""

    def is_breach(self, piece: Piece, before: Piece) -> bool:
        """Words and scopes are looked for only while they can still turn the scale: they are slow."""
        total = self._runs(piece, before)
        for word, earlier, weight, hope in self._heaviest_first:
            if total + hope < self.breach:
                return False
            total += weight * (before if earlier else piece).has(word)
        return total >= self.breach

    def is_doubtful(self, piece: Piece, before: Piece) -> bool:
        words = sum(weight for word, earlier, weight in self.words if (before if earlier else piece).has(word))
        return self._runs(piece, before) + words < self.doubt

    def heaviest(self, piece: Piece) -> tuple[int, int]:
        """The clause that speaks most for a breach."""
        spans = clauses(piece.text) or [(0, len(piece.text))]
        start, end = max(spans, key=lambda span: _sum(self.runs, runs_of(piece.text[slice(*span)])))
        return piece.start + start, piece.start + end

    def _runs(self, piece: Piece, before: Piece) -> int:
        return self.bias + _sum(self.runs, piece.runs) + _sum(self.before, before.runs)

    @cached_property
    def _heaviest_first(self) -> Sequence[tuple[re.Pattern[str], bool, int, int]]:
        """Each word, and what it and those after it can add at most."""
        words = sorted(self.words, key=lambda one: -one[2])
        return [(*one, sum(max(weight, 0) for *_, weight in words[at:])) for at, one in enumerate(words)]


def _sum(weights: Mapping[str, int], runs: frozenset[str]) -> int:
    return sum(weights[run] for run in weights.keys() & runs)


def table_of(signs: Mapping[str, int], patterns: Mapping[str, re.Pattern[str]]) -> Table:
    """`patterns`: what each sign in brackets stands for."""
    runs, before, words = dict[str, int](), dict[str, int](), []
    for sign, weight in signs.items():
        earlier = sign.startswith(BEFORE)
        if found := WORD.fullmatch(sign):
            words.append((patterns[found[1]], earlier, weight))
        elif sign not in (BIAS, BREACH, DOUBT):
            (before if earlier else runs)[sign.removeprefix(BEFORE)] = weight
    return Table(signs[BIAS], signs[BREACH], signs[DOUBT], runs, before, tuple(words))


def read_signs(path: Path) -> dict[str, int]:
    """`+12 sign sign …`, a line a weight or several; `#` begins a remark. Raises ValueError."""
    lines = (line.split() for line in path.read_text(encoding="utf-8").splitlines() if not line.startswith("#"))
    signs = {sign: int(weight) for weight, *signs in filter(None, lines) for sign in signs}
    if lacking := {BIAS, BREACH, DOUBT} - set(signs):
        raise ValueError(f"without {', '.join(sorted(lacking))}")
    return signs


def written(signs: Mapping[str, int]) -> Iterable[str]:
    """The lines of such a file, the heaviest first."""
    for weight in sorted(set(signs.values()), reverse=True):
        same = " ".join(sorted(sign for sign, w in signs.items() if w == weight))
        yield from (f"{weight:+d} {line}" for line in re.findall(r"\S.{0,100}(?!\S)", same))
