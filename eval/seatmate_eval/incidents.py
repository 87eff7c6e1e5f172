"""An answer that was wrong becomes a case, so that no later release can be wrong in the same way unseen.

What was asked is taken from the answer as it was recorded (personal data is masked there already); what would have been
right is said by a person and checked against the documents like all gold. Appends to eval/suites/incidents.jsonl.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from seatmate.domain.answers import Answer
from seatmate.domain.errors import BadInput
from seatmate_eval import faults
from seatmate_eval.cases import AskCase, AskKind, load_cases


@dataclass(frozen=True)
class Gold:
    """What the answer should have been, by a person who answers for it."""

    kind: AskKind
    status: Literal["grounded", "abstained"]
    reviewer: str
    figures: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    doc_ids: tuple[str, ...] = ()
    trap_figures: tuple[str, ...] = ()
    trap_doc_ids: tuple[str, ...] = ()


def case_of(answer: Answer, gold: Gold, number: int) -> AskCase:
    """The case of an answer. BadInput for one that was recorded without what it was asked with."""
    if answer.asked is None:
        raise BadInput(f"{answer.answer_id} was recorded without its history and scopes: write the case by hand")
    return AskCase(
        id=f"incidents/{number:03}",
        slices=("incident",),
        source=f"incident, {answer.answer_id}",
        reviewer=gold.reviewer,
        question=answer.question,
        history=answer.asked.history,
        as_of=answer.asked.at,
        scopes=answer.asked.scopes,
        kind=gold.kind,
        figures=gold.figures,
        points=gold.points,
        doc_ids=gold.doc_ids,
        trap_figures=gold.trap_figures,
        trap_doc_ids=gold.trap_doc_ids,
        status=gold.status,
    )


def add(answer: Answer, gold: Gold, suite: Path, documents: faults.Documents) -> AskCase:
    """Append the case. BadInput, and nothing written, when its gold cannot be right or the answer is a case already."""
    known = load_cases(suite, AskCase) if suite.exists() else []
    case = case_of(answer, gold, len(known) + 1)
    if any(other.source == case.source for other in known):
        raise BadInput(f"{answer.answer_id} is a case already")
    wrong = [fault for check in _CHECKS for fault in check([case], documents)]
    if wrong:
        raise BadInput("; ".join(wrong))
    with suite.open("a", encoding="utf-8") as file:
        file.write(case.model_dump_json(exclude_defaults=True) + "\n")
    return case


_CHECKS = (faults.faults_of_figures, faults.faults_of_traps, faults.faults_of_points)
