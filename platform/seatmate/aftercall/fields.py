"""What a bank wants to learn from its calls: KYC fields and VOC labels with the words that give them away, from YAML.

Cues are read over folded text (compliance.clauses.fold). Knows no conversation.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field

from seatmate.aftercall.written import read_written
from seatmate.domain.errors import Misconfigured
from seatmate.domain.findings import VocPolarity
from seatmate.domain.model import Shape

Cues = Annotated[tuple[re.Pattern[str], ...], Field(min_length=1)]


class About(StrEnum):
    """Whose fact a field tells, when somebody else is named beside it."""

    CUSTOMER = "customer"
    """The customer's, unless it is a friend's or a neighbour's."""
    PERSON = "person"
    """The named person's: in 「我儿子明年结婚」 the son's."""
    DEALINGS = "dealings"
    """The customer's own dealings with the bank, whoever is named."""


class KycField(Shape):
    field: str
    group: str
    label: str
    about: About = About.CUSTOMER
    negatable: bool = False
    """A no right before the cue negates the fact."""
    single: bool = False
    """One value at a time: what is said later takes the place of what was said before (domain.timeline)."""
    values: tuple[Literal["amt", "pct", "term", "date"], ...] = ()
    """The kinds of figures that its value is; the first found wins."""
    cues: Cues


class VocLabel(Shape):
    label: str
    name: str
    cues: Cues


class _KycFile(Shape):
    groups: Mapping[str, str]
    fields: Annotated[tuple[KycField, ...], Field(min_length=1)]


class _VocFile(Shape):
    labels: Annotated[tuple[VocLabel, ...], Field(min_length=1)]
    positive: Cues
    negative: Cues
    suggestion: Cues
    escalation: Cues


@dataclass(frozen=True)
class Catalogue:
    """Fields and labels by key. `sha256` is part of the release."""

    fields: Mapping[str, KycField]
    labels: Mapping[str, VocLabel]
    polarity: Mapping[VocPolarity, Cues]
    escalation: Cues
    sha256: str

    @property
    def single_valued(self) -> frozenset[str]:
        return frozenset(name for name, field in self.fields.items() if field.single)


def load_catalogue(kyc: Path, voc: Path) -> Catalogue:
    """Read both files. Raises Misconfigured with every fault."""
    fields, labels = read_written(kyc, _KycFile), read_written(voc, _VocFile)
    unknown = sorted({field.group for field in fields.fields} - set(fields.groups))
    if unknown:
        raise Misconfigured(f"{kyc}: groups without a label: {unknown}")
    return Catalogue(
        fields=MappingProxyType({field.field: field for field in fields.fields}),
        labels=MappingProxyType({label.label: label for label in labels.labels}),
        polarity=MappingProxyType(
            {
                VocPolarity.POSITIVE: labels.positive,
                VocPolarity.NEGATIVE: labels.negative,
                VocPolarity.SUGGESTION: labels.suggestion,
            }
        ),
        escalation=labels.escalation,
        sha256=hashlib.sha256(kyc.read_bytes() + voc.read_bytes()).hexdigest(),
    )
