"""From the facts of two snapshots to the questions that their difference raises.

A fact is known by product, attribute and condition. What differs at the moment that a question is about makes the
question: a list that says the same with a new date makes none. Pure; knows neither how a question is answered nor what
documents look like.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from difflib import SequenceMatcher
from itertools import chain, zip_longest

from seatmate.domain.attributes import Attribute
from seatmate.domain.facts import ProductFact
from seatmate.domain.knowledge import Product
from seatmate.domain.weekly import Difference, QuestionKind, WeeklyQuestion, WeeklyQuestions
from seatmate.release.weekly_wording import wording

MOST = 200
"""Questions of one candidate."""
_BEFORE = timedelta(minutes=1)
_OFF_SALE = ("停售", "终止", "下架", "清盘")
_OF_A_SALE = (Attribute.MIN_AMOUNT, Attribute.ADDITIONAL_AMOUNT, Attribute.OPENING_DAYS, Attribute.RAISING_PERIOD)
"""What is said of a product to somebody who wants to buy it."""
_PRIVATE = "private_banking"
_ALIKE = 0.6
"""From this share of common characters on, two products' names can be taken for each other."""

Key = tuple[str, Attribute, str]
Facts = Mapping[Key, Sequence[ProductFact]]


@dataclass(frozen=True)
class Weeks:
    """The two snapshots and what else the questions depend on.

    `live_since`: when the live snapshot was published; what ended since then by its own date has ended this week too.
    `said`: the day from which a document holds in its own words, where its manifest says another.
    `delicate`: products whose documents disagree, waived or not.
    """

    before: Sequence[ProductFact]
    after: Sequence[ProductFact]
    products: Sequence[Product]
    at: datetime
    live_since: datetime | None = None
    said: Mapping[str, datetime] | None = None
    delicate: Collection[str] = ()


def questions_of(weeks: Weeks, lines: Iterable[WeeklyQuestion] = (), most: int = MOST) -> WeeklyQuestions:
    """At most `most`: changed before ended before added before neighbours, all products in turn. The first snapshot of
    a bank has none: there is nothing that it could be compared with.

    `lines` are the questions of what documents state of no product (release.weekly_lines).
    """
    made = _Maker(weeks).questions() if weeks.before else []
    distinct: dict[tuple[str, datetime, tuple[str, ...]], WeeklyQuestion] = {}
    for question in (*made, *lines):
        distinct.setdefault((question.question, question.asked_at, question.scopes), question)
    ordered = _in_turn(list(distinct.values()))
    return WeeklyQuestions(asked=tuple(ordered[:most]), left_out=max(0, len(ordered) - most))


