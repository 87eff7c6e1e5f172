"""eval/gates.yaml: what a release must be worth, read with every fault told at once.

Says nothing of how a level is decided (gate.py). A floor of the catalogue is checked wherever it is scored, listed or
not: the list says where it must have been looked at, and in how many cases.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import AfterValidator, Field, ValidationError, model_validator

from seatmate.domain.model import Shape
from seatmate.domain.verdicts import Waiver
from seatmate.settings import HOME
from seatmate_eval.metrics.catalogue import METRICS
from seatmate_eval.suites import NEVER_MEASURED, SHAPES

GATES = HOME / "eval" / "gates.yaml"


class BadGates(Exception):
    """A gates file that cannot be used; says every fault, one a line."""


def _suite(name: str) -> str:
    if name not in SHAPES or name in NEVER_MEASURED:
        raise ValueError(f"{name} is no suite that is measured")
    return name


def _metric(name: str) -> str:
    if name not in METRICS:
        raise ValueError(f"{name} is no metric that is known")
    return name


def _floor_metric(name: str) -> str:
    if not METRICS[_metric(name)].floor:
        raise ValueError(f"{name} is no floor: give it a minimum")
    return name


def _other_metric(name: str) -> str:
    if METRICS[_metric(name)].floor:
        raise ValueError(f"{name} is a floor: it has no level but zero")
    return name


SuiteName = Annotated[str, AfterValidator(_suite)]
MetricName = Annotated[str, AfterValidator(_other_metric)]
Cases = Annotated[int, Field(ge=1)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Margin = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class Requires(Shape):
    """What a run must be before anything in it counts."""

    suites: Annotated[dict[SuiteName, Cases], Field(min_length=1)]
    """Each with the smallest number of cases that it must have."""
    max_age_days: Annotated[int, Field(ge=1)]
    repeats: Annotated[int, Field(ge=1)] = 1
    limit_allowed: bool = False
    """A run of only some cases of each suite may pass: for a look on every change, never for a release."""
    max_unscored: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of a graded metric's cases that may have no score. An unscored verdict is a failure in any case."""
    live_run: bool = True
    """Without a run of the live release, no_regression cannot pass."""


class Floor(Shape):
    """A metric that must be zero, once in all cases and repeats."""

    metric: Annotated[str, AfterValidator(_floor_metric)]
    suites: Annotated[tuple[SuiteName, ...], Field(min_length=1)]
    cases: Cases = 1
    """In each of the suites at least so many cases must have been looked at."""


class Minimum(Shape):
    """A level. `by: bound` asks it of the interval's worse end, `by: estimate` of the figure itself."""

    suite: SuiteName
    metric: MetricName
    slice: str = ""
    level: Number
    """At least, or at most where less is better."""
    by: Literal["bound", "estimate"]

    @property
    def id(self) -> str:
        return check_id("minimum", self.suite, self.metric, self.slice)


class Slices(Shape):
    """Every slice with so many cases is compared by itself; smaller ones are in the report and decide nothing."""

    margin: Margin
    cases: Annotated[int, Field(ge=2)]
    clusters: Annotated[int, Field(ge=2)] = 5
    """About so few documents or calls nothing can be said, however many cases they have."""


class NoRegression(Shape):
    """How much worse than the live release is still as good."""

    suite: SuiteName
    metric: MetricName
    margin: Margin
    """In the metric's own unit; with `relative` a share of the live release's figure."""
    relative: bool = False
    slices: Slices | None = None

    @property
    def id(self) -> str:
        return check_id("no_regression", self.suite, self.metric)


class Gates(Shape):
    requires: Requires
    floors: Annotated[tuple[Floor, ...], Field(min_length=1)]
    minimums: Annotated[tuple[Minimum, ...], Field(min_length=1)]
    no_regression: tuple[NoRegression, ...] = ()
    confidence: Annotated[float, Field(ge=0.8, lt=1)] = 0.95
    """Of two-sided intervals: each of their ends is passed by chance half as often as this leaves open."""
    waivers: tuple[Waiver, ...] = ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        faults = [*self._repeated(), *self._not_required()]
        if self.requires.limit_allowed and self.no_regression:
            faults.append("a limited run cannot be compared with the live release: limit_allowed or no_regression")
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def _repeated(self) -> Iterator[str]:
        ids = [minimum.id for minimum in self.minimums] + [rule.id for rule in self.no_regression]
        ids += [check_id("floor", suite, floor.metric) for floor in self.floors for suite in floor.suites]
        ids += [f"the waiver of {waiver.check}" for waiver in self.waivers]
        yield from (f"{id_} stands there twice" for id_ in sorted({id_ for id_ in ids if ids.count(id_) > 1}))

    def _not_required(self) -> Iterator[str]:
        named = {minimum.suite for minimum in self.minimums} | {rule.suite for rule in self.no_regression}
        named |= {suite for floor in self.floors for suite in floor.suites}
        for suite in sorted(named - self.requires.suites.keys()):
            yield f"{suite} has a rule and is not among the required suites: a run without it would have none"


@dataclass(frozen=True)
class GatesFile:
    gates: Gates
    sha256: str
    """Of the file's bytes."""


def load_gates(path: Path = GATES) -> GatesFile:
    """A gates file. BadGates with every fault in it."""
    try:
        content = path.read_bytes()
        written = yaml.load(content, _NoDuplicates)
    except (OSError, yaml.YAMLError) as error:
        raise BadGates(f"{path}: {error}") from error
    return GatesFile(gates_of(written, str(path)), hashlib.sha256(content).hexdigest())


def gates_of(written: Any, where: str = "gates") -> Gates:
    """Gates from plain data. BadGates with every fault in it."""
    try:
        return Gates.model_validate(written)
    except ValidationError as error:
        raise BadGates("\n".join(_told(error, where))) from error


def check_id(kind: str, suite: str, metric: str, slice_: str = "") -> str:
    """The name of a check in a verdict and in a waiver."""
    return f"{kind}/{suite}/{metric}" + (f"@{slice_}" if slice_ else "")


def _told(error: ValidationError, where: str) -> Iterable[str]:
    for fault in error.errors():
        place = ".".join(str(part) for part in fault["loc"])
        yield f"{where}: {place}: {fault['msg'].removeprefix('Value error, ')}"


class _NoDuplicates(yaml.SafeLoader):
    """YAML lets the last of two equal keys win in silence: half of a gates file would be gone."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(None, None, f"{key} stands there twice", node.start_mark)
        return super().construct_mapping(node, deep)
