"""Process nodes: the steps that a kind of call owes the customer, which were taken, and how often an agent takes them.

Applicability is decided first: a step that did not apply is no miss. 开口率 = attempted ÷ eligible, 执行率 = met ÷
eligible, each with its Wilson interval, for four calls out of five say less than eighty out of a hundred.
"""

from datetime import datetime
from enum import StrEnum
from math import sqrt
from typing import Annotated, Self

from pydantic import Field, model_validator

from seatmate.domain.evidence import Evidence
from seatmate.domain.knowledge import BANK_ZONE
from seatmate.domain.model import Shape

Z95 = 1.959963984540054
"""Two-sided 95 %."""


class Standing(StrEnum):
    """How a call stands with one node."""

    MET = "met"
    ATTEMPTED = "attempted"
    NOT_ATTEMPTED = "not_attempted"
    NOT_ELIGIBLE = "not_eligible"

    @property
    def label(self) -> str:
        return {"met": "达标", "attempted": "已做未达标", "not_attempted": "未做", "not_eligible": "不适用"}[self.value]


class NodeReason(StrEnum):
    """Why a node stands as it does."""

    MET = "MET"
    ELEMENT_MISSING = "ELEMENT_MISSING"
    """The agent began, and something of the standard was not said, or not answered."""
    SPOILED = "SPOILED"
    """All was said, and so was something that undoes it."""
    NOT_ATTEMPTED = "NOT_ATTEMPTED"
    OTHER_CHANNEL = "OTHER_CHANNEL"
    """The node is not for this channel or direction."""
    NOT_CALLED_FOR = "NOT_CALLED_FOR"
    """What it waits for did not happen: no product was offered, the customer did not object."""
    EXCUSED = "EXCUSED"
    """The customer refused, or could not be reached, before it was due."""
    NO_CHANCE = "NO_CHANCE"
    """The agent had no turn left in which to do it."""

    @property
    def standing(self) -> Standing:
        return _STANDING.get(self, Standing.NOT_ELIGIBLE)


_STANDING = {
    NodeReason.MET: Standing.MET,
    NodeReason.ELEMENT_MISSING: Standing.ATTEMPTED,
    NodeReason.SPOILED: Standing.ATTEMPTED,
    NodeReason.NOT_ATTEMPTED: Standing.NOT_ATTEMPTED,
}


class ProcessNode(Shape):
    """One node of one call. Met implies attempted, attempted implies eligible."""

    node_id: str
    label: str
    eligible: bool
    attempted: bool
    met: bool
    in_order: bool
    """Attempted, and not after a node that it comes before."""
    evidence: tuple[Evidence, ...] = ()
    """What made it apply, how it was begun, what met it or spoiled it; an attempt always has its words."""
    reason: NodeReason
    detail: str = ""

    @property
    def standing(self) -> Standing:
        if not self.eligible:
            return Standing.NOT_ELIGIBLE
        if not self.attempted:
            return Standing.NOT_ATTEMPTED
        return Standing.MET if self.met else Standing.ATTEMPTED

    @model_validator(mode="after")
    def _one_implies_the_other(self) -> Self:
        if (self.met and not self.attempted) or (self.attempted and not self.eligible):
            raise ValueError("met implies attempted, attempted implies eligible")
        if self.in_order and not self.attempted:
            raise ValueError("what was not attempted is in no order")
        if self.attempted and not self.evidence:
            raise ValueError("an attempt has its words")
        if self.reason.standing is not self.standing:
            raise ValueError(f"{self.reason} is no reason for {self.standing}")
        return self


class Rate(Shape):
    """So many out of so many. Nothing out of nothing is not zero: it has no share, and its interval is everything."""

    count: Annotated[int, Field(ge=0)]
    of: Annotated[int, Field(ge=0)]
    low: float
    high: float

    @property
    def share(self) -> float | None:
        return self.count / self.of if self.of else None


class NodeRate(Shape):
    """One node of one scenario in one group of calls."""

    scenario: str
    node_id: str
    label: str
    group: str
    """An agent, a team, or a week `2026-W46`."""
    eligible: int
    attempted: Rate
    """开口率: attempted ÷ eligible."""
    met: Rate
    """执行率: met ÷ eligible."""
    in_order: Rate
    """Of the attempted ones."""


def wilson(count: int, of: int, z: float = Z95) -> tuple[float, float]:
    """The score interval of Wilson (1927), which behaves near 0 and 1 and for few calls, where p ± z·s does not."""
    if not 0 <= count <= of:
        raise ValueError(f"{count} out of {of} is no proportion")
    if of == 0:
        return 0.0, 1.0
    share, spread = count / of, z * z / of
    middle = (share + spread / 2) / (1 + spread)
    half = z * sqrt(share * (1 - share) / of + spread / (4 * of)) / (1 + spread)
    # At the ends the formula gives 0 and 1 exactly; floating point does not.
    return (0.0 if count == 0 else middle - half), (1.0 if count == of else middle + half)


def rate_of(count: int, of: int) -> Rate:
    low, high = wilson(count, of)
    return Rate(count=count, of=of, low=low, high=high)


def node_rate(scenario: str, group: str, nodes: list[ProcessNode]) -> NodeRate:
    """The rates of one node over the calls of a group; `nodes` are its results, one a call, at least one."""
    ids = {node.node_id for node in nodes}
    if len(ids) != 1:
        raise ValueError(f"the rate of one node, not of {sorted(ids)}")
    eligible = sum(node.eligible for node in nodes)
    attempted = sum(node.attempted for node in nodes)
    return NodeRate(
        scenario=scenario,
        node_id=nodes[0].node_id,
        label=nodes[-1].label,
        group=group,
        eligible=eligible,
        attempted=rate_of(attempted, eligible),
        met=rate_of(sum(node.met for node in nodes), eligible),
        in_order=rate_of(sum(node.in_order for node in nodes), attempted),
    )


def week_of(moment: datetime) -> str:
    """The ISO week in the bank's time: `2026-W46`. A call at 23:30 on Sunday in UTC is Monday's."""
    year, week, _ = moment.astimezone(BANK_ZONE).isocalendar()
    return f"{year}-W{week:02d}"
