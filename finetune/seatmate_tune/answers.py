"""Questions over synthetic documents with the answer the platform wants: figure in slots, bare citation, or 无答案。

The prompt is made by `seatmate.ask.compose`, so the training render is the served one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from seatmate.ask.compose import Composed, compose_lines, pick_lines
from seatmate.ask.slots import FIGURE_SLOT, MAX_SLOTS
from seatmate.domain.figures import find_figures
from seatmate.domain.knowledge import Passage, Product
from seatmate.domain.ports import Message
from seatmate.prompts import Prompts
from seatmate_tune.documents import Library, Page, Stated, library, some_day
from seatmate_tune.example import Example
from seatmate_tune.recipe import UNANSWERED

ABSTAIN = "无答案。"
MAX_TOKENS = 200

_OPEN = (
    "请问", "麻烦问一下", "我想问一下", "帮我查一下", "问一下", "那个", "嗯", "客户问", "客户想知道", "您好，", "喂你好，", "查下", "哎", "想了解一下", "帮我看看", "呃那个", "就是",
    "客户在线等，", "再问一下，", "我这边有个客户问",
)  # fmt: skip
_CLOSE = ("？", "？", "", "", "啊？", "呀", "呢？", "，谢谢", "，急", "来着？", "，帮忙看下", "？客户在等")
_UNANSWERED_LEFT_OUT = 0.75
_ANSWER = "{s}的{a}为{v}。"


@dataclass(frozen=True)
class Asked:
    """A question, and which pages hold its answer; `stated` is None where the lines are quoted."""

    question: str
    pages: tuple[Page, ...]
    stated: Stated | None


def answer_examples(
    rng: Random,
    prompts: Prompts,
    lines: tuple[int, int] = (2, 8),
    questions: int = 1,
    shuffled: float = 0.0,
    any_slot: float = 0.0,
    quotes: bool = False,
    unanswered: float = UNANSWERED,
) -> Iterator[Example]:
    """Without end. More than one question per source block makes a dense exercise of several turns; `shuffled` is the
    share of blocks whose lines are not ranked, `any_slot` of those whose figures are numbered at random. With `quotes` a
    line is quoted unless question and line call the attribute by one name: a name that stands in one of them alone is
    not told. `unanswered` is the share of questions that no line answers."""
    while True:
        made = _example(rng, prompts, rng.randint(*lines), questions, rng.random() < shuffled, quotes, unanswered)
        if made is not None:
            yield renumbered(rng, made) if any_slot and rng.random() < any_slot else made


def _example(
    rng: Random, prompts: Prompts, max_lines: int, questions: int, shuffled: bool, quotes: bool, unanswered: float
) -> Example | None:
    shelf = library(rng)
    answered = 100 - 100 * unanswered
    kind = rng.choices(("figure", "quote", "nothing"), (answered - 20, 20, 100 - answered))[0]
    asked = ask(rng, shelf, kind)
    if asked is None:
        return None
    passages = retrieved(rng, shelf, asked.pages, kind == "nothing")
    as_of = some_day(rng)
    picked = pick_lines(asked.question, passages, shelf.products, max_lines)
    if shuffled:
        picked = tuple(replace(line, number=n) for n, line in enumerate(rng.sample(picked, len(picked)), start=1))
    composed = compose_lines(prompts, asked.question, as_of, picked, shelf.products, MAX_TOKENS)
    target = ABSTAIN if kind == "nothing" else gold(composed, asked, shelf.products, quotes)
    if target is None:
        return None
    messages = [*composed.request.messages, Message(role="assistant", content=target)]
    for _ in range(questions - 1):
        more = ask(rng, shelf, rng.choices(("figure", "quote"), (75, 25))[0])
        if more is None:
            continue
        seen = {(line.passage.passage_id) for line in composed.lines}
        reply = gold(composed, more, shelf.products, quotes)
        if reply is None:
            if all(page.passage.passage_id in seen for page in more.pages):
                continue
            if quotes and rng.random() < _UNANSWERED_LEFT_OUT:  # else half of a block's questions have no answer
                continue
            reply = ABSTAIN
        masked = _names_to_slots(more.question, composed, shelf.products)
        messages += [Message(role="user", content=f"问题：{masked}"), Message(role="assistant", content=reply)]
    return Example("answer", tuple(messages))


def renumbered(rng: Random, example: Example) -> Example:
    """The same chat with other numbers in its figures' slots; the system's example stays as served."""
    system, *said = example.messages
    used = sorted({slot for message in said for slot in FIGURE_SLOT.findall(message.content)})
    others = dict(zip(used, rng.sample(range(1, MAX_SLOTS + 1), len(used)), strict=True))
    changed = [
        Message(role=m.role, content=FIGURE_SLOT.sub(lambda slot: f"«F{others[slot[0]]}»", m.content)) for m in said
    ]
    return Example(example.task, (system, *changed))


def ask(rng: Random, shelf: Library, kind: str) -> Asked | None:
    """A question to this shelf; for `nothing` the pages returned are those that must not be retrieved."""
    quoting = kind == "quote" or (kind == "nothing" and rng.random() < 0.3)
    pages = [page for page in shelf.pages if bool(page.procedure) == quoting]
    if not pages:
        return None
    page = rng.choice(pages)
    if page.procedure:
        homes = tuple(
            p for p in shelf.pages if p.procedure and p.product == page.product and _alike(p.procedure, page.procedure)
        )
        topic = rng.choice((page.procedure.heading, "")) if page.product is None else ""
        return Asked(question(rng, page.product, topic + rng.choice(page.procedure.spoken)), homes, None)
    stated = rng.choice(page.stated)
    same = [s for p in shelf.pages for s in p.stated if s.attribute is stated.attribute and s.product == stated.product]
    if len(same) > 1 and (not stated.qualifier or sum(s.qualifier in (stated.qualifier, "") for s in same) > 1):
        return None
    words = rng.choice(stated.attribute.spoken)
    if rng.random() < 0.35:
        words = rng.choice(stated.attribute.written) + rng.choice(("是多少", "多少", "", "怎么规定", "是什么"))
    elif rng.random() < 0.15:
        words = stated.written + rng.choice(("是多少", "", "多少"))
    return Asked(question(rng, stated.product, stated.qualifier + words), (page,), stated)


def _alike(one: object, other: object) -> bool:
    return getattr(one, "heading", 0) == getattr(other, "heading", 1)


def question(rng: Random, product: Product | None, words: str) -> str:
    """As an agent types or a caller says it; after an alias the official name stands in front, as the rewrite puts it."""
    opening = rng.choice(_OPEN) if rng.random() < 0.4 else ""
    closing = rng.choice(_CLOSE)
    if product is None:
        return f"{opening}{words}{closing}"
    spoken = rng.choice((product.name, product.name, *product.aliases))
    form = rng.choice(
        ("{o}{p}{w}{c}", "{o}{p}{w}{c}", "{o}{p}的{w}{c}", "{o}{p}，{w}{c}", "{p}{o}{w}{c}", "{o}{p}那个{w}{c}")
    )
    said = form.format(o=opening, p=spoken, w=words, c=closing)
    return said if product.name in said else f"{product.name} {said}"


def retrieved(rng: Random, shelf: Library, pages: Sequence[Page], nothing: bool) -> list[Passage]:
    """A ranking as retrieval might give it: gold near the top, the rest noise; without the gold for `nothing`."""
    gold_ids = {page.passage.passage_id for page in pages}
    rest = [page.passage for page in shelf.pages if page.passage.passage_id not in gold_ids]
    rng.shuffle(rest)
    ranked = rest[: rng.randint(3, 10)]
    if not nothing:
        for page in pages:
            ranked.insert(min(len(ranked), int(rng.expovariate(0.7))), page.passage)
    return ranked


def gold(composed: Composed, asked: Asked, products: Sequence[Product], quotes: bool = False) -> str | None:
    """The wanted answer over these lines; None if they do not hold it, or hold it in a way that is not unique."""
    if asked.stated is None:
        wanted = {page.passage.passage_id for page in asked.pages}
        numbers = [line.number for line in composed.lines if line.passage.passage_id in wanted]
        whole = sum(len(page.procedure.lines) for page in asked.pages if page.procedure)
        return "".join(f"[{n}]" for n in numbers) if numbers and len(numbers) == whole <= 3 else None
    stated = asked.stated
    for line in composed.lines:
        if line.passage.passage_id == asked.pages[0].passage.passage_id and stated.written in line.text:
            value = _figures_to_slots(stated.value, line.number, composed)
            if value is None:
                continue
            subject = _names_to_slots(stated.product.name, composed, products) if stated.product else ""
            row = _figures_to_slots(stated.qualifier, line.number, composed) if stated.qualifier else ""
            if row is None:
                continue
            if quotes and stated.written not in asked.question:
                return f"[{line.number}]"
            text = _ANSWER.format(s=subject + row, a=stated.written, v=value)
            return f"{text.removeprefix('的')}[{line.number}]"
    return None


def _figures_to_slots(value: str, number: int, composed: Composed) -> str | None:
    """The value with the slots that its figures have in this line; None if one has none, or two figures look alike."""
    pieces, at = [], 0
    for figure in find_figures(value):
        found = [i for i, (raw, n) in enumerate(composed.slots.figures, 1) if n == number and raw == figure.raw]
        if len(found) != 1:
            return None
        pieces += [value[at : figure.start], f"«F{found[0]}»"]
        at = figure.end
    return "".join([*pieces, value[at:]])


def _names_to_slots(text: str, composed: Composed, products: Sequence[Product]) -> str:
    spoken = sorted(((n, p.name) for p in products for n in (p.name, *p.aliases)), key=lambda x: -len(x[0]))
    for name, official in spoken:
        if official in composed.slots.names:
            text = text.replace(name, f"«P{composed.slots.names.index(official) + 1}»")
    return text
