"""May this customer be offered this product? R level against C level, how old the assessment is, and the customer.

Says what does not fit and nothing about the talk. Limits are those of 《金融机构产品适当性管理办法》 and of the sample
bank's matching rule; each bank must have them approved by its counsel.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from seatmate.domain.calls import Customer, RiskTolerance

ASSESSMENT_MONTHS = 12
ELDER_AGE = 65
ELDER_CARE_FROM = 3
"""R level from which a customer of `ELDER_AGE` or more needs a dual recording."""


class Unfit(StrEnum):
    LEVEL_ABOVE = "level_above"
    ASSESSMENT_EXPIRED = "assessment_expired"
    ELDER_UNRECORDED = "elder_unrecorded"
    PRIVATE = "private"

    @property
    def label(self) -> str:
        return {
            "level_above": "产品等级高于客户等级",
            "assessment_expired": "风险测评已过期",
            "elder_unrecorded": "65周岁以上客户须双录",
            "private": "私募产品只面向合格投资者",
        }[self.value]


@dataclass(frozen=True)
class Offered:
    """What suitability needs to know of a product."""

    risk_level: int
    private: bool = False


def unfit(product: Offered, customer: Customer, on: date) -> Sequence[Unfit]:
    """What stands against the offer on that day; what is not known of the customer stands against nothing."""
    found = []
    if customer.risk_level is not None and product.risk_level > most(customer.risk_level):
        found.append(Unfit.LEVEL_ABOVE)
    if customer.assessed_on is not None and on > valid_until(customer.assessed_on):
        found.append(Unfit.ASSESSMENT_EXPIRED)
    if is_elder(customer, on) and product.risk_level >= ELDER_CARE_FROM:
        found.append(Unfit.ELDER_UNRECORDED)
    if product.private:
        found.append(Unfit.PRIVATE)
    return found


def most(tolerance: RiskTolerance) -> int:
    """The highest R level that a C level may buy."""
    return list(RiskTolerance).index(tolerance) + 1


def valid_until(assessed_on: date) -> date:
    """The last day of an assessment: twelve months on, and of a 29 February the 28th."""
    year, month = divmod(assessed_on.month - 1 + ASSESSMENT_MONTHS, 12)
    try:
        return assessed_on.replace(year=assessed_on.year + year, month=month + 1)
    except ValueError:
        return assessed_on.replace(year=assessed_on.year + year, month=month + 1, day=28)


def is_elder(customer: Customer, on: date) -> bool:
    """By the year of birth alone: the day is not known, so in the year of the 65th birthday it counts."""
    return customer.birth_year is not None and on.year - customer.birth_year >= ELDER_AGE
