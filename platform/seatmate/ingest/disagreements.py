"""Where documents, or a table and the prose beside it, say different things of a product at the same time.

Figures, levels and days can disagree. Words cannot, unless they are the same words with other figures in them: a name
written shorter in one place (远川银行, 远川银行股份有限公司) is no contradiction. When in doubt there is none, for a
disagreement takes the product away from everybody. Superseded documents are history: leave their facts out.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from itertools import combinations

from seatmate.domain.attributes import Attribute
from seatmate.domain.facts import Disagreement, ProductFact, overlap
from seatmate.domain.figures import find_figures
from seatmate.domain.knowledge import Product, Validity

_SPELT = re.compile(r"[a-z]+:[^~]+(?:~[a-z]+:[^~]+)?")
_TERM = re.compile(r"(?P<n>\d+(?:\.\d+)?)(?P<u>wd|min|[dmh])")
_ABOUT = re.compile(r"约|近|左右|大概")
_EMPTY = re.compile(r"[\s，,、：:；;。（）()“”\"的期]")
_ONE_DAY = timedelta(days=1)
_EACH_HIS_OWN = frozenset({Attribute.RATE, Attribute.CREDIT_LIMIT})
"""Of these a product has a range, and each customer or amount has a value within it."""
_MONTH_DAYS = (Decimal("28"), Decimal("31"))
"""A month is as long as the bank counts it: 90 days and three months are one term."""


def disagreements(facts: Iterable[ProductFact], products: Iterable[Product]) -> list[Disagreement]:
    """By product and attribute; each with every fact that another one of it contradicts.

    `facts` are those of one snapshot's documents, without superseded ones; products that the snapshot does not know
    take no part.
    """
    known = {product.code for product in products}
    stated: dict[tuple[str, Attribute, str], list[ProductFact]] = {}
    for fact in facts:
        if fact.product_code in known:
            stated.setdefault((fact.product_code, fact.attribute, same_condition(fact.condition)), []).append(fact)
    return [
        Disagreement(code, attribute, disputed[0].condition, tuple(disputed))
        for (code, attribute, _), group in sorted(stated.items(), key=lambda item: item[0])
        if (disputed := _disputed(group))
    ]


def same_condition(condition: str) -> str:
    """One spelling for one condition: 一年期, 1年 and 12个月 are the same, and the order of several is none."""
    parts = sorted(_spelt(part) for part in condition.split("；"))
    return "".join(parts)


def _spelt(condition: str) -> str:
    written = condition
    for figure in reversed(find_figures(condition)):
        written = written[: figure.start] + f"<{figure.normalised}>" + written[figure.end :]
    return _EMPTY.sub("", written)


def contradict(a: ProductFact, b: ProductFact) -> bool:
    """Can the two not both be true at some moment? Product, attribute and condition are taken to be the same."""
    return overlap(_held(a.validity), _held(b.validity)) and _differ(a, b)


def _disputed(group: Sequence[ProductFact]) -> list[ProductFact]:
    found: dict[int, ProductFact] = {}
    for (i, a), (j, b) in combinations(enumerate(group), 2):
        if contradict(a, b):
            found |= {i: a, j: b}
    return [found[i] for i in sorted(found)]


def _held(validity: Validity) -> Validity:
    """What a notice calls the old value held on the day before; since when, it does not say."""
    if validity.since is None and validity.until is not None:
        return Validity(validity.until - _ONE_DAY, validity.until)
    return validity


def _differ(a: ProductFact, b: ProductFact) -> bool:
    if a.value == b.value:
        return False
    if not (_SPELT.fullmatch(a.value) and _SPELT.fullmatch(b.value)):
        return _same_words_other_figures(a.value, b.value)
    ends_a, ends_b = a.value.split("~"), b.value.split("~")
    if len(ends_a) != len(ends_b):  # a range, and one of its ends or somebody's value within it
        one, many = (ends_a, ends_b) if len(ends_a) == 1 else (ends_b, ends_a)
        inside = a.attribute in _EACH_HIS_OWN and _within(one[0], many)
        return all(_apart(one[0], end) for end in many) and not inside
    if _ABOUT.search(a.quote) or _ABOUT.search(b.quote):
        return False
    return any(_apart(x, y) for x, y in zip(ends_a, ends_b, strict=True))


def _within(x: str, ends: Sequence[str]) -> bool:
    kinds = {end.partition(":")[0] for end in (x, *ends)}
    least, most = (_number(end.partition(":")[2]) for end in (ends[0], ends[-1]))
    value = _number(x.partition(":")[2])
    if least is None or most is None or value is None:
        return False
    return len(kinds) == 1 and least <= value <= most


def _apart(x: str, y: str) -> bool:
    """Two figures of one kind that are not the same; figures of two kinds cannot be compared, but for nothing."""
    (kind_x, _, value_x), (kind_y, _, value_y) = x.partition(":"), y.partition(":")
    if kind_x == "date" and kind_y == "date":
        return not _same_day(value_x, value_y)
    if kind_x == "term" and kind_y == "term":
        return not _same_term(value_x, value_y)
    if kind_x != kind_y:
        return (value_x == "0") != (value_y == "0") and {kind_x, kind_y} <= {"pct", "amt", "num"}
    number_x, number_y = _number(value_x), _number(value_y)
    return value_x != value_y if number_x is None or number_y is None else number_x != number_y


def _same_day(x: str, y: str) -> bool:
    """One of them may leave out the year or the hour."""
    (day_x, _, hour_x), (day_y, _, hour_y) = x.partition("T"), y.partition("T")
    if "----" in (day_x[:4], day_y[:4]):
        day_x, day_y = day_x[4:], day_y[4:]
    shorter = min(len(day_x), len(day_y))
    return day_x[:shorter] == day_y[:shorter] and (not hour_x or not hour_y or hour_x == hour_y)


def _same_term(x: str, y: str) -> bool:
    a, b = _TERM.fullmatch(x), _TERM.fullmatch(y)
    if a is None or b is None or a["u"] == b["u"]:
        return x == y
    if {a["u"], b["u"]} != {"d", "m"}:
        return True  # working days and days, hours and days: not to be compared
    months, days = (Decimal(a["n"]), Decimal(b["n"])) if a["u"] == "m" else (Decimal(b["n"]), Decimal(a["n"]))
    return months * _MONTH_DAYS[0] <= days <= months * _MONTH_DAYS[1]


def _same_words_other_figures(a: str, b: str) -> bool:
    """「每月10日」 and 「每月15日」; nothing else that is said in words."""
    bare = [re.sub(r"\d+(?:[.,]\d+)*", "#", value) for value in (a, b)]
    return bare[0] == bare[1] and "#" in bare[0]


def _number(value: str) -> Decimal | None:
    try:
        return Decimal(value)
    except InvalidOperation:
        return None
