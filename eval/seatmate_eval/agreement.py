"""How far a judge agrees with people, and whether it may therefore count. On probation until that is shown.

    eval/judge/labels.jsonl     what people said of an answer: faithful? relevant?
    eval/judge/probation.yaml   how much agreement is enough, and which judge the bank stands by
    eval/judge/agreement.json   what was measured, by judge (`seatmate-eval agreement` writes it)

A label on which the judge gave no verdict is a disagreement, never left out. Agreement is bound to the judge's digest
and to the labels: another model, prompt, encoder or label file is measured anew. Asks no model.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import yaml
from numpy.typing import NDArray
from pydantic import AwareDatetime, Field, ValidationError

from seatmate.domain.errors import Misconfigured
from seatmate.domain.model import Shape
from seatmate.settings import HOME
from seatmate_eval.judges import WITHOUT_HASH, JudgeId, Sample
from seatmate_eval.results import Score

JUDGE = HOME / "eval" / "judge"
LABELS = "labels.jsonl"
PROBATION = "probation.yaml"
AGREEMENT = "agreement.json"

FEWEST_LABELS = 100
"""No bank may ask for fewer."""
DRAWS = 10_000
SEED = 20261128

Aspect = Literal["faithful", "relevant"]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Coefficient = Annotated[float, Field(ge=-1, le=1, allow_inf_nan=False)]


class Label(Shape):
    """What a person says of one answer to one question, with the contexts in view."""

    id: Annotated[str, Field(pattern=r"^judge/[\w.\-]+$")]
    question: str
    contexts: Annotated[tuple[str, ...], Field(min_length=1)]
    answer: str
    kind: Literal["right", "wrong_figure", "negation", "other_product", "unstated", "half", "off_topic"]
    faithful: bool
    """Everything that it says follows from the contexts."""
    relevant: bool
    """It answers what was asked, all of it. A wrong answer to the question is relevant."""
    why: str
    doc_id: str
    """The document of the contexts: labels of one document are drawn together."""
    source: str
    reviewer: str

    def sample(self) -> Sample:
        return Sample("judge", self.id, self.doc_id, self.question, self.answer, self.contexts)


class Probation(Shape):
    label: Aspect
    yes_from: Share
    min_labels: Annotated[int, Field(ge=FEWEST_LABELS)]
    min_kappa_low: Annotated[float, Field(ge=0, lt=1)]


class ProbationRules(Shape):
    judge: str | None
    metrics: dict[str, Probation]


class Interval(Shape):
    """An estimate with its 95 % interval."""

    value: Coefficient
    low: Coefficient
    high: Coefficient


class Agreement(Shape):
    """Of one metric with people. `table`: person and judge, yes/no/none, to how many labels."""

    metric: str
    label: Aspect
    yes_from: Share
    labels: Annotated[int, Field(ge=1)]
    clusters: Annotated[int, Field(ge=1)]
    table: dict[str, int]
    agreed: Share
    kappa: Interval
    """Cohen's."""
    alpha: Interval
    """Krippendorff's, for names."""
    by_kind: dict[str, str]
    """Kind of answer → agreed/labels."""
    unscored: dict[str, int]
    """Why the judge gave no verdict → how often."""


class Measured(Shape):
    judge: JudgeId
    digest: str
    labels_sha256: str
    measured_at: AwareDatetime
    seconds: Annotated[float, Field(ge=0)]
    agreements: tuple[Agreement, ...]


class AgreementFile(Shape):
    measured: tuple[Measured, ...] = ()
    """One a judge."""


def load_labels(folder: Path = JUDGE) -> list[Label]:
    """The labels, in their order. ValidationError for a line that is none."""
    lines = (folder / LABELS).read_text(encoding="utf-8").splitlines()
    return [Label.model_validate_json(line) for line in lines if line.strip()]


def load_rules(folder: Path = JUDGE) -> ProbationRules:
    path = folder / PROBATION
    try:
        return ProbationRules.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise Misconfigured(f"{path}: {error}") from error


def load_agreement(folder: Path = JUDGE) -> AgreementFile:
    path = folder / AGREEMENT
    try:
        return AgreementFile.model_validate_json(path.read_bytes()) if path.exists() else AgreementFile()
    except ValidationError as error:
        raise Misconfigured(f"{path}: {error}") from error


def keep(measured: Measured, folder: Path = JUDGE) -> None:
    """Write it into the file, in the place of an older measurement of the same judge."""
    others = tuple(m for m in load_agreement(folder).measured if m.digest != measured.digest)
    whole = AgreementFile(measured=(*others, measured))
    path = folder / AGREEMENT
    draft = path.with_suffix(".tmp")
    draft.write_text(whole.model_dump_json(indent=2) + "\n", encoding="utf-8")
    draft.replace(path)


def labels_sha256(folder: Path = JUDGE) -> str:
    return hashlib.sha256((folder / LABELS).read_bytes()).hexdigest()


