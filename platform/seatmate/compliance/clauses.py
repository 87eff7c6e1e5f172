"""A spoken text folded for matching, and cut into clauses. Both keep every offset.

Folding: traditional to simplified characters, full width to ASCII, letters to upper case, one code point for one, so
that a match in the folded text is a match at the same place in what was said.
"""

import re
from itertools import pairwise

from seatmate.domain.numerals import narrow
from seatmate.domain.simplified import simplified

# A comma within 10,000, a point within 3.05 and a colon within 17:00 end nothing. Speech recognisers write spaces.
_BREAK = re.compile(r"(?<!\d)[,.:]|[,.:](?!\d)|[，。！？；、：!?;…~～\s]")
_STOP = re.compile(r"[。！？!?；;\n]|(?<!\d)\.|\.(?!\d)")


def fold(text: str) -> str:
    """The text as rules read it."""
    return "".join(c.upper() if "a" <= c <= "z" else c for c in simplified(narrow(text)))


def clause_around(text: str, start: int, end: int) -> tuple[int, int]:
    """The clause, or the run of clauses, that holds `text[start:end]`, without the marks around it."""
    return _around(_BREAK, text, start, end)


def sentence_around(text: str, start: int, end: int) -> tuple[int, int]:
    """The sentence that holds `text[start:end]`, its closing mark included: the mark may make it a question."""
    first, last = _around(_STOP, text, start, end)
    return first, min(last + 1, len(text))


def _around(marks: re.Pattern[str], text: str, start: int, end: int) -> tuple[int, int]:
    first = max((found.end() for found in marks.finditer(text, 0, start)), default=0)
    after = marks.search(text, end)
    return first, len(text) if after is None else after.start()


def clauses(text: str) -> list[tuple[int, int]]:
    """All clauses, left to right."""
    cuts = [0, *(found.end() for found in _BREAK.finditer(text)), len(text)]
    spans = []
    for start, end in pairwise(cuts):
        while end > start and _BREAK.match(text, end - 1):
            end -= 1
        if text[start:end].strip():
            spans.append((start, end))
    return spans
