"""Several values of one attribute in places of one kind of one document: tiers whose marks nobody could read.

They contradict nothing, and which of them holds for whom is not known: better none of them than the wrong one. A table
against the prose beside it stays, for that is how a document contradicts itself.
"""

from collections import defaultdict
from collections.abc import Iterable
from itertools import combinations

from seatmate.domain.facts import ProductFact
from seatmate.ingest.disagreements import contradict, same_condition

Place = tuple[str, ...]
"""The kind of place: a table with its headers, a labelled line, prose."""
GENERAL: Place = ("general",)
"""A sentence that names none of its document's several products, and so may be of one of them only."""


def told_apart(found: Iterable[tuple[ProductFact, Place]]) -> list[ProductFact]:
    """The facts without those that others in the same kind of place seem to contradict.

    Of a general sentence and a statement about one product, the product's own stays.
    """
    groups: dict[tuple[object, ...], dict[Place, list[ProductFact]]] = defaultdict(lambda: defaultdict(list))
    kept: list[ProductFact] = []
    for fact, place in found:
        kept.append(fact)
        groups[fact.product_code, fact.attribute, same_condition(fact.condition)][place].append(fact)
    unclear: set[int] = set()
    for group in groups.values():
        unclear |= {id(fact) for facts in group.values() for fact in _unclear(facts)}
        if len(group) > 1 and GENERAL in group:
            general = {id(fact) for fact in group[GENERAL]}
            unclear |= general & {id(fact) for fact in _unclear([f for facts in group.values() for f in facts])}
    return [fact for fact in kept if id(fact) not in unclear]


def _unclear(group: list[ProductFact]) -> list[ProductFact]:
    values: dict[tuple[object, ...], list[ProductFact]] = defaultdict(list)
    for fact in group:
        values[fact.value, fact.validity].append(fact)
    against = {
        key for pair in combinations(values, 2) if contradict(values[pair[0]][0], values[pair[1]][0]) for key in pair
    }
    return [fact for key in against for fact in values[key]]
