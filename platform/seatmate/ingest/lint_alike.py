"""Documents in force together that say the same, and sentences in force together that say the same with another figure.

Sameness is the share of a text's runs of eight characters that stand in the other too (containment), so a document in
another format or in another order is still the same. What stands in many documents is boilerplate and shows nothing.
Sentences are compared letter by letter without their figures; a figure that says which case is meant (5万元以上,
一年期) belongs to the words. Knows no synonyms: two sentences in other words are not compared.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from seatmate.domain.facts import overlap
from seatmate.domain.figures import find_figures
from seatmate.domain.knowledge import DocumentVersion, Passage
from seatmate.domain.lint import LintCode, LintFinding, LintPlace, Severity

_RUN = 8
"""Characters to a run: a Chinese clause. Shorter ones are shared by chance."""
_COMMON = 24
"""A run that stands in more documents than this is boilerplate; it also bounds the work."""
_STANDARD = 3
"""A passage that stands word for word in more documents than this is a standard clause, meant to be everywhere."""
_SAME_DOCUMENT = 0.6
_SAME_PASSAGE = 0.85
_SAME_WORDS = 0.95
_ROUGHLY = 0.5
"""Of the letters alone: who shares less is not read for figures, which takes twenty times as long."""
_LONG_ENOUGH = 40
"""Letters that a passage must have before its sameness means anything."""

_NOISE = re.compile(r"[^\w\u4e00-\u9fff]+|_")
_NOTHING = "本行|我行|我司|客户|目前|现行|其中|人民币|[的了为是则将按均即可需须应请您该]"
_EMPTY = re.compile(_NOTHING)
_ROUGH = re.compile(rf"{_NOTHING}|[^A-Za-z\u4e00-\u9fff]+")
_FIGURE = re.compile(r"\d|百分之")
_SENTENCE = re.compile(
    r"(?:(?<=\n)|^)\s*(?:\d{1,2}[.、．)](?!\d)|[(（]\d{1,2}[)）])\s*|[^。！？!?\n；;]+", re.MULTILINE
)
"""Or the number of a list's item, which belongs to no sentence."""
_VALUES = frozenset({"pct", "amt", "t"})
_FROM_HERE = 16
"""Letters of a sentence, figures apart, from which on it says by itself what it is about."""
_AT_LEAST = 8


@dataclass(frozen=True)
class _Span:
    """A sentence or table row that may state a value; `rough` are its letters, without figures in digits."""

    passage: Passage
    start: int
    end: int
    rough: str


@dataclass(frozen=True)
class _Sentence:
    """A sentence or table row: `words` without its values, `values` in their order."""

    passage: Passage
    start: int
    end: int
    words: str
    values: tuple[str, ...]

    @property
    def place(self) -> LintPlace:
        begin = self.passage.start
        quote = self.passage.text[self.start : self.end]
        return LintPlace(
            doc_id=self.passage.doc_id,
            version=self.passage.version,
            start=begin + self.start,
            end=begin + self.end,
            quote=quote,
        )


def overlapping(documents: Sequence[DocumentVersion], passages: Sequence[Passage]) -> list[LintFinding]:
    """One finding for each two documents that are the same for the most part, or that share whole passages."""
    documents = [d for d in documents if not d.superseded]
    found: list[LintFinding] = []
    whole: set[frozenset[str]] = set()
    for a, b, share in _alike([_letters(d.text) for d in documents], _SAME_DOCUMENT):
        one, other = documents[a], documents[b]
        if _may_clash(one, other):
            whole.add(frozenset((one.doc_id, other.doc_id)))
            found.append(_same_document(one, other, share))
    by_documents = _shared_passages(documents, passages)
    found += [_same_passages(pairs) for pair, pairs in sorted(by_documents.items()) if frozenset(pair) not in whole]
    return found


def contradicting(documents: Sequence[DocumentVersion], passages: Sequence[Passage]) -> list[LintFinding]:
    """One finding for each two sentences that differ in their figures alone.

    Both speaking of products is left to the product facts.
    """
    superseded = {(d.doc_id, d.version) for d in documents if d.superseded}
    spans = [s for p in passages if (p.doc_id, p.version) not in superseded for s in _spans(p)]
    roughly = {n for a, b, _ in _alike([span.rough for span in spans], _ROUGHLY) for n in (a, b)}
    sentences = _unambiguous([s for n in sorted(roughly) if (s := _sentence(spans[n])) is not None])
    found: dict[tuple[str, str, str], LintFinding] = {}
    for a, b, _ in _alike([s.words for s in sentences], _SAME_WORDS):
        one, other = sentences[a], sentences[b]
        if _contradict(one, other):
            found.setdefault((min(one.words, other.words, key=len), *_ids(one, other)), _other_figure(one, other))
    return list(found.values())


def _letters(text: str) -> str:
    """What the comparison sees: letters and figures, in one width and case."""
    return _NOISE.sub("", unicodedata.normalize("NFKC", text).lower())


