"""Adds up how much a text sounds like an order to whatever answers, and where it does so most: signs, and wording.

A few sentences that stand together are weighed together. Of each kind of sign the strongest counts; several signs of
machinery count for more than their sum; signs of honest text count against; and the wording of the whole counts, which
is what catches an order whose every phrase is new.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate

from seatmate.ingest.lint_injection_cues import CHINESE
from seatmate.ingest.lint_injection_cues_english import ENGLISH
from seatmate.ingest.lint_injection_signs import Cue, Sign
from seatmate.ingest.lint_injection_words import leaning, wording

_BREATH = 330
"""Bytes of UTF-8 that are weighed together, for a Chinese character says as much as three letters."""
_SENTENCES = 3
_WORDING = 4
"""Points of one unit of leaning."""
_FAR = -3
"""A leaning below which signs are not looked for: no text of a bank that was looked at had enough to make up for it."""
_AGAIN = 12
"""Characters from which on the same sign is looked at again: a text made of nothing else must not take long."""
_STRONG = 3
_PIECE = re.compile(r"[^。!?;\n]+[。!?;\n]*")
_CLAUSE = re.compile(r"[^,，]+[,，]*")
_QUOTED = re.compile(r"“[^”]*”|「[^」]*」|'[^']*'|\"[^\"]*\"")
_ENGLISH_WORDS = re.compile(r"[a-z']{2,}[ ,]+[a-z']+[ ,]+[a-z']")
_FORBIDDEN = re.compile(
    r"(?:不得|不能|不可|不应当?|不要|不准|不许|不会|不再|不是|严禁|禁止|切勿|请勿|防止|避免|杜绝|拒绝|谨防|不|勿)"
    r"(?:[^。,;:!?\n]{0,4}[、或和])?[^。,;:!?、\n]{0,4}$"
)
_SPOKEN = (Sign.YOU, Sign.ASKER, Sign.TALK)
"""Of no weight in what people are quoted to say."""
_MACHINERY = (
    Sign.READER,
    Sign.OUTPUT,
    Sign.THIS,
    Sign.RETRIEVAL,
    Sign.SOURCES,
    Sign.CONCEAL,
    Sign.REVEAL,
    Sign.JUDGE,
    Sign.FORGED,
)
"""What only a thing that reads and writes has to do with."""


@dataclass(frozen=True)
class Weighed:
    weight: float
    start: int
    end: int
    told: int = 0
    """How much of the weight is signs, but for those of mere talk; the rest is wording."""
    signs: tuple[Sign, ...] = ()


@dataclass(frozen=True)
class _Stretch:
    start: int
    end: int
    leaning: float


@dataclass(frozen=True)
class _Seen:
    start: int
    end: int
    cue: Cue


_NOTHING = Weighed(0, 0, 0)


def heaviest(folded: str) -> Weighed:
    """The stretch of a folded text that weighs most."""
    stretches = [s for s in _stretches(folded) if s.leaning > _FAR]
    if not stretches:
        return _NOTHING
    seen = list(_seen(folded, stretches[0].start, max(s.end for s in stretches)))
    return max((_weighed(s, seen) for s in stretches), key=lambda w: w.weight)


def pieces(folded: str) -> list[tuple[int, int]]:
    """Sentences; of those that are very long, clauses."""
    found: list[tuple[int, int]] = []
    for sentence in _PIECE.finditer(folded):
        if len(sentence[0].encode()) <= _BREATH:
            found.append(sentence.span())
        else:
            found += [(sentence.start() + c.start(), sentence.start() + c.end()) for c in _CLAUSE.finditer(sentence[0])]
    return found


def _stretches(folded: str) -> Iterator[_Stretch]:
    """Each piece, and what follows it while it is said in one breath."""
    spans = pieces(folded)
    wordings = [wording(folded[start:end]) for start, end in spans]
    sizes = [len(folded[start:end].encode()) for start, end in spans]
    for first, (start, _) in enumerate(spans):
        most = sum(total <= _BREATH for total in accumulate(sizes[first : first + _SENTENCES]))
        for last in range(first, first + max(most, 1)):
            yield _Stretch(start, spans[last][1], leaning(wordings[first : last + 1]))


def _seen(folded: str, start: int, end: int) -> Iterator[_Seen]:
    quoted = [m.span() for m in _QUOTED.finditer(folded)]
    for cue in CHINESE if _ENGLISH_WORDS.search(folded) is None else CHINESE + ENGLISH:
        last = -_AGAIN
        for found in cue.pattern.finditer(folded, start, end):
            at = found.start()
            if at - last < _AGAIN:
                continue
            if cue.unless_forbidden and _FORBIDDEN.search(folded[max(at - 12, 0) : at]):
                continue
            if cue.sign in _SPOKEN and any(a <= at < b for a, b in quoted):
                continue
            last = at
            yield _Seen(at, found.end(), cue)


def _weighed(stretch: _Stretch, seen: Sequence[_Seen]) -> Weighed:
    best: dict[Sign, int] = {}
    for one in _apart([s for s in seen if stretch.start <= s.start < stretch.end]):
        best[one.cue.sign] = max(best.get(one.cue.sign, one.cue.weight), one.cue.weight)
    several = max(sum(sign in _MACHINERY for sign in best) - 1, 0)
    weight = sum(best.values()) + several + _WORDING * stretch.leaning
    told = sum(points for sign, points in best.items() if sign not in _SPOKEN) + several
    return Weighed(weight, stretch.start, stretch.end, told, tuple(best))


def _apart(together: Sequence[_Seen]) -> Iterator[_Seen]:
    """Without the lesser signs that lie within the words of a stronger one: the same words are not two signs."""
    strong = [s for s in together if s.cue.weight >= _STRONG]
    for one in together:
        if one.cue.weight >= _STRONG or not any(s.start <= one.start and one.end <= s.end for s in strong):
            yield one
