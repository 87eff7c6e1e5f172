"""Is the record of a finished call true of its transcript, and does it hold what the gold names?

Evidence, quotes and reasons are checked anew against the conversation; findings, hits and points are compared as
metrics/findings, metrics/compliance and metrics/summary do. Tips of the model are for a person and count as no hit.
Facts and voices are counted twice: all that the record has, and the certain ones, which alone go further.
"""

from collections.abc import Iterator

from seatmate.domain.calls import Conversation, Speaker
from seatmate.domain.compliance import RaisedBy
from seatmate.domain.evidence import Evidence, is_exact
from seatmate.domain.findings import CallRecord, KycFact, VocItem
from seatmate.domain.redaction import drop_secrets
from seatmate_eval.cases import CallCase
from seatmate_eval.metrics.catalogue import PART
from seatmate_eval.metrics.compliance import Compared as ComparedHits
from seatmate_eval.metrics.compliance import counted, places_of
from seatmate_eval.metrics.findings import Compared, Gold, compare_facts, compare_voices, facts_of, voices_of
from seatmate_eval.metrics.measured import Measured, floor, share
from seatmate_eval.metrics.privacy import SECRET, measure_record
from seatmate_eval.metrics.rouge import rouge_l, rouge_n
from seatmate_eval.metrics.summary import compare, items_of, points_of


def measure(case: CallCase, record: CallRecord, conversation: Conversation) -> Iterator[Measured]:
    """`conversation` as it was said; what is stored of it has no secrets."""
    stored = drop_secrets(conversation)
    yield floor("inexact_quote", [_named(e) for e in evidence_of(record) if not is_exact(e, stored)])
    yield floor("agent_evidence", list(_not_the_customers(record, stored)))
    yield floor("unexplained_gap", list(_gaps(record)))
    if secrets := secrets_of(case):
        yield measure_record(record, secrets)
    yield from _kyc(case, record, conversation)
    yield from _voc(case, record, conversation)
    yield from _hits(case, record)
    yield from _summary(case, record)
    yield Measured("call_tokens", sum(step.prompt_tokens + step.completion_tokens for step in record.usage))
    yield Measured("call_seconds", sum(step.seconds for step in record.usage))


def secrets_of(case: CallCase) -> list[str]:
    return [gold.quote for gold in case.pii if gold.kind.upper() == SECRET]


def evidence_of(node: object) -> Iterator[Evidence]:
    """All evidence of a record or of a part of it."""
    if isinstance(node, Evidence):
        yield node
    elif isinstance(node, list | tuple):
        for one in node:
            yield from evidence_of(one)
    elif fields := getattr(type(node), "model_fields", None):
        for name in fields:
            yield from evidence_of(getattr(node, name))


def _not_the_customers(record: CallRecord, stored: Conversation) -> Iterator[str]:
    """An agent's words may carry a fact only with the customer's yes right after them."""
    speakers = {u.utt_id: u.speaker for u in stored.utterances}
    order = {u.utt_id: place for place, u in enumerate(stored.utterances)}
    told: list[KycFact | VocItem] = [*record.kyc, *record.voc]
    for found in told:
        customers = {order[e.utt_id] for e in found.evidence if speakers.get(e.utt_id) is Speaker.CUSTOMER}
        for evidence in found.evidence:
            if speakers.get(evidence.utt_id) is Speaker.CUSTOMER:
                continue
            if isinstance(found, KycFact) and order.get(evidence.utt_id, -2) + 1 in customers:
                continue
            yield f"{_name_of(found)} rests on {_named(evidence)}, which the customer did not say"


def _gaps(record: CallRecord) -> Iterator[str]:
    reasons = {skipped.analysis.partition(".")[0] for skipped in record.skipped}
    there = {"summary": items_of(record.summary), "kyc": record.kyc, "voc": record.voc, "nodes": record.nodes}
    for name, found in there.items():
        if not found and name not in reasons:
            yield f"{name} is empty and says no reason"


def _kyc(case: CallCase, record: CallRecord, conversation: Conversation) -> Iterator[Measured]:
    gold = facts_of(case, conversation)
    yield from _precision_and_recall("kyc_certain", compare_facts([f for f in record.kyc if f.certain], gold))
    compared = compare_facts(record.kyc, gold)
    yield from _precision_and_recall("kyc", compared)
    for name, of_field in sorted(compared.scores.items()):
        yield from share(f"kyc_precision{PART}{name}", of_field.right, of_field.right + of_field.false)
        yield from share(f"kyc_recall{PART}{name}", of_field.found, of_field.gold)
    total = compared.total
    yield from share("kyc_whole", total.whole, total.right)
    false = {evidence.utt_id for _, evidence in compared.false}
    trapped = [f"{trap.utt}: {trap.why}" for trap in case.kyc_traps if trap.utt in false]
    yield from share("kyc_trapped", len(trapped), len(case.kyc_traps), trapped)


def _voc(case: CallCase, record: CallRecord, conversation: Conversation) -> Iterator[Measured]:
    gold = voices_of(case, conversation)
    yield from _precision_and_recall("voc_certain", compare_voices([v for v in record.voc if v.certain], gold))
    yield from _precision_and_recall("voc", compare_voices(record.voc, gold))


def _precision_and_recall(name: str, compared: Compared) -> Iterator[Measured]:
    total = compared.total
    false = [f"{what}: {_named(evidence)}" for what, evidence in compared.false]
    yield from share(f"{name}_precision", total.right, total.right + total.false, false)
    yield from share(f"{name}_recall", total.found, total.gold, [_missed(gold) for gold in compared.missed])


def _hits(case: CallCase, record: CallRecord) -> Iterator[Measured]:
    hits = places_of(hit for hit in record.compliance if hit.raised_by is RaisedBy.RULE)
    compared = ComparedHits(case, hits)
    total = counted([compared]).total
    false, missed = sorted(hits - compared.gold), sorted(compared.gold - hits)
    yield from share("hit_precision", total.right, total.right + total.false, [f"{r} on {u}" for r, u in false])
    yield from share("hit_recall", total.right, total.right + total.missed, [f"{r} on {u}" for r, u in missed])
    fired = sorted(compared.near_misses & hits)
    yield from share(
        "near_miss_fired", total.near_misses_fired, total.near_misses, [f"{rule} on {utt}" for rule, utt in fired]
    )


def _summary(case: CallCase, record: CallRecord) -> Iterator[Measured]:
    points = points_of(case)
    compared = compare(record.summary, points)
    total = compared.total
    missed = [f"{point.section}: {point.text[:60]}" for point in compared.missed]
    yield from share("points_strict", total.strict, total.points, missed)
    yield from share("points_loose", total.loose, total.points)
    if not points:
        return
    yield from share("summary_precision", total.right, total.items, [one.text[:60] for one in compared.false])
    written = "\n".join(item.text for item in items_of(record.summary))
    wanted = "\n".join(point.text for point in points)
    yield Measured("rouge_1", rouge_n(written, wanted, 1))
    yield Measured("rouge_2", rouge_n(written, wanted, 2))
    yield Measured("rouge_l", rouge_l(written, wanted))


def _missed(gold: Gold) -> str:
    return f"{gold.name} in {gold.utt_id} is missing"


def _name_of(found: KycFact | VocItem) -> str:
    return found.field if isinstance(found, KycFact) else f"{found.polarity} {found.label_l1}"


def _named(evidence: Evidence) -> str:
    return f"{evidence.utt_id}「{evidence.quote[:40]}」"