def _may_clash(a: DocumentVersion | Passage, b: DocumentVersion | Passage) -> bool:
    """Different documents, in force together, read by the same people, and not about different products."""
    if a.doc_id == b.doc_id or not overlap(a.validity, b.validity):
        return False
    if a.scope and b.scope and not set(a.scope) & set(b.scope):
        return False
    return not a.product_codes or not b.product_codes or bool(set(a.product_codes) & set(b.product_codes))


def _alike(texts: Sequence[str], enough: float) -> Iterator[tuple[int, int, float]]:
    """Index pairs of texts of which the shorter is contained in the other by at least this share."""
    owners, runs = _runs(texts)
    sizes = np.bincount(owners, minlength=len(texts))
    for pair, shared in _shared(owners, runs, len(texts)):
        a, b = divmod(pair, len(texts))
        share = shared / min(sizes[a], sizes[b])
        if share >= enough:
            yield a, b, float(share)


def _runs(texts: Sequence[str]) -> tuple[NDArray[np.int64], NDArray[np.uint64]]:
    """Every text's runs, each once: the text's index and the run's hash, in the order of hashes. All texts at once."""
    letters = np.frombuffer("".join(texts).encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    if letters.size < _RUN:
        return np.empty(0, np.int64), np.empty(0, np.uint64)
    hashes = np.zeros(letters.size - _RUN + 1, dtype=np.uint64)
    for at in range(_RUN):
        hashes = hashes * np.uint64(0x9E3779B97F4A7C15) + letters[at : at + hashes.size]
        hashes ^= hashes >> np.uint64(29)
    owner = np.repeat(np.arange(len(texts)), np.array([len(text) for text in texts], dtype=np.int64))
    inside = owner[: hashes.size] == owner[_RUN - 1 :]
    owners, runs = owner[: hashes.size][inside], hashes[inside]
    order = np.lexsort((owners, runs))
    owners, runs = owners[order], runs[order]
    new = np.ones(runs.size, dtype=bool)
    new[1:] = (runs[1:] != runs[:-1]) | (owners[1:] != owners[:-1])
    return owners[new], runs[new]


def _shared(owners: NDArray[np.int64], runs: NDArray[np.uint64], count: int) -> Iterator[tuple[int, int]]:
    """For each two texts that share runs: their pair number `a * count + b`, and how many. Boilerplate is left out."""
    starts = np.flatnonzero(np.concatenate(([True], runs[1:] != runs[:-1]))) if runs.size else np.empty(0, np.int64)
    sizes = np.diff(np.concatenate((starts, [runs.size])))
    pairs: list[NDArray[np.int64]] = []
    for size in range(2, _COMMON + 1):
        groups = owners[starts[sizes == size][:, None] + np.arange(size)]
        for a, b in combinations(range(size), 2):
            pairs.append(groups[:, a] * count + groups[:, b])
    if not pairs:
        return
    numbers, shared = np.unique(np.concatenate(pairs), return_counts=True)
    worth = shared >= 2
    yield from zip(numbers[worth].tolist(), shared[worth].tolist(), strict=True)


def _shared_passages(
    documents: Iterable[DocumentVersion], passages: Sequence[Passage]
) -> dict[tuple[str, str], list[tuple[Passage, Passage, float]]]:
    """By the two documents, in the order of their ids."""
    current = {(d.doc_id, d.version) for d in documents}
    candidates = [p for p in passages if (p.doc_id, p.version) in current]
    texts = [_letters(p.text) for p in candidates]
    standing: dict[str, set[str]] = defaultdict(set)
    for passage, text in zip(candidates, texts, strict=True):
        standing[text].add(passage.doc_id)
    kept = [n for n, text in enumerate(texts) if len(text) >= _LONG_ENOUGH and len(standing[text]) <= _STANDARD]
    found: dict[tuple[str, str], list[tuple[Passage, Passage, float]]] = defaultdict(list)
    for a, b, share in _alike([texts[n] for n in kept], _SAME_PASSAGE):
        one, other = sorted((candidates[kept[a]], candidates[kept[b]]), key=lambda p: p.doc_id)
        if _may_clash(one, other):
            found[one.doc_id, other.doc_id].append((one, other, share))
    return found


def _same_document(one: DocumentVersion, other: DocumentVersion, share: float) -> LintFinding:
    return LintFinding(
        kind=LintCode.SAME_DOCUMENT.kind,
        code=LintCode.SAME_DOCUMENT,
        severity=Severity.WARNING,
        doc_ids=(one.doc_id, other.doc_id),
        product_codes=tuple(sorted(set(one.product_codes) & set(other.product_codes))),
        detail=f"《{one.title}》与《{other.title}》同时有效，内容约{share:.0%}相同。请保留一份，或写明两份各管什么。",
    )


def _same_passages(pairs: Sequence[tuple[Passage, Passage, float]]) -> LintFinding:
    one, other, _ = pairs[0]
    places = [place for a, b, _ in pairs[:5] for place in (place_of(a), place_of(b))]
    return LintFinding(
        kind=LintCode.SAME_PASSAGES.kind,
        code=LintCode.SAME_PASSAGES,
        severity=Severity.INFO,
        doc_ids=(one.doc_id, other.doc_id),
        product_codes=tuple(sorted(set(one.product_codes) & set(other.product_codes))),
        places=tuple(places),
        detail=f"《{one.title}》与《{other.title}》有{len(pairs)}段几乎相同的内容，修改时须同时修改，否则会互相矛盾。",
    )


def place_of(passage: Passage) -> LintPlace:
    return LintPlace(
        doc_id=passage.doc_id, version=passage.version, start=passage.start, end=passage.end, quote=passage.text
    )


def _spans(passage: Passage) -> Iterator[_Span]:
    """A table row is one sentence; so is each of a paragraph. Those without a figure are none."""
    spans = [(0, len(passage.text))] if passage.columns else [m.span() for m in _SENTENCE.finditer(passage.text)]
    for start, end in spans:
        text = passage.text[start:end]
        if _FIGURE.search(text):
            lead = len(text) - len(text.lstrip())
            yield _Span(passage, start + lead, end - (len(text) - len(text.rstrip())), _ROUGH.sub("", text))


def _sentence(span: _Span) -> _Sentence | None:
    read = _without_values(span.passage.text[span.start : span.end])
    return _Sentence(span.passage, span.start, span.end, *read) if read else None


def _without_values(text: str) -> tuple[str, tuple[str, ...]] | None:
    """The words with a mark for each value, and the values; None where there is none, or too little beside them."""
    figures = find_figures(text)
    plain = [f for f in figures if f.direction == 0 and f.kind in _VALUES]
    kinds = _VALUES if plain else frozenset({"amt", "pct", "t", "num", "term"})
    words: list[str] = []
    values: list[str] = []
    at = 0
    for figure in figures:
        words.append(text[at : figure.start])
        at = figure.end
        if figure.kind in kinds and (figure.direction == 0 or not plain):
            words.append(f"\x00{figure.kind}\x00")
            values.append(figure.normalised)
        else:
            words.append(figure.normalised)
    words.append(text[at:])
    said = "".join(words)
    letters = _EMPTY.sub("", re.sub(r"[^\w\u4e00-\u9fff\x00]+|_", "", unicodedata.normalize("NFKC", said).lower()))
    return (letters, tuple(values)) if values and _chinese(letters) >= _AT_LEAST else None


def _unambiguous(sentences: Sequence[_Sentence]) -> list[_Sentence]:
    """Each document's sentence once; none that it says again with other figures, for then the words are not all."""
    said: dict[tuple[str, str], dict[tuple[str, ...], _Sentence]] = defaultdict(dict)
    for sentence in sentences:
        said[sentence.passage.doc_id, sentence.words].setdefault(sentence.values, sentence)
    return [next(iter(by_values.values())) for by_values in said.values() if len(by_values) == 1]


def _contradict(a: _Sentence, b: _Sentence) -> bool:
    """The shorter's words stand in the other's as a whole, and there with other values."""
    if not _may_clash(a.passage, b.passage) or (a.passage.product_codes and b.passage.product_codes):
        return False
    short, long = sorted((a, b), key=lambda s: len(s.words))
    at = long.words.find(short.words)
    first = long.words[: max(at, 0)].count("\x00") // 2
    if at < 0 or short.values == long.values[first : first + len(short.values)]:
        return False
    return _chinese(short.words) >= _FROM_HERE or _same_place(a.passage, b.passage)


def _chinese(words: str) -> int:
    return sum("\u4e00" <= c <= "\u9fff" for c in words)


def _ids(a: _Sentence, b: _Sentence) -> tuple[str, str]:
    return a.passage.doc_id, b.passage.doc_id


def _same_place(a: Passage, b: Passage) -> bool:
    """Do title and headings speak of the same thing? Of the shorter one's bigrams, a third must stand in the other."""
    one, other = (_bigrams(_letters(p.context)) for p in (a, b))
    return len(one & other) * 3 >= max(1, min(len(one), len(other)))


def _bigrams(text: str) -> set[str]:
    return {text[at : at + 2] for at in range(len(text) - 1)}


def _other_figure(a: _Sentence, b: _Sentence) -> LintFinding:
    return LintFinding(
        kind=LintCode.OTHER_FIGURE.kind,
        code=LintCode.OTHER_FIGURE,
        severity=Severity.WARNING,
        doc_ids=(a.passage.doc_id, b.passage.doc_id),
        product_codes=tuple(sorted({*a.passage.product_codes, *b.passage.product_codes})),
        places=(a.place, b.place),
        detail=f"《{a.passage.title}》与《{b.passage.title}》同一句话数字不同："
        f"“{a.place.quote}”，“{b.place.quote}”。请核实以哪份为准。",
    )
