"""Static dense embeddings without torch: the mean of a text's token vectors, some tens of microseconds a query.

A folder holds `embeddings.npy` (tokens × dimensions, floats, or 8-bit integers with a factor a row in `scales.npy`)
and the tokens, either `tokens.txt` (a token per line, optionally a tab and its log probability) or a Hugging Face
`tokenizer.json`. Without a folder, hashed character n-grams are projected: deterministic, far weaker, and the
fingerprint says so. Traditional characters are read as simplified. Knows nothing of how the table was trained.
"""

import hashlib
import json
import re
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from seatmate.adapters.fold import fold
from seatmate.domain.errors import Misconfigured

Floats = NDArray[np.float32]

_SPACE = re.compile(r"\s+")
_WORD_START = "▁"
"""How SentencePiece writes the space before a word."""


class DenseEncoder(Protocol):
    @property
    def dimensions(self) -> int: ...

    @property
    def fingerprint(self) -> str: ...

    def encode(self, text: str) -> tuple[float, ...]: ...


def open_dense(folder: Path) -> DenseEncoder:
    """The trained table in this folder, or the hashed projection where there is none."""
    return StaticTable(folder) if folder.is_dir() else HashedGrams()


class StaticTable:
    def __init__(self, folder: Path) -> None:
        self._table = _read_table(folder)
        self._tokens = _read_tokens(folder)
        if self._table.ndim != 2 or len(self._tokens) != len(self._table):
            raise Misconfigured(
                f"{folder}: {len(self._tokens)} tokens and a table of shape {self._table.shape} do not fit together"
            )
        self._rows = {token: row for row, (token, _) in enumerate(self._tokens)}
        self._scores = dict(self._tokens)
        self._longest = max(map(len, self._scores), default=1)
        self._marks_words = any(token.startswith(_WORD_START) for token in self._scores)
        digest = hashlib.sha256(self._table.tobytes())
        digest.update(repr(self._tokens).encode())
        self._fingerprint = f"dense1:static:{digest.hexdigest()[:12]}"

    @property
    def dimensions(self) -> int:
        return int(self._table.shape[1])

    @property
    def fingerprint(self) -> str:
        return self._fingerprint

    def encode(self, text: str) -> tuple[float, ...]:
        rows = [self._rows[token] for token in self._cut(_fold(text))]
        return _unit(self._table[rows].mean(axis=0) if rows else np.zeros(self.dimensions, np.float32))

    def _cut(self, text: str) -> list[str]:
        """The likeliest row of known tokens (Viterbi); an unknown character is skipped at a high price."""
        if self._marks_words:
            text = _WORD_START + text.replace(" ", _WORD_START)
        unknown = min(self._scores.values(), default=0.0) - 10.0
        best = [0.0] + [float("-inf")] * len(text)
        step: list[tuple[int, bool]] = [(0, False)] * (len(text) + 1)
        for end in range(1, len(text) + 1):
            for start in range(max(0, end - self._longest), end):
                score = self._scores.get(text[start:end])
                if score is not None and best[start] + score > best[end]:
                    best[end], step[end] = best[start] + score, (start, True)
            if best[end - 1] + unknown > best[end]:
                best[end], step[end] = best[end - 1] + unknown, (end - 1, False)
        tokens = []
        end = len(text)
        while end > 0:
            start, known = step[end]
            if known:
                tokens.append(text[start:end])
            end = start
        return tokens[::-1]


class HashedGrams:
    """Character n-grams, each thrown onto a few signed positions: alike texts come out alike, meanings do not."""

    dimensions = 256
    fingerprint = "dense0:hashed-grams-256"

    def encode(self, text: str) -> tuple[float, ...]:
        vector = np.zeros(self.dimensions, np.float32)
        for gram in _grams(_fold(text)):
            for position, sign in _positions(gram):
                vector[position] += sign
        return _unit(vector)


def _grams(text: str) -> Iterable[str]:
    return (text[at : at + n] for n in (1, 2, 3) for at in range(len(text) - n + 1))


@lru_cache(maxsize=65_536)
def _positions(gram: str) -> tuple[tuple[int, float], ...]:
    digest = hashlib.blake2b(gram.encode(), digest_size=8).digest()
    return tuple((digest[i], 1.0 if digest[i + 4] & 1 else -1.0) for i in range(4))


def _fold(text: str) -> str:
    return _SPACE.sub(" ", fold(text).lower()).strip()


def _unit(vector: Floats) -> tuple[float, ...]:
    """Length one; nothing known stays the zero vector, which is near to nothing."""
    length = float(np.linalg.norm(vector))
    return tuple((vector / length if length else vector).tolist())


def _read_table(folder: Path) -> Floats:
    """Tokens × dimensions; 8-bit integers are multiplied by their row's number in `scales.npy`."""
    table = _read_array(folder / "embeddings.npy")
    if table.dtype != np.int8:
        return np.asarray(table, np.float32)
    scales = _read_array(folder / "scales.npy")
    if scales.shape != table.shape[:1]:
        raise Misconfigured(f"{folder}: a table of shape {table.shape} and {len(scales)} scales do not fit together")
    floats: Floats = np.asarray(table, np.float32) * np.asarray(scales, np.float32)[:, None]
    return floats


def _read_array(path: Path) -> NDArray[np.generic]:
    """Raises Misconfigured for a file that is not there or is no plain array: nothing that runs code is read."""
    try:
        return np.asarray(np.load(path, allow_pickle=False))
    except (OSError, ValueError) as error:
        raise Misconfigured(f"{path} cannot be read ({error}): train the embedder or remove the folder") from error


def _read_tokens(folder: Path) -> list[tuple[str, float]]:
    """Tokens in the table's order with their log probabilities; -1 each where none are given: the fewest tokens win."""
    plain = folder / "tokens.txt"
    if plain.is_file():
        rows = [line.rpartition("\t") for line in plain.read_text("utf-8").split("\n") if line]
        return [(token, float(score)) if tab else (score, -1.0) for token, tab, score in rows]
    trained = folder / "tokenizer.json"
    if not trained.is_file():
        raise Misconfigured(f"{folder} has neither tokens.txt nor tokenizer.json")
    vocabulary = json.loads(trained.read_text("utf-8"))["model"]["vocab"]
    if isinstance(vocabulary, dict):
        return [(token, -1.0) for token, _ in sorted(vocabulary.items(), key=lambda item: item[1])]
    return [(str(token), float(score)) for token, score in vocabulary]
