"""What the embedder learns from: questions with the passages that answer them, by source, each with a look-alike.

Public text gives titles, leads and sentences taken out of their passages; the generators give questions of fictional
banks; `paraphrases` gives sayings that share no word with what they ask for. The benchmark's sets are refused.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any

from seatmate.domain.errors import Misconfigured
from seatmate_tune import names
from seatmate_tune.answers import ask, question
from seatmate_tune.corpus import rows
from seatmate_tune.documents import Page, library
from seatmate_tune.paraphrases import CONCEPTS, Concept, held_out
from seatmate_tune.recipe import Source

Pair = tuple[str, str, str]
"""question, its passage, a passage that looks like it"""

BENCHMARKS = {
    "drcd_dev": "874b4b69af1e40be0361d7dc5de237303a345517ed646e0fbc647d3ab9329a75",
    "cmrc2018_trial": "08cafe4b2274495f7440cf45cf04f47fcc899ef4d72a580097b6546111357c8e",
}
"""The retrieval benchmark's sets, by folder name and sha256 of the file: whoever trains on them measures nothing."""

_PASSAGE = 300
"""Characters, as ingest cuts at most."""
_SENTENCES = re.compile(r"[^。！？\n]+[。！？]?")
_CLAUSES = re.compile(r"[^，；：、。！？]+")
_FIGURE = re.compile(r"\d[\d,.]*\s*(?P<unit>年|月|日|[万亿元%个人家次名倍分台吨]+)")
_WHEN, _HOW_MUCH = ("什么时候", "哪一年", "哪天"), ("多少", "几", "多少")
_ASKING = ("？", "是什么？", "呢？", "有哪些", "", "吗？", "怎么样")


def refuse_benchmarks(sources: Sequence[Source]) -> None:
    """Raises Misconfigured, naming the source, if a recipe would read a benchmark set under any name."""
    for source in sources:
        named = any(part in BENCHMARKS for part in source.path.parts)
        if named or (source.path.is_file() and _sha256(source) in BENCHMARKS.values()):
            raise Misconfigured(f"{source.path} is a set of the retrieval benchmark: nothing may be trained on it")


def public_pairs(source: Source, rng: Random) -> Iterator[Pair]:
    """As many as the rows of one source give."""
    refuse_benchmarks([source])
    before = ""
    for row in rows(source.path, source.rows):
        for asked, passage in _turns(row) if source.kind == "turns" else _text_pairs(row, rng):
            if before and before != passage:
                yield asked, passage, before
            before = passage


def _text_pairs(row: dict[str, Any], rng: Random) -> Iterator[tuple[str, str]]:
    text, title = str(row["text"]), str(row.get("title") or "")
    passages = _passages(text)
    if not passages:
        return
    head, _, _ = text.lstrip("# ").partition("。")
    if not title and 8 < len(head) < 90 and len(passages[0]) > len(head) + 60:
        yield head, passages[0][len(head) :]
    for passage in rng.sample(passages, min(4 if title else 3, len(passages))):
        sentences = [s for s in _SENTENCES.findall(passage) if len(s) > 12]
        if len(sentences) < 2:
            continue
        taken = rng.choice(sentences)
        rest = passage if rng.random() < 0.5 else passage.replace(taken, "", 1)
        asked = _asked(taken, rng) if rng.random() < 0.7 else taken
        yield (f"{title} {asked}" if title and rng.random() < 0.3 else asked), rest


def _passages(text: str) -> list[str]:
    """Whole sentences, up to a passage's length; what is too short to say anything is left out."""
    found, piece = [], ""
    for sentence in _SENTENCES.findall(text):
        if piece and len(piece) + len(sentence) > _PASSAGE:
            found.append(piece)
            piece = ""
        piece += sentence
    return [p[: 2 * _PASSAGE] for p in (*found, piece) if len(p) > 60]


def _asked(sentence: str, rng: Random) -> str:
    """A clause or two of a sentence made into a question: a figure becomes its question word, a piece is lost."""
    clauses = [c for c in _CLAUSES.findall(sentence) if len(c) > 3] or [sentence]
    first = rng.randrange(len(clauses))
    words = "".join(clauses[first : first + rng.choice((1, 1, 2, 3))])
    if figure := _FIGURE.search(words):
        asking = rng.choice(_WHEN if figure["unit"] in "年月日" else _HOW_MUCH)
        words = words[: figure.start()] + asking + words[figure.end() :]
    elif len(words) > 10:
        gap = rng.randrange(len(words) - 4)
        words = words[:gap] + rng.choice(("", "什么", "哪里", "谁", "")) + words[gap + rng.randint(2, 4) :]
    return words[:60] + rng.choice(_ASKING)


def _turns(row: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What was said before somebody used a piece of knowledge, and that piece."""
    for turn, reply in zip(row["turns"], row["turns"][1:], strict=False):
        for known in reply.get("knowledge") or ():
            if len(turn["text"]) > 6:
                yield turn["text"], f"{known['name']} {known['attrname']} {known['attrvalue']}"[:_PASSAGE]


def bank_pairs(rng: Random, count: int) -> Iterator[Pair]:
    """Questions of fictional banks; the negative is another page of the same shelf."""
    while count > 0:
        shelf = library(rng)
        for _ in range(4):
            asked = ask(rng, shelf, rng.choice(("figure", "quote")))
            others = [page for page in shelf.pages if asked and page not in asked.pages]
            if asked is not None and others:
                count -= 1
                yield asked.question, page_text(asked.pages[0]), page_text(rng.choice(others))


def paraphrase_pairs(rng: Random, count: int) -> Iterator[Pair]:
    """A saying with one of the lines that answer it, with and without a product; the negative is of the same kind."""
    while count > 0:
        concept = rng.choice(CONCEPTS)
        spoken = [said for said in concept.spoken if not held_out(said)]
        other = rng.choice([c for c in CONCEPTS if c.kind == concept.kind and c is not concept])
        count -= 1
        yield paraphrase(rng, concept, rng.choice(spoken), other)


def paraphrase(rng: Random, concept: Concept, spoken: str, other: Concept) -> Pair:
    """The saying dressed as a caller dresses it, and two passages: the concept's and the other's."""
    title = ""
    if concept.kind != "service" and rng.random() < 0.6:
        [(title, _)] = names.family(rng, concept.kind, 1)
        asked = f"{title}{rng.choice(('', '', '，', '的话'))}{spoken}{rng.choice(('', '', '？', '啊'))}"
    else:
        asked = question(rng, None, spoken) if rng.random() < 0.4 else spoken
    return asked, _line(rng, title, concept), _line(rng, title, other)


def _line(rng: Random, title: str, concept: Concept) -> str:
    lines = rng.sample(concept.written, rng.choice((1, 1, 2)) if len(concept.written) > 1 else 1)
    place = title + rng.choice(("产品说明书 ", "产品手册 › 产品要素 ", " ", "业务规则 ")) if title else ""
    return place + "。".join(line.replace("{v}", concept.value(rng)) for line in lines)


def page_text(page: Page) -> str:
    """As ingest gives a passage to the encoder: its context, then its text."""
    return f"{page.passage.context} {page.passage.text}"


def _sha256(source: Source) -> str:
    return hashlib.sha256(source.path.read_bytes()).hexdigest()
