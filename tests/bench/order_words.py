"""Prints platform/seatmate/aftercall/order_words.txt: which words are commoner in spoken orders than in talk.

    .venv/bin/python -m tests.bench.order_words

Learned of two lists (tests/aftercall/spoken_orders_development.json, spoken_orders_open.json) and of the sentences of
the training talks. The other lists and the calls of the sample bank made no word.
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
    orders, honest = listed("orders"), listed("honest")
    print(table(orders, honest, talk_sentences()), end="")


def listed(kind: str) -> list[str]:
    """The orders, or the honest sentences, of the lists that may be learned of."""
    files = (HOME / "tests" / "aftercall" / f"spoken_orders_{name}.json" for name in ("development", "open"))
    return [fold(text) for file in files for text in json.loads(file.read_text("utf-8"))[kind]]


if __name__ == "__main__":
    main()
