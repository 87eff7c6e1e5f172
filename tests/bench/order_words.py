"""Prints platform/seatmate/aftercall/order_words.txt: which words are commoner in spoken orders than in talk.

    .venv/bin/python -m tests.bench.order_words

Learned of the development list (tests/aftercall/spoken_orders_development.json) and of the sentences of the training
talks. The held-out list, the stranger's and the calls of the sample bank made no word.
"""

import json
from collections import Counter
from collections.abc import Sequence

from seatmate.aftercall.order_words import BIAS, FEWEST, features
from seatmate.aftercall.orders import sentences_of
from seatmate.compliance.clauses import fold
from seatmate.settings import HOME
from seatmate_tune.talks import read_talks
from tests.bench.word_table import learned, lines

_HONEST = 4.0
"""An honest sentence of the list was written to look like an order and counts for so many of the talks."""


def talk_sentences() -> list[str]:
    said = (u.text for talk in read_talks(HOME / "finetune" / "talks") for u in talk.conversation.utterances)
    return [text[start:end] for text in map(fold, said) for start, end in sentences_of(text)]


def table(orders: Sequence[str], honest: Sequence[str], plain: Sequence[str]) -> str:
    """The file, as it is in the repository."""
    read = ([Counter(features(text)) for text in texts] for texts in (orders, honest, plain))
    weights, bias = learned(*read, fewest=FEWEST, honest_counts=_HONEST)
    return "\n".join([*lines(weights | {BIAS: bias}), ""])


def main() -> None:
    file = HOME / "tests" / "aftercall" / "spoken_orders_development.json"
    written = json.loads(file.read_text("utf-8"))
    orders, honest = ([fold(text) for text in written[name]] for name in ("orders", "honest"))
    print(table(orders, honest, talk_sentences()), end="")


if __name__ == "__main__":
    main()
