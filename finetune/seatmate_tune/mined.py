"""Questions mined from public text: which figure belongs to which words. Gives selection a wide vocabulary.

The clause before a figure (「营业收入为12.5亿元」) becomes the question; the lines of other documents are the noise.
"""

import re
from collections.abc import Iterator, Sequence
from random import Random

from seatmate.ask.compose import compose
from seatmate.domain.figures import find_figures
from seatmate.domain.knowledge import Passage
from seatmate.domain.ports import Message
from seatmate.prompts import Prompts
from seatmate_tune.answers import ABSTAIN, MAX_TOKENS
from seatmate_tune.documents import passage_of, some_day
from seatmate_tune.example import Example

_SENTENCE = re.compile(r"[^。！？\n]{12,80}。")
_KEY = re.compile(r"([\u4e00-\u9fff]{3,9}?)(?:为|达到|达|约为|约|不低于|不超过|不少于|仅|是|共)?$")
_CLAUSES = re.compile(r"[，,；：、（）“”\s]")


def mined_examples(
    rng: Random, prompts: Prompts, documents: Sequence[str], lines: tuple[int, int], questions: int = 1
) -> Iterator[Example]:
    """Without end, over documents drawn at random."""
    while True:
        picked = [_sentences(rng, rng.choice(documents)) for _ in range(2)]
        made = _example(rng, prompts, [s for part in picked for s in part], rng.randint(*lines), questions)
        if made is not None:
            yield made


def _sentences(rng: Random, document: str) -> list[Passage]:
    title = re.sub(r"[#\s]", "", document[:40])[: rng.randint(4, 12)]
    found: list[str] = _SENTENCE.findall(document[:6000])
    at = rng.randrange(max(1, len(found) - 6))
    return [passage_of(title, title, text.strip(), ()) for text in found[at : at + 6]]


def _key(sentence: str) -> list[tuple[str, str]]:
    """(words, figure) pairs of a sentence whose words and figure both occur once."""
    pairs = []
    for figure in find_figures(sentence):
        clause = _CLAUSES.split(sentence[: figure.start])[-1]
        words = _KEY.search(clause)
        if words and len(clause) <= 12 and sentence.count(figure.raw) == 1 and not find_figures(clause):
            pairs.append((words[1], figure.raw))
    return pairs


def _example(rng: Random, prompts: Prompts, passages: list[Passage], max_lines: int, questions: int) -> Example | None:
    everything = "".join(p.text for p in passages)
    pairs = [(k, f, p) for p in passages for k, f in _key(p.text) if everything.count(k) == 1]
    quotes = [p for p in passages if not find_figures(p.text) and everything.count(p.text[:6]) == 1]
    rng.shuffle(pairs)
    rng.shuffle(passages)
    asked: list[tuple[str, str | None, Passage]] = []
    for words, figure, home in pairs[:questions]:
        asked.append((words + rng.choice(("是多少", "多少", "是多少？", "为多少？", "有多少？", "？")), figure, home))
    for home in quotes[: max(0, questions - len(asked))][:2]:
        topic = _CLAUSES.split(home.text)[0][:12]
        asked.append((topic + rng.choice(("的内容是什么", "怎么说的？", "怎么规定", "？")), None, home))
    if not asked:
        return None
    rng.shuffle(asked)
    if rng.random() < 0.15:
        passages = [p for p in passages if p is not asked[0][2]]
    composed = compose(prompts, asked[0][0], some_day(rng), passages, (), max_lines, MAX_TOKENS)
    messages = list(composed.request.messages)
    for number, (words, wanted, home) in enumerate(asked):
        if number:
            messages.append(Message(role="user", content=f"问题：{words}"))
        line = next((x for x in composed.lines if x.passage is home), None)
        if line is None:
            target = ABSTAIN
        elif wanted is None:
            target = f"[{line.number}]"
        else:
            slot = [i for i, (raw, n) in enumerate(composed.slots.figures, 1) if n == line.number and raw == wanted]
            if len(slot) != 1:
                return None
            target = f"{re.split('是|多少|为|有|？', words)[0]}为«F{slot[0]}»。[{line.number}]"
        messages.append(Message(role="assistant", content=target))
    return Example("mined", tuple(messages))
