"""Chinese text to sparse BM25 vectors: words, character bigrams, and every number and code whole.

Traditional characters are folded to simplified, widths and case to one; 3.05% = 305bp, 5万 = 50,000元 and
一年期 = 12个月 are one term each (domain.figures). Term ids are stable 32-bit hashes. A passage's weights do not
depend on the corpus: lengths are measured against a constant, and IDF is the engine's. The constants were tuned by
tests/bench/retrieval_tuning.py. Knows nothing of product names.
"""

import re
import warnings
from collections import Counter
from collections.abc import Iterator
from functools import cache, lru_cache
from hashlib import blake2b
from importlib.metadata import version

from seatmate.adapters.fold import fold
from seatmate.domain.figures import FoundFigure, find_figures
from seatmate.domain.ports import SparseVector

with warnings.catch_warnings():
    # Its source has invalid escapes that Python warns of whenever it compiles the module afresh.
    warnings.simplefilter("ignore")
    import jieba

_CHINESE = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]+")
_LATIN = re.compile(r"[A-Z0-9]+(?:[.+][A-Z0-9]+)*")
_PARTS = re.compile(r"\d+|[A-Z]+")


_LONG_WORD = 0.4
"""What a word of three characters and more is worth in a query: its bigrams, which are in it too, say most of it."""
_ACROSS_WORDS = 0.7
"""What a bigram is worth in a query that the dictionary does not know as a word."""
_ONE_CHARACTER = 0.4
"""What a word of one character is worth in a query: 挂 and 存 say something, 的 and 了 do not."""


class SparseEncoder:
    """BM25 term weights with `k1`, `b` and the passage length `usual_length`, in terms."""

    def __init__(self, k1: float = 1.0, b: float = 0.6, usual_length: int = 200) -> None:
        self._k1 = k1
        self._b = b
        self._usual_length = usual_length

    @property
    def fingerprint(self) -> str:
        libraries = f"jieba{version('jieba')}:opencc{version('opencc')}"
        query = f"query={_LONG_WORD}/{_ACROSS_WORDS}/{_ONE_CHARACTER}"
        return f"sparse3:k1={self._k1}:b={self._b}:length={self._usual_length}:{query}:{libraries}"

    def words(self, text: str) -> list[str]:
        """The text cut into the dictionary's words; nothing but white space is left out."""
        return [word for word in _words().cut(text) if word.strip()]

    def encode_query(self, text: str) -> SparseVector:
        """Every term once, however often it is said; beside the weight of its kind, what it is worth is its IDF."""
        weights: dict[str, float] = {}
        for term, weight in _words().terms(text):
            weights[term] = max(weight, weights.get(term, 0.0))
        return _vector(weights)

    def encode_passage(self, text: str) -> SparseVector:
        counts = Counter(term for term, _ in _words().terms(text))
        length = 1 - self._b + self._b * counts.total() / self._usual_length
        return _vector({term: n * (self._k1 + 1) / (n + self._k1 * length) for term, n in counts.items()})


class _Words:
    """Text to terms; holds the dictionaries, which take half a second to load and do not change."""

    def __init__(self) -> None:
        self._segmenter = jieba.Tokenizer()
        # Its own loader unmarshals a cache from the shared /tmp, which anyone on the machine may have written.
        self._segmenter.FREQ, self._segmenter.total = self._segmenter.gen_pfdict(self._segmenter.get_dict_file())
        self._segmenter.initialized = True

    def cut(self, text: str) -> Iterator[str]:
        yield from self._segmenter.cut(text, HMM=False)

    def terms(self, text: str) -> Iterator[tuple[str, float]]:
        """Every term of a text, repeated as often as it occurs, with its weight in a query."""
        folded = fold(text).upper()
        # 90A holds no figure 9: a figure ends where its digits do.
        figures = [f for f in find_figures(folded) if not folded[f.end : f.end + 1].isdigit()]
        for figure in figures:
            yield from ((term, 1.0) for term in _figure_terms(figure))
        taken = [(f.start, f.end) for f in figures]
        for found in _LATIN.finditer(folded):
            if not any(start <= found.start() < end for start, end in taken):
                yield from ((term, 1.0) for term in _latin_terms(found[0]))
        for found in _CHINESE.finditer(folded):
            yield from self._chinese_terms(found[0])

    def _chinese_terms(self, run: str) -> Iterator[tuple[str, float]]:
        """Bigrams, which hold every word of two characters, and the dictionary's shorter and longer words."""
        words = list(self._segmenter.cut_for_search(run, HMM=False))
        known = {word for word in words if len(word) == 2}
        for at in range(len(run) - 1):
            pair = run[at : at + 2]
            yield pair, 1.0 if pair in known else _ACROSS_WORDS
        for word in words:
            if len(word) != 2:
                yield word, _LONG_WORD if len(word) > 2 else _ONE_CHARACTER


def _figure_terms(figure: FoundFigure) -> Iterator[str]:
    """One term per value; a bare number is worth the amount whose unit stands in a table header."""
    if figure.kind in ("amt", "num"):
        yield f"n:{figure.value}"
        return
    yield figure.normalised
    if figure.kind == "date" and len(figure.value) == len("2026-11-09"):
        yield f"day:{figure.value[-5:]}"
    if figure.kind == "term":  # 90天A is also called 90A
        yield from (f"n:{digits}" for digits in re.findall(r"\d+", figure.raw))


def _latin_terms(run: str) -> Iterator[str]:
    yield run
    parts = _PARTS.findall(run)
    if len(parts) > 1:
        yield from (f"n:{part}" if part.isdigit() else part for part in parts)


@cache
def _words() -> _Words:
    """Loaded when first needed, once in a process: whoever only wants a fingerprint does not pay for it."""
    return _Words()


def _vector(weights: dict[str, float]) -> SparseVector:
    by_id: dict[int, float] = {}
    for term, weight in weights.items():
        number = term_id(term)
        by_id[number] = by_id.get(number, 0.0) + weight
    indices = tuple(sorted(by_id))
    return SparseVector(indices, tuple(by_id[i] for i in indices))


@lru_cache(maxsize=65_536)
def term_id(term: str) -> int:
    """The same 32 bits for the same term, in every process and for ever."""
    return int.from_bytes(blake2b(term.encode(), digest_size=4).digest(), "big")
