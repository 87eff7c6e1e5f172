"""What a bank wants to learn from its calls: KYC fields and VOC labels with the words that give them away, from YAML.

A field has `cues`, wide, which propose it to the model, and `told`: words that tell it by themselves, whatever a model
thinks. Patterns are read over folded text (compliance.clauses.fold). Knows no conversation.
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

from seatmate.aftercall.certainty import Certainty, load_certainty
from seatmate.aftercall.written import read_words, read_written
from seatmate.domain.errors import Misconfigured
from seatmate.domain.findings import Modality, Subject, VocPolarity
from seatmate.domain.model import Shape

Cues = Annotated[tuple[re.Pattern[str], ...], Field(min_length=1)]
Patterns = tuple[re.Pattern[str], ...]

NOT_INFERRED = frozenset({"health", "religion", "ethnicity", "politics", "biometrics", "sexual_orientation"})
"""Sensitive personal information (个人信息保护法 Art. 28) that no field and no group may be about."""


class About(StrEnum):
    """Whose fact a field tells, when somebody else is named beside it."""

    CUSTOMER = "customer"
    """The customer's, unless it is a friend's or a neighbour's."""
    PERSON = "person"
    """The named person's: in 「我儿子明年结婚」 the son's."""
    DEALINGS = "dealings"
    """The customer's own dealings with the bank, whoever is named."""


class Told(Shape):
    """Words of a customer that tell something, unless the talk around them takes it back."""

    says: Cues
    unless: Patterns = ()
    """In the clauses that hold the match."""
    unless_turn: Patterns = ()
    """Anywhere in the same utterance."""
    after: Patterns = ()
    """Only when the utterance before says one of these: 「对 自己的」 after 「房子是您自己的吗」."""
    unless_after: Patterns = ()
    """Not when the utterance before says one of these."""
    askable: bool = False
    """True where a question tells as much as a statement: 「能不能别再打了」."""
    supposable: bool = False
    """True where an if tells as much: 「再这样我就销户」."""


class ToldFact(Told):
    value: str = ""
    """What is told; empty: the figure of the field's kinds, else the group named `value`, else the words themselves."""
    subject: Subject | None = None
    negated: bool = False
    modality: Modality | None = None


class ToldVoice(Told):
    polarity: VocPolarity
    severity: Annotated[int, Field(ge=1, le=4)]


class KycField(Shape):
    field: str
    label: str
    group: str = ""
    about: About = About.CUSTOMER
    negatable: bool = False
    """A no right before the cue negates the fact."""
    single: bool = False
    """One value at a time: what is said later takes the place of what was said before (domain.timeline)."""
    values: tuple[Literal["amt", "pct", "term", "date"], ...] = ()
    """The kinds of figures that its value is; the first found wins."""
    cues: Cues
    told: tuple[ToldFact, ...] = ()


class VocLabel(Shape):
    label: str
    name: str
    cues: Cues
    told: tuple[ToldVoice, ...] = ()


class _Group(Shape):
    group: str
    label: str
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
    certainty: Certainty
    """How sure words are of what they tell."""
    sha256: str

    @property
    def single_valued(self) -> frozenset[str]:
        return frozenset(name for name, field in self.fields.items() if field.single)


def load_catalogue(rules: Path) -> Catalogue:
    """`kyc/*.yaml`, a file a group, `kyc/words.yaml` for all of them, `voc.yaml`; `certain.yaml` with `leanings.yaml`.

    The last two may be missing.

    Raises Misconfigured.
    """
    shared = rules / "kyc" / "words.yaml"
    files = [path for path in sorted((rules / "kyc").glob("*.yaml")) if path != shared]
    words = read_words(shared)
    groups = [read_written(path, _Group, words) for path in files]
    voc = read_written(rules / "voc.yaml", _VocFile, words)
    certain, leanings = rules / "certain.yaml", rules / "leanings.yaml"
    fields = [field.model_copy(update={"group": group.group}) for group in groups for field in group.fields]
    names = [field.field for field in fields]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise Misconfigured(f"{rules / 'kyc'}: fields that are there twice: {twice}")
    if forbidden := sorted({name for name in (*names, *(group.group for group in groups)) if name in NOT_INFERRED}):
        raise Misconfigured(f"{rules / 'kyc'}: nothing may be inferred about {forbidden}")
    return Catalogue(
        fields=MappingProxyType({field.field: field for field in fields}),
        labels=MappingProxyType({label.label: label for label in voc.labels}),
        polarity=MappingProxyType(
            {
                VocPolarity.POSITIVE: voc.positive,
                VocPolarity.NEGATIVE: voc.negative,
                VocPolarity.SUGGESTION: voc.suggestion,
            }
        ),
        escalation=voc.escalation,
        certainty=load_certainty(certain, leanings),
        sha256=_sha256(shared, *files, rules / "voc.yaml", *(path for path in (certain, leanings) if path.exists())),
    )


def _sha256(*files: Path) -> str:
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()