class _Maker:
    def __init__(self, weeks: Weeks) -> None:
        self._weeks = weeks
        self._at = weeks.at
        self._before = _by_key(weeks.before)
        self._after = _by_key(weeks.after)
        self._products = {product.code: product for product in weeks.products}
        self._exchanged = _exchanged(self._before, self._after, weeks.at)

    def questions(self) -> list[WeeklyQuestion]:
        keys = sorted(self._before.keys() | self._after.keys())
        own = [question for key in keys for question in self._of(key)]
        ended = [self._gone(key, self._at, facts) for key, facts in self._left_on_the_shelf().items()]
        changed = [q for q in own if q.kind in (QuestionKind.NEW_VALUE, QuestionKind.EXCHANGED)]
        taken = {(q.product_code, q.attribute, q.condition) for q in changed}
        return [*own, *ended, *(n for q in changed for n in self._neighbour(q, taken))]

    def _of(self, key: Key) -> Iterator[WeeklyQuestion]:
        new = self._new_values(key)
        if new is None:
            yield from self._withdrawn(key)
            return
        begins, moment = new.begins, max(self._at, new.begins or self._at)
        old = _values(self._before, key, moment) - new.values
        difference = Difference.CHANGED if old else Difference.ADDED
        if key in self._exchanged:
            yield self._question(
                QuestionKind.EXCHANGED, difference, key, moment, wanted=old, traps=new.values, facts=new.facts
            )
            return
        ask = QuestionKind.NEW_VALUE, difference, key
        yield self._question(*ask, moment, wanted=new.values, traps=old, facts=new.facts)
        if not old:
            return
        said = self._said_otherwise(new)
        if begins is not None:
            yield from self._until(begins, key, new)
        if begins is not None and begins > self._at and not said:
            yield from self._until(self._at + _BEFORE, key, new, must_answer=True)
        for day in said:
            later = max(day, self._at)
            if _values(self._after, key, later) != new.values:
                yield self._question(*ask, later, wanted=new.values, traps=old, facts=new.facts, must_answer=True)
            if day > self._at or (begins is not None and begins < day):
                yield from self._until(day, key, new, wanted=old)

    def _new_values(self, key: Key) -> "_New | None":
        """What holds in the candidate and does not in the live snapshot: now, or, where it is yet to come, from the
        first such day on."""
        coming = sorted(
            {f.validity.since for f in self._after.get(key, ()) if f.validity.since and f.validity.since > self._at}
        )
        for moment in (self._at, *coming):
            values = _values(self._after, key, moment)
            had = _values(self._before, key, moment)
            if values - had:
                facts = [f for f in self._after[key] if f.value in values and f.validity.holds_at(moment)]
                sinces = [f.validity.since for f in facts if f.value not in had]
                begins = None if None in sinces else min(since for since in sinces if since is not None)
                return _New(frozenset(values), begins, facts)
        return None

    def _until(
        self,
        change: datetime,
        key: Key,
        new: "_New",
        *,
        must_answer: bool = False,
        wanted: frozenset[str] = frozenset(),
    ) -> Iterator[WeeklyQuestion]:
        """The last minute before a change. Silence about it is a mistake where the change is yet to come."""
        moment = change - _BEFORE
        old = wanted or _values(self._after, key, moment) or _values(self._before, key, moment)
        if not old or old & new.values:
            return
        yield self._question(
            QuestionKind.AS_OF_OLD, Difference.CHANGED, key, moment, wanted=old, traps=new.values, facts=new.facts,
            must_answer=must_answer,
        )  # fmt: skip

    def _said_otherwise(self, new: "_New") -> set[datetime]:
        said = self._weeks.said or {}
        return {said[fact.doc_id] for fact in new.facts if fact.doc_id in said}

    def _withdrawn(self, key: Key) -> Iterator[WeeklyQuestion]:
        """What holds in the live snapshot and, now or from a coming day on, no more in the candidate; and what ended by
        its own date since the live snapshot was published."""
        coming = sorted(
            {f.validity.until for f in self._after.get(key, ()) if f.validity.until and f.validity.until > self._at}
        )
        since = self._weeks.live_since
        for moment in (self._at, *coming):
            held = _values(self._before, key, moment)
            if not held and since is not None and moment == self._at:
                held = _values(self._before, key, since)
            if held and not _values(self._after, key, moment):
                yield self._gone(key, moment, [f for f in self._before[key] if f.value in held])
                return

    def _gone(self, key: Key, moment: datetime, facts: Sequence[ProductFact]) -> WeeklyQuestion:
        traps = {fact.value for fact in facts}
        return self._question(QuestionKind.WITHDRAWN, Difference.ENDED, key, moment, traps=traps, facts=facts)

    def _left_on_the_shelf(self) -> dict[Key, list[ProductFact]]:
        """A product that left the lists, or is off sale by its own status, while a sheet still offers it for sale.

        A sheet that says itself that the product is no longer sold may stay for those who hold it.
        """
        then, now = _held(self._weeks.before, self._at), _held(self._weeks.after, self._at)
        gone = _left_the_lists(then, now) | (_off_sale(now) - _off_sale(then))
        silent = {(f.product_code, f.doc_id) for f in now} - {
            (f.product_code, f.doc_id) for f in now if f.attribute is Attribute.STATUS and not _on_sale(f.value)
        }
        left = [
            f
            for f in now
            if f.product_code in gone and f.attribute in _OF_A_SALE and (f.product_code, f.doc_id) in silent
        ]
        return _by_key(left)

    def _neighbour(self, question: WeeklyQuestion, taken: Collection[tuple[object, ...]]) -> Iterator[WeeklyQuestion]:
        """The product that is called most alike and has another value, where there is one that can be confused."""
        mine = self._products.get(question.product_code)
        attribute = question.attribute
        if mine is None or attribute is None:
            return
        others: list[tuple[float, str]] = []
        for code, product in self._products.items():
            key = (code, attribute, question.condition)
            values = _values(self._after, key, question.asked_at)
            if code == mine.code or key in taken or not values or values & set(question.wanted):
                continue
            alike = SequenceMatcher(None, mine.name, product.name).ratio()
            if alike >= _ALIKE and set(product.scope) & set(question.scopes):
                others.append((-alike, code))
        if not others:
            return
        key = (min(others)[1], attribute, question.condition)
        values = _values(self._after, key, question.asked_at)
        facts = [f for f in self._after[key] if f.validity.holds_at(question.asked_at)]
        made = self._question(
            QuestionKind.NEIGHBOUR, question.difference, key, question.asked_at,
            wanted=values, traps=set(question.wanted), facts=facts,
        )  # fmt: skip
        yield made.model_copy(update={"trap_of": question.product_code})

    def _question(
        self,
        kind: QuestionKind,
        difference: Difference,
        key: Key,
        moment: datetime,
        *,
        facts: Sequence[ProductFact],
        wanted: Collection[str] = (),
        traps: Collection[str] = (),
        must_answer: bool = False,
    ) -> WeeklyQuestion:
        code, attribute, condition = key
        product = self._products.get(code) or Product(code, code)
        return WeeklyQuestion(
            kind=kind,
            difference=difference,
            question=wording(product, attribute, condition, earlier=moment < self._at),
            asked_at=moment,
            scopes=_readers(facts),
            product_code=code,
            attribute=attribute,
            condition=condition,
            wanted=tuple(sorted(wanted)),
            traps=tuple(sorted(traps)),
            doc_ids=tuple(sorted({fact.doc_id for fact in facts})),
            must_answer=must_answer,
            high_risk=self._risk(code, facts),
        )

    def _risk(self, code: str, facts: Sequence[ProductFact]) -> str:
        levels = _values(self._after, (code, Attribute.RISK_LEVEL, ""), self._at)
        if levels & {"level:R4", "level:R5"}:
            return f"风险等级 {'、'.join(sorted(level.partition(':')[2] for level in levels))}"
        if all(_PRIVATE in fact.scope for fact in facts):
            return "私人银行产品"
        return "资料互相矛盾" if code in self._weeks.delicate else ""


