"""Does a text share a passage with another, as a test case shares one with what a model was trained on?

Windows of characters, letters and digits only, folded to one width and case: what Brown et al. 2020 (GPT-3, appendix C)
do with thirteen words. Chinese has no blanks; fifteen characters are a sentence of the trade, and what is shorter and
the same is a set phrase or a number read aloud. A text shorter than a window is compared as a whole.
"""

import re
import unicodedata
from collections.abc import Iterable

WINDOW = 15
_A_TURN = 8
"""A whole text that is shorter says nothing of where it comes from: 嗯, 好的, 请问怎么称呼您."""

PRESCRIBED = (
    "理财非存款，产品有风险，投资须谨慎",
    "业绩比较基准不是预期收益率，不代表产品的未来表现和实际收益",
    "过往业绩不代表其未来表现，不等于理财产品实际收益",
)
"""Sentences that regulation prescribes (理财公司理财产品销售管理暂行办法): no text of a bank can do without them."""

_LETTERS = re.compile(r"[\W_]+")


def folded(text: str) -> str:
    """Letters and digits alone, full-width and half-width alike."""
    return _LETTERS.sub("", unicodedata.normalize("NFKC", text).lower())


class Windows:
    """Every window of some texts; asks whether another text has one of them."""

    def __init__(self, texts: Iterable[str], size: int = WINDOW) -> None:
        self._size = size
        self._windows: set[str] = set()
        self._whole: set[str] = set()
        for text in texts:
            letters = folded(text)
            self._whole.add(letters)
            self._windows.update(letters[at : at + size] for at in range(len(letters) - size + 1))

    def shared_with(self, text: str) -> str:
        """The longest run of characters that the text shares, a window at least; empty: none."""
        letters = folded(text)
        if len(letters) < self._size:
            return letters if len(letters) >= _A_TURN and letters in self._whole else ""
        longest, begin = "", -1
        for at in range(len(letters) - self._size + 2):
            if at <= len(letters) - self._size and letters[at : at + self._size] in self._windows:
                begin = at if begin < 0 else begin
            elif begin >= 0:
                run = letters[begin : at + self._size - 1]
                longest, begin = max(longest, run, key=len), -1
        return longest


def is_prescribed(shared: str) -> bool:
    """Is a shared run nothing but what regulation makes everybody say?"""
    return any(shared in folded(sentence) for sentence in PRESCRIBED)
