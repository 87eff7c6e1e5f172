"""Which pieces of a Chinese text carry its meaning: bigrams of characters, whole codes and numbers.

Cheap and without a dictionary: it ranks lines and tells whether a passage has anything to do with a question. The
retrieval index has its own, better tokens (adapters/sparse).
"""

import re
import unicodedata
from collections.abc import Set

_RUN = re.compile(r"[\u4e00-\u9fff]+|[a-z0-9][a-z0-9.%+]*")
# Words of asking and of courtesy: they say that something is asked, not what.
_EMPTY = re.compile(
    r"请问一下|请问|麻烦|我想问一下|想问一下|我想问|帮我|查一下|查查|看一下|告诉我|一下|多少钱|多少|什么时候|什么|怎么办|怎么样"
    r"|怎么|如何|哪些|哪个|哪里|几个|是不是|有没有|能不能|可不可以|可以|现在|目前|今天|吗|呢|吧|啊|的|了|我们|咱们|你们|客户|这个|那个"
)


def informative(text: str) -> frozenset[str]:
    """The informative pieces of a text, folded to one width and case."""
    folded = unicodedata.normalize("NFKC", text).lower()
    pieces: set[str] = set()
    for run in _RUN.findall(_EMPTY.sub(" ", folded)):
        if "\u4e00" <= run[0] <= "\u9fff":
            pieces.update(run[i : i + 2] for i in range(len(run) - 1))
            if len(run) == 1:
                pieces.add(run)
        else:
            pieces.add(run)
    return frozenset(pieces)


_EMPTY_CHARACTERS = frozenset(
    "的了吗呢吧啊么不是在有和与就都也还要会能可让给到对把被为我你他她它们这那个几多少怎样什哪谁请问客户一下先再去来做办拿看说算按"
)


def is_empty_word(word: str) -> bool:
    """Does a word of one character say nothing of what is asked?"""
    return len(word) == 1 and word in _EMPTY_CHARACTERS


def without_empty_words(text: str) -> str:
    """The text with a blank in the place of every word of asking and of courtesy."""
    return _EMPTY.sub(" ", text)


def coverage(wanted: Set[str], text: str) -> float:
    """Which share of the wanted pieces a text contains, 0 to 1; 0 when nothing is wanted."""
    if not wanted:
        return 0.0
    there = unicodedata.normalize("NFKC", text).lower()
    return sum(piece in there for piece in wanted) / len(wanted)
