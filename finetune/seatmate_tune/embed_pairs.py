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
SENTENCES = re.compile(r"[^。！？\n]+[。！？]?")
_CLAUSES = re.compile(r"[^，；：、。！？]+")
_FIGURE = re.compile(r"\d[\d,.]*\s*(?P<unit>年|月|日|[万亿元%个人家次名倍分台吨]+)")
_WHEN, _HOW_MUCH = ("什么时候", "哪一年", "哪天"), ("多少", "几", "多少")
_ALIKE = tuple(
    tuple(words.split())
    for words in (
        "什么时候 啥时候 几时 哪天", "多长时间 多久 几天", "能不能 可不可以 行不行 能否", "怎么办 咋办 如何处理",
        "怎么 咋 如何", "最少 至少 起码 最低", "最多 顶多 最高 至多", "要不要 用不用 需不需要", "会不会 是不是会 可能会",
        "多少 几个 多大", "有没有 有无", "亏 赔 亏损", "拿出来 取出来 提出来", "本钱 本金 老本", "没了 丢了 不见了",
        "收 扣 要", "卖 赎 退", "买 投 入手", "借 贷", "存 放", "罚 处罚", "钱 资金 款", "到账 到 入账", "早点 提前 提早",
        "现在 目前 眼下", "客户 顾客", "贵不贵 高不高", "不想要 不要 用不着", "开始 起", "停 冻结 锁", "打 汇 转",
    )
)  # fmt: skip
"""Everyday words that stand for each other in questions to a bank."""
SAYINGS = "sayings"
"""The stage of a recipe whose pairs come from `paraphrases`."""
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
        for asked, passage in _turns(row) if source.kind == "turns" else text_pairs(row, rng):
            if before and before != passage:
                yield asked, passage, before
            before = passage


def text_pairs(row: dict[str, Any], rng: Random) -> Iterator[tuple[str, str]]:
    text, title = str(row["text"]), str(row.get("title") or "")
    passages = _passages(text)
    if not passages:
        return
    head, _, _ = text.lstrip("# ").partition("。")
    if not title and 8 < len(head) < 90 and len(passages[0]) > len(head) + 60:
        yield head, passages[0][len(head) :]
    for passage in rng.sample(passages, min(4 if title else 3, len(passages))):
        sentences = [s for s in SENTENCES.findall(passage) if len(s) > 12]
        if len(sentences) < 2:
            continue
        taken = rng.choice(sentences)
        rest = passage if rng.random() < 0.5 else passage.replace(taken, "", 1)
        asked = as_question(taken, rng) if rng.random() < 0.7 else taken
        yield (f"{title} {asked}" if title and rng.random() < 0.3 else asked), rest


def _passages(text: str) -> list[str]:
    """Whole sentences, up to a passage's length; what is too short to say anything is left out."""
    found, piece = [], ""
    for sentence in SENTENCES.findall(text):
        if piece and len(piece) + len(sentence) > _PASSAGE:
            found.append(piece)
            piece = ""
        piece += sentence
    return [p[: 2 * _PASSAGE] for p in (*found, piece) if len(p) > 60]


def as_question(sentence: str, rng: Random) -> str:
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


def saying_pairs(rng: Random, count: int) -> Iterator[Pair]:
    """Rounds over all concepts, each once a round, a round with products and one without in turn: within a round no
    other passage is right. A saying, or now and then a line, with a line of its concept; the negative is of the same kind.
    """
    for number in range(count // len(CONCEPTS)):
        for concept in CONCEPTS:
            spoken = [said for said in concept.spoken if not held_out(said)]
            other = rng.choice([c for c in CONCEPTS if c.kind == concept.kind and c is not concept])
            title = ""
            if number % 2 and concept.kind != "service":
                [(title, _)] = names.family(rng, concept.kind, 1)
            said = otherwise(rng.choice(spoken), rng) if rng.random() < 0.85 else _line(rng, "", concept)
            yield _dressed(rng, title, said), _line(rng, title, concept), _line(rng, title, other)


def otherwise(said: str, rng: Random) -> str:
    """The same with some of its everyday words changed for others of their kind."""
    for alike in _ALIKE:
        for word in alike:
            if word in said:
                if rng.random() < 0.5:
                    said = said.replace(word, rng.choice(alike), 1)
                break
    return said


def _dressed(rng: Random, title: str, said: str) -> str:
    if title:
        return f"{title}{rng.choice(('', '', '，', '的话'))}{said}{rng.choice(('', '', '？', '啊'))}"
    return question(rng, None, said) if rng.random() < 0.4 else said


def _line(rng: Random, title: str, concept: Concept) -> str:
    lines = rng.sample(concept.written, rng.choice((1, 1, 2)) if len(concept.written) > 1 else 1)
    place = title + rng.choice(("产品说明书 ", "产品手册 › 产品要素 ", " ", "业务规则 ")) if title else ""
    return place + "。".join(line.replace("{v}", concept.value(rng)) for line in lines)


def page_text(page: Page) -> str:
    """As ingest gives a passage to the encoder: its context, then its text."""
    return f"{page.passage.context} {page.passage.text}"


def _sha256(source: Source) -> str:
    return hashlib.sha256(source.path.read_bytes()).hexdigest()
