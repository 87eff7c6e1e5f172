"""Text that addresses a model, or hides from people. Decided by patterns and sums: nothing here asks a model.

Three questions: is it one of the known ways (`.._known`), does it sound like an order to whatever answers
(`.._weigh`), is it hidden or written so that people cannot read it (`.._disguise`)? Much of it is withheld; what only
sounds a little like it is put before a person. Knows no homophones, no pictures and little of other languages: what is
withheld here is one fence of several, for retrieved text is data everywhere.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace

from seatmate.domain.lint import LintCode
from seatmate.ingest.lint_injection_disguise import LONG_BLOB, decoded, hidden, is_pinyin, readings
from seatmate.ingest.lint_injection_known import known_way
from seatmate.ingest.lint_injection_weigh import heaviest

SURE, ODD = 6, 2
"""Weights from which on a passage is withheld, and put before a person."""
TOLD, HINTED = 3, 1
"""How much of that must be signs: wording alone does nothing. All four were chosen so that hardly any honest
text is withheld; tests/bench/lint.py says how they do, on texts too of which neither signs nor words were made."""


@dataclass(frozen=True)
class Suspicion:
    """`text[start:end]` are the words, as far as they have one place; `decoded` is what an encoded stretch says.

    One with the code `reads_like_an_order` is for a person to look at; every other withholds its passage.
    """

    code: LintCode
    start: int
    end: int
    decoded: str = ""


def suspicions(text: str) -> list[Suspicion]:
    """Everything in a text that is meant for a model rather than for people."""
    return [
        replace(found, start=found.start + at, end=found.end + at)
        for at in range(0, max(len(text) - _LAP, 1), _WINDOW - _LAP)
        for found in _in_window(text[at : at + _WINDOW])
    ]


_WINDOW, _LAP = 4_000, 400
"""Characters looked at together, and how many of them again: a row of a table may be of any length."""


def _in_window(text: str) -> list[Suspicion]:
    read = [*_delimiters(text), *_steering(text), *_encoded(text)]
    unseen = [Suspicion(LintCode.HIDDEN_TEXT, start, end) for start, end in hidden(text)]
    sure = [*unseen, *(s for s in read if s.code is not LintCode.READS_LIKE_AN_ORDER)]
    return sure or read[:1]


def _steering(text: str) -> Iterator[Suspicion]:
    """The words that steer most, in whatever way the text can be read."""
    odd = ""
    plain, *others = readings(text)
    for reading in (plain, *others):
        steers, sure = _steers(reading, weigh=reading is plain or not len(plain) * 0.9 < len(reading) < len(plain))
        if sure and not _reported(reading):
            yield Suspicion(LintCode.STEERS_A_MODEL, *_place(text, steers))
            return
        odd = odd or steers
    if odd:
        yield Suspicion(LintCode.READS_LIKE_AN_ORDER, *_place(text, odd))


def _steers(reading: str, weigh: bool = True) -> tuple[str, bool]:
    """The words, if any, and whether they are sure. Where only a few blanks were closed up, nothing is new to weigh."""
    if words := known_way(reading):
        return words, True
    if not weigh:
        return "", False
    weighed = heaviest(reading)
    words = reading[weighed.start : weighed.end]
    if weighed.weight >= ODD and weighed.told >= HINTED:
        return words, weighed.weight >= SURE and weighed.told >= TOLD
    return reading if is_pinyin(reading) else "", False


def _reported(reading: str) -> bool:
    """A manual of security quotes what attackers write, and says so: that is for a person to decide."""
    return _REPORTS.search(reading) is not None and not _steers(_QUOTED.sub("“”", reading))[1]


_REPORTS = re.compile(r"注入|攻击|红队|测试员|测试用例|演练|诸如|之类|防范|诱导|诱使|可疑")
_QUOTED = re.compile(r"“[^”]*”|「[^」]*」|'[^']*'|\"[^\"]*\"")

_DELIMITER = re.compile(
    r"<\|[a-z_]{2,24}\|>|\[/?INST\]|<</?SYS>>|</?\s*(?:system|instructions?|prompt|assistant|context"
    r"|admin|tool_call|function_call)\s*>"
    r"|(?:^|\s)#{2,}\s*(?:instruction|system|human|assistant|user|新?指令|系统)\s*[:：]|(?:^"
    r"|\n)\s*(?:Human|Assistant)\s*:\s|\{\{#?(?:system|user)\b",
    re.IGNORECASE,
)


def _delimiters(text: str) -> Iterator[Suspicion]:
    for found in _DELIMITER.finditer(unicodedata.normalize("NFC", text)):
        yield Suspicion(LintCode.PROMPT_DELIMITER, *_place(text, found[0].lower()))


def _encoded(text: str) -> Iterator[Suspicion]:
    """Who encodes words does not want them read: an order need be no surer than odd."""
    for start, end, said in decoded(text):
        if next(_steering(said), None) or next(_delimiters(said), None):
            yield Suspicion(LintCode.ENCODED_TEXT, start, end, said)
        elif end - start >= LONG_BLOB:
            yield Suspicion(LintCode.ENCODED_TEXT, start, end)


def _place(text: str, words: str) -> tuple[int, int]:
    """Where the words stand in the text as it was written; all of it, where they were disguised."""
    folded = unicodedata.normalize("NFKC", text).lower()
    start = folded.find(words)
    return (start, start + len(words)) if start >= 0 and len(folded) == len(text) else (0, len(text))
