"""A record is held against its transcript and its gold; a spoilt one is seen by the metric that is there for it."""

from typing import Any

import pytest

from seatmate.domain.compliance import ComplianceHit, RaisedBy, Severity
from seatmate.domain.findings import CallRecord, Modality, StepUsage, Summary, VocItem, VocPolarity
from seatmate_eval.cases import CallCase
from seatmate_eval.metrics.measured import Measured
from seatmate_eval.metrics.records import measure
from tests.eval.small_bank import CALL, evidence, fact, record

FUNDS = fact("maturing_funds", evidence("u2", "我有二十万"))
WORK = fact("occupation", evidence("u4", "我是退休老师"))
FLOORS = {"inexact_quote", "agent_evidence", "unexplained_gap"}


def gold(utt: str, quote: str, field: str, **more: Any) -> dict[str, Any]:
    typing = {"subject": "self", "polarity": "affirmed", "modality": "fact"}
    return {"utt": utt, "quote": quote, "field": field, **typing, **more}


def case(**more: Any) -> CallCase:
    given = {"id": "aftercall/C-1", "source": "test", "reviewer": "test", "conversation_id": "C-1"}
    return CallCase.model_validate(given | more)


def measured(of: CallCase, given: CallRecord) -> dict[str, Measured]:
    return {one.metric: one for one in measure(of, given, CALL)}


def breached(given: CallRecord) -> set[str]:
    found = measured(case(), given)
    return {name for name in FLOORS if found[name].value}


def test_a_true_record_breaches_nothing() -> None:
    assert breached(record(FUNDS, WORK)) == set()


def test_a_quote_that_is_off_by_one_or_of_another_transcript_is_seen() -> None:
    exact = evidence("u2", "我有二十万")
    off = exact.model_copy(update={"start": exact.start + 1, "end": exact.end + 1})
    other = exact.model_copy(update={"transcript_sha256": "0" * 64})
    for spoilt in (off, other):
        assert breached(record(fact("maturing_funds", spoilt))) == {"inexact_quote"}


def test_evidence_is_looked_for_in_every_part_of_a_record() -> None:
    off = evidence("u1", "您好").model_copy(update={"utt_id": "u9"})
    hit = ComplianceHit(rule="privacy@1", severity=Severity.TIP, title="", verdict="", clause="", evidence=(off,))
    assert breached(record().model_copy(update={"compliance": (hit,)})) == {"inexact_quote"}


def test_an_agents_words_are_no_fact_of_the_customer_without_his_yes_right_after_them() -> None:
    agents = evidence("u3", "是您本人的吗")
    assert breached(record(fact("aum", agents))) == {"agent_evidence"}
    assert breached(record(fact("aum", agents, evidence("u4", "对")))) == set()
    assert breached(record(fact("aum", agents, evidence("u2", "我有二十万")))) == {"agent_evidence"}


def test_an_agents_words_are_never_a_voice_of_the_customer() -> None:
    voice = VocItem(
        polarity=VocPolarity.POSITIVE,
        label_l1="service",
        label="服务",
        severity=1,
        evidence=(evidence("u3", "是您"), evidence("u4", "对")),
    )
    assert breached(record().model_copy(update={"voc": (voice,)})) == {"agent_evidence"}


@pytest.mark.parametrize("silent", ["summary", "kyc", "voc", "nodes"])
def test_an_empty_analysis_says_why(silent: str) -> None:
    reasons = [name for name in ("summary", "kyc", "voc", "nodes") if name != silent]
    found = measured(case(), record(summary=Summary(), skipped=reasons))["unexplained_gap"]
    assert (found.value, found.evidence) == (1, f"{silent} is empty and says no reason")


def test_a_reason_for_a_part_of_an_analysis_is_one() -> None:
    assert breached(record(summary=Summary(), skipped=("summary.action", "kyc", "voc", "nodes"))) == set()


def test_facts_are_counted_over_all_fields_and_by_field() -> None:
    of = case(kyc=[gold("u2", "二十万月底到期", "maturing_funds"), gold("u4", "退休老师", "occupation")])
    found = measured(of, record(FUNDS, fact("property", evidence("u2", "我有二十万"))))
    assert (found["kyc_precision"].value, found["kyc_precision"].weight) == (0.5, 2)
    assert (found["kyc_recall"].value, found["kyc_recall"].weight) == (0.5, 2)
    assert found["kyc_precision"].evidence == "property: u2「我有二十万」"
    assert found["kyc_recall"].evidence == "occupation in u4 is missing"
    assert found["kyc_recall/occupation"].value == found["kyc_precision/property"].value == 0
    assert found["kyc_recall/maturing_funds"].value == found["kyc_precision/maturing_funds"].value == 1
    assert "kyc_recall/property" not in found
    assert "kyc_precision/occupation" not in found


