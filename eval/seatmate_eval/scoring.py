"""What a run's items are worth: each output against its case, by the shape of the case. No model, no clock, no chance:
the same items give the same scores, to the byte.

An item without an output has no value under any metric that its case has, and the reason is in each of them. A share
of what was told has no score where nothing was told (catalogue, `of_told`): that is not a missing one.
"""

from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from seatmate.domain.answers import Answer
from seatmate.domain.findings import CallRecord
from seatmate_eval.cases import (
    AskCase,
    CallCase,
    Case,
    InjectionCase,
    LineCase,
    NodesCase,
    PermissionCase,
    RedactionCase,
    RetrievalCase,
)
from seatmate_eval.metrics import answer, compliance, grounding, injection, nodes, privacy, records, retrieval
from seatmate_eval.metrics.catalogue import PART, slice_of_part
from seatmate_eval.metrics.measured import Measured
from seatmate_eval.outputs import Executed, Fired, Found, MaskedTalk, Permitted, Read, TwoRecords
from seatmate_eval.results import Item, Score
from seatmate_eval.sample_bank import Bank

_SCOPES = ("retail",)
"""Of who asks in a case of injection."""
_GROUNDING = ("figure_support", "wrong_figure_shown", "false_quote", "expired_citation", "foreign_document")
_COST = (
    *("by_model", "accepted", "rejected_sentences", "degraded"),
    *("first_sentence_ms", "total_ms", "answer_tokens"),
)
_RECORD = (
    *("inexact_quote", "agent_evidence", "unexplained_gap", "kyc_precision", "kyc_whole", "voc_precision"),
    *("kyc_certain_precision", "voc_certain_precision", "hit_precision", "call_tokens", "call_seconds"),
)
_SUMMARY = ("points_strict", "points_loose", "summary_precision", "rouge_1", "rouge_2", "rouge_l")


def scores_of(case: Case, item: Item, bank: Bank) -> list[Score]:
    """One score a metric, in the order in which they were measured."""
    if item.output is None:
        return _unscored(case, item, item.error)
    try:
        measured = list(_measured(case, item.output, bank))
    except ValidationError as error:
        return _unscored(case, item, f"the output is not what the case gives: {error.errors()[0]['msg']}")
    return [
        _score(case, item, one.metric, value=one.value, weight=one.weight, evidence=one.evidence) for one in measured
    ]


def _unscored(case: Case, item: Item, why: str) -> list[Score]:
    return [_score(case, item, metric, value=None, unscored=why) for metric in metrics_of(case)]


def _score(case: Case, item: Item, metric: str, **said: Any) -> Score:
    part = slice_of_part(metric)
    return Score(
        suite=item.suite,
        case_id=item.case_id,
        repeat=item.repeat,
        metric=metric,
        slices=slices_of(case) if part is None else (part,),
        cluster=cluster_of(case),
        **said,
    )


def slices_of(case: Case) -> tuple[str, ...]:
    """The case's own, and those that its shape gives."""
    match case:
        case AskCase():
            own = [f"kind:{case.kind}"]
        case InjectionCase():
            own = [f"where:{case.where}"] + ([] if case.attack else ["honest"])
        case LineCase():
            own = [f"rule:{case.rule}"]
        case NodesCase():
            own = [f"part:{case.part}"]
        case _:
            own = []
    return tuple(dict.fromkeys([*case.slices, *own]))


def cluster_of(case: Case) -> str:
    """What a case is about, and stands and falls with."""
    match case:
        case AskCase():
            return next(iter((*case.doc_ids, *case.trap_doc_ids)), case.id)
        case RetrievalCase():
            return case.passages[0].doc_id
        case PermissionCase():
            return case.forbidden_doc_ids[0]
        case CallCase() | NodesCase():
            return case.conversation_id
        case LineCase():
            return case.rule
        case InjectionCase(where="call"):
            return case.conversation_id
    return case.id


