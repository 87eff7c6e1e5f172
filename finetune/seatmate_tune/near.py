"""Which texts are nearly the same: shingles and Jaccard, found by MinHash with bands (Broder 1997; Leskovec et al. ch. 3).

A shingle is five letters in a row of the folded text, which for Chinese is two or three words. The signature only finds
candidates; whether two texts are alike is decided by their exact Jaccard.
"""

import hashlib
from collections.abc import Iterable, Sequence

import numpy as np
import numpy.typing as npt

from seatmate.domain.overlap import folded

SIZE = 5
_BANDS, _ROWS = 16, 4
"""A pair with Jaccard 0.8 shares a band with probability 1 - (1 - 0.8⁴)¹⁶ = 0.9998, one with 0.3 with 0.12."""

Signature = npt.NDArray[np.uint64]


def shingles(text: str, size: int = SIZE) -> frozenset[str]:
    """Every run of `size` letters; a shorter text is one shingle, an empty one has none."""
    letters = folded(text)
    if len(letters) < size:
        return frozenset((letters,)) if letters else frozenset()
    return frozenset(letters[at : at + size] for at in range(len(letters) - size + 1))


def jaccard(a: frozenset[str], b: frozenset[str]) -> float:
    """What two sets share of what they have; two empty ones are alike."""
    return len(a & b) / len(a | b) if a or b else 1.0


def _multipliers() -> tuple[Signature, Signature]:
    """Odd numbers and offsets for multiply-shift hashing, the same in every run."""
    drawn = np.random.default_rng(20261128).integers(1, 2**63, size=(2, _BANDS * _ROWS), dtype=np.uint64)
    return drawn[0] | np.uint64(1), drawn[1]


_ODD, _OFFSET = _multipliers()


def signature(pieces: Iterable[str]) -> Signature:
    """The least hash of the shingles under each of 64 hash functions."""
    hashes = [int.from_bytes(hashlib.blake2b(piece.encode(), digest_size=8).digest(), "big") for piece in pieces]
    if not hashes:
        return np.zeros(_BANDS * _ROWS, dtype=np.uint64)
    mixed = np.array(hashes, dtype=np.uint64)[:, None] * _ODD[None, :] + _OFFSET[None, :]
    least: Signature = (mixed >> np.uint64(16)).min(axis=0)
    return least


def near_duplicates(texts: Sequence[str], at_least: float) -> dict[int, tuple[int, float]]:
    """For each text that is like an earlier one that stays: which, and how much. The first of its kind stays."""
    kept: dict[bytes, list[int]] = {}
    sets = [shingles(text) for text in texts]
    found: dict[int, tuple[int, float]] = {}
    for number, pieces in enumerate(sets):
        bands = [f"{band}/".encode() + part.tobytes() for band, part in enumerate(np.split(signature(pieces), _BANDS))]
        candidates = sorted({other for band in bands for other in kept.get(band, ())})
        alike = [(jaccard(pieces, sets[other]), -other) for other in candidates]
        share, other = max(alike, default=(0.0, 0))
        if alike and share >= at_least:
            found[number] = (-other, round(share, 3))
            continue
        for band in bands:
            kept.setdefault(band, []).append(number)
    return found