def test_certain_facts_are_counted_by_themselves_too() -> None:
    of = case(kyc=[gold("u2", "二十万月底到期", "maturing_funds"), gold("u4", "退休老师", "occupation")])
    unsure = fact("property", evidence("u2", "我有二十万")).model_copy(update={"certain": False})
    found = measured(of, record(FUNDS, unsure))
    assert (found["kyc_precision"].value, found["kyc_certain_precision"].value) == (0.5, 1)
    assert found["kyc_recall"].value == found["kyc_certain_recall"].value == 0.5
    hidden = measured(of, record(FUNDS.model_copy(update={"certain": False})))
    assert (hidden["kyc_recall"].value, hidden["kyc_certain_recall"].value) == (0.5, 0)
    assert "kyc_certain_precision" not in hidden


def test_a_fact_is_whole_only_with_the_golds_modality() -> None:
    of = case(kyc=[gold("u2", "二十万月底到期", "maturing_funds")])
    planned = fact("maturing_funds", evidence("u2", "我有二十万"), modality=Modality.PLAN)
    assert measured(of, record(FUNDS))["kyc_whole"].value == 1
    assert measured(of, record(planned))["kyc_whole"].value == 0


def test_a_false_fact_from_a_trap_is_told() -> None:
    of = case(kyc_traps=[{"utt": "u2", "why": "是公司的钱"}, {"utt": "u4", "why": "只是附和"}])
    found = measured(of, record(FUNDS))["kyc_trapped"]
    assert (found.value, found.evidence) == (0.5, "u2: 是公司的钱")


def test_nothing_told_has_no_precision_and_no_gold_has_no_recall() -> None:
    found = measured(case(), record())
    absent = ("kyc_precision", "kyc_recall", "voc_precision", "voc_recall", "hit_recall", "points_strict", "rouge_1")
    assert not [name for name in absent if name in found]


def test_hits_of_rules_are_compared_by_rule_and_utterance_and_tips_of_the_model_are_none() -> None:
    def hit(rule: str, utt_id: str, by: RaisedBy = RaisedBy.RULE) -> ComplianceHit:
        words = (evidence(utt_id),)
        return ComplianceHit(
            rule=rule, severity=Severity.TIP, title="", verdict="", clause="", evidence=words, raised_by=by
        )

    of = case(
        compliance=[
            {"rule": "privacy", "utt": "u3", "quote": "本人"},
            {"rule": "tie_in", "utt": "u1", "quote": "您好"},
        ],
        compliance_near_misses=[{"rule": "churning", "utt": "u5"}],
    )
    hits = (hit("privacy@2", "u3"), hit("churning@1", "u5"), hit("tie_in@1", "u1", RaisedBy.MODEL))
    found = measured(of, record().model_copy(update={"compliance": hits}))
    assert found["hit_precision"].value == found["hit_recall"].value == 0.5
    assert found["hit_recall"].evidence == "tie_in on u1"
    assert (found["near_miss_fired"].value, found["near_miss_fired"].evidence) == (1, "churning on u5")


def test_the_summary_is_held_against_the_golds_points() -> None:
    points = [
        {"section": "situation", "point": "客户有二十万月底到期", "utts": ["u2"]},
        {"section": "action", "point": "客户有二十万", "utts": ["u2"]},
    ]
    found = measured(case(summary_points=points), record())
    assert (found["points_strict"].value, found["points_loose"].value) == (0.5, 1)
    assert found["points_strict"].evidence == "action: 客户有二十万"
    assert found["summary_precision"].value == 1
    assert 0 < found["rouge_2"].value < found["rouge_1"].value < 1


def test_an_empty_summary_shares_nothing_with_its_points() -> None:
    points = [{"section": "situation", "point": "客户有二十万", "utts": ["u2"]}]
    found = measured(case(summary_points=points), record(summary=Summary(), skipped=("summary", "kyc", "voc", "nodes")))
    assert found["points_loose"].value == found["rouge_1"].value == found["rouge_l"].value == 0
    assert "summary_precision" not in found


def test_a_secret_of_the_gold_that_stands_in_the_record_is_a_leak() -> None:
    said = case(pii=[{"kind": "secret", "utt": "u2", "quote": "二十万"}])
    leak = measured(said, record())["c3_leak"]
    assert leak.value == 1
    assert "二十万" not in leak.evidence
    gone = case(pii=[{"kind": "secret", "utt": "u2", "quote": CALL.transcript_sha256[:6]}])
    assert measured(gone, record())["c3_leak"].value == 0
    assert "c3_leak" not in measured(case(), record())


def test_model_calls_add_up() -> None:
    steps = [StepUsage(step=s, prompt_tokens=100, cached_tokens=50, completion_tokens=9, seconds=0.5) for s in "ab"]
    found = measured(case(), record().model_copy(update={"usage": tuple(steps)}))
    assert (found["call_tokens"].value, found["call_seconds"].value) == (218, 1)
