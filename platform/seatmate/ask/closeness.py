"""Is a sentence told in the source's own words? For a model that copies a figure without knowing what it is of.

「年化利率为50%」 has product, value and a word of 「合同利率上浮50%」, and is untrue. Where the release asks for close
words (`ask.close_words`), what a sentence says of a figure must stand in the line that states it, what the line says of
it must be said, unit, bound and moment must be kept, and nothing is said twice. Without a figure, its words must be
those of the cited lines. A model that paraphrases well needs none of this.
"""

import re
from collections import Counter
from collections.abc import Sequence

from seatmate.ask.agreement import GENERIC
from seatmate.ask.compose import SourceLine, with_headings
from seatmate.ask.content import content, with_other_words
from seatmate.ask.figure_check import Traced
from seatmate.ask.spoken import figures_in
from seatmate.ask.stated import Stated, clauses_of
from seatmate.domain.attributes import Attribute
from seatmate.domain.figures import RangeEnd
from seatmate.domain.words import coverage

_SAID = 0.75
"""Share of the words that a sentence says of a figure which the line that states it, and its headings, must have."""
_TOLD = 0.5
"""Share of the words by which the line tells the figure which sentence and question must have."""
_PIECE = re.compile(r"(?=([\u4e00-\u9fff]{2}))")
_BOUNDED_BY_NAME = frozenset({Attribute.MIN_AMOUNT, Attribute.ADDITIONAL_AMOUNT, Attribute.CREDIT_LIMIT})
"""起购金额 needs no 起 behind its figure."""


def is_close(bare: str, told: str, traced: Sequence[Traced], lines: Sequence[SourceLine], question: str) -> bool:
    """`bare` is the sentence with its product names blanked out, `told` the same without its figures."""
    source = with_headings(lines)
    if _stutters(bare, traced, f"{source} {question}"):
        return False
    pieces = content(told)
    if pieces and coverage(pieces, with_other_words(source, bare)) < _SAID:
        return False
    conditions = {key for one in traced if one.said is not None for key in one.said.keys}
    return all(
        one.figure in conditions
        or (_keeps_the_figure(one.said, one.stated) and _is_told_so(one.said, one.stated, one.line, bare, question))
        for one in traced
        if one.said is not None and one.stated is not None and one.line is not None
    )


def _stutters(bare: str, traced: Sequence[Traced], source: str) -> bool:
    """「每期手续费每期数」, 「1.80%的利率为1.80%」: said more often in a clause than source and question say it."""
    for start, end in clauses_of(bare):
        for piece, times in Counter(_PIECE.findall(bare, start, end)).items():
            if times > max(1, source.count(piece)):
                return True
    stated = Counter(figure.normalised for figure in figures_in(source))
    said = Counter(one.figure.normalised for one in traced)
    return any(times > max(1, stated[value]) for value, times in said.items())


def _keeps_the_figure(said: Stated, stated: Stated) -> bool:
    """3 of 3次 has lost its unit, 期限30年 of 最长30年 its bound, 时间15:00 of 15:00前 what it is."""
    mine, theirs = said.figure, stated.figure
    if mine.kind == "num" and not said.unit and (theirs.kind != "num" or stated.unit):
        return False
    by_name = said.aspects & stated.aspects & _BOUNDED_BY_NAME
    if theirs.direction and theirs.range_end is RangeEnd.NONE and mine.direction != theirs.direction and not by_name:
        return False
    return said.moment == stated.moment


def _is_told_so(said: Stated, stated: Stated, line: SourceLine, bare: str, question: str) -> bool:
    source = with_other_words(with_headings([line]), bare)
    spoken = with_other_words(f"{bare} {question}", source)
    mine, theirs = _words(said.words), _words(stated.near)
    return (not mine or coverage(mine, source) >= _SAID) and (not theirs or coverage(theirs, spoken) >= _TOLD)


def _words(pieces: frozenset[str]) -> frozenset[str]:
    """Without single characters, which are everywhere."""
    return frozenset(piece for piece in pieces - GENERIC if len(piece) > 1)