def may_count(metric: str, judge: JudgeId, folder: Path = JUDGE) -> tuple[bool, str]:
    """May this judge's verdicts of this metric block a release? And why, or why not."""
    rules = load_rules(folder)
    rule = rules.metrics.get(metric)
    if rule is None:
        return False, f"{metric}: there are no labels for it"
    if judge.base == WITHOUT_HASH:
        return False, "the judge's weights have no hash: it may be another model tomorrow"
    measured = next((m for m in load_agreement(folder).measured if m.digest == judge.digest), None)
    if measured is None or measured.judge != judge:
        return False, f"judge {judge.digest} has not been held against the labels"
    if measured.labels_sha256 != labels_sha256(folder):
        return False, f"the labels have changed since judge {judge.digest} was held against them"
    found = next((a for a in measured.agreements if a.metric == metric), None)
    if found is None or (found.label, found.yes_from) != (rule.label, rule.yes_from):
        return False, f"{metric} has not been measured as {PROBATION} asks for it"
    if found.labels < rule.min_labels:
        return False, f"{found.labels} labels; {rule.min_labels} are wanted"
    told = f"kappa {found.kappa.value:.2f}, at least {found.kappa.low:.2f}, on {found.labels} labels"
    if not found.kappa.low > rule.min_kappa_low:
        return False, f"{told}: not above {rule.min_kappa_low}"
    if rules.judge != judge.digest:
        return False, f"{told}: enough, but {PROBATION} does not name judge {judge.digest}"
    return True, told


def agreement_of(metric: str, rule: Probation, labels: Sequence[Label], scores: Iterable[Score]) -> Agreement:
    """One metric's verdicts held against the labels. A label without a score is one without a verdict."""
    by_id = {score.case_id: score for score in scores if score.metric == metric}
    people = [label.relevant if rule.label == "relevant" else label.faithful for label in labels]
    verdicts = [_verdict(by_id.get(label.id), rule.yes_from) for label in labels]
    clusters = sorted({label.doc_id for label in labels})
    counts = np.zeros((len(clusters), 2, 3))
    table: dict[str, int] = {}
    kinds: dict[str, list[bool]] = {}
    unscored: dict[str, int] = {}
    for label, person, verdict in zip(labels, people, verdicts, strict=True):
        counts[clusters.index(label.doc_id), int(person), _COLUMN[verdict]] += 1
        cell = f"{'yes' if person else 'no'}/{_TOLD[verdict]}"
        table[cell] = table.get(cell, 0) + 1
        kinds.setdefault(label.kind, []).append(person is verdict)
        if verdict is None:
            score = by_id.get(label.id)
            why = score.unscored if score else "there is no score of it"
            unscored[why] = unscored.get(why, 0) + 1
    return Agreement(
        metric=metric,
        label=rule.label,
        yes_from=rule.yes_from,
        labels=len(labels),
        clusters=len(clusters),
        table=table,
        agreed=sum(person is verdict for person, verdict in zip(people, verdicts, strict=True)) / len(labels),
        kappa=_interval(cohen_kappa, counts),
        alpha=_interval(krippendorff_alpha, counts),
        by_kind={kind: f"{sum(agreed)}/{len(agreed)}" for kind, agreed in kinds.items()},
        unscored=unscored,
    )


_COLUMN: Mapping[bool | None, int] = {False: 0, True: 1, None: 2}
_TOLD: Mapping[bool | None, str] = {False: "no", True: "yes", None: "none"}


def _verdict(score: Score | None, yes_from: float) -> bool | None:
    return None if score is None or score.value is None else score.value >= yes_from


Counts = NDArray[np.float64]
"""(…, 2, 3): the person's no and yes, by the judge's no, yes and none."""


def cohen_kappa(counts: Counts) -> NDArray[np.float64]:
    """Agreement beyond what the two would have by chance, each with his own share of yes; 0 where nothing but one
    word was said by both, since that shows nothing."""
    whole = counts.sum(axis=(-2, -1))
    agreed = (counts[..., 0, 0] + counts[..., 1, 1]) / whole
    person, judge = counts.sum(axis=-1) / whole[..., None], counts.sum(axis=-2) / whole[..., None]
    chance = (person * judge[..., :2]).sum(axis=-1)
    return _beyond(1 - agreed, 1 - chance)


def krippendorff_alpha(counts: Counts) -> NDArray[np.float64]:
    """Agreement beyond chance with one pool of words for both (Krippendorff 2011, names, two observers)."""
    whole = counts.sum(axis=(-2, -1))
    differ = whole - counts[..., 0, 0] - counts[..., 1, 1]
    words = counts.sum(axis=-2)
    words[..., :2] += counts.sum(axis=-1)
    every = 2 * whole
    by_chance = 1 - (words * (words - 1)).sum(axis=-1) / (every * (every - 1))
    return _beyond(differ / whole, by_chance)


def _beyond(differ: NDArray[np.float64], by_chance: NDArray[np.float64]) -> NDArray[np.float64]:
    told = by_chance > 1e-12
    return np.where(told, 1 - differ / np.where(told, by_chance, 1.0), 0.0)


def _interval(coefficient: Callable[[Counts], NDArray[np.float64]], counts: Counts) -> Interval:
    """With the percentiles of 10,000 draws of as many documents, with replacement."""
    clusters = len(counts)
    times = np.random.default_rng(SEED).multinomial(clusters, np.full(clusters, 1 / clusters), size=DRAWS)
    drawn = (times @ counts.reshape(clusters, 6)).reshape(DRAWS, 2, 3)
    low, high = np.percentile(coefficient(drawn), [2.5, 97.5])
    ends = (float(coefficient(counts.sum(axis=0))), float(low), float(high))
    value, low, high = (min(1.0, max(-1.0, round(end, 4))) for end in ends)
    return Interval(value=value, low=low, high=high)
