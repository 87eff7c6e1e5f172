"""STUB until written by its owner."""
from collections.abc import Sequence
from seatmate.domain.facts import Disagreement, ProductFact
from seatmate.domain.knowledge import Product


def disagreements(facts: Sequence[ProductFact], products: Sequence[Product]) -> list[Disagreement]:
    return []
