"""ROUGE-1, -2 and -L by character (Lin 2004), for Chinese writes no spaces; so does LCSTS (Hu et al. 2015).

F1 of what two texts share, between 0 and 1. Letters, digits and characters count, folded; spaces and punctuation do
not. Which of the two comes first does not matter. Knows nothing of what a text means.
"""

import unicodedata
from collections import Counter


def rouge_n(one: str, other: str, size: int) -> float:
    """F1 of the runs of `size` characters, each as often as it stands in both. Nothing of nothing is 0."""
    left, right = _runs(characters(one), size), _runs(characters(other), size)
    return _f1((left & right).total(), left.total(), right.total())


def rouge_l(one: str, other: str) -> float:
    """F1 of the longest sequence of characters that stands in both in the same order."""
    left, right = characters(one), characters(other)
    return _f1(_longest_common(left, right), len(left), len(right))


def characters(text: str) -> str:
    """What is compared."""
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


def _runs(text: str, size: int) -> Counter[str]:
    return Counter(text[at : at + size] for at in range(len(text) - size + 1))


def _f1(common: int, left: int, right: int) -> float:
    return 2 * common / (left + right) if left + right else 0.0


def _longest_common(left: str, right: str) -> int:
    """Length of the longest common subsequence, a row of the table at a time as bits of one number (Hyyrö 2004)."""
    if not left or not right:
        return 0
    places: dict[str, int] = {}
    for at, character in enumerate(left):
        places[character] = places.get(character, 0) | 1 << at
    all_bits = (1 << len(left)) - 1
    row = all_bits
    for character in right:
        matched = row & places.get(character, 0)
        row = ((row + matched) | (row - matched)) & all_bits
    return len(left) - row.bit_count()
