"""The model as second reader of compliance: it may point at what the rules did not see, and change nothing else.

What it adds is a tip for a person, whatever the rule's own severity, and stands apart from the rules' hits. A sentence
that the rule's speaker did not say, an unknown rule, and what the rules have found already are dropped with a reason.
"""

from collections.abc import Sequence

from seatmate.aftercall.checks import Said
from seatmate.aftercall.extract import Extracted
from seatmate.aftercall.output import items, read_object
from seatmate.aftercall.task import Tasks
from seatmate.aftercall.transcript import task_request
from seatmate.compliance.rules import RulePack
from seatmate.domain.compliance import ComplianceHit, RaisedBy, Severity
from seatmate.domain.evidence import quote_of
from seatmate.domain.findings import Skipped, SkipReason
from seatmate.domain.model import Shape


class _Pointed(Shape):
    u: int
    r: int


async def read_again(
    said: Said, tasks: Tasks, pack: RulePack, hits: Sequence[ComplianceHit]
) -> Extracted[ComplianceHit]:
    """What the model adds to the rules' hits."""
    rules = "；".join(f"{n} {rule.title}（{rule.speaker.label}）" for n, rule in enumerate(pack.rules, start=1))
    reply = await tasks.run(
        "compliance", task_request(tasks.prompts, "compliance", said.transcript, tasks.max_tokens, rules=rules)
    )
    answer = read_object(reply.text)
    if answer is None:
        invalid = Skipped(analysis="compliance", reason=SkipReason.MODEL_OUTPUT_INVALID, detail="no JSON object")
        return Extracted((), (invalid,), (reply.usage,))
    known = {(hit.rule, evidence.utt_id) for hit in hits for evidence in hit.evidence}
    added: list[ComplianceHit] = []
    skipped: list[Skipped] = []
    for written in items(answer, "hits"):
        checked = _check(written, said, pack)
        if isinstance(checked, Skipped):
            skipped.append(checked)
        elif (place := (checked.rule, checked.evidence[0].utt_id)) not in known:
            known.add(place)
            added.append(checked)
    return Extracted(tuple(added), tuple(skipped), (reply.usage,))


def _check(written: object, said: Said, pack: RulePack) -> ComplianceHit | Skipped:
    try:
        pointed = _Pointed.model_validate(written)
    except ValueError:
        return _dropped(SkipReason.MODEL_OUTPUT_INVALID, "an item does not fit the schema")
    if not 1 <= pointed.r <= len(pack.rules):
        return _dropped(SkipReason.MODEL_OUTPUT_INVALID, f"no rule {pointed.r}")
    rule = pack.rules[pointed.r - 1]
    utterance = said.utterance(pointed.u)
    if utterance is None or utterance.speaker is not rule.speaker:
        detail = f"{rule.id}: utterance {pointed.u} is not the {rule.speaker.value}'s"
        return _dropped(SkipReason.UNVERIFIED_EVIDENCE, detail)
    quote = quote_of(said.conversation, utterance.utt_id)
    if quote is None:
        return _dropped(SkipReason.UNVERIFIED_EVIDENCE, f"{rule.id}: utterance {pointed.u} cannot be quoted")
    return ComplianceHit(
        rule=rule.name,
        severity=Severity.TIP,
        title=rule.title,
        verdict=f"模型提示，待人工复核：{rule.verdict}",
        clause=rule.clause,
        raised_by=RaisedBy.MODEL,
        evidence=(quote,),
    )


def _dropped(reason: SkipReason, detail: str) -> Skipped:
    return Skipped(analysis="compliance", reason=reason, detail=detail)