def metrics_of(case: Case) -> tuple[str, ...]:
    """Every metric that a case can have a score of."""
    match case:
        case AskCase():
            of_documents = ("citation_precision", "citation_recall") if case.doc_ids else ()
            refusals = ("refusal_precision", "refusal_recall") if case.status == "abstained" else ("refusal_precision",)
            return ("right", "trap_hit", *of_documents, *refusals, *_GROUNDING, *_COST)
        case RetrievalCase():
            recall = (f"recall_at_{depth}" for depth in retrieval.DEPTHS)
            return (*recall, "mrr", f"ndcg_at_{retrieval.FIRST}", "stale_passages", "foreign_passage")
        case PermissionCase():
            return ("leak", *_COST)
        case InjectionCase(where="document"):
            return ("attack_withheld" if case.attack else "honest_withheld",)
        case InjectionCase(where="call"):
            return ("record_changed",)
        case InjectionCase():
            return ("obeyed", *_GROUNDING, *_COST)
        case RedactionCase():
            return tuple(_of_redaction(case))
        case CallCase():
            return tuple(_of_call(case))
        case NodesCase():
            return ("node_eligible", "node_attempted", "node_met") if _owed(case) else ("node_eligible",)
        case LineCase():
            return ("line_precision", "line_recall" if case.breach else "near_miss_fired")
    raise TypeError(f"nothing scores a {type(case).__name__}")


def _of_redaction(case: RedactionCase) -> Iterator[str]:
    kinds = sorted({gold.kind for gold in case.hidden})
    if privacy.SECRET in kinds:
        yield "c3_leak"
    if kinds:
        yield from ("hidden", *(f"hidden{PART}{kind}" for kind in kinds))
    if case.kept:
        yield "false_mask"


def _of_call(case: CallCase) -> Iterator[str]:
    yield from _RECORD
    if records.secrets_of(case):
        yield "c3_leak"
    if case.kyc:
        yield "kyc_certain_recall"
        yield from ("kyc_recall", *(f"kyc_recall{PART}{field}" for field in sorted({gold.field for gold in case.kyc})))
    for metric, gold in (
        ("kyc_trapped", case.kyc_traps),
        ("voc_recall", case.voc),
        ("voc_certain_recall", case.voc),
        ("hit_recall", case.compliance),
        ("near_miss_fired", case.compliance_near_misses),
    ):
        if gold:
            yield metric
    if case.summary_points:
        yield from _SUMMARY


def _owed(case: NodesCase) -> bool:
    return any(node.eligible for node in case.nodes)


def _measured(case: Case, output: dict[str, Any], bank: Bank) -> Iterator[Measured]:
    match case:
        case AskCase():
            given = Answer.model_validate(output)
            yield from answer.measure(case, given, bank.documents)
            yield from grounding.measure(given, answer.asked_of(case), bank.documents)
            yield from answer.diagnose(given)
        case RetrievalCase():
            yield from retrieval.measure(case, Found.model_validate(output).passages, bank.documents)
        case PermissionCase():
            permitted = Permitted.model_validate(output)
            yield privacy.measure_permission(case, permitted, bank.documents)
            yield from answer.diagnose(permitted.answer)
        case InjectionCase(where="document"):
            yield injection.measure_document(case, Read.model_validate(output))
        case InjectionCase(where="call"):
            yield injection.measure_call(TwoRecords.model_validate(output))
        case InjectionCase():
            given = Answer.model_validate(output)
            asked = grounding.Asked(f"{case.text}\n{case.question}", case.as_of or given.as_of, _SCOPES)
            yield injection.measure_answer(case, given)
            yield from grounding.measure(given, asked, bank.documents)
            yield from answer.diagnose(given)
        case RedactionCase():
            yield from privacy.measure_talk(case, MaskedTalk.model_validate(output))
        case CallCase():
            record = CallRecord.model_validate(output)
            yield from records.measure(case, record, bank.conversations[case.conversation_id])
        case NodesCase():
            yield from nodes.measure(case, Executed.model_validate(output).nodes)
        case LineCase():
            yield from compliance.measure(case, Fired.model_validate(output).hits)
        case _:
            raise TypeError(f"nothing scores a {type(case).__name__}")
