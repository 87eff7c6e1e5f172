"""The shortest exercise in choosing: a few lines of attribute and figure, each asked for in its own words.

Slots are numbered at random, so that neither «F1» nor the order of lines helps. Knows nothing of documents and prompts.
"""

from collections.abc import Iterator
from random import Random

from seatmate.domain.ports import Message
from seatmate_tune import attributes
from seatmate_tune.example import Example

_SLOTS, _NAMES, _NUMBERS = 64, 4, 9
_WRITTEN = sorted({w for kind in attributes.BY_KIND.values() for a in kind for w in a.written})


def drill_examples(rng: Random, lines: tuple[int, int], questions: int) -> Iterator[Example]:
    """Without end. In a part of the blocks lines are of several products, and the same attribute stands in two of them."""
    while True:
        yield _example(rng, rng.randint(*lines), questions, rng.choice((0, 0, 1, 2, 3)))


def _example(rng: Random, lines: int, questions: int, products: int) -> Example:
    slots = rng.sample(range(1, _SLOTS + 1), 2 * lines)
    names = rng.sample(range(1, _NAMES + 1), products)
    written = rng.sample(_WRITTEN, 2 * lines)
    stated: dict[tuple[str, str], tuple[int, int]] = {}
    said = []
    for number in sorted(rng.sample(range(1, _NUMBERS + 1), lines)):
        name = f"«P{rng.choice(names)}»" if names else ""
        pieces = []
        for _ in range(rng.randint(1, 2)):
            attribute = rng.choice(written[: lines + 1]) if names else written.pop()
            if (name, attribute) not in stated:
                stated[name, attribute] = (slots.pop(), number)
                pieces.append(f"{attribute}{rng.choice(('：', '：', '为', ''))}«F{stated[name, attribute][0]}»")
        said += [f"[{number}] {name}{'：' if name and pieces else ''}{'；'.join(pieces)}"]
    block = "\n".join(said)
    messages: list[Message] = []
    for (name, attribute), (slot, number) in rng.sample(sorted(stated.items()), min(questions, len(stated))):
        subject = f"{name}的{attribute}" if name else attribute
        asked = f"问题：{subject}"
        messages.append(Message(role="user", content=asked if messages else f"资料：\n{block}\n\n{asked}"))
        messages.append(Message(role="assistant", content=f"{subject}为«F{slot}»。[{number}]"))
    return Example("drill", tuple(messages))