@dataclass(frozen=True)
class _New:
    values: frozenset[str]
    begins: datetime | None
    facts: list[ProductFact]


def _key(fact: ProductFact) -> Key:
    return fact.product_code, fact.attribute, fact.condition


def _by_key(facts: Iterable[ProductFact]) -> dict[Key, list[ProductFact]]:
    found: dict[Key, list[ProductFact]] = defaultdict(list)
    for fact in facts:
        found[_key(fact)].append(fact)
    return dict(found)


def _values(facts: Facts, key: Key, moment: datetime) -> frozenset[str]:
    return frozenset(fact.value for fact in facts.get(key, ()) if fact.validity.holds_at(moment))


def _held(facts: Iterable[ProductFact], moment: datetime) -> list[ProductFact]:
    return [fact for fact in facts if fact.validity.holds_at(moment)]


def _readers(facts: Sequence[ProductFact]) -> tuple[str, ...]:
    """Who is asked for: whoever may read the first of the documents."""
    return facts[0].scope if facts else ()


def _off_sale(facts: Iterable[ProductFact]) -> set[str]:
    return {f.product_code for f in facts if f.attribute is Attribute.STATUS and not _on_sale(f.value)}


def _on_sale(status: str) -> str:
    """The status, or nothing where it says that the product is sold no more."""
    return "" if any(word in status for word in _OFF_SALE) else status


def _left_the_lists(then: Sequence[ProductFact], now: Sequence[ProductFact]) -> set[str]:
    """Products that are gone from every document in which they stood beside others, while those others are there."""
    listed, lists = _by_document(then), _by_document(now)
    stood: dict[str, set[bool]] = defaultdict(set)
    for doc_id, codes in listed.items():
        others = lists.get(doc_id, set())
        if len(codes) > 1 and others & codes:
            for code in codes:
                stood[code].add(code in others)
    return {code for code, still in stood.items() if still == {False}}


def _by_document(facts: Iterable[ProductFact]) -> dict[str, set[str]]:
    codes: dict[str, set[str]] = defaultdict(set)
    for fact in facts:
        codes[fact.doc_id].add(fact.product_code)
    return codes


def _exchanged(before: Facts, after: Facts, at: datetime) -> set[Key]:
    """Keys whose one value is now that of another product, and the other's is theirs: in one document, since both
    changed in it."""
    moves: dict[tuple[Attribute, str, str, str, str], list[Key]] = defaultdict(list)
    for key in before.keys() & after.keys():
        old, new = _values(before, key, at), _newest(after, key, at)
        if len(old) == 1 and old != new.keys():
            for value, doc_id in new.items():
                [was] = old
                if value != was:
                    moves[key[1], key[2], doc_id, was, value].append(key)
    return {
        key
        for (attribute, condition, doc_id, was, value), keys in moves.items()
        for key in keys
        if any(other[0] != key[0] for other in moves.get((attribute, condition, doc_id, value, was), ()))
    }


def _newest(facts: Facts, key: Key, at: datetime) -> dict[str, str]:
    """Each value that holds or will hold, with the document that states it."""
    return {f.value: f.doc_id for f in facts[key] if f.validity.until is None or f.validity.until > at}


def _in_turn(questions: Sequence[WeeklyQuestion]) -> list[WeeklyQuestion]:
    """By what became of the value, neighbours last; within that, one of each product, then the next of each."""
    groups: dict[int, dict[str, list[WeeklyQuestion]]] = defaultdict(lambda: defaultdict(list))
    ranks = list(Difference)
    for question in questions:
        last = len(ranks) if question.kind is QuestionKind.NEIGHBOUR else ranks.index(question.difference)
        groups[last][question.product_code].append(question)
    rounds = (zip_longest(*groups[rank].values()) for rank in sorted(groups))
    return [question for question in chain.from_iterable(chain.from_iterable(rounds)) if question is not None]
