"""Who judges, whether it may count, and what it reads: all that can be known of a judge without asking it.

A judge is a model with a prompt. It is on probation until it has been held against people's labels: its verdicts are
shown, and block nothing. Knows nothing of ragas (metrics/judge.py) and asks no model.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated

from pydantic import Field, ValidationError

from seatmate.domain.answers import Answer, AnswerStatus
from seatmate.domain.model import Shape
from seatmate_eval.cases import AskCase, Case
from seatmate_eval.results import Item, Score
from seatmate_eval.scoring import cluster_of, slices_of

WITHOUT_HASH = "external"
"""The base of a judge whose weights nobody has hashed: it may be another one tomorrow under the same name."""

JUDGED = (
    "ragas_faithfulness",
    "ragas_answer_relevancy",
    "ragas_context_precision",
    "ragas_context_recall",
    "ragas_factual_correctness",
)
"""What a model must be asked for."""
COMPUTED = ("ragas_string_similarity", "ragas_chrf", "ragas_semantic_similarity")
"""What is computed."""
NEEDS_REFERENCE = frozenset({*JUDGED[2:], *COMPUTED})
"""These hold the answer against the case's points and figures: a case that names none has no such score."""


class JudgeId(Shape):
    """All that a verdict depends on beside the question: a change in any of it makes another judge."""

    model: str
    """The served name, task@sha12 for an adapter."""
    base: str
    """The weights' hash, or WITHOUT_HASH."""
    prompts: str
    """Of all files of prompts/eval."""
    encoder: str
    """Compares questions for the relevancy of an answer."""
    ragas: str
    max_tokens: Annotated[int, Field(ge=16)]

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Sample:
    """One answer as a judge reads it."""

    suite: str
    case_id: str
    cluster: str
    question: str
    answer: str = ""
    contexts: tuple[str, ...] = ()
    """What the answer rests on: its cited source text."""
    reference: str = ""
    """What a right answer says: the case's points and figures."""
    repeat: int = 1
    slices: tuple[str, ...] = ()
    missing: str = ""
    """Why there is nothing to judge. Then every metric of it is unscored, for this reason."""

    def score(self, metric: str, value: float | None, unscored: str = "", evidence: str = "") -> Score:
        """What `metric` says of it."""
        return Score(
            suite=self.suite,
            case_id=self.case_id,
            repeat=self.repeat,
            metric=metric,
            value=value,
            unscored=unscored,
            evidence=evidence,
            slices=self.slices,
            cluster=self.cluster,
        )

    def has(self, metric: str) -> bool:
        """Does the case give what this metric is measured against? Asked of the case, never of the answer."""
        return bool(self.reference) or metric not in NEEDS_REFERENCE


def samples_of(cases: Mapping[str, Case], items: Sequence[Item]) -> Iterator[Sample]:
    """The answered questions of a run. A case that must be refused is none: there is nothing for a judge to read."""
    for item in items:
        case = cases.get(item.case_id)
        if isinstance(case, AskCase) and case.status == "grounded":
            yield _sample_of(case, item)


def _sample_of(case: AskCase, item: Item) -> Sample:
    answer, missing = _answer_of(item)
    sentences = answer.sentences if answer else ()
    quotes = dict.fromkeys(citation.quote for sentence in sentences for citation in sentence.citations)
    return Sample(
        suite=item.suite,
        case_id=item.case_id,
        cluster=cluster_of(case),
        question=answer.standalone_query if answer and answer.standalone_query else case.question,
        answer=answer.text if answer else "",
        contexts=tuple(quotes),
        reference="；".join((*(point.split("|")[0] for point in case.points), *case.figures)),
        repeat=item.repeat,
        slices=slices_of(case),
        missing=missing,
    )


def _answer_of(item: Item) -> tuple[Answer | None, str]:
    """The answer, or why there is none to judge."""
    if item.output is None:
        return None, f"the flow gave nothing: {item.error}"
    try:
        answer = Answer.model_validate(item.output)
    except ValidationError:
        return None, "what the flow gave is no answer"
    if answer.status is AnswerStatus.ABSTAINED:
        return None, f"the flow refused: {answer.reason}"
    return (answer, "") if answer.text.strip() else (None, "the answer is empty")
