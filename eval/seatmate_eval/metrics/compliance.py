"""How well the rule pack finds what the gold of the calls names: precision and recall per rule, with Wilson intervals.

A hit counts when rule and utterance are those of the gold. The calls fall into three parts: `old` ones, on which the
rules were written; `development`, the odd ones of those that came later, which were read when the rules were improved;
and `held_out`, the even ones, whose words nobody who wrote rules has read: they are only counted. A rule without a gold
hit has no recall, and one that never fired has no precision: that is not zero.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Literal

from seatmate.compliance.match import find_hits
from seatmate.compliance.rules import RulePack
from seatmate.compliance.shelf import Shelf, shelf_of
from seatmate.domain.calls import Channel, Conversation, Direction, Speaker, Utterance
from seatmate.domain.compliance import ComplianceHit
from seatmate.domain.facts import ProductFact
from seatmate.domain.knowledge import BANK_ZONE, Product
from seatmate.ingest.drop import read_drop
from seatmate.ingest.facts import facts_of
from seatmate.ingest.products import products_of
from seatmate.settings import HOME
from seatmate_eval.cases import CallCase, LineCase
from seatmate_eval.metrics.measured import Measured, verdict
from seatmate_eval.outputs import LINE

Part = Literal["old", "development", "held_out"]
PARTS: tuple[Part, ...] = ("old", "development", "held_out")
_FIRST_NEW = {"P": 23, "W": 11, "A": 11, "V": 1, "B": 1}
Place = tuple[str, str]
"""Rule, utterance."""


@dataclass
class Counts:
    right: int = 0
    false: int = 0
    missed: int = 0
    near_misses: int = 0
    near_misses_fired: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(
            self.right + other.right,
            self.false + other.false,
            self.missed + other.missed,
            self.near_misses + other.near_misses,
            self.near_misses_fired + other.near_misses_fired,
        )

    @property
    def precision(self) -> float | None:
        return self.right / (self.right + self.false) if self.right + self.false else None

    @property
    def recall(self) -> float | None:
        return self.right / (self.right + self.missed) if self.right + self.missed else None

    def __str__(self) -> str:
        near = f"near misses fired {self.near_misses_fired}/{self.near_misses}"
        precision = _share(self.right, self.right + self.false)
        return f"precision {precision}, recall {_share(self.right, self.right + self.missed)}, {near}"


@dataclass(frozen=True)
class Compared:
    """One call: what the rules found beside what the gold names."""

    case: CallCase
    found: frozenset[Place]

    @property
    def gold(self) -> frozenset[Place]:
        return frozenset((hit.rule, hit.utt) for hit in self.case.compliance)

    @property
    def near_misses(self) -> frozenset[Place]:
        return frozenset((miss.rule, miss.utt) for miss in self.case.compliance_near_misses)


@dataclass
class PerRule:
    rules: dict[str, Counts] = field(default_factory=lambda: defaultdict(Counts))

    @property
    def total(self) -> Counts:
        return sum(self.rules.values(), Counts())


def part_of(conversation_id: str) -> Part:
    """YC-P-024 → held_out."""
    _, channel, number = conversation_id.split("-")
    if int(number) < _FIRST_NEW[channel]:
        return "old"
    return "development" if int(number) % 2 else "held_out"


def compared(pack: RulePack, cases: Iterable[CallCase], calls: dict[str, Conversation]) -> Iterator[Compared]:
    for case in cases:
        call = calls[case.conversation_id]
        yield Compared(case, places_of(find_hits(pack, call, sample_shelf(call.started_at))))


def places_of(hits: Iterable[ComplianceHit]) -> frozenset[Place]:
    """Where each rule fired: its version says nothing, and of several quotes the last is the breach."""
    return frozenset((hit.rule.partition("@")[0], hit.evidence[-1].utt_id) for hit in hits)


def counted(calls: Iterable[Compared]) -> PerRule:
    result = PerRule()
    for call in calls:
        for name in {rule for rule, _ in call.gold | call.found | call.near_misses}:
            gold, found, near = (
                {place for place in places if place[0] == name} for places in (call.gold, call.found, call.near_misses)
            )
            right = len(gold & found)
            result.rules[name] += Counts(right, len(found - gold), len(gold - found), len(near), len(near & found))
    return result


def counted_lines(pack: RulePack, cases: Iterable[LineCase]) -> PerRule:
    """Single lines: a breach is found when its own rule fires on it, a near miss is false when its own rule does."""
    speakers = {rule.id: rule.speaker for rule in pack.rules}
    result = PerRule()
    for case in cases:
        fired = (case.rule, LINE) in places_of(find_hits(pack, _talk_of(case, speakers[case.rule])))
        found, missed = int(case.breach and fired), int(case.breach and not fired)
        near, false = int(not case.breach), int(not case.breach and fired)
        result.rules[case.rule] += Counts(found, false, missed, near, false)
    return result


def measure(case: LineCase, hits: Iterable[ComplianceHit]) -> Iterator[Measured]:
    """The same of one line that a run has driven."""
    fired = (case.rule, LINE) in places_of(hits)
    told = f"「{case.text[:80]}」 {'fires' if fired else 'does not fire'}"
    if fired:
        yield verdict("line_precision", case.breach, () if case.breach else [told])
    if case.breach:
        yield verdict("line_recall", fired, () if fired else [told])
    else:
        yield verdict("near_miss_fired", fired, [told] if fired else ())


def _talk_of(case: LineCase, speaker: Speaker) -> Conversation:
    said = [(before.speaker, before.text) for before in case.before]
    utterances = [Utterance(utt_id=f"u{n}", speaker=who, text=text) for n, (who, text) in enumerate(said, start=1)]
    return Conversation(
        conversation_id="line",
        channel=Channel.PHONE,
        direction=Direction.INBOUND,
        scenario="line",
        started_at=datetime(2026, 11, 1, tzinfo=BANK_ZONE),
        agent_id="agent",
        customer_id="customer",
        utterances=(*utterances, Utterance(utt_id=LINE, speaker=speaker, text=case.text)),
    )


def wilson(part: int, whole: int, z: float = 1.96) -> tuple[float, float]:
    """The 95 % interval of a share; the whole line when there is nothing to share."""
    if not whole:
        return 0.0, 1.0
    share, square = part / whole, z * z
    middle = (share + square / (2 * whole)) / (1 + square / whole)
    half = z / (1 + square / whole) * math.sqrt(share * (1 - share) / whole + square / (4 * whole * whole))
    return max(middle - half, 0.0), min(middle + half, 1.0)


def _share(part: int, whole: int) -> str:
    if not whole:
        return "not scored"
    low, high = wilson(part, whole)
    return f"{part / whole:.2f} [{low:.2f}, {high:.2f}] ({part}/{whole})"


def sample_shelf(at: datetime) -> Shelf:
    """The sample bank's products as the week of that time states them (the first week before it)."""
    weeks = _weeks()
    published = [week for week in weeks if week[0] <= at]
    _, products, facts = (published or weeks[:1])[-1]
    return shelf_of(products, facts, at)


@cache
def _weeks() -> Sequence[tuple[datetime, Sequence[Product], Sequence[ProductFact]]]:
    weeks = []
    products: list[Product] = []
    for folder in sorted((HOME / "corpus" / "drops").glob("20*")):
        drop = read_drop(folder, (), {})
        products = products_of(drop.documents, products)
        facts = [f for document in drop.documents for f in facts_of(document, drop.blocks[document.doc_id], products)]
        weeks.append((drop.published_at, products, facts))
    return weeks
